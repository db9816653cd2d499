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
// It is what a supervisor should ask that restarts what hangs.
func (s *Server) health(c *call) error {
	c.reply(http.StatusOK, healthBody{Status: "ok"})
	return nil
}

// serving answers GET /health/serving: this node can time a race. It is what a
// load balancer should ask, and tests nothing but the database: without Redis no
// node is ready, yet each goes on as before, and a balancer that asked for
// readiness would take all of them away at once.
func (s *Server) serving(c *call) error {
	status, _ := s.state(s.readiness.serving)
	return c.probed(healthBody{Status: status})
}

// ready answers GET /health/ready and /api/health/ready/: all is in order, or what
// is not. It is what operators and alerts should ask.
func (s *Server) ready(c *call) error {
	status, checks := s.state(s.readiness.ask)
	return c.probed(healthBody{status, checks})
}

// state puts what ask finds into a word; while the server stops nobody is asked.
func (s *Server) state(ask func() verdict) (status string, checks verdict) {
	if s.draining.Load() {
		return "draining", verdict{}
	}
	checks = ask()
	if !checks.ready() {
		return "unavailable", checks
	}
	return "ok", checks
}

func (c *call) probed(body healthBody) error {
	c.ctx.Response.Header.Set("Cache-Control", "no-store")
	if body.Status != "ok" {
		return &refusal{status: http.StatusServiceUnavailable, body: body, reason: limitProbe}
	}
	c.reply(http.StatusOK, body)
	return nil
}
