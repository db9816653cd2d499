package gateway

import "server5k/race"

// judgeJSON is GET /api/me/.
type judgeJSON struct {
	ID        int64  `json:"id"`
	Username  string `json:"username"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	FullName  string `json:"full_name"`
	Email     string `json:"email"`
}

func judgeOf(j race.Judge) judgeJSON {
	return judgeJSON{int64(j.ID), j.Username, j.FirstName, j.LastName, j.FullName(), j.Email}
}

// competitionJSON is a competition in lists and alone.
type competitionJSON struct {
	ID         int64   `json:"id"`
	Name       string  `json:"name"`
	Datetime   string  `json:"datetime"`
	IsActive   bool    `json:"is_active"`
	IsRunning  bool    `json:"is_running"`
	StartedAt  *string `json:"started_at"`
	FinishedAt *string `json:"finished_at"`
}

func competitionOf(c race.Competition, in stamp) competitionJSON {
	return competitionJSON{
		ID: int64(c.ID), Name: c.Name, Datetime: in.text(c.ScheduledAt),
		IsActive: c.Active, IsRunning: c.Running,
		StartedAt: in.pointer(c.StartedAt), FinishedAt: in.pointer(c.FinishedAt),
	}
}

// competitionStateJSON is a competition in the public list.
type competitionStateJSON struct {
	ID         int64   `json:"id"`
	Name       string  `json:"name"`
	IsRunning  bool    `json:"is_running"`
	StartedAt  *string `json:"started_at"`
	FinishedAt *string `json:"finished_at"`
}

// teamJSON is a team in lists and alone.
type teamJSON struct {
	ID              int64   `json:"id"`
	Name            string  `json:"name"`
	Number          int     `json:"number"`
	Category        string  `json:"category"`
	CategoryDisplay string  `json:"category_display"`
	CompetitionID   int64   `json:"competition_id"`
	CompetitionName string  `json:"competition_name"`
	JudgeUsername   *string `json:"judge_username"` // null without a judge
}

func teamOf(t race.TeamRow) teamJSON {
	out := teamJSON{
		ID: int64(t.ID), Name: t.Name, Number: t.Bib,
		Category: string(t.Category), CategoryDisplay: t.Category.Label(),
		CompetitionID: int64(t.Competition), CompetitionName: t.CompetitionName,
	}
	if t.JudgeUsername != "" {
		out.JudgeUsername = &t.JudgeUsername
	}
	return out
}

// teamRecordsJSON is what a team has on record.
type teamRecordsJSON struct {
	TeamID     int64             `json:"equipo_id"`
	TeamName   string            `json:"equipo_nombre"`
	Total      int               `json:"total_registros"`
	Max        int               `json:"maximo_registros"`
	MaySend    bool              `json:"puede_enviar"`
	Registered []recordStateJSON `json:"registros"`
}

type recordStateJSON struct {
	ID           string `json:"id_registro"`
	Elapsed      int64  `json:"tiempo"`
	Hours        int64  `json:"horas"`
	Minutes      int64  `json:"minutos"`
	Seconds      int64  `json:"segundos"`
	Milliseconds int64  `json:"milisegundos"`
}

func recordStateOf(r race.TimeRecord) recordStateJSON {
	parts := race.Split(r.Elapsed)
	return recordStateJSON{r.ID.String(), r.Elapsed.Milliseconds(), parts.Hours, parts.Minutes, parts.Seconds, parts.Milliseconds}
}

// submittedJSON is the answer when all sent records are stored.
type submittedJSON struct {
	OK       bool             `json:"exito"`
	Message  string           `json:"mensaje"`
	TeamID   int64            `json:"equipo_id"`
	TeamName string           `json:"equipo_nombre"`
	TeamBib  int              `json:"equipo_dorsal"`
	Stored   int              `json:"total_guardados"`
	Records  []sentRecordJSON `json:"registros"`
	Failed   []badRecordJSON  `json:"registros_fallidos"`
}

// refusedJSON is the answer when none is.
type refusedJSON struct {
	OK      bool             `json:"exito"`
	Error   string           `json:"error"`
	Code    string           `json:"codigo"`
	Records []sentRecordJSON `json:"registros"`
	Failed  []badRecordJSON  `json:"registros_fallidos"`
}

type sentRecordJSON struct {
	Index     int    `json:"indice"`
	ID        string `json:"id_registro"`
	Elapsed   int64  `json:"tiempo"`
	Duplicate bool   `json:"duplicado"`
}

type badRecordJSON struct {
	Index int    `json:"indice"`
	Error string `json:"error"`
	Code  string `json:"codigo"`
}
