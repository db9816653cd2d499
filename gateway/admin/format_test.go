package admin

import (
	"testing"
	"time"
)

func TestParseClock(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Duration{
		"18:34.250": 18*time.Minute + 34*time.Second + 250*time.Millisecond, "18:34,25": 18*time.Minute + 34*time.Second + 250*time.Millisecond,
		"1834": 18*time.Minute + 34*time.Second, "1:02:03": time.Hour + 2*time.Minute + 3*time.Second, "10203.004": time.Hour + 2*time.Minute + 3*time.Second + 4*time.Millisecond,
		"45": 45 * time.Second, "90": 90 * time.Second, " 0:00.001 ": time.Millisecond, "0.5": 500 * time.Millisecond,
	} {
		if got, err := parseClock(in); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", ":", "1:2", "1:60", "18:34.2505", "-1", "uno", "1:2:3:4", "18:34 h", "1.2.3", "9999999"} {
		if got, err := parseClock(in); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func TestParseShift(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Duration{"+2.35": 2350 * time.Millisecond, "-0,4": -400 * time.Millisecond, "−1:02.5": -62500 * time.Millisecond, "3": 3 * time.Second} {
		if got, err := parseShift(in); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "+-1", "--1", "x"} {
		if got, err := parseShift(in); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func TestClock_IsReadBack(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{0, time.Millisecond, 59*time.Second + 999*time.Millisecond, time.Hour - time.Millisecond, time.Hour, 23*time.Hour + 59*time.Minute} {
		if got, err := parseClock(clock(d)); err != nil || got != d {
			t.Errorf("%v as %q is %v, %v", d, clock(d), got, err)
		}
	}
	if got := clock(-1500 * time.Millisecond); got != "−0:01.500" {
		t.Error(got)
	}
}

func TestParseInstant(t *testing.T) {
	t.Parallel()
	in := time.FixedZone("", -5*3600)
	want := gun.Add(350 * time.Millisecond)
	if got, err := parseInstant(want.In(in).Format(layoutField), in); err != nil || !got.Equal(want) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := parseInstant("mañana", in); err == nil {
		t.Error("taken")
	}
}
