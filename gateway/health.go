package gateway

import (
	"net/http"
	"strings"
)

// isProbe says whether a path is of those that machines ask. They know the server
// by an address that need not be an allowed host, and learn a few words from it.
func isProbe(path string) bool {
	return strings.HasPrefix(path, "/health/") || strings.TrimSuffix(path, "/") == "/api/health/ready"
}

// healthBody is the answer to every question about health.
type healthBody struct {
	Status string  `json:"status"`
	Checks verdict `json:"checks,omitzero"`
}

// health answers GET /api/health/ and /health/live: the process is up and answers.
func (s *Server) health(c *call) error {
	c.reply(http.StatusOK, healthBody{Status: "ok"})
	return nil
}

// ready answers GET /health/ready and /api/health/ready/: requests can be served.
// It is 503 while the server stops, without asking anybody, and when a check
// fails.
func (s *Server) ready(c *call) error {
	c.ctx.Response.Header.Set("Cache-Control", "no-store")
	if s.draining.Load() {
		return notReady("draining", verdict{})
	}
	v := s.readiness.ask()
	if !v.ready() {
		return notReady("unavailable", v)
	}
	c.reply(http.StatusOK, healthBody{"ok", v})
	return nil
}

func notReady(status string, v verdict) error {
	return &refusal{status: http.StatusServiceUnavailable, body: healthBody{status, v}, retryAfter: retryUnavailable, reason: limitProbe}
}
