package main

import (
	"math/bits"
	"sync"

	"github.com/anishathalye/porcupine"
)

// operation is a step of the linear check of one team. The state is the set of
// its records that are stored, out of those that are stored at the end, one bit
// each: rows never change, so no other record was ever stored.
type operation struct {
	adds    uint32 // they are stored afterwards
	fresh   uint32 // of these, answered as stored now: not before
	present uint32 // they must be stored
	absent  uint32 // at least one of these must not be stored, unless it is 0
	room    int    // at most this many may be stored, -1 any
	least   int    // with body, at least this many
	body    uint32
}

// step is the sequential rule of a team.
func (o operation) step(state uint32) (bool, uint32) {
	if state&o.fresh != 0 || state&o.present != o.present || (o.absent != 0 && state&o.absent == o.absent) {
		return false, state
	}
	if o.least > 0 && bits.OnesCount32(state|o.body) < o.least {
		return false, state
	}
	if state |= o.adds; o.room >= 0 && bits.OnesCount32(state) > o.room {
		return false, state
	}
	return true, state
}

// teamModel runs the rule.
func teamModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return uint32(0) },
		Step: func(state, input, _ any) (bool, any) { return input.(operation).step(state.(uint32)) },
	}
}

// checkers is how many teams are checked at a time.
const checkers = 2

// checkLinear looks for an order of the operations of each team that explains
// every answer: each takes effect once between its call and its answer, those
// without an answer at any time after their call.
func (v *verdict) checkLinear() {
	sends := map[int64][]*send{}
	for _, s := range v.e.Sends {
		if s.Judge == v.e.Cast.judgeOf(s.Team) {
			sends[s.Team] = append(sends[s.Team], s)
		}
	}
	teams := make(chan int64)
	var mu sync.Mutex // protects v
	var wg sync.WaitGroup
	for range checkers {
		wg.Go(func() {
			for team := range teams {
				steps := v.operations(team, sends[team])
				result := porcupine.Illegal
				if narrow(steps) {
					result = porcupine.CheckOperationsTimeout(teamModel(), history(steps), v.patience)
				}
				mu.Lock()
				v.figures.Checked += len(steps)
				switch result {
				case porcupine.Illegal:
					v.find(checkLinear, "no order of the %d operations of team %d explains the answers", len(steps), team)
				case porcupine.Unknown:
					v.figures.Undecided++
				case porcupine.Ok:
				}
				mu.Unlock()
			}
		})
	}
	for team := range sends {
		teams <- team
	}
	close(teams)
	wg.Wait()
	v.checkUndecided(len(sends))
}

// checkUndecided: one team in two hundred may be too hard for the linear check;
// more says that the check is none.
func (v *verdict) checkUndecided(teams int) {
	if v.figures.Undecided*200 > teams {
		v.find(checkJudgment, "the operations of %d of %d teams could not be decided in %v each", v.figures.Undecided, teams, v.patience)
	}
}

// operations turns the messages for a team into operations. Answers that other
// checks refute, and those about ids of other teams, are left out.
func (v *verdict) operations(team int64, sends []*send) []timed {
	b := builder{v: v, team: team, bit: map[string]uint32{}, unknown: map[uint32]instant{}}
	for i, r := range v.byTeam[team] {
		if i < 32 {
			b.bit[r.ID] = 1 << i
		}
	}
	for _, s := range sends {
		if s.Way == wayPost {
			b.post(s)
			continue
		}
		for i := range s.Records {
			b.single(try{s, i})
		}
	}
	for bit, call := range b.unknown {
		b.add(operation{adds: bit, room: v.sizeOf(team)}, call, never)
	}
	return b.ops
}

// timed is an operation between its call and its answer.
type timed struct {
	operation
	call, end instant
}

// history is what the checker reads.
func history(steps []timed) []porcupine.Operation {
	out := make([]porcupine.Operation, len(steps))
	for i, s := range steps {
		out[i] = porcupine.Operation{Input: s.operation, Call: int64(s.call), Return: int64(s.end)}
	}
	return out
}

// narrow shortens the time of every operation to what follows from the others, so
// that the search does not try what cannot be: each record is stored at one
// moment, after the call of whoever found it missing and before the answer of
// whoever found it. It returns false when nothing is left of an operation.
func narrow(steps []timed) bool {
	var earliest, latest [32]instant // of the moment at which a record is stored
	for i := range latest {
		latest[i] = never
	}
	for _, s := range steps {
		missed := s.fresh
		if bits.OnesCount32(s.absent) == 1 {
			missed |= s.absent
		}
		for bit := range 32 {
			if missed&(1<<bit) != 0 {
				earliest[bit] = max(earliest[bit], s.call)
			}
			if (s.adds|s.present)&(1<<bit) != 0 {
				latest[bit] = min(latest[bit], s.end)
			}
		}
	}
	for i := range steps {
		s := &steps[i]
		for bit := range 32 {
			switch {
			case (s.adds|s.present)&^s.fresh&(1<<bit) != 0 && s.call <= earliest[bit]:
				if earliest[bit] > s.end {
					return false
				}
				s.call = min(earliest[bit]+1, s.end)
			case s.absent == 1<<bit && s.end > latest[bit]:
				if latest[bit] < s.call {
					return false
				}
				s.end = latest[bit]
			}
		}
	}
	return true
}

type builder struct {
	v       *verdict
	team    int64
	bit     map[string]uint32  // of the ids that are stored for the team
	unknown map[uint32]instant // first call of a record without an answer
	ops     []timed
}

func (b *builder) add(o operation, call, end instant) {
	b.ops = append(b.ops, timed{o, call, end})
}

// same is the bit of a record that is stored as it was sent, else 0.
func (b *builder) same(r sent) uint32 {
	for _, row := range b.v.counted[r.ID] {
		if row.Team == b.team && row.MS == r.MS {
			return b.bit[r.ID]
		}
	}
	return 0
}

// lost notes a record without an answer: several tries of one count as one, at
// the time of the first.
func (b *builder) lost(r sent, call instant) {
	bit := b.same(r)
	if bit == 0 {
		return // it never had an effect
	}
	if first, ok := b.unknown[bit]; !ok || call < first {
		b.unknown[bit] = call
	}
}

func (b *builder) single(t try) {
	s, r := t.send, t.record()
	bit, size := b.bit[r.ID], b.v.sizeOf(b.team)
	switch {
	case t.unknown():
		b.lost(r, s.Call)
	case r.stored() && b.same(r) != 0:
		o := operation{adds: bit, room: size}
		if r.Answer == wordStored {
			o.fresh = bit
		}
		b.add(o, s.Call, s.Return)
	case r.Answer == wordConflict && bit != 0:
		b.add(operation{present: bit, room: -1}, s.Call, s.Return)
	case r.Answer == wordComplete:
		b.add(operation{least: size, absent: bit, room: -1}, s.Call, s.Return)
	case r.Answer == wordNotRunning && bit != 0:
		b.add(operation{absent: bit, room: -1}, s.Call, s.Return)
		b.late(r, s.Call)
	}
}

// late allows for a record that was refused because the race did not run to be
// stored by the same message afterwards. A node asks again when the owner changes;
// if the race is started just then, the answer of the first owner may be the one
// that the judge gets and the second stores. The record is held until then, and
// sending it again says that it counts.
func (b *builder) late(r sent, call instant) {
	if b.v.e.Cluster {
		b.lost(r, call)
	}
}

func (b *builder) post(s *send) {
	if (try{s, 0}).unknown() {
		for _, r := range s.Records {
			b.lost(r, s.Call)
		}
		return
	}
	size := b.v.sizeOf(b.team)
	o := operation{room: -1}
	others := 0 // records of the body that are never stored for the team
	for _, r := range s.Records {
		bit := b.bit[r.ID]
		o.body |= bit
		if bit == 0 {
			others++
		}
		if s.Refusal == "" && b.same(r) != 0 {
			o.adds |= bit
			o.room = size
			if r.Answer == wordStored {
				o.fresh |= bit
			}
		}
		if s.Refusal == wordConflict && r.Answer == wordConflict {
			o.present |= bit
		}
	}
	if s.Refusal == wordNotRunning {
		for _, r := range s.Records {
			b.late(r, s.Call)
		}
	}
	switch s.Refusal {
	case wordComplete:
		o.least = max(size+1-others, 1)
		if others > size {
			o.least = 0
		}
	case wordNotRunning:
		if others == 0 {
			o.absent = o.body
		}
	}
	b.add(o, s.Call, s.Return)
}
