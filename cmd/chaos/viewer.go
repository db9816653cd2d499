package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
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
	cluster     bool // at times it waits long on a silent socket

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
		url := v.targets.pick(v.rng)
		sock, err := dial(ctx, url, fmt.Sprintf("/ws/competencia/%d/%s", v.competition, query))
		if err != nil {
			if wrongRefusal(err) {
				v.complain(err)
			}
			continue
		}
		v.watch(ctx, sock, url, from)
		sock.cut()
		v.note(sight{Kind: sightGone, At: v.clock.now()})
	}
}

// watch reads one socket until it breaks or is cut by chance.
func (v *viewer) watch(ctx context.Context, sock *socket, url string, from int64) {
	stop := context.AfterFunc(ctx, sock.cut)
	defer stop()
	patience, stay := viewerPatience, 8*time.Second
	if v.cluster {
		patience, stay = patience+spread(v.rng, 4*viewerPatience), 2*stay
	}
	until := time.Now().Add(time.Second + spread(v.rng, stay))
	for time.Now().Before(until) {
		m, err := sock.read(patience)
		if err != nil {
			return
		}
		v.see(m, url, from)
	}
}

// note adds what has no number.
func (v *viewer) note(s sight) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sights = append(v.sights, s)
}

func (v *viewer) see(m message, url string, from int64) {
	s := sight{At: v.clock.now(), Seq: m.Seq, Stream: m.Stream, Running: m.Data.Running}
	switch m.Type {
	case "conexion_establecida":
		s.Kind, s.From, s.Node = sightWelcome, from, url
		v.stream = m.Stream
	case "resincronizar":
		return // the snapshot follows
	case "estado_en_vivo":
		s.Kind = sightStale
		if m.Data.Live {
			s.Kind = sightLive
		}
		v.note(s)
		return
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
	for _, s := range slices.Backward(v.sights) {
		if s.numbered() {
			if last = s.Seq; s.Kind == sightWelcome {
				last = s.From // it may be about to hear more
			}
			break
		}
	}
	return viewing{Viewer: v.n, Competition: v.competition, Sights: v.sights[:len(v.sights):len(v.sights)]}, last
}
