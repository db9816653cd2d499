package gateway

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"server5k/race"
)

// Tickets travel through the session and come back with the answer.
type (
	pongTicket struct {
		t0  jsontext.Value
		t1  float64
		ref string
	}
	errorTicket  struct{ message errorMessage }
	singleTicket struct {
		ref  string
		team race.TeamID
		id   race.RecordID
	}
	batchTicket struct {
		ref   string
		team  race.TeamID
		sent  int
		bad   []failedItem
		index []int // of the records that were submitted
	}
	retractTicket struct {
		ref  string
		team race.TeamID
		id   race.RecordID
	}
	declareTicket struct {
		ref  string
		team race.TeamID
	}
)

// answer is the message for a ticket that came back.
func (h *judgeHandler) answer(ticket any, reply race.Reply, err error) any {
	switch t := ticket.(type) {
	case errorTicket:
		return t.message
	case pongTicket:
		p := pongMessage{Type: "pong", Message: "Conexión activa", Ref: t.ref}
		p.clock(t.t0, t.t1, h.srv.cfg.Now())
		return p
	case singleTicket:
		if err != nil {
			return errorMessage{"error", err.Error(), race.CodeOf(err), t.id.String(), t.team, t.ref, h.srv.retryMS(err)}
		}
		return h.srv.stamp().recorded(t.ref, reply.Team, reply.Outcomes[0])
	case batchTicket:
		m := t.message(reply, err)
		m.RetryMS = h.srv.retryMS(err)
		return m
	}
	panic(fmt.Sprintf("no answer for a %T", ticket)) // only the types above are submitted
}

// ruled is the message for an order that came back.
func (h *judgeHandler) ruled(ticket any, r race.Ruled, err error) any {
	switch t := ticket.(type) {
	case retractTicket:
		if err != nil {
			return h.rulingError(err, t.id.String(), t.team, t.ref)
		}
		return retractedMessage{"registro_anulado", t.team, t.id.String(), r.Repeated, t.ref}
	case declareTicket:
		if err == nil && r.Ruling.Team != t.team { // nothing of another team is told
			err = race.Errorf(race.CodeRuling, "id_declaracion ya se usó para otro equipo")
		}
		if err != nil {
			return h.rulingError(err, "", t.team, t.ref)
		}
		return declaredMessage{"marcas_declaradas", t.team, r.Ruling.Declared.Total, r.Stored, t.ref}
	}
	panic(fmt.Sprintf("no ruling for a %T", ticket)) // only the types above are ordered
}

func (h *judgeHandler) rulingError(err error, id string, team race.TeamID, ref string) any {
	m := errorMessage{"error", err.Error(), race.CodeOf(err), id, team, ref, h.srv.retryMS(err)}
	if m.Code == race.CodeInternal { // what went wrong inside is not for the device
		m.Message, m.Code, m.RetryMS = textUnavailable.es, race.CodeUnavailable, h.srv.retryIn().Milliseconds()
	}
	return m
}

// clock adds the times of an exchange to a pong, when the ping had the client's:
// a number.
func (p *pongMessage) clock(t0 jsontext.Value, t1 float64, now time.Time) {
	if t0.Kind() == '0' {
		p.T0, p.T1, p.T2 = t0, t1, preciseMS(now)
	}
}

// retryMS is the hint for who is told to try again, in milliseconds; 0 for others.
func (s *Server) retryMS(err error) int64 {
	if race.CodeOf(err) != race.CodeUnavailable {
		return 0
	}
	return s.retryIn().Milliseconds()
}

// message puts the answer to a batch together, by index.
func (t batchTicket) message(reply race.Reply, err error) batchMessage {
	m := batchMessage{Type: "tiempos_registrados_batch", TeamID: t.team, Sent: t.sent, Ref: t.ref, Good: []savedItem{}, Bad: []failedItem{}}
	outcome := make(map[int]race.Outcome, len(t.index))
	for k, i := range t.index {
		if err != nil {
			outcome[i] = race.Outcome{Err: err}
			continue
		}
		outcome[i] = reply.Outcomes[k]
	}
	bad := t.bad
	for i := range t.sent {
		o, decoded := outcome[i]
		switch {
		case !decoded:
			m.Bad = append(m.Bad, bad[0])
			bad = bad[1:]
		case o.Err != nil:
			m.Bad = append(m.Bad, failedItem{i, o.Err.Error(), race.CodeOf(o.Err)})
		default:
			m.Good = append(m.Good, savedItem{i, o.ID.String(), o.Elapsed.Milliseconds(), o.Duplicate})
		}
	}
	m.Saved, m.Failed = len(m.Good), len(m.Bad)
	return m
}
