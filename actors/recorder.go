package actors

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"server5k/race"
)

// Store calls: each try has its own deadline, and all tries of a batch end
// before a phone gives up waiting (10 s).
const (
	tryTimeout    = 4 * time.Second
	commitTimeout = 8 * time.Second
	firstPause    = 20 * time.Millisecond
	longestPause  = 500 * time.Millisecond
	// confirmTimeout is short: the next subscription asks again.
	confirmTimeout = 2 * time.Second
)

// recorder does the waiting for its competition: one store call at a time, and a
// confirmation beside it, each in a goroutine that ends by its deadline and sends
// the result to the competition.
type recorder struct {
	id    race.CompetitionID
	store Store
	log   *slog.Logger
}

func (r *recorder) Receive(ctx actor.Context) {
	root, to := ctx.ActorSystem().Root, ctx.Sender()
	switch m := ctx.Message().(type) {
	case commit:
		go func() {
			var res committed
			began := time.Now()
			res.err = retry(func(c context.Context) (err error) {
				res.decision, res.teams, err = r.store.Append(c, m.batch)
				return err
			}, r.log)
			res.took = time.Since(began)
			root.Send(to, res)
		}()
	case advance:
		go func() {
			var res changed
			res.err = retry(func(c context.Context) (err error) {
				res.competition, res.event, err = r.store.Transition(c, m.transition)
				return err
			}, r.log)
			root.Send(to, res)
		}()
	case decide:
		go func() {
			var res decided
			res.err = retry(func(c context.Context) (err error) {
				res.ruled, err = r.store.Rule(c, m.order)
				return err
			}, r.log)
			root.Send(to, res)
		}()
	case confirm:
		go func() {
			c, cancel := context.WithTimeoutCause(context.Background(), confirmTimeout, errors.New("confirm epoch: no answer in 2s"))
			defer cancel()
			res := confirmed{at: time.Now()}
			res.err = r.store.Confirm(c, r.id, m.epoch)
			root.Send(to, res)
		}()
	}
}

// retry runs call until it succeeds, fails for good or the time is over. The
// outcome of a failed call is unknown; the ids of the records, the states of a
// competition and the keys of orders make calling again harmless.
func retry(call func(context.Context) error, log *slog.Logger) error {
	all, cancel := context.WithTimeoutCause(context.Background(), commitTimeout, errors.New("store: no durable answer in 8s"))
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		ctx, cancelTry := context.WithTimeoutCause(all, tryTimeout, errors.New("store: no answer in 4s"))
		err := call(ctx)
		cancelTry()
		if err == nil || final(err) {
			return err
		}
		log.Warn("store call failed, trying again", "error", err)
		select {
		case <-all.Done():
			return errors.Join(err, context.Cause(all))
		case <-time.After(pause):
		}
	}
}

// final says whether calling again cannot help.
func final(err error) bool {
	return errors.Is(err, race.ErrFenced) || errors.Is(err, race.ErrNotFound) || race.CodeOf(err) != race.CodeInternal
}
