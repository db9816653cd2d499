package print_test

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"regexp"
	"strings"
	"testing"

	"server5k/gateway/print"
)

func TestCredentials_EightCardsAPage(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{1: 1, 8: 1, 9: 2, 72: 9} {
		if got := pages(write(t, print.Spanish, print.PDF, credentialsOf(cards(n)))); got != want {
			t.Errorf("%d cards: %d pages, want %d", n, got, want)
		}
	}
}

func TestCredentials_ACardSaysHowToEnter(t *testing.T) {
	t.Parallel()
	got := write(t, print.Spanish, print.PDF, credentialsOf(cards(5)))
	want := []string{
		"5K UNL por equipos «Ñandú Íñiguez» 2026", "María José Íñiguez Ñato", "juez01", "kf7mwx2hqn", "101 · Ñandú Íñiguez", "la que ya tiene",
		"Escanee el código con la cámara, o entre con usuario y contraseña.", "Entre en la aplicación con su usuario y contraseña.", "y 3 más",
	}
	if lost := missing(got, want...); len(lost) > 0 {
		t.Errorf("the PDF lacks %q", lost)
	}
	if !strings.Contains(got, "/BaseFont /Courier-Bold") {
		t.Error("the password is not set in a face of fixed width")
	}
}

func TestCredentials_CodeIsAnImage(t *testing.T) {
	t.Parallel()
	got := write(t, print.Spanish, print.HTML, credentialsOf(cards(3)))
	found := regexp.MustCompile(`src="data:image/png;base64,([^"]*)" width="(\d+)"`).FindAllStringSubmatch(got, -1)
	if len(found) != 2 { // the second card has none
		t.Fatalf("%d codes, want 2", len(found))
	}
	for _, m := range found {
		b, err := base64.StdEncoding.DecodeString(strings.NewReplacer("&#43;", "+", "&#61;", "=").Replace(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if side := img.Bounds().Dx(); side < 200 || side != img.Bounds().Dy() {
			t.Errorf("the code is %v", img.Bounds())
		}
	}
}

// An error goes to a log; what is on a card must not.
func TestCredentials_ErrorsTellNoSecrets(t *testing.T) {
	t.Parallel()
	in := cards(1)
	in.Cards[0].LoginURL += strings.Repeat("A", 4000)
	var b bytes.Buffer
	err := printer(print.Spanish).Credentials(&b, print.PDF, in)
	if err == nil || b.Len() != 0 {
		t.Fatalf("got %v and %d bytes, want an error and nothing", err, b.Len())
	}
	if text := err.Error(); strings.Contains(text, "#c=") || strings.Contains(text, in.Cards[0].Password) {
		t.Errorf("the error tells a secret: %d bytes", len(text))
	}
}
