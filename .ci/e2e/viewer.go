package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// Sight is a change of a competition as somebody who watches hears of it.
type Sight struct {
	At      time.Time // of its arrival
	Kind    string    // registros_actualizados, sin_cambios …
	Seq     int64     // gapless
	TeamID  int64     // 0: of no team
	Records int       // of the team by now
	Raw     string
}

// Viewer watches a competition and keeps what it hears. It ends with its test; its
// methods are safe for several goroutines.
type Viewer struct {
	what  string
	stop  func()
	ended chan struct{} // closed by the reader when the connection is over

	mu     sync.Mutex // protects what follows
	err    error      // why the connection is over
	sights []Sight
	news   chan struct{} // closed and replaced when sights grows
}

// viewerMessage is what Sight has of an event.
type viewerMessage struct {
	Kind string `json:"tipo"`
	Seq  int64  `json:"sec"`
	Data struct {
		teamMessage
		Teams []teamMessage `json:"equipos"` // of the whole state
	} `json:"data"`
}

type teamMessage struct {
	TeamID  int64 `json:"equipo_id"`
	Records int   `json:"total_registros"`
}

func newViewer(tb testing.TB, what string, stop func()) *Viewer {
	tb.Helper()
	v := &Viewer{what: what, ended: make(chan struct{}), news: make(chan struct{})}
	v.stop = sync.OnceFunc(func() { stop(); <-v.ended })
	tb.Cleanup(v.stop)
	return v
}

// Watch opens the public socket of a competition and waits for its welcome.
func (s *Server) Watch(competition int64) *Viewer {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(s.tb.Context(), answerTimeout)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, fmt.Sprintf("ws%s/ws/competencia/%d/", strings.TrimPrefix(s.URL, "http"), competition))
	if err != nil {
		s.tb.Fatalf("watch: %v", err)
	}
	v := newViewer(s.tb, "socket", func() { _ = conn.Close() })
	go v.readSocket(conn, joined(conn, early))
	v.Await(s.tb, "the welcome", func(sights []Sight) bool { return len(sights) > 0 })
	return v
}

func (v *Viewer) readSocket(conn net.Conn, in io.ReadWriter) {
	defer close(v.ended)
	for {
		raw, err := wsutil.ReadServerText(in)
		if err != nil {
			v.fail(err)
			_ = conn.Close()
			return
		}
		v.take(raw)
	}
}

func (v *Viewer) fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.err = err
	close(v.news)
	v.news = make(chan struct{})
}

// take keeps an event, and of the whole state one for each team; what is no event of
// the wire has only its text.
func (v *Viewer) take(raw []byte) {
	at := time.Now()
	var m viewerMessage
	_ = json.Unmarshal(raw, &m) // or it stays zero
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(m.Data.Teams) == 0 {
		m.Data.Teams = []teamMessage{m.Data.teamMessage}
	}
	for _, team := range m.Data.Teams {
		v.sights = append(v.sights, Sight{At: at, Kind: m.Kind, Seq: m.Seq, TeamID: team.TeamID, Records: team.Records, Raw: string(raw)})
	}
	close(v.news)
	v.news = make(chan struct{})
}

// Sights returns what was heard so far, oldest first.
func (v *Viewer) Sights() []Sight {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]Sight(nil), v.sights...)
}

// Await waits until what was heard is enough; what names it for a person.
func (v *Viewer) Await(tb testing.TB, what string, enough func([]Sight) bool) {
	tb.Helper()
	for deadline := time.After(stepTimeout); ; {
		v.mu.Lock()
		news, err := v.news, v.err
		v.mu.Unlock()
		sights := v.Sights()
		if enough(sights) {
			return
		}
		if err != nil {
			tb.Fatalf("%s: wait for %s: %v", v.what, what, err)
		}
		select {
		case <-news:
		case <-deadline:
			tb.Fatalf("%s: %s: not in %v; heard last: %+v", v.what, what, stepTimeout, sights[max(0, len(sights)-3):])
		}
	}
}
