package actors

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"server5k/race"
)

// Store is what the actors need of the database; see persistence.Store for the
// promises.
type Store interface {
	Activate(ctx context.Context, id race.CompetitionID) (race.Activation, error)
	Append(ctx context.Context, b race.Batch) (race.Decision, []race.Team, error)
	Transition(ctx context.Context, t race.Transition) (race.Competition, int64, error)
	Rule(ctx context.Context, o race.Order) (race.Ruled, error)
	Confirm(ctx context.Context, id race.CompetitionID, epoch int64) error
	Team(ctx context.Context, id race.TeamID) (race.TeamRow, error)
}

// Publisher hears what happens in the competitions of this node's listeners. The
// hub calls it from one goroutine, in order; it must not block.
type Publisher interface {
	// Reset gives the state to count on from; events before it are void.
	Reset(s race.Snapshot)
	// Publish gives the event after the last one given.
	Publish(e race.Event)
	// Confirm says that the owner has just vouched for what was given last.
	Confirm(id race.CompetitionID)
	// Stale says that nothing was heard of the owner for some seconds: what was
	// given may be out of date.
	Stale(id race.CompetitionID)
}

// Bounds. Each has its reason beside it.
const (
	// drainTimeout is longer than every deadline inside.
	drainTimeout = 12 * time.Second
	// lookupTimeout bounds one read of a team.
	lookupTimeout = 3 * time.Second
)

// Config is what the actors of a node are made of. All but Metrics
// and Devices are required.
type Config struct {
	// System is where they live. Its address must be final.
	System    *actor.ActorSystem
	Placement Placement
	Store     Store
	Publisher Publisher
	Log       *slog.Logger
	Metrics   prometheus.Registerer
	// Devices returns the judges' devices that are connected to this node. It must
	// not block; nil: none.
	Devices func() []race.Presence
}

// deps are what all actors of a node share.
type deps struct {
	place      Placement
	store      Store
	pub        Publisher
	metrics    *metrics
	staleCount *atomic.Int64 // competitions whose owner is silent
	log        *slog.Logger
}

// System is the only way into the actors. Its methods may be called from any
// goroutine.
type System struct {
	deps
	sys      *actor.ActorSystem
	owners   *actor.PID
	sessions *actor.PID
	hub      *actor.PID
}

// Start starts the actors of a node. Stop ends them.
func Start(cfg Config) *System {
	s := &System{sys: cfg.System, deps: deps{
		place: cfg.Placement, store: cfg.Store, pub: cfg.Publisher, staleCount: &atomic.Int64{}, log: cfg.Log,
	}}
	s.metrics = newMetrics(cfg.Metrics, s.staleCount)
	s.owners = s.spawn(ownersName, newOwners(s.deps))
	s.sessions = s.spawn(sessionsName, &sessions{
		log: cfg.Log, byJudge: map[race.JudgeID]map[string]*actor.PID{}, devices: cfg.Devices,
	})
	s.hub = s.spawn(hubName, newHub(s.deps, s.owners))
	s.place.Watch(func() {
		s.sys.Root.Send(s.owners, rebalance{})
		s.sys.Root.Send(s.hub, rebalance{})
	})
	return s
}

// spawn starts one of the actors that a node cannot do without: it is restarted
// when it panics, with what it knew.
func (s *System) spawn(name string, a actor.Actor) *actor.PID {
	props := actor.PropsFromProducer(func() actor.Actor { return a }, stopOnPanic(), actor.WithGuardian(restartStrategy()))
	pid, err := s.sys.Root.SpawnNamed(props, name)
	if err != nil { // the names are constants and the system is new
		panic(err)
	}
	return pid
}

// Submit stores the records of q and waits until they are durable or refused.
// origin names the session that needs no news of them, or is empty. The error is
// a race.Error with CodeNoSuchTeam or CodeUnavailable; with the latter the
// request may be sent again.
func (s *System) Submit(ctx context.Context, q race.Request, origin string) (race.Reply, error) {
	row, err := s.store.Team(ctx, q.Team)
	if err != nil {
		return race.Reply{}, lookupError(q.Team, err)
	}
	effort := newEffort()
	reply, ok := s.call(ctx, route{row.Competition, recordTimes{Request: q, Origin: origin}}).(recordTimesReply)
	if !ok {
		reply.Err = unavailable()
	}
	s.metrics.observeAnswer(effort, reply.Reply, reply.Err)
	return reply.Reply, reply.Err
}

// StartCompetition starts a competition at at. race.CodeAlreadyRuns,
// race.CodeNoCompetition, race.CodeUnavailable.
func (s *System) StartCompetition(ctx context.Context, id race.CompetitionID, at time.Time, author string) (race.Competition, error) {
	return s.change(ctx, changeState{race.Transition{Competition: id, Start: true, At: at, Author: author}})
}

// StopCompetition stops a competition at at. race.CodeNotRunning,
// race.CodeNoCompetition, race.CodeUnavailable.
func (s *System) StopCompetition(ctx context.Context, id race.CompetitionID, at time.Time, author string) (race.Competition, error) {
	return s.change(ctx, changeState{race.Transition{Competition: id, At: at, Author: author}})
}

// Rule has the owner of a competition carry an order out, which must have a key:
// it may be sent more than once. The errors are those of race.Evidence.Rule,
// race.CodeNoCompetition and race.CodeUnavailable; after the last the same order
// may be given again.
func (s *System) Rule(ctx context.Context, o race.Order) (race.Ruled, error) {
	reply, ok := s.call(ctx, route{o.Competition, rule{Order: o}}).(ruledReply)
	if !ok {
		return race.Ruled{}, unavailable()
	}
	return reply.Ruled, reply.Err
}

func (s *System) change(ctx context.Context, m changeState) (race.Competition, error) {
	reply, ok := s.call(ctx, route{m.Competition, m}).(changeStateReply)
	if !ok {
		return race.Competition{}, unavailable()
	}
	return reply.Competition, reply.Err
}

// Watch makes the hub listen to a competition: the Publisher gets its snapshot
// and from then on every event. Watching again is harmless.
func (s *System) Watch(id race.CompetitionID) { s.sys.Root.Send(s.hub, watch{id}) }

// CloseSessions closes the live sockets of a judge as revoked, on all nodes.
func (s *System) CloseSessions(judge race.JudgeID) {
	s.sys.Root.Send(s.sessions, closeJudge{judge})
	for _, address := range s.place.Nodes() {
		if address != s.sys.Address() {
			s.sys.Root.Send(actor.NewPID(address, sessionsName), toWire(closeJudge{judge}))
		}
	}
}

// OpenSession starts the session actor of one judge socket. teams are the
// judge's. The session ends with Session.Close.
func (s *System) OpenSession(judge race.JudgeID, teams []race.Team, box Outbox) *Session {
	own := make(map[race.TeamID]race.CompetitionID, len(teams))
	for _, t := range teams {
		own[t.ID] = t.Competition
	}
	id := "session-" + uuid.NewString()
	props := actor.PropsFromProducer(func() actor.Actor {
		return &session{deps: s.deps, id: id, judge: judge, own: own, box: box, owners: s.owners, registry: s.sessions}
	}, actor.WithGuardian(stopStrategy()))
	pid, err := s.sys.Root.SpawnNamed(props, id)
	if err != nil { // a UUID is never taken
		panic(err)
	}
	return &Session{id: id, pid: pid, root: s.sys.Root}
}

// Drain refuses new work, waits until what was accepted is durable and answered,
// or until ctx ends.
func (s *System) Drain(ctx context.Context) error {
	for _, step := range []struct {
		pid *actor.PID
		msg any
	}{{s.owners, drain{}}, {s.sessions, drain{}}} {
		left := drainTimeout
		if d, ok := ctx.Deadline(); ok {
			left = min(left, time.Until(d))
		}
		if _, err := s.sys.Root.RequestFuture(step.pid, step.msg, max(left, time.Millisecond)).Result(); err != nil {
			return errors.New("drain actors: not everything was answered in time")
		}
	}
	return nil
}

// Stop ends all actors at once; call Drain before.
func (s *System) Stop() { s.sys.Shutdown() }

func unavailable() error {
	return race.Errorf(race.CodeUnavailable, "Servicio no disponible en este momento, reintente")
}

func lookupError(id race.TeamID, err error) error {
	if errors.Is(err, race.ErrNotFound) {
		return race.Errorf(race.CodeNoSuchTeam, "El equipo %d no existe", id)
	}
	return unavailable()
}
