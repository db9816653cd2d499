package main

import (
	"math/rand/v2"
	"sync"
	"time"
)

// pool holds ids that judges have sent, for others to steal. Its methods may be
// called from any goroutine.
type pool struct {
	mu  sync.Mutex // protects all
	all []loot
}

// loot is an id with the judge whose it is.
type loot struct {
	judge int64
	mark  mark
}

// poolSize bounds the pool: stolen ids should be fresh.
const poolSize = 256

func (p *pool) put(l loot, rng *rand.Rand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.all) < poolSize {
		p.all = append(p.all, l)
		return
	}
	p.all[rng.IntN(poolSize)] = l
}

// steal returns a mark of another judge.
func (p *pool) steal(judge int64, rng *rand.Rand) (mark, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.all) == 0 {
		return mark{}, false
	}
	l := p.all[rng.IntN(len(p.all))]
	return l.mark, l.judge != judge
}

// desk is what a judge has in hand: the teams at the finish line and what was
// acknowledged.
type desk struct {
	open    []*finish
	opened  int // teams so far
	tap     int64
	acked   []placed
	sentYet []placed
}

// placed is a mark and its team.
type placed struct {
	team int64
	mark mark
}

// finish is a team whose runners come in.
type finish struct {
	team  int64
	left  int  // marks to come
	whole bool // one POST of all 15
}

const (
	// openTeams arrive at the same time at one judge.
	openTeams = 4
	// steadyPause lies between two marks of a steady judge: with three of them
	// a competition gets one every 20 ms.
	steadyPause = 60 * time.Millisecond
	// rememberMarks bounds the memory for replays.
	rememberMarks = 400
)

// learn remembers what was acknowledged.
func (d *desk) learn(team int64, r sent) {
	if r.stored() {
		d.acked = remember(d.acked, placed{team, r.mark})
	}
}

func remember(list []placed, m placed) []placed {
	if len(list) == rememberMarks {
		list = list[rememberMarks/2:]
	}
	return append(list, m)
}

// fill makes new messages while the load lasts.
func (p *phone) fill() {
	now := p.clock.now()
	if p.resting.Load() || now < p.next || len(p.outbox) >= backlog {
		return
	}
	if p.steady {
		p.next = now + instant(steadyPause)
		p.outbox = append(p.outbox, p.steadyMark())
		return
	}
	p.next = now + instant(float64(meanPause)*p.rng.ExpFloat64())
	if c := p.draw(); c != nil {
		p.outbox = append(p.outbox, c)
	}
}

// draw makes the next message: mostly new marks, and what bad networks and wrong
// apps send.
func (p *phone) draw() *parcel {
	d := &p.desk
	switch n := p.rng.IntN(100); {
	case n < 8 && len(d.acked) > 0: // replay
		m := d.acked[p.rng.IntN(len(d.acked))]
		return newParcel(m.team, p.someWay(), m.mark)
	case n < 12 && len(d.sentYet) > 0: // same id, other time
		m := d.sentYet[p.rng.IntN(len(d.sentYet))]
		m.mark.MS += 1 + p.rng.Int64N(1000)
		return newParcel(m.team, p.someWay(), m.mark)
	case n < 14: // an id of somebody else, for a team of ours
		if m, ok := p.pool.steal(p.id, p.rng); ok && d.opened > 0 {
			m.Tap = 0
			return newParcel(p.cast.team(p.id, p.rng.IntN(d.opened)), p.someWay(), m)
		}
	case n < 17: // a team of somebody else
		return newParcel(p.cast.foreign(p.id, p.rng), p.someWay(), p.newMark())
	}
	return p.arrivals()
}

// steadyMark is one more record for a team of the one competition that a steady
// judge works in; teams come round again when they are through.
func (p *phone) steadyMark() *parcel {
	d := &p.desk
	mine := p.id%int64(p.cast.Competitions) + 1
	for {
		team := p.cast.team(p.id, d.opened/teamSize%p.cast.TeamsEach)
		if p.cast.competitionOf(team) == mine {
			d.opened++
			return newParcel(team, waySingle, p.newMark())
		}
		d.opened += teamSize - d.opened%teamSize
	}
}

func (p *phone) someWay() string {
	if p.rng.IntN(2) == 0 {
		return wayBatch
	}
	return waySingle
}

// arrivals marks one to fifteen runners of a team at the finish line; nil when
// all teams of the judge are in.
func (p *phone) arrivals() *parcel {
	d := &p.desk
	for len(d.open) < openTeams && d.opened < p.cast.TeamsEach {
		d.open = append(d.open, p.openTeam(p.cast.team(p.id, d.opened)))
		d.opened++
	}
	if len(d.open) == 0 {
		return nil
	}
	i := p.rng.IntN(len(d.open))
	f := d.open[i]
	n, way := 1, waySingle
	switch {
	case f.whole && f.left <= teamSize:
		n, way, f.whole = teamSize, wayPost, false
	case p.rng.IntN(2) == 0:
		way = wayBatch
		n = min(f.left, 1+p.rng.IntN(5))
		if p.rng.IntN(8) == 0 {
			n = min(f.left, teamSize)
		}
	}
	f.left -= n
	if f.left <= 0 {
		d.open = append(d.open[:i], d.open[i+1:]...)
	}
	marks := make([]mark, n)
	for k := range marks {
		marks[k] = p.newMark()
		d.sentYet = remember(d.sentYet, placed{f.team, marks[k]})
	}
	p.pool.put(loot{p.id, marks[0]}, p.rng)
	return newParcel(f.team, way, marks...)
}

// openTeam decides how a team will be sent: some whole by POST, some with more
// runners than there is room for, some both ways.
func (p *phone) openTeam(team int64) *finish {
	f := &finish{team: team, left: teamSize}
	switch n := p.rng.IntN(100); {
	case n < 12:
		f.whole = true
	case n < 16: // a POST after some single marks: one of both is too much
		f.whole, f.left = true, teamSize+3
	case n < 28:
		f.left += 1 + p.rng.IntN(3)
	}
	return f
}

func (p *phone) newMark() mark {
	m := mark{ID: newID(p.id, p.rng), MS: 900_000 + p.rng.Int64N(1_500_000)}
	switch n := p.rng.IntN(10); {
	case n == 0:
		m.MS = 0 // absent
	case n < 5:
		p.desk.tap++
		m.Tap = p.desk.tap
	}
	return m
}
