package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"server5k/persistence"
	"server5k/race"
)

// errChanged says that an export read two states that do not fit together.
var errChanged = errors.New("la base cambió durante la exportación; repita")

// exportWriter writes the lines of a file and keeps what its last line says.
type exportWriter struct {
	out  *bufio.Writer
	rows exportRows
	end  endLine
}

// writeExport writes a whole file and returns its last line. It takes one
// archive at a time. A damaged one ends it: nobody could import the file.
func writeExport(
	out io.Writer, at time.Time, accounts persistence.Accounts, archives iter.Seq2[persistence.Archive, error],
) (endLine, error) {
	w := &exportWriter{out: bufio.NewWriter(out)}
	if err := w.write(exportHead{exportFormat, exportVersion, at}); err != nil {
		return endLine{}, err
	}
	if err := w.accounts(accounts); err != nil {
		return endLine{}, err
	}
	known, verifier := newReferences(accounts), persistence.NewVerifier()
	for a, err := range archives {
		if err != nil {
			return endLine{}, err
		}
		if known.missing(a) != "" {
			return endLine{}, errChanged
		}
		if damages := verifier.Check(a); len(damages) > 0 {
			return endLine{}, fmt.Errorf("competencia %d «%s»: %s; vea «server5k verify»", a.Competition.ID, a.Competition.Name, damages[0].Text)
		}
		if err := w.archive(a); err != nil {
			return endLine{}, fmt.Errorf("competencia %d: %w", a.Competition.ID, err)
		}
	}
	for _, g := range accounts.Grants {
		if !slices.ContainsFunc(w.end.Standings, func(s standingsResult) bool { return s.Competition == g.Competition }) {
			return endLine{}, errChanged
		}
	}
	w.end.Rows = w.rows
	if err := w.write(exportLine{End: &w.end}); err != nil {
		return endLine{}, err
	}
	return w.end, w.out.Flush()
}

func (w *exportWriter) write(line any) error {
	if err := json.MarshalWrite(w.out, line); err != nil {
		return err
	}
	return w.out.WriteByte('\n')
}

// writeEach writes one line for each row.
func writeEach[T any](w *exportWriter, rows []T, line func(T) exportLine) error {
	for _, row := range rows {
		if err := w.write(line(row)); err != nil {
			return err
		}
	}
	return nil
}

func (w *exportWriter) accounts(a persistence.Accounts) error {
	w.rows.addAccounts(a)
	return errors.Join(
		writeEach(w, a.Organizers, func(o persistence.OrganizerRow) exportLine { return exportLine{Organizer: newOrganizerLine(o)} }),
		writeEach(w, a.Judges, func(j persistence.JudgeRow) exportLine { return exportLine{Judge: newJudgeLine(j)} }),
		writeEach(w, a.Categories, func(c race.CategoryRow) exportLine { return exportLine{Category: newCategoryLine(c)} }),
		writeEach(w, a.Revoked, func(t persistence.RevokedToken) exportLine { return exportLine{Revoked: newRevokedLine(t)} }),
		writeEach(w, a.Grants, func(g race.Grant) exportLine { return exportLine{Grant: newGrantLine(g)} }),
		writeEach(w, a.Audit, func(e race.AuditEntry) exportLine { return exportLine{Note: newNoteLine(e)} }),
	)
}

func (w *exportWriter) archive(a persistence.Archive) error {
	w.rows.addArchive(a)
	w.end.Standings = append(w.end.Standings, standingsOf(a))
	return errors.Join(
		w.write(exportLine{Competition: newCompetitionLine(a)}),
		writeEach(w, a.Teams, func(t race.Team) exportLine { return exportLine{Team: newTeamLine(t)} }),
		writeEach(w, a.Records, func(r race.TimeRecord) exportLine { return exportLine{Record: newRecordLine(r)} }),
		writeEach(w, a.Rulings, func(d race.Ruling) exportLine { return exportLine{Decision: newDecisionLine(d)} }),
		writeEach(w, a.Links, func(l race.Link) exportLine { return exportLine{Link: newLinkLine(l)} }),
		writeEach(w, a.Versions, func(v race.Version) exportLine { return exportLine{Version: newVersionLine(v)} }),
		writeEach(w, a.Audit, func(e race.AuditEntry) exportLine { return exportLine{Entry: newNoteLine(e)} }),
	)
}

func standingsOf(a persistence.Archive) standingsResult {
	return standingsResult{
		Competition: a.Competition.ID,
		Digest:      race.StandingsDigest(a.Competition, a.Evidence().Standings()),
	}
}

// references are what an archive may refer to outside itself.
type references struct {
	judges     map[race.JudgeID]bool
	categories map[race.Category]bool
}

func newReferences(a persistence.Accounts) references {
	r := references{map[race.JudgeID]bool{0: true}, map[race.Category]bool{}}
	for _, j := range a.Judges {
		r.judges[j.ID] = true
	}
	for _, c := range a.Categories {
		r.categories[c.Code] = true
	}
	return r
}

// missing names the first judge or category of an archive that is not there, ""
// if all are.
func (r references) missing(a persistence.Archive) string {
	for _, t := range a.Teams {
		if !r.judges[t.Judge] {
			return fmt.Sprintf("el juez %d del equipo %d", t.Judge, t.ID)
		}
		if !r.categories[t.Category] {
			return fmt.Sprintf("la categoría %q del equipo %d", t.Category, t.ID)
		}
	}
	for _, rec := range a.Records {
		if !r.judges[rec.Judge] {
			return fmt.Sprintf("el juez %d del registro %s", rec.Judge, rec.ID)
		}
	}
	return ""
}

// compressed runs write with a writer that compresses what it gets to out.
func compressed(out io.Writer, write func(io.Writer) error) error {
	z := gzip.NewWriter(out)
	return errors.Join(write(z), z.Close())
}
