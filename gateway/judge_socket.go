package gateway

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/valyala/fasthttp"
	"golang.org/x/time/rate"

	"server5k/gateway/auth"
	"server5k/gateway/ws"
	"server5k/race"
)

// Outbox is the gateway's side of a session: it gets the answers in the order of
// the requests. err is set when there is no reply. An echoed ticket has neither.
type Outbox interface {
	Answer(ticket any, reply race.Reply, err error)
	Ruled(ticket any, r race.Ruled, err error)
	Revoked()
}

// Session is what the gateway needs of a judge's session.
type Session interface {
	ID() string
	Submit(ticket any, q race.Request)
	// Rule has an order of the judge carried out. Whose it is and in which competition
	// the session and the store say.
	Rule(ticket any, o race.Order)
	Echo(ticket any)
	Close()
}

// Sessions opens sessions.
type Sessions interface {
	OpenSession(judge race.JudgeID, teams []race.Team, box Outbox) Session
}

const (
	subprotocol  = "server5k.v1"
	bearerPrefix = "bearer."

	maxJudgeMessage = 16 << 10
	maxRef          = 64
)

// judgeSocket upgrades GET /ws/juez/{id}/.
func (s *Server) judgeSocket(ctx *fasthttp.RequestCtx) {
	h, chosen, no := s.openJudge(ctx)
	if no != nil {
		s.refuseSocket(ctx, kindJudge, no)
		return
	}
	s.cfg.Sockets.Upgrade(ctx, ws.Options{
		MaxMessage: maxJudgeMessage, QueueFrames: 256, QueueBytes: 256 << 10, Policy: ws.CloseOnOverflow,
		IdlePing: 25 * time.Second, IdleTimeout: 75 * time.Second, WriteTimeout: 5 * time.Second,
		Rate: s.judgeRate(), Burst: s.judgeBurst(), Subprotocol: chosen, Client: s.clientAddr(ctx), Urgent: true,
		OnOverflow: func() { s.metrics.overflowed(kindJudge) },
	}, h.start)
}

// openJudge returns the handler of a judge that is let in and the subprotocol to
// answer, or why it is not.
func (s *Server) openJudge(ctx *fasthttp.RequestCtx) (h *judgeHandler, chosen string, no *socketRefusal) {
	if no := s.admit(ctx, kindJudge); no != nil {
		return nil, "", no
	}
	raw, chosen := socketToken(ctx)
	if raw == "" {
		return nil, "", refusedNoToken
	}
	tok, err := s.cfg.Issuer.Parse(raw, auth.Access)
	if err != nil || tok.Audience != auth.JudgeAudience || !tok.HasJudgeID {
		return nil, "", refusedToken
	}
	path, _ := ctx.UserValue("id").(string)
	if id, ok := pathID(path); !ok || id != tok.JudgeID {
		return nil, "", refusedOtherJudge
	}
	h, no = s.prepareJudge(tok)
	return h, chosen, no
}

// socketToken finds the access token: the first `token` of the query, or the
// second offered subprotocol.
func socketToken(ctx *fasthttp.RequestCtx) (token, chosen string) {
	if t := ctx.QueryArgs().Peek("token"); len(t) > 0 {
		return string(t), ""
	}
	offered := strings.Split(string(ctx.Request.Header.Peek("Sec-WebSocket-Protocol")), ",")
	for _, p := range offered {
		p = strings.TrimSpace(p)
		if p == subprotocol {
			chosen = subprotocol
		}
		if t, ok := strings.CutPrefix(p, bearerPrefix); ok {
			token = t
		}
	}
	if chosen == "" {
		return "", ""
	}
	return token, chosen
}

// prepareJudge reads what the socket needs, or refuses it.
func (s *Server) prepareJudge(tok auth.Token) (*judgeHandler, *socketRefusal) {
	// Only who has a token gets here: others cannot use up what judges may.
	leave, no := s.door.judges.enter()
	if no != nil {
		return nil, no
	}
	ctx, cancel := s.door.prepare()
	defer cancel()
	h, no := s.readJudge(ctx, tok, leave) // what follows waits for an owner and not for the database
	if no != nil {
		return nil, no
	}
	for _, c := range h.competitions {
		t, err := s.cfg.Live.await(ctx, c.ID)
		if err != nil {
			return nil, refusedOwner
		}
		h.joined[t] = c
	}
	return h, nil
}

// readJudge reads a judge's teams and active competitions, in the order of the
// teams, and then leaves the gate.
func (s *Server) readJudge(ctx context.Context, tok auth.Token, leave func()) (*judgeHandler, *socketRefusal) {
	defer leave()
	judge := race.JudgeID(tok.JudgeID)
	row, err := s.cfg.Store.Judge(ctx, judge)
	switch {
	case errors.Is(err, race.ErrNotFound) || (err == nil && (!row.Active || signedOut(tok, row.SignedOutAt))):
		return nil, refusedJudge
	case err != nil:
		return nil, refusedStore
	}
	rows, err := s.cfg.Store.Teams(ctx, race.TeamFilter{Judge: judge})
	if err != nil {
		return nil, refusedStore
	}
	competitions, err := s.cfg.Store.Competitions(ctx, judge)
	if err != nil {
		return nil, refusedStore
	}
	active := map[race.CompetitionID]race.Competition{}
	for _, c := range competitions {
		if c.Active {
			active[c.ID] = c
		}
	}
	h := &judgeHandler{srv: s, judge: judge, joined: map[*topic]race.Competition{}}
	for _, row := range rows {
		h.teams = append(h.teams, row.Team)
		if c, ok := active[row.Competition]; ok {
			delete(active, c.ID) // joined once
			h.competitions = append(h.competitions, c)
		}
	}
	if len(h.competitions) == 0 {
		return nil, refusedNoActiveRace
	}
	return h, nil
}

// judgeHandler is one judge's socket: it decodes what comes and encodes the
// answers of its session.
type judgeHandler struct {
	srv          *Server
	judge        race.JudgeID
	teams        []race.Team
	competitions []race.Competition
	joined       map[*topic]race.Competition

	conn    *ws.Conn
	session Session
	device  *device
}

func (h *judgeHandler) start(c *ws.Conn) ws.Handler {
	h.conn = c
	h.device = h.srv.cfg.Devices.add(h.judge, h.srv.cfg.Now())
	h.session = h.srv.cfg.Sessions.OpenSession(h.judge, h.teams, h)
	c.Send(frame(h.srv.stamp().judgeWelcome(h.competitions, h.srv.cfg.Now())))
	for t, known := range h.joined {
		h.srv.cfg.Live.joinJudge(t, &subscriber{conn: c, session: h.session.ID()}, known)
	}
	h.srv.metrics.joined(kindJudge) // last: OnClose follows only when nothing above panicked
	return h
}

// inbound is any message of a judge.
type inbound struct {
	Type    jsontext.Value `json:"tipo"`
	Ref     jsontext.Value `json:"ref"`
	TeamID  jsontext.Value `json:"equipo_id"`
	Records jsontext.Value `json:"registros"`
	T0      jsontext.Value `json:"t0"`
	// Of a ping: how the device is.
	Battery     jsontext.Value `json:"bateria"` // percent
	App         jsontext.Value `json:"app"`     // version of the client
	Competition jsontext.Value `json:"competencia_id"`
	Pending     jsontext.Value `json:"pendientes"`
	// Of a declaration.
	Declared    jsontext.Value `json:"total"`
	Declaration jsontext.Value `json:"id_declaracion"`
	recordItem
}

// OnText handles one message.
func (h *judgeHandler) OnText(payload []byte) {
	now := h.srv.cfg.Now()
	var m inbound
	if jsontext.Value(payload).Kind() != '{' || json.Unmarshal(payload, &m, lenient) != nil {
		h.fail(errorMessage{Message: "El mensaje no es un objeto JSON", Code: race.CodeMalformed})
		return
	}
	ref, ok := reference(m.Ref)
	if !ok {
		h.fail(errorMessage{Message: "ref debe ser un texto de hasta 64 caracteres", Code: race.CodeInvalidValue})
		return
	}
	h.device.heard(now)
	switch kind, _ := stringOf(m.Type); kind {
	case "ping":
		h.device.tells(m)
		h.session.Echo(pongTicket{m.T0, preciseMS(now), ref})
	case "registrar_tiempo":
		h.registerOne(m, ref, now)
	case "registrar_tiempos":
		h.registerMany(m, ref, now)
	case "anular_registro":
		h.retract(m, ref, now)
	case "declarar_marcas":
		h.declare(m, ref, now)
	default:
		h.fail(errorMessage{Message: "Tipo de mensaje desconocido", Code: race.CodeUnknownType, Ref: ref})
	}
}

func reference(raw jsontext.Value) (string, bool) {
	if absent(raw) {
		return "", true
	}
	text, ok := stringOf(raw)
	return text, ok && len([]rune(text)) <= maxRef
}

func preciseMS(t time.Time) float64 { return float64(t.UnixMicro()) / 1000 }

func (h *judgeHandler) registerOne(m inbound, ref string, now time.Time) {
	team, err := teamID(m.TeamID)
	if err != nil {
		h.refuse(err, 0, ref)
		return
	}
	rec, err := m.record(race.SourceSocket, now)
	if err != nil {
		h.refuse(err, team, ref)
		return
	}
	h.submit(singleTicket{ref, team, rec.ID}, race.Request{Judge: h.judge, Team: team, Records: []race.TimeRecord{rec}})
}

func (h *judgeHandler) registerMany(m inbound, ref string, now time.Time) {
	team, err := teamID(m.TeamID)
	if err != nil {
		h.refuse(err, 0, ref)
		return
	}
	items, err := decodeRecords(m.Records, race.SourceSocket, now)
	if err != nil {
		h.refuse(err, team, ref)
		return
	}
	t := batchTicket{ref: ref, team: team, sent: len(items)}
	q := race.Request{Judge: h.judge, Team: team}
	for i, it := range items {
		if it.err != nil {
			t.bad = append(t.bad, failedItem{i, it.err.Error(), race.CodeOf(it.err)})
			continue
		}
		t.index = append(t.index, i)
		q.Records = append(q.Records, it.rec)
	}
	if len(q.Records) == 0 {
		h.session.Echo(t)
		return
	}
	h.submit(t, q)
}

func (h *judgeHandler) submit(ticket any, q race.Request) {
	h.srv.metrics.marked(q.Records) // first: the records are the session's afterwards
	h.device.sent(q.Records)
	h.session.Submit(ticket, q)
}

func (h *judgeHandler) refuse(err error, team race.TeamID, ref string) {
	h.fail(errorMessage{Message: err.Error(), Code: race.CodeOf(err), TeamID: team, Ref: ref})
}

// fail answers with an error, in its turn.
func (h *judgeHandler) fail(m errorMessage) {
	m.Type = "error"
	h.session.Echo(errorTicket{m})
}

// Answer implements Outbox.
func (h *judgeHandler) Answer(ticket any, reply race.Reply, err error) {
	h.srv.metrics.answered(ticket, reply, err)
	h.device.answered(reply, err)
	h.conn.Send(frame(h.answer(ticket, reply, err)))
}

// Revoked implements Outbox.
func (h *judgeHandler) Revoked() { h.conn.Close(closeRevoked, "sesión cerrada") }

func (s *Server) judgeRate() rate.Limit { return rate.Limit(s.cfg.JudgeRate) }

// judgeBurst lets a phone that was cut off send all it has.
func (s *Server) judgeBurst() int { return int(4 * s.cfg.JudgeRate) }

// OnBinary implements ws.Handler.
func (h *judgeHandler) OnBinary() {
	h.fail(errorMessage{Message: "Los mensajes deben ser de texto", Code: race.CodeMalformed})
}

// OnRateLimited implements ws.Handler.
func (h *judgeHandler) OnRateLimited() {
	h.fail(errorMessage{Message: "Demasiados mensajes por segundo, reintente", Code: race.CodeRateLimited})
}

// OnLag implements ws.Handler; judges are closed instead.
func (h *judgeHandler) OnLag() {}

// OnClose implements ws.Handler.
func (h *judgeHandler) OnClose() {
	h.srv.metrics.left(kindJudge)
	h.srv.cfg.Devices.remove(h.device)
	h.session.Close()
	for t := range h.joined {
		h.srv.cfg.Live.leaveJudge(t, h.conn)
	}
}
