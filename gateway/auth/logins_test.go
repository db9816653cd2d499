package auth

import (
	"errors"
	"net/netip"
	"testing"
	"time"
)

func TestLogins_LimitsAccountsAndNetworks(t *testing.T) {
	t.Parallel()
	now := testNow
	l := NewLogins(func() time.Time { return now })
	here, neighbour := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	elsewhere := netip.MustParseAddr("2001:db8:0:1::1")
	wrong := func() error { return ErrWrongLogin }
	for i := range MaxUserFailures {
		if wait, err := l.Try("organizer", "Ana", here, wrong); wait != 0 || !errors.Is(err, ErrWrongLogin) {
			t.Fatalf("try %d: %v %v", i, wait, err)
		}
	}
	ran, fine := false, error(nil)
	right := func() error { ran = true; return fine }
	if wait, err := l.Try("organizer", "ana", neighbour, right); wait <= 0 || err != nil || ran {
		t.Errorf("the same account from the same network: %v %v, checked %v", wait, err, ran)
	}
	for name, try := range map[string]func() (time.Duration, error){
		"another realm":   func() (time.Duration, error) { return l.Try("judge", "ana", here, right) },
		"another network": func() (time.Duration, error) { return l.Try("organizer", "ana", elsewhere, right) },
		"a code":          func() (time.Duration, error) { return l.TryCode(here, right) },
	} {
		if wait, err := try(); wait != 0 || err != nil {
			t.Errorf("%s: %v %v", name, wait, err)
		}
	}
	for range MaxPeerFailures - MaxUserFailures {
		_, _ = l.TryCode(here, wrong) // fails, as it should
	}
	if wait, _ := l.Try("judge", "berta", neighbour, right); wait <= 0 {
		t.Error("the network was not turned away")
	}
	now = now.Add(LoginWindow)
	if wait, err := l.Try("organizer", "ana", here, right); wait != 0 || err != nil {
		t.Errorf("after the window: %v %v", wait, err)
	}
}
