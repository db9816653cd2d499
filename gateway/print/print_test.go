package print_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"server5k/gateway/print"
	"server5k/race"
)

var update = flag.Bool("update", false, "write the golden files anew")

// document is one way to print something.
type document func(p *print.Printer, b *bytes.Buffer, f print.Format) error

func resultsOf(in print.Results) document {
	return func(p *print.Printer, b *bytes.Buffer, f print.Format) error { return p.Results(b, f, in) }
}

func podiumOf(in print.Results) document {
	return func(p *print.Printer, b *bytes.Buffer, f print.Format) error { return p.Podium(b, f, in) }
}

func certificatesOf(in print.Certificates) document {
	return func(p *print.Printer, b *bytes.Buffer, f print.Format) error { return p.Certificates(b, f, in) }
}

func credentialsOf(in print.Credentials) document {
	return func(p *print.Printer, b *bytes.Buffer, f print.Format) error { return p.Credentials(b, f, in) }
}

func evidenceOf(e race.Evidence, team race.TeamID) document {
	return func(p *print.Printer, b *bytes.Buffer, f print.Format) error {
		return p.Evidence(b, f, print.TeamEvidence{Evidence: e, Team: team, Judges: map[race.JudgeID]string{1: "María José Íñiguez"}})
	}
}

// documents are all documents of a small race, by the names of their golden files.
func documents() map[string]document {
	e := field(8, race.RoundUpEach)
	return map[string]document{
		"results": resultsOf(publish(e)),
		"podium":  podiumOf(publish(e)),
		"certificates": certificatesOf(print.Certificates{
			Results: publish(e), Teams: []race.TeamID{1, 7, 3, 99}, Signers: []string{"Juez árbitro", "Decana"},
		}),
		"credentials": credentialsOf(cards(3)),
		"evidence":    evidenceOf(disputed(), 1),
	}
}

func printer(lang print.Language) *print.Printer { return print.New(lang, guayaquil, printedAt) }

// write returns a document; a PDF without compression.
func write(t *testing.T, lang print.Language, f print.Format, d document) string {
	t.Helper()
	var b bytes.Buffer
	if err := d(printer(lang).Plain(), &b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func pages(pdf string) int { return strings.Count(pdf, "/Type /Page\n") }

// missing returns which of the texts a PDF does not show.
func missing(pdf string, texts ...string) []string {
	var out []string
	for _, s := range texts {
		if !strings.Contains(pdf, print.InPDF(s)) {
			out = append(out, s)
		}
	}
	return out
}

func TestHTML_Golden(t *testing.T) {
	t.Parallel()
	for name, d := range documents() {
		for _, lang := range []print.Language{print.Spanish, print.English} {
			t.Run(name+"-"+string(lang), func(t *testing.T) {
				t.Parallel()
				got := write(t, lang, print.HTML, d)
				path := filepath.Join("testdata", name+"."+string(lang)+".html")
				if *update {
					if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("page differs from %s (-want +got):\n%s", path, diff)
				}
			})
		}
	}
}

// A strict content security policy lets nothing of a page's own run or style it.
func TestHTML_KeepsToThePolicy(t *testing.T) {
	t.Parallel()
	for name, d := range documents() {
		got := write(t, print.Spanish, print.HTML, d)
		for _, bad := range []string{"<style", "<script", "style=", "javascript:", "http:", "src=\"/"} {
			if strings.Contains(got, bad) {
				t.Errorf("%s contains %q", name, bad)
			}
		}
		if !strings.Contains(got, `<link rel="stylesheet" href="`+print.StylesheetPath+`">`) {
			t.Errorf("%s does not link its style", name)
		}
	}
	if !bytes.Contains(print.Stylesheet(), []byte("@page")) {
		t.Error("the style says nothing of paper")
	}
}

func TestHTML_EscapesWhatPeopleWrote(t *testing.T) {
	t.Parallel()
	e := field(3, race.RoundRaw)
	e.Teams[0].Name = `<script>alert("x")</script>`
	got := write(t, print.Spanish, print.HTML, resultsOf(print.Results{Sheet: e.Sheet()}))
	if strings.Contains(got, "<script") || !strings.Contains(got, "&lt;script&gt;") {
		t.Error("the name of a team was not escaped")
	}
}

func TestPDF_IsTheSameForTheSameInput(t *testing.T) {
	t.Parallel()
	for name, d := range documents() {
		var a, b bytes.Buffer
		for _, out := range []*bytes.Buffer{&a, &b} {
			if err := d(printer(print.English), out, print.PDF); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.HasPrefix(a.Bytes(), []byte("%PDF-")) {
			t.Errorf("%s does not begin like a PDF: %q", name, a.Bytes()[:8])
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s is another PDF the second time", name)
		}
	}
}

func TestPrinter_RefusesAnUnknownFormat(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := printer(print.Spanish).Results(&b, "docx", publish(field(2, race.RoundRaw))); err == nil || b.Len() != 0 {
		t.Errorf("got error %v and %d bytes, want an error and nothing written", err, b.Len())
	}
}

func TestFormat_ContentType(t *testing.T) {
	t.Parallel()
	if got := print.PDF.ContentType(); got != "application/pdf" {
		t.Errorf("PDF is %q", got)
	}
	if got := print.HTML.ContentType(); got != "text/html; charset=utf-8" {
		t.Errorf("HTML is %q", got)
	}
}

func TestNew_FallsBackToSpanishAndUTC(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := print.New("fr", nil, printedAt).Plain().Results(&b, print.PDF, publish(field(2, race.RoundRaw))); err != nil {
		t.Fatal(err)
	}
	if lost := missing(b.String(), "RESULTADOS", "Impreso el 21 de noviembre de 2026, 16:00:00 (UTC+00:00)"); len(lost) > 0 {
		t.Errorf("the PDF lacks %q", lost)
	}
}

// BenchmarkAll prints the whole set of the largest event there was, both ways;
// people wait for it.
func BenchmarkAll(b *testing.B) {
	e := field(72, race.RoundRaw)
	set := []document{
		resultsOf(publish(e)), podiumOf(publish(e)), certificatesOf(print.Certificates{Results: publish(e)}), credentialsOf(cards(72)), evidenceOf(e, 1),
	}
	for b.Loop() {
		for _, d := range set {
			for _, f := range []print.Format{print.PDF, print.HTML} {
				var out bytes.Buffer
				if err := d(printer(print.Spanish), &out, f); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

func BenchmarkResultsPDF(b *testing.B) {
	in, p := publish(field(100, race.RoundRaw)), printer(print.Spanish)
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := p.Results(&out, print.PDF, in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResultsHTML(b *testing.B) {
	in, p := publish(field(100, race.RoundRaw)), printer(print.Spanish)
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := p.Results(&out, print.HTML, in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCredentialsPDF(b *testing.B) {
	in, p := cards(72), printer(print.Spanish)
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := p.Credentials(&out, print.PDF, in); err != nil {
			b.Fatal(err)
		}
	}
}
