package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"server5k/gateway/auth"
	"server5k/persistence"
	"server5k/race"
)

const (
	benchSecret   = "a secret for benchmarks, 32 bytes"
	benchPatience = 30 * time.Second
	// benchUnlimited is a rate that no client on this machine reaches.
	benchUnlimited = 1e6
)

// BenchmarkAcknowledge measures the way of a time from a judge's socket to the
// disk and back: each judge sends the next one when the last is acknowledged.
// Every judge also hears of the records of all the others; %news is how much of
// that has come by the judge's own last answer.
func BenchmarkAcknowledge(b *testing.B) {
	for _, judges := range []int{1, 16, 200} {
		b.Run(fmt.Sprintf("judges=%d", judges), func(b *testing.B) {
			share := b.N/judges + 1
			s := benchServe(b, judges, share/race.MaxTeamSize+1)
			conns := make([]*benchConn, judges)
			for j := range conns {
				conns[j] = s.judge(b, race.JudgeID(j+1))
			}
			took := make([][]time.Duration, judges)
			errs := make([]error, judges)
			b.ResetTimer()
			var wg sync.WaitGroup
			for j, c := range conns {
				n := b.N / judges
				if j < b.N%judges {
					n++
				}
				wg.Go(func() { took[j], errs[j] = c.marks(s.team(j), n) })
			}
			wg.Wait()
			b.StopTimer()
			for _, err := range errs {
				if err != nil {
					b.Fatal(err)
				}
			}
			all := slices.Concat(took...)
			slices.Sort(all)
			for _, p := range []int{50, 95, 99} {
				b.ReportMetric(float64(all[(len(all)-1)*p/100].Microseconds())/1000, fmt.Sprintf("p%d-ms", p))
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
			if judges > 1 {
				heard := 0
				for _, c := range conns {
					heard += c.heard
				}
				b.ReportMetric(100*float64(heard)/float64(b.N*(judges-1)), "%news")
			}
		})
	}
}

// BenchmarkBareInserts is the floor of BenchmarkAcknowledge: the same rows in the
// same table, a loop of prepared inserts and nothing else.
func BenchmarkBareInserts(b *testing.B) {
	for _, size := range []int{1, 500} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			cfg := benchConfig(b)
			benchRace(b, cfg, 1, 1, b.N/race.MaxTeamSize+1)
			q := url.Values{"_txlock": {"immediate"}, "_pragma": {
				"busy_timeout(5000)", "journal_mode(WAL)", "foreign_keys(1)", "recursive_triggers(1)", "synchronous(FULL)",
			}}
			db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: cfg.databasePath(), RawQuery: q.Encode()}).String())
			if err != nil {
				b.Fatal(err)
			}
			db.SetMaxOpenConns(1)
			insert, err := db.PrepareContext(b.Context(), `INSERT INTO time_records (record_id, competition_id, team_id, judge_id,
elapsed_ms, state, slot, seq, event, source, anonymous, received_at, epoch) VALUES (?, 1, ?, 1, ?, 'counted', ?, ?, ?, 'ws', 0, ?, 1)`)
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for from := 0; from < b.N; from += size {
				if err := benchInsert(b.Context(), db, insert, from, min(from+size, b.N)); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			if err := db.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func benchInsert(ctx context.Context, db *sql.DB, insert *sql.Stmt, from, to int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	st := tx.StmtContext(ctx, insert)
	defer func() { _ = st.Close() }()
	for i := from; i < to; i++ {
		_, err := st.ExecContext(ctx, race.NewRecordID().String(), i/race.MaxTeamSize+1, i+1, i%race.MaxTeamSize+1, i+1, i+1, time.Now().UnixMicro())
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

func benchConfig(b *testing.B) *Config {
	b.Helper()
	cfg := &Config{DataDir: b.TempDir(), ListenAddr: ":0", TimeZone: "America/Guayaquil", SecretKey: benchSecret}
	if err := cfg.validate(false); err != nil {
		b.Fatal(err)
	}
	return cfg
}

// benchRace stores running competitions with judges from 1 on, in turn, and teams
// for each judge, the first judge's from 1 on.
func benchRace(b *testing.B, cfg *Config, competitions, judges, teams int) {
	b.Helper()
	var d persistence.Dump
	for c := 1; c <= competitions; c++ {
		d.Competitions = append(d.Competitions, race.Competition{
			ID: race.CompetitionID(c), Name: "Carrera 5K", ScheduledAt: time.Now(), StartedAt: time.Now(), Active: true, Running: true,
			TeamSize: race.DefaultTeamSize, Rounding: race.RoundRaw,
		})
	}
	for j := 1; j <= judges; j++ {
		d.Judges = append(d.Judges, persistence.JudgeRow{Judge: race.Judge{ID: race.JudgeID(j), Username: fmt.Sprintf("juez%d", j), Active: true}})
		for range teams {
			n := len(d.Teams) + 1
			d.Teams = append(d.Teams, race.Team{
				ID: race.TeamID(n), Competition: race.CompetitionID(j%competitions + 1), Judge: race.JudgeID(j),
				Name: fmt.Sprintf("Equipo %d", n), Bib: n, Category: race.CategoryStudents,
			})
		}
	}
	err := withStore(b.Context(), cfg, func(s persistence.Store) error {
		_, err := s.Add(b.Context(), d, false)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// benchNode is a whole server in this process.
type benchNode struct {
	addr   string
	teams  int // of each judge
	issuer *auth.Issuer
	conns  []*benchConn // of judge
	stop   func()
	pid    int // of a server in a process of its own
}

// benchServe starts a server with one competition of benchRace. It ends with the
// benchmark or with stop.
func benchServe(b *testing.B, judges, teams int) *benchNode {
	b.Helper()
	cfg := benchConfig(b)
	benchRace(b, cfg, 1, judges, teams)
	ctx, cancel := context.WithCancel(b.Context())
	ln, err := (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- serveCmd{JudgeRate: benchUnlimited}.serve(ctx, cfg, stdio{out: io.Discard, err: io.Discard}, ln)
	}()
	s := &benchNode{addr: ln.Addr().String(), teams: teams, issuer: auth.NewIssuer([]byte(benchSecret), nil)}
	s.stop = sync.OnceFunc(func() {
		cancel()
		var wg sync.WaitGroup
		for _, c := range s.conns {
			wg.Go(c.seeOff)
		}
		wg.Wait()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(s.stop)
	return s
}

// team is the first team of the judge at place j.
func (s *benchNode) team(j int) race.TeamID { return race.TeamID(j*s.teams + 1) }

// judge opens the socket of a judge; stop closes it.
func (s *benchNode) judge(b *testing.B, id race.JudgeID) *benchConn {
	b.Helper()
	c, err := benchDial(b.Context(), s.addr, s.judgePath(id), 4<<10)
	if err != nil {
		b.Fatal(err)
	}
	s.conns = append(s.conns, c)
	return c
}

// judgePath is the address of a judge's socket with a token.
func (s *benchNode) judgePath(id race.JudgeID) string {
	access, _, err := s.issuer.Pair(auth.Token{Audience: auth.JudgeAudience, JudgeID: int64(id), HasJudgeID: true})
	if err != nil {
		panic(err) // the secret is a constant
	}
	return fmt.Sprintf("/ws/juez/%d/?token=%s", id, access)
}

// benchConn is a client's end of a WebSocket.
type benchConn struct {
	tcp *net.TCPConn
	br  *bufio.Reader
	// heard counts what came before the answers: news of other judges' teams.
	heard int
}

// benchDial dials, upgrades and reads the welcome.
func benchDial(ctx context.Context, addr, path string, buffer int) (*benchConn, error) {
	nc, err := (&net.Dialer{Timeout: benchPatience}).DialContext(ctx, "tcp4", addr)
	if err != nil {
		return nil, err
	}
	c := &benchConn{tcp: nc.(*net.TCPConn), br: bufio.NewReaderSize(nc, buffer)}
	err = c.upgrade(addr, path)
	if errors.Is(err, errBenchBusy) { // more than are taken in within a second
		c.close()
		select {
		case <-time.After(time.Second):
			return benchDial(ctx, addr, path, buffer)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

var errBenchBusy = errors.New("the server takes nobody in at the moment")

func (c *benchConn) upgrade(addr, path string) error {
	_ = c.tcp.SetDeadline(time.Now().Add(benchPatience))
	_, err := fmt.Fprintf(c.tcp, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, addr)
	if err != nil {
		return err
	}
	answer, err := http.ReadResponse(c.br, nil)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	if answer.StatusCode == http.StatusServiceUnavailable {
		return errBenchBusy
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("open %s: status %d", path, answer.StatusCode)
	}
	if _, welcome, err := c.frame(); err != nil || !bytes.Contains(welcome, []byte("conexion_establecida")) {
		return fmt.Errorf("open %s: welcome %q: %w", path, welcome, err)
	}
	return c.tcp.SetDeadline(time.Time{})
}

// close resets the connection, so that no port waits for late packets.
func (c *benchConn) close() {
	_ = c.tcp.SetLinger(0)
	_ = c.tcp.Close()
}

// seeOff reads until the server closes.
func (c *benchConn) seeOff() {
	defer c.close()
	for {
		if _, _, err := c.frame(); err != nil {
			return
		}
	}
}

// frame reads one frame that fits into the buffer: its first byte, and its payload
// until the next read.
func (c *benchConn) frame() (first byte, payload []byte, err error) {
	h, err := c.br.Peek(2)
	if err != nil {
		return 0, nil, err
	}
	first, head, n := h[0], 2, int(h[1])
	if n == 126 {
		if h, err = c.br.Peek(4); err != nil {
			return 0, nil, err
		}
		head, n = 4, int(binary.BigEndian.Uint16(h[2:]))
	}
	whole, err := c.br.Peek(head + n)
	if err != nil {
		return 0, nil, err
	}
	_, err = c.br.Discard(head + n)
	return first, whole[head:], err
}

// marks registers n times from the first team on, each when the one before is
// acknowledged, and tells how long each took.
func (c *benchConn) marks(team race.TeamID, n int) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	for i := range took {
		started := time.Now()
		if err := c.mark(team+race.TeamID(i/race.MaxTeamSize), i+1); err != nil {
			return nil, err
		}
		took[i] = time.Since(started)
	}
	return took, nil
}

func (c *benchConn) mark(team race.TeamID, ms int) error {
	return c.ask(benchFrame(benchMark(team, ms)), `"tipo":"tiempo_registrado"`)
}

// benchMark is the message of one time, with a new id.
func benchMark(team race.TeamID, ms int) string {
	return fmt.Sprintf(`{"tipo":"registrar_tiempo","equipo_id":%d,"tiempo":%d,"id_registro":"%s"}`, team, ms, race.NewRecordID())
}

// benchFrame is a client's frame of a text of up to 64 KB.
func benchFrame(text string) []byte {
	out := []byte{0x81, 0x80 | byte(126), 0, 0, 0, 0, 0, 0} // a mask of zeros leaves the text as it is
	binary.BigEndian.PutUint16(out[2:], uint16(len(text)))
	return append(out, text...)
}

// ask sends a frame and reads until its answer, which contains want.
func (c *benchConn) ask(frame []byte, want string) error {
	if _, err := c.tcp.Write(frame); err != nil {
		return err
	}
	return c.answer(want)
}

// answer reads until a message that contains want.
func (c *benchConn) answer(want string) error {
	for {
		_, payload, err := c.frame()
		switch {
		case err != nil:
			return err
		case bytes.HasPrefix(payload, []byte(`{"tipo":"registros_actualizados"`)):
			c.heard++
		case bytes.Contains(payload, []byte(want)):
			return nil
		case bytes.Contains(payload, []byte(`"tipo":"error"`)), bytes.Contains(payload, []byte(`"total_fallidos":`)):
			return fmt.Errorf("refused: %s", payload)
		default:
			c.heard++
		}
	}
}
