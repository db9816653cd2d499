package gateway

import (
	"cmp"
	"time"

	"server5k/gateway/office"
	"server5k/race"
)

// officeCompetitionJSON is a competition as organizers see it.
type officeCompetitionJSON struct {
	competitionJSON
	TeamSize int     `json:"integrantes"`
	Rounding string  `json:"politica_redondeo"`
	Clock    string  `json:"politica_reloj"`
	Gun      *string `json:"salida"`    // corrected; null before the start
	ShiftMS  int64   `json:"ajuste_ms"` // by how much it is later than started_at
	Version  int     `json:"version"`   // of the official results, 0 none
}

func officeCompetitionOf(c race.Competition, in stamp) officeCompetitionJSON {
	return officeCompetitionJSON{
		competitionJSON: competitionOf(c, in), TeamSize: c.TeamSize, Rounding: string(c.Rounding), Clock: string(cmp.Or(c.Clock, race.ClockClient)),
		Gun: in.pointer(c.Gun()), ShiftMS: c.GunShift.Milliseconds(), Version: c.Version,
	}
}

// officeTeamJSON is a team as organizers see it.
type officeTeamJSON struct {
	teamJSON
	JudgeID *int64 `json:"juez_id"` // null without one
}

func officeTeamOf(t race.TeamRow) officeTeamJSON {
	return officeTeamJSON{teamOf(t), idOf(t.Judge)}
}

// idOf writes an id of which 0 is none.
func idOf[T ~int64](id T) *int64 {
	if id == 0 {
		return nil
	}
	n := int64(id)
	return &n
}

// officeJudgeJSON is a judge as organizers see one.
type officeJudgeJSON struct {
	judgeJSON
	IsActive  bool   `json:"is_active"`
	CreatedAt string `json:"created_at"`
}

func officeJudgeOf(j race.Judge, in stamp) officeJudgeJSON {
	return officeJudgeJSON{judgeOf(j), j.Active, in.text(j.CreatedAt)}
}

// organizerJSON is an account of an organizer.
type organizerJSON struct {
	ID           int64   `json:"id"`
	Username     string  `json:"username"`
	Email        string  `json:"email"`
	Role         string  `json:"rol"`
	IsActive     bool    `json:"is_active"`
	CreatedAt    string  `json:"created_at"`
	Competitions []int64 `json:"competencias"` // granted
}

func organizerOf(a office.Account, in stamp) organizerJSON {
	out := organizerJSON{
		ID: int64(a.ID), Username: a.Username, Email: a.Email, Role: string(a.Role()), IsActive: a.Active,
		CreatedAt: in.text(a.CreatedAt), Competitions: make([]int64, len(a.Grants)),
	}
	for i, id := range a.Grants {
		out.Competitions[i] = int64(id)
	}
	return out
}

type categoryJSON struct {
	Code string `json:"codigo"`
	Name string `json:"nombre"`
}

func categoryOf(c race.CategoryRow) categoryJSON { return categoryJSON{string(c.Code), c.Name} }

// auditJSON is one line of the log of what organizers did.
type auditJSON struct {
	ID            int64  `json:"id"`
	At            string `json:"fecha"`
	Author        string `json:"autor"`
	Action        string `json:"accion"`
	CompetitionID *int64 `json:"competencia_id"`
	Subject       string `json:"objeto"`
	Detail        string `json:"detalle"` // JSON of what changed, or a reason
	RulingID      *int64 `json:"decision_id"`
}

func auditOf(e race.AuditEntry, in stamp) auditJSON {
	return auditJSON{e.ID, in.text(e.At), e.Author, e.Action, idOf(e.Competition), e.Subject, e.Detail, idOf(e.Ruling)}
}

// postJSON is where the marks of a team come from.
type postJSON struct {
	TeamID    int64         `json:"equipo_id"`
	TeamName  string        `json:"equipo_nombre"`
	Bib       int           `json:"dorsal"`
	JudgeID   *int64        `json:"juez_id"`
	Judge     string        `json:"juez"` // user name, empty without one
	JudgeName string        `json:"juez_nombre"`
	Records   int           `json:"total_registros"`
	Connected bool          `json:"conectado"`
	Silent    bool          `json:"en_silencio"`
	Device    *presenceJSON `json:"conexion"` // null when not connected
}

type presenceJSON struct {
	Node          string `json:"nodo"`
	ConnectedAt   string `json:"conectado_en"`
	HeardAt       string `json:"escuchado_en"`
	OffsetMS      int64  `json:"desfase_ms"`
	UncertaintyMS *int64 `json:"incertidumbre_ms"` // null: the clock was not measured
	Battery       *int   `json:"bateria"`          // percent, null unknown
	Device        string `json:"dispositivo"`
	App           string `json:"aplicacion"`
	Received      int64  `json:"recibidos"`
	Confirmed     int64  `json:"confirmados"`
}

func postOf(p office.Post, in stamp) postJSON {
	out := postJSON{
		TeamID: int64(p.Team.ID), TeamName: p.Team.Name, Bib: p.Team.Bib, JudgeID: idOf(p.Team.Judge), Judge: p.Judge.Username,
		JudgeName: p.Judge.FullName(), Records: p.Counted, Connected: p.Presence != nil, Silent: p.Silent,
	}
	if d := p.Presence; d != nil {
		out.Device = &presenceJSON{
			Node: d.Node, ConnectedAt: in.text(d.ConnectedAt), HeardAt: in.text(d.HeardAt), OffsetMS: d.ClockOffset.Milliseconds(),
			UncertaintyMS: millisecondsOf(d.ClockUncertainty), Device: d.Device, App: d.App, Received: d.Received, Confirmed: d.Confirmed,
		}
		if d.Battery >= 0 {
			out.Device.Battery = &d.Battery
		}
	}
	return out
}

// millisecondsOf writes a duration of which 0 is none.
func millisecondsOf(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	n := d.Milliseconds()
	return &n
}

// credentialJSON is what a judge gets on paper.
type credentialJSON struct {
	Judge    officeJudgeJSON  `json:"juez"`
	Teams    []officeTeamJSON `json:"equipos"`
	Password string           `json:"password"`
	Code     string           `json:"codigo"`
	URL      string           `json:"url"` // of the page for judges, with the code
}
