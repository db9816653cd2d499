package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// LogTo sends what go-redis has to say to a log, at level Debug: it repeats what
// errors say. It is for the whole process; call it before the first Dial.
func LogTo(log *slog.Logger) { goredis.SetLogger(driverLog{log}) }

type driverLog struct{ log *slog.Logger }

func (d driverLog) Printf(ctx context.Context, format string, v ...any) {
	if d.log.Enabled(ctx, slog.LevelDebug) {
		d.log.DebugContext(ctx, "redis driver", "text", fmt.Sprintf(format, v...))
	}
}

// poolSize: a beat, a suspect, a farewell; the subscription has its own.
const poolSize = 4

// target is a REDIS_URL in its parts.
type target struct {
	kind       string // redis, redis-sentinel, redis-cluster
	tls        *tls.Config
	user, pass string
	addrs      []string
	master     string // of sentinels
	db         int

	sentinelUser, sentinelPass string
}

// Dial makes a client for the Redis that a REDIS_URL names, without connecting:
//
//	redis://[USER:PASS@]HOST[:PORT][/DB]
//	redis-sentinel://[USER:PASS@]HOST[:PORT],HOST[:PORT]/MASTER[/DB]
//	redis-cluster://[USER:PASS@]HOST[:PORT],HOST[:PORT]
//
// and rediss:// for TLS (rediss-sentinel://, rediss-cluster://) by the certificates
// that the system trusts; ?skip_verify=true trusts any. Sentinels that ask for
// credentials get ?sentinel_username= and ?sentinel_password=. The client never
// retries and gives up after half a second: it is meant for beats. Errors are for
// operators and hold nothing secret.
func Dial(rawURL string) (goredis.UniversalClient, error) {
	t, err := parseURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	switch t.kind {
	case "redis-sentinel":
		return goredis.NewFailoverClient(&goredis.FailoverOptions{
			MasterName: t.master, SentinelAddrs: t.addrs, SentinelUsername: t.sentinelUser, SentinelPassword: t.sentinelPass,
			Username: t.user, Password: t.pass, DB: t.db, TLSConfig: t.tls, DisableIdentity: true,
			ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1, PoolSize: poolSize,
			DialTimeout: callTimeout, ReadTimeout: callTimeout, WriteTimeout: callTimeout,
		}), nil
	case "redis-cluster":
		return goredis.NewClusterClient(&goredis.ClusterOptions{
			Addrs: t.addrs, Username: t.user, Password: t.pass, TLSConfig: t.tls, DisableIdentity: true,
			ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1, PoolSize: poolSize,
			DialTimeout: callTimeout, ReadTimeout: callTimeout, WriteTimeout: callTimeout,
			MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		}), nil
	}
	return goredis.NewClient(&goredis.Options{
		Addr: t.addrs[0], Username: t.user, Password: t.pass, DB: t.db, TLSConfig: t.tls, DisableIdentity: true,
		ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1, PoolSize: poolSize,
		DialTimeout: callTimeout, ReadTimeout: callTimeout, WriteTimeout: callTimeout,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}), nil
}

// parseURL takes a URL apart by hand: net/url refuses lists of hosts, and its
// errors quote the password.
func parseURL(rawURL string) (target, error) {
	scheme, rest, ok := strings.Cut(rawURL, "://")
	t := target{kind: strings.Replace(strings.ToLower(scheme), "rediss", "redis", 1)}
	port := map[string]string{"redis": "6379", "redis-sentinel": "26379", "redis-cluster": "6379"}[t.kind]
	if !ok || port == "" {
		return target{}, errors.New("debe empezar por redis://, rediss://, redis-sentinel:// o redis-cluster://")
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, pass, _ := strings.Cut(authority[:i], ":")
		var err1, err2 error
		t.user, err1 = url.PathUnescape(user)
		t.pass, err2 = url.PathUnescape(pass)
		if err1 != nil || err2 != nil || strings.ContainsAny(authority[:i], "@#") {
			return target{}, errors.New("no se entiende el usuario o la contraseña; sus signos van como %XX")
		}
		authority = authority[i+1:]
	}
	if err := t.setAddrs(authority, port); err != nil {
		return target{}, err
	}
	if err := t.setPath(strings.TrimSuffix(path, "/")); err != nil {
		return target{}, err
	}
	if strings.HasPrefix(strings.ToLower(scheme), "rediss") {
		t.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return t, t.setQuery(query)
}

func (t *target) setAddrs(list, defaultPort string) error {
	for addr := range strings.SplitSeq(list, ",") {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			host, port = strings.Trim(addr, "[]"), defaultPort
		}
		n, err := strconv.Atoi(port)
		if host == "" || strings.ContainsAny(host, " @/[]") || strings.Count(host, ":") == 1 || err != nil || n <= 0 || n > 65535 {
			return errors.New("cada servidor se escribe HOST o HOST:PUERTO; los signos de una contraseña van como %XX")
		}
		t.addrs = append(t.addrs, net.JoinHostPort(host, port))
	}
	if t.kind == "redis" && len(t.addrs) > 1 {
		return errors.New("varios servidores piden redis-sentinel:// o redis-cluster://")
	}
	return nil
}

func (t *target) setPath(path string) error {
	db := path
	if t.kind == "redis-sentinel" {
		master, number, _ := strings.Cut(path, "/")
		name, err := url.PathUnescape(master)
		if err != nil || name == "" {
			return errors.New("falta el nombre del maestro: redis-sentinel://HOST:PUERTO,HOST:PUERTO/MAESTRO")
		}
		t.master, db = name, number
	}
	if db == "" {
		return nil
	}
	n, err := strconv.Atoi(db)
	if err != nil || n < 0 {
		return errors.New("la base es un número: /0, /1, …")
	}
	if t.kind == "redis-cluster" && n != 0 {
		return errors.New("la base es siempre la 0 en Redis Cluster")
	}
	t.db = n
	return nil
}

func (t *target) setQuery(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("no se entiende lo que sigue al signo ?")
	}
	for name := range values {
		value := values.Get(name)
		switch {
		case name == "skip_verify" && t.tls != nil:
			skip, err := strconv.ParseBool(value)
			if err != nil {
				return errors.New("skip_verify debe ser true o false")
			}
			t.tls.InsecureSkipVerify = skip
		case name == "sentinel_username" && t.kind == "redis-sentinel":
			t.sentinelUser = value
		case name == "sentinel_password" && t.kind == "redis-sentinel":
			t.sentinelPass = value
		default:
			return fmt.Errorf("opción desconocida: %.40q", name)
		}
	}
	return nil
}
