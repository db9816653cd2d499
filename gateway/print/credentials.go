package print

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strconv"

	"rsc.io/qr"

	"server5k/race"
)

// Credentials are the cards that judges get at the briefing.
type Credentials struct {
	Competition string // its name
	Cards       []Credential
}

// Credential is one card. It is secret: it is written to the document and nowhere
// else.
type Credential struct {
	Judge    race.Judge
	Teams    []race.Team
	Password string // "" when the judge keeps the one there is
	LoginURL string // for the QR code, "" without one; at most some 200 characters, to be scanned well
}

// Credentials writes the cards, several a page with lines to cut along. It fails
// when a login URL does not fit a QR code.
func (p *Printer) Credentials(w io.Writer, f Format, in Credentials) error {
	d := &credentials{Kind: p.t("credentials"), Competition: in.Competition}
	for i, cred := range in.Cards {
		out := card{Name: cred.Judge.FullName(), User: cred.Judge.Username, Password: cred.Password}
		if out.Name == "" {
			out.Name = cred.Judge.Username
		}
		for _, t := range cred.Teams {
			out.Teams = append(out.Teams, strconv.Itoa(t.Bib)+" · "+t.Name)
		}
		how := p.t("credentials.sign")
		if cred.LoginURL != "" {
			code, err := qr.Encode(cred.LoginURL, qr.M)
			if err != nil {
				return fmt.Errorf("print credentials: card %d: %w", i+1, err) // without the URL
			}
			out.Code, how = &square{code}, p.t("credentials.scan")
		}
		out.Steps = []string{how, p.t("credentials.mark"), p.t("credentials.secret")}
		d.Cards = append(d.Cards, out)
	}
	return p.write(w, f, d)
}

// credentials is the document; the fields are exported for the template.
type credentials struct {
	Kind, Competition string
	Cards             []card
}

type card struct {
	Name, User, Password string
	Teams, Steps         []string
	Code                 *square
}

// square is a QR code.
type square struct{ code *qr.Code }

// quiet is the margin that scanners need, in modules.
const quiet = 4

// Image returns the code as the source of an image.
func (s *square) Image() template.URL {
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(s.code.PNG()))
}

// Pixels is the side of Image.
func (s *square) Pixels() int { return (s.code.Size + 2*quiet) * s.code.Scale }

func (d *credentials) html() (template, title string) {
	return "credentials.html", d.Kind + " · " + d.Competition
}

// Cards on a page.
const (
	cardCols  = 2
	cardRows  = 4
	cardSide  = 8.0 // margin of the page
	cardInner = 5.0 // from the line to cut along
)

func (d *credentials) pdf(p *Printer) *canvas {
	c := newCanvas(p, false, d.Kind+" · "+d.Competition)
	c.bare = true // the place is for cards, and what is cut off has no page
	w, h := (c.w-2*cardSide)/cardCols, (c.h-2*cardSide)/cardRows
	for i, k := range d.Cards {
		n := i % (cardCols * cardRows)
		if n == 0 {
			c.newPage()
			c.cutLines(w, h)
		}
		c.card(d.Competition, k, cardSide+float64(n%cardCols)*w, cardSide+float64(n/cardCols)*h, w, h)
	}
	return c
}

// cutLines draws where to cut, with scissors where to begin.
func (c *canvas) cutLines(w, h float64) {
	const scissors = "\x22"
	c.draw(muted, 0.2)
	c.f.SetDashPattern([]float64{1.6, 1.4}, 0)
	for i := range cardCols + 1 {
		x := cardSide + float64(i)*w
		c.f.Line(x, cardSide, x, c.h-cardSide)
	}
	for i := range cardRows + 1 {
		y := cardSide + float64(i)*h
		c.f.Line(cardSide, y, c.w-cardSide, y)
	}
	c.f.SetDashPattern(nil, 0)
	c.font("ZapfDingbats", "", 9, muted)
	for i := range cardRows + 1 {
		c.put(cardSide-5, cardSide+float64(i)*h+1.1, left, scissors)
	}
}

// card writes one card into its place.
func (c *canvas) card(competition string, k card, x, y, w, h float64) {
	x, w = x+cardInner, w-2*cardInner
	c.font("Helvetica", "B", 8, accent)
	c.put(x, y+7, left, c.cut(latin(competition), w))
	c.font("Helvetica", "B", 14, ink)
	_, lines := c.fit(latin(k.Name), w, 14, 8, 1)
	c.put(x, y+13.5, left, c.cut(lines[0], w))
	c.draw(accent, 0.4)
	c.f.Line(x, y+16, x+w, y+16)

	room := w
	if k.Code != nil {
		const side = 33.0
		c.qr(k.Code.code, x+w-side, y+17.5, side)
		room -= side + 1
	}
	at := y + 21
	at = c.secret(x, at, room, c.p.t("credentials.user"), k.User)
	if k.Password != "" {
		at = c.secret(x, at, room, c.p.t("credentials.password"), k.Password)
	} else {
		c.label(x, at, c.p.t("credentials.password"))
		c.font("Helvetica", "", 9, ink)
		c.put(x, at+4.4, left, latin(c.p.t("credentials.unchanged")))
		at += 10.5
	}
	c.label(x, at, c.p.t("credentials.teams"))
	c.teams(k, x, at+4.2, room)

	c.font("Helvetica", "", 7, muted)
	var steps []ansi
	for _, s := range k.Steps {
		steps = append(steps, c.wrap(latin(s), w)...)
	}
	at = y + h - 3.2 - float64(len(steps)-1)*3
	for i, s := range steps {
		c.put(x, at+float64(i)*3, left, s)
	}
}

func (c *canvas) label(x, y float64, text string) {
	c.font("Helvetica", "", 7, muted)
	c.put(x, y, left, latin(text))
}

// secret writes what somebody must copy letter by letter, and returns where the
// next thing goes.
func (c *canvas) secret(x, y, w float64, label, text string) float64 {
	c.label(x, y, label)
	c.font("Courier", "B", 14, ink)
	size, lines := c.fit(latin(text), w, 14, 8, 1)
	return c.block(x, y+5, size, left, lines) + 5.5
}

// teams writes as many teams as there is room for and how many there are more.
func (c *canvas) teams(k card, x, y, w float64) {
	const most = 3
	c.font("Helvetica", "B", 9, ink)
	names := k.Teams
	if len(names) == 0 {
		names = []string{c.p.t("credentials.no_teams")}
	}
	rest := ""
	if len(names) > most {
		rest = c.p.t("credentials.more", len(names)-most+1)
		names = names[:most-1]
	}
	for _, name := range append(names[:len(names):len(names)], rest) {
		c.put(x, y, left, c.cut(latin(name), w))
		y += 4
	}
}

// qr draws a code with its quiet zone, as areas that stay sharp at any size.
func (c *canvas) qr(code *qr.Code, x, y, side float64) {
	unit := side / float64(code.Size+2*quiet)
	c.f.SetFillColor(0, 0, 0)
	for row := range code.Size {
		for col := 0; col < code.Size; col++ {
			from := col
			for col < code.Size && code.Black(col, row) {
				col++
			}
			if col > from { // a little taller than a module, so that no seams show
				c.f.Rect(x+float64(from+quiet)*unit, y+float64(row+quiet)*unit, float64(col-from)*unit, unit*1.02, "F")
			}
		}
	}
}
