package gateway

import (
	"net/http"

	"github.com/valyala/fasthttp"

	"server5k/gateway/lanca"
)

// lanTable lists the paths by which phones of a local network get to know the
// authority of this server. Without Config.LAN they answer 404.
func (s *Server) lanTable() map[string]route {
	get := func(file bool, answer func(*lanca.Pages, *fasthttp.RequestCtx)) route {
		return route{access: public, file: file, methods: map[string]handler{http.MethodGet: func(c *call) error {
			if s.cfg.LAN == nil {
				return c.detail(http.StatusNotFound, textNotFound)
			}
			answer(s.cfg.LAN, c.ctx)
			return nil
		}}}
	}
	return map[string]route{
		lanca.PathPage:              get(false, func(p *lanca.Pages, ctx *fasthttp.RequestCtx) { p.Page(ctx, s.scheme(ctx)) }),
		lanca.PathStyle + "/":       get(true, (*lanca.Pages).Style),
		lanca.PathCertificate + "/": get(true, (*lanca.Pages).Certificate),
	}
}
