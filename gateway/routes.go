package gateway

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"
)

// access says who may call a route. It is checked before the method.
type access uint8

const (
	public     access = iota // any Authorization header is ignored
	judges                   // judges only
	members                  // judges and organizers
	organizers               // organizers only
)

// idPart is which part of "/api/equipos/{id}/…" may be an id.
const idPart = 3

// Placeholders of patterns for numbers; any other stands for a text that is not
// empty.
const (
	numberPart = "{id}"
	secondPart = "{n}"
)

// handler answers one call, or returns why it does not.
type handler func(*call) error

// route is what one path offers.
type route struct {
	access  access
	methods map[string]handler
	// extra are methods that only organizers have.
	extra map[string]handler
	// socket takes the GET as a WebSocket handshake, or to answer with an event
	// stream; nothing else is checked.
	socket func(*fasthttp.RequestCtx)
	file   bool   // a GET without the final slash is answered and not redirected
	meter  *meter // set by table
}

// methodOrder is the order of methods in Allow.
var methodOrder = [...]string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// deepRoute is a route with two parameters, or with one that is no number or stands
// elsewhere. They are few and asked for rarely, and are looked at when nothing else
// fits.
type deepRoute struct {
	parts []string
	route route
}

// table lists every path, each ending in a slash.
func (s *Server) table() map[string]route {
	get := func(a access, h handler) route {
		return route{access: a, methods: map[string]handler{http.MethodGet: h}}
	}
	post := func(a access, h handler) route {
		return route{access: a, methods: map[string]handler{http.MethodPost: h}}
	}
	all := map[string]route{
		"/api/":                               get(public, s.root),
		"/api/health/":                        get(public, s.health),
		"/api/health/ready/":                  get(public, s.ready),
		"/health/live/":                       get(public, s.health),
		"/health/serving/":                    get(public, s.serving),
		"/health/ready/":                      get(public, s.ready),
		"/api/login/":                         post(public, s.login),
		"/api/login/codigo/":                  post(public, s.codeLogin),
		"/api/logout/":                        post(judges, s.logout),
		"/api/token/":                         post(public, s.organizerLogin),
		"/api/token/refresh/":                 post(public, s.refresh),
		"/api/refresh/":                       post(public, s.refresh),
		"/api/me/":                            get(judges, s.me),
		"/api/equipos/{id}/registros/":        post(judges, s.submitRecords),
		"/api/equipos/{id}/registros/estado/": get(judges, s.teamRecords),
		"/api/equipos/{id}/puesto/":           get(judges, s.ownPost),
		"/api/admin/estado-competencias/":     get(public, s.competitionStates),
		"/ws/juez/{id}/":                      {socket: s.judgeSocket},
		"/ws/competencia/{id}/":               {socket: s.viewerSocket},
		"/competencia/{id}/eventos/":          {socket: s.eventStream, file: true},
		"/competencia/{id}/datos.json/":       {access: public, methods: map[string]handler{http.MethodGet: s.publicData}, file: true},
	}
	maps.Copy(all, s.officeTable())
	maps.Copy(all, s.documentTable())
	maps.Copy(all, s.lanTable())
	for pattern, r := range all {
		usual := http.StatusOK
		if strings.HasPrefix(pattern, "/ws/") {
			usual = http.StatusSwitchingProtocols
		}
		r.meter = s.metrics.meter(pattern, usual)
		all[pattern] = r
	}
	return all
}

// publicData answers GET /competencia/{id}/datos.json, which the public's pages know
// how to make.
func (s *Server) publicData(c *call) error {
	if s.cfg.Public == nil || !s.cfg.Public(c.ctx) {
		return c.detail(http.StatusNotFound, textNotFound)
	}
	return nil
}

// deepRoutes picks those that template does not find.
func deepRoutes(all map[string]route) []deepRoute {
	var out []deepRoute
	for pattern, r := range all {
		parts := strings.Split(pattern, "/")
		elsewhere := len(parts) <= idPart || parts[idPart] != numberPart
		if n := strings.Count(pattern, "{"); n > strings.Count(pattern, numberPart) || n > 0 && elsewhere {
			out = append(out, deepRoute{parts, r})
		}
	}
	return out
}

// find returns the route of a path that ends in a slash, the digits of the id in
// it, and the second parameter of a path that has two. A text takes the place of
// the id where a pattern says so.
func (s *Server) find(path string) (r route, id, second string, ok bool) {
	if strings.IndexByte(path, '{') >= 0 {
		return route{}, "", "", false // a pattern is no path
	}
	pattern, id := template(path)
	if r, ok = s.routes[pattern]; ok {
		return r, id, "", true
	}
	parts := strings.Split(path, "/")
	for _, d := range s.deep {
		if d.matches(parts) {
			id, second = d.parameters(parts)
			return d.route, id, second, true
		}
	}
	return route{}, id, "", false
}

func (d deepRoute) matches(parts []string) bool {
	if len(parts) != len(d.parts) {
		return false
	}
	for i, want := range d.parts {
		switch got := parts[i]; {
		case !isPlaceholder(want):
			if got != want {
				return false
			}
		case got == "":
			return false
		case want == numberPart || want == secondPart:
			if strings.Trim(got, "0123456789") != "" {
				return false
			}
		}
	}
	return true
}

func isPlaceholder(part string) bool { return strings.HasPrefix(part, "{") }

// parameters returns what stands for the first placeholder and for the second.
func (d deepRoute) parameters(parts []string) (first, second string) {
	for i, want := range d.parts {
		switch {
		case !isPlaceholder(want):
		case first == "":
			first = parts[i]
		default:
			second = parts[i]
		}
	}
	return first, second
}

// RouteList names every path with the methods that somebody may have, as
// "GET /api/equipos/{id}/", for the tests and documents that must know them all.
func (s *Server) RouteList() []string {
	var out []string
	for pattern, r := range s.routes {
		for _, m := range methodOrder {
			switch {
			case m == http.MethodHead || m == http.MethodOptions:
			case r.socket != nil && m == http.MethodGet, r.socket == nil && r.handler(m, true) != nil:
				out = append(out, m+" "+pattern)
			}
		}
	}
	slices.Sort(out)
	return out
}

// template replaces the id in a path by a placeholder. Under /ws/ it may be any
// text: the judge socket has its own refusals.
func template(path string) (pattern, id string) {
	parts := strings.SplitN(path, "/", idPart+2)
	if len(parts) != idPart+2 || parts[idPart] == "" {
		return path, ""
	}
	if parts[1] != "ws" && strings.Trim(parts[idPart], "0123456789") != "" {
		return path, ""
	}
	id, parts[idPart] = parts[idPart], "{id}"
	return strings.Join(parts, "/"), id
}

// pathID reads the digits of an id; 0 and false for what is the id of nothing,
// such as a number beyond 64 bits.
func pathID(digits string) (id int64, ok bool) {
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || id <= 0 {
		return 0, false
	}
	return id, true
}

// allowed lists the methods a caller has, for Allow.
func (r route) allowed(organizer bool) string {
	var list []string
	for _, m := range methodOrder {
		if m == http.MethodOptions || r.handler(m, organizer) != nil {
			list = append(list, m)
		}
	}
	return strings.Join(list, ", ")
}

// handler returns what answers a method, or nil. HEAD is where GET is.
func (r route) handler(method string, organizer bool) handler {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if h := r.methods[method]; h != nil {
		return h
	}
	if organizer {
		return r.extra[method]
	}
	return nil
}
