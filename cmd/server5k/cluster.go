package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"server5k/cluster"
	"server5k/cluster/redis"
)

// clusterPort is where remoting listens unless an option says otherwise.
const clusterPort = "8090"

// clusterOptions count when REDIS_URL is given.
type clusterOptions struct {
	Name      string `env:"CLUSTER_NAME" default:"server5k" placeholder:"NOMBRE" help:"Nombre del clúster: separa a varios en el mismo Redis y es el nombre de los certificados."`
	Addr      string `env:"CLUSTER_ADDR" placeholder:"DIRECCIÓN" help:"Dirección privada y puerto donde este nodo escucha a los otros; vacía: la que lleva a Redis, puerto 8090."`
	Advertise string `env:"CLUSTER_ADVERTISE" placeholder:"DIRECCIÓN" help:"Dirección y puerto con que los otros llaman a este nodo; vacía: donde escucha."`
	Cert      string `env:"CLUSTER_CERT" placeholder:"ARCHIVO" help:"Certificado PEM de este nodo, para TLS mutuo entre nodos."`
	Key       string `env:"CLUSTER_KEY" placeholder:"ARCHIVO" help:"Su clave privada, PEM."`
	CA        string `env:"CLUSTER_CA" name:"ca" placeholder:"ARCHIVO" help:"Autoridad PEM que firma los certificados de los nodos."`
}

// isNode says whether this process is a node of a cluster.
func (c *Config) isNode() bool { return c.RedisURL != "" }

// nodeName is what operators call this node.
func (c *Config) nodeName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "server5k"
	}
	return cmp.Or(c.NodeName, host)
}

// validateCluster checks what nodes need to agree, and that strangers cannot talk
// to them: messages between nodes are believed.
func (c *Config) validateCluster() error {
	o := &c.Cluster
	if !c.isNode() {
		return nil
	}
	var errs []error
	if c.postgresURL() == "" {
		errs = append(errs, errors.New("REDIS_URL: los nodos de un clúster comparten una base de datos PostgreSQL; indique DATABASE_URL o POSTGRES_HOST"))
	}
	if c.SecretKey == "" {
		errs = append(errs, errors.New("SECRET_KEY: los nodos de un clúster comparten la clave; indíquela en todos"))
	}
	if client, err := redis.Dial(c.RedisURL); err != nil {
		errs = append(errs, err)
	} else {
		errs = append(errs, client.Close())
	}
	if set := o.Cert != "" || o.Key != "" || o.CA != ""; set && (o.Cert == "" || o.Key == "" || o.CA == "") {
		errs = append(errs, errors.New("CLUSTER_CERT, CLUSTER_KEY y CLUSTER_CA: se dan los tres o ninguno"))
	}
	for _, option := range []struct{ name, value string }{{"CLUSTER_ADDR", o.Addr}, {"CLUSTER_ADVERTISE", o.Advertise}} {
		if _, _, err := net.SplitHostPort(option.value); option.value != "" && err != nil {
			errs = append(errs, fmt.Errorf("%s: %q no es DIRECCIÓN:PUERTO", option.name, option.value))
		}
	}
	return errors.Join(errs...)
}

// nodeAddress is where remoting listens: the address by which this machine
// reaches Redis is one that the other nodes are likely to reach too.
func (c *Config) nodeAddress(ctx context.Context) (string, error) {
	if c.Cluster.Addr != "" {
		return c.Cluster.Addr, nil
	}
	u, err := url.Parse(c.RedisURL)
	if err != nil {
		return "", errors.New("CLUSTER_ADDR: indíquela, no se deduce de REDIS_URL")
	}
	first, _, _ := strings.Cut(u.Host, ",")
	host, _, err := net.SplitHostPort(first)
	if err != nil {
		host = first
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", net.JoinHostPort(cmp.Or(host, "127.0.0.1"), "9")) // sends nothing
	if err != nil {
		return "", fmt.Errorf("CLUSTER_ADDR: indíquela; no hay camino a Redis: %w", err)
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	local, _, err := net.SplitHostPort(conn.LocalAddr().String())
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(local, clusterPort), nil
}

// joinCluster makes this process a node. ready is called once the address of its
// actors is final and before others know of it.
func (p *parts) joinCluster(ctx context.Context, cfg *Config, ready func()) error {
	addr, err := cfg.nodeAddress(ctx)
	if err != nil {
		return err
	}
	o := cluster.Options{Name: cfg.Cluster.Name, Bind: addr, Advertise: cfg.Cluster.Advertise, Lookup: p.lookup, Ready: ready}
	if cfg.Cluster.Cert != "" {
		if o.TLS, err = cluster.LoadTLS(cfg.Cluster.Name, cfg.Cluster.Cert, cfg.Cluster.Key, cfg.Cluster.CA); err != nil {
			return fmt.Errorf("CLUSTER_CERT, CLUSTER_KEY, CLUSTER_CA: %w", err)
		}
	} else if err := validatePrivateListener("CLUSTER_ADDR", addr, cfg.Debug); err != nil {
		return fmt.Errorf("%w; o use TLS con CLUSTER_CERT, CLUSTER_KEY y CLUSTER_CA", err)
	}
	redis.LogTo(p.log)
	client, err := redis.Dial(cfg.RedisURL)
	if err != nil {
		return err
	}
	p.onStop(func(context.Context) error { return client.Close() })
	p.provider = redis.New(redis.Options{
		Client: client, Cluster: cfg.Cluster.Name, Name: cfg.nodeName(), OnView: p.lookup.Set, Status: p.sentinel.report, Log: p.log.With("part", "cluster"),
	})
	o.Provider = p.provider
	if p.node, err = cluster.Join(ctx, p.actorSystem, o); err != nil {
		return err
	}
	p.onStop(func(context.Context) error { p.node.Close(); return nil })
	p.watchCluster()
	p.log.Info("node joined", "cluster", cfg.Cluster.Name, "address", p.actorSystem.Address(), "tls", o.TLS != nil)
	return nil
}

// watchCluster shows operators how this node stands in its cluster.
func (p *parts) watchCluster() {
	f := promauto.With(p.metrics)
	gauge := func(name, help string, value func() float64) {
		f.NewGaugeFunc(prometheus.GaugeOpts{Name: "server5k_cluster_" + name, Help: help}, value)
	}
	counter := func(name, help string, value func(redis.Health) int64) {
		f.NewCounterFunc(prometheus.CounterOpts{Name: "server5k_cluster_" + name, Help: help}, func() float64 {
			return float64(value(p.provider.Health()))
		})
	}
	gauge("members", "Nodes that this one knows, itself included.", func() float64 { return float64(len(p.lookup.View().Members)) })
	gauge("owners", "Nodes that can own competitions.", func() float64 {
		n := 0
		for _, m := range p.lookup.View().Members {
			if m.Owns {
				n++
			}
		}
		return float64(n)
	})
	gauge("leased", "1 while this node's membership has not run out.", func() float64 {
		if p.provider.Health().Leased {
			return 1
		}
		return 0
	})
	gauge("beat_seconds", "Round trip of the last beat to Redis.", func() float64 { return p.provider.Health().RoundTrip.Seconds() })
	counter("rejoins_total", "Times this node was declared dead while it lived.", func(h redis.Health) int64 { return h.Rejoins })
	counter("beat_failures_total", "Beats that Redis did not answer.", func(h redis.Health) int64 { return h.Failures })
}
