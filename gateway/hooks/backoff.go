package hooks

import "time"

const (
	// giveUpAfter is how long a delivery is tried.
	giveUpAfter = 24 * time.Hour
	// maxRetryAfter is the longest wait that a receiver may ask for.
	maxRetryAfter = time.Hour
	// jitter is the part of a wait by which it varies either way, so that what failed
	// together does not come back together.
	jitter = 0.2
)

// waits are those after the first, second … attempt; the last one repeats.
var waits = [...]time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour}

// backoff returns how long to wait after an attempt, numbered from 1; random is in
// [0, 1). At least what the receiver asked for, within limits.
func backoff(attempt int, random float64, asked time.Duration) time.Duration {
	wait := waits[min(max(attempt, 1), len(waits))-1]
	wait = time.Duration(float64(wait) * (1 - jitter + 2*jitter*random))
	return max(wait, min(asked, maxRetryAfter))
}
