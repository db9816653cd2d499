package e2e

import (
	"bytes"
	"context"
	"image"
	_ "image/png" // of screenshots

	"github.com/chromedp/chromedp"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// ReadQR waits for a visible element that shows a QR code and returns the code's text,
// as a camera reads it off the screen.
func (t *Tab) ReadQR(selector string) (text string) {
	t.tb.Helper()
	t.wait("read the QR code of "+selector, func(ctx context.Context) (bool, error) {
		var shot []byte
		if err := chromedp.Screenshot(selector, &shot, chromedp.ByQuery, chromedp.NodeVisible).Do(ctx); err != nil {
			return false, err
		}
		var err error
		text, err = decodeQR(shot)
		return err == nil, err
	})
	return text
}

// decodeQR reads the QR code in a picture.
func decodeQR(raw []byte) (string, error) {
	picture, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	bits, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		return "", err
	}
	found, err := qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return "", err
	}
	return found.GetText(), nil
}
