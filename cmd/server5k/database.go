package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"server5k/persistence"
	"server5k/persistence/postgres"
	"server5k/persistence/sqlite"
)

// postgresParts name a PostgreSQL database piece by piece, as the original
// server and compose files do; they count when DATABASE_URL is empty and there
// is a host or a name.
type postgresParts struct {
	Host     string `env:"POSTGRES_HOST,DB_HOST" placeholder:"HOST" help:"Servidor de PostgreSQL, si no se da DATABASE_URL; vacío con POSTGRES_DB: localhost."`
	Port     string `env:"POSTGRES_PORT,DB_PORT" placeholder:"PUERTO" help:"Su puerto; vacío: 5432."`
	DB       string `env:"POSTGRES_DB,DB_NAME" name:"db" placeholder:"NOMBRE" help:"Su base de datos; vacía: server5k."`
	User     string `env:"POSTGRES_USER,DB_USER" placeholder:"USUARIO" help:"Su usuario; vacío: server5k."`
	Password string `env:"POSTGRES_PASSWORD,DB_PASSWORD" placeholder:"CONTRASEÑA" help:"Su contraseña."`
	SSLMode  string `env:"POSTGRES_SSLMODE,DB_SSLMODE" name:"sslmode" placeholder:"MODO" help:"disable, prefer, require, verify-ca o verify-full; vacío: prefer."`
}

// url is the parts as one URL, empty without a host and a name.
func (p postgresParts) url() string {
	if p.Host == "" && p.DB == "" {
		return ""
	}
	name := cmp.Or(p.DB, "server5k")
	u := url.URL{Scheme: "postgres", User: url.User(cmp.Or(p.User, "server5k")), Path: "/" + name}
	if p.Password != "" {
		u.User = url.UserPassword(u.User.Username(), p.Password)
	}
	q := url.Values{}
	if strings.HasPrefix(p.Host, "/") { // the folder of a Unix socket
		q.Set("host", p.Host)
		q.Set("port", cmp.Or(p.Port, "5432"))
	} else {
		u.Host = net.JoinHostPort(cmp.Or(p.Host, "localhost"), cmp.Or(p.Port, "5432"))
	}
	if p.SSLMode != "" {
		q.Set("sslmode", p.SSLMode)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// postgresURL is the URL of the PostgreSQL database, empty with the embedded one.
func (c *Config) postgresURL() string {
	if c.DatabaseURL == "" {
		return c.Postgres.url()
	}
	if isPostgres(c.DatabaseURL) {
		return c.DatabaseURL
	}
	return ""
}

func isPostgres(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
}

func (c *Config) validateDatabase() error {
	if path, ok := strings.CutPrefix(c.DatabaseURL, "sqlite:"); c.DatabaseURL == "" || ok && path != "" {
		return nil
	}
	if !isPostgres(c.DatabaseURL) {
		return errors.New("DATABASE_URL: debe ser postgres://USUARIO:CONTRASEÑA@HOST/BASE, sqlite:RUTA o quedar vacía")
	}
	if u, err := url.Parse(c.DatabaseURL); err != nil || u.Host == "" && !u.Query().Has("host") {
		return errors.New("DATABASE_URL: no se entiende; se escribe postgres://USUARIO:CONTRASEÑA@HOST/BASE y en la contraseña los signos van como %XX")
	}
	return nil
}

// databasePath is the file of the embedded database.
func (c *Config) databasePath() string {
	if path, ok := strings.CutPrefix(c.DatabaseURL, "sqlite:"); ok {
		return path
	}
	return filepath.Join(c.DataDir, "server5k.db")
}

// databaseName says which database is used, without its password.
func (c *Config) databaseName() string {
	raw := c.postgresURL()
	if raw == "" {
		return c.databasePath()
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "postgres"
	}
	return fmt.Sprintf("postgres://%s@%s%s", u.User.Username(), u.Host, u.Path)
}

// openStore opens the database. The embedded one is brought to this version; a
// PostgreSQL one must have been.
func openStore(ctx context.Context, cfg *Config) (persistence.Store, error) {
	if err := cfg.makeDataDir(); err != nil {
		return nil, err
	}
	var store persistence.Store
	var err error
	if dsn := cfg.postgresURL(); dsn != "" {
		store, err = postgres.Open(ctx, dsn)
	} else {
		store, err = sqlite.Open(ctx, cfg.databasePath())
	}
	if err != nil {
		return nil, databaseError(cfg, err)
	}
	return store, nil
}

// databaseError says what to do about a database that cannot be used.
func databaseError(cfg *Config, err error) error {
	if unfit, ok := postgres.AsUnfit(err); ok {
		err = unfit
	}
	return fmt.Errorf("base de datos %s: %w", cfg.databaseName(), err)
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
