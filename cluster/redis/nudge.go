package redis

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// listenIdle is how long the channel may be silent before it is pinged, and then
// until it is given up.
const listenIdle = 2 * time.Second

// listen has a beat sent whenever somebody publishes a change. It is a courtesy:
// whatever it misses comes with the next beat.
func (m *membership) listen(ctx context.Context) {
	for ctx.Err() == nil {
		m.follow(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(jitter(min(m.o.Beat, retryEvery))):
		}
	}
}

// follow reads one subscription until it breaks.
func (m *membership) follow(ctx context.Context) {
	sub := m.o.Client.Subscribe(ctx, m.keys.events)
	defer sub.Close() //nolint:errcheck // it is broken, or closed below
	defer context.AfterFunc(ctx, func() { _ = sub.Close() })()
	for pinged := false; ; {
		message, err := sub.ReceiveTimeout(ctx, listenIdle)
		if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() && !pinged && ctx.Err() == nil {
			if sub.Ping(ctx) != nil {
				return
			}
			pinged = true
			continue
		}
		if err != nil {
			return
		}
		pinged = false
		switch msg := message.(type) {
		case *goredis.Subscription:
			m.nudge() // something may have been missed until now
		case *goredis.Message:
			if msg.Payload != strconv.FormatInt(m.epoch.Load(), 10) {
				m.nudge()
			}
		}
	}
}
