package race

import (
	"slices"
	"unicode/utf8"
)

// admit refuses what a judge may not ask for, before anything is told of it.
func (s *state) admit(o Order) error {
	if o.Judge == 0 {
		return nil
	}
	i := slices.IndexFunc(s.e.Teams, func(t Team) bool { return t.ID == o.Team })
	switch {
	case i < 0:
		return Errorf(CodeNoSuchTeam, "El equipo %d no existe", o.Team)
	case s.e.Teams[i].Judge != o.Judge:
		return Errorf(CodeForeignTeam, "El equipo %d no está asignado a usted", o.Team)
	case o.Kind == RulingDeclare:
		return nil
	case o.Kind != RulingRetract && o.Kind != RulingInclude:
		return Errorf(CodeForbidden, "Esa decisión es del organizador")
	}
	seq := s.seqOf(o)
	i = slices.IndexFunc(s.finishes, func(f Finish) bool { return f.Seq == seq })
	switch {
	case i < 0:
		return Errorf(CodeNoRecord, "El registro no existe")
	case s.finishes[i].Moved || s.finishes[i].Source == SourceManual:
		return Errorf(CodeRuling, "El organizador ya decidió sobre ese registro")
	case o.Kind == RulingInclude && s.finishes[i].Reason != CodeTeamComplete:
		return Errorf(CodeForbidden, "Esa decisión es del organizador")
	}
	return nil
}

// seqOf returns the number of the record that an order names by its id, 0 if none:
// the counted one, or else the last that was held; of those that a judge wants
// included the one with the time of the order.
func (s *state) seqOf(o Order) int64 {
	include := o.Kind == RulingInclude && o.Judge != 0
	seq := int64(0)
	for _, f := range s.finishes {
		if f.ID != o.RecordID || f.Team != o.Team || (include && (f.State != StateHeld || f.Elapsed != o.Elapsed)) {
			continue
		}
		if f.State == StateCounted {
			return f.Seq
		}
		seq = f.Seq
	}
	return seq
}

func (s *state) declare(r Ruling, o Order) (Ruling, *TimeRecord, error) {
	d := o.Declared
	switch {
	case !s.e.has(o.Team):
		return r, nil, Errorf(CodeNoSuchTeam, "El equipo %d no existe en esta competencia", o.Team)
	case s.e.Competition.StartedAt.IsZero():
		return r, nil, Errorf(CodeNotFinished, "La competencia no se ha iniciado")
	case d.Total < 0 || d.Total > MaxDeclared:
		return r, nil, Errorf(CodeInvalidValue, "total debe estar entre 0 y %d", MaxDeclared)
	case d.Highest < 0 || d.Highest > MaxDeviceSeq:
		return r, nil, Errorf(CodeInvalidValue, "secuencia no es un número válido")
	case utf8.RuneCountInString(d.Device) > MaxDeviceLength:
		return r, nil, Errorf(CodeInvalidValue, "dispositivo debe ser un texto de hasta %d caracteres", MaxDeviceLength)
	}
	r.Declared = d
	return r, nil, nil
}

// MaxDeviceSeq bounds Declaration.Highest, the number that a device claims: a person
// does not mark more, and each missing one is looked at.
const MaxDeviceSeq = 1_000_000

// conceal hides a team, or a single finish of Record, from the public.
func (s *state) conceal(r Ruling) (Ruling, *TimeRecord, error) {
	if r.Record == 0 {
		switch {
		case !s.e.has(r.Team):
			return r, nil, Errorf(CodeNoSuchTeam, "El equipo %d no existe en esta competencia", r.Team)
		case s.concealed.Teams[r.Team]:
			return r, nil, Errorf(CodeRuling, "El equipo ya está oculto")
		}
		return r, nil, nil
	}
	i := slices.IndexFunc(s.finishes, func(f Finish) bool { return f.Seq == r.Record })
	switch {
	case i < 0:
		return r, nil, Errorf(CodeNoRecord, "El registro %d no existe", r.Record)
	case s.concealed.Records[r.Record]:
		return r, nil, Errorf(CodeRuling, "El registro ya está oculto")
	}
	r.Team = s.finishes[i].For
	return r, nil, nil
}
