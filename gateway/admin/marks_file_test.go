package admin

import (
	"fmt"
	"testing"
)

func TestJoinFrames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, want string
		missing    string
		ok         bool
	}{
		"a file":                 {`{"formato":"x|y"}`, `{"formato":"x|y"}`, "[]", true},
		"in order":               {"S5K1|1|2|{\"a\nS5K1|2|2|b\"}", `{"ab"}`, "[]", true},
		"in any order, twice":    {"S5K1|2|3| b\r\n\r\nS5K1|3|3|c|d}\r\nS5K1|1|3|{a \r\nS5K1|2|3| b", `{a  bc|d}`, "[]", true},
		"without lines":          {"S5K1|1|2|{aS5K1|2|2|b}", "{ab}", "[]", true},
		"something before":       {"código leído: S5K1|1|1|{}", "{}", "[]", true},
		"one is missing":         {"S5K1|1|3|a\nS5K1|3|3|c", "ac", "[2]", true},
		"of two files":           {"S5K1|1|2|a\nS5K1|2|3|b", "", "[]", false},
		"the same number, other": {"S5K1|1|2|a\nS5K1|1|2|b", "", "[]", false},
		"number zero":            {"S5K1|0|2|a", "", "[]", false},
		"beyond the last":        {"S5K1|3|2|a", "", "[]", false},
		"far too many":           {"S5K1|1|9999|a", "", "[]", false},
		"nothing":                {"", "", "[]", true},
	} {
		got, missing, ok := joinFrames(c.text)
		if got != c.want || fmt.Sprint(missing) != c.missing || ok != c.ok {
			t.Errorf("%s: %q %v %v", name, got, missing, ok)
		}
	}
}
