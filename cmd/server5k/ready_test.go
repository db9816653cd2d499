package main

import "testing"

// TestSchemaChecks: a database that others may change is asked for its version.
func TestSchemaChecks(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, cfg *Config) {
		t.Helper()
		store, err := openStore(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}()
		checks := schemaChecks(store)
		if want := cfg.postgresURL() != ""; want != (len(checks) == 1) {
			t.Fatalf("%d checks", len(checks))
		}
		for _, c := range checks {
			if err := c.Test(t.Context()); err != nil || c.Name != "migrations" {
				t.Errorf("%s: %v", c.Name, err)
			}
		}
	})
}
