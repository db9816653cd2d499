package redis

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func answerOf(dead map[string]time.Duration, members ...string) answer {
	a := answer{members: map[string]record{}, dead: dead}
	for _, id := range members {
		a.members[id] = record{Address: "host-" + id + ":1"}
	}
	return a
}

func (r *roster) ids() string {
	out := ""
	for _, m := range r.list() {
		out += m.ID
	}
	return out
}

func TestRoster(t *testing.T) {
	t.Parallel()
	const grace, memory = 4 * time.Second, 54 * time.Minute
	start := time.Now()
	type step struct {
		after time.Duration
		a     answer
		ids   string
		lost  []string
	}
	replaced := answerOf(nil, "a", "b")
	replaced.members["b"] = record{Address: "host-c:1"}
	full := answerOf(map[string]time.Duration{}, "a")
	for i := range maxGraves {
		full.dead[fmt.Sprint("dead", i)] = time.Minute
	}
	graves := func(id string, age time.Duration) map[string]time.Duration { return map[string]time.Duration{id: age} }
	for name, steps := range map[string][]step{
		"the dead go at once":           {{0, answerOf(nil, "a", "b"), "ab", nil}, {0, answerOf(graves("b", 0), "a"), "a", nil}},
		"the missing stay for a while":  {{0, answerOf(nil, "a", "b"), "ab", nil}, {0, answerOf(nil, "a"), "ab", nil}, {grace, answerOf(nil, "a"), "ab", nil}, {time.Second, answerOf(nil, "a"), "a", []string{"b"}}},
		"the missing come back":         {{0, answerOf(nil, "a", "b"), "ab", nil}, {0, answerOf(nil, "a"), "ab", nil}, {grace, answerOf(nil, "a", "b"), "ab", nil}, {time.Second, answerOf(nil, "a"), "ab", nil}},
		"the dead stay dead":            {{0, answerOf(graves("b", 0), "a"), "a", nil}, {0, answerOf(nil, "a", "b"), "a", []string{"b"}}, {0, answerOf(graves("b", 0), "a"), "a", nil}},
		"the dead are forgotten":        {{0, answerOf(graves("b", time.Minute), "a"), "a", nil}, {memory - 2*time.Minute, answerOf(nil, "a"), "a", []string{"b"}}, {2 * time.Minute, answerOf(nil, "a"), "a", nil}},
		"the long dead are not learned": {{0, answerOf(graves("b", memory+time.Second), "a"), "a", nil}, {0, answerOf(nil, "a"), "a", nil}},
		"an address has one member":     {{0, answerOf(nil, "a", "c"), "ac", nil}, {0, replaced, "ab", []string{"c"}}},
		"a cut list hides graves":       {{0, answerOf(graves("z", 0), "a"), "a", nil}, {0, full, "a", nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, now := newRoster(grace, memory), start
			for i, s := range steps {
				now = now.Add(s.after)
				r.update(now, s.a)
				if got := r.ids(); got != s.ids {
					t.Errorf("step %d: members %s, want %s", i, got, s.ids)
				}
				if diff := cmp.Diff(append([]string(nil), r.lost...), s.lost); diff != "" {
					t.Errorf("step %d: lost (got, want):\n%s", i, diff)
				}
			}
		})
	}
}

func TestJitter(t *testing.T) {
	t.Parallel()
	for range 1000 {
		if d := jitter(time.Second); d < 900*time.Millisecond || d > 1100*time.Millisecond {
			t.Fatal(d)
		}
	}
}
