package print

import (
	"io"
	"slices"

	"server5k/race"
)

// Certificates are what teams are given to take home.
type Certificates struct {
	Results
	Teams   []race.TeamID // whose, in this order; nil is every ranked team by its place
	Signers []string      // under the lines for signatures, at most three are drawn
}

// Certificates writes a page for each team. A team that is not ranked is certified
// to have taken part; one that the sheet does not have is left out.
func (p *Printer) Certificates(w io.Writer, f Format, in Certificates) error {
	return p.write(w, f, p.certificates(in))
}

func (p *Printer) certificates(in Certificates) *certificates {
	s := in.Sheet
	d := &certificates{
		Kind: p.t("certificate"), Competition: s.Name, Awarded: p.t("certificate.awarded"), Date: p.date(s.StartedAt),
		Signers: in.Signers[:min(len(in.Signers), 3)], Basis: p.t("certificate.provisional"),
	}
	if in.official() {
		d.Basis = p.t("certificate.official", in.Version.Number, in.digest())
	}
	exact := precisionOf(s)
	several := len(in.groups(p)) > 1
	for _, l := range in.lines() {
		page := certificate{
			Team: l.Name, Detail: p.t("bib", l.Bib) + " · " + in.category(l.Category), For: p.t("certificate.for_running"),
		}
		if l.Place > 0 {
			page.Detail, page.For = p.t("bib", l.Bib), p.t("certificate.for_place")
			page.Place = p.t("certificate.place", p.ordinalBefore(l.CategoryPlace))
			page.In = p.t("certificate.in", in.category(l.Category))
			page.Total = p.t("certificate.total", exact.elapsed(millis(l.TotalMS)))
			if several {
				page.Overall = p.t("certificate.overall", p.ordinalBefore(l.Place))
			}
		}
		d.Pages = append(d.Pages, page)
	}
	return d
}

// lines returns the lines of the teams that certificates are for.
func (in Certificates) lines() []race.SheetLine {
	var out []race.SheetLine
	if in.Teams == nil {
		for _, l := range in.Sheet.Lines {
			if l.Place > 0 {
				out = append(out, l)
			}
		}
		return out
	}
	for _, id := range in.Teams {
		if i := slices.IndexFunc(in.Sheet.Lines, func(l race.SheetLine) bool { return l.Team == id }); i >= 0 {
			out = append(out, in.Sheet.Lines[i])
		}
	}
	return out
}

// certificates is the document; the fields are exported for the template.
type certificates struct {
	Kind, Competition, Awarded, Date, Basis string
	Signers                                 []string
	Pages                                   []certificate
}

type certificate struct{ Team, Detail, For, Place, In, Overall, Total string }

func (d *certificates) html() (template, title string) {
	return "certificate.html", d.Kind + " · " + d.Competition
}

func (d *certificates) pdf(p *Printer) *canvas {
	c := newCanvas(p, true, d.Kind+" · "+d.Competition)
	c.bare = true
	for _, page := range d.Pages {
		c.newPage()
		c.frame()
		d.page(c, page)
	}
	return c
}

// page writes one certificate, top to bottom, centered.
func (d *certificates) page(c *canvas, page certificate) {
	mid, room := c.w/2, c.w-80
	line := func(y float64, family, style string, size float64, col color, text string) {
		if text == "" {
			return
		}
		c.font(family, style, size, col)
		got, lines := c.fit(latin(text), room, size, size*0.7, 1)
		if len(lines) > 1 {
			got, lines = c.fit(latin(text), room, size*0.62, 8, 2)
		}
		// Two lines share the place of one.
		c.block(mid, y-float64(len(lines)-1)*got*pointMM*0.95, got, center, lines)
	}
	line(36, "Helvetica", "B", 15, accent, d.Competition)
	line(56, "Times", "B", 46, accent, d.Kind)
	c.draw(gold, 0.7)
	c.f.Line(mid-32, 62, mid+32, 62)
	line(73, "Times", "I", 16, muted, d.Awarded)
	line(92, "Times", "BI", 40, ink, page.Team)
	line(103, "Helvetica", "", 12, muted, page.Detail)
	if page.Place == "" {
		line(126, "Times", "I", 24, ink, page.For)
	} else {
		line(114, "Times", "I", 16, muted, page.For)
		line(129, "Times", "B", 34, accent, page.Place)
		line(138, "Times", "", 17, ink, page.In)
		line(147, "Helvetica", "", 12, muted, page.Overall)
		line(158, "Helvetica", "B", 15, ink, page.Total)
	}
	d.sign(c)
}

// sign writes the date, the lines to sign on and what it is all based on.
func (d *certificates) sign(c *canvas) {
	const wide = 62.0
	mid := c.w / 2
	if len(d.Signers) == 0 {
		c.font("Times", "I", 13, ink)
		c.put(mid, 176, center, latin(d.Date))
	} else {
		c.font("Times", "I", 12, ink)
		c.put(mid, 167, center, latin(d.Date))
	}
	for i, s := range d.Signers {
		x := mid + (float64(i)-float64(len(d.Signers)-1)/2)*(wide+14)
		c.draw(ink, 0.3)
		c.f.Line(x-wide/2, 183, x+wide/2, 183)
		c.font("Helvetica", "", 9.5, muted)
		c.put(x, 188, center, c.cut(latin(s), wide))
	}
	c.font("Helvetica", "", 7.5, muted)
	c.put(mid, 194.2, center, latin(d.Basis))
}

// frame draws the border of a certificate: a strong line, a fine one inside of it,
// and corners that step inwards.
func (c *canvas) frame() {
	const out, in, step = 9.0, 12.5, 11.0
	c.draw(accent, 1.6)
	c.f.Rect(out, out, c.w-2*out, c.h-2*out, "D")
	c.draw(gold, 0.5)
	corners := []struct{ x, y, dx, dy float64 }{
		{in, in, 1, 1}, {c.w - in, in, -1, 1}, {c.w - in, c.h - in, -1, -1}, {in, c.h - in, 1, -1},
	}
	for i, k := range corners {
		next := corners[(i+1)%len(corners)]
		if k.y == next.y { // along the top or the bottom
			c.f.Line(k.x+k.dx*step, k.y, next.x+next.dx*step, next.y)
		} else {
			c.f.Line(k.x, k.y+k.dy*step, next.x, next.y+next.dy*step)
		}
		c.f.Line(k.x+k.dx*step, k.y, k.x+k.dx*step, k.y+k.dy*step)
		c.f.Line(k.x, k.y+k.dy*step, k.x+k.dx*step, k.y+k.dy*step)
		c.f.SetFillColor(gold.r, gold.g, gold.b)
		c.f.Circle(k.x+k.dx*step/2, k.y+k.dy*step/2, 1.4, "F")
		c.f.Circle(k.x+k.dx*step/2, k.y+k.dy*step/2, 2.6, "D")
	}
}
