package pgtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
)

// Lazy is the Cluster of the tests of one package, opened by the first that needs
// it. Migrate fills its template.
type Lazy struct {
	Migrate func(ctx context.Context, url string) error

	once    sync.Once
	cluster *Cluster
	err     error
}

// Cluster returns the cluster; the test fails without one.
func (l *Lazy) Cluster(tb testing.TB) *Cluster {
	tb.Helper()
	l.once.Do(func() { l.cluster, l.err = Open(context.WithoutCancel(tb.Context()), l.Migrate) })
	if l.err != nil {
		tb.Fatal(l.err)
	}
	return l.cluster
}

// Database makes a migrated database without rows and returns its URL.
func (l *Lazy) Database(tb testing.TB) string {
	tb.Helper()
	return l.Cluster(tb).Database(tb)
}

// Run runs all tests, as TestMain has to, closes the cluster and returns the exit
// code.
func (l *Lazy) Run(m *testing.M) int {
	code := m.Run()
	if l.cluster != nil {
		if err := l.cluster.Close(); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	return code
}
