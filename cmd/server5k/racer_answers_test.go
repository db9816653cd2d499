package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"server5k/race"
)

// send puts a parcel on the socket; its answer comes later.
func (r *racer) send(p parcel) error {
	r.refs++
	ref := fmt.Sprintf("%04d", r.refs)
	r.pending[ref] = p
	if p.batch {
		return r.sock.send(manyRecords(ref, p.team, p.records))
	}
	return r.sock.send(oneRecord(ref, p.team, p.records[0]))
}

// drain reads until every parcel has its answer.
func (r *racer) drain() error {
	for len(r.pending) > 0 {
		if err := r.readOne(); err != nil {
			return err
		}
	}
	return nil
}

func (r *racer) readOne() error {
	m, err := r.sock.read()
	if err != nil {
		return err
	}
	switch m.Type {
	case "competencia_iniciada":
		r.started++
		return nil
	case "competencia_detenida":
		r.stopped++
		return nil
	case "registros_actualizados":
		return nil
	}
	p, ok := r.pending[m.Ref]
	if !ok {
		return fmt.Errorf("answer to nothing: %+v", m)
	}
	// Answers come in the order of the requests.
	if first := slices.Min(slices.Collect(maps.Keys(r.pending))); first != m.Ref {
		return fmt.Errorf("answer to %s before the one to %s", m.Ref, first)
	}
	delete(r.pending, m.Ref)
	switch {
	case p.refusal != "":
		return r.takeRefusal(p, m)
	case p.batch && m.Type == "tiempos_registrados_batch" && len(m.Bad) == 0:
		return r.acknowledge(p, m.Good)
	case !p.batch && m.Type == "tiempo_registrado" && m.Record.TeamID == r.team:
		return r.acknowledge(p, []savedReply{{ID: m.Record.ID, Total: m.Record.Total, Duplicate: m.Duplicate}})
	}
	return fmt.Errorf("sent %+v, got %+v", p, m)
}

func (r *racer) takeRefusal(p parcel, m message) error {
	code := race.Code(m.Code)
	if p.batch && len(m.Bad) == 1 && len(m.Good) == 0 {
		code = race.Code(m.Bad[0].Code)
	}
	if code != p.refusal {
		return fmt.Errorf("sent %+v, got %+v", p, m)
	}
	if code == race.CodeConflict {
		r.counts.conflicts++
		return nil
	}
	r.counts.foreign++
	return nil
}

// acknowledge checks the answers to the records of a parcel and remembers them.
func (r *racer) acknowledge(p parcel, got []savedReply) error {
	if len(got) != len(p.records) {
		return fmt.Errorf("%d answers to %+v", len(got), p)
	}
	for i, g := range got {
		if g.Index != i || g.ID != p.records[i].ID || g.Total != r.want[g.ID] || (p.duplicate && !g.Duplicate) {
			return fmt.Errorf("sent %+v, got %+v", p, g)
		}
		if g.Duplicate {
			r.counts.duplicates++
		} else {
			r.fresh[g.ID]++
		}
		r.acked[g.ID] = g.Total
	}
	return nil
}

// postReply is the answer to a POST of records.
type postReply struct {
	status  int
	OK      bool         `json:"exito"`
	Code    string       `json:"codigo"`
	Stored  int          `json:"total_guardados"`
	Records []savedReply `json:"registros"`
}

// post sends a parcel by POST, sometimes losing the answer first.
func (r *racer) post(ctx context.Context, p parcel) error {
	if r.cutter && r.rng.IntN(2) == 0 {
		short, cancel := context.WithTimeout(ctx, time.Duration(r.rng.Int64N(int64(5*time.Millisecond))))
		reply, err := r.postOnce(short, p)
		cancel()
		if err == nil {
			return r.takePost(p, reply)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		r.counts.cuts, r.counts.resent = r.counts.cuts+1, r.counts.resent+1
	}
	reply, err := r.postOnce(ctx, p)
	if err != nil {
		return err
	}
	return r.takePost(p, reply)
}

// postOnce may run beside the goroutine of the judge.
func (r *racer) postOnce(ctx context.Context, p parcel) (reply postReply, err error) {
	in := map[string]any{"registros": p.records}
	reply.status, err = r.api.call(ctx, http.MethodPost, fmt.Sprintf("/api/equipos/%d/registros/", p.team), in, &reply)
	return reply, err
}

func (r *racer) takePost(p parcel, reply postReply) error {
	r.counts.posts++
	if reply.status != http.StatusCreated || !reply.OK || reply.Stored != len(p.records) {
		return fmt.Errorf("posted %+v, got %+v", p, reply)
	}
	return r.acknowledge(p, reply.Records)
}

// complete checks that everything was stored, and as new once.
func (r *racer) complete() error {
	if r.started > 1 || len(r.acked) != len(r.marks) {
		return fmt.Errorf("started %d times, %d records acknowledged", r.started, len(r.acked))
	}
	for id := range r.acked {
		if n := r.fresh[id]; n > 1 || (n == 0 && !r.cutter) {
			return fmt.Errorf("%s was stored as new %d times", id, n)
		}
	}
	return nil
}

// afterStop waits for the news of the stop and sends everything once more.
func (r *racer) afterStop(ctx context.Context) error {
	for r.stopped == 0 {
		if err := r.readOne(); err != nil {
			return err
		}
	}
	all := parcel{records: r.marks, batch: true, team: r.team, duplicate: true}
	one := parcel{records: r.marks[:1], team: r.team, duplicate: true}
	if err := errors.Join(r.send(all), r.send(one)); err != nil {
		return err
	}
	if err := r.post(ctx, all); err != nil {
		return err
	}
	if err := r.drain(); err != nil {
		return err
	}
	if r.stopped != 1 {
		return fmt.Errorf("stopped %d times", r.stopped)
	}
	r.sock.cut(false)
	return r.complete()
}
