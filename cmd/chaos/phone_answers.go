package main

import (
	"fmt"
	"slices"
	"time"
)

// postReply is the answer to a POST of records.
type postReply struct {
	status  int
	err     error
	OK      bool         `json:"exito"`
	Code    string       `json:"codigo"`
	Stored  int          `json:"total_guardados"`
	Records []savedReply `json:"registros"`
	Bad     []savedReply `json:"registros_fallidos"`
}

// take handles what other goroutines tell.
func (p *phone) take(in incoming) {
	switch {
	case in.failed:
		p.dialing--
		if wrongRefusal(in.err) {
			p.complain("a socket was refused for good: %v", in.err)
		}
		p.hesitate()
	case in.opened != nil:
		p.dialing--
		p.backoff = 0
		p.lines = append(p.lines, in.opened)
	case in.posted != nil:
		p.posts--
		p.answerPost(in.posted, in.reply, in.at)
	case in.line.gone: // given up
	case in.err != nil:
		p.drop(in.line)
	default:
		p.answer(in.line, in.m, in.at)
	}
}

// complain notes what is wrong whatever the tables say.
func (p *phone) complain(format string, args ...any) {
	p.complaints = append(p.complaints, fmt.Sprintf("judge %d: ", p.id)+fmt.Sprintf(format, args...))
}

// answer takes a message of a socket; answers come in the order of the requests.
func (p *phone) answer(l *line, m message, at instant) {
	switch m.Type {
	case "tiempo_registrado", "tiempos_registrados_batch", "error":
	default:
		return // news
	}
	if len(l.flights) == 0 || l.flights[0].ref != m.Ref {
		p.complain("an answer to %q out of order: %+v", m.Ref, m)
		p.drop(l)
		return
	}
	f := l.flights[0]
	l.flights = l.flights[1:]
	f.send.Return = at
	switch {
	case m.Type == "tiempo_registrado" && f.send.Way == waySingle:
		p.saved(f, 0, savedReply{ID: m.Record.ID, MS: m.Record.MS, Duplicate: m.Duplicate})
		if m.Record.Team != f.send.Team {
			p.complain("a record of team %d was answered for team %d", f.send.Team, m.Record.Team)
		}
	case m.Type == "tiempos_registrados_batch" && f.send.Way == wayBatch:
		p.answerBatch(f, m)
	case m.Type == "error" && f.send.Way == waySingle:
		f.send.Records[0].Answer = m.Code
	case m.Type == "error":
		f.send.Refusal = m.Code
		p.complain("a batch was answered with an error: %+v", m)
	default:
		p.complain("%s was answered with %s", f.send.Way, m.Type)
	}
	p.land(f)
}

func (p *phone) answerBatch(f *flight, m message) {
	if len(m.Good)+len(m.Bad) != len(f.send.Records) {
		p.complain("%d records were answered with %d and %d", len(f.send.Records), len(m.Good), len(m.Bad))
	}
	for _, g := range m.Good {
		p.saved(f, g.Index, g)
	}
	for _, b := range m.Bad {
		if b.Index >= 0 && b.Index < len(f.send.Records) {
			f.send.Records[b.Index].Answer = b.Code
		}
	}
}

// saved notes the acknowledgement of record i of a flight.
func (p *phone) saved(f *flight, i int, g savedReply) {
	if i < 0 || i >= len(f.send.Records) {
		p.complain("record %d of %d was acknowledged", i, len(f.send.Records))
		return
	}
	r := &f.send.Records[i]
	if g.ID != r.ID || g.MS != r.MS {
		p.complain("sent %s %d, acknowledged %s %d", r.ID, r.MS, g.ID, g.MS)
	}
	p.tally.answer(p.cast.competitionOf(f.send.Team), true)
	r.Answer = wordStored
	if g.Duplicate {
		r.Answer = wordDuplicate
	}
}

// answerPost takes the answer to a POST: all are stored or none.
func (p *phone) answerPost(f *flight, reply postReply, at instant) {
	if reply.status == 0 {
		p.land(f)
		return
	}
	f.send.Return = at
	switch {
	case reply.err != nil:
		p.complain("POST was answered with %d and no JSON: %v", reply.status, reply.err)
	case reply.OK != (reply.status == 201):
		p.complain("POST was answered with %d and exito %v", reply.status, reply.OK)
	case reply.OK:
		if reply.Stored != len(f.send.Records) || len(reply.Records) != len(f.send.Records) || len(reply.Bad) > 0 {
			p.complain("POST of %d records was answered with %+v", len(f.send.Records), reply)
		}
		for _, g := range reply.Records {
			p.saved(f, g.Index, g)
		}
	case slices.Contains([]int{429, 502, 503, 504}, reply.status):
		f.send.Refusal = wordUnavailable
	case reply.Code == "":
		p.complain("POST was refused with %d without a code", reply.status)
		f.send.Refusal = wordUnavailable // it goes again
	case reply.status == 409 || reply.status >= 500:
		p.complain("POST was refused with %d %s, which the app takes for something else", reply.status, reply.Code)
		f.send.Refusal = reply.Code
	default:
		f.send.Refusal = reply.Code
		for _, b := range reply.Bad {
			if b.Index >= 0 && b.Index < len(f.send.Records) {
				f.send.Records[b.Index].Answer = b.Code
			}
		}
	}
	p.land(f)
}

// land ends a flight: what has a final answer is done, the rest goes again.
func (p *phone) land(f *flight) {
	c := f.parcel
	c.aloft--
	wait := 20 * time.Millisecond
	if f.send.Way == wayPost {
		p.landPost(f)
		wait = 100 * time.Millisecond
	} else {
		for i, r := range f.send.Records {
			switch {
			case r.Answer == wordNotRunning:
				wait = 300 * time.Millisecond
			case r.known():
				c.done[f.index[i]] = true
				p.desk.learn(f.send.Team, r)
				if !r.stored() {
					p.tally.answer(p.cast.competitionOf(f.send.Team), false)
				}
			case r.Answer != "":
				wait = 150 * time.Millisecond
			}
		}
	}
	c.due = max(c.due, p.clock.now()+instant(wait/2+spread(p.rng, wait)))
	if !slices.Contains(c.done, false) {
		if i := slices.Index(p.outbox, c); i >= 0 {
			p.outbox = slices.Delete(p.outbox, i, i+1)
		}
	}
}

func (p *phone) landPost(f *flight) {
	s := f.send
	final := s.Refusal != "" && s.Refusal != wordUnavailable && s.Refusal != wordRate && s.Refusal != wordNotRunning
	if s.Refusal == "" && s.Return != 0 {
		final = true
	}
	if !final {
		return
	}
	for i, r := range s.Records {
		f.parcel.done[f.index[i]] = true
		if r.stored() {
			p.desk.learn(s.Team, r)
		}
	}
}
