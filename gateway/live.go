package gateway

import (
	"context"
	"log/slog"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"server5k/race"
)

const (
	// ringSize events per competition can be replayed after a cut: a whole race
	// of 72 teams marked one by one has about 1,080.
	ringSize = 2048
	// mailboxLimit bounds the events that wait for one sweep; beyond it the
	// subscribers get a snapshot instead.
	mailboxLimit = 4096
)

// Live spreads the events of competitions over the sockets that listen. An
// event is encoded once per audience. Judges have a sweeper goroutine of their
// own, viewers are spread over one per processor; a sweeper writes to its
// sockets without ever waiting for one. Close ends the sweepers.
type Live struct {
	stamp   stamp
	log     *slog.Logger
	now     func() time.Time // time.Now; set by tests before the first call
	judges  *sweeper
	viewers []*sweeper
	metrics atomic.Pointer[metrics] // set by New, when the sweepers run already

	mu     sync.Mutex // protects the fields below and is taken before a topic's
	watch  func(race.CompetitionID)
	topics map[race.CompetitionID]*topic
	next   int
}

// NewLive starts the sweepers. SetWatch must be called before the first socket
// comes.
func NewLive(loc *time.Location, log *slog.Logger) *Live {
	l := &Live{stamp: stamp{loc}, log: log.With("part", "live"), now: time.Now, topics: map[race.CompetitionID]*topic{}}
	l.judges = startSweeper(&l.metrics)
	for range runtime.GOMAXPROCS(0) {
		l.viewers = append(l.viewers, startSweeper(&l.metrics))
	}
	return l
}

// SetWatch names what makes events of a competition come to Reset and Publish.
func (l *Live) SetWatch(watch func(race.CompetitionID)) { l.watch = watch }

// Close ends the sweepers; sockets stay as they are.
func (l *Live) Close() {
	for _, s := range append([]*sweeper{l.judges}, l.viewers...) {
		s.close()
	}
}

// topic is what is known of one competition, and its latest events.
type topic struct {
	id    race.CompetitionID
	ready chan struct{} // closed when the first snapshot came

	mu          sync.Mutex // protects the fields below
	competition race.Competition
	seq, stream int64
	totals      map[race.TeamID]race.TeamTotal
	order       []race.TeamID
	ring        []message // ascending by seq, gapless, ending at seq
	amended     int64     // seq at which the state was changed by no event; who has seen it has not seen that
	freshness
}

func (l *Live) topic(id race.CompetitionID) *topic {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, ok := l.topics[id]
	if !ok {
		t = &topic{id: id, ready: make(chan struct{})}
		l.topics[id] = t
		l.watch(id)
	}
	return t
}

// await returns the topic of a competition once its state is known, be it old:
// enough for a judge, who comes to tell and not to hear.
func (l *Live) await(ctx context.Context, id race.CompetitionID) (*topic, error) {
	t := l.topic(id)
	select {
	case <-t.ready:
		return t, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Reset implements actors.Publisher.
func (l *Live) Reset(s race.Snapshot) {
	t := l.topic(s.Competition.ID)
	l.reset(t, s)
	l.confirm(t) // last, so that who hears that it is live again has the state
}

func (l *Live) reset(t *topic, s race.Snapshot) {
	t.mu.Lock()
	before, first := t.competition, t.totals == nil
	same := !first && t.stream == s.Stream && t.seq == s.Seq
	old := t.totals
	if t.stream != s.Stream {
		t.amended = 0
	}
	t.competition, t.seq, t.stream = s.Competition, s.Seq, s.Stream
	t.totals, t.order = make(map[race.TeamID]race.TeamTotal, len(s.Totals)), t.order[:0]
	for _, total := range s.Totals {
		t.set(total)
	}
	if same && !maps.Equal(old, t.totals) { // the rules or a team were changed, which is no event
		same, t.amended = false, s.Seq
	}
	if !same {
		t.ring = nil // what it has may be concealed by now
	}
	t.mu.Unlock()
	if first {
		close(t.ready)
		return
	}
	if same {
		return
	}
	for _, v := range l.viewers {
		v.post(delivery{topic: t, resync: true, seq: s.Seq, live: l})
	}
	if before.Running != s.Competition.Running {
		l.judges.post(delivery{topic: t, seq: s.Seq, frame: l.stamp.judgeLifecycleFrame(s.Competition)})
	}
}

// Publish implements actors.Publisher.
func (l *Live) Publish(e race.Event) {
	at := l.now()
	t := l.topic(e.Competition.ID)
	viewer := l.stamp.viewerMessage(e)
	t.mu.Lock()
	t.competition, t.seq = e.Competition, e.Seq
	if e.Kind == race.TimesRecorded {
		t.set(e.Total)
	}
	if len(t.ring) == ringSize {
		t.ring = append(t.ring[:0:0], t.ring[ringSize/4:]...)
	}
	t.ring = append(t.ring, viewer)
	t.mu.Unlock()
	if e.Kind != race.RulingMade { // nothing that a judge's device counts
		l.judges.post(delivery{topic: t, seq: e.Seq, frame: l.stamp.judgeFrame(e), skip: e.Origin, news: e.Kind == race.TimesRecorded, at: at})
	}
	d := delivery{topic: t, seq: e.Seq, frame: viewer.frame(), text: viewer.text(), live: l, at: at}
	for _, v := range l.viewers {
		v.post(d)
	}
	l.confirm(t)
}

// set replaces the total of a team; t.mu is held.
func (t *topic) set(total race.TeamTotal) {
	if _, ok := t.totals[total.Team.ID]; !ok {
		t.order = append(t.order, total.Team.ID)
	}
	t.totals[total.Team.ID] = total
}

// JoinJudge subscribes a judge's socket. known is the competition as the socket
// was told: if it started or stopped since, the socket hears of it.
func (l *Live) joinJudge(t *topic, sub *subscriber, known race.Competition) {
	l.judges.post(delivery{topic: t, join: sub, known: &known, live: l})
}

func (l *Live) leaveJudge(t *topic, conn connection) {
	l.judges.post(delivery{topic: t, leave: conn})
}

// joinViewer subscribes a public socket or an event stream. A socket gets the
// welcome, and with since the events that it missed or a snapshot; a stream gets
// a snapshot, or what it missed.
func (l *Live) joinViewer(t *topic, sub *subscriber, since *resume) {
	l.mu.Lock()
	sub.sweeper = l.viewers[l.next%len(l.viewers)]
	l.next++
	l.mu.Unlock()
	sub.sweeper.post(delivery{topic: t, join: sub, since: since, live: l})
}

func (l *Live) leaveViewer(t *topic, sub *subscriber) {
	sub.sweeper.post(delivery{topic: t, leave: sub.conn})
}

// lagged sends a viewer that lost frames the state as it is.
func (l *Live) lagged(t *topic, sub *subscriber) {
	sub.sweeper.post(delivery{topic: t, lagged: sub, live: l})
}

// resume is what a returning viewer has seen.
type resume struct {
	seq    int64
	stream int64 // 0 when it did not say
}

// welcome builds what a joining viewer gets, after which it has seen all there is.
// t.mu is held.
func (l *Live) welcome(t *topic, since *resume, stream bool) []message {
	var first []message
	if !stream {
		const kind = "conexion_establecida"
		c := t.competition
		first = append(first, encode(kind, viewerWelcome{
			kind, c.ID, c.Name, c.Running, l.stamp.pointer(c.StartedAt), l.stamp.pointer(c.FinishedAt), t.seq, t.stream,
		}))
		if since == nil {
			return first
		}
	}
	if since == nil || !t.continues(*since) {
		return append(first, (&subscriber{stream: stream}).anew(l.snapshot(t))...)
	}
	return append(first, t.ring[int64(len(t.ring))-(t.seq-since.seq):]...)
}

// continues says whether the ring holds all after since; t.mu is held.
func (t *topic) continues(since resume) bool {
	if t.amended != 0 && since.seq <= t.amended {
		return false
	}
	return (since.stream == 0 || since.stream == t.stream) && since.seq <= t.seq && since.seq >= t.seq-int64(len(t.ring))
}

// snapshot encodes the state that the public is shown; t.mu is held.
func (l *Live) snapshot(t *topic) message {
	s := viewerSnapshot{viewerLifecycle: l.stamp.lifecycle(t.competition), Teams: []viewerTotal{}}
	s.Message = "" // a state is no news
	for _, id := range t.order {
		if team := t.totals[id]; !team.Concealed {
			s.Teams = append(s.Teams, total(team))
		}
	}
	return viewerEvent{"instantanea", t.seq, t.stream, s}.message()
}

// Seq returns the newest event of a competition that this node knows of and the
// history that it counts in, and whether that is live, as it is for viewers. From
// the first call on the node listens to the competition, which must exist; until
// its state has come both are 0. It does not wait.
func (l *Live) Seq(id race.CompetitionID) (seq, stream int64, live bool) {
	t := l.topic(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seq, t.stream, t.totals != nil && t.live(l.now())
}
