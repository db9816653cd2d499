package auth

import (
	"container/list"
	"crypto/sha256"
	"sync"
	"time"
)

// maxLimiterKeys bounds the memory of a Limiter to about 2 MB.
const maxLimiterKeys = 10_000

// limiterKey is the digest of a key: clients choose keys, and of any length.
type limiterKey [sha256.Size]byte

// failures counts one key's failures in the window that opened with the first of them.
type failures struct {
	key      limiterKey
	count    int
	openedAt time.Time
}

// Limiter turns a key away after too many failures. A window opens with a key's first failure and
// does not move; when it ends the key starts afresh. At most 10,000 keys are kept; beyond that the
// one whose window opened first is forgotten. It is safe for concurrent use.
type Limiter struct {
	max    int
	window time.Duration
	now    func() time.Time

	mu sync.Mutex // protects keys, order
	// order holds *failures, oldest window first; keys finds them.
	keys  map[limiterKey]*list.Element
	order *list.List
}

// NewLimiter allows maxFailures (1 if less) per key and window. It reads the time from now, or
// from time.Now when it is nil.
func NewLimiter(maxFailures int, window time.Duration, now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	return &Limiter{
		max:    max(maxFailures, 1),
		window: window,
		now:    now,
		keys:   make(map[limiterKey]*list.Element),
		order:  list.New(),
	}
}

// Allow reports whether key may try now, and if not, after how long it may; it counts nothing.
// Attempts that run at the same time are all let in until the first of them calls Fail.
func (l *Limiter) Allow(key string) (ok bool, retryAfter time.Duration) {
	k := limiterKey(sha256.Sum256([]byte(key)))
	l.mu.Lock()
	defer l.mu.Unlock()
	element, found := l.keys[k]
	if !found {
		return true, 0
	}
	f := element.Value.(*failures)
	left := f.openedAt.Add(l.window).Sub(l.now())
	if f.count < l.max || left <= 0 {
		return true, 0
	}
	return false, left
}

// Fail counts a failure of key. While key is turned away it changes nothing for it.
func (l *Limiter) Fail(key string) {
	k := limiterKey(sha256.Sum256([]byte(key)))
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.dropEnded(now)
	if element, found := l.keys[k]; found {
		element.Value.(*failures).count++
		return
	}
	if l.order.Len() >= maxLimiterKeys {
		l.drop(l.order.Front())
	}
	l.keys[k] = l.order.PushBack(&failures{key: k, count: 1, openedAt: now})
}

// Reset forgets the failures of key, as after a successful login.
func (l *Limiter) Reset(key string) {
	k := limiterKey(sha256.Sum256([]byte(key)))
	l.mu.Lock()
	defer l.mu.Unlock()
	if element, found := l.keys[k]; found {
		l.drop(element)
	}
}

// dropEnded removes the windows that ended; all windows are equally long, so they are in front.
// mu must be held.
func (l *Limiter) dropEnded(now time.Time) {
	for front := l.order.Front(); front != nil; front = l.order.Front() {
		if now.Before(front.Value.(*failures).openedAt.Add(l.window)) {
			return
		}
		l.drop(front)
	}
}

// drop removes one key; mu must be held.
func (l *Limiter) drop(element *list.Element) {
	delete(l.keys, element.Value.(*failures).key)
	l.order.Remove(element)
}
