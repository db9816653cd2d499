package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"server5k/gateway/apidoc/contract"
)

// feed is a reader of an event stream.
type feed struct {
	t    *testing.T
	res  *http.Response
	br   *bufio.Reader
	last string // id of the last block that had one
}

// followTimeout ends a stream that goes on without saying what a test waits for.
const followTimeout = 90 * time.Second

// follow reads the event stream of the first competition after a block, from its
// beginning without one.
func (b *officeBench) follow(t *testing.T, last string) *feed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), followTimeout)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+"/competencia/1/eventos/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := (&http.Client{Transport: spoken().On(&http.Transport{DisableKeepAlives: true})}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK {
		t.Fatalf("stream: %d", res.StatusCode)
	}
	return &feed{t: t, res: res, br: bufio.NewReader(res.Body), last: last}
}

// next returns the next message, which has to be one of the documents.
func (f *feed) next() message {
	f.t.Helper()
	var event, data string
	for {
		line, err := f.br.ReadString('\n')
		if err != nil {
			f.t.Fatalf("stream after %s: %v", f.last, err)
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "id":
			f.last = value
		case "event":
			event = value
		case "data":
			data = value
		case "":
			if data == "" {
				continue // of a hint or a comment
			}
			var m message
			if err := json.Unmarshal([]byte(data), &m); err != nil || m.Type != event {
				f.t.Fatalf("event %s: %s, %v", event, data, err)
			}
			if err := spoken().Frame(contract.FromServer, contract.Viewer, []byte(data)); err != nil {
				f.t.Error(err)
			}
			return m
		}
	}
}

// mark has judge 1 send a time for the team.
func (b *officeBench) mark(ms int64) {
	b.ana.t.Helper()
	b.judge[1].must(http.StatusCreated, "POST", "/api/equipos/1/registros/", map[string]any{"registros": []any{map[string]any{"tiempo": ms}}}, nil)
}

// of reads messages up to one of a kind and returns it; numbers have no gap.
func upTo(t *testing.T, kind string, read func() message) message {
	t.Helper()
	var last int64
	for {
		m := read()
		if m.Type == "estado_en_vivo" {
			continue
		}
		if last != 0 && m.Seq != last+1 && m.Type != "resincronizar" && m.Type != "instantanea" {
			t.Errorf("event %d after %d", m.Seq, last)
		}
		last = m.Seq
		if m.Type == kind {
			return m
		}
	}
}

// TestConceal_NothingIsSaidOfATeamAnyMore: screens and readers lose the team at
// once, get no gap, and whoever comes back is not sent what was said before.
func TestConceal_NothingIsSaidOfATeamAnyMore(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	b.run(1_200_000)
	screen, err := rest{url: b.url}.dial(t.Context(), "/ws/competencia/1/")
	if err != nil {
		t.Fatal(err)
	}
	defer screen.cut(false)
	watch := func() message {
		t.Helper()
		m, err := screen.read()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	reader := b.follow(t, "")
	first := upTo(t, "instantanea", reader.next)
	before := reader.last
	welcome := upTo(t, "conexion_establecida", watch)
	if len(first.Data.Teams) != 1 || first.Data.Teams[0].Records != 1 || welcome.Seq != first.Seq {
		t.Errorf("at first %+v, welcome %+v", first, welcome)
	}
	b.ana.must(http.StatusCreated, "POST", "/api/competencias/1/decisiones/", map[string]any{"tipo": "ocultar", "equipo_id": 1, "motivo": "lo pidió"}, nil)
	for name, read := range map[string]func() message{"screen": watch, "reader": reader.next} {
		if m := upTo(t, "instantanea", read); len(m.Data.Teams) != 0 || m.Seq != first.Seq+1 {
			t.Errorf("%s: %+v", name, m)
		}
	}
	b.mark(1_300_000)
	for name, read := range map[string]func() message{"screen": watch, "reader": reader.next} {
		if m := upTo(t, "sin_cambios", read); m.Seq != first.Seq+2 || m.Data.ID != 0 {
			t.Errorf("%s: %+v", name, m)
		}
	}
	// Coming back to before, nothing of it is replayed.
	query := fmt.Sprintf("/ws/competencia/1/?desde=%d&epoca=%d", first.Seq, first.Stream)
	back, err := rest{url: b.url}.dial(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer back.cut(false)
	returned := func() message {
		t.Helper()
		m, err := back.read()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for name, read := range map[string]func() message{"screen": returned, "reader": b.follow(t, before).next} {
		if m := upTo(t, "instantanea", read); len(m.Data.Teams) != 0 || m.Seq != first.Seq+2 {
			t.Errorf("%s that returns: %+v", name, m)
		}
	}
	// And from after it, exactly what was missed.
	after := reader.last
	b.ana.must(http.StatusOK, "POST", "/api/competencias/1/detener/", struct{}{}, nil)
	if m := b.follow(t, after).next(); m.Type != "competencia_detenida" || m.Seq != first.Seq+3 {
		t.Errorf("resumed: %+v", m)
	}
	checkHidden(t, b)
}

// checkHidden: organizers see all, with a flag; judges of others what the public
// sees, once the competition is archived.
func checkHidden(t *testing.T, b *officeBench) {
	t.Helper()
	hidden := func(path, list string) (out []bool) {
		var got map[string]json.RawMessage
		var rows []struct {
			Hidden bool `json:"oculto"`
		}
		a := b.vera.must(http.StatusOK, "GET", path, nil, nil)
		raw := a.body
		if list != "" {
			a.into(t, &got)
			raw = got[list]
		}
		if err := json.Unmarshal(raw, &rows); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			out = append(out, r.Hidden)
		}
		return out
	}
	if got := fmt.Sprint(hidden("/api/competencias/1/resultados/", "resultados"), hidden("/api/competencias/1/registros/", "")); got != "[true] [true true]" {
		t.Errorf("hidden from the public: %s", got)
	}
	b.ana.must(http.StatusOK, "PATCH", "/api/competencias/1/", map[string]any{"is_active": false}, nil)
	const state = "/api/equipos/1/registros/estado/"
	b.judge[2].must(http.StatusForbidden, "GET", state, nil, nil)
	var rulings []struct {
		ID   int64  `json:"id"`
		Kind string `json:"tipo"`
	}
	b.ana.must(http.StatusOK, "GET", "/api/competencias/1/decisiones/", nil, &rulings)
	for _, r := range rulings {
		if r.Kind == "ocultar" {
			b.rule(http.StatusCreated, map[string]any{"tipo": "deshacer", "decision_id": r.ID})
		}
	}
	b.rule(http.StatusCreated, map[string]any{"tipo": "ocultar", "registro": 1, "motivo": "lo pidió"})
	for n, want := range map[int]string{1: "[1200000 1300000]", 2: "[1300000]"} {
		var got struct {
			Total   int `json:"total_registros"`
			Records []struct {
				Elapsed int64 `json:"tiempo"`
			} `json:"registros"`
		}
		b.judge[n].must(http.StatusOK, "GET", state, nil, &got)
		var times []int64
		for _, r := range got.Records {
			times = append(times, r.Elapsed)
		}
		if fmt.Sprint(times) != want || got.Total != len(times) {
			t.Errorf("judge %d sees %v of %d", n, times, got.Total)
		}
	}
}

// TestEventStream_SlowReaderHoldsNobodyUp: others are told at once, and it catches
// up when it reads.
func TestEventStream_SlowReaderHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	b := setupOffice(t)
	b.run(1_200_000)
	slow, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	if err := slow.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(slow, "GET /competencia/1/eventos/ HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	quick := b.follow(t, "")
	last := upTo(t, "instantanea", quick.next).Seq
	for n := range 60 { // each a snapshot for everybody
		b.ana.must(http.StatusOK, "POST", "/api/competencias/1/salida/", map[string]any{"ajuste_ms": 1 + n, "motivo": strings.Repeat("x", 400)}, nil)
		began := time.Now()
		if m := upTo(t, "instantanea", quick.next); m.Seq <= last {
			t.Fatalf("event %d after %d", m.Seq, last)
		} else {
			last = m.Seq
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Fatalf("told after %s", took)
		}
	}
	if err := slow.SetReadDeadline(time.Now().Add(replyTimeout)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	f := &feed{t: t, res: res, br: bufio.NewReader(res.Body)}
	for f.next().Seq != last {
	}
}
