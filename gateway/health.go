package gateway

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// readyTimeout is how long the database may take to answer a probe.
const readyTimeout = 2 * time.Second

// isProbe says whether a path is of those that machines ask. They know the server
// by an address that need not be an allowed host, and learn one word from it.
func isProbe(path string) bool { return strings.HasPrefix(path, "/health/") }

// healthBody is the answer to every question about health.
type healthBody struct {
	Status string `json:"status"`
}

// health answers GET /api/health/ and /health/live: the process is up and answers.
func (s *Server) health(c *call) error {
	c.reply(http.StatusOK, healthBody{"ok"})
	return nil
}

// ready answers GET /health/ready: requests can be served. It is 503 while the
// server stops and when the database does not answer.
func (s *Server) ready(c *call) error {
	c.ctx.Response.Header.Set("Cache-Control", "no-store")
	if s.draining.Load() {
		return &refusal{status: http.StatusServiceUnavailable, body: healthBody{"draining"}, retryAfter: retryUnavailable}
	}
	_, err := within(readyTimeout, "ping database", func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.cfg.Store.Ping(ctx)
	})
	if err != nil {
		return &refusal{
			status: http.StatusServiceUnavailable, body: healthBody{"database"},
			retryAfter: retryUnavailable, cause: err,
		}
	}
	return s.health(c)
}
