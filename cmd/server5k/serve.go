package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"time"

	"server5k/actors"
	"server5k/cluster"
	"server5k/gateway"
	"server5k/gateway/auth"
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

// serve builds bottom-up and stops top-down.
func (cmd serveCmd) serve(ctx context.Context, cfg *Config, io stdio, ln net.Listener) (err error) {
	var level slog.Level // info
	if cmd.LogLevel != "" {
		if err := level.UnmarshalText([]byte(cmd.LogLevel)); err != nil {
			return fmt.Errorf("LOG_LEVEL: %w", err)
		}
	}
	log := slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: level}))
	var stops []func(context.Context) error
	defer func() {
		stop, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), stopTimeout, errors.New("stop: not done in 20s"))
		defer cancel()
		for _, f := range slices.Backward(stops) {
			err = errors.Join(err, f(stop))
		}
	}()

	if cmd.Migrate && cfg.postgresURL() != "" {
		if err := migratePostgres(ctx, cfg, io); err != nil {
			return errors.Join(err, ln.Close())
		}
	}
	store, err := openStore(ctx, cfg)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	stops = append(stops, func(context.Context) error { return store.Close() })
	secret, err := cfg.secretKey()
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	hasher := auth.NewHasher(runtime.GOMAXPROCS(0), hashQueue)
	if cmd.Demo {
		if err := seedDemo(ctx, store, hasher); err != nil {
			return errors.Join(err, ln.Close())
		}
	}

	live := gateway.NewLive(cfg.Location, log)
	stops = append(stops, func(context.Context) error { live.Close(); return nil })
	actorSystem := actors.NewActorSystem(log)
	system := actors.Start(actors.Config{
		System: actorSystem, Placement: cluster.Alone(actorSystem.Address()), Store: store, Publisher: live, Log: log,
	})
	live.SetWatch(system.Watch)
	stops = append(stops, func(context.Context) error { system.Stop(); return nil })
	sockets := ws.NewServer(log)
	stops = append(stops, sockets.Drain, system.Drain)
	server := gateway.New(gateway.Config{
		Races: system, Sessions: sessions{system}, Store: store, Issuer: auth.NewIssuer([]byte(secret), time.Now), Hasher: hasher,
		Location: cfg.Location, AllowHost: cfg.allowHost, AllowedOrigins: cfg.CORSAllowedOrigins,
		TrustedOrigins: cfg.CSRFTrustedOrigins, TrustedProxies: cfg.proxies, Now: time.Now, Log: log.With("part", "gateway"),
		Sockets: sockets, Live: live, MaxSockets: maxSockets, MaxSocketsPerIP: maxSocketsPerIP, JudgeRate: cmd.JudgeRate,
	})
	failed := make(chan error, 1) // Serve sends once
	go func() { failed <- server.Serve(ln) }()
	stops = append(stops, server.Shutdown)

	log.Info("ready", "url", localURL(ln), "database", cfg.databaseName())
	if cmd.Demo {
		printDemo(io, localURL(ln))
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		log.Info("stopping")
		return nil
	}
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
Server5K de demostración: %[1]s/api/
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
	_ actors.Store     = persistence.Store(nil)
	_ actors.Publisher = (*gateway.Live)(nil)
)
