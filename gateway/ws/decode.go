package ws

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// Close codes this package sends by itself.
const (
	codeNormal         = 1000
	codeGoingAway      = 1001
	codeProtocol       = 1002
	codeInvalidPayload = 1007
	codePolicy         = 1008
	codeTooBig         = 1009
	codeInternal       = 1011
	codeServiceRestart = 1012
	codeTryAgainLater  = 1013
)

// maxEmptyFragments bounds the fragments of a message that add no byte, which MaxMessage does not.
const maxEmptyFragments = 64

// closeError ends a connection with a close frame.
type closeError struct {
	code   int
	reason string
}

func (e closeError) Error() string { return fmt.Sprintf("close %d: %s", e.code, e.reason) }

// message is one data message or one control frame. Its payload is valid until the next decode;
// that of a binary message is thrown away.
type message struct {
	op      ws.OpCode
	payload []byte
}

// decoder turns the byte stream of a client into messages. Between two messages it holds no buffer.
type decoder struct {
	max     int64
	state   ws.State  // fragmented or not
	op      ws.OpCode // of the message being assembled
	size    int64     // payload bytes of that message so far
	empty   int       // its fragments without payload so far
	text    assembly
	header  [ws.MaxHeaderSize]byte
	control [ws.MaxControlFramePayloadSize]byte
}

func newDecoder(maxMessage int64) decoder {
	return decoder{max: maxMessage, state: ws.StateServerSide}
}

// next reads up to the end of a message. It returns a closeError when the peer breaks the protocol
// or a limit, and the error of r as it is.
func (d *decoder) next(r io.Reader) (message, error) {
	if !d.state.Fragmented() {
		d.text.release()
	}
	for {
		h, err := ws.ReadHeaderBuffer(r, d.header[:])
		if err != nil {
			return message{}, headerError(err)
		}
		if err := ws.CheckHeader(h, d.state); err != nil {
			return message{}, closeError{codeProtocol, err.Error()}
		}
		if h.OpCode.IsControl() {
			return d.readControl(r, h)
		}
		if err := d.readData(r, h); err != nil {
			return message{}, err
		}
		if h.Fin {
			return d.finish()
		}
	}
}

func headerError(err error) error {
	if errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected) {
		return closeError{codeProtocol, err.Error()}
	}
	return err
}

func (d *decoder) readControl(r io.Reader, h ws.Header) (message, error) {
	payload := d.control[:h.Length]
	if _, err := io.ReadFull(r, payload); err != nil {
		return message{}, err
	}
	ws.Cipher(payload, h.Mask, 0)
	return message{h.OpCode, payload}, nil
}

// readData takes one data frame. The announced length is judged before a byte is allocated.
func (d *decoder) readData(r io.Reader, h ws.Header) error {
	if h.OpCode != ws.OpContinuation {
		d.op, d.size, d.empty = h.OpCode, 0, 0
	}
	if h.Length > d.max-d.size {
		return closeError{codeTooBig, fmt.Sprintf("message over %d bytes", d.max)}
	}
	if h.Length == 0 {
		d.empty++
	}
	if d.empty > maxEmptyFragments {
		return closeError{codePolicy, "too many empty fragments"}
	}
	d.size += h.Length
	d.state = d.state.Set(ws.StateFragmented)
	if h.Fin {
		d.state = d.state.Clear(ws.StateFragmented)
	}
	if d.op == ws.OpBinary {
		return d.discard(r, h.Length)
	}
	payload := d.text.extend(int(h.Length), int(d.max))
	if _, err := io.ReadFull(r, payload); err != nil {
		return err
	}
	ws.Cipher(payload, h.Mask, 0)
	return nil
}

// discard reads n bytes through the control buffer, which is free while a data frame comes in.
func (d *decoder) discard(r io.Reader, n int64) error {
	for n > 0 {
		got, err := io.ReadFull(r, d.control[:min(n, int64(len(d.control)))])
		if err != nil {
			return err
		}
		n -= int64(got)
	}
	return nil
}

func (d *decoder) finish() (message, error) {
	if d.op == ws.OpText && !utf8.Valid(d.text.data) {
		return message{}, closeError{codeInvalidPayload, "text is not UTF-8"}
	}
	return message{d.op, d.text.data}, nil
}

// closeAnswer tells what a close frame of the peer is answered with.
func closeAnswer(payload []byte) closeError {
	switch {
	case len(payload) == 0:
		return closeError{codeNormal, ""}
	case len(payload) == 1:
		return closeError{codeProtocol, "close frame of one byte"}
	}
	code := int(binary.BigEndian.Uint16(payload))
	switch {
	case !validCloseCode(code):
		return closeError{codeProtocol, "close code not allowed"}
	case !utf8.Valid(payload[2:]):
		return closeError{codeInvalidPayload, "close reason is not UTF-8"}
	}
	return closeError{code, ""}
}

// validCloseCode is wider than ws.CheckCloseFrameData, whose table ends before 1012 to 1014.
func validCloseCode(code int) bool {
	return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
}
