package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"
)

// usualTLSPort is what "cert" tells to use while TLS_ADDR is empty.
const usualTLSPort = "8443"

// certCmd makes a private authority and a certificate of the server.
type certCmd struct {
	Host  []string `placeholder:"NOMBRE" help:"Nombre con el que los teléfonos llaman al servidor; puede repetirse."`
	IP    []string `name:"ip" placeholder:"DIRECCIÓN" help:"Dirección IP del servidor en la red local; puede repetirse."`
	Force bool     `help:"Hace otra autoridad aunque haya una: cada teléfono tendrá que instalarla de nuevo."`
}

// Help shows an example.
func (certCmd) Help() string {
	return `Hace en DATA_DIR/tls una autoridad privada, que solo vale para esos nombres y direcciones, y el certificado del servidor. Sin --host ni --ip toma los nombres y direcciones privadas de este equipo. Otra vez, renueva el certificado y conserva la autoridad, que los teléfonos ya conocen.

Ejemplo: server5k cert --host carrera.lan --ip 192.168.1.10`
}

// Run makes the files or renews the certificate, and tells what to do next.
func (cmd certCmd) Run(cfg *Config, std stdio) error { return cmd.run(cfg, std, time.Now()) }

func (cmd certCmd) run(cfg *Config, std stdio, now time.Time) error {
	asked, err := parseNames(cmd.Host, cmd.IP, hostName())
	if err != nil {
		return err
	}
	if err := cfg.makeDataDir(); err != nil {
		return err
	}
	dir := filepath.Join(cfg.DataDir, tlsDir)
	a, err := openAuthority(dir)
	switch {
	case errors.Is(err, errNoAuthority), cmd.Force:
		return cmd.create(cfg, std, dir, asked, !errors.Is(err, errNoAuthority), now)
	case err != nil:
		return fmt.Errorf("en %s hay archivos y no son de una autoridad completa (%w); quítelos de ahí o use --force", dir, err)
	}
	return cmd.renew(cfg, std, dir, a, asked, now)
}

// create makes an authority and all that follows; again says that phones may know
// another one.
func (cmd certCmd) create(cfg *Config, std stdio, dir string, asked names, again bool, now time.Time) error {
	if asked.empty() {
		var err error
		if asked, err = ownNames(); err != nil {
			return err
		}
		if asked.empty() {
			return errors.New("este equipo no tiene nombre ni dirección privada; dé --host o --ip")
		}
		std.printf("Sin --host ni --ip: se toman los de este equipo, %s.\n", asked)
	}
	n := asked.with(localNames())
	a, err := newAuthority(n, now)
	if err != nil {
		return err
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	leaf, err := a.issue(n, key, now)
	if err != nil {
		return err
	}
	if err := writeAll(dir, a, leaf, key); err != nil {
		return fmt.Errorf("guardar los certificados: %w", err)
	}
	std.printf("Autoridad nueva:  %s, hasta el %s\n", filepath.Join(dir, caCertFile), a.cert.NotAfter.Format(time.DateOnly))
	cmd.tell(cfg, std, dir, a, n, leaf.NotAfter)
	if again {
		std.warnf("La autoridad es otra: quite la anterior de cada teléfono e instale esta.\n")
	}
	return nil
}

// renew makes another certificate of the server under the authority that phones
// know. Without names it is for all that the authority may sign for.
func (cmd certCmd) renew(cfg *Config, std stdio, dir string, a *authority, asked names, now time.Time) error {
	const choice = "Con --force se hace otra autoridad, y cada teléfono tendrá que instalarla de nuevo."
	if a.cert.NotAfter.Sub(now) < caLeast {
		return fmt.Errorf("la autoridad de %s termina el %s. %s", dir, a.cert.NotAfter.Format(time.DateOnly), choice)
	}
	if refused := a.refused(asked); !refused.empty() {
		return fmt.Errorf("la autoridad de %s no vale para %s, solo para %s. %s", dir, refused, a.names(), choice)
	}
	n := asked.with(localNames())
	if asked.empty() {
		n = a.names()
	}
	key, fresh, err := serverKey(dir)
	if err != nil {
		return err
	}
	leaf, err := a.issue(n, key, now)
	if err != nil {
		return err
	}
	if err := replaceLeaf(dir, a, leaf, key, fresh); err != nil {
		return fmt.Errorf("guardar el certificado: %w", err)
	}
	std.printf("Autoridad de antes: %s, hasta el %s; los teléfonos que la tienen no hacen nada.\n", filepath.Join(dir, caCertFile), a.cert.NotAfter.Format(time.DateOnly))
	cmd.tell(cfg, std, dir, a, n, leaf.NotAfter)
	if own, err := ownNames(); err == nil { // an address may have changed since
		if outside := a.refused(names{ips: own.ips}); !outside.empty() {
			std.warnf("Este equipo tiene ahora %s, para lo que la autoridad no vale.\n", outside)
		}
	}
	return nil
}

// tell says what there is and what to do with it.
func (cmd certCmd) tell(cfg *Config, std stdio, dir string, a *authority, n names, until time.Time) {
	_, port, _ := net.SplitHostPort(cfg.ListenAddr) // validated
	_, secure, _ := net.SplitHostPort(cfg.TLSAddr)  // likewise, or empty
	secure = cmp.Or(secure, usualTLSPort)
	host := urlHost(n.first())
	std.printf(`  solo vale para: %s
  SHA-256: %s
Certificado del servidor: %s, hasta el %s

Qué hacer ahora:
  1. Sirva con TLS: TLS_ADDR=:%s server5k serve (si ya lo hace, toma el certificado nuevo sin reiniciar).
  2. En cada teléfono abra http://%s:%s/ca/ e instale la autoridad; antes compare el SHA-256 de arriba.
  3. La consola del juez: https://%s:%s/juez/
`, a.names(), fingerprint(a.cert), filepath.Join(dir, certFile), until.Format(time.DateOnly), secure, host, port, host, secure)
	var unknown names
	for _, h := range n.hosts {
		if !cfg.allowHost(h) {
			unknown.hosts = append(unknown.hosts, h)
		}
	}
	if !unknown.empty() {
		std.warnf("El servidor no responde todavía a %s: añádalo a ALLOWED_HOSTS, por ejemplo ALLOWED_HOSTS=auto,%s\n", unknown, unknown.hosts[0])
	}
	std.warnf("Guarde %s para usted: quien la tenga puede hacerse pasar por este servidor ante esos teléfonos.\n", filepath.Join(dir, caKeyFile))
}
