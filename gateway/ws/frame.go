package ws

import (
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// Frame is one complete, immutable server frame, ready for the wire. Many connections share it:
// nobody may change its bytes after the first Send.
type Frame []byte

// TextFrame returns the text frame that carries payload, which must be valid UTF-8. The payload is
// copied.
func TextFrame(payload []byte) Frame {
	return compile(ws.NewTextFrame(payload))
}

// maxReason is what a close frame leaves for its reason: 125 bytes less the code.
const maxReason = ws.MaxControlFramePayloadSize - 2

// closeFrame returns the close frame for code. Codes that must not be on the wire become 1011, and
// a long reason is cut at a character.
func closeFrame(code int, reason string) Frame {
	if !validCloseCode(code) {
		code = codeInternal
	}
	if len(reason) > maxReason {
		cut := maxReason
		for cut > 0 && !utf8.RuneStart(reason[cut]) {
			cut--
		}
		reason = reason[:cut]
	}
	return compile(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(code), reason)))
}

// compile cannot fail: the bytes go to memory and gobwas only reports the errors of its writer.
func compile(f ws.Frame) Frame {
	return ws.MustCompileFrame(f)
}
