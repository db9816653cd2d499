package public

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"server5k/race"
)

// drawings returns the SVG elements of a page, each checked to be well-formed, to have
// a name for who cannot see it, and to stay within its view box.
func drawings(t *testing.T, html string) []string {
	t.Helper()
	var out []string
	for {
		_, rest, found := strings.Cut(html, "<svg viewBox=\"0 0 360 ")
		if !found {
			return out
		}
		body, after, closed := strings.Cut(rest, "</svg>")
		if !closed {
			t.Fatal("a drawing without its end")
		}
		html = after
		out = append(out, `<svg viewBox="0 0 360 `+body+"</svg>")
	}
}

func TestCharts_WellFormedAndNamed(t *testing.T) {
	t.Parallel()
	one := sample(1)
	one.Records = one.Records[:1]
	far := sample(2)
	far.Records[0].Elapsed = 23 * time.Hour
	absent := sample(1)
	for i := range absent.Records {
		absent.Records[i].Elapsed = 0
	}
	empty := sample(5)
	empty.Records = nil
	for name, test := range map[string]struct {
		e    race.Evidence
		want int
	}{"race": {sample(sampleTeams), 3}, "no marks": {empty, 0}, "no teams": {sample(0), 0}, "one mark": {one, 1}, "one far off": {far, 3}, "all absent": {absent, 0}} {
		f := setup(t)
		f.store.put(test.e)
		got := f.get(t, "/competencia/3/graficos/")
		all := drawings(t, got.body)
		if got.status != 200 || len(all) != test.want {
			t.Errorf("%s: status %d, %d drawings, want %d", name, got.status, len(all), test.want)
		}
		for _, one := range all {
			wellFormed(t, name, one)
		}
		if strings.Contains(got.body, "NaN") || strings.Contains(got.body, "Inf") {
			t.Errorf("%s: a coordinate that is none", name)
		}
		if len(got.body) > 40<<10 {
			t.Errorf("%s: %d bytes", name, len(got.body))
		}
	}
}

func wellFormed(t *testing.T, name, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	titled := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v in %s", name, err, svg)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		titled = titled || e.Name.Local == "title"
		for _, a := range e.Attr {
			if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
				t.Errorf("%s: attribute %s", name, a.Name.Local)
			}
			if strings.HasPrefix(a.Value, "-") && (a.Name.Local == "width" || a.Name.Local == "height") {
				t.Errorf("%s: %s=%q", name, a.Name.Local, a.Value)
			}
		}
	}
	if !titled || !strings.Contains(svg, `role="img"`) {
		t.Errorf("%s: nothing for who cannot see it", name)
	}
}

func TestFinishes_CountsEveryMinute(t *testing.T) {
	t.Parallel()
	c := finishesOf([]time.Duration{90 * time.Second, 119 * time.Second, 120 * time.Second, 299 * time.Second})
	var got []int
	for _, b := range c.Bars {
		got = append(got, b.Minute, b.Count, b.Sum)
	}
	want := []int{1, 2, 2, 2, 1, 3, 3, 0, 3, 4, 1, 4}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	if c.Most != 2 || c.Busiest != 1 || c.First != "1:30" || c.Last != "4:59" {
		t.Errorf("got %+v", c)
	}
	if !strings.HasSuffix(c.Line, "330,14") {
		t.Errorf("the sum does not end on top: %s", c.Line)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	times := []time.Duration{1, 2, 3, 4, 100}
	for q, want := range map[float64]time.Duration{0: 1, .25: 2, .5: 3, .75: 4, 1: 100, .875: 52} {
		if got := quantile(times, q); got != want {
			t.Errorf("%v: got %d, want %d", q, got, want)
		}
	}
	if got := quantile(times[:1], .5); got != 1 {
		t.Errorf("of one: got %d", got)
	}
}
