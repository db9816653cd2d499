package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parseConfig reads the options of a command line and environment.
func parseConfig(t *testing.T, env map[string]string, args ...string) *Config {
	t.Helper()
	var app cli
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	parser, err := newParser(&app, lookup, stdio{out: &bytes.Buffer{}, err: &bytes.Buffer{}}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	return &app.Config
}

func TestConfig_Defaults(t *testing.T) {
	t.Parallel()
	c := parseConfig(t, nil)
	if err := c.validate(false); err != nil {
		t.Fatal(err)
	}
	want := &Config{
		ListenAddr: ":8000", DataDir: c.DataDir, AllowedHosts: []string{"auto"},
		TimeZone: "America/Guayaquil", Location: c.Location,
	}
	if diff := cmp.Diff(want.ListenAddr+want.TimeZone, c.ListenAddr+c.TimeZone); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.AllowedHosts, c.AllowedHosts); diff != "" {
		t.Error(diff)
	}
	if c.Debug || c.SecretKey != "" || c.DatabaseURL != "" || c.RedisURL != "" {
		t.Errorf("unexpected defaults: %+v", c)
	}
	if got := c.Location.String(); got != "America/Guayaquil" {
		t.Errorf("location %s", got)
	}
	if got, want := c.databasePath(), filepath.Join(c.DataDir, "server5k.db"); got != want {
		t.Errorf("database %s, want %s", got, want)
	}
}

func TestConfig_FlagWinsOverEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{"LISTEN_ADDR": ":1", "TIME_ZONE": "UTC", "DEBUG": "True", "DATA_DIR": ""}
	c := parseConfig(t, env, "--listen-addr", ":2")
	if c.ListenAddr != ":2" || c.TimeZone != "UTC" || !c.Debug || filepath.Base(c.DataDir) != "data" {
		t.Errorf("got %+v", c)
	}
}

func TestConfig_ListsAreTrimmed(t *testing.T) {
	t.Parallel()
	c := parseConfig(t, map[string]string{"ALLOWED_HOSTS": "a.example, b.example,", "CORS_ALLOWED_ORIGINS": " https://a.example "})
	if err := c.validate(false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.example", "b.example"}, c.AllowedHosts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"https://a.example"}, c.CORSAllowedOrigins); diff != "" {
		t.Error(diff)
	}
}

func TestConfig_EveryMistakeIsNamed(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", minSecretBytes)
	node := func(change map[string]string) map[string]string {
		env := map[string]string{"REDIS_URL": "redis://:p@h:6379", "DATABASE_URL": "postgres://u:p@h/db", "SECRET_KEY": long}
		maps.Copy(env, change)
		return env
	}
	tests := []struct {
		name string
		env  map[string]string
		demo bool
		want string // "" for no error
	}{
		{"address", map[string]string{"LISTEN_ADDR": "8000"}, false, "LISTEN_ADDR"},
		{"zone", map[string]string{"TIME_ZONE": "Marte/Olimpo"}, false, "TIME_ZONE"},
		{"short key", map[string]string{"SECRET_KEY": "short"}, false, "SECRET_KEY: tiene 5 bytes"},
		{"django key", map[string]string{"SECRET_KEY": "django-insecure-" + long}, false, "django-insecure"},
		{"changeme", map[string]string{"SECRET_KEY": "changeme" + long}, false, "changeme"},
		{"weak key in debug", map[string]string{"SECRET_KEY": "changeme", "DEBUG": "true"}, false, ""},
		{"good key", map[string]string{"SECRET_KEY": long}, false, ""},
		{"any host", map[string]string{"ALLOWED_HOSTS": "a.example,*"}, false, "ALLOWED_HOSTS"},
		{"any host in debug", map[string]string{"ALLOWED_HOSTS": "*", "DEBUG": "1"}, false, ""},
		{"cors path", map[string]string{"CORS_ALLOWED_ORIGINS": "https://a.example/"}, false, `CORS_ALLOWED_ORIGINS: "https://a.example/"`},
		{"csrf no scheme", map[string]string{"CSRF_TRUSTED_ORIGINS": "a.example"}, false, "CSRF_TRUSTED_ORIGINS"},
		{"csrf port", map[string]string{"CSRF_TRUSTED_ORIGINS": "https://a.example:8443"}, false, ""},
		{"postgres", map[string]string{"DATABASE_URL": "postgres://u:p@h/db"}, false, ""},
		{"postgres socket", map[string]string{"DATABASE_URL": "postgresql:///db?host=/run/postgresql"}, false, ""},
		{"postgres without a host", map[string]string{"DATABASE_URL": "postgres:///db"}, false, "DATABASE_URL: no se entiende"},
		{"password not escaped", map[string]string{"DATABASE_URL": "postgres://u:a%zz@h/db"}, false, "DATABASE_URL: no se entiende"},
		{"other database", map[string]string{"DATABASE_URL": "mysql://h"}, false, "DATABASE_URL: debe ser"},
		{"sqlite", map[string]string{"DATABASE_URL": "sqlite:/tmp/x.db"}, false, ""},
		{"node", node(nil), false, ""},
		{"node of sentinels", node(map[string]string{"REDIS_URL": "redis-sentinel://a:26379,b:26379/server5k"}), false, ""},
		{"node without PostgreSQL", node(map[string]string{"DATABASE_URL": ""}), false, "REDIS_URL: los nodos de un clúster comparten"},
		{"node on SQLite", node(map[string]string{"DATABASE_URL": "sqlite:/tmp/x.db"}), false, "REDIS_URL: los nodos de un clúster comparten"},
		{"node without a key", node(map[string]string{"SECRET_KEY": ""}), false, "SECRET_KEY: los nodos"},
		{"redis of another kind", node(map[string]string{"REDIS_URL": "memcached://h"}), false, "REDIS_URL: "},
		{"redis without a host", node(map[string]string{"REDIS_URL": "redis://"}), false, "REDIS_URL: "},
		{"redis port", node(map[string]string{"REDIS_URL": "redis://h:x"}), false, "REDIS_URL: "},
		{"sentinels without a master", node(map[string]string{"REDIS_URL": "redis-sentinel://h"}), false, "REDIS_URL: "},
		{"certificate alone", node(map[string]string{"CLUSTER_CERT": "node.pem"}), false, "los tres o ninguno"},
		{"no authority", node(map[string]string{"CLUSTER_CERT": "node.pem", "CLUSTER_KEY": "node.key"}), false, "los tres o ninguno"},
		{"certificates", node(map[string]string{"CLUSTER_CERT": "node.pem", "CLUSTER_KEY": "node.key", "CLUSTER_CA": "ca.pem"}), false, ""},
		{"node address", node(map[string]string{"CLUSTER_ADDR": "10.0.0.1"}), false, `CLUSTER_ADDR: "10.0.0.1"`},
		{"advertised address", node(map[string]string{"CLUSTER_ADVERTISE": "nodo"}), false, `CLUSTER_ADVERTISE: "nodo"`},
		{"public metrics", map[string]string{"METRICS_ADDR": "203.0.113.7:9100"}, false, "METRICS_ADDR"},
		{"private metrics", map[string]string{"METRICS_ADDR": "127.0.0.1:9100"}, false, ""},
		{"demo", nil, true, "--demo"},
		{"demo in debug", map[string]string{"DEBUG": "true"}, true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := parseConfig(t, tt.env).validate(tt.demo)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestConfig_AllMistakesInOneGo(t *testing.T) {
	t.Parallel()
	err := parseConfig(t, map[string]string{
		"LISTEN_ADDR": "x", "TIME_ZONE": "x/y", "SECRET_KEY": "changeme", "ALLOWED_HOSTS": "*",
		"CORS_ALLOWED_ORIGINS": "x", "CSRF_TRUSTED_ORIGINS": "y", "DATABASE_URL": "mysql://h", "REDIS_URL": "redis://h",
	}).validate(true)
	if err == nil {
		t.Fatal("no error")
	}
	if got := strings.Count(err.Error(), "\n") + 1; got != 10 { // two about the key
		t.Errorf("%d lines, want 10:\n%v", got, err)
	}
}

func TestConfig_ErrorsDoNotShowSecrets(t *testing.T) {
	t.Parallel()
	err := parseConfig(t, map[string]string{"SECRET_KEY": "changeme-tr0ub4dor", "DATABASE_URL": "postgres://u:tr0ub4dor%zz@h/db"}).validate(false)
	if err == nil || strings.Contains(err.Error(), "tr0ub4dor") {
		t.Errorf("got %v", err)
	}
}

func TestIsOrigin(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"http://localhost": true, "https://a.example:8443": true, "http://[::1]:8000": true,
		"": false, "a.example": false, "ftp://a.example": false, "https://": false, "https://:80": false,
		"https://a.example/": false, "https://u@a.example": false, "https://a.example?x": false,
		"https://a.example:": false, "https://a.example:99999": false, "https://*.example": false, "*": false, "null": false,
	} {
		if got := isOrigin(s); got != want {
			t.Errorf("isOrigin(%q) = %v", s, got)
		}
	}
}

func TestConfig_AllowHost(t *testing.T) {
	t.Parallel()
	own, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	auto := []string{"auto"}
	tests := []struct {
		allowed []string
		host    string
		want    bool
	}{
		{auto, "localhost:8000", true},
		{auto, "LOCALHOST.", true},
		{auto, "192.168.1.7:8000", true},
		{auto, "[::1]:8000", true},
		{auto, "[fe80::1]", true},
		{auto, own, true},
		{auto, strings.ToUpper(own) + ".local:8000", true},
		{auto, "evil.example", false},
		{auto, "", false},
		{[]string{"a.example"}, "a.example:443", true},
		{[]string{"a.example"}, "localhost", false},
		{[]string{"a.example", "auto"}, "localhost", true},
		{[]string{".example"}, "b.a.example", true},
		{[]string{".example"}, "example", true},
		{[]string{".example"}, "notexample", false},
		{[]string{"*"}, "anything", true},
		{[]string{"*"}, "anything:1", true},
		{[]string{"*"}, "", false},
		{[]string{"*"}, "a.example:x", false},
		{[]string{"*"}, "a.example/b", false},
		{[]string{"a.example"}, "a.example", true},
		{[]string{"a.example"}, "A.Example.:8000", true},
		{[]string{"a.example"}, "b.example", false},
		{[]string{"a.example"}, "x.a.example", false},
		{[]string{".a.example"}, "x.a.example", true},
		{[]string{".a.example"}, "a.example", true},
		{[]string{".a.example"}, "xa.example", false},
		{[]string{"::1"}, "[::1]:8000", true},
		{nil, "localhost:8000", false},
	}
	for _, tt := range tests {
		c := Config{AllowedHosts: tt.allowed}
		if got := c.allowHost(tt.host); got != tt.want {
			t.Errorf("%v allows %q: %v", tt.allowed, tt.host, got)
		}
	}
}

func TestConfig_SecretKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	c := &Config{DataDir: filepath.Join(t.TempDir(), "new")}
	first, err := c.secretKey()
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.secretKey()
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != 64 || first != second {
		t.Errorf("got %q then %q", first, second)
	}
	path := filepath.Join(c.DataDir, "secret_key")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %v", mode)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.secretKey(); err == nil {
		t.Error("an empty key file was accepted")
	}
}

func TestWithDotenv_DoesNotOverride(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, []byte("A=file\nB=\"file b\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lookup, err := withDotenv(func(name string) (string, bool) { return "env", name == "A" }, file)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := lookup("A")
	b, _ := lookup("B")
	if _, ok := lookup("C"); a != "env" || b != "file b" || ok {
		t.Errorf("A=%q B=%q", a, b)
	}
}
