package auth

import (
	"strconv"
	"sync"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	t.Parallel()
	type step struct {
		after time.Duration // the clock moves first
		fail  int
		reset bool
		wait  time.Duration // what Allow asks for then; 0 is allowed
	}
	cases := map[string][]step{
		"below the limit":       {{fail: 2}},
		"at the limit":          {{fail: 3, wait: time.Minute}},
		"counts down":           {{fail: 3, wait: time.Minute}, {after: 40 * time.Second, wait: 20 * time.Second}},
		"opens again":           {{fail: 3, wait: time.Minute}, {after: time.Minute}, {fail: 2}, {fail: 1, wait: time.Minute}},
		"window does not move":  {{fail: 1}, {after: 50 * time.Second, fail: 2, wait: 10 * time.Second}},
		"more does not prolong": {{fail: 3, wait: time.Minute}, {after: 30 * time.Second, fail: 9, wait: 30 * time.Second}},
		"old failures expire":   {{fail: 2}, {after: time.Minute, fail: 2}},
		"reset":                 {{fail: 3, wait: time.Minute}, {reset: true}, {fail: 2}},
	}
	for name, steps := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := testNow
			l := NewLimiter(3, time.Minute, func() time.Time { return now })
			for i, s := range steps {
				now = now.Add(s.after)
				if s.reset {
					l.Reset("juez1")
				}
				for range s.fail {
					l.Fail("juez1")
				}
				if ok, wait := l.Allow("juez1"); ok != (s.wait == 0) || wait != s.wait {
					t.Errorf("step %d: got %t, %v, want %v", i, ok, wait, s.wait)
				}
				if ok, _ := l.Allow("juez2"); !ok {
					t.Errorf("step %d: another key is turned away", i)
				}
			}
		})
	}
}

func TestLimiter_ForgetsTheOldestKeyWhenFull(t *testing.T) {
	t.Parallel()
	l := NewLimiter(0, time.Minute, testClock) // below 1 counts as 1
	for i := range maxLimiterKeys + 1 {
		l.Fail(strconv.Itoa(i))
	}
	for key, want := range map[string]bool{"0": true, "1": false, strconv.Itoa(maxLimiterKeys): false} {
		if ok, _ := l.Allow(key); ok != want {
			t.Errorf("key %s: got %t, want %t", key, ok, want)
		}
	}
	if got := len(l.keys); got != maxLimiterKeys || l.order.Len() != got {
		t.Errorf("got %d keys, %d in order, want %d", got, l.order.Len(), maxLimiterKeys)
	}
}

func TestLimiter_DropsEndedWindows(t *testing.T) {
	t.Parallel()
	now := testNow
	l := NewLimiter(1, time.Minute, func() time.Time { return now })
	l.Fail("a")
	l.Fail("b")
	now = now.Add(time.Minute)
	l.Fail("c")
	if len(l.keys) != 1 || l.order.Len() != 1 {
		t.Errorf("got %d keys, %d in order, want 1", len(l.keys), l.order.Len())
	}
}

func TestLimiter_ConcurrentUse(t *testing.T) {
	t.Parallel()
	l := NewLimiter(8*100+1, time.Minute, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				l.Fail("shared")
				l.Allow("shared")
				l.Fail("other")
				l.Reset("other")
			}
		})
	}
	wg.Wait()
	if ok, _ := l.Allow("shared"); !ok {
		t.Error("turned away one failure early")
	}
	l.Fail("shared")
	if ok, _ := l.Allow("shared"); ok {
		t.Error("a failure was lost")
	}
}
