package gateway

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"server5k/gateway/office"
	"server5k/race"
)

// evidence answers GET /api/competencias/{id}/registros/ with every record.
func (s *Server) evidence(c *call) error {
	e, err := c.readEvidence()
	if err != nil {
		return err
	}
	return s.listEvidence(c, evidenceOf(e, s.stamp()))
}

// allRecords answers GET /api/registros/: the records of all competitions that the
// organizer sees, or of the one of `?competencia_id=`.
func (s *Server) allRecords(c *call) error {
	all, err := c.visibleEvidence()
	if err != nil {
		return err
	}
	var rows []evidenceJSON
	for _, e := range all {
		rows = append(rows, evidenceOf(e, s.stamp())...)
	}
	return s.listEvidence(c, rows)
}

// visibleEvidence reads the evidence of the competition that the query names, or
// of all that have started, newest first. A record is known by its UUID alone, so
// finding one without naming its competition takes a look at each.
func (c *call) visibleEvidence() ([]race.Evidence, error) {
	id, one, err := c.idFilter("competencia_id", "competition_id")
	if err != nil {
		return nil, err
	}
	return consult(c, "read evidence", func(ctx context.Context, d *office.Desk, w office.Who) ([]race.Evidence, error) {
		found, err := d.Competitions(ctx, w)
		if err != nil {
			return nil, err
		}
		var out []race.Evidence
		for _, item := range found {
			if one && int64(item.ID) != id || item.StartedAt.IsZero() {
				continue
			}
			e, err := d.Evidence(ctx, w, item.ID)
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		return out, nil
	})
}

// listEvidence answers with records; `?equipo=`, `?juez=` and `?estado=` narrow
// the list.
func (s *Server) listEvidence(c *call, rows []evidenceJSON) error {
	team, byTeam, err := c.idFilter("equipo", "equipo_id")
	if err != nil {
		return err
	}
	judge, byJudge, err := c.idFilter("juez", "juez_id")
	if err != nil {
		return err
	}
	state, byState := c.query("estado")
	rows = slices.DeleteFunc(rows, func(r evidenceJSON) bool {
		return byTeam && r.TeamID != team && r.MarkedTeamID != team || byJudge && or(r.JudgeID) != judge || byState && !r.is(state)
	})
	return list(c, rows, listing[evidenceJSON]{
		wire: func(r evidenceJSON) any { return r },
		order: map[string]func(a, b evidenceJSON) int{
			"registro":       func(a, b evidenceJSON) int { return cmp.Compare(a.Seq, b.Seq) },
			"tiempo":         func(a, b evidenceJSON) int { return cmp.Compare(a.Elapsed, b.Elapsed) },
			"tiempo_oficial": func(a, b evidenceJSON) int { return cmp.Compare(a.Official, b.Official) },
			"recibido_en":    func(a, b evidenceJSON) int { return strings.Compare(a.ReceivedAt, b.ReceivedAt) },
			"equipo_id":      func(a, b evidenceJSON) int { return cmp.Compare(a.TeamID, b.TeamID) },
		},
		texts: func(r evidenceJSON) []string { return []string{r.ID, r.Device, r.Held} },
	})
}

// is says whether a record is in a state that a filter names.
func (r evidenceJSON) is(state string) bool {
	switch state {
	case "movido":
		return r.Moved
	case "incluido":
		return r.Included
	case "ausente":
		return r.Absent
	case "manual":
		return r.Source == string(race.SourceManual)
	}
	return r.State == state
}

// found is a record with the evidence that it is part of.
type found struct {
	evidence race.Evidence
	finish   race.Finish
}

// find looks for the record of the path.
func (c *call) find() (found, error) {
	name, err := race.ParseRecordID(c.idText)
	if err != nil {
		return found{}, c.detail(http.StatusNotFound, textNoRecord)
	}
	all, err := c.visibleEvidence()
	if err != nil {
		return found{}, err
	}
	for _, e := range all {
		for _, f := range e.Finishes() {
			if f.ID == name {
				return found{e, f}, nil
			}
		}
	}
	return found{}, c.detail(http.StatusNotFound, textNoRecord)
}

// record answers GET /api/registros/{id_registro}/.
func (s *Server) record(c *call) error {
	r, err := c.find()
	if err != nil {
		return err
	}
	return c.answerRecord(r)
}

func (c *call) answerRecord(r found) error {
	for _, row := range evidenceOf(r.evidence, c.s.stamp()) {
		if row.Seq == r.finish.Seq {
			c.reply(http.StatusOK, row)
			return nil
		}
	}
	return c.detail(http.StatusNotFound, textNoRecord)
}

// changeRecord answers PATCH /api/registros/{id_registro}/ {estado?, equipo_id?,
// motivo} with the rulings that lead there.
func (s *Server) changeRecord(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	state, team := f.text("estado"), race.TeamID(or(f.number("equipo_id")))
	if state != nil && *state != wireCounted && *state != wireVoid {
		f.fault("estado", phrase{"Debe ser contado o anulado.", "It must be contado or anulado."})
	}
	return c.ruleOnRecord(f, func(r race.Finish) []race.RulingKind {
		return steps(r, or(state), team)
	}, team)
}

// steps are the rulings that bring a record to a state and a team. A mark that is
// to count is moved first, so that it takes no place of its old team.
func steps(r race.Finish, state string, team race.TeamID) []race.RulingKind {
	var out []race.RulingKind
	if state == wireVoid && !r.Voided {
		out = append(out, race.RulingVoid)
	}
	if team != 0 && team != r.For {
		out = append(out, race.RulingMove)
	}
	if state == wireCounted && !r.Counts {
		if r.Voided {
			out = append(out, race.RulingReinstate)
		} else {
			out = append(out, race.RulingInclude)
		}
	}
	return out
}

// voidRecord answers DELETE /api/registros/{id_registro}/ {motivo}: the record
// stays and does not count.
func (s *Server) voidRecord(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	return c.ruleOnRecord(f, func(race.Finish) []race.RulingKind { return []race.RulingKind{race.RulingVoid} }, 0)
}

// ruleOnRecord rules on the record of the path, one ruling after the other, and
// answers it as it is then. Each has a key that follows from that of the call.
func (c *call) ruleOnRecord(f *form, kinds func(race.Finish) []race.RulingKind, team race.TeamID) error {
	key, reason := f.orderKey(), or(f.text("motivo"))
	if err := f.err(); err != nil {
		return err
	}
	r, err := c.find()
	if err != nil {
		return err
	}
	err = do(c, "change record", func(_ context.Context, _ *office.Desk, w office.Who) error { // also when there is nothing to do
		return w.MayChange(r.evidence.Competition.ID)
	})
	if err != nil {
		return err
	}
	for _, kind := range kinds(r.finish) {
		o := race.Order{Competition: r.evidence.Competition.ID, Kind: kind, Record: r.finish.Seq, Reason: reason}
		if kind == race.RulingMove {
			o.Team = team
		}
		if key != (race.OrderKey{}) {
			o.Key = race.OrderKey(uuid.NewSHA1(uuid.UUID(key), []byte(kind)))
		}
		if _, err := c.order(o); err != nil {
			return err
		}
	}
	r.evidence, err = consult(c, "read evidence", func(ctx context.Context, d *office.Desk, w office.Who) (race.Evidence, error) {
		return d.Evidence(ctx, w, r.evidence.Competition.ID)
	})
	if err != nil {
		return err
	}
	return c.answerRecord(r)
}
