package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// load is one round of all judges writing.
type load struct {
	group  errgroup.Group
	first  chan struct{} // closed by the first answer
	killed atomic.Bool   // from now on connections may break
}

func newLoad(ctx context.Context, url string, judges []*writer) *load {
	l := &load{first: make(chan struct{})}
	once := sync.OnceFunc(func() { close(l.first) })
	for _, j := range judges {
		l.group.Go(func() error {
			if err := j.write(ctx, url, once); !errors.Is(err, errCut) || !l.killed.Load() {
				return err
			}
			return nil
		})
	}
	return l
}

func (l *load) awaitFirst(t *testing.T) {
	t.Helper()
	select {
	case <-l.first:
	case <-time.After(replyTimeout):
		t.Fatal("no record was acknowledged")
	}
}

func (l *load) wait() error { return l.group.Wait() }

// child is the server in a process of its own.
type child struct {
	cmd  *exec.Cmd
	url  string
	logs *syncBuffer
	done chan error // gets the end of the process, once
}

var readyLine = regexp.MustCompile(`msg=ready (?:node=\S+ )?url=(\S+)`)

// startChild starts the server and waits until it is ready. The system chooses a
// free port each time, and the log tells it. extra adds to its environment.
func startChild(tb testing.TB, binary string, cfg *Config, extra ...string) *child {
	tb.Helper()
	// Its end is the test's business, in a cleanup too, when tb.Context is over.
	c := &child{cmd: exec.CommandContext(context.WithoutCancel(tb.Context()), binary, "serve"), logs: &syncBuffer{}, done: make(chan error, 1)}
	c.cmd.Dir = cfg.DataDir
	c.cmd.Env = append(os.Environ(), "DATA_DIR="+cfg.DataDir, "DATABASE_URL="+cfg.DatabaseURL, "LISTEN_ADDR=127.0.0.1:0", "SECRET_KEY="+testSecret, "JUDGE_RATE=1000")
	c.cmd.Env = append(c.cmd.Env, extra...)
	c.cmd.Stdout, c.cmd.Stderr = c.logs, c.logs
	if err := c.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.cmd.Process.Kill() }) // unless it has ended
	go func() { c.done <- c.cmd.Wait() }()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(replyTimeout); ; {
		if m := readyLine.FindStringSubmatch(c.logs.String()); m != nil {
			c.url = m[1]
			return c
		}
		select {
		case err := <-c.done:
			tb.Fatalf("the server did not start: %v\n%s", err, c.logs.String())
		case <-deadline:
			tb.Fatalf("the server is not ready:\n%s", c.logs.String())
		case <-poll.C:
		}
	}
}

// kill sends SIGKILL and waits for the end.
func (c *child) kill(tb testing.TB) {
	tb.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		tb.Fatal(err)
	}
	exit, ok := errors.AsType[*exec.ExitError](<-c.done)
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		tb.Fatalf("the server was not killed: %v\n%s", exit, c.logs.String())
	}
}

// terminate asks the server to stop and to drain.
func (c *child) terminate(tb testing.TB) {
	tb.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		tb.Fatal(err)
	}
	if err := <-c.done; err != nil {
		tb.Errorf("the server ended with %v\n%s", err, c.logs.String())
	}
}
