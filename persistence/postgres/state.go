package postgres

import (
	"context"

	"server5k/persistence/tables"
	"server5k/race"
)

// state is what this process knows of a competition that it owns, or owned: the
// ledger that batches are decided on. The database stores a batch only if its
// own state is still the same, so a state that is out of date costs a reload and
// nothing else.
type state struct {
	turn chan struct{} // holds one token; who takes it may touch the rest
	known
}

// known is what was loaded and stored since.
type known struct {
	ledger *race.Ledger // nil: to be loaded
	epoch  int64
	seq    int64
	digest race.Digest // of the last link
}

// state returns the state of a competition, loaded or not.
func (s *Store) state(id race.CompetitionID) *state {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, ok := s.states[id]
	if !ok {
		st = &state{turn: make(chan struct{}, 1)}
		st.turn <- struct{}{}
		s.states[id] = st
	}
	return st
}

// lock waits for the turn, or the end of ctx.
func (st *state) lock(ctx context.Context) error {
	select {
	case <-st.turn:
		return nil
	case <-ctx.Done():
		return tables.WithCause(ctx, ctx.Err())
	}
}

func (st *state) unlock() { st.turn <- struct{}{} }

// forget makes the next batch load the state again.
func (st *state) forget() { st.known = known{} }

func (st *state) remember(l tables.Loaded) {
	st.ledger = race.NewLedger(l.Competition, l.Seq, l.Event)
	for _, t := range l.Teams {
		st.ledger.AddTeam(t, l.Held[t.ID])
	}
	for _, r := range l.Records {
		st.ledger.AddRecord(r)
	}
	for _, r := range l.HeldRecords {
		st.ledger.AddHeld(r.HeldMark())
	}
	st.ledger.Adjust(l.Adjustments)
	st.epoch, st.seq, st.digest = l.Epoch, l.Seq, l.Digest
}
