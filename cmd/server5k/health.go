package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

const (
	healthTimeout = 3 * time.Second
	healthPath    = "/health/serving"
)

// healthCmd asks a server whether it can serve.
type healthCmd struct {
	URL string `name:"url" placeholder:"URL" help:"Dirección completa a la que se pregunta; vacía: el servidor de LISTEN_ADDR en este equipo."`
}

// Help shows an example.
func (healthCmd) Help() string {
	return "Termina con 0 si el servidor puede atender y con 1 si no.\n\nEjemplo: server5k health --url http://127.0.0.1:8000" + healthPath
}

// Run asks once. It needs neither a shell nor a database.
func (cmd healthCmd) Run(ctx context.Context, cfg *Config, std stdio) error {
	target := cmd.URL
	if target == "" {
		var err error
		if target, err = healthURL(cfg.ListenAddr); err != nil {
			return fmt.Errorf("salud: %w", err)
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, healthTimeout, errors.New("no respondió en 3 s"))
	defer cancel()
	status, err := askHealth(ctx, target)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("salud: %s: %w", target, err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("salud: %s respondió %d", target, status)
	}
	std.printf("salud: %s puede atender\n", target)
	return nil
}

// healthURL is where the server that listens on addr is asked from this machine.
func healthURL(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("LISTEN_ADDR %q no dice el número del puerto; use --url", addr)
	}
	return "http://" + net.JoinHostPort(host, port) + healthPath, nil
}

// askHealth returns the status of a GET. It goes to the server itself: through no
// proxy of the environment and to no other place.
func askHealth(ctx context.Context, target string) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return 0, err
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return 0, wrapped.Err // the caller names the address
	}
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}
