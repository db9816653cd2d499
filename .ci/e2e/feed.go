package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
)

// maxEvent is how large an event of a feed may be, in bytes.
const maxEvent = 1 << 20

// Feed opens the EventSource of a competition, which others may embed, from a page of
// another host. Each event is a Sight; its fields come from the data.
func (s *Server) Feed(competition int64) *Viewer {
	s.tb.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.tb.Context()))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/competencia/%d/eventos/", s.URL, competition), http.NoBody)
	if err != nil {
		s.tb.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Origin", "https://diario.example")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		cancel()
		s.tb.Fatal(err)
	}
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/event-stream") {
		cancel()
		_ = res.Body.Close()
		s.tb.Fatalf("the feed answers with status %d and type %q", res.StatusCode, kind)
	}
	if got := res.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		s.tb.Errorf("the feed is allowed for the origin %q, want *", got)
	}
	v := newViewer(s.tb, "feed", cancel)
	go v.readFeed(res)
	return v
}

func (v *Viewer) readFeed(res *http.Response) {
	defer close(v.ended)
	defer func() { _ = res.Body.Close() }() // its end is an error already
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, maxEvent)
	var data []string
	for lines.Scan() {
		line := lines.Text()
		if rest, ok := strings.CutPrefix(line, "data:"); ok {
			data = append(data, strings.TrimPrefix(rest, " "))
		}
		if line == "" && len(data) > 0 {
			v.take([]byte(strings.Join(data, "\n")))
			data = nil
		}
	}
	err := lines.Err()
	if err == nil {
		err = ErrHungUp
	}
	v.fail(err)
}
