package print

import (
	"fmt"
	"strconv"
	"time"

	"server5k/race"
)

// precision says how exactly a document shows times, so that what is shown adds
// up: whole seconds only where every time of it is one.
type precision bool

const (
	inMilliseconds precision = false
	inSeconds      precision = true
)

// precisionOf returns the precision for a sheet. Under RoundUpEach every time is
// whole; a penalty need not be.
func precisionOf(s race.Sheet) precision {
	if s.Rounding != race.RoundUpEach {
		return inMilliseconds
	}
	for _, l := range s.Lines {
		if l.PenaltyMS%1000 != 0 || l.TotalMS%1000 != 0 {
			return inMilliseconds
		}
	}
	return inSeconds
}

// elapsed shows d as m:ss or h:mm:ss, with milliseconds unless the precision is
// whole seconds.
func (x precision) elapsed(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	c := race.Split(d)
	out := fmt.Sprintf("%s%d:%02d", sign, c.Minutes, c.Seconds)
	if c.Hours > 0 {
		out = fmt.Sprintf("%s%d:%02d:%02d", sign, c.Hours, c.Minutes, c.Seconds)
	}
	if x == inMilliseconds {
		out += fmt.Sprintf(".%03d", c.Milliseconds)
	}
	return out
}

// counted returns a member's time as it goes into the total.
func counted(r race.Rounding, d time.Duration) time.Duration {
	if r == race.RoundUpEach {
		return (d + time.Second - 1).Truncate(time.Second)
	}
	return d
}

func millis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

// instant shows a date and time of day to the second, "" for none.
func (p *Printer) instant(t time.Time) string { return p.stamp(t, "15:04:05") }

// exact shows a date and time of day to the millisecond.
func (p *Printer) exact(t time.Time) string { return p.stamp(t, "15:04:05.000") }

func (p *Printer) stamp(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.loc)
	return p.date(t) + ", " + t.Format(layout)
}

// date shows a day as people write it.
func (p *Printer) date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.loc)
	return p.t("date", t.Day(), p.t("month."+strconv.Itoa(int(t.Month()))), t.Year())
}

// tabular shows a date and time of day in little room.
func (p *Printer) tabular(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.In(p.loc).Format(time.DateOnly + " " + layout)
}

// clock shows a time of day with milliseconds.
func (p *Printer) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(p.loc).Format("15:04:05.000")
}
