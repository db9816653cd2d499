package e2e

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/google/uuid"
)

// heartbeat is how often a phone pings, as the app in the field does.
const heartbeat = 30 * time.Second

// ErrHungUp is the reason when a phone's connection is over.
var ErrHungUp = errors.New("the connection is over")

// Phone is a judge's phone with an open socket. Two goroutines read and ping until
// Close. Its methods are safe for several goroutines.
type Phone struct {
	Username string
	JudgeID  int64
	Teams    []Team // by bib

	conn  net.Conn
	rw    io.ReadWriter
	ended chan struct{} // closed by the reader when the connection is over
	stop  func()

	mu      sync.Mutex              // protects what follows, and writing
	err     error                   // why the connection is over
	seen    map[string]int          // messages of each kind
	waiting map[string]chan message // by id of the record or ref; the reader sends once
	news    chan struct{}           // closed and replaced when seen changes
}

// message is what the server sends, as far as a phone needs it.
type message struct {
	Type   string `json:"tipo"`
	Ref    string `json:"ref"`
	Code   string `json:"codigo"`
	Text   string `json:"mensaje"`
	ID     string `json:"id_registro"`
	TeamID int64  `json:"equipo_id"`
	Total  int    `json:"total"`
	Stored int    `json:"guardadas"`
	Record struct {
		ID      string `json:"id_registro"`
		TeamID  int64  `json:"equipo_id"`
		Elapsed int64  `json:"tiempo"`
	} `json:"registro"`
}

// dialPhone logs in, opens the socket and waits for the welcome.
func dialPhone(ctx context.Context, url string, who Credentials) (*Phone, error) {
	api, err := login(ctx, url, "/api/login/", who)
	if err != nil {
		return nil, err
	}
	p := &Phone{
		Username: who.Username, ended: make(chan struct{}), news: make(chan struct{}),
		seen: map[string]int{}, waiting: map[string]chan message{},
	}
	if p.JudgeID, p.Teams, err = account(ctx, api); err != nil {
		return nil, fmt.Errorf("%s: %w", who.Username, err)
	}
	address := fmt.Sprintf("ws%s/ws/juez/%d/?token=%s", strings.TrimPrefix(url, "http"), p.JudgeID, api.token)
	conn, early, _, err := ws.Dial(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("socket of %s: %w", who.Username, err)
	}
	p.conn, p.rw = conn, joined(conn, early)
	p.stop = sync.OnceFunc(func() { _ = p.conn.Close(); <-p.ended }) // a phone just goes
	go p.read()
	go p.beat()
	if err := p.Await(ctx, "conexion_establecida"); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// joined reads what came with the handshake before the rest.
func joined(conn net.Conn, early *bufio.Reader) io.ReadWriter {
	if early == nil {
		return conn
	}
	return struct {
		io.Reader
		io.Writer
	}{early, conn}
}

// Close hangs up. It may be called twice.
func (p *Phone) Close() { p.stop() }

// Mark sends one time, which becomes whole milliseconds, and waits until the
// server says that it is stored.
func (p *Phone) Mark(ctx context.Context, team int64, elapsed time.Duration) (Mark, error) {
	m := Mark{ID: uuid.NewString(), TeamID: team, Elapsed: elapsed.Truncate(time.Millisecond)}
	return m, p.Send(ctx, m)
}

// Send sends a mark, maybe again, and waits until the server says that it is
// stored. A refusal is an error with the server's code.
func (p *Phone) Send(ctx context.Context, m Mark) error {
	got, err := p.ask(ctx, m.ID, "tiempo_registrado", map[string]any{
		"tipo": "registrar_tiempo", "equipo_id": m.TeamID, "tiempo": m.Elapsed.Milliseconds(), "id_registro": m.ID,
	})
	if err != nil {
		return err
	}
	if got.Record.TeamID != m.TeamID || got.Record.Elapsed != m.Elapsed.Milliseconds() {
		return fmt.Errorf("%s: sent %+v, the server has %+v", p.Username, m, got.Record)
	}
	return nil
}

// ask sends a message and waits for the answer to it, which is known by id and of a
// kind. What the server cannot do now is asked again, as phones do, until ctx ends. A
// refusal is an error with the server's code.
func (p *Phone) ask(ctx context.Context, id, kind string, body map[string]any) (message, error) {
	for {
		got, err := p.askOnce(ctx, id, body)
		switch {
		case err != nil || got.Type == kind:
			return got, err
		case got.Code != "no_disponible":
			return got, fmt.Errorf("%s: %s: %s: %s", p.Username, got.Type, got.Code, got.Text)
		}
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
			return got, fmt.Errorf("%s: %s: %w", p.Username, got.Code, context.Cause(ctx))
		}
	}
}

func (p *Phone) askOnce(ctx context.Context, id string, body map[string]any) (message, error) {
	answer, forget := p.expect(id)
	defer forget()
	if err := p.write(body); err != nil {
		return message{}, err
	}
	select {
	case got := <-answer:
		return got, nil
	case <-p.ended:
		return message{}, p.reason()
	case <-ctx.Done():
		return message{}, fmt.Errorf("%s: no answer to %s: %w", p.Username, id, context.Cause(ctx))
	}
}

// expect returns where the answer comes to a record, or to a message with a ref.
func (p *Phone) expect(id string) (answer <-chan message, forget func()) {
	c := make(chan message, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting[id] = c
	return c, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.waiting, id)
	}
}

// Await waits until a message of the given kind has come since the phone
// connected.
func (p *Phone) Await(ctx context.Context, kind string) error {
	for {
		p.mu.Lock()
		count, news := p.seen[kind], p.news
		p.mu.Unlock()
		if count > 0 {
			return nil
		}
		select {
		case <-news:
		case <-p.ended:
			return p.reason()
		case <-ctx.Done():
			return fmt.Errorf("%s: no %s: %w", p.Username, kind, context.Cause(ctx))
		}
	}
}

// Seen returns how many messages of the given kind have come.
func (p *Phone) Seen(kind string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[kind]
}

func (p *Phone) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Errorf("%s: %w: %w", p.Username, ErrHungUp, p.err)
}

func (p *Phone) write(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	frame, err := ws.CompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame(raw)))
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return fmt.Errorf("%s: %w: %w", p.Username, ErrHungUp, p.err)
	}
	if err := p.conn.SetWriteDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	_, err = p.conn.Write(frame)
	// The reader answers pings of the server, at any time later.
	return errors.Join(err, p.conn.SetWriteDeadline(time.Time{}))
}

// beat pings until the connection is over.
func (p *Phone) beat() {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_ = p.write(map[string]string{"tipo": "ping"}) // the reader finds out as well
		case <-p.ended:
			return
		}
	}
}

// read takes messages until the connection is over.
func (p *Phone) read() {
	defer close(p.ended)
	for {
		raw, err := wsutil.ReadServerText(p.rw)
		var m message
		if err == nil {
			err = json.Unmarshal(raw, &m)
		}
		p.mu.Lock()
		if err != nil {
			p.err = err
			p.mu.Unlock()
			_ = p.conn.Close()
			return
		}
		p.take(m)
		p.mu.Unlock()
	}
}

// take needs the lock held.
func (p *Phone) take(m message) {
	p.seen[m.Type]++
	close(p.news)
	p.news = make(chan struct{})
	id := cmp.Or(m.Ref, m.Record.ID, m.ID) // the last is that of a refusal
	if answer, ok := p.waiting[id]; ok {
		delete(p.waiting, id)
		answer <- m
	}
}
