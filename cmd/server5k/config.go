package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// minSecretBytes is the size of the key HS256 asks for (RFC 7518, section 3.2).
const minSecretBytes = 32

// autoHosts is the word for the hosts a server at the finish line is called by.
const autoHosts = "auto"

// Config has every option once: its default, its flag and its variable. A flag
// wins over the environment, the environment over the .env file.
type Config struct {
	ListenAddr         string   `env:"LISTEN_ADDR" default:":8000" placeholder:"DIRECCIÓN" help:"Dirección y puerto donde escucha."`
	TLSAddr            string   `env:"TLS_ADDR" name:"tls-addr" placeholder:"DIRECCIÓN" help:"Dirección y puerto donde sirve lo mismo con TLS, por ejemplo :8443; vacía: sin TLS."`
	TLSCert            string   `env:"TLS_CERT" name:"tls-cert" placeholder:"ARCHIVO" help:"Certificado PEM para TLS_ADDR, con su cadena; vacío: el que hace «server5k cert» en DATA_DIR/tls."`
	TLSKey             string   `env:"TLS_KEY" name:"tls-key" placeholder:"ARCHIVO" help:"Su clave privada; se da junto con TLS_CERT."`
	DataDir            string   `env:"DATA_DIR" default:"./data" placeholder:"CARPETA" help:"Carpeta de la base de datos, la clave y las exportaciones."`
	DatabaseURL        string   `env:"DATABASE_URL" placeholder:"URL" help:"postgres://USUARIO:CONTRASEÑA@HOST/BASE o sqlite:RUTA; vacía: server5k.db en DATA_DIR."`
	RedisURL           string   `env:"REDIS_URL" placeholder:"URL" help:"Redis donde los nodos de un clúster se encuentran: redis://, rediss://, redis-sentinel:// o redis-cluster://; vacía: un solo nodo."`
	SecretKey          string   `env:"SECRET_KEY" placeholder:"CLAVE" help:"Firma los tokens, 32 bytes o más; vacía: se crea una vez en DATA_DIR/secret_key."`
	Debug              bool     `env:"DEBUG" help:"Modo de desarrollo: permite datos de demostración y opciones inseguras."`
	AllowedHosts       []string `env:"ALLOWED_HOSTS" default:"auto" placeholder:"HOST" help:"Nombres con los que se puede llamar al servidor; auto: localhost, cualquier IP, el nombre del equipo y NOMBRE.local."`
	CORSAllowedOrigins []string `env:"CORS_ALLOWED_ORIGINS" name:"cors-allowed-origins" placeholder:"ORIGEN" help:"Orígenes de otras páginas que pueden usar la API."`
	CSRFTrustedOrigins []string `env:"CSRF_TRUSTED_ORIGINS" name:"csrf-trusted-origins" placeholder:"ORIGEN" help:"Orígenes de confianza para las páginas del organizador."`
	TrustedProxies     []string `env:"TRUSTED_PROXIES" placeholder:"RED" help:"Direcciones o redes de los proxies cuyos X-Forwarded-For y X-Forwarded-Proto valen; vacía: de nadie."`
	WebhooksAllowHTTP  bool     `env:"WEBHOOKS_ALLOW_HTTP" name:"webhooks-allow-http" help:"Permite webhooks por http:// además de https://; solo para una red propia."`
	WebhooksPrivate    []string `env:"WEBHOOKS_ALLOW_PRIVATE" name:"webhooks-allow-private" placeholder:"RED" help:"Direcciones o redes privadas a las que pueden ir los webhooks; vacía: solo direcciones públicas."`
	TimeZone           string   `env:"TIME_ZONE" default:"America/Guayaquil" placeholder:"ZONA" help:"Zona horaria de las respuestas."`

	NodeName    string `env:"NODE_NAME" placeholder:"NOMBRE" help:"Nombre de este nodo para quien opera; vacía: el del equipo."`
	MetricsAddr string `env:"METRICS_ADDR" placeholder:"DIRECCIÓN" help:"Dirección privada y puerto de /metrics, /status y /debug/pprof/; vacía: no se sirven."`

	Postgres postgresParts  `embed:"" prefix:"postgres-"`
	Cluster  clusterOptions `embed:"" prefix:"cluster-"`

	// Location is TimeZone, loaded by validate.
	Location *time.Location `kong:"-"`

	proxies []netip.Prefix // TrustedProxies, read by validate
	private []netip.Prefix // WebhooksPrivate, the same
}

// validate checks all options and names every mistake at once. demo says that
// demonstration data was asked for.
func (c *Config) validate(demo bool) error {
	c.AllowedHosts = trimAll(c.AllowedHosts)
	c.CORSAllowedOrigins = trimAll(c.CORSAllowedOrigins)
	c.CSRFTrustedOrigins = trimAll(c.CSRFTrustedOrigins)
	if len(c.AllowedHosts) == 0 {
		c.AllowedHosts = []string{autoHosts}
	}
	_, _, addrErr := net.SplitHostPort(c.ListenAddr)
	if addrErr != nil {
		addrErr = fmt.Errorf("LISTEN_ADDR: %q no es DIRECCIÓN:PUERTO", c.ListenAddr)
	}
	var zoneErr error
	if c.Location, zoneErr = time.LoadLocation(c.TimeZone); zoneErr != nil || c.TimeZone == "" {
		zoneErr = fmt.Errorf("TIME_ZONE: no existe la zona horaria %q", c.TimeZone)
	}
	var demoErr error
	if demo && !c.Debug {
		demoErr = errors.New("--demo: crea cuentas con contraseñas conocidas; solo se permite con DEBUG=true")
	}
	return errors.Join(
		addrErr, zoneErr, demoErr,
		c.validateDatabase(), c.validateCluster(), c.validateMetrics(), c.validateSecret(), c.validateHosts(),
		c.validateNetworks(), c.validateTLS(),
		validateOrigins("CORS_ALLOWED_ORIGINS", c.CORSAllowedOrigins),
		validateOrigins("CSRF_TRUSTED_ORIGINS", c.CSRFTrustedOrigins),
	)
}

func (c *Config) validateMetrics() error {
	if c.MetricsAddr == "" {
		return nil
	}
	return validatePrivateListener("METRICS_ADDR", c.MetricsAddr, c.Debug)
}

// validateSecret never puts the key into its error.
func (c *Config) validateSecret() error {
	if c.SecretKey == "" || c.Debug {
		return nil
	}
	var errs []error
	if len(c.SecretKey) < minSecretBytes {
		errs = append(errs, fmt.Errorf("SECRET_KEY: tiene %d bytes y hacen falta %d o más", len(c.SecretKey), minSecretBytes))
	}
	for _, prefix := range []string{"django-insecure", "changeme"} {
		if strings.HasPrefix(c.SecretKey, prefix) {
			errs = append(errs, fmt.Errorf("SECRET_KEY: empieza por %q, no es una clave secreta", prefix))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) validateHosts() error {
	if slices.Contains(c.AllowedHosts, "*") && !c.Debug {
		return errors.New("ALLOWED_HOSTS: «*» solo se permite con DEBUG=true")
	}
	return nil
}

func validateOrigins(option string, origins []string) error {
	var errs []error
	for _, origin := range origins {
		if !isOrigin(origin) {
			errs = append(errs, fmt.Errorf("%s: %q no es un origen; se escribe esquema://host[:puerto]", option, origin))
		}
	}
	return errors.Join(errs...)
}

// isOrigin accepts exactly what a browser sends as Origin.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return false
	}
	if _, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && err != nil {
		return false
	}
	return s == u.Scheme+"://"+u.Host && !strings.HasSuffix(u.Host, ":") && !strings.Contains(u.Host, "*")
}

// allowHost says whether the server may be called by host, the Host header of a
// request with or without a port.
func (c *Config) allowHost(host string) bool {
	name := host
	if h, port, err := net.SplitHostPort(host); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return false
		}
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if name == "" || strings.ContainsAny(name, "/\\@?# \t\"<>") {
		return false
	}
	for _, allowed := range c.AllowedHosts {
		allowed = strings.ToLower(strings.Trim(allowed, "[]"))
		switch {
		case allowed == "*", allowed == name:
			return true
		case allowed == autoHosts:
			if isOwnName(name) {
				return true
			}
		case strings.HasPrefix(allowed, "."): // a domain and all below it
			if name == allowed[1:] || strings.HasSuffix(name, allowed) {
				return true
			}
		}
	}
	return false
}

// isOwnName says whether name, in lower case, is one that this machine is called
// by at the finish line without any set-up. An IP literal is safe: DNS rebinding
// needs a name.
func isOwnName(name string) bool {
	if name == "localhost" {
		return true
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	own, err := os.Hostname()
	if err != nil || own == "" {
		return false
	}
	own = strings.ToLower(own)
	return name == own || name == strings.TrimSuffix(own, ".local")+".local"
}

func trimAll(in []string) []string {
	var out []string
	for _, s := range in {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
