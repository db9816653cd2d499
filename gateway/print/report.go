package print

// report is a document of facts and tables, ready for people: every text is in
// the language of the printer. The fields are exported for the template.
type report struct {
	Kind      string // what it is, such as "Results"
	Title     string // what it is about
	Stamp     string // what nobody must overlook, "" nothing
	Final     bool   // the stamp is a good one
	Landscape bool
	Facts     []fact
	Sections  []section
}

// fact is one line above the tables.
type fact struct{ Label, Value string }

// section is a heading with its tables; with Break it starts a page.
type section struct {
	Title string
	Break bool
	Grids []grid
}

// grid is a table. Rows are never cut by the end of a page, and the head is
// repeated on the next one.
type grid struct {
	Caption string // "" if the section says it all
	Empty   string // what is said instead of no rows
	Remark  string // below the rows, "" nothing
	Cols    []column
	Rows    []row
}

// column is one column of a grid.
type column struct {
	Title string
	Width float64 // on paper, in mm
	Class string  // how its cells look, one of the names below
}

// How cells look.
const (
	cellText   = "text"
	cellNumber = "number" // to the right
	cellMain   = "main"   // what the row is about
	cellTotal  = "total"  // to the right, what the row comes to
	cellSmall  = "small"
)

// right says whether cells of the column stand at its right edge.
func (c column) right() bool { return c.Class == cellNumber || c.Class == cellTotal }

// row is one row of a grid: as many cells as the grid has columns.
type row struct {
	Cells  []string
	Strong bool // a winner
	Faint  bool // does not count
}

func (r *report) html() (template, title string) { return "report.html", r.Kind + " · " + r.Title }

func (r *report) pdf(p *Printer) *canvas {
	c := newCanvas(p, r.Landscape, r.Kind+" · "+r.Title)
	c.running = func() { c.strip(r) }
	c.newPage()
	c.head(r)
	for i, s := range r.Sections {
		if s.Break && i > 0 {
			c.newPage()
		}
		c.section(s)
	}
	return c
}
