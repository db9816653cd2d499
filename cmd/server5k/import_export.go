package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"server5k/persistence"
	"server5k/persistence/sqlite"
	"server5k/race"
)

// importExport restores a file of export. With Check it does so into a database
// that it throws away, and leaves the real one alone.
func (c *importCmd) importExport(ctx context.Context, cfg *Config, std stdio, in io.Reader) error {
	restore := func(store persistence.Store) error {
		end, err := restoreExport(ctx, store, std, in)
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		if c.Check {
			std.printf("Comprobado, no se guardó nada: %s\n", end.Rows)
			return nil
		}
		std.printf("Importados: %s\n", end.Rows)
		std.printf("Verificado: lo guardado es igual al archivo, también los resultados (competencias %d)\n", end.Rows.Competitions)
		return nil
	}
	if c.Check {
		return withScratch(ctx, restore)
	}
	return withStore(ctx, cfg, restore)
}

// withScratch runs do on an empty database that is removed afterwards.
func withScratch(ctx context.Context, do func(persistence.Store) error) error {
	dir, err := os.MkdirTemp("", "server5k-check-") // 0700: it will hold password hashes
	if err != nil {
		return fmt.Errorf("carpeta temporal: %w", err)
	}
	store, err := sqlite.Open(ctx, filepath.Join(dir, "check.db"))
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return errors.Join(do(store), store.Close(), os.RemoveAll(dir))
}

// restoreExport fills an empty store from a file and compares what is stored then
// with the last line of the file, which it returns.
func restoreExport(ctx context.Context, store persistence.Store, std stdio, in io.Reader) (endLine, error) {
	r, err := newExportReader(in)
	if err != nil {
		return endLine{}, err
	}
	accounts, err := r.accounts()
	if err != nil {
		return endLine{}, err
	}
	step, stop := newProgress(std, -1, "Competencias") // how many the file does not say before its end
	defer stop()
	if _, err := store.Restore(ctx, accounts, counted(r.archives(), step)); err != nil {
		return endLine{}, fmt.Errorf("importar (no se guardó nada): %w", err)
	}
	end := r.last()
	if err := compare(ctx, store, end, accounts.GrantAll); err != nil {
		return endLine{}, fmt.Errorf("lo guardado no es igual al archivo; no use esta base de datos: %w", err)
	}
	return end, nil
}

// counted calls step after each archive.
func counted(archives iter.Seq2[persistence.Archive, error], step func()) iter.Seq2[persistence.Archive, error] {
	return func(yield func(persistence.Archive, error) bool) {
		for a, err := range archives {
			if !yield(a, err) {
				return
			}
			step()
		}
	}
}

// compare reads back what is stored and compares it with the last line of a file.
// Grants that no line asked for do not count.
func compare(ctx context.Context, store persistence.Store, want endLine, granted bool) error {
	var got exportRows
	accounts, err := store.Accounts(ctx)
	if err != nil {
		return err
	}
	got.addAccounts(accounts)
	// A new database has categories of its own.
	got.Categories = min(got.Categories, want.Rows.Categories)
	if granted {
		got.Grants = want.Rows.Grants
	}
	competitions, err := competitionsByID(ctx, store)
	if err != nil {
		return err
	}
	results := map[race.CompetitionID]race.Digest{}
	verifier := persistence.NewVerifier()
	for _, c := range competitions {
		report, err := verifier.Competition(ctx, store, c.ID)
		if err != nil {
			return err
		}
		if len(report.Damages) > 0 {
			return fmt.Errorf("competencia %d: %s", c.ID, report.Damages[0].Text)
		}
		got.addArchive(report.Archive)
		results[c.ID] = report.Standings
	}
	if got != want.Rows {
		return fmt.Errorf("tiene %s, y el archivo %s", got, want.Rows)
	}
	for _, s := range want.Standings {
		if results[s.Competition] != s.Digest {
			return fmt.Errorf("los resultados de la competencia %d son otros", s.Competition)
		}
	}
	return nil
}
