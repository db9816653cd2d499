package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The accounts of a Server that was started with Options.
const (
	AdminName     = "admin" // the organizer
	AdminPassword = "organizador-e2e"
	JudgePassword = "clave-de-juez-e2e" // of juez1, juez2 …
)

const (
	testSecret = "una-clave-solo-para-las-pruebas-del-navegador"
	// readyTimeout and stopTimeout are for a busy machine; both take 0.1 s.
	readyTimeout = 20 * time.Second
	stopTimeout  = 30 * time.Second
	// commandTimeout bounds populate_data, which hashes a password for each judge.
	commandTimeout = 60 * time.Second
)

// Options say what a Server starts with.
type Options struct {
	// Judges makes a competition, not started, with judges juez1 to juezN, who have a
	// team each with the bib of the same number. Without it the database is empty.
	Judges int
	// Teams is how many teams each judge has, bib after bib; without it one.
	Teams int
	// Competition is its name; without it "Carrera 5K".
	Competition string
	// Certificate makes an authority for 127.0.0.1 and LANHost, and serves TLS as well.
	Certificate bool
	// Demo serves the demonstration data instead; the organizer is then admin with
	// the password that README.md tells.
	Demo bool
	// Env adds to the environment, as "TIME_ZONE=UTC".
	Env []string
}

// Credentials are what a judge logs in with.
type Credentials struct{ Username, Password string }

// Server is the built program in a process of its own, with an SQLite database of
// its own. It is for the goroutine of its test.
type Server struct {
	URL    string        // http://127.0.0.1:PORT
	TLSURL string        // https://127.0.0.1:PORT, when TLS_ADDR asks for it
	Judges []Credentials // that Options asked for

	tb   testing.TB
	bin  string
	dir  string
	env  []string
	args []string
	cmd  *exec.Cmd
	done chan error // gets the end of the process, once
}

// StartServer makes the data that options ask for, starts the server, and waits
// until it is ready. It ends with tb, which logs what it wrote if it failed.
func StartServer(tb testing.TB, options Options) *Server {
	tb.Helper()
	bin := os.Getenv("SERVER5K_BIN")
	if bin == "" {
		tb.Fatal("SERVER5K_BIN is not set; `make e2e` builds the server and sets it")
	}
	dir := tb.TempDir()
	s := &Server{tb: tb, bin: bin, dir: dir, args: []string{"serve"}, env: append(os.Environ(),
		"DATA_DIR="+dir, "DATABASE_URL=", "POSTGRES_HOST=", "REDIS_URL=", "METRICS_ADDR=", "SECRET_KEY="+testSecret,
		"LISTEN_ADDR=127.0.0.1:0", "TLS_ADDR=", "JUDGE_RATE=1000",
	)}
	s.env = append(s.env, options.Env...)
	if options.Demo {
		s.env, s.args = append(s.env, "DEBUG=true"), append(s.args, "--demo")
	} else {
		s.Run("createsuperuser", "--username", AdminName, "--email", "admin@5k.local", "--password", AdminPassword)
	}
	if options.Judges > 0 {
		name := options.Competition
		if name == "" {
			name = "Carrera 5K"
		}
		s.Run("populate_data", "--jueces", fmt.Sprint(options.Judges), "--competencia", name, "--password", JudgePassword,
			"--equipos-por-juez", fmt.Sprint(max(1, options.Teams)))
		for n := range options.Judges {
			s.Judges = append(s.Judges, Credentials{Username: fmt.Sprintf("juez%d", n+1), Password: JudgePassword})
		}
	}
	if options.Certificate {
		s.Run("cert", "--host", LANHost, "--ip", "127.0.0.1")
		s.env = append(s.env, "TLS_ADDR=127.0.0.1:0")
	}
	tb.Cleanup(func() {
		s.Stop()
		if tb.Failed() {
			tb.Logf("log of the server:\n%s", s.Log())
		}
	})
	s.Start()
	return s
}

// Run runs another command of the program on the server's data and returns what it
// printed. Those that write need the server stopped.
func (s *Server) Run(args ...string) string {
	s.tb.Helper()
	ctx, cancel := context.WithTimeoutCause(context.Background(), commandTimeout, fmt.Errorf("not done in %v", commandTimeout))
	defer cancel()
	cmd := exec.CommandContext(ctx, s.bin, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.tb.Fatalf("server5k %s: %v\n%s", args[0], errors.Join(err, context.Cause(ctx)), out)
	}
	return string(out)
}

// Log returns what the server has logged so far.
func (s *Server) Log() string {
	raw, err := os.ReadFile(s.logPath())
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func (s *Server) logPath() string { return filepath.Join(s.dir, "server.log") }

var readyLine = regexp.MustCompile(`msg=ready (?:node=\S+ )?url=(\S+)(?:.* tls_url=(\S+))?`)

// Start starts the server again after Stop or Kill, with the same data at the same
// URL.
func (s *Server) Start() {
	s.tb.Helper()
	log, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the process has its own
	before := len(s.Log())
	s.cmd = exec.CommandContext(context.Background(), s.bin, s.args...)
	s.cmd.Dir, s.cmd.Env = s.dir, s.env
	if s.URL != "" {
		s.cmd.Env = append(s.env, "LISTEN_ADDR="+strings.TrimPrefix(s.URL, "http://"))
	}
	s.cmd.Stdout, s.cmd.Stderr = log, log
	dieWithParent(s.cmd)
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatal(err)
	}
	done := make(chan error, 1)
	s.done = done
	cmd := s.cmd
	go func() { done <- cmd.Wait() }()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(readyTimeout); ; {
		if m := readyLine.FindStringSubmatch(s.Log()[before:]); m != nil {
			s.URL, s.TLSURL = m[1], m[2]
			return
		}
		select {
		case err := <-s.done:
			s.cmd = nil
			s.tb.Fatalf("the server did not start: %v\n%s", err, s.Log())
		case <-deadline:
			s.tb.Fatalf("the server is not ready:\n%s", s.Log())
		case <-poll.C:
		}
	}
}

// Upgrade replaces the server by the program of SERVER5K_NEXT, which is the same with
// a newer console, with the same data at the same URL.
func (s *Server) Upgrade() {
	s.tb.Helper()
	next := os.Getenv("SERVER5K_NEXT")
	if next == "" {
		s.tb.Fatal("SERVER5K_NEXT is not set; `make e2e` builds that program and sets it")
	}
	s.Stop()
	s.bin = next
	s.Start()
}

// Stop asks the server to end and waits until it has. It may be called twice.
func (s *Server) Stop() {
	s.tb.Helper()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // unless it has ended
	select {
	case err := <-s.done:
		if err != nil {
			s.tb.Errorf("the server ended with %v", err)
		}
		s.cmd = nil
	case <-time.After(stopTimeout):
		s.tb.Errorf("the server did not end in %v", stopTimeout)
		s.Kill()
	}
}

// Kill ends the server as a power cut does.
func (s *Server) Kill() {
	s.tb.Helper()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // unless it has ended
	if err := <-s.done; err == nil {
		s.tb.Errorf("the server ended before it was killed")
	}
	s.cmd = nil
}

// Organizer logs in as AdminName.
func (s *Server) Organizer() *API {
	s.tb.Helper()
	return s.login("/api/token/", Credentials{AdminName, AdminPassword})
}

// Judge logs in as a judge.
func (s *Server) Judge(who Credentials) *API {
	s.tb.Helper()
	return s.login("/api/login/", who)
}

func (s *Server) login(path string, who Credentials) *API {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	api, err := login(ctx, s.URL, path, who)
	if err != nil {
		s.tb.Fatal(err)
	}
	api.tb = s.tb
	return api
}

// StartCompetition starts a competition as its organizer; the one of Options has
// the number 1.
func (s *Server) StartCompetition(id int64) {
	s.tb.Helper()
	s.Organizer().Must(http.MethodPost, fmt.Sprintf("/api/competencias/%d/iniciar/", id), nil, nil)
}

// StopCompetition stops a competition as its organizer.
func (s *Server) StopCompetition(id int64) {
	s.tb.Helper()
	s.Organizer().Must(http.MethodPost, fmt.Sprintf("/api/competencias/%d/detener/", id), nil, nil)
}
