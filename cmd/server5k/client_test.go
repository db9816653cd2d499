package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"server5k/gateway/apidoc/contract"
	"server5k/gateway/auth"
	"server5k/persistence"
	"server5k/race"
)

const (
	testSecret   = "una-clave-solo-para-las-pruebas-de-carrera"
	testPassword = "clave-de-prueba-5k"
	testAdmin    = "organizador"
	// replyTimeout is longer than the server takes to give a request up.
	replyTimeout = 15 * time.Second
)

// syncBuffer collects what a server logs.
type syncBuffer struct {
	mu  sync.Mutex // protects buf
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func testConfig(tb testing.TB, dataDir string) *Config {
	tb.Helper()
	cfg := &Config{DataDir: dataDir, ListenAddr: "127.0.0.1:0", SecretKey: testSecret, TimeZone: "America/Guayaquil"}
	if err := cfg.validate(false); err != nil {
		tb.Fatal(err)
	}
	return cfg
}

// serveConfig serves as the command does. stop waits until it has drained, and
// runs at the end of the test at the latest.
func serveConfig(tb testing.TB, cfg *Config) (url string, stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ln, err := (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, "tcp", cfg.ListenAddr)
	if err != nil {
		cancel()
		tb.Fatal(err)
	}
	var logs syncBuffer
	done := make(chan error, 1) // serve returns once
	go func() {
		done <- serveCmd{JudgeRate: 1000}.serve(ctx, cfg, stdio{in: strings.NewReader(""), out: &logs, err: &logs}, ln)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Errorf("serve: %v", err)
		}
		if tb.Failed() {
			tb.Logf("server log:\n%s", logs.String())
		}
	})
	tb.Cleanup(stop)
	return localURL(ln), stop
}

// testHash is the hash of testPassword, computed once: it is slow on purpose.
var testHash = sync.OnceValues(func() (string, error) {
	return newHasher(1).Hash(context.Background(), testPassword)
})

// addRace stores d with an organizer, before the server starts.
func addRace(tb testing.TB, cfg *Config, d persistence.Dump) {
	tb.Helper()
	hash, err := testHash()
	if err != nil {
		tb.Fatal(err)
	}
	for i := range d.Judges {
		d.Judges[i].PasswordHash = hash
	}
	d.Organizers = []persistence.OrganizerRow{{
		Organizer:    race.Organizer{ID: 1, Username: testAdmin, Superuser: true, Active: true, CreatedAt: now()},
		PasswordHash: hash,
	}}
	err = withStore(tb.Context(), cfg, func(s persistence.Store) error {
		_, err := s.Add(tb.Context(), d, false)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// judgeToken mints what a login would give, without its password hash.
func judgeToken(t *testing.T, id race.JudgeID) string {
	t.Helper()
	access, _, err := auth.NewIssuer([]byte(testSecret), time.Now).Pair(auth.Token{
		Audience: auth.JudgeAudience, JudgeID: int64(id), HasJudgeID: true, Username: fmt.Sprintf("juez%d", id),
	})
	if err != nil {
		t.Fatal(err)
	}
	return access
}

// spoken holds all that the tests of this package exchange with servers against
// the documents of the API. TestMain reports what it found.
var spoken = sync.OnceValue(func() *contract.Contract {
	c, err := contract.New(nil)
	if err != nil {
		panic(err) // the documents are part of the program
	}
	c.Skip = func(r *http.Request) bool { // nginx keeps these to itself
		return r.URL.Scheme == "https" && strings.HasPrefix(r.URL.Path, "/health/")
	}
	return c
})

// rest calls one server, by REST and WebSocket.
type rest struct {
	url, token string
	tls        *tls.Config  // of an https URL
	client     *http.Client // nil: one that holds the server to the documents
}

// call sends in, if any, and reads the answer into out, if any.
func (r rest) call(ctx context.Context, method, path string, in, out any) (status int, err error) {
	var body io.Reader = http.NoBody
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(raw)
	}
	ctx, cancel := context.WithTimeout(ctx, replyTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, r.url+path, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.client == nil {
		r.client = &http.Client{Transport: spoken()}
	}
	res, err := r.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }() // it was read, or there is an error already
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			return res.StatusCode, fmt.Errorf("%s %s: %w in %s", method, path, err, raw)
		}
	}
	return res.StatusCode, nil
}

// login asks path for an access token.
func (r rest) login(t *testing.T, path, username string) string {
	t.Helper()
	var got struct {
		Access string `json:"access"`
	}
	status, err := r.call(t.Context(), http.MethodPost, path, map[string]string{"username": username, "password": testPassword}, &got)
	if err != nil || status != http.StatusOK || got.Access == "" {
		t.Fatalf("login of %s: %d %v", username, status, err)
	}
	return got.Access
}

// message is any message of the server.
type message struct {
	Type      string `json:"tipo"`
	Ref       string `json:"ref"`
	Code      string `json:"codigo"`
	ID        string `json:"id_registro"`
	Duplicate bool   `json:"duplicado"`
	Record    struct {
		ID     string      `json:"id_registro"`
		TeamID race.TeamID `json:"equipo_id"`
		Total  int64       `json:"tiempo"`
	} `json:"registro"`
	TeamID race.TeamID  `json:"equipo_id"`
	Good   []savedReply `json:"registros_guardados"`
	Bad    []savedReply `json:"registros_fallidos"`
	Total  int          `json:"total"`     // declared
	Stored int          `json:"guardadas"` // of those
	Seq    int64        `json:"sec"`
	Stream int64        `json:"epoca"`
	Data   struct {
		viewedTotal
		Running bool          `json:"en_curso"`
		Teams   []viewedTotal `json:"equipos"`
	} `json:"data"`
}

type savedReply struct {
	Index     int    `json:"indice"`
	ID        string `json:"id_registro"`
	Total     int64  `json:"tiempo"`
	Duplicate bool   `json:"duplicado"`
	Code      string `json:"codigo"`
}

type viewedTotal struct {
	ID      race.TeamID `json:"equipo_id"`
	Records int         `json:"total_registros"`
	Total   int64       `json:"tiempo_total"`
}

// socket is the client side of a WebSocket, for one goroutine.
type socket struct {
	conn net.Conn
	rw   io.ReadWriter // what came with the handshake is read first
	kind contract.Socket
}

// dial opens the socket at path.
func (r rest) dial(ctx context.Context, path string) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, replyTimeout)
	defer cancel()
	conn, early, _, err := ws.Dialer{TLSConfig: r.tls}.Dial(ctx, "ws"+strings.TrimPrefix(r.url, "http")+path)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", path, err)
	}
	s := &socket{conn: conn, rw: conn, kind: contract.Viewer}
	if strings.HasPrefix(path, "/ws/juez/") {
		s.kind = contract.Judge
	}
	if early != nil {
		s.rw = struct {
			io.Reader
			io.Writer
		}{early, conn}
	}
	return s, nil
}

// dialJudge opens a judge's socket and reads the welcome.
func (r rest) dialJudge(ctx context.Context, id race.JudgeID) (*socket, error) {
	s, err := r.dial(ctx, fmt.Sprintf("/ws/juez/%d/?token=%s", id, r.token))
	if err != nil {
		return nil, err
	}
	m, err := s.read()
	if err == nil && m.Type != "conexion_establecida" {
		err = fmt.Errorf("judge %d was greeted with %+v", id, m)
	}
	if err != nil {
		return nil, errors.Join(err, s.conn.Close())
	}
	return s, nil
}

// send writes one message in one write, so that a cut leaves it whole or not at
// all.
func (s *socket) send(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := spoken().Frame(contract.FromClient, s.kind, raw); err != nil {
		return err
	}
	frame, err := ws.CompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame(raw)))
	if err != nil {
		return err
	}
	_, err = s.conn.Write(frame)
	return err
}

// read waits for the next message, which has to be one of the documents.
func (s *socket) read() (message, error) {
	var m message
	if err := s.conn.SetReadDeadline(time.Now().Add(replyTimeout)); err != nil {
		return m, err
	}
	raw, err := wsutil.ReadServerText(s.rw)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("%w in %s", err, raw)
	}
	return m, spoken().Frame(contract.FromServer, s.kind, raw)
}

// cut ends the connection without a closing handshake: the network is gone, or
// with reset the phone.
func (s *socket) cut(reset bool) {
	if tcp, ok := s.conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0) // without it the cut is only less rude
	}
	_ = s.conn.Close() // cutting is the point
}

// sentRecord is a record as clients send it.
type sentRecord struct {
	ID           string `json:"id_registro"`
	Total        int64  `json:"tiempo"`
	Hours        int64  `json:"horas,omitempty"`
	Minutes      int64  `json:"minutos,omitempty"`
	Seconds      int64  `json:"segundos,omitempty"`
	Milliseconds int64  `json:"milisegundos,omitempty"`
}

// judgeMessage is what a judge sends; a single record stands beside the rest.
type judgeMessage struct {
	Type   string      `json:"tipo"`
	Ref    string      `json:"ref,omitempty"`
	TeamID race.TeamID `json:"equipo_id"`
	*sentRecord
	Records []sentRecord `json:"registros,omitempty"`
}

// oneRecord and manyRecords make the two messages that carry records.
func oneRecord(ref string, team race.TeamID, r sentRecord) judgeMessage {
	return judgeMessage{Type: "registrar_tiempo", Ref: ref, TeamID: team, sentRecord: &r}
}

func manyRecords(ref string, team race.TeamID, list []sentRecord) judgeMessage {
	return judgeMessage{Type: "registrar_tiempos", Ref: ref, TeamID: team, Records: list}
}
