package race

import (
	"cmp"
	"slices"
)

// Declaration is what a judge says of the marks of a team.
type Declaration struct {
	Total   int    // marks that stand, absences included
	Device  string // that said so; empty when it was said on paper
	Highest int64  // the highest number that Device has given in the competition
}

// MaxDeclared bounds Declaration.Total: far above any mistake of a person.
const MaxDeclared = 1000

// Post is what is known of the marks of a team: what its judge claims to have
// made, and what is stored. A mark that reached nobody shows in the difference.
type Post struct {
	Team     TeamID
	Declared *Ruling // the latest declaration that holds, nil none
	// Stored is how many marks the judge sent, counted and held, without those that
	// the judge took back. What organizers rule changes nothing here.
	Stored  int
	Devices []PostDevice // that marked for the team, by name
	// Complete says that a client sent the whole team in one request: that is its
	// declaration.
	Complete bool
}

// PostDevice is a device that numbers its marks 1..n in a competition. With more
// than one team it has the same numbers in the post of each.
type PostDevice struct {
	Name    string
	Claimed int64   // the highest number it is known to have given
	Stored  int64   // the highest that is stored
	Missing []int64 // 1..Claimed, those that are not stored; at most missingAtMost
}

// missingAtMost bounds PostDevice.Missing: enough to see what happened.
const missingAtMost = 100

// Proven says that nothing is missing: the declaration agrees with what is stored,
// and no device has a gap.
func (p Post) Proven() bool {
	if slices.ContainsFunc(p.Devices, func(d PostDevice) bool { return len(d.Missing) > 0 }) {
		return false
	}
	return p.Complete || (p.Declared != nil && p.Declared.Declared.Total == p.Stored)
}

// Claim raises what a device is known to have given, as its heartbeat tells.
func (d *PostDevice) Claim(highest int64) {
	for n := d.Claimed + 1; n <= highest && len(d.Missing) < missingAtMost; n++ {
		d.Missing = append(d.Missing, n)
	}
	d.Claimed = max(d.Claimed, highest)
}

// Stored returns how many marks the judge of a team has here, Post.Stored: what a
// declaration is answered with.
func (e Evidence) Stored(team TeamID) int {
	for _, p := range e.Posts() {
		if p.Team == team {
			return p.Stored
		}
	}
	return 0
}

// Posts returns the post of each team, by bib.
func (e Evidence) Posts() []Post { return e.state().posts() }

func (s *state) posts() []Post {
	numbers := map[string]map[int64]bool{} // by device, of the whole competition
	byTeam := map[TeamID][]Finish{}
	for _, f := range s.finishes {
		if f.Source == SourceManual || f.Judge == 0 {
			continue // nobody's mark
		}
		byTeam[f.Team] = append(byTeam[f.Team], f)
		if d := f.Mark.Device; d != "" && f.Mark.DeviceSeq > 0 {
			if numbers[d] == nil {
				numbers[d] = map[int64]bool{}
			}
			numbers[d][f.Mark.DeviceSeq] = true
		}
	}
	out := make([]Post, 0, len(s.e.Teams))
	for _, t := range s.e.Teams {
		p := Post{Team: t.ID, Complete: s.atOnce(byTeam[t.ID])}
		devices := map[string]bool{}
		if r, ok := s.declared[t.ID]; ok {
			p.Declared = &r
			devices[r.Declared.Device] = true
		}
		stands := map[RecordID]bool{} // a mark may be held first and count later, under the same id
		for _, f := range byTeam[t.ID] {
			before, twice := stands[f.ID]
			stands[f.ID] = !f.Retracted && (before || !twice)
			if f.Mark.DeviceSeq > 0 {
				devices[f.Mark.Device] = true
			}
		}
		for _, stands := range stands {
			if stands {
				p.Stored++
			}
		}
		delete(devices, "")
		for name := range devices {
			p.Devices = append(p.Devices, numbered(name, s.claimed[name], numbers[name]))
		}
		slices.SortFunc(p.Devices, func(a, b PostDevice) int { return cmp.Compare(a.Name, b.Name) })
		out = append(out, p)
	}
	return out
}

// numbered says what is missing of the numbers of a device.
func numbered(name string, claimed int64, stored map[int64]bool) PostDevice {
	d := PostDevice{Name: name}
	for n := range stored {
		d.Stored = max(d.Stored, n)
	}
	for n := int64(1); n <= d.Stored && len(d.Missing) < missingAtMost; n++ {
		if !stored[n] {
			d.Missing = append(d.Missing, n)
		}
	}
	d.Claimed = d.Stored
	d.Claim(claimed)
	return d
}

// atOnce says whether a whole team came in one request of a client that numbers
// nothing: one event announced all that the team has.
func (s *state) atOnce(marks []Finish) bool {
	if len(marks) != s.e.Competition.TeamSize {
		return false
	}
	for _, f := range marks {
		if f.State != StateCounted || f.Event != marks[0].Event || f.Mark.DeviceSeq > 0 {
			return false
		}
	}
	return true
}
