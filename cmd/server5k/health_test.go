package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthURL(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		":8000":           "http://127.0.0.1:8000/health/serving",
		"0.0.0.0:80":      "http://127.0.0.1:80/health/serving",
		"[::]:8000":       "http://127.0.0.1:8000/health/serving",
		"10.0.0.7:8000":   "http://10.0.0.7:8000/health/serving",
		"[fd00::7]:8000":  "http://[fd00::7]:8000/health/serving",
		"localhost:08000": "http://localhost:08000/health/serving",
		":0":              "",
		":http":           "",
		"8000":            "",
	} {
		if got, err := healthURL(addr); got != want || (err != nil) != (want == "") {
			t.Errorf("%s: got %q, %v, want %q", addr, got, err, want)
		}
	}
}

func TestHealth_AsksTheServerByItsOptions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cfg := testConfig(t, b.cfg.DataDir)
	cfg.AllowedHosts = []string{"carrera.example.org"} // a probe calls by address
	url, stop := serveConfig(t, cfg)
	b.env["LISTEN_ADDR"] = "0.0.0.0" + url[strings.LastIndex(url, ":"):]
	if out, want := b.must("health"), "salud: "+url+"/health/serving puede atender\n"; out != want {
		t.Errorf("printed %q, want %q", out, want)
	}
	if _, err := b.run("", "health", "--url", url+"/api/health/"); err == nil || !strings.Contains(err.Error(), "respondió 400") {
		t.Errorf("a route for allowed hosts only: %v", err)
	}
	stop()
	if _, err := b.run("", "health"); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestHealth_OnlyOKIsHealthy(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusNoContent, http.StatusFound, http.StatusServiceUnavailable} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}))
		t.Cleanup(server.Close)
		if _, err := setup(t).run("", "health", "--url", server.URL); (err == nil) != (status == http.StatusOK) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestHealth_SilenceNamesItself(t *testing.T) {
	t.Parallel()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // accepts nobody
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	_, err = setup(t).run("", "health", "--url", "http://"+ln.Addr().String())
	if err == nil || !strings.HasSuffix(err.Error(), "no respondió en 3 s") {
		t.Errorf("got %v", err)
	}
}
