package race

import (
	"slices"
	"time"
)

// Rule returns the ruling that an order comes to, and the record that it adds,
// if it adds one. Neither is numbered yet. An order whose key is known returns
// the ruling it has become, with its ID. It refuses what the evidence does not
// bear: CodeNoSuchTeam, CodeNoRecord, CodeNoRuling, CodeRuling, CodeTeamComplete,
// CodeAlreadyRuns, CodeNotFinished, CodeNotRunning, CodeFindings. Reasons and
// amounts are valid: the caller has checked them.
func (e Evidence) Rule(o Order) (Ruling, *TimeRecord, error) {
	s := e.state()
	if err := s.admit(o); err != nil {
		return Ruling{}, nil, err
	}
	if i := slices.IndexFunc(e.Rulings, func(r Ruling) bool { return r.Key == o.Key }); i >= 0 && o.Key != (OrderKey{}) {
		if e.Rulings[i].Kind != o.Kind {
			return Ruling{}, nil, Errorf(CodeRuling, "La clave de la orden ya se usó para otra decisión")
		}
		if o.Kind == RulingInclude && o.Judge != 0 && e.Rulings[i].Record != s.seqOf(o) {
			return Ruling{}, nil, Errorf(CodeConflict, "id_registro ya se usó para otro tiempo")
		}
		return e.Rulings[i], nil, nil
	}
	r := Ruling{
		Competition: e.Competition.ID, Kind: o.Kind, Team: o.Team, Record: o.Record, Finding: o.Finding, Undoes: o.Undoes,
		Key: o.Key, Author: o.Author, At: o.At, Reason: o.Reason,
	}
	if o.RecordID != (RecordID{}) {
		r.Record = s.seqOf(o)
	}
	switch o.Kind {
	case RulingReopen:
		_, err := e.Competition.Reopen()
		return r, nil, err
	case RulingGun:
		return s.gun(r, o)
	case RulingInclude, RulingVoid, RulingReinstate, RulingMove, RulingRetract:
		return s.record(r)
	case RulingDeclare:
		return s.declare(r, o)
	case RulingConceal:
		return s.conceal(r)
	case RulingAdd, RulingAbsence:
		return s.add(r, o)
	case RulingPenalty, RulingDisqualify:
		return s.team(r, o)
	case RulingAccept:
		if !slices.ContainsFunc(s.findings(), func(f Finding) bool { return f.Key == o.Finding && !f.Accepted }) {
			return r, nil, Errorf(CodeRuling, "No hay nada que revisar con esa clave")
		}
		return r, nil, nil
	case RulingUndo:
		return s.undo(r)
	case RulingOfficial:
		return s.official(r, o)
	default:
		return r, nil, Errorf(CodeInvalidValue, "La decisión %q no existe", string(o.Kind))
	}
}

func (s *state) gun(r Ruling, o Order) (Ruling, *TimeRecord, error) {
	c := s.e.Competition
	if c.StartedAt.IsZero() {
		return r, nil, Errorf(CodeNotFinished, "La competencia no se ha iniciado")
	}
	r.Amount = s.shift + o.Amount
	if !o.GunAt.IsZero() {
		r.Amount = o.GunAt.Sub(c.StartedAt).Round(time.Millisecond)
	}
	switch {
	case r.Amount.Abs() > MaxGunShift:
		return r, nil, Errorf(CodeInvalidValue, "La salida no puede corregirse en más de 24 horas")
	case r.Amount == s.shift:
		return r, nil, Errorf(CodeRuling, "La salida ya es esa")
	}
	for _, f := range s.finishes {
		if at := f.Official + s.shift; f.Counts && !f.Absent() && at <= r.Amount {
			return r, nil, Errorf(CodeRuling, "Con esa salida la marca %d quedaría antes de la partida", f.Seq)
		}
	}
	return r, nil, nil
}

// record rules on one stored record.
func (s *state) record(r Ruling) (Ruling, *TimeRecord, error) {
	i := slices.IndexFunc(s.finishes, func(f Finish) bool { return f.Seq == r.Record })
	if i < 0 || r.Record == 0 {
		return r, nil, Errorf(CodeNoRecord, "El registro %d no existe", r.Record)
	}
	f := s.finishes[i]
	team := f.For
	switch {
	case r.Kind == RulingInclude && (f.Counts || f.Voided || f.State == StateCounted):
		return r, nil, Errorf(CodeRuling, "El registro no está retenido")
	case (r.Kind == RulingVoid || r.Kind == RulingRetract) && f.Voided:
		return r, nil, Errorf(CodeRuling, "El registro ya está anulado")
	case r.Kind == RulingRetract && s.e.Competition.Version > 0:
		return r, nil, Errorf(CodeRuling, "Ya hay resultados oficiales; pida la anulación al organizador")
	case r.Kind == RulingRetract && r.At.Sub(f.ReceivedAt) > RetractWindow:
		return r, nil, Errorf(CodeRuling, "Pasó demasiado tiempo; pida la anulación al organizador")
	case r.Kind == RulingReinstate && !f.Voided:
		return r, nil, Errorf(CodeRuling, "El registro no está anulado")
	case r.Kind == RulingMove:
		if !s.e.has(r.Team) {
			return r, nil, Errorf(CodeNoSuchTeam, "El equipo %d no existe en esta competencia", r.Team)
		}
		if r.Team == f.For {
			return r, nil, Errorf(CodeRuling, "El registro ya es de ese equipo")
		}
		team = r.Team
	}
	if r.Kind != RulingMove {
		r.Team = f.For // who reads the log wants to know
	}
	if r.Kind == RulingVoid || r.Kind == RulingRetract || (r.Kind == RulingMove && !f.Counts) {
		return r, nil, nil
	}
	return r, nil, s.room(team)
}

// room refuses one more record for a full team.
func (s *state) room(team TeamID) error {
	if n := s.counting(team); n >= s.e.Competition.TeamSize {
		return Errorf(CodeTeamComplete, "El equipo ya tiene %d registros que cuentan; anule uno primero", n)
	}
	return nil
}

// add types a record in. It is stored as held, so that it counts only by the
// ruling, which can be taken back.
func (s *state) add(r Ruling, o Order) (Ruling, *TimeRecord, error) {
	if !s.e.has(o.Team) {
		return r, nil, Errorf(CodeNoSuchTeam, "El equipo %d no existe en esta competencia", o.Team)
	}
	rec := TimeRecord{
		ID: o.Key, Team: o.Team, Elapsed: o.Elapsed, ReceivedAt: o.At, Source: SourceManual, State: StateHeld, Reason: CodeManual,
	}
	if r.Kind == RulingAbsence {
		rec.Elapsed = 0
	} else if rec.Elapsed <= 0 || rec.Elapsed > MaxElapsed || rec.Elapsed <= s.shift {
		return r, nil, Errorf(CodeInvalidValue, "tiempo debe estar entre 1 y %d milisegundos y ser posterior a la salida", MaxElapsed.Milliseconds())
	}
	return r, &rec, s.room(o.Team)
}

func (s *state) team(r Ruling, o Order) (Ruling, *TimeRecord, error) {
	if !s.e.has(o.Team) {
		return r, nil, Errorf(CodeNoSuchTeam, "El equipo %d no existe en esta competencia", o.Team)
	}
	if _, out := s.disqualified[o.Team]; r.Kind == RulingDisqualify && out {
		return r, nil, Errorf(CodeRuling, "El equipo ya está descalificado")
	}
	if r.Kind == RulingPenalty {
		if o.Amount <= 0 || o.Amount > MaxPenalty {
			return r, nil, Errorf(CodeInvalidValue, "La penalización debe estar entre 1 milisegundo y 1 hora")
		}
		r.Amount = o.Amount
	}
	return r, nil, nil
}

// undo takes back a ruling that holds; taking back an undo makes the other hold
// again. It is never refused for what it leads to: a team with too many records
// does not rank until one is void.
func (s *state) undo(r Ruling) (Ruling, *TimeRecord, error) {
	i := slices.IndexFunc(s.e.Rulings, func(x Ruling) bool { return x.ID == r.Undoes })
	switch {
	case i < 0 || r.Undoes == 0:
		return r, nil, Errorf(CodeNoRuling, "La decisión %d no existe", r.Undoes)
	case !s.e.Rulings[i].Kind.undoable():
		return r, nil, Errorf(CodeRuling, "Esa decisión no se puede deshacer")
	case !s.holds[r.Undoes]:
		return r, nil, Errorf(CodeRuling, "La decisión ya está deshecha")
	}
	of := s.e.Rulings[i]
	r.Team, r.Record = of.Team, of.Record
	return r, nil, nil
}

func (s *state) official(r Ruling, o Order) (Ruling, *TimeRecord, error) {
	c := s.e.Competition
	switch {
	case c.Running:
		return r, nil, Errorf(CodeAlreadyRuns, "La competencia está en curso; deténgala antes de publicar resultados oficiales")
	case c.StartedAt.IsZero():
		return r, nil, Errorf(CodeNotFinished, "La competencia no se ha iniciado")
	}
	open := 0
	for _, f := range s.findings() {
		if !f.Accepted {
			open++
		}
	}
	if open > 0 && !o.Override {
		return r, nil, Errorf(CodeFindings, "Quedan %d puntos por revisar", open)
	}
	r.Version = c.Version + 1
	return r, nil, nil
}

// Apply returns the competition as a ruling leaves it.
func (e Evidence) Apply(r Ruling) Competition {
	e.Rulings = append(slices.Clip(e.Rulings), r)
	c := e.Competition
	c.GunShift = e.GunShift()
	switch r.Kind {
	case RulingReopen:
		c, _ = c.Reopen() // Rule has checked it
	case RulingOfficial:
		c.Version = r.Version
	default:
	}
	return c
}
