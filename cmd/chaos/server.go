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
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// server is one place for the real server: a port, a link to PostgreSQL and a
// process, which is started again whenever it ends, until stop. Its methods may
// be called from any goroutine.
type server struct {
	name   string
	binary string
	dir    string
	url    string
	link   *link
	user   string // of the database
	starts atomic.Int64

	mu      sync.Mutex // protects the fields below
	process *os.Process
	stopped chan struct{} // closed when the supervisor has ended; nil before run
	quit    context.CancelFunc
}

func newServer(ctx context.Context, name, binary, dir, postgres, user string) (*server, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := ln.Addr().(*net.TCPAddr).Port
	if err := ln.Close(); err != nil {
		return nil, err
	}
	l, err := newLink(ctx, postgres)
	if err != nil {
		return nil, err
	}
	s := &server{name: name, binary: binary, dir: filepath.Join(dir, name), link: l, user: user}
	s.url = "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	return s, os.MkdirAll(s.dir, 0o700)
}

// databaseURL leads to PostgreSQL by way of the link.
func (s *server) databaseURL() string {
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", s.user, s.link.addr, databaseName)
}

// command runs the binary with the settings of this place.
func (s *server) command(args ...string) (*exec.Cmd, *os.File, error) {
	log, err := os.OpenFile(filepath.Join(s.dir, "log.txt"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	// No context: every way to end it is a fault or stop, never a cancellation.
	cmd := exec.CommandContext(context.Background(), s.binary, args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = attributes()
	cmd.Env = append(os.Environ(), "DATA_DIR="+s.dir, "LISTEN_ADDR="+s.url[len("http://"):], "DATABASE_URL="+s.databaseURL(),
		"SECRET_KEY="+secretKey, "JUDGE_RATE=100000", "REDIS_URL=")
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
			pause(ctx, 50*time.Millisecond)
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

// ready waits until the server answers.
func (s *server) ready(ctx context.Context, client *http.Client) error {
	for {
		status, err := call(ctx, client, time.Second, http.MethodGet, s.url+"/api/health/", "", nil, nil)
		if status == http.StatusOK {
			return nil
		}
		if !pause(ctx, 20*time.Millisecond) {
			return fmt.Errorf("server %s is not ready: %w", s.name, errors.Join(context.Cause(ctx), err))
		}
	}
}
