package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"server5k/gateway/auth"
	"server5k/gateway/hooks"
	"server5k/gateway/lanca"
	"server5k/gateway/office"
	"server5k/gateway/ws"
	"server5k/race"
)

// Races is the actor system that owns running competitions.
type Races interface {
	// Submit stores a request or refuses it. An error is a *race.Error, such as
	// race.CodeUnavailable, or race.ErrNotFound for an unknown team; nothing is
	// promised then and the same request may be sent again.
	Submit(ctx context.Context, q race.Request, origin string) (race.Reply, error)
	// CloseSessions ends the live sockets of a judge; it does not wait for them.
	CloseSessions(judge race.JudgeID)
}

// Store is what the gateway reads, and the few rows of accounts and tokens that
// it writes. A method that finds no row returns race.ErrNotFound.
type Store interface {
	Competition(ctx context.Context, id race.CompetitionID) (race.Competition, error)
	Competitions(ctx context.Context, judge race.JudgeID) ([]race.Competition, error)
	Team(ctx context.Context, id race.TeamID) (race.TeamRow, error)
	Teams(ctx context.Context, f race.TeamFilter) ([]race.TeamRow, error)
	TeamRecords(ctx context.Context, id race.TeamID) ([]race.TimeRecord, error)

	Judge(ctx context.Context, id race.JudgeID) (race.Judge, error)
	JudgeCredential(ctx context.Context, login string) (race.Credential, race.Judge, error)
	SetJudgePassword(ctx context.Context, id race.JudgeID, hash string) error
	Organizer(ctx context.Context, id race.OrganizerID) (race.Organizer, error)
	OrganizerCredential(ctx context.Context, login string) (race.Credential, race.Organizer, error)
	SetOrganizerPassword(ctx context.Context, id race.OrganizerID, hash string) error

	RevokeToken(ctx context.Context, id string, expires time.Time) (bool, error)
	TokenRevoked(ctx context.Context, id string) (bool, error)

	// Ping asks whether the database answers.
	Ping(ctx context.Context) error
}

// Config is what a Server is made of. Races, Store, Desk, Issuer, Hasher, Location
// and Log are required; Now defaults to time.Now.
type Config struct {
	Races Races
	Store Store
	// Desk answers organizers.
	Desk *office.Desk
	// Hooks keeps the webhooks; nil: there are none.
	Hooks *hooks.Registry
	// Panel answers what begins with /admin; nil: nothing is there.
	Panel func(*fasthttp.RequestCtx)
	// Console answers what begins with /juez; nil: nothing is there.
	Console func(*fasthttp.RequestCtx)
	// Public answers what no other route does and says whether it did; nil: nothing
	// is there.
	Public func(*fasthttp.RequestCtx) bool
	// LAN offers the certificate of this server's own authority; nil: there is none.
	LAN *lanca.Pages
	// Logins limits failed logins; nil makes an own one. Sharing it with a panel
	// makes the limits one.
	Logins *auth.Logins
	Issuer *auth.Issuer
	Hasher *auth.Hasher
	// Location gives the offset in which times are written.
	Location *time.Location
	// AllowHost says whether the server may be called by a Host header.
	AllowHost func(host string) bool
	// AllowedOrigins are the exact origins whose pages may call the API and open
	// sockets; those of TrustedOrigins may only open sockets.
	AllowedOrigins []string
	TrustedOrigins []string
	// TrustedProxies may say in X-Forwarded-For and X-Forwarded-Proto for whom they
	// call; from anybody else these headers mean nothing.
	TrustedProxies []netip.Prefix
	Now            func() time.Time
	Log            *slog.Logger
	// Sockets, Live and Sessions serve the WebSocket routes; MaxSockets bounds how
	// many are open, 0 not at all, and JudgeRate the messages a second of a judge.
	Sockets    *ws.Server
	Live       *Live
	Sessions   Sessions
	MaxSockets int
	// MaxSocketsPerIP bounds the sockets of one client's address, 0 not at all.
	MaxSocketsPerIP int
	JudgeRate       float64
	// Devices is where the judges' devices that are connected are listed.
	Devices *Devices
	// Ready is what must work beside the store for this node to be in order.
	Ready []Check
	// Metrics is where the metrics are registered, once; nil: nowhere.
	Metrics prometheus.Registerer
	// JudgeHandshakes and ViewerHandshakes bound the sockets taken in within a
	// second, JudgeSetups and ViewerSetups how many of them are being prepared at
	// the same time. 0 means the default of each, a negative number no bound.
	JudgeHandshakes, ViewerHandshakes int
	JudgeSetups, ViewerSetups         int
}

// Limits of the HTTP server. The read timeout ends a client that trickles its
// request; the phone app waits 15 s for an answer.
const (
	readTimeout     = 5 * time.Second
	writeTimeout    = 10 * time.Second
	idleTimeout     = 30 * time.Second
	maxBodyBytes    = 64 << 10             // fifteen records with every field take 4 KiB
	maxImportBytes  = 2<<20 + maxBodyBytes // a file of 2 MiB and the form around it
	maxMarksBytes   = 1 << 20              // office.MaxFileMarks with every field take 600 KiB
	importTimeout   = 30 * time.Second     // to send one
	maxHeaderBytes  = 8 << 10
	maxRestRequests = 4096 // at once; sockets do not count
)

// Server answers REST calls and hands WebSocket handshakes on. All methods may
// be called from any goroutine. Serve starts one goroutine per busy connection;
// they end with Shutdown.
type Server struct {
	cfg    Config
	routes map[string]route
	deep   []deepRoute
	http   *fasthttp.Server

	logins       *auth.Logins
	door         door // of the sockets
	streams      *streams
	retryIn      func() time.Duration // ws.RetryIn, fixed in tests
	metrics      *metrics
	panelMeter   *meter // of all of the panel
	consoleMeter *meter // of the files of the judge console
	publicMeter  *meter // of all pages of the public
	readiness    *readiness
	draining     atomic.Bool // set by Shutdown
}

// New returns a server that listens nowhere yet.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Devices == nil {
		cfg.Devices = NewDevices("")
	}
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	s := &Server{
		cfg:     cfg,
		logins:  cfg.Logins,
		door:    newDoor(cfg),
		streams: newStreams(),
		retryIn: ws.RetryIn,
		metrics: newMetrics(cfg.Metrics),
	}
	if s.logins == nil {
		s.logins = auth.NewLogins(cfg.Now)
	}
	if cfg.Live != nil {
		cfg.Live.metrics.Store(s.metrics)
	}
	s.readiness = &readiness{
		checks: append([]Check{{"database", func(ctx context.Context) error { return cfg.Store.Ping(ctx) }}}, cfg.Ready...),
		log:    cfg.Log, draining: &s.draining, failed: map[string]bool{},
	}
	s.routes = s.table()
	s.deep = deepRoutes(s.routes)
	s.panelMeter = s.metrics.meter("/admin/", http.StatusOK)
	s.consoleMeter = s.metrics.meter("/juez/", http.StatusOK)
	s.publicMeter = s.metrics.meter("/competencia/", http.StatusOK)
	s.http = &fasthttp.Server{
		Handler:                      s.serve,
		ErrorHandler:                 s.badRequest,
		HeaderReceived:               s.limits,
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		ReadBufferSize:               maxHeaderBytes,
		MaxRequestBodySize:           maxBodyBytes,
		Concurrency:                  maxRestRequests,
		ReduceMemoryUsage:            true,
		KeepHijackedConns:            true,
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		DisablePreParseMultipartForm: true,
		SecureErrorLogMessage:        true,
		CloseOnShutdown:              true,
		Logger:                       httpLog{cfg.Log},
	}
	s.metrics.watch(cfg.Metrics, s.http.GetCurrentConcurrency, s.http.GetRejectedConnectionsCount)
	if cfg.Metrics != nil {
		cfg.Metrics.MustRegister(s.readiness)
	}
	return s
}

// stamp writes instants for clients.
func (s *Server) stamp() stamp { return stamp{s.cfg.Location} }

// Serve answers on ln until Shutdown and then returns nil.
func (s *Server) Serve(ln net.Listener) error {
	if err := s.http.Serve(ln); err != nil {
		return fmt.Errorf("serve http: %w", err)
	}
	return nil
}

// Shutdown stops accepting, ends the event streams and waits for the requests under
// way until ctx ends. Sockets are not its business: the ws server drains them.
func (s *Server) Shutdown(ctx context.Context) error {
	s.draining.Store(true)
	err := s.streams.drain(ctx)
	if down := s.http.ShutdownWithContext(ctx); down != nil {
		err = errors.Join(err, fmt.Errorf("shut http down: %w", down))
	}
	return err
}

// httpLog takes what fasthttp has to say, which is about broken clients.
type httpLog struct{ log *slog.Logger }

// Printf logs at debug level.
func (l httpLog) Printf(format string, args ...any) {
	l.log.Debug("http server", "notice", fmt.Sprintf(format, args...))
}
