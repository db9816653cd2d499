package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/time/rate"

	"server5k/gateway/ws"
)

// Bounds of handshakes, the defaults of Config. When a node goes, all its clients
// come to the others at once; these keep the records of a race moving meanwhile.
const (
	// judgeHandshakes a second, and twice as many out of the blue: a field has
	// about 200 judges, whose phones may all lose and find the network several
	// times within a second.
	judgeHandshakes = 500
	// viewerHandshakes a second, and as many out of the blue: with the client on
	// the same machine one costs half a millisecond, so that at least half a
	// processor is left for the race. A node that goes spreads its own over a
	// longer time than this, see ws.Spread.
	viewerHandshakes = 1000
	// judgeSetups read the database at the same time, three times each: more
	// would not end sooner and stand in the way of records.
	judgeSetups = 16
	// viewerSetups may wait at the same time for the database or an owner. It is
	// an eighth of what the server works on at once, so that REST and judges have
	// the rest while an owner is away.
	viewerSetups = maxRestRequests / 8
	// judgePatience is how long a judge waits for its turn at the database: 200
	// of them need less even when one read takes 20 ms.
	judgePatience = 2 * time.Second
	// socketSetup bounds what comes then.
	socketSetup = 3 * time.Second
	// judgesShare of the sockets, one in so many, is out of reach for viewers.
	judgesShare = 20
)

// door takes sockets in. Judges have a gate of their own: no crowd of viewers
// stands in their way.
type door struct {
	judges, viewers gate
	setup           time.Duration // socketSetup, less in tests
}

func newDoor(c Config) door {
	judges, viewers := c.JudgeHandshakes, c.ViewerHandshakes
	if judges == 0 {
		judges = judgeHandshakes
	}
	if viewers == 0 {
		viewers = viewerHandshakes
	}
	return door{
		judges:  newGate(judges, 2*judges, c.JudgeSetups, judgeSetups, judgePatience),
		viewers: newGate(viewers, viewers, c.ViewerSetups, viewerSetups, 0),
		setup:   socketSetup,
	}
}

// gate bounds how many handshakes come within a second and how many are being
// prepared at the same time. Its methods may be called from any goroutine.
type gate struct {
	arrivals *rate.Limiter // nil for no bound
	slots    chan struct{} // holds one for each being prepared; nil for no bound
	patience time.Duration // for a slot
}

func newGate(perSecond, burst, slots, defaultSlots int, patience time.Duration) gate {
	g := gate{patience: patience}
	if perSecond > 0 {
		g.arrivals = rate.NewLimiter(rate.Limit(perSecond), burst)
	}
	if slots == 0 {
		slots = defaultSlots
	}
	if slots > 0 {
		g.slots = make(chan struct{}, slots)
	}
	return g
}

// enter begins a handshake, which leave ends, or refuses it.
func (g *gate) enter() (leave func(), no *socketRefusal) {
	if g.arrivals != nil && !g.arrivals.Allow() {
		return nil, refusedRate
	}
	if g.slots == nil {
		return func() {}, nil
	}
	leave = func() { <-g.slots }
	select {
	case g.slots <- struct{}{}:
		return leave, nil
	default:
	}
	if g.patience == 0 {
		return nil, refusedQueue
	}
	late := time.NewTimer(g.patience)
	defer late.Stop()
	select {
	case g.slots <- struct{}{}:
		return leave, nil
	case <-late.C:
		return nil, refusedQueue
	}
}

// prepare is the time that a handshake has at the database and an owner. It does
// not derive from the request: fasthttp uses that again while a timer of it may
// still run.
func (d *door) prepare() (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.Background(), d.setup, errors.New("open socket: no answer in time"))
}

// admit applies what holds for every socket: a proper request, the origin and
// the number of connections. It returns nil or a refusal.
func (s *Server) admit(ctx *fasthttp.RequestCtx, kind socketKind) *socketRefusal {
	if !ws.CheckHandshake(ctx) {
		return refusedHandshake
	}
	if !s.originAllowed(ctx) {
		return refusedOrigin
	}
	if full(s.cfg.MaxSockets, kind, s.cfg.Sockets.Len) {
		return refusedFull
	}
	if full(s.cfg.MaxSocketsPerIP, kind, func() int { return s.cfg.Sockets.From(s.clientAddr(ctx)) }) {
		return refusedAddress
	}
	return nil
}

// full says whether no socket of a kind may come to those that are open; a limit
// of 0 is none.
func full(limit int, kind socketKind, open func() int) bool {
	if limit == 0 {
		return false
	}
	if kind == kindViewer {
		limit -= limit / judgesShare
	}
	return open() >= limit
}
