package admin

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	now := gun
	s := newSessions([]byte("one"), func() time.Time { return now })
	v := s.begin(7)
	raw := s.encode(v)
	got, err := s.decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if other := newSessions([]byte("two"), s.now); other.validForm(v, s.formToken(v)) {
		t.Error("a form token of another secret is taken")
	} else if _, err := other.decode(raw); err == nil {
		t.Error("a session of another secret is taken")
	}
	for name, bad := range map[string]string{
		"nothing": "", "cut": raw[:len(raw)-1], "longer": raw + "A", "another letter": strings.Replace(raw, raw[10:11], map[bool]string{true: "B", false: "A"}[raw[10] == 'A'], 1), "not base64": "%%%",
	} {
		if _, err := s.decode(bad); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if !s.validForm(v, s.formToken(v)) || s.validForm(v, "") || s.validForm(s.begin(7), s.formToken(v)) {
		t.Error("form tokens do not belong to their session")
	}
}

func TestSessions_End(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		age, idle time.Duration
		good      bool
	}{
		"fresh": {0, 0, true}, "almost idle": {sessionIdle - time.Second, sessionIdle - time.Second, true}, "idle": {sessionIdle, sessionIdle, false},
		"long but used": {sessionLife - time.Second, time.Minute, true}, "too long": {sessionLife, time.Minute, false}, "from the future": {-time.Hour, -time.Hour, false},
	} {
		now := gun
		s := newSessions([]byte("one"), func() time.Time { return now })
		v := s.begin(7)
		v.BeganAt, v.SeenAt = gun.Add(-c.age), gun.Add(-c.idle)
		if _, err := s.decode(s.encode(v)); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
