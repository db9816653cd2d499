package print

import (
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"
)

// Paper is A4; lengths are millimetres, sizes of type points.
const (
	margin     = 12.0
	footerRoom = 14.0 // from the edge of the paper to what may be written
	pointMM    = 25.4 / 72
)

// color is a color in the order that the canvas is asked for it.
type color struct{ r, g, b int }

// The colors are dark enough for a printer without any.
var (
	ink    = color{23, 28, 38}
	muted  = color{92, 99, 112}
	accent = color{15, 62, 110}
	good   = color{21, 98, 56}
	shade  = color{242, 245, 249}
	hair   = color{196, 203, 214}
	gold   = color{201, 151, 32}
	silver = color{139, 147, 160}
	bronze = color{163, 98, 52}
	white  = color{255, 255, 255}
)

// align says where a text stands from its x.
type align int

const (
	left align = iota
	center
	right
)

// canvas is a PDF on which texts are put at places; y is where the next thing
// goes. fpdf keeps the first error and does nothing after it; Output returns it.
type canvas struct {
	f       *fpdf.Fpdf
	p       *Printer
	w, h    float64
	y       float64
	running func() // draws the head of every page but the first, may be nil
	bare    bool   // pages without a footer
}

const totalPages = "{nb}"

func newCanvas(p *Printer, landscape bool, title string) *canvas {
	orientation := "P"
	if landscape {
		orientation = "L"
	}
	f := fpdf.New(orientation, "mm", "A4", "")
	c := &canvas{f: f, p: p}
	c.w, c.h = f.GetPageSize()
	f.SetCompression(!p.plain)
	f.SetCatalogSort(true) // equal input gives equal bytes
	f.SetCreationDate(p.at.UTC())
	f.SetModificationDate(p.at.UTC())
	f.SetTitle(title, true)
	f.SetCreator("Server5K", true)
	f.SetLang(string(p.lang))
	f.SetMargins(0, 0, 0)
	f.SetAutoPageBreak(false, 0)
	f.AliasNbPages(totalPages)
	f.SetFooterFunc(c.footer)
	return c
}

// newPage starts a page and leaves y at its top.
func (c *canvas) newPage() {
	c.f.AddPage()
	c.y = margin
	if c.running != nil && c.f.PageNo() > 1 {
		c.running()
	}
}

func (c *canvas) footer() {
	if c.bare {
		return
	}
	y := c.h - 7
	c.draw(hair, 0.2)
	c.f.Line(margin, y-4, c.w-margin, y-4)
	c.font("Helvetica", "", 7.5, muted)
	c.put(margin, y, left, latin(c.p.printed()))
	// The number of pages is filled in at the end; its place is kept as wide as
	// two digits.
	wide := c.width(latin(c.p.t("page", c.f.PageNo(), "00")))
	c.put(c.w-margin-wide, y, left, latin(c.p.t("page", c.f.PageNo(), totalPages)))
}

// bottom is where what is written on a page must end.
func (c *canvas) bottom() float64 { return c.h - footerRoom }

func (c *canvas) font(family, style string, size float64, col color) {
	c.f.SetFont(family, style, size)
	c.f.SetTextColor(col.r, col.g, col.b)
}

func (c *canvas) draw(col color, width float64) {
	c.f.SetDrawColor(col.r, col.g, col.b)
	c.f.SetLineWidth(width)
}

// fill paints an area from the left margin on.
func (c *canvas) fill(col color, y, w, h float64) {
	c.f.SetFillColor(col.r, col.g, col.b)
	c.f.Rect(margin, y, w, h, "F")
}

// width returns how wide s is in the font that is set.
func (c *canvas) width(s ansi) float64 { return c.f.GetStringWidth(string(s)) }

// put writes one line with its baseline at y.
func (c *canvas) put(x, y float64, a align, s ansi) {
	switch a {
	case center:
		x -= c.width(s) / 2
	case right:
		x -= c.width(s)
	case left:
	}
	if s != "" {
		c.f.Text(x, y, string(s))
	}
}

// wrap breaks s into lines of at most w, between words where it can. It always
// returns a line.
func (c *canvas) wrap(s ansi, w float64) []ansi {
	if c.width(s) <= w {
		return []ansi{s}
	}
	var lines []ansi
	line := ""
	for word := range strings.FieldsSeq(string(s)) {
		if line != "" && c.width(ansi(line+" "+word)) <= w {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, ansi(line))
		}
		for c.width(ansi(word)) > w && len(word) > 1 {
			n := 1
			for c.width(ansi(word[:n+1])) <= w {
				n++
			}
			lines, word = append(lines, ansi(word[:n])), word[n:]
		}
		line = word
	}
	return append(lines, ansi(line))
}

// fit sets the largest size between most and least at which s takes at most n
// lines of w, and returns those lines; at the least size it may be more.
func (c *canvas) fit(s ansi, w, most, least float64, n int) (size float64, lines []ansi) {
	for size = most; ; size-- {
		c.f.SetFontSize(size)
		if lines = c.wrap(s, w); len(lines) <= n || size <= least {
			return size, lines
		}
	}
}

// block writes lines below one another around x, the first baseline at y, and
// returns the baseline of the last.
func (c *canvas) block(x, y, size float64, a align, lines []ansi) float64 {
	for i, l := range lines {
		if i > 0 {
			y += size * pointMM * 1.15
		}
		c.put(x, y, a, l)
	}
	return y
}

// title writes the name of the document and of what it is about, and the stamp.
func (c *canvas) title(kind, about, stamp string, final bool) {
	c.fill(accent, c.y, c.w-2*margin, 1.2)
	c.font("Helvetica", "B", 9.5, accent)
	c.put(margin, c.y+7, left, latin(strings.ToUpper(kind)))
	room := c.w - 2*margin
	if stamp != "" {
		col := accent
		if final {
			col = good
		}
		c.font("Helvetica", "B", 9.5, col)
		text := latin(stamp)
		wide := c.width(text) + 7
		c.draw(col, 0.5)
		c.f.Rect(c.w-margin-wide, c.y+4, wide, 8, "D")
		c.put(c.w-margin-wide/2, c.y+9.3, center, text)
		room -= wide + 6
	}
	c.font("Helvetica", "B", 20, ink)
	size, lines := c.fit(latin(about), room, 20, 13, 2)
	c.y = c.block(margin, c.y+15, size, left, lines) + 8
}

// strip is the head of the pages after the first.
func (c *canvas) strip(r *report) {
	c.font("Helvetica", "B", 8, accent)
	stamp := latin(r.Stamp)
	c.put(c.w-margin, c.y+2, right, stamp)
	_, lines := c.fit(latin(fmt.Sprintf("%s · %s", r.Title, r.Kind)), c.w-2*margin-c.width(stamp)-8, 8, 6, 1)
	c.put(margin, c.y+2, left, lines[0])
	c.draw(accent, 0.4)
	c.f.Line(margin, c.y+4, c.w-margin, c.y+4)
	c.y += 9
}
