package gateway

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"server5k/gateway/ws"
	"server5k/race"
)

// frame encodes a message for a socket. The shapes below always encode.
func frame(v any) ws.Frame {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err))
	}
	return ws.TextFrame(b)
}

// stamp writes instants as the original did: RFC 3339 with the offset of the
// event's time zone, microseconds only when not zero.
type stamp struct{ loc *time.Location }

func (s stamp) text(t time.Time) string {
	t = t.In(s.loc)
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02T15:04:05-07:00")
	}
	return t.Format("2006-01-02T15:04:05.000000-07:00")
}

// pointer is null for an unset instant.
func (s stamp) pointer(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := s.text(t)
	return &text
}

// Messages of the judge socket, wire contract section 3.
type (
	judgeWelcome struct {
		Type         string             `json:"tipo"`
		Message      string             `json:"mensaje"`
		Competition  judgeCompetition   `json:"competencia"`
		Competitions []judgeCompetition `json:"competencias"`
		ServerMS     int64              `json:"servidor_ms"`
	}
	judgeCompetition struct {
		ID        race.CompetitionID `json:"id"`
		Name      string             `json:"nombre"`
		Running   bool               `json:"en_curso"`
		Active    bool               `json:"activa"`
		StartedAt *string            `json:"started_at"`
	}
	pongMessage struct {
		Type    string         `json:"tipo"`
		Message string         `json:"mensaje,omitempty"`
		T0      jsontext.Value `json:"t0,omitzero"`
		T1      float64        `json:"t1,omitzero"`
		T2      float64        `json:"t2,omitzero"`
		Ref     string         `json:"ref,omitzero"`
	}
	recordedMessage struct {
		Type      string       `json:"tipo"`
		Record    recordedItem `json:"registro"`
		Duplicate bool         `json:"duplicado"`
		Ref       string       `json:"ref,omitzero"`
	}
	recordedItem struct {
		ID           string      `json:"id_registro"`
		TeamID       race.TeamID `json:"equipo_id"`
		TeamName     string      `json:"equipo_nombre"`
		Bib          int         `json:"equipo_dorsal"`
		Total        int64       `json:"tiempo"`
		Hours        int64       `json:"horas"`
		Minutes      int64       `json:"minutos"`
		Seconds      int64       `json:"segundos"`
		Milliseconds int64       `json:"milisegundos"`
		Timestamp    string      `json:"timestamp"`
	}
	batchMessage struct {
		Type   string       `json:"tipo"`
		TeamID race.TeamID  `json:"equipo_id"`
		Sent   int          `json:"total_enviados"`
		Saved  int          `json:"total_guardados"`
		Failed int          `json:"total_fallidos"`
		Good   []savedItem  `json:"registros_guardados"`
		Bad    []failedItem `json:"registros_fallidos"`
		Ref    string       `json:"ref,omitzero"`
		// RetryMS stands when nothing is known of the records, with no_disponible.
		RetryMS int64 `json:"reintentar_ms,omitzero"`
	}
	savedItem struct {
		Index     int    `json:"indice"`
		ID        string `json:"id_registro"`
		Total     int64  `json:"tiempo"`
		Duplicate bool   `json:"duplicado"`
	}
	failedItem struct {
		Index int       `json:"indice"`
		Error string    `json:"error"`
		Code  race.Code `json:"codigo"`
	}
	retractedMessage struct {
		Type      string      `json:"tipo"`
		TeamID    race.TeamID `json:"equipo_id"`
		ID        string      `json:"id_registro"`
		Duplicate bool        `json:"duplicado"` // it was taken back already
		Ref       string      `json:"ref,omitzero"`
	}
	declaredMessage struct {
		Type   string      `json:"tipo"`
		TeamID race.TeamID `json:"equipo_id"`
		Total  int         `json:"total"`
		Stored int         `json:"guardadas"` // race.Post.Stored
		Ref    string      `json:"ref,omitzero"`
	}
	errorMessage struct {
		Type    string      `json:"tipo"`
		Message string      `json:"mensaje"`
		Code    race.Code   `json:"codigo"`
		ID      string      `json:"id_registro,omitzero"`
		TeamID  race.TeamID `json:"equipo_id,omitzero"`
		Ref     string      `json:"ref,omitzero"`
		RetryMS int64       `json:"reintentar_ms,omitzero"` // with no_disponible: when to send again
	}
	judgeLifecycle struct {
		Type        string         `json:"tipo"`
		Message     string         `json:"mensaje"`
		StartedAt   *string        `json:"started_at"`
		FinishedAt  *string        `json:"finished_at,omitempty"`
		Competition lifecycleState `json:"competencia"`
	}
	lifecycleState struct {
		ID         race.CompetitionID `json:"id"`
		Name       string             `json:"nombre"`
		Running    bool               `json:"en_curso"`
		StartedAt  *string            `json:"started_at"`
		FinishedAt *string            `json:"finished_at,omitempty"`
	}
	judgeTotal struct {
		Type    string    `json:"tipo"`
		Team    totalTeam `json:"equipo"`
		Records int       `json:"total_registros"`
		Total   int64     `json:"tiempo_total"`
	}
	totalTeam struct {
		ID   race.TeamID `json:"id"`
		Name string      `json:"nombre"`
		Bib  int         `json:"dorsal"`
	}
)

// Messages of the public socket, section 4: the payload stands under `data`.
type (
	viewerWelcome struct {
		Type          string             `json:"tipo"`
		CompetitionID race.CompetitionID `json:"competencia_id"`
		Name          string             `json:"competencia_nombre"`
		Running       bool               `json:"en_curso"`
		StartedAt     *string            `json:"started_at"`
		FinishedAt    *string            `json:"finished_at"`
		Seq           int64              `json:"sec"`
		Stream        int64              `json:"epoca"`
	}
	viewerEvent struct {
		Type   string `json:"tipo"`
		Seq    int64  `json:"sec"`
		Stream int64  `json:"epoca"`
		Data   any    `json:"data,omitempty"`
	}
	viewerLifecycle struct {
		Message    string             `json:"mensaje,omitempty"`
		ID         race.CompetitionID `json:"competencia_id"`
		Name       string             `json:"competencia_nombre"`
		Running    bool               `json:"en_curso"`
		StartedAt  *string            `json:"started_at"`
		FinishedAt *string            `json:"finished_at"`
	}
	viewerTotal struct {
		ID       race.TeamID `json:"equipo_id"`
		Name     string      `json:"equipo_nombre"`
		Bib      int         `json:"equipo_dorsal"`
		Records  int         `json:"total_registros"`
		Total    int64       `json:"tiempo_total"` // official: by the clock policy, the gun, the rounding and penalties
		Status   string      `json:"estado"`
		Absent   int         `json:"ausentes"`
		Category string      `json:"categoria"`
	}
	viewerSnapshot struct {
		viewerLifecycle
		Teams []viewerTotal `json:"equipos"`
	}
	// viewerLive says whether what the viewer has is live: false when nobody who
	// knows was heard of for some seconds, true when that is over and all that
	// was missed has been sent. It is no event and has no `sec`; a viewer that
	// never got a false is live.
	viewerLive struct {
		Type string        `json:"tipo"`
		Data liveCondition `json:"data"`
	}
	liveCondition struct {
		ID   race.CompetitionID `json:"competencia_id"`
		Live bool               `json:"en_vivo"`
	}
)

const (
	textStarted = "La competencia ha iniciado"
	textStopped = "La competencia ha finalizado"
)

func lifecycleText(c race.Competition) (kind, text string) {
	if c.Running {
		return "competencia_iniciada", textStarted
	}
	return "competencia_detenida", textStopped
}

// judgeFrame encodes an event for judges.
func (s stamp) judgeFrame(e race.Event) ws.Frame {
	if e.Kind == race.TimesRecorded {
		t := e.Total
		return frame(judgeTotal{"registros_actualizados", totalTeam{t.Team.ID, t.Team.Name, t.Team.Bib}, t.Records, t.Elapsed.Milliseconds()})
	}
	return s.judgeLifecycleFrame(e.Competition)
}

func (s stamp) judgeLifecycleFrame(c race.Competition) ws.Frame {
	kind, text := lifecycleText(c)
	started, finished := s.pointer(c.StartedAt), s.pointer(c.FinishedAt)
	return frame(judgeLifecycle{kind, text, started, finished, lifecycleState{c.ID, c.Name, c.Running, started, finished}})
}

func (s stamp) lifecycle(c race.Competition) viewerLifecycle {
	_, text := lifecycleText(c)
	return viewerLifecycle{text, c.ID, c.Name, c.Running, s.pointer(c.StartedAt), s.pointer(c.FinishedAt)}
}

func total(t race.TeamTotal) viewerTotal {
	return viewerTotal{
		t.Team.ID, t.Team.Name, t.Team.Bib, t.Records, t.Elapsed.Milliseconds(), string(t.Status), t.Absent, string(t.Team.Category),
	}
}

// recorded is the answer to registrar_tiempo.
func (s stamp) recorded(ref string, team race.Team, o race.Outcome) any {
	if o.Err != nil {
		return errorMessage{Type: "error", Message: o.Err.Error(), Code: race.CodeOf(o.Err), ID: o.ID.String(), TeamID: team.ID, Ref: ref}
	}
	c := race.Split(o.Elapsed)
	return recordedMessage{"tiempo_registrado", recordedItem{
		o.ID.String(), team.ID, team.Name, team.Bib, o.Elapsed.Milliseconds(),
		c.Hours, c.Minutes, c.Seconds, c.Milliseconds, s.text(o.ReceivedAt),
	}, o.Duplicate, ref}
}

// judgeWelcome greets a judge; the first competition is that of the first team
// by bib.
func (s stamp) judgeWelcome(competitions []race.Competition, now time.Time) judgeWelcome {
	w := judgeWelcome{Type: "conexion_establecida", Message: "Conectado", ServerMS: now.UnixMilli()}
	for _, c := range competitions {
		w.Competitions = append(w.Competitions, judgeCompetition{c.ID, c.Name, c.Running, c.Active, s.pointer(c.StartedAt)})
	}
	w.Competition = w.Competitions[0]
	return w
}
