package persistence

import (
	"fmt"
	"sort"

	"server5k/race"
)

// Damage is one thing that is wrong with what is stored of a competition, with
// the numbers of the records of the batch that it was found in; 0 when it is not
// in one. The text is for people and names the batch.
type Damage struct {
	First, Last int64
	Text        string
}

// Verifier checks the archives of one database, one after the other. It keeps
// the ids that it has seen, 16 bytes for each record, because no two counted
// records may share one. It is not safe for concurrent use.
type Verifier struct {
	ids map[race.RecordID]struct{}
}

// NewVerifier returns a Verifier that has seen nothing.
func NewVerifier() *Verifier { return &Verifier{ids: map[race.RecordID]struct{}{}} }

// Check says what is wrong with an archive: of each kind of damage the first
// one, the hash chain before all else; nil when all is well. An archive may be
// checked once. A good chain also proves that the numbers of the records have no
// gap and that none is there twice.
func (v *Verifier) Check(a Archive) []Damage {
	var found []Damage
	for _, check := range []func(Archive) *Damage{checkChain, checkTeams, checkSlots, checkEvents, checkRulings, checkVersions, v.checkIDs} {
		if d := check(a); d != nil {
			found = append(found, *d)
		}
	}
	return found
}

// batchDamage is a damage in the batch of l.
func batchDamage(l race.Link, format string, args ...any) *Damage {
	return &Damage{l.FirstSeq, l.LastSeq, fmt.Sprintf("lote %d–%d dañado (época %d): ", l.FirstSeq, l.LastSeq, l.Epoch) + fmt.Sprintf(format, args...)}
}

// recordDamage is a damage of one record, in the batch that has its number.
func recordDamage(a Archive, r race.TimeRecord, format string, args ...any) *Damage {
	text := fmt.Sprintf("registro %d: ", r.Seq) + fmt.Sprintf(format, args...)
	i := sort.Search(len(a.Links), func(i int) bool { return a.Links[i].LastSeq >= r.Seq })
	if i < len(a.Links) && a.Links[i].FirstSeq <= r.Seq {
		return batchDamage(a.Links[i], "%s", text)
	}
	return &Damage{Text: text}
}

// checkTeams finds a record whose team is not in the competition.
func checkTeams(a Archive) *Damage {
	known := map[race.TeamID]bool{}
	for _, t := range a.Teams {
		if t.Competition != a.Competition.ID {
			return &Damage{Text: fmt.Sprintf("el equipo %d es de la competencia %d", t.ID, t.Competition)}
		}
		known[t.ID] = true
	}
	for _, r := range a.Records {
		if !known[r.Team] {
			return recordDamage(a, r, "su equipo %d no está en la competencia", r.Team)
		}
	}
	return nil
}

// checkSlots finds a counted record without a slot of its own in its team, and a
// held one with a slot.
func checkSlots(a Archive) *Damage {
	type place struct {
		team race.TeamID
		slot int
	}
	taken := map[place]int64{}
	for _, r := range a.Records {
		p := place{r.Team, r.Slot}
		switch {
		case r.State == race.StateHeld && r.Slot != 0:
			return recordDamage(a, r, "está retenido y ocupa el puesto %d", r.Slot)
		case r.State == race.StateHeld:
			continue
		case r.State != race.StateCounted:
			return recordDamage(a, r, "su estado %q no existe", r.State)
		case r.Slot < 1 || r.Slot > a.Competition.TeamSize:
			return recordDamage(a, r, "su puesto %d no está entre 1 y %d", r.Slot, a.Competition.TeamSize)
		case taken[p] != 0:
			return recordDamage(a, r, "su puesto %d del equipo %d es también del registro %d", r.Slot, r.Team, taken[p])
		}
		taken[p] = r.Seq
	}
	return nil
}

// checkEvents finds a number of an event that was never given, or that announced
// two things: each one is a decision, or the records of one team.
func checkEvents(a Archive) *Damage {
	teams := map[int64]race.TeamID{}
	for _, r := range a.Records {
		team, known := teams[r.Event]
		switch {
		case r.State == race.StateHeld && r.Event != 0:
			return recordDamage(a, r, "está retenido y tiene el evento %d", r.Event)
		case r.State == race.StateHeld:
			continue
		case r.Event < 1 || r.Event > a.Event:
			return recordDamage(a, r, "su evento %d no está entre 1 y %d", r.Event, a.Event)
		case known && team != r.Team:
			return recordDamage(a, r, "su evento %d es del equipo %d", r.Event, team)
		}
		teams[r.Event] = r.Team
	}
	decided := map[int64]bool{}
	for _, d := range a.Rulings {
		_, announced := teams[d.Event]
		switch {
		case d.Event < 0 || d.Event > a.Event:
			return &Damage{Text: fmt.Sprintf("decisión %d: su evento %d no está entre 1 y %d", d.ID, d.Event, a.Event)}
		case d.Event != 0 && (announced || decided[d.Event]):
			return &Damage{Text: fmt.Sprintf("decisión %d: su evento %d anunció otra cosa", d.ID, d.Event)}
		}
		decided[d.Event] = true
	}
	return nil
}

// checkIDs finds a counted record with an id that was seen before, here or in
// another competition.
func (v *Verifier) checkIDs(a Archive) *Damage {
	var found *Damage
	for _, r := range a.Records {
		if r.State != race.StateCounted {
			continue
		}
		if _, seen := v.ids[r.ID]; seen && found == nil {
			found = recordDamage(a, r, "su id %s es también de otro registro", r.ID)
		}
		v.ids[r.ID] = struct{}{}
	}
	return found
}
