package redistest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
)

// Lazy is the Server that the tests of one package share, started by the first
// that needs it. Names of clusters keep the tests apart; who crashes or empties a
// server makes one of its own.
type Lazy struct {
	once   sync.Once
	server *Server
	err    error
}

// Server returns the server; the test fails without one.
func (l *Lazy) Server(tb testing.TB) *Server {
	tb.Helper()
	l.once.Do(func() { l.server, l.err = New(context.WithoutCancel(tb.Context())) })
	if l.err != nil {
		tb.Fatal(l.err)
	}
	return l.server
}

// Run runs all tests, as TestMain has to, ends the server and returns the exit code.
func (l *Lazy) Run(m *testing.M) int {
	code := m.Run()
	if err := l.Close(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	return code
}

// Close ends the server, if there is one, where Run does not.
func (l *Lazy) Close() error {
	if l.server == nil {
		return nil
	}
	return l.server.Close()
}
