package main

import (
	"strings"
	"testing"
)

func TestConfig_PostgresURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		env       map[string]string
		url, show string
	}{
		{"embedded", map[string]string{"POSTGRES_PASSWORD": "x"}, "", ""},
		{"sqlite wins", map[string]string{"DATABASE_URL": "sqlite:/x.db", "POSTGRES_HOST": "db"}, "", ""},
		{"url", map[string]string{"DATABASE_URL": "postgresql://u:p@h:5/d?sslmode=require", "DB_HOST": "other"}, "postgresql://u:p@h:5/d?sslmode=require", "postgres://u@h:5/d"},
		{"host", map[string]string{"POSTGRES_HOST": "db"}, "postgres://server5k@db:5432/server5k", "postgres://server5k@db:5432/server5k"},
		{"name", map[string]string{"DB_NAME": "carrera"}, "postgres://server5k@localhost:5432/carrera", "postgres://server5k@localhost:5432/carrera"},
		{
			"all",
			map[string]string{"DB_HOST": "::1", "DB_PORT": "6000", "DB_NAME": "d", "DB_USER": "ana", "DB_PASSWORD": "a/b@c:ñ%", "DB_SSLMODE": "require"},
			"postgres://ana:a%2Fb%40c%3A%C3%B1%25@[::1]:6000/d?sslmode=require", "postgres://ana@[::1]:6000/d",
		},
		{"first name wins", map[string]string{"POSTGRES_HOST": "one", "DB_HOST": "two"}, "postgres://server5k@one:5432/server5k", "postgres://server5k@one:5432/server5k"},
		{"socket", map[string]string{"POSTGRES_HOST": "/run/postgresql"}, "postgres://server5k@/server5k?host=%2Frun%2Fpostgresql&port=5432", "postgres://server5k@/server5k"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := parseConfig(t, tt.env)
			if got := c.postgresURL(); got != tt.url {
				t.Errorf("got %q, want %q", got, tt.url)
			}
			if got := c.databaseName(); tt.url != "" && got != tt.show || tt.url == "" && !strings.HasSuffix(got, ".db") {
				t.Errorf("shown as %q, want %q", got, tt.show)
			}
		})
	}
}
