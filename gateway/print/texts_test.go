package print

import (
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

func TestTexts_BothLanguagesHaveTheSameKeys(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(spanish)), slices.Sorted(maps.Keys(english))); diff != "" {
		t.Errorf("keys differ (-es +en):\n%s", diff)
	}
	verbs := regexp.MustCompile(`%[a-z]`)
	for key, es := range spanish {
		if diff := cmp.Diff(verbs.FindAllString(es, -1), verbs.FindAllString(english[key], -1)); diff != "" {
			t.Errorf("%s takes other values (-es +en):\n%s", key, diff)
		}
		if es == "" || english[key] == "" {
			t.Errorf("%s is empty", key)
		}
	}
}

// families are the keys that end in a value.
func families() map[string][]string {
	out := map[string][]string{
		"rounding": {string(race.RoundRaw), string(race.RoundUpEach), string(race.RoundUpTotal)},
		"team":     {string(race.StatusRanked), string(race.StatusDisqualified), string(race.StatusIncomplete), string(race.StatusSurplus)},
		"held":     {string(race.CodeManual), string(race.CodeTeamComplete), string(race.CodeNotRunning)},
		"source":   {string(race.SourceSocket), string(race.SourceHTTP), string(race.SourceImport), string(race.SourceManual)},
		"finding": {
			string(race.FindingHeld), string(race.FindingMissing), string(race.FindingSurplus), string(race.FindingNear),
			string(race.FindingImplausible), string(race.FindingBeforeGun), string(race.FindingUndeclared), string(race.FindingDeclared),
			string(race.FindingGap), string(race.FindingUnmeasured), string(race.FindingClock),
		},
		"clock": {string(race.ClockClient), string(race.ClockCorrected)},
	}
	for _, k := range rulingKinds {
		out["ruling"] = append(out["ruling"], string(k))
	}
	for m := time.January; m <= time.December; m++ {
		out["month"] = append(out["month"], strconv.Itoa(int(m)))
	}
	return out
}

var rulingKinds = []race.RulingKind{
	race.RulingStart, race.RulingStop, race.RulingReopen, race.RulingGun, race.RulingInclude, race.RulingVoid, race.RulingReinstate, race.RulingMove,
	race.RulingAdd, race.RulingAbsence, race.RulingPenalty, race.RulingDisqualify, race.RulingAccept, race.RulingUndo, race.RulingOfficial,
	race.RulingRetract, race.RulingDeclare, race.RulingConceal,
}

func TestTexts_EveryKeyIsUsedAndThere(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "text_") || strings.HasPrefix(path, "testdata") {
			return err
		}
		b, err := os.ReadFile(path)
		source.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for family, values := range families() {
		for _, v := range values {
			used[family+"."+v] = true
		}
	}
	for _, m := range regexp.MustCompile(`(?:\.t\(|\.T |key (?:=|:=) |holds (?:=|:=) )"([^"]+)"`).FindAllStringSubmatch(source.String(), -1) {
		if !strings.HasSuffix(m[1], ".") { // a family
			used[m[1]] = true
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(spanish))); diff != "" {
		t.Errorf("keys (-used +there):\n%s", diff)
	}
}

// Every ruling is told with all that its text has a place for, and no more.
func TestRulings_AreToldInFull(t *testing.T) {
	t.Parallel()
	for _, lang := range []Language{Spanish, English} {
		x := &teamEvidence{p: New(lang, nil, time.Time{})}
		for _, k := range rulingKinds {
			got := x.what(race.Ruling{Kind: k, Record: 3, Team: 1, Amount: time.Second, Finding: "before-gun-3", Undoes: 2, Version: 4})
			if strings.Contains(got, "%") || strings.HasPrefix(got, "ruling.") {
				t.Errorf("%s %s: %q", lang, k, got)
			}
		}
	}
}

func TestFinding_TakesKeysApart(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]struct {
		kind    race.FindingKind
		numbers []int64
	}{
		"near-3-4":            {race.FindingNear, []int64{3, 4}},
		"before-gun-7":        {race.FindingBeforeGun, []int64{7}},
		"missing-2-14":        {race.FindingMissing, []int64{2, 14}},
		"":                    {"", nil},
		"held-":               {"held-", nil},
		"gap-7-web-3f9c-15-1": {race.FindingGap, []int64{7}}, // what follows the team is a name
		"declared-7-15-14":    {race.FindingDeclared, []int64{7, 15, 14}},
		"12":                  {"12", nil},
	} {
		kind, numbers := finding(key)
		if kind != want.kind || !slices.Equal(numbers, want.numbers) {
			t.Errorf("%q: %q %v, want %q %v", key, kind, numbers, want.kind, want.numbers)
		}
	}
}

func TestElapsed(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration][2]string{
		0:                            {"0:00.000", "0:00"},
		59 * time.Second:             {"0:59.000", "0:59"},
		61*time.Second + 7e6:         {"1:01.007", "1:01"},
		25 * time.Hour:               {"25:00:00.000", "25:00:00"},
		7*time.Hour + 83*time.Second: {"7:01:23.000", "7:01:23"},
		-(2*time.Second + 350e6):     {"-0:02.350", "-0:02"},
		6*time.Hour + 59*time.Minute: {"6:59:00.000", "6:59:00"},
		time.Hour - time.Millisecond: {"59:59.999", "59:59"},
	} {
		if got := [2]string{inMilliseconds.elapsed(d), inSeconds.elapsed(d)}; got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestOrdinal(t *testing.T) {
	t.Parallel()
	es, en := New(Spanish, nil, time.Time{}), New(English, nil, time.Time{})
	for n, want := range map[int][3]string{
		1: {"1.er", "1.º", "1st"}, 2: {"2.º", "2.º", "2nd"}, 3: {"3.er", "3.º", "3rd"}, 4: {"4.º", "4.º", "4th"},
		11: {"11.º", "11.º", "11th"}, 13: {"13.º", "13.º", "13th"}, 21: {"21.er", "21.º", "21st"}, 112: {"112.º", "112.º", "112th"},
	} {
		if got := [3]string{es.ordinalBefore(n), es.ordinal(n), en.ordinalBefore(n)}; got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestLatin_LosesNothingUnseen(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ñandú Íñiguez":       "\xd1and\xfa \xcd\xf1iguez",
		"N\u0303andu\u0301":   "\xd1and\xfa", // letter and mark apart
		"Žižkov Łódź":         "\x8ei\x9ekov L\xf3dz",
		"ř ő đ ŧ":             "r o d t",
		"Cóndores 🦅":          "C\xf3ndores ?",
		"👩\u200d🚀 日本":         "?? ??",
		"a\tb\nc\x00d\u00a0e": "a b c d e",
		"«€» – “x” … ·":       "\xab\x80\xbb \x96 \x93x\x94 \x85 \xb7",
		"ﬁn ①":                "fn 1",
		"\xff":                "?",
		"":                    "",
	} {
		if got := string(latin(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
