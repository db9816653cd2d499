// Package redistest runs private Redis servers for tests and campaigns: a temporary
// directory, a free port of the loopback address, nothing kept on disk. It needs
// redis-server, found in $REDIS_SERVER or on the PATH. A server is a child process
// that ends with Close or, at the latest on Linux, with the program.
package redistest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

const (
	// startTimeout bounds a start on a busy machine.
	startTimeout = 30 * time.Second
	// pingTimeout bounds one question whether the server answers.
	pingTimeout = time.Second
)

// Server is one redis-server. Its methods may be called from any goroutine, but
// Start and the ways to end it not at the same time.
type Server struct {
	bin  string
	dir  string
	port int
	args []string

	mu   sync.Mutex // protects cmd, done
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
}

// New starts a server. settings are directives of redis.conf, one an element, such
// as "requirepass secret".
func New(ctx context.Context, settings ...string) (*Server, error) {
	s, err := prepare(ctx)
	if err != nil {
		return nil, err
	}
	conf := fmt.Sprintf("port %d\nbind 127.0.0.1\nsave \"\"\nappendonly no\nrepl-diskless-sync-delay 0\n", s.port)
	return s.launch(ctx, conf, settings)
}

// NewTLS starts a server that speaks TLS only, with a certificate and key in PEM files.
func NewTLS(ctx context.Context, cert, key string) (*Server, error) {
	s, err := prepare(ctx)
	if err != nil {
		return nil, err
	}
	conf := fmt.Sprintf("port 0\ntls-port %d\nbind 127.0.0.1\nsave \"\"\nappendonly no\ntls-auth-clients no\n", s.port)
	return s.launch(ctx, conf, []string{"tls-cert-file " + cert, "tls-key-file " + key, "tls-ca-cert-file " + cert})
}

// NewSentinel starts a Sentinel that watches master under a name, alone.
func NewSentinel(ctx context.Context, name string, master *Server, settings ...string) (*Server, error) {
	s, err := prepare(ctx)
	if err != nil {
		return nil, err
	}
	s.args = []string{"--sentinel"}
	conf := fmt.Sprintf("port %d\nbind 127.0.0.1\nsentinel monitor %s 127.0.0.1 %d 1\n", s.port, name, master.port)
	return s.launch(ctx, conf, settings)
}

func prepare(ctx context.Context) (*Server, error) {
	bin := os.Getenv("REDIS_SERVER")
	if bin == "" {
		bin = "redis-server"
	}
	bin, err := exec.LookPath(bin)
	if err != nil {
		return nil, fmt.Errorf("redistest: no redis-server found: install it (Debian: apt-get install redis-server) or set REDIS_SERVER: %w", err)
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "server5k-redis-")
	if err != nil {
		return nil, fmt.Errorf("redistest: %w", err)
	}
	return &Server{bin: bin, dir: dir, port: port}, nil
}

func (s *Server) launch(ctx context.Context, conf string, settings []string) (*Server, error) {
	var file bytes.Buffer
	file.WriteString(conf)
	for _, line := range settings {
		file.WriteString(line + "\n")
	}
	err := os.WriteFile(s.conf(), file.Bytes(), 0o600)
	if err == nil {
		err = s.Start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) conf() string { return filepath.Join(s.dir, "redis.conf") }

// URL is its REDIS_URL, without credentials.
func (s *Server) URL() string { return "redis://" + s.Addr() }

// Addr is the address that it listens on.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Start starts the server again after it has ended, empty, and returns when it
// answers.
func (s *Server) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errors.New("redistest: Redis does not answer after 30s"))
	defer cancel()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), s.bin, append([]string{s.conf()}, s.args...)...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = attributes()
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	done := make(chan struct{})
	go func() { // ends with the process
		_ = cmd.Wait() // how it ended is in its log
		close(done)
	}()
	s.mu.Lock()
	s.cmd, s.done = cmd, done
	s.mu.Unlock()
	for {
		err := s.ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-done:
			return fmt.Errorf("redistest: Redis ended: %s", log.String())
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// ping takes any answer for one, also that a password is missing or, with TLS, that
// the connection is closed.
func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Addr())
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it has been read
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 1))
	if err != nil && ctx.Err() == nil {
		return nil // TLS does not speak like this: closed or reset
	}
	return err
}

// Signal sends a signal to the server; the error is that of os.Process.
func (s *Server) Signal(sig os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return os.ErrProcessDone
	}
	return s.cmd.Process.Signal(sig)
}

// Freeze stops the server where it stands until Thaw, on Linux only.
func (s *Server) Freeze() error { return s.Signal(sigStop) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw() error { return s.Signal(sigCont) }

// Crash kills the server and returns when it has ended; what it held is gone.
func (s *Server) Crash() error {
	err := s.Signal(os.Kill)
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	if done != nil {
		<-done
	}
	return err
}

// Close ends the server and removes its directory; it may be called twice.
func (s *Server) Close() error {
	err := s.Crash()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

func freePort(ctx context.Context) (int, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("redistest: %w", err)
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err := errors.Join(err, ln.Close()); err != nil {
		return 0, fmt.Errorf("redistest: %w", err)
	}
	return strconv.Atoi(port)
}
