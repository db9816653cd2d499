//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"server5k/race"
)

const (
	nodeJudges = 4
	// nodeRounds of every kind of request pass each of three nodes more than once.
	nodeRounds = 8
)

// TestNginx_NodesStandInForEachOther has two nodes of a cluster behind the file
// that is deployed, and in the place of the third one that always dies while it
// works on a request.
func TestNginx_NodesStandInForEachOther(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	cfg.DatabaseURL = databases.Database(t)
	addRace(t, cfg, raceDump(nodeJudges))
	c := startNodes(t, cfg, 2, "TRUSTED_PROXIES=127.0.0.1")
	dying := startDying(t)
	urls := c.urls()
	front := startNginx(t, strings.TrimPrefix(urls[0], "http://"), strings.TrimPrefix(urls[1], "http://"), dying.addr)
	admin := rest{url: urls[0]}
	admin.token = admin.login(t, "/api/token/", testAdmin)
	changeRace(t, admin, "iniciar", true)
	judges := make([]rest, nodeJudges)
	for i := range judges {
		judges[i] = front.rest("127.0.0.1")
		judges[i].token = judgeToken(t, race.JudgeID(i+1))
	}

	// A node dies with a request in its hands.
	for n := 0; dying.seen("/registros/") == 0; n++ {
		postRecord(t, judges[n%nodeJudges], n%nodeJudges+1)
	}
	loginOnce(t, front, dying)

	// The owner is gone.
	var socks []*socket
	for i, judge := range judges {
		s, err := judge.dialJudge(t.Context(), race.JudgeID(i+1))
		if err != nil {
			t.Fatal(err)
		}
		socks = append(socks, s)
	}
	owner := c.owner()
	owner.kill(t)
	c.remove(owner)
	for n := range nodeRounds {
		postRecord(t, judges[n%nodeJudges], n%nodeJudges+1)
		if status, err := judges[0].call(t.Context(), http.MethodGet, "/api/equipos/", nil, nil); err != nil || status != http.StatusOK {
			t.Errorf("GET: %d %v", status, err)
		}
	}
	moved := 0
	for i, judge := range judges {
		id := race.JudgeID(i + 1)
		if recordBySocket(socks[i], id) == nil {
			continue // it was at the living one
		}
		socks[i].cut(true)
		moved++
		again, err := judge.dialJudge(t.Context(), id)
		if err != nil {
			t.Fatalf("judge %d came back: %v", id, err)
		}
		if err := recordBySocket(again, id); err != nil {
			t.Errorf("judge %d after coming back: %v", id, err)
		}
		again.cut(false)
	}
	if moved == 0 || moved == nodeJudges {
		t.Errorf("%d of %d sockets were at the node that is gone", moved, nodeJudges)
	}
}

// postRecord sends a new record to the team of a judge. nginx must not let it fail.
func postRecord(t *testing.T, judge rest, team int) {
	t.Helper()
	body := map[string]any{"registros": []sentRecord{{ID: race.NewRecordID().String(), Total: 1_234_567}}}
	status, err := judge.call(t.Context(), http.MethodPost, fmt.Sprintf("/api/equipos/%d/registros/", team), body, nil)
	if err != nil || status != http.StatusCreated {
		t.Fatalf("POST of a record: %d %v", status, err)
	}
}

// loginOnce logs in until the dying node was asked: that login fails, and says
// when to come back, because nobody knows how far it got.
func loginOnce(t *testing.T, front *nginx, dying *dyingNode) {
	t.Helper()
	for dying.seen("/api/login/") == 0 {
		var got struct {
			Access string `json:"access"`
			Code   string `json:"codigo"`
		}
		status, err := front.rest("127.0.0.1").call(t.Context(), http.MethodPost, "/api/login/", map[string]string{"username": "juez1", "password": testPassword}, &got)
		want := http.StatusOK
		if dying.seen("/api/login/") > 0 {
			want = http.StatusServiceUnavailable
		}
		if err != nil || status != want || (got.Access == "") != (want != http.StatusOK) || (got.Code == "no_disponible") != (want != http.StatusOK) {
			t.Fatalf("login: %d %+v %v, want %d", status, got, err, want)
		}
	}
}

// recordBySocket sends a record and waits for its acknowledgement.
func recordBySocket(s *socket, judge race.JudgeID) error {
	if err := s.send(oneRecord("r", race.TeamID(judge), sentRecord{ID: race.NewRecordID().String(), Total: 1_300_000})); err != nil {
		return err
	}
	for {
		m, err := s.read()
		if err != nil {
			return err
		}
		if m.Ref == "r" && m.Type != "tiempo_registrado" {
			return fmt.Errorf("judge %d: %+v", judge, m)
		}
		if m.Ref == "r" {
			return nil
		}
	}
}

// dyingNode takes a request and closes the connection without an answer, as a
// process does that is killed at that moment.
type dyingNode struct {
	addr string

	mu    sync.Mutex // protects lines
	lines []string   // the first of each request
}

func startDying(t *testing.T) *dyingNode {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(context.WithoutCancel(t.Context()), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &dyingNode{addr: ln.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return // closed, below
			}
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err == nil {
				d.mu.Lock()
				d.lines = append(d.lines, line)
				d.mu.Unlock()
			}
			_ = conn.Close() // that is what it does
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		serving.Wait()
	})
	return d
}

// seen counts the requests for paths with part in them.
func (d *dyingNode) seen(part string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, line := range d.lines {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}
