package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"

	"server5k/race"
)

// stamped is what a judge sent under an id.
type stamped struct {
	team    race.TeamID
	elapsed int64 // ms
}

// writer is a judge that writes as fast as the server answers. Its fields belong
// to the goroutine that plays it; between rounds to the test.
type writer struct {
	id     race.JudgeID
	token  string
	rng    *rand.Rand
	sent   map[string]stamped
	acked  map[string]stamped // as acknowledged
	outbox map[string]bool    // sent, not acknowledged
}

func newWriter(t *testing.T, id race.JudgeID) *writer {
	t.Helper()
	return &writer{
		id: id, token: judgeToken(t, id), rng: rand.New(rand.NewPCG(uint64(id), 99)),
		sent: map[string]stamped{}, acked: map[string]stamped{}, outbox: map[string]bool{},
	}
}

// next makes the next record of the judge, team by team; false when all are full.
func (w *writer) next() (sentRecord, race.TeamID, bool) {
	i := len(w.sent) / race.DefaultTeamSize
	if i >= killTeams {
		return sentRecord{}, 0, false
	}
	r := sentRecord{ID: uuid.NewString(), Total: w.rng.Int64N(3_600_000)}
	s := stamped{killTeam(w.id, i), r.Total}
	w.sent[r.ID], w.outbox[r.ID] = s, true
	return r, s.team, true
}

// errCut says that the connection broke: right for a server that was killed.
var errCut = errors.New("the connection broke")

// write plays one connection until it breaks: first all that was not
// acknowledged, then new records.
func (w *writer) write(ctx context.Context, url string, first func()) error {
	s, err := rest{url: url, token: w.token}.dialJudge(ctx, w.id)
	if err != nil {
		return fmt.Errorf("%w: %w", errCut, err)
	}
	defer s.cut(true)
	waiting, err := w.resend(s)
	if err != nil {
		return w.drain(s)
	}
	for n := 0; ; {
		for ; waiting < killWindow; waiting++ {
			if s.send(w.compose(n)) != nil {
				return w.drain(s)
			}
			n++
		}
		m, err := s.read()
		if err != nil {
			return fmt.Errorf("%w: %w", errCut, err)
		}
		answered, err := w.take(m)
		if err != nil {
			return err
		}
		if answered {
			waiting--
			first()
		}
	}
}

// compose makes the n-th message; on a machine so fast that all teams are full it
// repeats an old record.
func (w *writer) compose(n int) judgeMessage {
	r, team, ok := w.next()
	if !ok {
		for id, old := range w.sent {
			return oneRecord("", old.team, sentRecord{ID: id, Total: old.elapsed})
		}
	}
	if n%killBatchEvery != 0 {
		return oneRecord("", team, r)
	}
	list := []sentRecord{r}
	for len(list) < 3 && len(w.sent)%race.DefaultTeamSize != 0 { // a batch is of one team
		r, _, _ := w.next()
		list = append(list, r)
	}
	return manyRecords("", team, list)
}

// resend sends the outbox, record by record.
func (w *writer) resend(s *socket) (n int, err error) {
	for id := range w.outbox {
		if err := s.send(oneRecord("", w.sent[id].team, sentRecord{ID: id, Total: w.sent[id].elapsed})); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// drain reads the answers that were on their way when sending failed.
// It always returns an error.
func (w *writer) drain(s *socket) error {
	for {
		m, err := s.read()
		if err != nil {
			return fmt.Errorf("%w: %w", errCut, err)
		}
		if _, err := w.take(m); err != nil {
			return err
		}
	}
}

// take notes what m acknowledges and says whether it is an answer.
func (w *writer) take(m message) (bool, error) {
	switch m.Type {
	case "tiempo_registrado":
		return true, w.acknowledge(m.Record.ID, stamped{m.Record.TeamID, m.Record.Total})
	case "tiempos_registrados_batch":
		if len(m.Bad) > 0 {
			return true, fmt.Errorf("judge %d: batch refused: %+v", w.id, m)
		}
		for _, r := range m.Good {
			if err := w.acknowledge(r.ID, stamped{m.TeamID, r.Total}); err != nil {
				return true, err
			}
		}
		return true, nil
	case "error":
		return true, fmt.Errorf("judge %d: %+v", w.id, m)
	}
	return false, nil
}

func (w *writer) acknowledge(id string, s stamped) error {
	if sent, ok := w.sent[id]; !ok || sent != s {
		return fmt.Errorf("judge %d: acknowledged %s as %+v, sent %+v", w.id, id, s, sent)
	}
	w.acked[id] = s
	delete(w.outbox, id)
	return nil
}

// settle sends the outbox until all of it is acknowledged, and some of the rest
// once more.
func (w *writer) settle(ctx context.Context, url string) error {
	s, err := rest{url: url, token: w.token}.dialJudge(ctx, w.id)
	if err != nil {
		return err
	}
	defer s.cut(false)
	old := map[string]bool{}
	for id := range w.acked {
		if old[id] = true; len(old) == 50 {
			break
		}
	}
	waiting, err := w.resend(s)
	if err != nil {
		return err
	}
	for id := range old {
		if err := s.send(oneRecord("", w.sent[id].team, sentRecord{ID: id, Total: w.sent[id].elapsed})); err != nil {
			return err
		}
		waiting++
	}
	for waiting > 0 {
		m, err := s.read()
		if err != nil {
			return fmt.Errorf("judge %d: %w", w.id, err)
		}
		answered, err := w.take(m)
		if err != nil {
			return err
		}
		if answered {
			waiting--
		}
		if old[m.Record.ID] && !m.Duplicate {
			return fmt.Errorf("judge %d: %s was stored a second time", w.id, m.Record.ID)
		}
	}
	return nil
}
