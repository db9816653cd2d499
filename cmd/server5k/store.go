package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"server5k/persistence"
	"server5k/persistence/sqlite"
)

// databasePath is the file of the embedded database.
func (c *Config) databasePath() string {
	if path, ok := strings.CutPrefix(c.DatabaseURL, "sqlite:"); ok {
		return path
	}
	return filepath.Join(c.DataDir, "server5k.db")
}

// openStore opens the database and brings its tables to this version.
func openStore(ctx context.Context, cfg *Config) (persistence.Store, error) {
	if err := cfg.makeDataDir(); err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, cfg.databasePath())
	if err != nil {
		return nil, fmt.Errorf("abrir la base de datos %s: %w", cfg.databasePath(), err)
	}
	return store, nil
}

// withStore runs a maintenance command on the database and closes it.
func withStore(ctx context.Context, cfg *Config, do func(persistence.Store) error) (err error) {
	store, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := store.Close(); closeErr != nil && err == nil {
			err = fmt.Errorf("cerrar la base de datos: %w", closeErr)
		}
	}()
	return do(store)
}
