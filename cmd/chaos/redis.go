package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"server5k/cluster/redis/redistest"
)

// memory is a real Redis that stores nothing. Its methods may be called from any
// goroutine.
type memory struct {
	server *redistest.Server
	starts atomic.Int64

	mu sync.Mutex // held while it is down
}

func openMemory(ctx context.Context) (*memory, error) {
	server, err := redistest.New(ctx)
	return &memory{server: server}, err
}

// suffer carries out a fault of Redis itself.
func (m *memory) suffer(ctx context.Context, f fault) error {
	switch f.Kind {
	case redisKill:
		m.mu.Lock()
		defer m.mu.Unlock()
		err := m.server.Crash()
		pause(ctx, f.Length)
		m.starts.Add(1)
		return errors.Join(err, m.server.Start(context.WithoutCancel(ctx)))
	case redisFlush:
		return m.ask(ctx, "FLUSHALL")
	case redisFreeze:
		if err := m.server.Signal(sigStop); err != nil {
			return err
		}
		pause(ctx, f.Length)
		return m.server.Signal(sigCont)
	default:
		return fmt.Errorf("unknown fault %q", f.Kind)
	}
}

// heal waits until Redis answers.
func (m *memory) heal(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		_ = m.server.Signal(sigCont) // it may be on its way up
		err := m.ask(ctx, "PING")
		if err == nil {
			return nil
		}
		if !pause(ctx, 50*time.Millisecond) {
			return fmt.Errorf("redis does not answer: %w", err)
		}
	}
}

// ask sends one command without arguments.
func (m *memory) ask(ctx context.Context, command string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Second, errors.New("redis did not answer in 1s"))
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.server.Addr())
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }() // the answer has been read
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(answer, "+") {
		err = fmt.Errorf("redis answered %q", answer)
	}
	return err
}

// Close ends Redis.
func (m *memory) Close() error { return m.server.Close() }
