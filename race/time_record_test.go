package race_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"server5k/race"
)

func TestElapsedFrom(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		total int64
		parts race.Components
		want  time.Duration
		code  race.Code
	}{
		{"only total", 1_234_567, race.Components{}, 1_234_567 * time.Millisecond, ""},
		{"components win", 1000, race.Components{Hours: 1, Minutes: 2, Seconds: 3, Milliseconds: 4}, 3_723_004 * time.Millisecond, ""},
		{"absent", 0, race.Components{}, 0, ""},
		{"a day", 86_400_000, race.Components{}, 24 * time.Hour, ""},
		{"more than a day", 86_400_001, race.Components{}, 0, race.CodeInvalidValue},
		{"negative", -1, race.Components{}, 0, race.CodeInvalidValue},
		{"60 minutes", 1, race.Components{Minutes: 60}, 0, race.CodeInvalidValue},
		{"24 hours", 1, race.Components{Hours: 24}, 0, race.CodeInvalidValue},
		{"negative component", 1, race.Components{Seconds: -1}, 0, race.CodeInvalidValue},
		{"1000 milliseconds", 1, race.Components{Milliseconds: 1000}, 0, race.CodeInvalidValue},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := race.ElapsedFrom(tc.total, tc.parts)
			if race.CodeOf(err) != tc.code || got != tc.want {
				t.Errorf("got %v, %v; want %v, code %q", got, err, tc.want, tc.code)
			}
		})
	}
}

func TestSplit_IsTheInverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, 86_399_999).Draw(t, "ms")
		got, err := race.ElapsedFrom(0, race.Split(time.Duration(ms)*time.Millisecond))
		if err != nil || got.Milliseconds() != ms {
			t.Fatalf("%d came back as %v, %v", ms, got, err)
		}
	})
}
