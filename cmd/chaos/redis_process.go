package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"
)

// redisServer is a Redis process on a port of its own.
type redisServer struct {
	addr string

	mu   sync.Mutex // protects cmd, done
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
}

func newRedisServer(ctx context.Context) (*redisServer, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	s := &redisServer{addr: addr}
	return s, s.Start(ctx)
}

// Addr is where it listens.
func (s *redisServer) Addr() string { return s.addr }

// Start starts it and returns when it listens.
func (s *redisServer) Start(ctx context.Context) error {
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "redis-server", "--port", port, "--bind", host, "--save", "", "--appendonly", "no")
	cmd.SysProcAttr = attributes()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start Redis, it has to be installed: %w", err)
	}
	done := make(chan struct{})
	go func() { // ends with the process
		_ = cmd.Wait() // how it ended does not matter: it was a fault
		close(done)
	}()
	s.mu.Lock()
	s.cmd, s.done = cmd, done
	s.mu.Unlock()
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-done:
			return errors.New("redis ended at once")
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Signal sends a signal to the process.
func (s *redisServer) Signal(sig os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd.Process.Signal(sig)
}

// Crash kills the process and returns when it has ended.
func (s *redisServer) Crash() error {
	err := s.Signal(os.Kill)
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	<-done
	return err
}

// Close ends the process.
func (s *redisServer) Close() error {
	err := s.Crash()
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}
