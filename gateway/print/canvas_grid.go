package print

// Rows of a table: the type, the distance of lines and the room around them.
const (
	rowSize  = 8.5
	smallRow = 7.5
	rowLine  = 3.7
	rowPad   = 0.95
	cellPad  = 1.8
)

// head writes what stands above the tables of a report.
func (c *canvas) head(r *report) {
	c.title(r.Kind, r.Title, r.Stamp, r.Final)
	room := c.w - 2*margin
	if !r.Landscape {
		c.y = c.facts(r.Facts, margin, c.y, room) + 2.5
		return
	}
	half := (len(r.Facts) + 1) / 2
	first := c.facts(r.Facts[:half], margin, c.y, room/2-6)
	c.y = max(first, c.facts(r.Facts[half:], margin+room/2, c.y, room/2)) + 2.5
}

// facts writes facts below one another from the baseline y and returns the next.
func (c *canvas) facts(facts []fact, x, y, w float64) float64 {
	const size = 8.5
	label := 0.0
	c.font("Helvetica", "B", size, muted)
	for _, f := range facts {
		label = max(label, c.width(latin(f.Label))+4)
	}
	for _, f := range facts {
		c.font("Helvetica", "B", size, muted)
		c.put(x, y, left, latin(f.Label))
		c.font("Helvetica", "", size, ink)
		y = c.block(x+label, y, size, left, c.wrap(latin(f.Value), w-label)) + 4.3
	}
	return y
}

// section writes a heading and its tables.
func (c *canvas) section(s section) {
	if c.y+30 > c.bottom() { // heading, head and a few rows stay together
		c.newPage()
	}
	c.font("Helvetica", "B", 13, accent)
	size, lines := c.fit(latin(s.Title), c.w-2*margin, 13, 9, 1)
	c.y = c.block(margin, c.y+4, size, left, lines) + 3.5
	for _, g := range s.Grids {
		c.grid(g)
	}
	c.y += 3
}

// grid writes a table.
func (c *canvas) grid(g grid) {
	if g.Caption != "" {
		if c.y+24 > c.bottom() {
			c.newPage()
		}
		c.font("Helvetica", "B", 10, ink)
		c.put(margin, c.y+4, left, latin(g.Caption))
		c.y += 6.5
	}
	if len(g.Rows) == 0 {
		c.font("Helvetica", "I", 9, muted)
		c.put(margin, c.y+3, left, latin(g.Empty))
		c.y += 9
		return
	}
	c.gridHead(g)
	cells := make([][]ansi, len(g.Cols))
	for i, r := range g.Rows {
		lines := 1
		for j, col := range g.Cols {
			c.cellFont(col, r)
			if cells[j] = []ansi{latin(r.Cells[j])}; !col.right() { // half a number would be another one
				cells[j] = c.wrap(cells[j][0], col.Width-2*cellPad)
			}
			lines = max(lines, len(cells[j]))
		}
		c.gridRow(g, r, cells, lines, i%2 == 1)
	}
	c.draw(hair, 0.2)
	c.f.Line(margin, c.y, c.w-margin, c.y)
	c.remark(g.Remark)
	c.y += 6
}

// remark writes what explains a table below it.
func (c *canvas) remark(text string) {
	if text == "" {
		return
	}
	const size = 7.5
	c.font("Helvetica", "I", size, muted)
	lines := c.wrap(latin(text), c.w-2*margin)
	if c.y+float64(len(lines))*rowLine+2 > c.bottom() {
		c.newPage()
		c.font("Helvetica", "I", size, muted)
	}
	c.y = c.block(margin, c.y+4.5, size, left, lines)
}

func (c *canvas) gridHead(g grid) {
	const height = 6.2
	c.fill(accent, c.y, c.w-2*margin, height)
	c.font("Helvetica", "B", 8, white)
	x := margin
	for _, col := range g.Cols {
		_, lines := c.fit(latin(col.Title), col.Width-2*cellPad, 8, 6, 1)
		if col.right() {
			c.put(x+col.Width-cellPad, c.y+4.2, right, lines[0])
		} else {
			c.put(x+cellPad, c.y+4.2, left, lines[0])
		}
		x += col.Width
	}
	c.y += height
}

// gridRow writes a row where it fits as a whole: on this page or the next. One
// that is longer than a page goes on over pages, line by line.
func (c *canvas) gridRow(g grid, r row, cells [][]ansi, lines int, shaded bool) {
	for from := 0; from < lines; {
		height := float64(lines-from)*rowLine + 2*rowPad
		if c.y+height > c.bottom() && !c.fresh(height) {
			c.newPage()
			c.gridHead(g)
		}
		to := lines
		if room := int((c.bottom() - c.y - 2*rowPad) / rowLine); room < to-from {
			to = from + max(room, 1)
		}
		c.gridLines(g, r, cells, from, to, shaded)
		from = to
	}
}

// fresh says whether a new page would not hold more than this one: nothing is on
// it yet but its heads.
func (c *canvas) fresh(height float64) bool {
	return height > c.bottom()-2*margin && c.y < 3*margin
}

// gridLines writes the lines from up to to of a row's cells.
func (c *canvas) gridLines(g grid, r row, cells [][]ansi, from, to int, shaded bool) {
	height := float64(to-from)*rowLine + 2*rowPad
	if shaded {
		c.fill(shade, c.y, c.w-2*margin, height)
	}
	x := margin
	for j, col := range g.Cols {
		c.cellFont(col, r)
		y := c.y + rowPad + 2.9
		for _, l := range cells[j][min(from, len(cells[j])):min(to, len(cells[j]))] {
			if col.right() {
				c.put(x+col.Width-cellPad, y, right, l)
			} else {
				c.put(x+cellPad, y, left, l)
			}
			y += rowLine
		}
		x += col.Width
	}
	c.y += height
}

// cellFont sets the type of a cell.
func (c *canvas) cellFont(col column, r row) {
	style, size, ink := "", rowSize, ink
	if r.Strong || col.Class == cellTotal {
		style = "B"
	}
	if col.Class == cellSmall {
		style, size = "", smallRow
	}
	if r.Faint {
		style, ink = "", muted
	}
	c.font("Helvetica", style, size, ink)
}
