package actors_test

import (
	"log/slog"
	"strings"
	"testing"

	"server5k/race"
)

// What the database has against a record is for the operator: the log has it, the
// judge gets the code and the short text.
func TestSystem_PoisonIsLogged(t *testing.T) {
	t.Parallel()
	logged := make(chan string, 1)
	sys, _, _ := setupLogged(t, slog.NewTextHandler(writerFunc(func(b []byte) (int, error) {
		if strings.Contains(string(b), "refused by the store") {
			logged <- string(b)
		}
		return len(b), nil
	}), nil))
	start(t, sys)
	r := submit(t, sys, mark(1, int(race.MaxElapsed.Milliseconds())+1))
	if race.CodeOf(r.Err) != race.CodeInvalidValue || strings.Contains(r.Err.Error(), "CHECK") {
		t.Errorf("got %v", r.Err)
	}
	if line := <-logged; !strings.Contains(line, "team_id=1") || !strings.Contains(line, "CHECK") {
		t.Errorf("logged %q", line)
	}
	if r := submit(t, sys, mark(1, 1)); r.Err != nil {
		t.Errorf("a good record afterwards: %v", r.Err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
