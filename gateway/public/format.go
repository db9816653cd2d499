package public

import (
	"fmt"
	"time"

	"server5k/gateway/site"
	"server5k/race"
)

// clock writes a duration as m:ss or h:mm:ss; a negative one as zero.
func clock(d time.Duration) string {
	s := max(d.Milliseconds(), 0) / 1000
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// countdown writes what is left, with the days when there is more than one.
func countdown(texts site.Catalogue, d time.Duration) string {
	const day = 24 * time.Hour
	if d < day {
		return clock(d)
	}
	return texts.Text("clock.days", int(d/day), clock(d%day))
}

// precise writes a duration like clock, with its milliseconds.
func precise(d time.Duration) string {
	return fmt.Sprintf("%s.%03d", clock(d), max(d.Milliseconds(), 0)%1000)
}

// written writes an official time as its rounding says: whole seconds have no
// fraction to show.
func written(whole bool, d time.Duration) string {
	if whole {
		return clock(d)
	}
	return precise(d)
}

// wholeTotals and wholeMembers say whether totals and the times of members are
// whole seconds under a policy.
func wholeTotals(r race.Rounding) bool { return r == race.RoundUpEach || r == race.RoundUpTotal }

func wholeMembers(r race.Rounding) bool { return r == race.RoundUpEach }

// member returns the time of a member as it is added up.
func member(r race.Rounding, d time.Duration) time.Duration {
	if r == race.RoundUpEach {
		return (d + time.Second - 1).Truncate(time.Second)
	}
	return d
}

// instant writes an instant for programs, as the API does: RFC 3339 with the
// offset of the event, microseconds only when there are any.
func instant(t time.Time, in *time.Location) string {
	t = t.In(in)
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02T15:04:05-07:00")
	}
	return t.Format("2006-01-02T15:04:05.000000-07:00")
}
