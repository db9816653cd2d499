package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/prometheus/client_golang/prometheus"

	"server5k/actors"
	"server5k/cluster"
	"server5k/cluster/redis"
	"server5k/gateway"
	"server5k/gateway/auth"
	"server5k/gateway/hooks"
	"server5k/gateway/office"
	"server5k/gateway/ws"
	"server5k/persistence"
	"server5k/race"
)

const (
	// stopTimeout bounds the drain: what is on its way is made durable and
	// answered, then the sockets close.
	stopTimeout = 20 * time.Second
	// hashQueue logins may wait for a password hash; a start line has about a
	// hundred judges.
	hashQueue = 256
	// maxSockets bounds the connections of one node; a laptop's default limit of
	// open files is near it.
	maxSockets = 20_000
	// maxSocketsPerIP leaves room for a stadium behind one address and keeps a
	// single machine from taking all.
	maxSocketsPerIP = 8000
)

// serveCmd runs the server until it is told to stop.
type serveCmd struct {
	Demo      bool    `help:"Crea una carrera y cuentas de demostración si la base está vacía (solo con DEBUG=true)."`
	Migrate   bool    `env:"MIGRATE" help:"Antes de servir, lleva la base de PostgreSQL a esta versión (la integrada, siempre)."`
	LogLevel  string  `default:"info" env:"LOG_LEVEL" enum:"debug,info,warn,error" placeholder:"NIVEL" help:"Cuánto se registra: debug, info, warn o error."`
	JudgeRate float64 `default:"50" env:"JUDGE_RATE" placeholder:"N" help:"Mensajes por segundo que se aceptan de cada juez."`
}

// Help shows an example.
func (serveCmd) Help() string { return "Ejemplo: DEBUG=true server5k serve --demo" }

// Run serves until ctx ends, then drains.
func (cmd serveCmd) Run(ctx context.Context, cfg *Config, io stdio) error {
	ln, err := (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, "tcp", cfg.ListenAddr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return cmd.serve(ctx, cfg, io, ln)
}

// parts are what a running server is made of, built bottom-up.
type parts struct {
	log         *slog.Logger
	metrics     *prometheus.Registry
	store       persistence.Store
	live        *gateway.Live
	devices     *gateway.Devices
	lookup      *cluster.Lookup
	actorSystem *actor.ActorSystem
	system      *actors.System
	sentinel    *sentinel
	sockets     *ws.Server
	guard       hooks.Guard
	provider    *redis.Provider // nil without a cluster, as is node
	node        *cluster.Node
	plainPort   string // what this node listens on, as is tlsPort; "" while it does not
	tlsPort     string

	stops []func(context.Context) error
}

// onStop makes f run when the server stops, before all that was added earlier.
func (p *parts) onStop(f func(context.Context) error) { p.stops = append(p.stops, f) }

// stop ends the parts top-down and keeps every error.
func (p *parts) stop(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), stopTimeout, errors.New("stop: not done in 20s"))
	defer cancel()
	for _, f := range slices.Backward(p.stops) {
		err = errors.Join(err, f(ctx))
	}
	return err
}

// serve builds bottom-up and stops top-down.
func (cmd serveCmd) serve(ctx context.Context, cfg *Config, io stdio, ln net.Listener) (err error) {
	var level slog.Level // info
	if cmd.LogLevel != "" {
		if err := level.UnmarshalText([]byte(cmd.LogLevel)); err != nil {
			return errors.Join(fmt.Errorf("LOG_LEVEL: %w", err), ln.Close())
		}
	}
	p := &parts{log: slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: level})), metrics: newRegistry()}
	if cfg.isNode() { // the logs of all nodes may come together
		p.log = p.log.With("node", cfg.nodeName())
	}
	defer func() { err = errors.Join(err, p.stop(ctx)) }()
	listeners := []net.Listener{ln}
	secure, err := cfg.listenTLS(ctx, p.log)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	if secure != nil {
		listeners = append(listeners, secure)
	}
	p.plainPort, p.tlsPort = portOf(ln), portOf(secure)
	server, err := cmd.build(ctx, cfg, io, p)
	if err != nil {
		for _, ln := range listeners {
			err = errors.Join(err, ln.Close())
		}
		return err
	}
	failed := make(chan error, len(listeners)) // each Serve sends once
	for _, ln := range listeners {
		go func() { failed <- server.Serve(ln) }()
	}
	p.onStop(server.Shutdown)
	if p.node != nil { // first of all, so that others take over what is owned here
		p.onStop(func(context.Context) error { return p.node.Leave() })
	}

	ready := []any{"url", localURL(ln), "database", cfg.databaseName()}
	if secure != nil {
		ready = append(ready, "tls_url", "https"+strings.TrimPrefix(localURL(secure), "http"))
	}
	p.log.Info("ready", ready...)
	if cmd.Demo {
		printDemo(io, localURL(ln))
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		p.log.Info("stopping")
		return nil
	}
}

// build makes all parts; what it made before an error is in p and is stopped.
func (cmd serveCmd) build(ctx context.Context, cfg *Config, io stdio, p *parts) (*gateway.Server, error) {
	if cmd.Migrate && cfg.postgresURL() != "" {
		if err := migratePostgres(ctx, cfg, io); err != nil {
			return nil, err
		}
	}
	var err error
	if p.store, err = openStore(ctx, cfg); err != nil {
		return nil, err
	}
	p.onStop(func(context.Context) error { return p.store.Close() })
	secret, err := cfg.secretKey()
	if err != nil {
		return nil, err
	}
	hasher := auth.NewHasher(runtime.GOMAXPROCS(0), hashQueue)
	if cmd.Demo {
		if err := seedDemo(ctx, p.store, hasher); err != nil {
			return nil, err
		}
	}
	p.devices = gateway.NewDevices(cfg.nodeName())
	p.live = gateway.NewLive(cfg.Location, p.log)
	p.onStop(func(context.Context) error { p.live.Close(); return nil })
	p.sockets = ws.NewServer(p.log)
	if err := p.startActors(ctx, cfg); err != nil {
		return nil, err
	}
	if err := p.startOps(ctx, cfg); err != nil {
		return nil, err
	}
	p.guard = hooks.Guard{AllowHTTP: cfg.WebhooksAllowHTTP, AllowPrivate: cfg.private}
	dispatcher := hooks.New(hooks.Config{Queue: p.store, Guard: p.guard, Now: time.Now, Log: p.log.With("part", "webhooks"), Metrics: p.metrics})
	dispatcher.Start(ctx)
	p.onStop(dispatcher.Stop)
	p.onStop(p.sockets.Drain)
	p.onStop(p.system.Drain)
	return cmd.door(cfg, p, secret, hasher), nil
}

// startActors starts the actors, alone or as a node of a cluster.
func (p *parts) startActors(ctx context.Context, cfg *Config) error {
	p.actorSystem = actors.NewActorSystem(p.log)
	p.sentinel = newSentinel(p.store, p.metrics, p.log)
	var setOwns func(bool) // alone, a node owns what there is
	start := func() {
		p.system = actors.Start(actors.Config{
			System: p.actorSystem, Placement: p.lookup, Store: p.store, Publisher: p.live, Log: p.log, Metrics: p.metrics, Devices: p.devices.List,
		})
		p.live.SetWatch(p.system.Watch)
		p.onStop(func(context.Context) error { p.system.Stop(); return nil })
	}
	if cfg.isNode() {
		p.lookup = cluster.NewLookup(actors.Router)
		if err := p.joinCluster(ctx, cfg, start); err != nil {
			return err
		}
		setOwns = p.provider.SetOwns
	} else {
		p.lookup = cluster.Alone(p.actorSystem.Address())
		start()
	}
	p.sentinel.start(setOwns, func(r *report) { p.report(cfg, r) })
	p.onStop(func(context.Context) error { p.sentinel.stop(); return nil })
	return nil
}

// report fills in what the node knows of itself.
func (p *parts) report(cfg *Config, r *report) {
	r.Node, r.Address, r.Sockets = cfg.nodeName(), p.actorSystem.Address(), p.sockets.Len()
	r.Member, _ = p.lookup.Membership()
	st, err := p.system.Status()
	if err != nil {
		p.log.Warn("status of the actors", "error", err)
	}
	r.Status = st
}

// startOps opens the private listener, if it is asked for.
func (p *parts) startOps(ctx context.Context, cfg *Config) error {
	if cfg.MetricsAddr == "" {
		return nil
	}
	stop, err := startOps(ctx, cfg.MetricsAddr, p.metrics, func() any { return p.sentinel.now() }, p.log)
	if err != nil {
		return fmt.Errorf("METRICS_ADDR: %w", err)
	}
	p.onStop(stop)
	return nil
}

// localURL is where a browser on this machine finds the server.
func localURL(ln net.Listener) string {
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return "http://" + ln.Addr().String()
	}
	return "http://" + net.JoinHostPort("127.0.0.1", port)
}

// printDemo tells what to try.
func printDemo(io stdio, url string) {
	_, _ = fmt.Fprintf(io.out, `
Server5K de demostración
  Resultados:   %[1]s/            (en vivo, para el público)
  Jueces:       %[1]s/juez/       (la consola del teléfono)
  Panel:        %[1]s/admin/      (organizadores)
  Documentos:   %[1]s/api/docs/

Cuentas
  Jueces:       juez1 / juez1123 … juez6 / juez6123
  Organizador:  %[2]s / %[3]s

Pruebe (cada línea es un comando):
  T=$(curl -s %[1]s/api/token/ -H 'Content-Type: application/json' -d '{"username":"%[2]s","password":"%[3]s"}' | sed 's/.*"access":"\([^"]*\)".*/\1/')
  curl -s -X POST %[1]s/api/competencias/1/iniciar/ -H "Authorization: Bearer $T"
  J=$(curl -s %[1]s/api/login/ -H 'Content-Type: application/json' -d '{"username":"juez1","password":"juez1123"}' | sed 's/.*"access":"\([^"]*\)".*/\1/')
  curl -s %[1]s/api/equipos/1/registros/ -H "Authorization: Bearer $J" -H 'Content-Type: application/json' -d '{"registros":[{"tiempo":1234567}]}'
  curl -s %[1]s/api/competencias/1/resultados/ -H "Authorization: Bearer $T"
  WebSocket del juez: %[4]s/ws/juez/1/?token=$J  →  {"tipo":"registrar_tiempo","equipo_id":1,"tiempo":1300000}

`, url, demoOrganizer, demoPassword, "ws"+url[len("http"):])
}

// sessions gives the gateway the actors' sessions as its own interface.
type sessions struct{ system *actors.System }

// OpenSession implements gateway.Sessions.
func (s sessions) OpenSession(judge race.JudgeID, teams []race.Team, box gateway.Outbox) gateway.Session {
	return s.system.OpenSession(judge, teams, box)
}

// The parts fit together.
var (
	_ gateway.Races    = (*actors.System)(nil)
	_ gateway.Store    = persistence.Store(nil)
	_ office.Store     = persistence.Store(nil)
	_ office.Races     = (*actors.System)(nil)
	_ actors.Store     = persistence.Store(nil)
	_ actors.Publisher = (*gateway.Live)(nil)
)
