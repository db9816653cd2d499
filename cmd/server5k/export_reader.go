package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"server5k/persistence"
)

// maxExportLine bounds a line: the last one has some 100 bytes for each
// competition, all others are short.
const maxExportLine = 16 << 20

// errIncomplete says that a file ends before its last line.
var errIncomplete = errors.New("el archivo está incompleto: no llega a su última línea")

// exportReader reads a file of writeExport and checks all that it says. First
// call accounts, then use archives, once each. It is strict: a line that
// this program would have written otherwise is refused.
type exportReader struct {
	lines   *bufio.Scanner
	number  int // of the line that was read last
	version int // of the file
	at      time.Time
	next    exportLine // read and not used yet
	kind    lineKind   // of next

	rows      exportRows
	standings []standingsResult
	known     references
	verifier  *persistence.Verifier
}

// newExportReader reads the first line.
func newExportReader(in io.Reader) (*exportReader, error) {
	r := &exportReader{lines: bufio.NewScanner(in), verifier: persistence.NewVerifier()}
	r.lines.Buffer(nil, maxExportLine)
	raw, err := r.scan()
	if err != nil {
		return nil, err
	}
	var head exportHead
	if err := json.Unmarshal(raw, &head); err != nil || head.Format != exportFormat {
		return nil, r.errorf("no es un archivo de «server5k export»")
	}
	if head.Version < 1 || head.Version > exportVersion {
		return nil, r.errorf("el archivo es de la versión %d y este programa lee hasta la %d: use el programa que lo escribió o uno más nuevo",
			head.Version, exportVersion)
	}
	r.version, r.at = head.Version, wholeMicros(head.ExportedAt)
	head.ExportedAt = r.at
	return r, r.canonical(raw, head)
}

func (r *exportReader) errorf(format string, args ...any) error {
	return fmt.Errorf("línea %d: %w", r.number, fmt.Errorf(format, args...))
}

// scan returns the next line until the next call.
func (r *exportReader) scan() ([]byte, error) {
	if r.lines.Scan() {
		r.number++
		return r.lines.Bytes(), nil
	}
	switch err := r.lines.Err(); {
	case err == nil || errors.Is(err, io.ErrUnexpectedEOF): // the latter if compressed
		return nil, errIncomplete
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("línea %d: tiene más de %d bytes", r.number+1, maxExportLine)
	default:
		return nil, fmt.Errorf("línea %d: %w", r.number+1, err)
	}
}

// canonical refuses a line that says line in other words: with a field missing,
// twice or in another order, or with a value that would not be kept exactly.
func (r *exportReader) canonical(raw []byte, line any) error {
	written, err := json.Marshal(line)
	if err != nil {
		return r.errorf("no se entiende: %w", err)
	}
	if !bytes.Equal(raw, written) {
		return r.errorf("no es como la escribe «server5k export»: le falta o le sobra algo")
	}
	return nil
}

// advance reads a line into next.
func (r *exportReader) advance() error {
	raw, err := r.scan()
	if err != nil {
		return err
	}
	var l exportLine
	switch err := json.Unmarshal(raw, &l, json.RejectUnknownMembers(true)); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return r.errorf("está cortada: %w", errIncomplete)
	case errors.Is(err, json.ErrUnknownName):
		return r.errorf("tiene un campo desconocido: %w", err)
	case err != nil:
		return r.errorf("no se entiende: %w", err)
	}
	kind := l.kind()
	if kind == 0 {
		return r.errorf("debe ser de una clase conocida, y de una sola")
	}
	if r.version < grantsVersion && kind.office() {
		return r.errorf("es de una clase que la versión %d no tiene", r.version)
	}
	if !follows(r.kind, kind) {
		return r.errorf("está fuera de orden")
	}
	written, err := l.rewritten()
	if err != nil {
		return r.errorf("%w", err)
	}
	r.next, r.kind = written, kind
	return r.canonical(raw, written)
}

// follows says whether a line may come after one of another kind, 0 at the start.
func follows(last, next lineKind) bool {
	switch {
	case next == kindCompetition || next == kindEnd:
		return true
	case next < kindCompetition:
		return last <= next
	}
	return last >= kindCompetition && last <= next
}

// rewritten returns the line as writeExport would make it of what it says.
func (l exportLine) rewritten() (exportLine, error) {
	switch {
	case l.Organizer != nil:
		return exportLine{Organizer: newOrganizerLine(l.Organizer.row())}, nil
	case l.Judge != nil:
		return exportLine{Judge: newJudgeLine(l.Judge.row())}, nil
	case l.Category != nil:
		return exportLine{Category: newCategoryLine(l.Category.row())}, nil
	case l.Revoked != nil:
		return exportLine{Revoked: newRevokedLine(l.Revoked.row())}, nil
	case l.Competition != nil:
		return exportLine{Competition: newCompetitionLine(l.Competition.archive())}, nil
	case l.Team != nil:
		return exportLine{Team: newTeamLine(l.Team.team(0))}, nil
	case l.Record != nil:
		rec, err := l.Record.record()
		return exportLine{Record: newRecordLine(rec)}, err
	case l.Decision != nil:
		ruling, err := l.Decision.ruling(0)
		return exportLine{Decision: newDecisionLine(ruling)}, err
	case l.Link != nil:
		return exportLine{Link: newLinkLine(l.Link.link())}, nil
	case l.Grant != nil:
		return exportLine{Grant: newGrantLine(l.Grant.grant())}, nil
	case l.Note != nil:
		return exportLine{Note: newNoteLine(l.Note.entry())}, nil
	case l.Version != nil:
		return exportLine{Version: newVersionLine(l.Version.version(0))}, nil
	case l.Entry != nil:
		return exportLine{Entry: newNoteLine(l.Entry.entry())}, nil
	}
	return l, nil
}

// accounts reads all lines before the first competition.
func (r *exportReader) accounts() (persistence.Accounts, error) {
	a := persistence.Accounts{GrantAll: r.version < grantsVersion}
	for {
		if err := r.advance(); err != nil {
			return persistence.Accounts{}, err
		}
		switch l := r.next; r.kind {
		case kindOrganizer:
			a.Organizers = append(a.Organizers, l.Organizer.row())
		case kindJudge:
			a.Judges = append(a.Judges, l.Judge.row())
		case kindCategory:
			a.Categories = append(a.Categories, l.Category.row())
		case kindRevoked:
			a.Revoked = append(a.Revoked, l.Revoked.row())
		case kindGrant:
			a.Grants = append(a.Grants, l.Grant.grant())
		case kindNote:
			a.Audit = append(a.Audit, l.Note.entry())
		default:
			r.rows.addAccounts(a)
			r.known = newReferences(a)
			return a, nil
		}
	}
}

// archives reads the competitions, each checked as verify does, and then the
// last line; an error is the last thing that it yields.
func (r *exportReader) archives() iter.Seq2[persistence.Archive, error] {
	return func(yield func(persistence.Archive, error) bool) {
		for r.kind == kindCompetition {
			a, err := r.archive()
			if err == nil {
				err = r.check(a)
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
		if err := r.finish(); err != nil {
			yield(persistence.Archive{}, err)
		}
	}
}

// archive reads the rows of the competition in next.
func (r *exportReader) archive() (persistence.Archive, error) {
	a := r.next.Competition.archive()
	for {
		if err := r.advance(); err != nil {
			return persistence.Archive{}, err
		}
		switch l := r.next; r.kind {
		case kindTeam:
			a.Teams = append(a.Teams, l.Team.team(a.Competition.ID))
		case kindRecord:
			rec, err := l.Record.record()
			if err != nil {
				return persistence.Archive{}, r.errorf("%w", err)
			}
			a.Records = append(a.Records, rec)
		case kindDecision:
			ruling, err := l.Decision.ruling(a.Competition.ID)
			if err != nil {
				return persistence.Archive{}, r.errorf("%w", err)
			}
			a.Rulings = append(a.Rulings, ruling)
		case kindLink:
			a.Links = append(a.Links, l.Link.link())
			a.Digest = l.Link.Digest
		case kindVersion:
			a.Versions = append(a.Versions, l.Version.version(a.Competition.ID))
		case kindEntry:
			a.Audit = append(a.Audit, l.Entry.entry())
		default:
			return a, nil
		}
	}
}

func (r *exportReader) check(a persistence.Archive) error {
	name := fmt.Sprintf("competencia %d «%s»", a.Competition.ID, a.Competition.Name)
	if text := r.known.missing(a); text != "" {
		return fmt.Errorf("%s: falta %s", name, text)
	}
	if damages := r.verifier.Check(a); len(damages) > 0 {
		return fmt.Errorf("%s: %s", name, damages[0].Text)
	}
	r.rows.addArchive(a)
	r.standings = append(r.standings, standingsOf(a))
	return nil
}

// finish compares the last line, which is in next, with what was read.
func (r *exportReader) finish() error {
	end := r.next.End
	if end == nil {
		return errIncomplete
	}
	if end.Rows != r.rows {
		return r.errorf("el archivo dice tener %s y tiene %s", end.Rows, r.rows)
	}
	if !slices.Equal(end.Standings, r.standings) {
		return r.errorf("los resultados de las competencias no son los que el archivo dice tener")
	}
	if _, err := r.scan(); !errors.Is(err, errIncomplete) || r.lines.Err() != nil {
		return errors.New("hay datos después de la última línea, o no se pueden leer")
	}
	return nil
}

// last returns the last line, once archives has come to it without an error.
func (r *exportReader) last() endLine { return endLine{r.rows, r.standings} }
