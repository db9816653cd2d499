package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// wiring is the network between the nodes of a cluster.
type wiring interface {
	// how names the means, for people.
	how() string
	// host is where the proxies to PostgreSQL and Redis listen.
	host() string
	// plug gives a node its addresses.
	plug(ctx context.Context, node string) (socketed, error)
	// cut holds what one node sends to another, or lets it pass again. What is
	// held arrives later, if the nodes still want it.
	cut(ctx context.Context, from, to string, broken bool) error
	// heal undoes every cut.
	heal(ctx context.Context) error
	close() error
}

// socketed are the addresses of a node.
type socketed struct {
	clients   string   // host:port of HTTP
	metrics   string   // of the private listener
	remoting  string   // where it listens for other nodes
	advertise string   // what they dial
	wrap      []string // a command that runs another inside the node's network
}

// proxies connect nodes on the loopback address, each behind a link. Who dials a
// link is found by asking the kernel which process has the socket.
type proxies struct {
	pids  func() map[int]string // the processes of the nodes
	links map[string]*link      // to each node
}

func (p *proxies) how() string { return "proxies on the loopback address" }

func (p *proxies) host() string { return loopback }

func (p *proxies) plug(ctx context.Context, node string) (s socketed, err error) {
	for _, addr := range []*string{&s.clients, &s.metrics, &s.remoting} {
		if *addr, err = freeAddr(ctx); err != nil {
			return s, err
		}
	}
	l, err := newLink(ctx, loopback, s.remoting, p.dialer)
	if err != nil {
		return s, err
	}
	p.links[node], s.advertise = l, l.addr
	return s, nil
}

// dialer names the node that has the other end of a connection.
func (p *proxies) dialer(c net.Conn) string {
	_, port, err := net.SplitHostPort(c.RemoteAddr().String())
	if err != nil {
		return ""
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return ""
	}
	return p.pids()[processOf(n)]
}

// cut holds bytes on the connections that from dialed, and answers on those that
// to dialed.
func (p *proxies) cut(_ context.Context, from, to string, broken bool) error {
	there, back := p.links[to], p.links[from]
	if there == nil || back == nil {
		return fmt.Errorf("no way from %s to %s", from, to)
	}
	there.build(wall{from, false}, broken)
	back.build(wall{to, true}, broken)
	return nil
}

func (p *proxies) heal(ctx context.Context) error {
	var errs []error
	for _, l := range p.links {
		errs = append(errs, l.heal(ctx))
	}
	return errors.Join(errs...)
}

func (p *proxies) close() error {
	for _, l := range p.links {
		l.Close()
	}
	return nil
}
