package admin

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"server5k/gateway/office"
	"server5k/gateway/roster"
	"server5k/gateway/sheets"
	"server5k/race"
)

// importer takes a file of one team a line: "bib;name". A name "mal" is refused.
type importer struct{ m *memory }

func (i importer) PlanImport(_ context.Context, w office.Who, id race.CompetitionID, _ string, file []byte) (roster.Report, error) {
	if !w.Edits(id) {
		return roster.Report{}, race.ErrNotFound
	}
	if strings.HasPrefix(string(file), "%PDF") {
		return roster.Report{}, office.Invalid{Faults: []office.Fault{{Field: "archivo", Text: office.Text{ES: "No es una tabla.", EN: "Not a table."}}}}
	}
	var r roster.Report
	for n, line := range strings.Split(strings.TrimSpace(string(file)), "\n") {
		outcome := roster.Created
		if strings.Contains(line, "mal") {
			outcome = roster.Failed
			r.Errors++
		}
		r.Teams.Created++
		r.Lines = append(r.Lines, roster.Line{Row: n + 1, Outcome: outcome, Text: sheets.Phrase{ES: "equipo " + line, EN: "team " + line}})
	}
	return r, nil
}

func (i importer) Import(ctx context.Context, w office.Who, id race.CompetitionID, name string, file []byte) (roster.Report, bool, error) {
	r, err := i.PlanImport(ctx, w, id, name, file)
	if err != nil || r.Errors > 0 {
		return r, false, err
	}
	defer i.m.read()()
	for _, line := range strings.Split(strings.TrimSpace(string(file)), "\n") {
		i.m.next++
		_, team, _ := strings.Cut(line, ";")
		i.m.teams[race.TeamID(i.m.next)] = race.Team{ID: race.TeamID(i.m.next), Competition: id, Name: team, Bib: int(i.m.next), Category: race.CategoryStudents}
	}
	return r, true, nil
}

// testLog writes what the panel logs to the test.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func (l testLog) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
