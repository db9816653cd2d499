// Command pictures makes the pictures of the documentation from screenshots of the
// browser tests: the top of the page, with few colours, in small files.
//
//	go run ./pictures SCREENSHOTS FOLDER
package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"os"
	"path/filepath"
)

// picture is a screenshot that the documentation shows.
type picture struct {
	shot, name string
	height     int // of the part that is shown, in pixels
}

var pictures = []picture{
	{"TestStory-1280-es/live-1280.png", "competition.png", 900},
	{"TestStory-1280-es/readiness-1280.png", "readiness.png", 900},
	{"TestStory-1280-es/review-1280.png", "review.png", 1000},
	{"TestStory-1280-es/evidence-1280.png", "evidence.png", 1000},
	{"TestStory-390-en/live-390.png", "competition-phone.png", 1100},
	{"TestPublicPages-live-1280-es/live-1280.png", "live.png", 1000},
	{"TestPublicPages-live-360-es/live-360.png", "live-phone.png", 900},
	{"TestLivePages_TurnOnAScreen/screen-1920.png", "kiosk.png", 1080},
	{"TestRace/marking-360.png", "console.png", 700},
}

// maxSize is how many bytes a picture may have.
const maxSize = 200_000

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 2 {
		return errors.New("usage: pictures SCREENSHOTS FOLDER")
	}
	if err := os.MkdirAll(args[1], 0o755); err != nil {
		return err
	}
	for _, p := range pictures {
		raw, err := os.ReadFile(filepath.Join(args[0], p.shot))
		if err != nil {
			return fmt.Errorf("%w; `make e2e` makes it", err)
		}
		small, err := reduce(raw, p.height)
		if err != nil {
			return fmt.Errorf("%s: %w", p.shot, err)
		}
		if len(small) > maxSize {
			return fmt.Errorf("%s has %d bytes, more than %d", p.name, len(small), maxSize)
		}
		if err := os.WriteFile(filepath.Join(args[1], p.name), small, 0o644); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s: %d bytes\n", p.name, len(small)); err != nil {
			return err
		}
	}
	return nil
}

// reduce cuts a PNG to its upper part and to a palette.
func reduce(raw []byte, height int) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	size := full.Bounds()
	size.Max.Y = min(size.Max.Y, size.Min.Y+height)
	part := image.NewRGBA(image.Rect(0, 0, size.Dx(), size.Dy()))
	draw.Draw(part, part.Bounds(), full, size.Min, draw.Src)
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	err = encoder.Encode(&out, paletted(part))
	return out.Bytes(), err
}
