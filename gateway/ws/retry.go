package ws

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// Spread says when the clients of a server that drains are asked to come back: each at a random
// time of its own within a window that grows with their number.
type Spread struct {
	// Least and Most bound the window.
	Least, Most time.Duration
	// PerSecond is how many clients a second of the window is for.
	PerSecond int
}

const (
	// leastWindow keeps even a few clients from coming back in one instant, and is no loss: a judge
	// loses no mark in a second.
	leastWindow = time.Second
	// mostWindow is what the public may be kept waiting for; beyond it the other nodes refuse who
	// comes too early.
	mostWindow = 15 * time.Second
	// returnsPerSecond is half of what one node takes in, so that a single node that is left has
	// room for those who come by themselves.
	returnsPerSecond = 500
)

func defaultSpread() Spread { return Spread{leastWindow, mostWindow, returnsPerSecond} }

// window is how long n clients are spread over.
func (s Spread) window(n int) time.Duration {
	return min(max(s.Least, time.Duration(n)*time.Second/time.Duration(max(s.PerSecond, 1))), s.Most)
}

// reason is a close reason that ends in the hint: "text; retry=1234ms". It fits a close frame as
// long as text is short.
func (s Spread) reason(text string, n int) string {
	wait := rand.N(s.window(n) + 1) //nolint:gosec // spreads load, nobody gains by guessing it
	return fmt.Sprintf("%s; retry=%dms", text, wait.Milliseconds())
}

// RetryIn is how long who is refused now should wait: one to three whole seconds, random because
// those who are refused came together.
func RetryIn() time.Duration {
	return time.Duration(1+rand.IntN(3)) * time.Second //nolint:gosec // likewise
}

// RetryAfter is RetryIn as the header of that name.
func RetryAfter() string { return strconv.Itoa(int(RetryIn().Seconds())) }
