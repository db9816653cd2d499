package tables_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"server5k/persistence/tables"
	"server5k/race"
)

var (
	errPoison = errors.New("poison")
	errBroken = errors.New("broken")
)

// memory stores one record and one event for each request, and refuses those of
// judge 13; it breaks when it meets judge 99.
type memory struct {
	seq   int64
	tries int
}

func (m *memory) try(requests []race.Request) (race.Decision, []race.Team, error) {
	m.tries++
	for _, q := range requests {
		switch q.Judge {
		case 13:
			return race.Decision{}, nil, errPoison
		case 99:
			return race.Decision{}, nil, errBroken
		}
	}
	var d race.Decision
	var teams []race.Team
	for _, q := range requests {
		m.seq++
		d.Replies = append(d.Replies, race.Reply{Team: race.Team{ID: q.Team}})
		d.Store = append(d.Store, race.TimeRecord{Team: q.Team, Seq: m.seq})
		d.Touched = append(d.Touched, q.Team)
		teams = append(teams, race.Team{ID: q.Team, Bib: int(m.seq)})
	}
	d.Seq, d.Event = m.seq, m.seq
	return d, teams, nil
}

func TestIsolate(t *testing.T) {
	t.Parallel()
	refused := func(err error) bool { return errors.Is(err, errPoison) }
	for name, c := range map[string]struct {
		judges []race.JudgeID // of teams 1, 2, 1, 2 …
		codes  []race.Code
		stored []race.TeamID
		bibs   []int // of the teams returned
		tries  int
		err    error
	}{
		"nothing":        {tries: 1},
		"no poison":      {judges: []race.JudgeID{1, 1}, codes: []race.Code{"", ""}, stored: []race.TeamID{1, 2}, bibs: []int{6, 7}, tries: 1},
		"poison alone":   {judges: []race.JudgeID{13}, codes: []race.Code{race.CodeInvalidValue}, tries: 2},
		"in the middle":  {judges: []race.JudgeID{1, 13, 1, 1}, codes: []race.Code{"", race.CodeInvalidValue, "", ""}, stored: []race.TeamID{1, 1, 2}, bibs: []int{7, 8}, tries: 6},
		"only poison":    {judges: []race.JudgeID{13, 13}, codes: []race.Code{race.CodeInvalidValue, race.CodeInvalidValue}, tries: 5},
		"first and last": {judges: []race.JudgeID{13, 1, 13}, codes: []race.Code{race.CodeInvalidValue, "", race.CodeInvalidValue}, stored: []race.TeamID{2}, bibs: []int{6}, tries: 7},
		"broken beside":  {judges: []race.JudgeID{13, 99}, tries: 4, err: errBroken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &memory{seq: 5}
			var requests []race.Request
			for i, judge := range c.judges {
				requests = append(requests, race.Request{Judge: judge, Team: race.TeamID(i%2 + 1)})
			}
			d, teams, err := tables.Isolate(requests, m.try, refused)
			if !errors.Is(err, c.err) || m.tries != c.tries {
				t.Fatalf("got error %v after %d tries, want %v after %d", err, m.tries, c.err, c.tries)
			}
			if c.err != nil {
				return
			}
			var codes []race.Code
			for _, r := range d.Replies {
				codes = append(codes, race.CodeOf(r.Err))
			}
			var bibs []int
			for _, team := range teams {
				bibs = append(bibs, team.Bib)
			}
			if diff := cmp.Diff([]any{c.codes, c.stored, c.bibs, m.seq, m.seq}, []any{codes, d.Touched, bibs, d.Seq, d.Event}); diff != "" {
				t.Errorf("codes, touched, bibs, seq, event (-want +got):\n%s", diff)
			}
			for i, r := range d.Store {
				if r.Seq != int64(6+i) {
					t.Errorf("record %d has number %d", i, r.Seq)
				}
			}
		})
	}
}
