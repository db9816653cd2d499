package office

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

// TestTextOf_KnowsWhatRulingsAreRefusedFor reads the texts where they are made: each
// must have an English one.
func TestTextOf_KnowsWhatRulingsAreRefusedFor(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, file := range []string{"rule.go", "rule_judge.go", "competition.go"} {
		tree, err := parser.ParseFile(token.NewFileSet(), "../../race/"+file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			name, ok := call.Fun.(*ast.Ident)
			literal, isText := call.Args[1].(*ast.BasicLit)
			if !ok || name.Name != "Errorf" || !isText {
				return true
			}
			format, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			seen++
			spanish := strings.NewReplacer("%d", "1234", "%q", `"x"`).Replace(format)
			got, ok := TextOf(race.Errorf(race.CodeRuling, "%s", spanish))
			if !ok || got.ES != spanish || got.EN == spanish {
				t.Errorf("%s: %q is %+v in English", file, spanish, got)
			}
			if strings.Contains(format, "%d") && !strings.Contains(got.EN, "1234") {
				t.Errorf("%s: %q loses its number: %q", file, spanish, got.EN)
			}
			return true
		})
	}
	if seen < 20 {
		t.Errorf("only %d texts were found", seen)
	}
}

func TestTextOf(t *testing.T) {
	t.Parallel()
	both := Text{"hola", "hello"}
	for name, tt := range map[string]struct {
		err  error
		want Text
		ok   bool
	}{
		"both languages": {fmt.Errorf("rule: %w", refuse(race.CodeForbidden, both)), both, true},
		"unknown text":   {race.Errorf(race.CodeConflict, "nuevo"), Text{"nuevo", "nuevo"}, true},
		"internal":       {race.Errorf(race.CodeInternal, "secreto"), Text{}, false},
		"plain":          {errors.New("disk full"), Text{}, false},
		"none":           {nil, Text{}, false},
	} {
		if got, ok := TextOf(tt.err); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %+v %v", name, got, ok)
		}
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		format, text string
		want         []any
		ok           bool
	}{
		{"a %d b", "a 12 b", []any{"12"}, true},
		{"a %d", "a 12", []any{"12"}, true},
		{"%d de %s!", "1 de x y!", []any{"1", "x y"}, true},
		{"a %d b", "a 12 c", nil, false},
		{"a", "a b", nil, false},
	} {
		got, ok := scan(tt.format, tt.text)
		if ok != tt.ok || tt.ok && !cmp.Equal(got, tt.want) {
			t.Errorf("%q in %q: %v %v", tt.format, tt.text, got, ok)
		}
	}
}

func TestTagOf_IsOfTheRowAlone(t *testing.T) {
	t.Parallel()
	team := race.Team{ID: 1, Name: "Ñandú", Bib: 7}
	other := team
	other.Bib = 8
	tag := TagOf(team)
	switch {
	case tag != TagOf(race.TeamRow{Team: team, JudgeUsername: "x"}):
		t.Error("the names beside a team change its tag")
	case tag == TagOf(other):
		t.Error("another bib has the same tag")
	case len(tag) != 18 || tag[0] != '"' || tag[17] != '"':
		t.Errorf("tag %s", tag)
	case TagOf(race.Judge{ID: 1}) == TagOf(race.Competition{ID: 1}):
		t.Error("rows of two kinds have one tag")
	case race.CodeOf(tag.check(other)) != race.CodeStale || tag.check(team) != nil || Tag("").check(other) != nil:
		t.Error("check")
	}
}

func TestWho_MayDo(t *testing.T) {
	t.Parallel()
	granted := map[race.CompetitionID]bool{1: true}
	for name, tt := range map[string]struct {
		who   Who
		sees  bool // the second
		first race.Code
		other error
	}{
		"superuser": {Who{Organizer: race.Organizer{Superuser: true}}, true, "", nil},
		"organizer": {Who{Granted: granted}, false, "", race.ErrNotFound},
		"viewer":    {Who{Organizer: race.Organizer{Viewer: true}, Granted: granted}, false, race.CodeForbidden, race.ErrNotFound},
	} {
		if tt.who.Sees(2) != tt.sees || race.CodeOf(tt.who.MayChange(1)) != tt.first || !errors.Is(tt.who.MayChange(2), tt.other) || tt.who.MayChange(0) == nil {
			t.Errorf("%s: %v %v %v", name, tt.who.Sees(2), tt.who.MayChange(1), tt.who.MayChange(2))
		}
	}
}

func TestWho_HoldsJudges(t *testing.T) {
	t.Parallel()
	w := Who{Granted: map[race.CompetitionID]bool{1: true, 2: true}}
	for name, tt := range map[string]struct {
		of []race.Competition
		ok bool
	}{
		"no team":                    {nil, true},
		"own":                        {[]race.Competition{{ID: 1, Active: true}}, true},
		"own and over elsewhere":     {[]race.Competition{{ID: 9}, {ID: 2, Active: true}}, true},
		"own and active elsewhere":   {[]race.Competition{{ID: 1, Active: true}, {ID: 9, Active: true}}, false},
		"active elsewhere and own":   {[]race.Competition{{ID: 9, Active: true}, {ID: 1, Active: true}}, false},
		"of others, even when over":  {[]race.Competition{{ID: 9}}, false},
		"of others and it is active": {[]race.Competition{{ID: 9, Active: true}}, false},
	} {
		if err := w.holds(tt.of); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckOrder(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		order race.Order
		want  []string
	}{
		"fine":               {race.Order{Kind: race.RulingVoid, Record: 1, Reason: "x"}, nil},
		"undo needs no word": {race.Order{Kind: race.RulingUndo, Undoes: 1}, nil},
		"official":           {race.Order{Kind: race.RulingOfficial}, nil},
		"official anyway":    {race.Order{Kind: race.RulingOfficial, Override: true}, []string{"motivo"}},
		"gun without":        {race.Order{Kind: race.RulingGun, Reason: "x"}, []string{"ajuste_ms"}},
		"gun at":             {race.Order{Kind: race.RulingGun, GunAt: time.Unix(1, 0), Reason: "x"}, nil},
		"fraction of a ms":   {race.Order{Kind: race.RulingPenalty, Team: 1, Amount: 1500 * time.Microsecond, Reason: "x"}, []string{"penalizacion_ms"}},
		"too much":           {race.Order{Kind: race.RulingPenalty, Team: 1, Amount: race.MaxPenalty + time.Second, Reason: "x"}, []string{"penalizacion_ms"}},
		"all missing":        {race.Order{Kind: race.RulingAdd}, []string{"tiempo", "equipo_id", "motivo"}},
		"long word":          {race.Order{Kind: race.RulingReopen, Reason: strings.Repeat("ñ", race.MaxReasonLength+1)}, []string{"motivo"}},
		"as long as may be":  {race.Order{Kind: race.RulingReopen, Reason: strings.Repeat("ñ", race.MaxReasonLength)}, nil},
		"hidden letters":     {race.Order{Kind: race.RulingReopen, Reason: "a\x00b"}, []string{"motivo"}},
		"start":              {race.Order{Kind: race.RulingStart, Reason: "x"}, []string{"tipo"}},
		"unknown":            {race.Order{Kind: "x", Reason: "x"}, []string{"tipo"}},
	} {
		var check checker
		checkOrder(&check, tt.order)
		var got []string
		for _, f := range check.faults {
			if got = append(got, f.Field); f.Text.ES == "" || f.Text.EN == "" || f.Text.ES == f.Text.EN {
				t.Errorf("%s: text %+v", name, f.Text)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestCredentials_CodesAreReadable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		code := newCode()
		if len(code) != codeLength || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" || seen[code] {
			t.Errorf("code %q", code)
		}
		seen[code] = true
	}
}

func TestChanges_ShowsOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	got := changes(fields{"a": 1, "b": "x", "gone": true}, fields{"a": 1, "b": "y"}.withPassword(true))
	if want := `{"b":["x","y"],"gone":[true,null],"password":[null,"***"]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
