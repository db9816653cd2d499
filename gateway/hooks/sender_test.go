package hooks

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"server5k/race"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// receiver is an HTTPS server and the sender's settings to reach it.
func receiver(tb testing.TB, h http.HandlerFunc) (*httptest.Server, Config) {
	tb.Helper()
	s := httptest.NewTLSServer(h)
	tb.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s, Config{Guard: Guard{AllowPrivate: loopback}, RootCAs: pool, Now: newClock().now}
}

func to(url string) race.Webhook { return race.Webhook{ID: 1, URL: url, Secret: "whsec_test"} }

var sample = race.Delivery{ID: race.RecordID{15: 9}, Body: []byte(`{"id":"x"}`)}

func TestSender_SignsWhatItSends(t *testing.T) {
	t.Parallel()
	got := make(chan *http.Request, 1)
	bodies := make(chan string, 1)
	s, cfg := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies <- string(b)
		got <- r
		w.WriteHeader(http.StatusNoContent)
	})
	if a := newSender(cfg).send(t.Context(), to(s.URL+"/x?clave=1"), sample); a.fault != "" || a.status != 204 {
		t.Fatalf("answer %+v", a)
	}
	r, body := <-got, <-bodies
	for name, want := range map[string]string{
		HeaderSignature: Sign("whsec_test", start, []byte(body)), HeaderDelivery: "00000000-0000-0000-0000-000000000009",
		"User-Agent": userAgent, "Content-Type": "application/json",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if r.Method != http.MethodPost || r.URL.String() != "/x?clave=1" || body != `{"id":"x"}` {
		t.Errorf("got %s %s %s", r.Method, r.URL, body)
	}
}

// The value was computed with openssl.
func TestSign_IsHMACSHA256(t *testing.T) {
	t.Parallel()
	const want = "t=1777798800,v1=c40dd06045277ad347e785ed17c8b9f977207c992c478485c440ec649256f3e3"
	if got := Sign("whsec_test", start, []byte(`{"id":"x"}`)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSender_SaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler    http.HandlerFunc
		change     func(*Config)
		status     int
		fault      race.DeliveryFault
		retryAfter time.Duration
	}{
		"200":           {handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }, status: 200},
		"202 and a lot": {handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202); endless(w) }, status: 202},
		"404":           {handler: http.NotFound, status: 404, fault: race.FaultStatus},
		"410":           {handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, status: 410, fault: race.FaultGone},
		"503 with seconds": {handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(503)
		}, status: 503, fault: race.FaultStatus, retryAfter: 2 * time.Minute},
		"429 with a date": {handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", start.Add(time.Minute).Format(http.TimeFormat))
			w.WriteHeader(429)
		}, status: 429, fault: race.FaultStatus, retryAfter: time.Minute},
		"503 with nonsense": {handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "-5")
			w.WriteHeader(503)
		}, status: 503, fault: race.FaultStatus},
		"connection cut": {handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, fault: race.FaultUnreachable},
		"header too long": {handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("a", 2*maxHeader))
		}, fault: race.FaultUnreachable},
		"unknown authority": {handler: http.NotFound, change: func(c *Config) { c.RootCAs = x509.NewCertPool() }, fault: race.FaultTLS},
		"private address":   {handler: http.NotFound, change: func(c *Config) { c.Guard.AllowPrivate = nil }, fault: race.FaultRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, cfg := receiver(t, c.handler)
			if c.change != nil {
				c.change(&cfg)
			}
			a := newSender(cfg).send(t.Context(), to(s.URL+"/?clave=oculta"), sample)
			if a.status != c.status || a.fault != c.fault || a.retryAfter != c.retryAfter {
				t.Errorf("got %d %q %v (%v), want %d %q %v", a.status, a.fault, a.retryAfter, a.err, c.status, c.fault, c.retryAfter)
			}
			if (a.err == nil) != (c.fault == "") || a.err != nil && strings.Contains(a.err.Error(), "oculta") {
				t.Errorf("error %v", a.err)
			}
		})
	}
}

// endless writes until the client has had enough.
func endless(w io.Writer) {
	block := make([]byte, 64<<10)
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// A public address that redirects into the venue's network gains nothing.
func TestSender_DoesNotFollowRedirects(t *testing.T) {
	t.Parallel()
	inside, _ := receiver(t, func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") })
	s, cfg := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inside.URL, http.StatusTemporaryRedirect)
	})
	if a := newSender(cfg).send(t.Context(), to(s.URL), sample); a.fault != race.FaultRedirect || a.status != 307 {
		t.Errorf("got %+v", a)
	}
}

// A public name that resolves to this machine, at whatever time, is refused where
// it is connected to.
func TestSender_RefusesWhatANameResolvesTo(t *testing.T) {
	t.Parallel()
	s, cfg := receiver(t, func(http.ResponseWriter, *http.Request) { t.Error("it was called") })
	cfg.Guard.AllowPrivate = nil
	cfg.Resolver = resolver(t, [4]byte{127, 0, 0, 1})
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	url := "https://public.example.org:" + port + "/"
	if text, ok := cfg.Guard.check(url); !ok {
		t.Fatalf("the name itself is refused: %s", text.EN)
	}
	if a := newSender(cfg).send(t.Context(), to(url), sample); a.fault != race.FaultRefused {
		t.Errorf("got %+v, want refused", a)
	}
	cfg.Guard.AllowPrivate = loopback // the resolver is used: now it gets further
	if a := newSender(cfg).send(t.Context(), to(url), sample); a.fault != race.FaultTLS {
		t.Errorf("got %+v, want a certificate for another name", a)
	}
}

func TestSender_UnknownNamesAndSlowReceivers(t *testing.T) {
	t.Parallel()
	s, cfg := receiver(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client is gone
		<-r.Context().Done()
	})
	slow := newSender(cfg)
	slow.client.Timeout = 50 * time.Millisecond
	if a := slow.send(t.Context(), to(s.URL), sample); a.fault != race.FaultTimeout {
		t.Errorf("slow: got %+v", a)
	}
	cfg.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, net.UnknownNetworkError("none")
	}}
	if a := newSender(cfg).send(t.Context(), to("https://nobody.example.org/"), sample); a.fault != race.FaultUnreachable {
		t.Errorf("unknown name: got %+v", a)
	}
}

func TestSender_IgnoresProxies(t *testing.T) { //nolint:paralleltest // it sets the environment
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	s, cfg := receiver(t, func(http.ResponseWriter, *http.Request) {})
	cfg.Resolver = resolver(t, [4]byte{127, 0, 0, 1})
	url := strings.Replace(s.URL, "127.0.0.1", "example.com", 1) // the certificate's name; no proxy is ever used for loopback
	if a := newSender(cfg).send(t.Context(), to(url), sample); a.fault != "" {
		t.Errorf("got %+v", a)
	}
}

// resolver answers every question for an IPv4 address with one and has no others.
func resolver(tb testing.TB, address [4]byte) *net.Resolver {
	tb.Helper()
	pc, err := (&net.ListenConfig{}).ListenPacket(tb.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = pc.Close() })
	go func() { // until the cleanup
		b := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = pc.WriteTo(reply(b[:n], address), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

// reply makes the answer to a DNS query of one question.
func reply(query []byte, address [4]byte) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5 // the root label, type and class
	out := append([]byte{}, query[:end]...)
	binary.BigEndian.PutUint16(out[2:], 0x8180) // an answer, recursion available, no error
	binary.BigEndian.PutUint16(out[4:], 1)
	clear(out[6:12])
	if binary.BigEndian.Uint16(query[end-4:]) != 1 { // A
		return out
	}
	binary.BigEndian.PutUint16(out[6:], 1)
	out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4) // the name asked for, A, IN, TTL 0, 4 bytes
	return append(out, address[:]...)
}
