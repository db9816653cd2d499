package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"server5k/persistence"
	"server5k/race"
)

// bench is a data directory with an environment that points to it.
type bench struct {
	t   *testing.T
	cfg *Config
	env map[string]string
}

func setup(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{t: t, cfg: &Config{DataDir: dir, ListenAddr: ":0", TimeZone: "UTC"}, env: map[string]string{"DATA_DIR": dir}}
	if err := b.cfg.validate(false); err != nil {
		t.Fatal(err)
	}
	return b
}

// run runs one command and returns what it printed.
func (b *bench) run(input string, args ...string) (string, error) {
	b.t.Helper()
	var out bytes.Buffer
	lookup := func(name string) (string, bool) { v, ok := b.env[name]; return v, ok }
	err := run(b.t.Context(), args, lookup, stdio{in: strings.NewReader(input), out: &out, err: &out})
	return out.String(), err
}

// must is run for a command that has to succeed.
func (b *bench) must(args ...string) string {
	b.t.Helper()
	out, err := b.run("", args...)
	if err != nil {
		b.t.Fatalf("%v: %v", args, err)
	}
	return out
}

// store opens the database between two commands.
func (b *bench) store(do func(persistence.Store)) {
	b.t.Helper()
	err := withStore(b.t.Context(), b.cfg, func(s persistence.Store) error { do(s); return nil })
	if err != nil {
		b.t.Fatal(err)
	}
}

// files lists the files in the data directory that match pattern.
func (b *bench) files(pattern string) []string {
	b.t.Helper()
	found, err := filepath.Glob(filepath.Join(b.cfg.DataDir, pattern))
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

func (b *bench) competitions(s persistence.Store) []race.Competition {
	b.t.Helper()
	all, err := s.Competitions(b.t.Context(), 0)
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

func TestRun_HelpShowsAnExampleOfEveryCommand(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"serve", "migrate", "createsuperuser", "populate_data", "verify", "export", "import", "limpiar_registros", "cert", "health", "version"} {
		out, err := setup(t).run("", command, "--help")
		if err != nil {
			t.Errorf("%s --help: %v", command, err)
		}
		for _, want := range []string{"Uso: server5k " + command, "Ejemplo: "} {
			if !strings.Contains(out, want) {
				t.Errorf("%s --help lacks %q:\n%s", command, want, out)
			}
		}
	}
}

func TestRun_VersionNeedsNoValidOptions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.env["TIME_ZONE"] = "Marte/Olimpo"
	if out, want := b.must("version"), "server5k "+version+"\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

func TestRun_UnknownFlagIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := setup(t).run("", "migrate", "--nada"); err == nil {
		t.Error("no error")
	}
}
