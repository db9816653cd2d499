package redis

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"
)

const (
	// probeTries and probeWait, doubled each time: a process that dies may listen a
	// little longer than its connections live.
	probeTries = 6
	probeWait  = 50 * time.Millisecond
	// probeTimeout: whoever does not answer is not refused either; the lease decides.
	probeTimeout = 500 * time.Millisecond
	// errWSARefused is ECONNREFUSED of Windows, which syscall does not map.
	errWSARefused = syscall.Errno(10061)
)

// suspectAt says that a connection to an address has broken. It never blocks.
func (m *membership) suspectAt(address string) {
	select {
	case m.suspects <- address:
	default: // the lease will end without it
	}
}

// suspect probes the member at an address, if there is one.
func (m *membership) suspect(ctx context.Context, address string) {
	id := m.roster.at(address)
	if id == "" || id == m.id || m.probing[id] {
		return
	}
	m.probing[id] = true
	m.work.Go(func() {
		m.probe(ctx, id, address)
		select {
		case m.probed <- id:
		case <-ctx.Done():
		}
	})
}

// probe shortens the lease of a member whose port is closed. If it lives all the
// same, its next beat sets that right.
func (m *membership) probe(ctx context.Context, id, address string) {
	for try := range probeTries {
		if closed(ctx, address) {
			m.shorten(ctx, id)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(probeWait << try):
		}
	}
}

func closed(ctx context.Context, address string) bool {
	conn, err := (&net.Dialer{Timeout: probeTimeout}).DialContext(ctx, "tcp", address)
	if err == nil {
		_ = conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, errWSARefused)
}

func (m *membership) shorten(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, errors.New("suspect: no answer from Redis in 500ms"))
	defer cancel()
	shortened, err := suspectScript.Run(ctx, m.o.Client, m.keys.all, id, ms(m.o.Suspect)).Bool()
	if err != nil {
		m.o.Log.Warn("suspect not reported", "member_id", id, "error", causeOf(ctx, err))
		return
	}
	if shortened {
		m.o.Log.Info("member suspected: its port is closed", "member_id", id)
		m.nudge() // the answer tells when the lease ends
	}
}
