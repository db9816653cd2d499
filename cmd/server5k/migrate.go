package main

import (
	"context"
	"strings"

	"server5k/persistence"
	"server5k/persistence/postgres"
)

type migrateCmd struct{}

func (migrateCmd) Help() string {
	return "Con la base integrada los demás comandos también lo hacen. Con PostgreSQL, cuando el usuario puede, crea además el rol " +
		"server5k_app, con el que el servidor no puede cambiar ni borrar registros.\n\n" +
		"Ejemplo: DATABASE_URL=postgres://server5k@localhost/server5k server5k migrate"
}

// Run brings the database to the version of this program.
func (migrateCmd) Run(ctx context.Context, cfg *Config, std stdio) error {
	if cfg.postgresURL() != "" {
		return migratePostgres(ctx, cfg, std)
	}
	return withStore(ctx, cfg, func(store persistence.Store) error {
		if err := store.Ping(ctx); err != nil {
			return err
		}
		std.printf("Base de datos al día: %s\n", cfg.databaseName())
		return nil
	})
}

func migratePostgres(ctx context.Context, cfg *Config, std stdio) error {
	done, err := postgres.Migrate(ctx, cfg.postgresURL())
	if err != nil {
		return databaseError(cfg, err)
	}
	if len(done.Applied) > 0 {
		std.printf("Aplicadas: %s\n", strings.Join(done.Applied, ", "))
	}
	if !done.Role {
		std.warnf("El usuario no puede crear el rol server5k_app; los registros quedan protegidos solo por disparadores. " +
			"Para crearlo, ejecute «server5k migrate» con un usuario que tenga CREATEROLE.\n")
	}
	std.printf("Base de datos al día: %s\n", cfg.databaseName())
	return nil
}
