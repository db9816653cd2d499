package main

import (
	"net/netip"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/gateway"
	"server5k/gateway/admin"
	"server5k/gateway/auth"
	"server5k/gateway/console"
	"server5k/gateway/hooks"
	"server5k/gateway/lanca"
	"server5k/gateway/office"
	"server5k/gateway/public"
)

// door builds what people and devices talk to: REST and sockets, the race office
// behind them, and its panel.
func (cmd serveCmd) door(cfg *Config, p *parts, secret string, hasher *auth.Hasher) *gateway.Server {
	desk := office.New(office.Config{
		Store: p.store, Races: p.system, Hasher: hasher, Now: time.Now, Log: p.log.With("part", "office"),
	})
	webhooks := hooks.NewRegistry(p.store, p.guard, time.Now)
	logins := auth.NewLogins(time.Now)
	var server *gateway.Server
	panel := admin.New(admin.Config{
		Desk: desk, Importer: desk, ReadMarks: gateway.ReadMarks, Webhooks: webhooks, TrustedOrigins: cfg.CSRFTrustedOrigins, Accounts: p.store, Hasher: hasher, Secret: []byte(secret), Logins: logins,
		// No request comes before the server is there.
		Client:   func(ctx *fasthttp.RequestCtx) netip.Addr { return server.Client(ctx) },
		Secure:   func(ctx *fasthttp.RequestCtx) bool { return server.Secure(ctx) },
		Location: cfg.Location, Now: time.Now, Log: p.log.With("part", "admin"),
	})
	pages := public.New(public.Config{
		Store: p.store, Seq: p.live.Seq, Location: cfg.Location, Now: time.Now, Log: p.log.With("part", "public"),
	})
	server = gateway.New(gateway.Config{
		Desk: desk, Panel: panel.Handler, Console: console.New(console.Config{}).Handler, Public: pages.Handler, Hooks: webhooks, Logins: logins,
		LAN:   lanca.New(lanca.Config{CAFile: cfg.tlsAuthority(), PlainPort: p.plainPort, TLSPort: p.tlsPort, Log: p.log.With("part", "lan")}),
		Races: p.system, Sessions: sessions{p.system}, Store: p.store, Issuer: auth.NewIssuer([]byte(secret), time.Now), Hasher: hasher,
		Location: cfg.Location, AllowHost: cfg.allowHost, AllowedOrigins: cfg.CORSAllowedOrigins,
		TrustedOrigins: cfg.CSRFTrustedOrigins, TrustedProxies: cfg.proxies, Now: time.Now, Log: p.log.With("part", "gateway"),
		Sockets: p.sockets, Live: p.live, MaxSockets: maxSockets, MaxSocketsPerIP: maxSocketsPerIP, JudgeRate: cmd.JudgeRate,
		Devices: p.devices, Metrics: p.metrics, Ready: p.checks(),
	})
	return server
}
