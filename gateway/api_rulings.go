package gateway

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"server5k/gateway/office"
	"server5k/race"
)

// readEvidence reads the evidence of the competition of the path.
func (c *call) readEvidence() (race.Evidence, error) {
	e, err := consult(c, "read evidence", func(ctx context.Context, d *office.Desk, w office.Who) (race.Evidence, error) {
		return d.Evidence(ctx, w, c.competitionID())
	})
	return e, c.missing(err, textNoCompetition)
}

// rulings answers GET /api/competencias/{id}/decisiones/ in their order.
func (s *Server) rulings(c *call) error {
	e, err := c.readEvidence()
	if err != nil {
		return err
	}
	return list(c, rulingsOf(e, s.stamp()), listing[rulingJSON]{
		wire:  func(r rulingJSON) any { return r },
		order: map[string]func(a, b rulingJSON) int{"id": func(a, b rulingJSON) int { return cmp.Compare(a.ID, b.ID) }},
		texts: func(r rulingJSON) []string { return []string{r.Kind, r.Author, r.Reason} },
	})
}

// ruledJSON is what an order came to.
type ruledJSON struct {
	Ruling      rulingJSON            `json:"decision"`
	Competition officeCompetitionJSON `json:"competencia"`
	Repeated    bool                  `json:"repetida"` // the order had been carried out before
}

// rule answers POST /api/competencias/{id}/decisiones/ {clave?, tipo, …, motivo}.
func (s *Server) rule(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	o := race.Order{
		Kind: rulingKind(or(f.text("tipo"))), Team: race.TeamID(or(f.number("equipo_id"))), Record: or(f.number("registro")),
		Elapsed: or(f.milliseconds("tiempo")), GunAt: or(f.instant("salida")), Finding: or(f.text("hallazgo")),
		Undoes: race.RulingID(or(f.number("decision_id"))), Override: or(f.flag("forzar")),
	}
	switch o.Kind { //nolint:exhaustive // the others have nothing else
	case race.RulingDeclare:
		o.Declared = race.Declaration{Total: or(f.count("total")), Device: or(f.text("dispositivo")), Highest: or(f.number("secuencia"))}
		f.required("total")
	case race.RulingGun:
		o.Amount = or(f.milliseconds("ajuste_ms"))
	case race.RulingPenalty:
		o.Amount = or(f.milliseconds("penalizacion_ms"))
	}
	name := race.RecordID{}
	if o.Record == 0 {
		name = f.key("id_registro")
	}
	if name != (race.RecordID{}) && len(f.faults) == 0 {
		if o.Record, err = c.recordNumber(name); err != nil {
			return err
		}
	}
	ruled, err := c.carryOut(f, o)
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	if name == (race.RecordID{}) {
		if name, err = c.recordName(ruled); err != nil {
			return err
		}
	}
	status := http.StatusCreated
	if ruled.Repeated {
		status = http.StatusOK
	}
	c.reply(status, ruledJSON{rulingOf(ruled.Ruling, true, name, s.stamp()), officeCompetitionOf(ruled.Competition, s.stamp()), ruled.Repeated})
	return nil
}

// recordNumber finds a record of the competition of the path by its UUID; one
// that is not there has a number that nothing has.
func (c *call) recordNumber(name race.RecordID) (int64, error) {
	e, err := c.readEvidence()
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(e.Records, func(r race.TimeRecord) bool { return r.ID == name })
	if i < 0 {
		return 0, &refusal{status: http.StatusNotFound, body: detailBody{Detail: c.say(textNoRecord), Code: string(race.CodeNoRecord)}}
	}
	return e.Records[i].Seq, nil
}

// recordName returns the UUID of the record that a ruling is about, zero for none.
func (c *call) recordName(r race.Ruled) (race.RecordID, error) {
	if r.Record.Seq != 0 || r.Ruling.Record == 0 {
		return r.Record.ID, nil
	}
	e, err := c.readEvidence()
	if err != nil {
		return race.RecordID{}, err
	}
	i := slices.IndexFunc(e.Records, func(rec race.TimeRecord) bool { return rec.Seq == r.Ruling.Record })
	if i < 0 {
		return race.RecordID{}, nil
	}
	return e.Records[i].ID, nil
}

var textNoRecord = phrase{"El registro no existe.", "The record does not exist."}

// carryOut has an order for the competition of the path carried out. The key is
// `clave` of the body or the header Idempotency-Key.
func (c *call) carryOut(f *form, o race.Order) (race.Ruled, error) {
	o.Competition, o.Key = c.competitionID(), f.orderKey()
	o.Reason = or(f.text("motivo"))
	if err := f.err(); err != nil {
		return race.Ruled{}, err
	}
	return c.order(o)
}

func (c *call) order(o race.Order) (race.Ruled, error) {
	return consult(c, "rule", func(ctx context.Context, d *office.Desk, w office.Who) (race.Ruled, error) {
		return d.Rule(ctx, w, o)
	})
}

// orderKey returns the key of the order that was sent, zero without one.
func (f *form) orderKey() race.OrderKey {
	if f.has("clave") {
		return f.key("clave")
	}
	header := string(f.c.ctx.Request.Header.Peek("Idempotency-Key"))
	if header == "" {
		return race.OrderKey{}
	}
	key, err := race.ParseRecordID(header)
	if err != nil {
		f.fault("clave", textUUID)
	}
	return key
}

// findings answers GET /api/competencias/{id}/revision/; `?abiertos=true` leaves
// out what was accepted.
func (s *Server) findings(c *call) error {
	e, err := c.readEvidence()
	if err != nil {
		return err
	}
	open, _ := c.query("abiertos")
	found := e.Findings()
	if open == "true" {
		found = slices.DeleteFunc(found, func(f race.Finding) bool { return f.Accepted })
	}
	return list(c, found, listing[race.Finding]{wire: func(f race.Finding) any { return findingOf(f) }})
}

// readinessBoard answers GET /api/competencias/{id}/preparacion/.
func (s *Server) readinessBoard(c *call) error {
	posts, err := consult(c, "read readiness", func(ctx context.Context, d *office.Desk, w office.Who) ([]office.Post, error) {
		return d.Readiness(ctx, w, c.competitionID())
	})
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	return list(c, posts, listing[office.Post]{
		wire:  func(p office.Post) any { return postOf(p, s.stamp()) },
		texts: func(p office.Post) []string { return []string{p.Team.Name, p.Judge.Username, p.Judge.FullName()} },
	})
}
