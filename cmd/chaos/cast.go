package main

import (
	"fmt"
	"math/rand/v2"
)

// teamSize is how many counted records a team may have.
const teamSize = 15

// cast is who takes part: ids count from 1. Teams are dealt to competitions in
// turns, so that every judge has teams in all of them.
type cast struct {
	Competitions int `json:"competitions"`
	Judges       int `json:"judges"`
	TeamsEach    int `json:"teams_each"` // of a judge
}

// newCast makes enough teams for the load to last: a judge fills about three
// teams a second.
func newCast(judges, seconds int) cast {
	return cast{Competitions: 3, Judges: judges, TeamsEach: max(12, 3*(seconds+2))}
}

func (c cast) teams() int { return c.Judges * c.TeamsEach }

// judgeOf is who may mark for a team.
func (c cast) judgeOf(team int64) int64 { return (team-1)/int64(c.TeamsEach) + 1 }

func (c cast) competitionOf(team int64) int64 { return (team-1)%int64(c.Competitions) + 1 }

// team is the i-th team of a judge.
func (c cast) team(judge int64, i int) int64 { return (judge-1)*int64(c.TeamsEach) + int64(i) + 1 }

// foreign is a team of somebody else.
func (c cast) foreign(judge int64, rng *rand.Rand) int64 {
	for {
		if t := rng.Int64N(int64(c.teams())) + 1; c.judgeOf(t) != judge {
			return t
		}
	}
}

// newID makes a record id from the seed, a UUID of version 4.
func newID(judge int64, rng *rand.Rand) string {
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", rng.Uint32(), judge, rng.IntN(1<<12), rng.IntN(1<<12), rng.Int64N(1<<48))
}
