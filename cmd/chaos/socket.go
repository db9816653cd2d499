package main

import (
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
)

const (
	// dialTimeout and answerTimeout are shorter than those of a phone, so that
	// many outcomes stay unknown.
	dialTimeout   = 1500 * time.Millisecond
	answerTimeout = 1800 * time.Millisecond
	writeTimeout  = time.Second
)

// message is any message of the server, as far as a campaign looks.
type message struct {
	Type      string `json:"tipo"`
	Ref       string `json:"ref"`
	Code      string `json:"codigo"`
	ID        string `json:"id_registro"`
	Duplicate bool   `json:"duplicado"`
	Record    struct {
		ID   string `json:"id_registro"`
		Team int64  `json:"equipo_id"`
		MS   int64  `json:"tiempo"`
	} `json:"registro"`
	Team int64        `json:"equipo_id"`
	Good []savedReply `json:"registros_guardados"`
	Bad  []savedReply `json:"registros_fallidos"`

	Seq    int64 `json:"sec"`
	Stream int64 `json:"epoca"`
	Data   struct {
		viewedTotal
		Running bool          `json:"en_curso"`
		Live    bool          `json:"en_vivo"`
		Teams   []viewedTotal `json:"equipos"`
	} `json:"data"`
}

type savedReply struct {
	Index     int    `json:"indice"`
	ID        string `json:"id_registro"`
	MS        int64  `json:"tiempo"`
	Duplicate bool   `json:"duplicado"`
	Code      string `json:"codigo"`
}

type viewedTotal struct {
	Team    int64 `json:"equipo_id"`
	Records int   `json:"total_registros"`
	Sum     int64 `json:"tiempo_total"`
}

// outRecord is a record as clients send it.
type outRecord struct {
	ID          string  `json:"id_registro"`
	MS          int64   `json:"tiempo"`
	MarkedAt    int64   `json:"marcado_en,omitempty"`
	Offset      float64 `json:"desfase_ms,omitempty"`
	Uncertainty float64 `json:"incertidumbre_ms,omitempty"`
	Tap         int64   `json:"secuencia,omitempty"`
	Device      string  `json:"dispositivo,omitempty"`
}

// outMessage is what a judge sends; a single record stands beside the rest.
type outMessage struct {
	Type string `json:"tipo"`
	Ref  string `json:"ref"`
	Team int64  `json:"equipo_id"`
	*outRecord
	Records []outRecord `json:"registros,omitempty"`
}

// device is the evidence that goes with a numbered mark.
func device(judge int64) string { return fmt.Sprintf("tel-%d", judge) }

// out is m as it goes over the wire; numbered marks carry evidence.
func (m mark) out(judge int64) outRecord {
	r := outRecord{ID: m.ID, MS: m.MS}
	if m.Tap > 0 {
		r.Tap, r.Device, r.MarkedAt = m.Tap, device(judge), 1_780_000_000_000+m.MS
		r.Offset, r.Uncertainty = float64(m.Tap%7)-3.25, 1.5
	}
	return r
}

// socket is the client side of a WebSocket: one goroutine reads, one writes.
type socket struct {
	conn net.Conn
	rd   io.Reader // what came with the handshake is read first

	mu sync.Mutex // held while a frame is written: a pong may be another's
}

// dial opens the socket at path.
func dial(ctx context.Context, url, path string) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, early, _, err := ws.Dialer{}.Dial(ctx, "ws"+strings.TrimPrefix(url, "http")+path)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", path, err)
	}
	s := &socket{conn: conn, rd: conn}
	if early != nil {
		s.rd = early
	}
	return s, nil
}

// wrongRefusal says whether a handshake was answered as if the client were
// wrong: in a campaign only the server can be unwell.
func wrongRefusal(err error) bool {
	status, ok := errors.AsType[ws.StatusError](err)
	return ok && status >= 400 && status < 500 && status != 429
}

// Read implements io.ReadWriter for wsutil.
func (s *socket) Read(p []byte) (int, error) { return s.rd.Read(p) }

// Write implements io.ReadWriter.
func (s *socket) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return s.conn.Write(p)
}

// send writes one message at once, so that a cut leaves it whole or not at all.
func (s *socket) send(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	frame, err := ws.CompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame(raw)))
	if err != nil {
		return err
	}
	_, err = s.Write(frame)
	return err
}

// read waits for the next message until the deadline.
func (s *socket) read(patience time.Duration) (message, error) {
	var m message
	if err := s.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return m, err
	}
	raw, err := wsutil.ReadServerText(s)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("%w in %s", err, raw)
	}
	return m, nil
}

// cut ends the connection as a lost network does.
func (s *socket) cut() { reset(s.conn) }

// pause waits for d or the end of ctx, and says whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
