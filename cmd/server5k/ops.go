package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime/debug"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	opsHeaderTimeout = 5 * time.Second
	opsIdleTimeout   = 2 * time.Minute // a scraper comes back within that
	// opsWriteTimeout is for an answer; package pprof adds the time of a profile.
	opsWriteTimeout = 15 * time.Second
	// opsReadTimeout also ends profiles and traces, of which 30 s are usual: when
	// it is over net/http takes the client for gone.
	opsReadTimeout = 2 * time.Minute
	opsHeaderBytes = 8 << 10
	// opsScrapes at once: more than the scrapers that a race has.
	opsScrapes = 4
)

// newRegistry returns a registry with what is known of the process itself.
func newRegistry() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "server5k_build_info", Help: "1, with the version of this program.",
	}, []string{"version", "go_version"})
	build.WithLabelValues(version, goVersion()).Set(1)
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build)
	return reg
}

func goVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.GoVersion
	}
	return "unknown"
}

// startOps serves the metrics, the profiles and the status of this process on
// addr, to whoever reaches it: see validatePrivateListener. status must be safe to
// call from any goroutine; what it returns is encoded as JSON. stop ends what is
// under way, a profile too; it may be called twice.
func startOps(
	ctx context.Context, addr string, reg *prometheus.Registry, status func() any, log *slog.Logger,
) (stop func(context.Context) error, err error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics: %w", err)
	}
	log = log.With("part", "ops")
	alive, end := context.WithCancel(context.WithoutCancel(ctx)) // they are read while the server drains too
	srv := &http.Server{
		Handler:           opsHandler(reg, status, log),
		ReadHeaderTimeout: opsHeaderTimeout,
		ReadTimeout:       opsReadTimeout,
		WriteTimeout:      opsWriteTimeout,
		IdleTimeout:       opsIdleTimeout,
		MaxHeaderBytes:    opsHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return alive },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	served := make(chan struct{}) // closed when Serve returned
	go func() {
		defer close(served)
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			log.Error("private listener ended", "err", err)
		}
	}()
	log.Info("private listener ready", "addr", ln.Addr().String())
	return func(ctx context.Context) error {
		end()
		err := srv.Shutdown(ctx)
		if err != nil {
			err = errors.Join(fmt.Errorf("stop private listener: %w", err), srv.Close())
		}
		<-served
		return err
	}, nil
}

// opsHandler has its own table: the packages that are linked in cannot add to it.
// /debug/pprof/cmdline is left out, for a command line may hold a password.
func opsHandler(reg *prometheus.Registry, status func() any, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: opsScrapes, EnableOpenMetrics: true,
	}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { writeStatus(w, status(), log) })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(opsIndex)) // the reader is gone
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

const opsIndex = `<!DOCTYPE html>
<html lang="es"><meta charset="utf-8"><title>Server5K: puerto privado</title>
<h1>Server5K: puerto privado</h1>
<ul>
<li><a href="/status">/status</a>: estado de este nodo</li>
<li><a href="/metrics">/metrics</a>: métricas para Prometheus</li>
<li><a href="/debug/pprof/">/debug/pprof/</a>: perfiles del proceso</li>
</ul>
`

func writeStatus(w http.ResponseWriter, status any, log *slog.Logger) {
	out, err := json.Marshal(status, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		log.Error("status not encoded", "err", err)
		http.Error(w, "el estado no se puede mostrar", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(out, '\n')) // the reader is gone
}
