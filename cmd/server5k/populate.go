package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"server5k/gateway/auth"
	"server5k/persistence"
	"server5k/race"
)

const (
	// seedPasswordLength makes 69 bits, and is still typed without mistakes.
	seedPasswordLength = 12
	// maxSeedJudges and maxSeedTeams stop a slip of the keyboard.
	maxSeedJudges = 1000
	maxSeedTeams  = 100
)

type populateCmd struct {
	Clear         bool   `help:"Borra antes competencias, equipos, jueces y registros; los organizadores quedan."`
	Production    bool   `xor:"password" help:"Contraseñas al azar, escritas en un archivo de DATA_DIR."`
	Password      string `xor:"password" placeholder:"CLAVE" help:"La misma contraseña para todos los jueces nuevos."`
	Judges        int    `name:"jueces" default:"12" placeholder:"N" help:"Número de jueces."`
	Competition   string `name:"competencia" default:"Carrera 5K" placeholder:"NOMBRE" help:"Nombre de la competencia."`
	TeamsPerJudge int    `name:"equipos-por-juez" default:"1" placeholder:"N" help:"Equipos de cada juez."`
}

func (populateCmd) Help() string {
	return "Los jueces se llaman juez1, juez2… y su contraseña es juez1123, juez2123… salvo con --production o --password. " +
		"Un juez que ya existe conserva su contraseña.\n\n" +
		"Ejemplo: server5k populate_data --production --jueces 20 --competencia Final"
}

// Run creates a competition with its judges and teams.
func (c *populateCmd) Run(ctx context.Context, cfg *Config, std stdio) error {
	if err := c.validate(); err != nil {
		return err
	}
	return withStore(ctx, cfg, func(store persistence.Store) error { return c.populate(ctx, cfg, store, std) })
}

func (c *populateCmd) validate() error {
	c.Competition = strings.TrimSpace(c.Competition)
	var errs []error
	if c.Judges < 1 || c.Judges > maxSeedJudges {
		errs = append(errs, fmt.Errorf("--jueces debe estar entre 1 y %d", maxSeedJudges))
	}
	if c.TeamsPerJudge < 1 || c.TeamsPerJudge > maxSeedTeams {
		errs = append(errs, fmt.Errorf("--equipos-por-juez debe estar entre 1 y %d", maxSeedTeams))
	}
	if c.Competition == "" {
		errs = append(errs, errors.New("--competencia no puede quedar vacía"))
	}
	return errors.Join(errs...)
}

func (c *populateCmd) populate(ctx context.Context, cfg *Config, store persistence.Store, std stdio) error {
	if !c.Clear {
		if err := c.nameIsFree(ctx, store); err != nil {
			return err
		}
	}
	kept, fresh, err := c.seats(ctx, store)
	if err != nil {
		return err
	}
	step, stop := newProgress(std, len(fresh), "Jueces")
	err = hashSeats(ctx, newHasher(runtime.GOMAXPROCS(0)), fresh, step)
	stop()
	if err != nil {
		return err
	}
	credentials := ""
	if c.Production && len(fresh) > 0 {
		if credentials, err = writeCredentials(cfg, c.Competition, fresh); err != nil {
			return err
		}
	}
	counts, err := c.store(ctx, store, std, append(kept, fresh...))
	if err != nil {
		if credentials != "" { // of accounts that do not exist
			err = errors.Join(err, os.Remove(credentials))
		}
		return err
	}
	std.printf("Creados: %s\n", describe(counts))
	if credentials != "" {
		std.printf("Contraseñas: %s (entréguelas y borre el archivo)\n", credentials)
	}
	if !c.Production && c.Password == "" && len(fresh) > 0 {
		std.warnf("Atención: las contraseñas son conocidas (juez1123…); en una carrera use --production.\n")
	}
	return nil
}

// nameIsFree refuses to make the same competition twice.
func (c *populateCmd) nameIsFree(ctx context.Context, store persistence.Store) error {
	all, err := store.Competitions(ctx, 0)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.Name == c.Competition {
			return fmt.Errorf("ya existe la competencia %q; use otro nombre con --competencia, o --clear", c.Competition)
		}
	}
	return nil
}

// seats returns the judges who exist and the ones to create.
func (c *populateCmd) seats(ctx context.Context, store persistence.Store) (kept, fresh []seat, err error) {
	for n := 1; n <= c.Judges; n++ {
		s := newSeat(n, c.passwordOf(n))
		if !c.Clear {
			_, judge, err := store.JudgeCredential(ctx, s.judge.Username)
			if err == nil {
				kept = append(kept, seat{judge: judge})
				continue
			}
			if !errors.Is(err, race.ErrNotFound) {
				return nil, nil, err
			}
		}
		fresh = append(fresh, s)
	}
	return kept, fresh, nil
}

func (c *populateCmd) passwordOf(n int) string {
	switch {
	case c.Production:
		return auth.RandomPassword(seedPasswordLength)
	case c.Password != "":
		return c.Password
	}
	return knownPassword(n)
}

func (c *populateCmd) store(ctx context.Context, store persistence.Store, std stdio, seats []seat) (persistence.Counts, error) {
	if c.Clear {
		gone, err := store.Clear(ctx)
		if err != nil {
			return gone, fmt.Errorf("borrar los datos: %w", err)
		}
		std.printf("Borrados: %s\n", describe(gone))
	}
	dump, err := seedDump(ctx, store, c.Competition, now(), seats, c.TeamsPerJudge)
	if err != nil {
		return persistence.Counts{}, err
	}
	counts, err := store.Add(ctx, dump, false)
	if err != nil {
		return counts, fmt.Errorf("crear los datos: %w", err)
	}
	return counts, nil
}

// writeCredentials writes the passwords of new judges to a file that only its
// owner can read, before the accounts exist: a password is never lost.
func writeCredentials(cfg *Config, competition string, seats []seat) (string, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n# usuario\tcontraseña\n", competition)
	for _, s := range seats {
		fmt.Fprintf(&b, "%s\t%s\n", s.judge.Username, s.password)
	}
	path := filepath.Join(cfg.DataDir, "credenciales-"+fileStamp(time.Now().In(cfg.Location))+".txt")
	if err := writeNew(path, b.Bytes()); err != nil {
		return "", fmt.Errorf("guardar las contraseñas: %w", err)
	}
	return path, nil
}

// fileStamp is a time as file names carry it.
func fileStamp(t time.Time) string { return t.Format("20060102-150405") }

// newProgress returns what to call after each of total steps, -1 if nobody knows
// how many, and what to call at the end. A bar is drawn only for a person: on a
// terminal.
func newProgress(std stdio, total int, what string) (step, stop func()) {
	if !isTerminal(std.err) {
		return func() {}, func() {}
	}
	bar := progressbar.NewOptions(total,
		progressbar.OptionSetWriter(std.err),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
	)
	// A bar that cannot be drawn is no reason to stop.
	return func() { _ = bar.Add(1) }, func() { _ = bar.Clear() }
}

// describe counts rows for people.
func describe(n persistence.Counts) string {
	return fmt.Sprintf("organizadores %d, jueces %d, competencias %d, equipos %d, registros %d",
		n.Organizers, n.Judges, n.Competitions, n.Teams, n.Records)
}
