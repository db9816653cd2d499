package export

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"server5k/gateway/office"
	"server5k/gateway/print"
	"server5k/gateway/sheets"
	"server5k/race"
)

// Desk is what the files are made of.
type Desk interface {
	Results(ctx context.Context, w office.Who, id race.CompetitionID) (office.Results, error)
	Version(ctx context.Context, w office.Who, id race.CompetitionID, n int) (race.Version, race.Sheet, error)
	Judges(ctx context.Context, w office.Who) ([]race.Judge, error)
	Categories(ctx context.Context, w office.Who) ([]race.CategoryRow, error)
}

// What is in a file.
type What string

// The contents: the first three as tables, the others and results on paper.
const (
	Results      What = "results"
	Teams        What = "teams" // as an import reads them
	Marks        What = "marks"
	Podium       What = "podium"
	Certificates What = "certificates"
	Evidence     What = "evidence" // of one team
)

// Format is what a file is written as, by its ending.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
	PDF  Format = "pdf"
	HTML Format = "html"
)

// Request says which file.
type Request struct {
	Competition race.CompetitionID
	What        What
	Format      Format
	English     bool
	Location    *time.Location // of the instants in it
	At          time.Time      // it is made
	Comma       bool           // CSV with commas instead of semicolons
	Version     int            // of the results, 0 as they are now
	Team        race.TeamID    // Evidence; Certificates of one team, 0 of all
}

// File is a file that was made.
type File struct {
	Name        string // without a directory
	ContentType string
	Body        []byte
}

// contents says which formats there are of what.
var contents = map[What][]Format{
	Results:      {CSV, XLSX, PDF, HTML},
	Teams:        {CSV, XLSX},
	Marks:        {CSV, XLSX},
	Podium:       {PDF, HTML},
	Certificates: {PDF, HTML},
	Evidence:     {PDF, HTML},
}

// Parse reads the name of a file, such as "results.csv"; ok is false for one that
// there is not.
func Parse(name string) (what What, format Format, ok bool) {
	before, after, _ := strings.Cut(name, ".")
	what, format = What(before), Format(after)
	return what, format, slices.Contains(contents[what], format)
}

// Names lists the names of all files that there are, in order.
func Names() []string {
	var out []string
	for what, formats := range contents {
		for _, f := range formats {
			out = append(out, string(what)+"."+string(f))
		}
	}
	slices.Sort(out)
	return out
}

// Make makes a file of what w sees. race.ErrNotFound for a competition, version or
// team that does not exist.
func Make(ctx context.Context, d Desk, w office.Who, r Request) (File, error) {
	if !slices.Contains(contents[r.What], r.Format) {
		return File{}, race.ErrNotFound
	}
	if r.Location == nil {
		r.Location = time.UTC
	}
	m := maker{Request: r}
	if err := m.read(ctx, d, w); err != nil {
		return File{}, err
	}
	var body bytes.Buffer
	if err := m.write(&body); err != nil {
		return File{}, fmt.Errorf("export %s.%s: %w", r.What, r.Format, err)
	}
	return File{Name: m.name(), ContentType: contentType(r.Format), Body: body.Bytes()}, nil
}

func contentType(f Format) string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8"
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case PDF:
		return print.PDF.ContentType()
	case HTML:
		return print.HTML.ContentType()
	}
	return "application/octet-stream"
}

// maker makes one file.
type maker struct {
	Request
	results    office.Results
	sheet      race.Sheet
	version    *race.Version // that sheet is or was published as
	judges     map[race.JudgeID]race.Judge
	categories []race.CategoryRow
}

func (m *maker) read(ctx context.Context, d Desk, w office.Who) (err error) {
	if m.results, err = d.Results(ctx, w, m.Competition); err != nil {
		return err
	}
	m.sheet, m.version = m.results.Evidence.Sheet(), m.results.Version
	if m.Version != 0 {
		v, sheet, err := d.Version(ctx, w, m.Competition, m.Version)
		if err != nil {
			return err
		}
		m.sheet, m.version = sheet, &v
	}
	judges, err := d.Judges(ctx, w)
	if err != nil {
		return err
	}
	m.judges = make(map[race.JudgeID]race.Judge, len(judges))
	for _, j := range judges {
		m.judges[j.ID] = j
	}
	m.categories, err = d.Categories(ctx, w)
	return err
}

func (m *maker) write(out *bytes.Buffer) error {
	switch m.Format {
	case CSV:
		delimiter := ';'
		if m.Comma {
			delimiter = ','
		}
		return sheets.WriteCSV(out, m.table(), delimiter)
	case XLSX:
		return sheets.WriteXLSX(out, m.table())
	case PDF:
		return m.print(out, print.PDF)
	case HTML:
		return m.print(out, print.HTML)
	}
	return fmt.Errorf("format %q is not known", m.Format)
}

func (m *maker) print(out *bytes.Buffer, f print.Format) error {
	lang := print.Spanish
	if m.English {
		lang = print.English
	}
	p := print.New(lang, m.Location, m.At)
	in := print.Results{Sheet: m.sheet, Categories: m.categories, Version: m.version, Latest: m.results.Evidence.Competition.Version}
	switch m.What {
	case Podium:
		return p.Podium(out, f, in)
	case Certificates:
		c := print.Certificates{Results: in}
		if m.Team != 0 {
			c.Teams = []race.TeamID{m.Team}
		}
		return p.Certificates(out, f, c)
	case Evidence:
		names := make(map[race.JudgeID]string, len(m.judges))
		for id, j := range m.judges {
			names[id] = nameOf(j)
		}
		return p.Evidence(out, f, print.TeamEvidence{
			Evidence: m.results.Evidence, Team: m.Team, Judges: names, Categories: m.categories, Version: m.version, Latest: in.Latest,
		})
	default:
		return p.Results(out, f, in)
	}
}

// nameOf is what people call a judge.
func nameOf(j race.Judge) string {
	if name := j.FullName(); name != "" {
		return name
	}
	return j.Username
}

// name is the name of the file: the competition in plain letters, what it is, and
// the version.
func (m *maker) name() string {
	name := plain(m.results.Evidence.Competition.Name) + "-" + m.say(fileNames[m.What])
	if m.Version != 0 {
		name += fmt.Sprintf("-v%d", m.Version)
	}
	return name + "." + string(m.Format)
}

// accents are letters that file names do without.
var accents = strings.NewReplacer("á", "a", "é", "e", "í", "i", "ó", "o", "ú", "u", "ü", "u", "ñ", "n")

// plain turns a name into letters, digits and hyphens.
func plain(s string) string {
	const longest = 40
	var out strings.Builder
	for _, r := range accents.Replace(strings.ToLower(s)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			out.WriteRune(r)
		case out.Len() > 0 && !strings.HasSuffix(out.String(), "-"):
			out.WriteByte('-')
		}
		if out.Len() >= longest {
			break
		}
	}
	if name := strings.Trim(out.String(), "-"); name != "" {
		return name
	}
	return "server5k"
}
