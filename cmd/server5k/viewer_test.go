package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"server5k/race"
)

// viewer is a public screen, played by one goroutine.
type viewer struct {
	n    int
	url  string
	rng  *rand.Rand
	flaw viewerFlaw
	sock *socket

	last, stream int64
	totals       map[race.TeamID]viewedTotal
	ran, over    bool
	reconnects   int
	resyncs      int
}

// viewerFlaw says how the connection of a viewer is bad.
type viewerFlaw int

const (
	steady    viewerFlaw = iota
	flickers             // comes back at once
	away                 // comes back when the judges are done
	forgetful            // comes back with the wrong history
)

func newViewer(url string, n int, seed uint64) *viewer {
	v := &viewer{n: n, url: url, rng: rand.New(rand.NewPCG(seed, uint64(n))), totals: map[race.TeamID]viewedTotal{}}
	if n < raceViewers*3/10 {
		v.flaw = []viewerFlaw{flickers, flickers, flickers, flickers, away, forgetful}[n]
	}
	return v
}

// connect opens the socket and reads the welcome.
func (v *viewer) connect(ctx context.Context, query string) error {
	sock, err := rest{url: v.url}.dial(ctx, "/ws/competencia/1/"+query)
	if err != nil {
		return err
	}
	v.sock = sock
	m, err := v.sock.read()
	if err != nil || m.Type != "conexion_establecida" || m.Seq < v.last || (v.stream != 0 && m.Stream != v.stream) {
		return fmt.Errorf("viewer %d at %d was greeted with %+v, %w", v.n, v.last, m, err)
	}
	if v.stream == 0 {
		v.last, v.stream = m.Seq, m.Stream
	}
	return nil
}

// watch follows the race to its end.
func (v *viewer) watch(ctx context.Context, judged <-chan struct{}) error {
	defer func() { v.sock.cut(false) }()
	next := 1 + v.rng.IntN(100)
	for n := 0; !v.over; n++ {
		if v.flaw != steady && n == next {
			next += 1 + v.rng.IntN(200)
			if err := v.reconnect(ctx, judged); err != nil {
				return err
			}
		}
		m, err := v.sock.read()
		if err != nil {
			return fmt.Errorf("viewer %d at %d: %w", v.n, v.last, err)
		}
		if err := v.take(m); err != nil {
			return fmt.Errorf("viewer %d at %d got %+v: %w", v.n, v.last, m, err)
		}
	}
	return nil
}

func (v *viewer) reconnect(ctx context.Context, judged <-chan struct{}) error {
	v.reconnects++
	v.sock.cut(v.rng.IntN(2) == 0)
	stream := v.stream
	switch v.flaw {
	case away:
		select {
		case <-judged:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	case forgetful:
		stream++
	case steady, flickers:
	}
	return v.connect(ctx, fmt.Sprintf("?desde=%d&epoca=%d", v.last, stream))
}

// take follows one message; the numbers of events must have no gap.
func (v *viewer) take(m message) error {
	if m.Type == "estado_en_vivo" {
		return nil // a busy machine may be silent for long
	}
	if m.Stream != v.stream {
		return errors.New("another history")
	}
	switch m.Type {
	case "resincronizar":
		snapshot, err := v.sock.read()
		if err != nil || snapshot.Type != "instantanea" || snapshot.Seq != m.Seq || m.Seq < v.last {
			return fmt.Errorf("no snapshot but %+v: %w", snapshot, err)
		}
		v.resyncs++
		v.last, v.totals = m.Seq, map[race.TeamID]viewedTotal{}
		for _, total := range snapshot.Data.Teams {
			v.totals[total.ID] = total
		}
		v.ran = v.ran || snapshot.Data.Running
		v.over = v.ran && !snapshot.Data.Running
		return nil
	case "registros_actualizados":
		v.totals[m.Data.ID] = m.Data.viewedTotal
	case "competencia_iniciada":
		v.ran = true
	case "competencia_detenida":
		v.over = true
	default:
		return errors.New("unknown message")
	}
	if m.Seq != v.last+1 {
		return errors.New("a gap")
	}
	v.last = m.Seq
	return nil
}
