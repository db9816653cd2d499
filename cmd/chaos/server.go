package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// loopback is where everything listens that needs no address of its own.
const loopback = "127.0.0.1"

// place is where a server runs and how.
type place struct {
	name   string
	binary string
	dir    string   // of the run; the server gets one below
	addr   string   // where it serves clients
	health string   // path that answers 200 when clients may come
	env    []string // settings beyond the common ones
	wrap   []string // a command that runs another, in a network of its own
}

// server is one place for the real server: a link to PostgreSQL and a process,
// which is started again whenever it ends, until stop. Its methods may be called
// from any goroutine.
type server struct {
	place
	url    string
	link   *link
	starts atomic.Int64
	absent atomic.Int64 // nanoseconds that it stays away after it has ended, once

	mu      sync.Mutex // protects the fields below
	process *os.Process
	stopped chan struct{} // closed when the supervisor has ended; nil before run
	quit    context.CancelFunc
}

func newServer(p place, postgres *link) (*server, error) {
	p.dir = filepath.Join(p.dir, p.name)
	return &server{place: p, url: "http://" + p.addr, link: postgres}, os.MkdirAll(p.dir, 0o700)
}

// freeAddr is a free port of the loopback address.
func freeAddr(ctx context.Context) (string, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", loopback+":0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

// databaseURL leads to PostgreSQL by way of the link.
func (s *server) databaseURL() string {
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", databaseUser, s.link.addr, databaseName)
}

// logs is the end of its log.
func (s *server) logs() string {
	raw, err := os.ReadFile(filepath.Join(s.dir, "log.txt"))
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-shownLog):])
}

// shownLog bounds what is shown of a log, in bytes.
const shownLog = 2000

// command runs the binary with the settings of this place.
func (s *server) command(args ...string) (*exec.Cmd, *os.File, error) {
	log, err := os.OpenFile(filepath.Join(s.dir, "log.txt"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	// No context: every way to end it is a fault or stop, never a cancellation.
	line := slices.Concat(s.wrap, []string{s.binary}, args)
	cmd := exec.CommandContext(context.Background(), line[0], line[1:]...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = attributes()
	cmd.Env = append(os.Environ(), "DATA_DIR="+s.dir, "LISTEN_ADDR="+s.addr, "DATABASE_URL="+s.databaseURL(),
		"SECRET_KEY="+secretKey, "JUDGE_RATE=100000")
	cmd.Env = append(cmd.Env, s.env...)
	cmd.Stdout, cmd.Stderr = log, log
	return cmd, log, nil
}

// once runs a maintenance command to its end.
func (s *server) once(command string) error {
	cmd, log, err := s.command(command)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("server5k %s: %w: %s", command, err, out.Bytes())
	}
	return nil
}

// run starts the process and its supervisor, which end with stop or end.
func (s *server) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	s.mu.Lock()
	s.quit, s.stopped = cancel, done
	s.mu.Unlock()
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if err := s.live(ctx); err != nil {
				return
			}
			pause(ctx, max(50*time.Millisecond, time.Duration(s.absent.Swap(0))))
		}
	}()
}

// live is one life of the process.
func (s *server) live(ctx context.Context) error {
	cmd, log, err := s.command("serve")
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own
	s.mu.Lock()
	if ctx.Err() != nil {
		s.mu.Unlock()
		return context.Cause(ctx)
	}
	err = cmd.Start()
	s.process = cmd.Process
	s.mu.Unlock()
	if err != nil {
		return err
	}
	s.starts.Add(1)
	_ = cmd.Wait() // how it ended does not matter: it was a fault, or is started again
	s.mu.Lock()
	s.process = nil
	s.mu.Unlock()
	return nil
}

// signal sends a signal to the process, if there is one.
func (s *server) signal(sig os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return errors.New("the server is being started")
	}
	return s.process.Signal(sig)
}

// pid is the process, 0 if there is none.
func (s *server) pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return 0
	}
	return s.process.Pid
}

// end ends the process with a signal and does not start it again; it says
// whether that took less than patience, and kills it else.
func (s *server) end(sig os.Signal, patience time.Duration) error {
	s.mu.Lock()
	stopped := s.stopped
	if stopped == nil {
		s.mu.Unlock()
		return nil
	}
	s.quit()
	s.mu.Unlock()
	_ = s.signal(sig)     // it may have ended
	_ = s.signal(sigCont) // a frozen process ends when it goes on
	select {
	case <-stopped:
		return nil
	case <-time.After(patience):
	}
	err := fmt.Errorf("server %s did not end in %s after %v", s.name, patience, sig)
	_ = s.signal(os.Kill) // it may have ended
	<-stopped
	return err
}

// close ends the process and the link.
func (s *server) close() {
	_ = s.end(os.Kill, time.Minute) // it is killed at once
	s.link.Close()
}

// back waits until the server has been started more often than before and answers.
func (s *server) back(ctx context.Context, before int64, client *http.Client) error {
	for s.starts.Load() == before {
		if !pause(ctx, 20*time.Millisecond) {
			return fmt.Errorf("server %s has not ended: %w", s.name, context.Cause(ctx))
		}
	}
	return s.ready(ctx, client)
}

// ready waits until the server answers.
func (s *server) ready(ctx context.Context, client *http.Client) error {
	for {
		status, err := call(ctx, client, time.Second, http.MethodGet, s.url+s.health, "", nil, nil)
		if status == http.StatusOK {
			return nil
		}
		if !pause(ctx, 20*time.Millisecond) {
			return fmt.Errorf("server %s is not ready: %w", s.name, errors.Join(context.Cause(ctx), err))
		}
	}
}
