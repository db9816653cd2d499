package main

import (
	"cmp"
	"image"
	"image/color"
	"maps"
	"slices"
)

// colours is how many a palette may have.
const colours = 256

// paletted writes an image with its most frequent colours; every other one becomes
// the nearest of them. Pages have few, and many shades at the edges of letters.
func paletted(in *image.RGBA) *image.Paletted {
	count := map[color.RGBA]int{}
	for y := range in.Rect.Dy() {
		for x := range in.Rect.Dx() {
			count[coarse(in.RGBAAt(x, y))]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	frequent = frequent[:min(len(frequent), colours)]
	palette := make(color.Palette, 0, len(frequent))
	for _, c := range frequent {
		palette = append(palette, c)
	}
	out := image.NewPaletted(in.Rect, palette)
	nearest := map[color.RGBA]uint8{}
	for y := range in.Rect.Dy() {
		for x := range in.Rect.Dx() {
			c := coarse(in.RGBAAt(x, y))
			i, known := nearest[c]
			if !known {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}

// coarse makes shades that nobody can tell apart one, and keeps white white.
func coarse(c color.RGBA) color.RGBA {
	step := func(v uint8) uint8 { return uint8(min(255, (int(v)+2)/4*4)) }
	return color.RGBA{step(c.R), step(c.G), step(c.B), 255}
}
