package gateway

import "net/http"

// me answers GET /api/me/.
func (s *Server) me(c *call) error {
	c.reply(http.StatusOK, judgeOf(c.judge))
	return nil
}

// root answers GET /api/ with the addresses of the lists.
func (s *Server) root(c *call) error {
	base := s.scheme(c.ctx) + "://" + string(c.ctx.Host())
	c.reply(http.StatusOK, struct {
		Competitions string `json:"competencias"`
		Teams        string `json:"equipos"`
	}{base + "/api/competencias/", base + "/api/equipos/"})
	return nil
}
