package race

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// sheetFormat names the layout of an encoded Sheet.
const sheetFormat = "server5k-results-1"

// Sheet is the results as they were published: all that a reader needs, frozen.
// Its encoding is canonical, so that the digest of a version can be computed by
// anybody from the bytes.
type Sheet struct {
	Format      string        `json:"format"`
	Competition CompetitionID `json:"competition"`
	Name        string        `json:"name"`
	StartedAt   time.Time     `json:"started_at"` // the gun, corrected; UTC
	FinishedAt  time.Time     `json:"finished_at"`
	TeamSize    int           `json:"team_size"`
	Rounding    Rounding      `json:"rounding"`
	Clock       ClockPolicy   `json:"clock,omitempty"` // empty for ClockClient
	Lines       []SheetLine   `json:"lines"`           // in the order of the standings
}

// SheetLine is one team. Times are whole milliseconds.
type SheetLine struct {
	Place         int        `json:"place,omitempty"` // 0 when not ranked
	CategoryPlace int        `json:"category_place,omitempty"`
	Status        TeamStatus `json:"status"`
	Cause         Cause      `json:"cause,omitempty"`
	Reason        string     `json:"reason,omitempty"`
	Team          TeamID     `json:"team"`
	Bib           int        `json:"bib"`
	Name          string     `json:"name"`
	Category      Category   `json:"category"`
	Records       int        `json:"records"`
	Absent        int        `json:"absent,omitempty"`
	PenaltyMS     int64      `json:"penalty_ms,omitempty"`
	TotalMS       int64      `json:"total_ms"`
	UncertaintyMS int64      `json:"uncertainty_ms,omitempty"` // of TotalMS, 0 unknown
	Close         bool       `json:"close,omitempty"`          // as in Standing
	CategoryClose bool       `json:"category_close,omitempty"`
	TimesMS       []int64    `json:"times_ms"` // of the members; 0 absent
}

// Sheet returns the results as they would be published now.
func (e Evidence) Sheet() Sheet {
	c, now := e.Competition, e.state()
	s := Sheet{
		Format: sheetFormat, Competition: c.ID, Name: c.Name, StartedAt: c.StartedAt.Add(now.shift).UTC(), FinishedAt: c.FinishedAt.UTC(),
		TeamSize: c.TeamSize, Rounding: c.Rounding, Lines: []SheetLine{},
	}
	if c.Clock == ClockCorrected {
		s.Clock = c.Clock
	}
	for _, l := range now.standings() {
		line := SheetLine{
			Place: l.Place, CategoryPlace: l.CategoryPlace, Status: l.Status, Cause: l.Cause, Reason: l.Reason,
			Team: l.Team.ID, Bib: l.Team.Bib, Name: l.Team.Name, Category: l.Team.Category, Records: l.Records, Absent: l.Absent,
			PenaltyMS: l.Penalty.Milliseconds(), TotalMS: l.Total.Milliseconds(), TimesMS: make([]int64, len(l.Members)),
			UncertaintyMS: l.Uncertainty.Milliseconds(), Close: l.Close, CategoryClose: l.CategoryClose,
		}
		for i, m := range l.Members {
			line.TimesMS[i] = m.Official.Milliseconds()
		}
		s.Lines = append(s.Lines, line)
	}
	return s
}

// Encode returns the canonical bytes of s and their digest.
func (s Sheet) Encode() ([]byte, Digest) {
	b, err := json.Marshal(s)
	if err != nil { // only numbers, texts and instants of this era
		panic(err)
	}
	return b, sha256.Sum256(b)
}

// DecodeSheet is the opposite of Encode.
func DecodeSheet(b []byte) (Sheet, error) {
	var s Sheet
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("decode results: %w", err)
	}
	if s.Format != sheetFormat {
		return s, fmt.Errorf("decode results: format %q is not known", s.Format)
	}
	return s, nil
}

// Version is one publication of official results.
type Version struct {
	Competition CompetitionID
	Number      int // 1, 2, …
	Ruling      RulingID
	Author      string
	At          time.Time
	Reason      string
	Digest      Digest
	Sheet       []byte // as Encode gave it; nil in lists
}

// Difference is what changed of one team between two sheets. A line is the zero
// value when the team was not there.
type Difference struct {
	Team          TeamID
	Before, After SheetLine
}

// Compare returns the teams whose line changed from before to after, in the order
// of after, then those that are gone.
func Compare(before, after Sheet) []Difference {
	old := make(map[TeamID]SheetLine, len(before.Lines))
	for _, l := range before.Lines {
		old[l.Team] = l
	}
	var out []Difference
	for _, l := range after.Lines {
		was, ok := old[l.Team]
		delete(old, l.Team)
		if !ok || !l.equal(was) {
			out = append(out, Difference{l.Team, was, l})
		}
	}
	gone := make([]SheetLine, 0, len(old))
	for _, l := range old {
		gone = append(gone, l)
	}
	slices.SortFunc(gone, func(a, b SheetLine) int { return cmp.Compare(a.Bib, b.Bib) })
	for _, l := range gone {
		out = append(out, Difference{l.Team, l, SheetLine{}})
	}
	return out
}

func (l SheetLine) equal(o SheetLine) bool {
	a, b := l, o
	a.TimesMS, b.TimesMS = nil, nil
	return slices.Equal(l.TimesMS, o.TimesMS) && fmt.Sprint(a) == fmt.Sprint(b)
}
