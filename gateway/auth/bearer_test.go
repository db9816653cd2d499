package auth

import (
	"errors"
	"strings"
	"testing"
)

func TestBearerFromHeader(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		header string
		raw    string
		found  bool
		want   error
	}{
		"empty":           {"", "", false, nil},
		"spaces":          {"   ", "", false, nil},
		"one value":       {"Bearer abc", "abc", true, nil},
		"many spaces":     {"  Bearer    abc  ", "abc", true, nil},
		"other scheme":    {"Basic abc", "", false, nil},
		"lower case":      {"bearer abc", "", false, nil},
		"prefix only":     {"Bearerabc", "", false, nil},
		"tab is no space": {"Bearer\tabc", "", false, nil},
		"alone":           {"Bearer", "", true, ErrBadHeader},
		"alone, spaces":   {"Bearer  ", "", true, ErrBadHeader},
		"two values":      {"Bearer a b", "", true, ErrBadHeader},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, found, err := BearerFromHeader(c.header)
			if raw != c.raw || found != c.found || !errors.Is(err, c.want) {
				t.Errorf("got %q, %t, %v, want %q, %t, %v", raw, found, err, c.raw, c.found, c.want)
			}
		})
	}
}

func FuzzBearer(f *testing.F) {
	for _, seed := range []string{"", "Bearer", "Bearer a", "Bearer  a  b", "bearer a", "Basic a", " Bearer\x00a "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, h string) {
		raw, found, err := BearerFromHeader(h)
		if (raw != "") != (found && err == nil) {
			t.Errorf("got %q, %t, %v: a value without found, or the reverse", raw, found, err)
		}
		if strings.Contains(raw, " ") || !strings.Contains(h, raw) {
			t.Errorf("got %q, want one word of the header", raw)
		}
	})
}
