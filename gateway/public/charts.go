package public

import (
	"math"
	"strconv"
	"strings"
	"time"

	"server5k/race"
)

// chartTeams is how many teams the charts compare.
const chartTeams = 10

// Sizes of the charts, in units of their view box. They are drawn for the width of
// a phone and grow with the page, so that their letters are never too small.
const (
	chartWidth  = 360
	plotLeft    = 30
	plotRight   = chartWidth - 30
	plotTop     = 14
	plotBottom  = 160
	rowHeight   = 32
	wantedTicks = 6
)

// chartsPage is what the fragment with the charts is given.
type chartsPage struct {
	View     *board
	Scope    race.Category
	Finishes finishChart
	Spread   spreadChart
	Gaps     gapChart
}

// tick is a mark on an axis.
type tick struct {
	At    float64
	Label string
}

// finishChart shows when people finished: bars for each minute, and their sum.
type finishChart struct {
	Bars        []finishBar
	Line        string // of the sum, as points of a polyline
	Ticks       []tick
	Most, Total int // scales of bars and line
	First, Last string
	Busiest     int // number of the minute that has most
	MaxY, MinY  float64
	Left, Right float64
}

// finishBar is one minute.
type finishBar struct {
	Minute, Count, Sum  int
	X, Y, Width, Height float64
}

// spreadChart shows the times of each team on one scale.
type spreadChart struct {
	Rows    []spreadRow
	Ticks   []tick
	Height  float64
	Axis    float64
	Slowest string
	Fastest string
}

// spreadRow is one team: its times, and the box between the quarters of them.
type spreadRow struct {
	Bib                  int
	Name                 string
	Label, Y             float64
	Dots                 string // a path of points
	From, To, Median     float64
	BoxWidth             float64
	First, Middle, Final string
}

// BoxTop is where the box of a row begins, TickY where the labels of the axis stand.
func (r spreadRow) BoxTop() float64 { return r.Y - 6 }

func (c spreadChart) TickY() float64 { return c.Axis + 12 }

// gapChart shows how far the first teams are behind the first.
type gapChart struct {
	Rows   []gapRow
	Height float64
}

type gapRow struct {
	Bib      int
	Name     string
	Place    int
	Gap      string
	Label, Y float64
	Width    float64
}

// charts makes the charts of a category, of all for the empty one. The finishes
// are those of all teams.
func (p *Pages) charts(b *board, _ string, scope race.Category) chartsPage {
	var leaders []line
	for _, l := range b.in(scope) {
		if l.placeIn(scope) > 0 && len(leaders) < chartTeams {
			leaders = append(leaders, l)
		}
	}
	return chartsPage{b, scope, finishesOf(b.Finishes), spreadOf(b, leaders), gapsOf(b, leaders, scope)}
}

// finishesOf counts times, which ascend, by the minute.
func finishesOf(times []time.Duration) finishChart {
	c := finishChart{MinY: plotTop, MaxY: plotBottom, Left: plotLeft, Right: plotRight, Total: len(times)}
	if len(times) == 0 {
		return c
	}
	first, last := int(times[0]/time.Minute), int(times[len(times)-1]/time.Minute)
	c.First, c.Last = clock(times[0]), clock(times[len(times)-1])
	minutes := last - first + 1
	// A single time far off must not make a bar for each minute of a day.
	per := (minutes + 119) / 120
	counts := make([]int, (minutes+per-1)/per)
	for _, t := range times {
		counts[(int(t/time.Minute)-first)/per]++
	}
	for i, n := range counts {
		if n > c.Most {
			c.Most, c.Busiest = n, first+i*per
		}
	}
	slot := float64(plotRight-plotLeft) / float64(len(counts))
	line := make([]byte, 0, 16*len(counts))
	line = point(line, plotLeft, plotBottom)
	sum := 0
	for i, n := range counts {
		sum += n
		height := float64(plotBottom-plotTop) * float64(n) / float64(c.Most)
		c.Bars = append(c.Bars, finishBar{
			Minute: first + i*per, Count: n, Sum: sum, X: plotLeft + slot*float64(i) + slot*.1, Y: plotBottom - height, Width: slot * .8, Height: height,
		})
		line = point(line, plotLeft+slot*float64(i+1), plotBottom-float64(plotBottom-plotTop)*float64(sum)/float64(len(times)))
	}
	c.Line = string(line)
	step := max((len(counts)+wantedTicks-1)/wantedTicks, 1)
	for i := 0; i <= len(counts); i += step {
		c.Ticks = append(c.Ticks, tick{plotLeft + slot*float64(i), strconv.Itoa(first+i*per) + "′"})
	}
	return c
}

func point(line []byte, x, y float64) []byte {
	if len(line) > 0 {
		line = append(line, ' ')
	}
	return append(line, scale(x)+","+scale(y)...)
}

// spreadOf puts the times of the lines on one scale.
func spreadOf(b *board, lines []line) spreadChart {
	var c spreadChart
	low, high := time.Duration(math.MaxInt64), time.Duration(0)
	for _, l := range lines {
		for _, m := range l.Members {
			if m.Time > 0 {
				low, high = min(low, m.Time), max(high, m.Time)
			}
		}
	}
	if high == 0 {
		return c
	}
	whole := wholeMembers(b.Competition.Rounding)
	c.Fastest, c.Slowest = written(whole, low), written(whole, high)
	step := tickStep(high - low)
	from, to := low.Truncate(step), (high + step - 1).Truncate(step)
	if to == from {
		to += step
	}
	const left, right = 16.0, chartWidth - 16.0
	x := func(d time.Duration) float64 { return left + (right-left)*float64(d-from)/float64(to-from) }
	for d := from; d <= to; d += step {
		c.Ticks = append(c.Ticks, tick{x(d), clock(d)})
	}
	for _, l := range lines {
		var times []time.Duration
		for _, m := range l.Members {
			if m.Time > 0 {
				times = append(times, m.Time)
			}
		}
		if len(times) == 0 {
			continue
		}
		top := float64(rowHeight * len(c.Rows))
		r := spreadRow{Bib: l.Team.Bib, Name: l.Team.Name, Label: top + 12, Y: top + 23}
		var dots strings.Builder
		for _, t := range times {
			dots.WriteString("M" + scale(x(t)) + " " + scale(r.Y) + "h0")
		}
		r.Dots = dots.String()
		r.From, r.To, r.Median = x(quantile(times, .25)), x(quantile(times, .75)), x(quantile(times, .5))
		r.BoxWidth = r.To - r.From
		r.First, r.Middle, r.Final = clock(times[0]), clock(quantile(times, .5)), clock(times[len(times)-1])
		c.Rows = append(c.Rows, r)
	}
	c.Axis = float64(rowHeight*len(c.Rows)) + 6
	c.Height = c.Axis + 18
	return c
}

// quantile returns that of times, which ascend, between neighbours as needed.
func quantile(times []time.Duration, q float64) time.Duration {
	at := q * float64(len(times)-1)
	i := int(at)
	if i+1 >= len(times) {
		return times[len(times)-1]
	}
	return times[i] + time.Duration((at-float64(i))*float64(times[i+1]-times[i]))
}

// tickStep is the step of an axis over a range: a handful of marks on round times.
func tickStep(over time.Duration) time.Duration {
	for _, step := range []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour} {
		if over <= step*wantedTicks {
			return step
		}
	}
	return over.Truncate(time.Hour)/wantedTicks + time.Hour
}

// gapsOf compares the lines with the first of them.
func gapsOf(b *board, lines []line, scope race.Category) gapChart {
	var c gapChart
	if len(lines) < 2 {
		return c
	}
	widest := max(lines[len(lines)-1].gapIn(scope), time.Millisecond)
	whole := wholeTotals(b.Competition.Rounding)
	for i, l := range lines {
		top := float64(rowHeight * i)
		r := gapRow{
			Bib: l.Team.Bib, Name: l.Team.Name, Place: l.placeIn(scope), Label: top + 12, Y: top + 18,
			Width: 2 + (chartWidth-18)*float64(l.gapIn(scope))/float64(widest),
		}
		if l.gapIn(scope) > 0 {
			r.Gap = "+" + written(whole, l.gapIn(scope))
		}
		c.Rows = append(c.Rows, r)
	}
	c.Height = float64(rowHeight * len(lines))
	return c
}

// scale writes a coordinate.
func scale(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }
