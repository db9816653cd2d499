package auth

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

const testSecret = "a secret of the tests, long enough for HS256"

var testNow = time.Date(2026, 5, 10, 8, 0, 0, 0, time.UTC)

func testClock() time.Time { return testNow }

func setupIssuer() *Issuer { return NewIssuer([]byte(testSecret), testClock) }

// claimsWith returns good access claims of judge 7 with some replaced, or removed when nil.
func claimsWith(change jwt.MapClaims) jwt.MapClaims {
	c := jwt.MapClaims{
		"token_type": "access",
		"exp":        testNow.Add(time.Hour).Unix(),
		"iat":        testNow.Unix(),
		"jti":        "0123456789abcdef0123456789abcdef",
		"juez_id":    7,
		"username":   "juez7",
	}
	for name, value := range change {
		if value == nil {
			delete(c, name)
			continue
		}
		c[name] = value
	}
	return c
}

func sign(tb testing.TB, method jwt.SigningMethod, key any, c jwt.MapClaims) string {
	tb.Helper()
	raw, err := jwt.NewWithClaims(method, c).SignedString(key)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func signed(tb testing.TB, change jwt.MapClaims) string {
	tb.Helper()
	return sign(tb, jwt.SigningMethodHS256, []byte(testSecret), claimsWith(change))
}

func TestIssuer_PairRoundTrip(t *testing.T) {
	t.Parallel()
	cases := map[string]Token{
		"judge":            {JudgeID: 7, HasJudgeID: true, Username: "juez7"},
		"judge without id": {Username: "juez7"},
		"organizer":        {Audience: OrganizerAudience, UserID: 3, Role: "organizador"},
	}
	for name, account := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := setupIssuer()
			rawAccess, rawRefresh, err := i.Pair(account)
			if err != nil {
				t.Fatal(err)
			}
			refresh, err := i.Parse(rawRefresh, Refresh)
			if err != nil {
				t.Fatal(err)
			}
			want := account
			want.Kind, want.ID, want.IssuedAt, want.ExpiresAt = Refresh, refresh.ID, testNow, testNow.Add(RefreshLifetime)
			if diff := cmp.Diff(want, refresh); diff != "" {
				t.Errorf("refresh (-want +got):\n%s", diff)
			}
			rawAgain, err := i.AccessFrom(refresh)
			if err != nil {
				t.Fatal(err)
			}
			for _, raw := range []string{rawAccess, rawAgain} {
				access, err := i.Parse(raw, Access)
				if err != nil {
					t.Fatal(err)
				}
				want := account
				want.Kind, want.ID, want.IssuedAt, want.ExpiresAt = Access, access.ID, testNow, testNow.Add(AccessLifetime)
				want.Session = refresh.ID
				if diff := cmp.Diff(want, access); diff != "" {
					t.Errorf("access (-want +got):\n%s", diff)
				}
				if len(access.ID) != 32 || access.ID == refresh.ID {
					t.Errorf("access id %q is not a fresh uuid in hex", access.ID)
				}
			}
		})
	}
}

func TestIssuer_WritesTheWireClaims(t *testing.T) {
	t.Parallel()
	_, raw, err := setupIssuer().Pair(Token{JudgeID: 7, HasJudgeID: true, Username: "juez7", Role: "unused"})
	if err != nil {
		t.Fatal(err)
	}
	got := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(raw, got); err != nil {
		t.Fatal(err)
	}
	want := jwt.MapClaims{
		"token_type": "refresh",
		"exp":        float64(testNow.Add(7 * 24 * time.Hour).Unix()),
		"iat":        float64(testNow.Unix()),
		"jti":        got["jti"],
		"juez_id":    7.0,
		"username":   "juez7",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestIssuer_ParseFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change jwt.MapClaims
		want   error
	}{
		"good":                   {nil, nil},
		"no type":                {jwt.MapClaims{"token_type": nil}, ErrNoType},
		"wrong type":             {jwt.MapClaims{"token_type": "refresh"}, ErrWrongType},
		"type is a number":       {jwt.MapClaims{"token_type": 1}, ErrWrongType},
		"no exp":                 {jwt.MapClaims{"exp": nil}, ErrNoExpiry},
		"exp is text":            {jwt.MapClaims{"exp": "soon"}, ErrInvalid},
		"exp is absurd":          {jwt.MapClaims{"exp": 1e300}, ErrInvalid},
		"exp is a float":         {jwt.MapClaims{"exp": float64(testNow.Unix()) + 0.5}, nil},
		"expired in leeway":      {jwt.MapClaims{"exp": testNow.Unix() - 29}, nil},
		"expired":                {jwt.MapClaims{"exp": testNow.Unix() - 30}, ErrExpired},
		"expired before 1970":    {jwt.MapClaims{"exp": -1}, ErrExpired},
		"no jti":                 {jwt.MapClaims{"jti": nil}, ErrNoID},
		"empty jti":              {jwt.MapClaims{"jti": ""}, ErrNoID},
		"jti is a number":        {jwt.MapClaims{"jti": 1}, ErrInvalid},
		"no iat":                 {jwt.MapClaims{"iat": nil}, nil},
		"iat in leeway":          {jwt.MapClaims{"iat": testNow.Unix() + 30}, nil},
		"iat in the future":      {jwt.MapClaims{"iat": testNow.Unix() + 31}, ErrInvalid},
		"nbf in leeway":          {jwt.MapClaims{"nbf": testNow.Unix() + 30}, nil},
		"nbf in the future":      {jwt.MapClaims{"nbf": testNow.Unix() + 31}, ErrInvalid},
		"judge and user":         {jwt.MapClaims{"user_id": 1}, ErrInvalid},
		"user_id is text":        {jwt.MapClaims{"juez_id": nil, "user_id": "x"}, ErrInvalid},
		"username is a number":   {jwt.MapClaims{"username": 1}, ErrInvalid},
		"rol is a list":          {jwt.MapClaims{"rol": []string{"a"}}, ErrInvalid},
		"sid is a number":        {jwt.MapClaims{"sid": 1}, ErrInvalid},
		"bigger than 4 KiB":      {jwt.MapClaims{"username": strings.Repeat("x", 4096)}, ErrInvalid},
		"expired wins over type": {jwt.MapClaims{"exp": 1, "token_type": nil}, ErrExpired},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := setupIssuer().Parse(signed(t, c.change), Access)
			if !errors.Is(err, c.want) {
				t.Errorf("got error %v, want %v", err, c.want)
			}
			if err != nil && got != (Token{}) {
				t.Errorf("got %+v beside an error", got)
			}
		})
	}
}

func TestIssuer_ParseIdentifiers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		value any
		id    int64
		want  error
	}{
		"integer":               {7, 7, nil},
		"numeric string":        {"42", 42, nil},
		"largest":               {"9223372036854775807", 9223372036854775807, nil},
		"too large string":      {"9223372036854775808", -1, nil},
		"too large number":      {uint64(1) << 63, -1, nil},
		"too small":             {"-9223372036854775809", -1, nil},
		"too large with a tail": {"99999999999999999999999x", 0, ErrInvalid},
		"fraction":              {1.5, 0, ErrInvalid},
		"exponent":              {1e30, 0, ErrInvalid},
		"words":                 {"siete", 0, ErrInvalid},
		"empty":                 {"", 0, ErrInvalid},
		"sign only":             {"-", 0, ErrInvalid},
		"plus":                  {"+7", 0, ErrInvalid},
		"spaces":                {" 7", 0, ErrInvalid},
		"bool":                  {true, 0, ErrInvalid},
		"null":                  {(*int)(nil), 0, ErrInvalid},
		"list":                  {[]int{7}, 0, ErrInvalid},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := setupIssuer().Parse(signed(t, jwt.MapClaims{"juez_id": c.value}), Access)
			if !errors.Is(err, c.want) {
				t.Fatalf("got error %v, want %v", err, c.want)
			}
			if got.JudgeID != c.id || got.HasJudgeID != (c.want == nil) {
				t.Errorf("got %d, %t, want %d", got.JudgeID, got.HasJudgeID, c.id)
			}
		})
	}
}

func TestIssuer_RefusesForgeries(t *testing.T) {
	t.Parallel()
	for name, raw := range forgeries(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := setupIssuer().Parse(raw, Access); !errors.Is(err, ErrInvalid) {
				t.Errorf("got error %v, want %v", err, ErrInvalid)
			}
		})
	}
}

func forgeries(tb testing.TB) map[string]string {
	tb.Helper()
	good := signed(tb, nil)
	parts := strings.Split(good, ".")
	payload := base64.RawURLEncoding.EncodeToString([]byte(`{"juez_id":1}`))
	critical := jwt.NewWithClaims(jwt.SigningMethodHS256, claimsWith(nil))
	critical.Header["crit"] = []string{"b64"}
	rawCritical, err := critical.SignedString([]byte(testSecret))
	if err != nil {
		tb.Fatal(err)
	}
	return map[string]string{
		"empty":             "",
		"dots":              strings.Repeat(".", 10_000),
		"two dots":          "..",
		"alg none":          sign(tb, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claimsWith(nil)),
		"HS512":             sign(tb, jwt.SigningMethodHS512, []byte(testSecret), claimsWith(nil)),
		"other secret":      sign(tb, jwt.SigningMethodHS256, []byte("other"), claimsWith(nil)),
		"other payload":     parts[0] + "." + payload + "." + parts[2],
		"no signature":      parts[0] + "." + parts[1] + ".",
		"padded":            good + "=",
		"loose last bits":   loosen(good),
		"line break inside": good[:len(good)-3] + "\n" + good[len(good)-3:],
		"crit header":       rawCritical,
	}
}

// loosen sets a bit of the last character that does not belong to the signature: 32 bytes fill 43
// characters and leave two bits over.
func loosen(raw string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, raw[len(raw)-1])
	return raw[:len(raw)-1] + alphabet[last|1:last|1+1]
}

func TestIssuer_EmptySecretDoesNothing(t *testing.T) {
	t.Parallel()
	i := NewIssuer(nil, testClock)
	if _, _, err := i.Pair(Token{}); err == nil {
		t.Error("Pair signed with an empty secret")
	}
	raw := sign(t, jwt.SigningMethodHS256, []byte{}, claimsWith(nil))
	if _, err := i.Parse(raw, Access); !errors.Is(err, ErrInvalid) {
		t.Errorf("got error %v, want %v", err, ErrInvalid)
	}
}

func TestIssuer_AccessFromNeedsARefreshToken(t *testing.T) {
	t.Parallel()
	i := setupIssuer()
	if _, err := i.AccessFrom(Token{Kind: Access, ID: "x"}); !errors.Is(err, ErrWrongType) {
		t.Errorf("access token: got error %v, want %v", err, ErrWrongType)
	}
	if _, err := i.AccessFrom(Token{Kind: Refresh}); !errors.Is(err, ErrNoID) {
		t.Errorf("no id: got error %v, want %v", err, ErrNoID)
	}
	if _, err := i.Parse(signed(t, nil), Kind(9)); !errors.Is(err, ErrWrongType) {
		t.Errorf("unknown kind: got error %v, want %v", err, ErrWrongType)
	}
}

func TestFault_TextsAreDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]Fault{}
	for f := ErrInvalid; f <= ErrNoID+1; f++ {
		if other, found := seen[f.Error()]; found {
			t.Errorf("%d and %d share a text", f, other)
		}
		seen[f.Error()] = f
	}
}

func FuzzParse(f *testing.F) {
	f.Add(signed(f, nil))
	f.Add(signed(f, jwt.MapClaims{"juez_id": "99999999999999999999"}))
	for _, raw := range forgeries(f) {
		f.Add(raw)
	}
	i := setupIssuer()
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := i.Parse(raw, Access)
		if err == nil {
			if got.ID == "" || got.ExpiresAt.IsZero() {
				t.Errorf("accepted a token without id or expiry: %+v", got)
			}
			return
		}
		if _, ok := errors.AsType[Fault](err); !ok || got != (Token{}) {
			t.Errorf("got %+v and error %v, want a Fault alone", got, err)
		}
	})
}
