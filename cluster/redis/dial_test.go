package redis_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"server5k/cluster/redis"
	"server5k/cluster/redis/redistest"
)

// authority is a self-made certificate, trusted by this process, and its key.
type authority struct{ dir, cert, key string }

var authorityFiles authority // set by TestMain

func newAuthority() (authority, error) {
	dir, err := os.MkdirTemp("", "server5k-ca-")
	if err != nil {
		return authority{}, err
	}
	a := authority{dir: dir, cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return a, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return a, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	return a, errors.Join(err,
		os.WriteFile(a.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600),
		os.WriteFile(a.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600),
		os.Setenv("SSL_CERT_FILE", a.cert)) // what Go takes for the system's on Linux
}

func TestDial_Mistakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ url, want string }{
		{"", "debe empezar"},
		{"tr0ub4dor@host", "debe empezar"},
		{"http://tr0ub4dor@host", "debe empezar"},
		{"redis://", "HOST"},
		{"redis://u:tr0ub4dor%zz@h", "%XX"},
		{"redis://u:tr0ub@4dor@h", "%XX"},
		{"redis://u:tr0ub/4dor@h", "%XX"},
		{"redis://u:tr0ub#4dor@h", "%XX"},
		{"redis://h:x", "HOST:PUERTO"},
		{"redis://h:0", "HOST:PUERTO"},
		{"redis://h:70000", "HOST:PUERTO"},
		{"redis://a,b", "redis-sentinel://"},
		{"redis://h/x", "base"},
		{"redis://h/0?tls=1", "tls"},
		{"redis://h?skip_verify=true", "skip_verify"},
		{"rediss://h?skip_verify=perhaps", "skip_verify"},
		{"redis://h?%zz", "?"},
		{"redis-sentinel://a,b", "MAESTRO"},
		{"redis-sentinel://a,b/main/x", "base"},
		{"redis-cluster://a,b/1", "la 0"},
		{"redis-cluster://a,,b", "HOST"},
	} {
		client, err := redis.Dial(test.url)
		if err == nil {
			client.Close()
			t.Errorf("%s: no error", test.url)
			continue
		}
		if got := err.Error(); !strings.HasPrefix(got, "REDIS_URL: ") || !strings.Contains(got, test.want) || strings.Contains(got, "tr0ub") || strings.Contains(got, "4dor") {
			t.Errorf("%s: %v", test.url, err)
		}
	}
}

func TestDial_Forms(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"redis://h", "redis://h:1/2", "redis://:p@h", "redis://u:p%40@h/", "rediss://h?skip_verify=true", "redis://[::1]:6379", "redis://[::1]",
		"REDIS://h", "rediss-sentinel://a/m", "redis-sentinel://u:p@a:1,b/m/3?sentinel_username=s&sentinel_password=t",
		"redis-cluster://u:p@a:1,b", "rediss-cluster://a",
	} {
		client, err := redis.Dial(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		client.Close()
	}
}

// works plays a small cluster on a Redis.
func works(t *testing.T, url string) {
	t.Helper()
	o := options(t, url)
	o.Beat, o.TTL = slowBeat, 3*slowBeat // needs the channel
	a, b := newNode(t, "a", o).join(), newNode(t, "b", o).join()
	a.untilMembers(2)
	if err := b.p.Shutdown(true); err != nil {
		t.Fatal(err)
	}
	a.untilMembers(1)
	if listed, err := redis.List(t.Context(), o.Client, o.Cluster); err != nil || len(listed) != 1 {
		t.Errorf("listed %+v, %v", listed, err)
	}
	if err := a.p.Shutdown(true); err != nil {
		t.Error(err)
	}
}

// refuses checks that a start fails at once.
func refuses(t *testing.T, url, want string) {
	t.Helper()
	n := newNode(t, "a", options(t, url))
	err := n.p.StartMember(n.proto)
	for range 5 { // a busy machine may be no answer
		if err != nil {
			break
		}
		n = newNode(t, "a", options(t, url))
		err = n.p.StartMember(n.proto)
	}
	if !errors.Is(err, redis.ErrRefused) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v, want %s", err, want)
	}
	if len(n.views) != 0 {
		t.Error("a view")
	}
}

func TestDial_Password(t *testing.T) {
	t.Parallel()
	s := own(t, "requirepass secret@1")
	works(t, "redis://:secret%401@"+s.Addr()+"/3")
	refuses(t, "redis://"+s.Addr(), "unauthenticated") // what Redis says to a long command
	refuses(t, "redis://:secret2@"+s.Addr(), "WRONGPASS")
}

func TestDial_User(t *testing.T) {
	t.Parallel()
	rule := strings.NewReplacer("NAME", "TestDial-User-*").Replace( // as options names the cluster
		"~server5k:{NAME}:* &server5k:{NAME}:* -@all +eval +evalsha +subscribe +ping +time +publish +hget +hset +hdel +hgetall " +
			"+zadd +zrem +zscore +zrange +zrevrange +zrangebyscore +zremrangebyscore +incr +get +pexpire")
	s := own(t, "user default off", "user ana on >secret "+rule, "user eva on >secret ~other:* &* +@all", "user ivo on >secret ~* &* -@all +ping")
	works(t, "redis://ana:secret@"+s.Addr())
	refuses(t, "redis://eva:secret@"+s.Addr(), "NOPERM")
	refuses(t, "redis://ivo:secret@"+s.Addr(), "NOPERM")
	refuses(t, "redis://ana:secret2@"+s.Addr(), "WRONGPASS")
}

func TestDial_TLS(t *testing.T) {
	t.Parallel()
	s, err := redistest.NewTLS(t.Context(), authorityFiles.cert, authorityFiles.key)
	closed(t, s, err)
	works(t, "rediss://"+s.Addr())
	works(t, "rediss://"+s.Addr()+"?skip_verify=true")
}

func TestDial_Sentinel(t *testing.T) {
	t.Parallel()
	master := own(t, "requirepass secret", "masterauth secret")
	sentinel, err := redistest.NewSentinel(t.Context(), "main", master, "sentinel auth-pass main secret", "requirepass watch")
	closed(t, sentinel, err)
	dead := closedPort(t)
	works(t, "redis-sentinel://:secret@"+dead+","+sentinel.Addr()+"/main/1?sentinel_password=watch")
}

func TestDial_Cluster(t *testing.T) {
	t.Parallel()
	s := own(t, "cluster-enabled yes", "requirepass secret")
	client, err := redis.Dial("redis://:secret@" + s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the cluster is ready", func() bool {
		info, err := client.Do(context.WithoutCancel(t.Context()), "CLUSTER", "INFO").Text()
		return err == nil && strings.Contains(info, "cluster_state:ok")
	})
	works(t, "redis-cluster://:secret@"+s.Addr()+","+closedPort(t))
}
