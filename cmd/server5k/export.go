package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// standardStream names standard input or output where a file is asked for.
const standardStream = "-"

type exportCmd struct {
	All  bool   `required:"" help:"Toda la base de datos."`
	File string `arg:"" name:"archivo" help:"Archivo nuevo; si termina en .gz se comprime; - es la salida estándar."`
}

func (exportCmd) Help() string {
	return "Guarda las cuentas con sus contraseñas cifradas, las competencias y todos los registros en un archivo que «import» " +
		"restaura en cualquiera de las dos bases de datos. Puede ejecutarse durante la carrera. El archivo es solo de su dueño.\n\n" +
		"Ejemplo: server5k export --all respaldo.jsonl.gz"
}

// Run writes the whole database to a new file.
func (c *exportCmd) Run(ctx context.Context, cfg *Config, std stdio) error {
	return withStore(ctx, cfg, func(store persistence.Store) error {
		var end endLine
		write := func(out io.Writer) (err error) {
			end, err = exportAll(ctx, store, std, out)
			return err
		}
		if c.File == standardStream {
			err := write(std.out)
			std.out = std.err // what follows is no part of the file
			if err != nil {
				return fmt.Errorf("exportar: %w", err)
			}
		} else if err := exportTo(c.File, write); err != nil {
			return err
		}
		std.printf("Exportados: %s\n", end.Rows)
		for _, s := range end.Standings {
			std.printf("Competencia %d: resultados %s\n", s.Competition, s.Digest.String()[:shortDigest])
		}
		return nil
	})
}

// exportTo writes a new file, compressed when its name says so.
func exportTo(path string, write func(io.Writer) error) error {
	err := streamNew(path, func(out io.Writer) error {
		if strings.HasSuffix(path, ".gz") {
			return compressed(out, write)
		}
		return write(out)
	})
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s ya existe: use otro nombre", path)
	}
	if err != nil {
		return fmt.Errorf("exportar a %s: %w", path, err)
	}
	return nil
}

func exportAll(ctx context.Context, store persistence.Store, std stdio, out io.Writer) (endLine, error) {
	accounts, err := store.Accounts(ctx)
	if err != nil {
		return endLine{}, err
	}
	competitions, err := competitionsByID(ctx, store)
	if err != nil {
		return endLine{}, err
	}
	step, stop := newProgress(std, len(competitions), "Competencias")
	defer stop()
	return writeExport(out, now(), accounts, archivesOf(ctx, store, competitions, step))
}

// archivesOf yields the archives of competitions one after the other; step is
// called after each.
func archivesOf(
	ctx context.Context, store persistence.Store, competitions []race.Competition, step func(),
) iter.Seq2[persistence.Archive, error] {
	return func(yield func(persistence.Archive, error) bool) {
		for _, c := range competitions {
			a, err := store.Archive(ctx, c.ID)
			if errors.Is(err, race.ErrNotFound) {
				err = errChanged
			}
			if !yield(a, err) || err != nil {
				return
			}
			step()
		}
	}
}

// exportCompetition writes one competition to a new file in DATA_DIR and returns
// its path once the file is on disk. Of the accounts it has only the judges of
// its teams and records, who cannot log in with it.
func exportCompetition(ctx context.Context, cfg *Config, store persistence.Store, c race.Competition) (string, error) {
	accounts, err := store.Accounts(ctx)
	if err != nil {
		return "", err
	}
	a, err := store.Archive(ctx, c.ID)
	if err != nil {
		return "", err
	}
	accounts = persistence.Accounts{Judges: judgesOf(a, accounts.Judges), Categories: accounts.Categories}
	name := fmt.Sprintf("export-%d-%s.jsonl", c.ID, fileStamp(time.Now().In(cfg.Location)))
	path := filepath.Join(cfg.DataDir, name)
	return path, exportTo(path, func(out io.Writer) error {
		_, err := writeExport(out, now(), accounts, func(yield func(persistence.Archive, error) bool) { yield(a, nil) })
		return err
	})
}

// judgesOf returns the judges that an archive names, without their passwords.
func judgesOf(a persistence.Archive, all []persistence.JudgeRow) []persistence.JudgeRow {
	named := map[race.JudgeID]bool{}
	for _, t := range a.Teams {
		named[t.Judge] = true
	}
	for _, r := range a.Records {
		named[r.Judge] = true
	}
	out := slices.DeleteFunc(slices.Clone(all), func(j persistence.JudgeRow) bool { return !named[j.ID] })
	for i := range out {
		out[i].PasswordHash = ""
	}
	return out
}

// String counts rows for people.
func (r exportRows) String() string {
	return fmt.Sprintf("organizadores %d, jueces %d, competencias %d, equipos %d, registros %d, decisiones %d, lotes %d, versiones oficiales %d",
		r.Organizers, r.Judges, r.Competitions, r.Teams, r.Records, r.Decisions, r.Links, r.Versions)
}
