package admin

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// errTime means that a text is no time.
var errTime = errors.New("not a time")

// Layouts of instants: for people, and of the browser's field for date and time.
const (
	layoutInstant = "2006-01-02 15:04:05"
	layoutPrecise = "2006-01-02 15:04:05.000"
	layoutField   = "2006-01-02T15:04:05.000"
)

// fieldLayouts are what a field for date and time may send.
var fieldLayouts = [...]string{"2006-01-02T15:04:05.000", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05.000", "2006-01-02 15:04:05", "2006-01-02 15:04"}

// clock writes a duration as m:ss.mmm or h:mm:ss.mmm.
func clock(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "−", -d
	}
	ms := d.Milliseconds()
	if ms >= 3_600_000 {
		return fmt.Sprintf("%s%d:%02d:%02d.%03d", sign, ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
	}
	return fmt.Sprintf("%s%d:%02d.%03d", sign, ms/60_000, ms/1000%60, ms%1000)
}

// brief writes a duration without its milliseconds.
func brief(d time.Duration) string {
	whole, _, _ := strings.Cut(clock(d), ".")
	return whole
}

// signed writes a duration in seconds with its sign.
func signed(d time.Duration) string {
	return strings.Replace(fmt.Sprintf("%+.3f s", d.Seconds()), "-", "−", 1)
}

// precise writes a small duration in milliseconds.
func precise(d time.Duration) string {
	ms := float64(d.Microseconds()) / 1000
	return strings.Replace(strconv.FormatFloat(ms, 'f', 1, 64)+" ms", "-", "−", 1)
}

// parseClock reads a time as people write it: h:mm:ss.mmm, m:ss, or digits alone,
// of which the last two are seconds and the two before minutes. A comma counts as
// a point. It is never negative.
func parseClock(s string) (time.Duration, error) {
	s = strings.ReplaceAll(strings.TrimSpace(s), ",", ".")
	whole, fraction, _ := strings.Cut(s, ".")
	if !strings.Contains(whole, ":") {
		whole = withColons(whole)
	}
	parts := strings.Split(whole, ":")
	if len(parts) > 3 || len(fraction) > 3 {
		return 0, errTime
	}
	var seconds int64
	for i, part := range parts {
		n, err := digits(part)
		if err != nil || (i > 0 && (n > 59 || len(part) != 2)) {
			return 0, errTime
		}
		seconds = seconds*60 + n
	}
	var ms int64
	if fraction != "" {
		n, err := digits((fraction + "00")[:3])
		if err != nil {
			return 0, errTime
		}
		ms = n
	}
	return time.Duration(seconds)*time.Second + time.Duration(ms)*time.Millisecond, nil
}

// withColons splits digits alone into hours, minutes and seconds; up to two are
// seconds as they are.
func withColons(s string) string {
	switch n := len(s); {
	case n <= 2:
		return s
	case n <= 4:
		return s[:n-2] + ":" + s[n-2:]
	default:
		return s[:n-4] + ":" + s[n-4:n-2] + ":" + s[n-2:]
	}
}

func digits(s string) (int64, error) {
	if s == "" || len(s) > 6 || strings.Trim(s, "0123456789") != "" {
		return 0, errTime
	}
	return strconv.ParseInt(s, 10, 64)
}

// parseShift reads a correction in seconds with an optional sign, such as
// "+2.35", "-0,4" or "−1:02.5".
func parseShift(s string) (time.Duration, error) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "−", "-"))
	rest, negative := strings.CutPrefix(s, "-")
	rest = strings.TrimPrefix(rest, "+")
	d, err := parseClock(rest)
	if negative {
		d = -d
	}
	return d, err
}

// parseInstant reads a date and time of a field, in the zone of the event.
func parseInstant(s string, in *time.Location) (time.Time, error) {
	s = strings.TrimSpace(s)
	for _, layout := range fieldLayouts {
		if t, err := time.ParseInLocation(layout, s, in); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errTime
}
