package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// viewerPatience ends a public socket that is silent: its server may be frozen.
const viewerPatience = 3 * time.Second

// viewer is a public screen. It comes back after every cut with what it has seen,
// or as if it had seen nothing. One goroutine owns it.
type viewer struct {
	n           int
	competition int64
	clock       clock
	rng         *rand.Rand
	targets     *targets

	last, stream int64

	mu         sync.Mutex // protects the fields below
	sights     []sight
	complaints []string
}

func (v *viewer) complain(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.complaints = append(v.complaints, fmt.Sprintf("viewer %d was refused for good: %v", v.n, err))
}

// run watches until ctx ends.
func (v *viewer) run(ctx context.Context) {
	for pause(ctx, 10*time.Millisecond+spread(v.rng, 100*time.Millisecond)) {
		from := v.last
		query := fmt.Sprintf("?desde=%d&epoca=%d", from, v.stream)
		switch {
		case v.stream == 0:
			query = "?desde=0"
		case v.rng.IntN(8) == 0: // the wrong history: a snapshot
			query = fmt.Sprintf("?desde=%d&epoca=%d", from, v.stream+1)
		case v.rng.IntN(8) == 0: // all from the beginning, or a snapshot
			from, query = 0, "?desde=0"
		}
		sock, err := dial(ctx, v.targets.pick(v.rng), fmt.Sprintf("/ws/competencia/%d/%s", v.competition, query))
		if err != nil {
			if wrongRefusal(err) {
				v.complain(err)
			}
			continue
		}
		v.watch(ctx, sock, from)
		sock.cut()
	}
}

// watch reads one socket until it breaks or is cut by chance.
func (v *viewer) watch(ctx context.Context, sock *socket, from int64) {
	stop := context.AfterFunc(ctx, sock.cut)
	defer stop()
	until := time.Now().Add(time.Second + spread(v.rng, 8*time.Second))
	for time.Now().Before(until) {
		m, err := sock.read(viewerPatience)
		if err != nil {
			return
		}
		v.see(m, from)
	}
}

func (v *viewer) see(m message, from int64) {
	s := sight{At: v.clock.now(), Seq: m.Seq, Stream: m.Stream, Running: m.Data.Running}
	switch m.Type {
	case "conexion_establecida":
		s.Kind, s.From = sightWelcome, from
		v.stream = m.Stream
	case "resincronizar":
		return // the snapshot follows
	case "instantanea":
		s.Kind = sightSnapshot
		for _, t := range m.Data.Teams {
			s.Totals = append(s.Totals, total(t))
		}
	case "registros_actualizados":
		s.Kind, s.Totals = sightTimes, []total{total(m.Data.viewedTotal)}
	case "competencia_iniciada":
		s.Kind = sightStarted
	case "competencia_detenida":
		s.Kind = sightStopped
	default:
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sights = append(v.sights, s)
	if s.Kind != sightWelcome {
		v.last = m.Seq
	}
}

// seen is all that the viewer saw so far, and the last number.
func (v *viewer) seen() (viewing, int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	last := int64(0)
	if n := len(v.sights); n > 0 {
		if last = v.sights[n-1].Seq; v.sights[n-1].Kind == sightWelcome {
			last = v.sights[n-1].From // it may be about to hear more
		}
	}
	return viewing{Viewer: v.n, Competition: v.competition, Sights: v.sights[:len(v.sights):len(v.sights)]}, last
}
