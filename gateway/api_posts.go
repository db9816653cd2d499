package gateway

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"server5k/gateway/office"
	"server5k/race"
)

// ownPostJSON is what a judge who takes a post over needs to know of it.
type ownPostJSON struct {
	TeamID      int64               `json:"equipo_id"`
	TeamName    string              `json:"equipo_nombre"`
	Bib         int                 `json:"dorsal"`
	TeamSize    int                 `json:"integrantes"`
	Competition postCompetitionJSON `json:"competencia"`
	Counting    int                 `json:"cuentan"`   // records of the team
	Stored      int                 `json:"guardadas"` // marks of its judge, without those taken back
	Marks       []ownMarkJSON       `json:"marcas"`
	Declaration *declarationJSON    `json:"declaracion"` // null without one
}

type postCompetitionJSON struct {
	judgeCompetition
	FinishedAt *string `json:"finished_at"`
}

type ownMarkJSON struct {
	ID         string  `json:"id_registro"`
	Elapsed    int64   `json:"tiempo"` // ms, as it was sent
	State      string  `json:"estado"`
	Device     *string `json:"dispositivo"`
	DeviceSeq  *int64  `json:"secuencia"`
	ReceivedAt string  `json:"recibido"`
}

// The states of a mark for its judge.
const (
	markCounts = "cuenta"
	markHeld   = "retenida"
	markVoid   = "anulada" // taken back, void, or moved to another team
)

func markState(f race.Finish) string {
	switch {
	case f.Voided || f.Moved:
		return markVoid
	case f.Counts:
		return markCounts
	}
	return markHeld
}

// declarationJSON is what a judge declared.
type declarationJSON struct {
	Total   int     `json:"total"`
	Device  *string `json:"dispositivo"` // null: on paper
	Highest int64   `json:"secuencia"`   // the highest number of the device, 0 none
	At      string  `json:"fecha"`
}

// declarationOf writes that of a ruling, nil for nil.
func declarationOf(r *race.Ruling, in stamp) *declarationJSON {
	if r == nil {
		return nil
	}
	d := r.Declared
	return &declarationJSON{d.Total, textOf(d.Device), d.Highest, in.text(r.At)}
}

// textOf is null for no text.
func textOf(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// ownPost answers GET /api/equipos/{id}/puesto/.
func (s *Server) ownPost(c *call) error {
	p, err := within(storeTimeout, "read post", func(ctx context.Context) (office.OwnPost, error) {
		return s.cfg.Desk.Post(ctx, c.judge.ID, race.TeamID(c.id))
	})
	switch {
	case errors.Is(err, race.ErrNotFound):
		return c.mistake(http.StatusNotFound, textNoTeam)
	case race.CodeOf(err) == race.CodeForeignTeam:
		return c.mistake(http.StatusForbidden, textForeignTeam)
	case err != nil:
		return err
	}
	in, r := s.stamp(), p.Competition
	out := ownPostJSON{
		TeamID: int64(p.Team.ID), TeamName: p.Team.Name, Bib: p.Team.Bib, TeamSize: r.TeamSize,
		Competition: postCompetitionJSON{judgeCompetition{r.ID, r.Name, r.Running, r.Active, in.pointer(r.StartedAt)}, in.pointer(r.FinishedAt)},
		Counting:    p.Counting, Stored: p.Post.Stored, Declaration: declarationOf(p.Post.Declared, in), Marks: make([]ownMarkJSON, len(p.Marks)),
	}
	for i, f := range p.Marks {
		out.Marks[i] = ownMarkJSON{
			f.ID.String(), f.Elapsed.Milliseconds(), markState(f), textOf(f.Mark.Device), idOf(f.Mark.DeviceSeq), in.text(f.ReceivedAt),
		}
	}
	c.ctx.Response.Header.Set("Cache-Control", "no-store") // it is out of date with the next mark
	c.reply(http.StatusOK, out)
	return nil
}

var textForeignTeam = phrase{"Este equipo no está asignado a usted.", "This team is not yours."}

// proofJSON says whether all marks of a team are here.
type proofJSON struct {
	TeamID   int64             `json:"equipo_id"`
	TeamName string            `json:"equipo_nombre"`
	Bib      int               `json:"dorsal"`
	Judge    *string           `json:"juez"`       // user name, null without one
	Declared *int              `json:"declaradas"` // null: nothing was declared
	Stored   int               `json:"guardadas"`  // without those taken back
	Complete bool              `json:"completo"`   // race.Post.Proven
	Devices  []proofDeviceJSON `json:"dispositivos"`
}

type proofDeviceJSON struct {
	Name    string  `json:"dispositivo"`
	Claimed int64   `json:"mayor_declarada"`
	Stored  int64   `json:"mayor_guardada"`
	Missing []int64 `json:"faltan"`
}

func proofOf(p office.PostProof) proofJSON {
	out := proofJSON{
		TeamID: int64(p.Team.ID), TeamName: p.Team.Name, Bib: p.Team.Bib, Judge: textOf(p.Judge.Username),
		Stored: p.Post.Stored, Complete: p.Post.Proven(), Devices: make([]proofDeviceJSON, len(p.Post.Devices)),
	}
	if p.Post.Declared != nil {
		out.Declared = &p.Post.Declared.Declared.Total
	}
	for i, d := range p.Post.Devices {
		out.Devices[i] = proofDeviceJSON{d.Name, d.Claimed, d.Stored, append([]int64{}, d.Missing...)}
	}
	return out
}

// posts answers GET /api/competencias/{id}/puestos/.
func (s *Server) posts(c *call) error {
	rows, err := consult(c, "read posts", func(ctx context.Context, d *office.Desk, w office.Who) ([]office.PostProof, error) {
		return d.Posts(ctx, w, c.competitionID())
	})
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	return list(c, rows, listing[office.PostProof]{
		wire: func(p office.PostProof) any { return proofOf(p) },
		order: map[string]func(a, b office.PostProof) int{
			"dorsal":    func(a, b office.PostProof) int { return cmp.Compare(a.Team.Bib, b.Team.Bib) },
			"guardadas": func(a, b office.PostProof) int { return cmp.Compare(a.Post.Stored, b.Post.Stored) },
		},
		texts: func(p office.PostProof) []string { return []string{p.Team.Name, p.Judge.Username, p.Judge.FullName()} },
	})
}
