package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"server5k/actors"
	"server5k/race"
)

const (
	// watchEvery is how often the database is asked, as an owner asks it.
	watchEvery   = time.Second
	watchTimeout = 2 * time.Second
	// maxSilence of the database is what an owner's retries bridge; then somebody
	// who reaches it should own.
	maxSilence = 4 * time.Second
)

// report is what a node tells of itself: at /status, and in `cluster status`.
type report struct {
	Node     string        `json:"node"`
	Member   string        `json:"member"` // empty without a cluster, or while it is not a member
	Version  string        `json:"version"`
	Address  string        `json:"address"`
	Database databaseState `json:"database"`
	Sockets  int           `json:"sockets"`
	actors.Status
}

type databaseState struct {
	Up bool  `json:"up"`
	US int64 `json:"us"` // microseconds of the last answer
}

// sentinel watches over what a node needs to own competitions, and keeps what is
// to be told of the node. It runs one goroutine, which ends with stop.
type sentinel struct {
	store   confirmer
	log     *slog.Logger
	setOwns func(bool)    // called when it changes, and once at the start; nil: alone, nobody is to be told
	collect func(*report) // fills in all but the database
	up      prometheus.Gauge
	last    atomic.Pointer[[]byte]
	state   atomic.Pointer[databaseState]
	quit    context.CancelFunc
	done    sync.WaitGroup
}

func newSentinel(store confirmer, reg prometheus.Registerer, log *slog.Logger) *sentinel {
	s := &sentinel{store: store, log: log.With("part", "sentinel")}
	s.up = promauto.With(reg).NewGauge(prometheus.GaugeOpts{
		Name: "server5k_database_up", Help: "1 while the database answers as owners ask it.",
	})
	s.state.Store(&databaseState{})
	return s
}

// confirmer is what an owner asks of the store when it asks nothing.
type confirmer interface {
	Confirm(ctx context.Context, id race.CompetitionID, epoch int64) error
}

// start begins to watch. It asks once before it returns.
func (s *sentinel) start(setOwns func(bool), collect func(*report)) {
	s.setOwns, s.collect = setOwns, collect
	ctx, cancel := context.WithCancel(context.Background())
	s.quit = cancel
	s.look(ctx)
	s.done.Go(func() {
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		owns, heard := s.state.Load().Up, time.Now()
		s.tell(owns)
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if s.look(ctx) {
				heard = time.Now()
			}
			// A node that was frozen has heard nothing for long either, and has just.
			if now := time.Since(heard) < maxSilence; now != owns {
				owns = now
				s.log.Warn("database", "answers", owns)
				s.tell(owns)
			}
		}
	})
}

// tell says whether this node can own.
func (s *sentinel) tell(owns bool) {
	if s.setOwns != nil {
		s.setOwns(owns)
	}
}

// look asks the database once and renews the report for the other nodes.
func (s *sentinel) look(ctx context.Context) bool {
	ctx, cancel := context.WithTimeoutCause(ctx, watchTimeout, errors.New("ask database: no answer in 2s"))
	defer cancel()
	began := time.Now()
	err := s.store.Confirm(ctx, 0, 0) // there is no competition 0
	st := &databaseState{Up: errors.Is(err, race.ErrNotFound), US: time.Since(began).Microseconds()}
	s.state.Store(st)
	s.up.Set(0)
	if st.Up {
		s.up.Set(1)
	}
	if s.setOwns == nil {
		return st.Up
	}
	if raw, err := json.Marshal(s.now()); err == nil {
		s.last.Store(&raw)
	}
	return st.Up
}

// now is the report as of this moment.
func (s *sentinel) now() report {
	r := report{Version: version, Database: *s.state.Load()}
	s.collect(&r)
	return r
}

// report returns the last report as JSON; it does not block.
func (s *sentinel) report() []byte {
	if raw := s.last.Load(); raw != nil {
		return *raw
	}
	return nil
}

func (s *sentinel) stop() {
	if s.quit != nil {
		s.quit()
		s.done.Wait()
	}
}
