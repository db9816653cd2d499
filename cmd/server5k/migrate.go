package main

import (
	"context"

	"server5k/persistence"
)

type migrateCmd struct{}

func (migrateCmd) Help() string {
	return "Los demás comandos también lo hacen al abrir la base de datos.\n\nEjemplo: DATA_DIR=/var/lib/server5k server5k migrate"
}

// Run opens the database, which migrates it.
func (migrateCmd) Run(ctx context.Context, cfg *Config, std stdio) error {
	return withStore(ctx, cfg, func(store persistence.Store) error {
		if err := store.Ping(ctx); err != nil {
			return err
		}
		std.printf("Base de datos al día: %s\n", cfg.databasePath())
		return nil
	})
}
