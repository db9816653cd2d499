package auth

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"
	"github.com/google/go-cmp/cmp"
)

// Hashes Django wrote, from the golden state; the password is the user name followed by 123.
const (
	juez1Hash    = "pbkdf2_sha256$1000$golden0golden0golden0x$QIguUUYNE9IUaWR/Luann+o3DWDqPnTqmLeDhKItv2Y="
	juezOchoHash = "pbkdf2_sha256$1000$golden0golden0golden0x$CutI8/M3GZZxyZIXL67DW9Op2WBk1jQfVzzoqcFUYto="
)

func encodeDjango(tb testing.TB, password, salt string, iterations int) string {
	tb.Helper()
	key, err := pbkdf2.Key(sha256.New, password, []byte(salt), iterations, sha256.Size)
	if err != nil {
		tb.Fatal(err)
	}
	return fmt.Sprintf("pbkdf2_sha256$%d$%s$%s", iterations, salt, base64.StdEncoding.EncodeToString(key))
}

func encodeArgon(tb testing.TB, password string, p argon2id.Params) string {
	tb.Helper()
	encoded, err := argon2id.CreateHash(password, &p)
	if err != nil {
		tb.Fatal(err)
	}
	return encoded
}

func TestHasher_VerifyDjango(t *testing.T) {
	t.Parallel()
	// RFC 7914, section 11: PBKDF2-HMAC-SHA-256 of "passwd", salt "salt", one iteration; first 32 bytes.
	rfcKey, err := hex.DecodeString("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
	if err != nil {
		t.Fatal(err)
	}
	rfc := "pbkdf2_sha256$1$salt$" + base64.StdEncoding.EncodeToString(rfcKey)
	spanish := encodeDjango(t, "contraseña-Ñ", "sal", 1000)
	cases := map[string]struct {
		encoded, password string
		want              bool
	}{
		"juez1":             {juez1Hash, "juez1123", true},
		"JuezOcho":          {juezOchoHash, "JuezOcho123", true},
		"other password":    {juez1Hash, "juez1124", false},
		"other case":        {juezOchoHash, "juezocho123", false},
		"empty password":    {juez1Hash, "", false},
		"RFC 7914":          {rfc, "passwd", true},
		"not ASCII":         {spanish, "contraseña-Ñ", true},
		"not ASCII, folded": {spanish, "contrasena-N", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, rehash, err := NewHasher(1, 0).Verify(t.Context(), c.encoded, c.password)
			if err != nil || ok != c.want || rehash != c.want {
				t.Errorf("got %t, %t, %v, want both %t", ok, rehash, err, c.want)
			}
		})
	}
}

func TestHasher_HashThenVerify(t *testing.T) {
	t.Parallel()
	h := NewHasher(1, 0)
	encoded, err := h.Hash(t.Context(), "contraseña-Ñ")
	if err != nil {
		t.Fatal(err)
	}
	if want := "$argon2id$v=19$m=19456,t=2,p=1$"; !strings.HasPrefix(encoded, want) {
		t.Errorf("got %q, want it to start with %q", encoded, want)
	}
	for password, want := range map[string]bool{"contraseña-Ñ": true, "contraseña-N": false} {
		ok, rehash, err := h.Verify(t.Context(), encoded, password)
		if err != nil || ok != want || rehash {
			t.Errorf("%q: got %t, %t, %v, want %t, false", password, ok, rehash, err, want)
		}
	}
}

func TestHasher_RehashesWeakArgon(t *testing.T) {
	t.Parallel()
	strong := argon2id.Params{
		Memory: argonMemory, Iterations: argonIterations, Parallelism: argonThreads,
		SaltLength: argonSalt, KeyLength: argonKey,
	}
	weaker := map[string]func(*argon2id.Params){
		"memory":     func(p *argon2id.Params) { p.Memory = 1024 },
		"iterations": func(p *argon2id.Params) { p.Iterations = 1 },
		"salt":       func(p *argon2id.Params) { p.SaltLength = 8 },
		"key":        func(p *argon2id.Params) { p.KeyLength = 16 },
	}
	for name, weaken := range weaker {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := strong
			weaken(&p)
			h, encoded := NewHasher(1, 0), encodeArgon(t, "secreto", p)
			if ok, rehash, err := h.Verify(t.Context(), encoded, "secreto"); !ok || !rehash || err != nil {
				t.Errorf("got %t, %t, %v, want true, true", ok, rehash, err)
			}
			if ok, rehash, err := h.Verify(t.Context(), encoded, "otro"); ok || rehash || err != nil {
				t.Errorf("wrong password: got %t, %t, %v, want false, false", ok, rehash, err)
			}
		})
	}
}

func TestHasher_MalformedHashesAreJustWrong(t *testing.T) {
	t.Parallel()
	const rest = "$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	const key = "QIguUUYNE9IUaWR/Luann+o3DWDqPnTqmLeDhKItv2Y="
	cases := map[string]string{
		"empty":             "",
		"unusable":          "!Hn3kZ",
		"other algorithm":   "md5$salt$0123",
		"bcrypt":            "$2b$12$abcdefghijklmnopqrstuv",
		"no iterations":     "pbkdf2_sha256$$salt$" + key,
		"zero iterations":   "pbkdf2_sha256$0$salt$" + key,
		"minus iterations":  "pbkdf2_sha256$-1$salt$" + key,
		"too many":          "pbkdf2_sha256$5000001$salt$" + key,
		"absurdly many":     "pbkdf2_sha256$99999999999999999999$salt$" + key,
		"no salt":           "pbkdf2_sha256$1$$" + key,
		"short key":         "pbkdf2_sha256$1$salt$QUJD",
		"no key":            "pbkdf2_sha256$1$salt$",
		"extra part":        "pbkdf2_sha256$1$salt$" + key + "$",
		"line break":        "pbkdf2_sha256$1$salt$" + key + "\n",
		"argon t=0":         "$argon2id$v=19$m=19456,t=0,p=1" + rest,
		"argon p=0":         "$argon2id$v=19$m=19456,t=2,p=0" + rest,
		"argon m=0":         "$argon2id$v=19$m=0,t=2,p=1" + rest,
		"argon 4 TiB":       "$argon2id$v=19$m=4294967295,t=2,p=1" + rest,
		"argon for hours":   "$argon2id$v=19$m=19456,t=4294967295,p=1" + rest,
		"argon tail":        "$argon2id$v=19$m=19456,t=2,p=1,x=1" + rest,
		"argon2i":           "$argon2i$v=19$m=19456,t=2,p=1" + rest,
		"argon version":     "$argon2id$v=16$m=19456,t=2,p=1" + rest,
		"argon without key": "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$",
		"very long":         strings.Repeat("$", 1<<20),
	}
	for name, encoded := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, rehash, err := NewHasher(1, 0).Verify(t.Context(), encoded, "juez1123")
			if ok || rehash || err != nil {
				t.Errorf("got %t, %t, %v, want false, false, nil", ok, rehash, err)
			}
		})
	}
}

func TestHasher_LongPasswordsAreNotHashed(t *testing.T) {
	t.Parallel()
	h := NewHasher(1, 0)
	longest := strings.Repeat("x", maxPasswordBytes)
	encoded := encodeDjango(t, longest, "salt", 1)
	if ok, _, err := h.Verify(t.Context(), encoded, longest); !ok || err != nil {
		t.Errorf("1024 bytes: got %t, %v, want true", ok, err)
	}
	tooLong := longest + "x"
	// A full gate shows that no hash is tried: it would be ErrBusy.
	if err := h.gate.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer h.gate.leave()
	if ok, rehash, err := h.Verify(t.Context(), encodeDjango(t, tooLong, "salt", 1), tooLong); ok || rehash || err != nil {
		t.Errorf("Verify: got %t, %t, %v, want false, false, nil", ok, rehash, err)
	}
	if err := h.VerifyDummy(t.Context(), tooLong); err != nil {
		t.Errorf("VerifyDummy: got %v, want nil", err)
	}
	if _, err := h.Hash(t.Context(), tooLong); !errors.Is(err, ErrTooLong) {
		t.Errorf("Hash: got %v, want %v", err, ErrTooLong)
	}
}

func TestHasher_BusyWhenFull(t *testing.T) {
	t.Parallel()
	h := NewHasher(1, 0)
	if err := h.gate.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer h.gate.leave()
	if _, err := h.Hash(t.Context(), "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("Hash: got %v, want %v", err, ErrBusy)
	}
	if _, _, err := h.Verify(t.Context(), juez1Hash, "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("Verify: got %v, want %v", err, ErrBusy)
	}
	if err := h.VerifyDummy(t.Context(), "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("VerifyDummy: got %v, want %v", err, ErrBusy)
	}
}

func TestHasher_DummyCostsARealVerification(t *testing.T) {
	t.Parallel()
	got, valid := parseArgonHash(dummyHash)
	want := argon2id.Params{
		Memory: argonMemory, Iterations: argonIterations, Parallelism: argonThreads,
		SaltLength: argonSalt, KeyLength: argonKey,
	}
	if diff := cmp.Diff(want, got); diff != "" || !valid {
		t.Errorf("valid %t, parameters (-want +got):\n%s", valid, diff)
	}
	if err := NewHasher(1, 0).VerifyDummy(t.Context(), "x"); err != nil {
		t.Error(err)
	}
}

func FuzzParseDjangoHash(f *testing.F) {
	for _, seed := range []string{
		"", "$$$", juez1Hash, juezOchoHash, dummyHash, juez1Hash + "\n",
		"pbkdf2_sha256$5000001$s$QUJD", "pbkdf2_sha256$007$s$" + strings.Repeat("A", 43) + "=",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		d, ok := parseDjangoHash(encoded)
		if !ok {
			return
		}
		if d.iterations < 1 || d.iterations > maxDjangoIterations || len(d.key) != sha256.Size || d.salt == "" {
			t.Errorf("accepted %d iterations, salt %q, key of %d bytes", d.iterations, d.salt, len(d.key))
		}
		if !strings.HasSuffix(encoded, "$"+d.salt+"$"+base64.StdEncoding.EncodeToString(d.key)) {
			t.Errorf("%q does not survive a round trip", encoded)
		}
	})
}
