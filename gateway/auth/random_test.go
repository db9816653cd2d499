package auth

import (
	"strings"
	"testing"
)

func TestRandomPassword(t *testing.T) {
	t.Parallel()
	for _, n := range []int{-1, 0, 1, 12, 65, 1000} {
		got := RandomPassword(n)
		if len(got) != max(n, 0) {
			t.Errorf("got %d characters, want %d", len(got), n)
		}
		if strings.ContainsAny(got, "0Oo1Iil") || strings.Trim(got, passwordAlphabet) != "" {
			t.Errorf("got %q, with a character outside the alphabet", got)
		}
	}
	if first, second := RandomPassword(16), RandomPassword(16); first == second {
		t.Error("two passwords are equal")
	}
}

func TestRandomPassword_UsesTheWholeAlphabet(t *testing.T) {
	t.Parallel()
	got := RandomPassword(100_000)
	// 1818 of each are expected; a standard deviation is 42.
	for _, letter := range passwordAlphabet {
		if n := strings.Count(got, string(letter)); n < 1400 || n > 2200 {
			t.Errorf("%q appears %d times, want about 1818", letter, n)
		}
	}
}
