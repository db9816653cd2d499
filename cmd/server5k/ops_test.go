package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// lockedBuffer is a log that a test reads while others write it.
type lockedBuffer struct {
	mu  sync.Mutex // protects buf
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// ops starts a private listener and returns its URL and what stops it.
func ops(t *testing.T, reg *prometheus.Registry, status func() any) (url string, stop func(context.Context) error) {
	t.Helper()
	var log lockedBuffer
	stop, err := startOps(t.Context(), "127.0.0.1:0", reg, status, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(t.Context()), 10*time.Second, errors.New("not stopped in 10s"))
		defer cancel()
		if err := stop(ctx); err != nil {
			t.Error(err)
		}
	})
	m := regexp.MustCompile(`addr=(\S+)`).FindStringSubmatch(log.String())
	if m == nil {
		t.Fatalf("no address in the log:\n%s", log.String())
	}
	return "http://" + m[1], stop
}

// fetch sends a request without a keep-alive, by a Host nobody allowed.
func fetch(t *testing.T, method, url string) (status int, h http.Header, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Host, req.Close = "prometheus.example", true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

func TestOps_Pages(t *testing.T) {
	t.Parallel()
	url, _ := ops(t, newRegistry(), func() any { return map[string]any{"node": "a", "members": []int{1, 2}} })
	for _, tc := range []struct {
		line   string
		status int
		want   string // a regular expression
	}{
		{"GET /", 200, `(?s)<html lang="es">.*/metrics`},
		{"GET /metrics", 200, `(?s)go_goroutines \d+.*process_open_fds \d+.*server5k_build_info{go_version="go[^"]+",version="` + regexp.QuoteMeta(version) + `"} 1`},
		{"GET /status", 200, `^{\n  "members": \[\n    1,\n    2\n  \],\n  "node": "a"\n}\n$`},
		{"GET /debug/pprof/", 200, `heap`},
		{"GET /debug/pprof/goroutine?debug=1", 200, `goroutine profile: total`},
		{"GET /debug/pprof/cmdline", 404, ``},
		{"GET /debug/vars", 404, ``},
		{"GET /nada", 404, ``},
		{"POST /metrics", 405, ``},
		{"POST /debug/pprof/symbol", 200, `num_symbols`},
	} {
		method, path, _ := strings.Cut(tc.line, " ")
		status, h, body := fetch(t, method, url+path)
		if status != tc.status || !regexp.MustCompile(tc.want).MatchString(body) {
			t.Errorf("%s: %d, want %d and %s\n%.2000s", tc.line, status, tc.status, tc.want, body)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", tc.line, h)
		}
	}
}

func TestOps_Profiles(t *testing.T) {
	t.Parallel()
	url, _ := ops(t, newRegistry(), func() any { return nil })
	for _, path := range []string{"/debug/pprof/heap", "/debug/pprof/goroutine", "/debug/pprof/profile?seconds=1"} {
		status, _, body := fetch(t, http.MethodGet, url+path)
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
			continue
		}
		z, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if n, err := io.Copy(io.Discard, z); err != nil || n < 100 {
			t.Errorf("%s: %d bytes, %v", path, n, err)
		}
	}
}

// TestOps_StopEndsAProfile: the process does not wait for whoever measures it. A
// process has one trace at a time, so no other test takes one.
func TestOps_StopEndsAProfile(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	asked := make(chan struct{})
	url, stop := ops(t, reg, func() any { close(asked); return "x" })
	got := make(chan error, 1)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/debug/pprof/trace?seconds=100", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req) // the header of the trace comes at once
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	go func(body io.Reader) {
		b, err := io.ReadAll(body)
		if err == nil && !bytes.HasPrefix(b, []byte("go 1.")) {
			err = fmt.Errorf("no trace: %.40q", b)
		}
		got <- err
	}(res.Body)
	if _, _, body := fetch(t, http.MethodGet, url+"/status"); body != "\"x\"\n" {
		t.Errorf("status: %q", body)
	}
	<-asked
	ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, errors.New("not stopped in 10s"))
	defer cancel()
	for range 2 {
		if err := stop(ctx); err != nil {
			t.Error(err)
		}
	}
	if err := <-got; err != nil {
		t.Errorf("trace: %v", err)
	}
}

func TestOps_StatusThatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	url, _ := ops(t, prometheus.NewRegistry(), func() any { return make(chan int) })
	if status, _, _ := fetch(t, http.MethodGet, url+"/status"); status != http.StatusInternalServerError {
		t.Errorf("got %d", status)
	}
}

// TestOps_OneBrokenMetricHidesNoOther: what can be read is.
func TestOps_OneBrokenMetricHidesNoOther(t *testing.T) {
	t.Parallel()
	reg := newRegistry()
	reg.MustRegister(brokenCollector{})
	url, _ := ops(t, reg, func() any { return nil })
	if status, _, body := fetch(t, http.MethodGet, url+"/metrics"); status != http.StatusOK || !strings.Contains(body, "server5k_build_info") {
		t.Errorf("got %d", status)
	}
}

type brokenCollector struct{}

var brokenDesc = prometheus.NewDesc("server5k_broken", "Fails.", nil, nil)

func (brokenCollector) Describe(to chan<- *prometheus.Desc) { to <- brokenDesc }
func (brokenCollector) Collect(to chan<- prometheus.Metric) {
	to <- prometheus.NewInvalidMetric(brokenDesc, errors.New("broken"))
}

func TestOps_PortInUse(t *testing.T) {
	t.Parallel()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if _, err := startOps(t.Context(), ln.Addr().String(), newRegistry(), func() any { return nil }, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("no error")
	}
}
