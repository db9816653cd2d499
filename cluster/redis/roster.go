package redis

import (
	"maps"
	"slices"
	"strings"
	"time"

	"server5k/cluster"
)

// roster is what a node knows of the others. It outlives what Redis forgets.
type roster struct {
	grace  time.Duration // a member that is neither listed nor dead is kept so long
	memory time.Duration // the dead are remembered so long; less than in Redis

	members map[string]cluster.Member
	missing map[string]time.Time // members that are not listed, and since when
	dead    map[string]time.Time // and when they died
	lost    []string             // dead that Redis has forgotten
}

func newRoster(grace, memory time.Duration) *roster {
	return &roster{
		grace: grace, memory: memory,
		members: make(map[string]cluster.Member), missing: make(map[string]time.Time), dead: make(map[string]time.Time),
	}
}

// update takes in the answer of a beat.
func (r *roster) update(now time.Time, a answer) {
	for id, age := range a.dead {
		delete(r.members, id)
		if _, known := r.dead[id]; !known {
			r.dead[id] = now.Add(-age)
		}
	}
	maps.DeleteFunc(r.dead, func(_ string, at time.Time) bool { return now.Sub(at) > r.memory })
	addresses := make(map[string]bool)
	for id, rec := range a.members {
		if _, dead := r.dead[id]; dead {
			continue // Redis has forgotten that; the next beat tells it
		}
		r.members[id] = cluster.Member{ID: id, Name: rec.Name, Address: rec.Address, Owns: rec.Owns}
		delete(r.missing, id)
		addresses[rec.Address] = true
	}
	for id, m := range r.members {
		if _, listed := a.members[id]; !listed {
			r.miss(now, m, addresses[m.Address])
		}
	}
	maps.DeleteFunc(r.missing, func(id string, _ time.Time) bool { _, known := r.members[id]; return !known })
	r.lost = r.lost[:0]
	if len(a.dead) < maxGraves { // else it may only have been left out
		for id := range r.dead {
			if _, listed := a.dead[id]; !listed {
				r.lost = append(r.lost, id)
			}
		}
	}
}

// miss deals with a member that Redis has no longer, though nobody buried it.
func (r *roster) miss(now time.Time, m cluster.Member, replaced bool) {
	since, known := r.missing[m.ID]
	if !known {
		since = now
		r.missing[m.ID] = now
	}
	if replaced || now.Sub(since) > r.grace {
		r.bury(now, m.ID)
	}
}

func (r *roster) bury(now time.Time, id string) {
	delete(r.members, id)
	r.dead[id] = now
}

// graves are the dead to tell Redis of.
func (r *roster) graves(now time.Time) map[string]time.Duration {
	out := make(map[string]time.Duration, len(r.lost))
	for _, id := range r.lost {
		if at, known := r.dead[id]; known {
			out[id] = now.Sub(at)
		}
	}
	return out
}

// at is the id of the member that listens at an address, or empty.
func (r *roster) at(address string) string {
	for id, m := range r.members {
		if m.Address == address {
			return id
		}
	}
	return ""
}

// list returns the members by id; each list is a new one.
func (r *roster) list() []cluster.Member {
	return slices.SortedFunc(maps.Values(r.members), func(a, b cluster.Member) int { return strings.Compare(a.ID, b.ID) })
}
