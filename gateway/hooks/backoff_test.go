package hooks

import (
	"slices"
	"testing"
	"time"
)

func TestBackoff_GrowsWithinLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		attempt int
		random  float64
		asked   time.Duration
		want    time.Duration
	}{
		{1, 0.5, 0, 5 * time.Second},
		{1, 0, 0, 4 * time.Second},
		{2, 0.5, 0, 30 * time.Second},
		{6, 0.5, 0, 6 * time.Hour},
		{99, 0.5, 0, 6 * time.Hour},
		{0, 0.5, 0, 5 * time.Second},
		{1, 0.5, 2 * time.Minute, 2 * time.Minute},
		{1, 0.5, 48 * time.Hour, maxRetryAfter},
		{4, 0.5, time.Second, 10 * time.Minute},
	} {
		if got := backoff(c.attempt, c.random, c.asked).Round(time.Millisecond); got != c.want {
			t.Errorf("attempt %d, random %v, asked %v: got %v, want %v", c.attempt, c.random, c.asked, got, c.want)
		}
	}
	if !slices.IsSorted(waits[:]) {
		t.Error("waits do not grow")
	}
}
