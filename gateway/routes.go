package gateway

import (
	"net/http"
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

// handler answers one call, or returns why it does not.
type handler func(*call) error

// route is what one path offers.
type route struct {
	access  access
	methods map[string]handler
	// extra are methods that only organizers have.
	extra map[string]handler
	// socket takes the GET as a WebSocket handshake; nothing else is checked.
	socket func(*fasthttp.RequestCtx)
	meter  *meter // set by table
}

// methodOrder is the order of methods in Allow.
var methodOrder = [...]string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
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
		"/api/logout/":                        post(judges, s.logout),
		"/api/token/":                         post(public, s.organizerLogin),
		"/api/token/refresh/":                 post(public, s.refresh),
		"/api/refresh/":                       post(public, s.refresh),
		"/api/me/":                            get(judges, s.me),
		"/api/competencias/":                  get(members, s.competitions),
		"/api/competencias/{id}/":             get(members, s.competition),
		"/api/competencias/{id}/iniciar/":     post(organizers, s.startCompetition),
		"/api/competencias/{id}/detener/":     post(organizers, s.stopCompetition),
		"/api/competencias/{id}/resultados/":  get(organizers, s.results),
		"/api/equipos/":                       get(members, s.teams),
		"/api/equipos/{id}/":                  get(members, s.team),
		"/api/equipos/{id}/registros/":        post(judges, s.submitRecords),
		"/api/equipos/{id}/registros/estado/": get(judges, s.teamRecords),
		"/api/admin/estado-competencias/":     get(public, s.competitionStates),
		"/ws/juez/{id}/":                      {socket: s.judgeSocket},
		"/ws/competencia/{id}/":               {socket: s.viewerSocket},
	}
	for pattern, r := range all {
		usual := http.StatusOK
		if r.socket != nil {
			usual = http.StatusSwitchingProtocols
		}
		r.meter = s.metrics.meter(pattern, usual)
		all[pattern] = r
	}
	return all
}

// find returns the route of a path that ends in a slash, and the digits of the
// id in it.
func (s *Server) find(path string) (r route, id string, ok bool) {
	pattern, id := template(path)
	r, ok = s.routes[pattern]
	return r, id, ok
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
