package print

import (
	"io"
	"strings"

	"server5k/race"
)

// podiumPlaces is how many places stand on a podium; a tie may bring more teams.
const podiumPlaces = 3

// Podium writes the first three, overall and of each category if there is more
// than one, a page each.
func (p *Printer) Podium(w io.Writer, f Format, in Results) error {
	_, stamp, final := p.standing(in)
	exact := precisionOf(in.Sheet)
	d := &podium{Kind: p.t("podium"), Competition: in.Sheet.Name, Stamp: stamp, Final: final, Empty: p.t("none_ranked")}
	for _, g := range in.groups(p) {
		out := podiumGroup{Title: g.title}
		for _, l := range g.lines {
			place := g.place(l)
			if place == 0 || place > podiumPlaces {
				continue
			}
			out.Lines = append(out.Lines, podiumLine{
				Place: place, Ordinal: p.ordinal(place), Team: l.Name, Total: exact.elapsed(millis(l.TotalMS)),
				Detail: p.t("bib", l.Bib) + " · " + in.category(l.Category) + p.podiumDoubt(g, l),
			})
		}
		d.Groups = append(d.Groups, out)
	}
	return p.write(w, f, d)
}

// podiumDoubt says how certain the total of a line is, and in words that the place
// before or after it might as well be its own.
func (p *Printer) podiumDoubt(g group, l race.SheetLine) string {
	if l.UncertaintyMS == 0 {
		return ""
	}
	text := " · " + within(millis(l.UncertaintyMS))
	if g.close(l) {
		text += ", " + p.t("uncertainty.within")
	}
	return text
}

// podium is the document; the fields are exported for the template.
type podium struct {
	Kind, Competition, Stamp, Empty string
	Final                           bool
	Groups                          []podiumGroup
}

type podiumGroup struct {
	Title string
	Lines []podiumLine
}

type podiumLine struct {
	Place                        int
	Ordinal, Team, Detail, Total string
}

func (d *podium) html() (template, title string) {
	return "podium.html", d.Kind + " · " + d.Competition
}

func (d *podium) pdf(p *Printer) *canvas {
	c := newCanvas(p, true, d.Kind+" · "+d.Competition)
	for _, g := range d.Groups {
		d.begin(c, g)
		if len(g.Lines) == 0 {
			c.font("Helvetica", "I", 20, muted)
			c.put(c.w/2, c.h/2, center, latin(d.Empty))
		}
		// Three fill the page; more than that, in a tie, stand closer, and five go
		// on one page.
		height := min((c.bottom()-c.y)/3, 52)
		if len(g.Lines) > podiumPlaces {
			height = (c.bottom() - c.y) / 5
		}
		for _, l := range g.Lines {
			if c.y+height > c.bottom()+0.1 {
				d.begin(c, g)
			}
			c.step(l, height)
		}
	}
	return c
}

// begin starts a page with its heading.
func (d *podium) begin(c *canvas, g podiumGroup) {
	c.newPage()
	c.title(d.Kind+" · "+d.Competition, g.Title, d.Stamp, d.Final)
	c.y += 6
}

// step writes one team of the podium.
func (c *canvas) step(l podiumLine, height float64) {
	const gap, block = 5.0, 46.0
	h := height - gap
	medal := [...]color{gold, silver, bronze}[min(l.Place, podiumPlaces)-1]
	c.fill(shade, c.y, c.w-2*margin, h)
	c.fill(medal, c.y, block, h)
	c.font("Helvetica", "B", 54, white)
	size, lines := c.fit(latin(l.Ordinal), block-8, min(54, h*1.7), 14, 1)
	c.block(margin+block/2, c.y+h/2+size*pointMM*0.36, size, center, lines)

	c.font("Helvetica", "B", 30, ink)
	total := latin(l.Total)
	wide := c.width(total)
	c.put(c.w-margin-6, c.y+h/2+30*pointMM*0.36, right, total)

	x := margin + block + 8
	c.font("Helvetica", "B", 34, ink)
	tall := h
	for most := 34.0; tall > h-6 && most >= 12; most -= 2 { // the name, and the line below it
		size, lines = c.fit(latin(l.Team), c.w-margin-6-wide-8-x, most, 12, 2)
		tall = (float64(len(lines)-1)*1.15+0.72)*size*pointMM + 7.5
	}
	y := c.block(x, c.y+h/2-tall/2+size*pointMM*0.72, size, left, lines)
	c.font("Helvetica", "", 14, muted)
	c.put(x, y+7.5, left, c.cut(latin(l.Detail), c.w-margin-6-wide-8-x))
	c.y += height
}

// cut returns s, shortened with an ellipsis when it is wider than w.
func (c *canvas) cut(s ansi, w float64) ansi {
	if c.width(s) <= w {
		return s
	}
	dots := latin("…")
	for len(s) > 1 && c.width(s+dots) > w {
		s = s[:len(s)-1]
	}
	return ansi(strings.TrimRight(string(s), " ")) + dots
}
