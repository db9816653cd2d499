package ws

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

func TestConn_EchoesInOrder(t *testing.T) {
	t.Parallel()
	r := setup(t, nil)
	c := r.dial(t)
	for _, text := range []string{"hola", "", strings.Repeat("ñ", 500)} {
		c.send(ws.OpText, true, text)
		c.want(ws.OpText, text)
	}
	conn := <-r.conns
	if got := r.server.Len(); got != 1 {
		t.Errorf("%d connections, want 1", got)
	}
	_ = c.Close()
	r.want(t, "close")
	if conn.Send(TextFrame(nil)) {
		t.Error("Send on a closed connection returned true")
	}
}

func TestConn_AnswersPingWithinFragments(t *testing.T) {
	t.Parallel()
	c := setup(t, nil).dial(t)
	c.send(ws.OpText, false, "uno ")
	c.send(ws.OpPing, true, "p")
	c.want(ws.OpPong, "p")
	c.send(ws.OpContinuation, false, "\xc3") // a character may be cut
	c.send(ws.OpContinuation, true, "\xb1")
	c.want(ws.OpText, "uno ñ")
}

func TestConn_ReadsFrameRightBehindHandshake(t *testing.T) {
	t.Parallel()
	r := setup(t, nil)
	r.dial(t, masked(ws.OpText, true, "early")...).want(ws.OpText, "early")

	frame := masked(ws.OpText, true, "in halves")
	c := r.dial(t, frame[:5]...)
	c.raw(frame[5:])
	c.want(ws.OpText, "in halves")
}

func TestConn_ClosesOnViolations(t *testing.T) {
	t.Parallel()
	rsv := masked(ws.OpText, true, "x")
	rsv[0] |= 0x40
	huge := append(ws.MustCompileFrame(ws.NewFrame(ws.OpText, true, make([]byte, 1<<16)))[:2], 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4)
	huge[1] |= 0x80
	for name, test := range map[string]struct {
		bytes []byte
		code  int
	}{
		"unmasked":            {ws.MustCompileFrame(ws.NewTextFrame([]byte("x"))), 1002},
		"rsv":                 {rsv, 1002},
		"reserved opcode":     {masked(3, true, ""), 1002},
		"fragmented ping":     {masked(ws.OpPing, false, ""), 1002},
		"long ping":           {masked(ws.OpPing, true, strings.Repeat("x", 126)), 1002},
		"lone continuation":   {masked(ws.OpContinuation, true, ""), 1002},
		"text in fragments":   {append(masked(ws.OpText, false, "a"), masked(ws.OpText, true, "b")...), 1002},
		"length of 63 bits":   {huge, 1009},
		"oversize":            {masked(ws.OpText, true, strings.Repeat("x", 1<<10+1)), 1009},
		"oversize fragments":  {append(masked(ws.OpText, false, strings.Repeat("x", 1<<10)), masked(ws.OpContinuation, true, "y")...), 1009},
		"oversize binary":     {masked(ws.OpBinary, true, strings.Repeat("x", 1<<10+1)), 1009},
		"bad utf8":            {masked(ws.OpText, true, "\xff"), 1007},
		"cut utf8":            {masked(ws.OpText, true, "\xc3"), 1007},
		"empty fragments":     {append(masked(ws.OpText, false, "a"), bytes.Repeat(masked(ws.OpContinuation, false, ""), 65)...), 1008},
		"close of one byte":   {masked(ws.OpClose, true, "x"), 1002},
		"close reason":        {closeOf(1000, "\xff"), 1007},
		"close 1005":          {closeOf(1005, ""), 1002},
		"close 1016":          {closeOf(1016, ""), 1002},
		"close 2999":          {closeOf(2999, ""), 1002},
		"close 1000":          {closeOf(1000, "bye"), 1000},
		"close 1013":          {closeOf(1013, ""), 1013},
		"close 4999":          {closeOf(4999, ""), 4999},
		"close without code":  {masked(ws.OpClose, true, ""), 1000},
		"close with data too": {append(closeOf(1001, ""), masked(ws.OpText, true, "late")...), 1001},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t, nil)
			c := r.dial(t)
			c.raw(test.bytes)
			c.wantClose(test.code)
			r.want(t, "close")
		})
	}
}

func closeOf(code uint16, reason string) []byte {
	return masked(ws.OpClose, true, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

func TestConn_ReportsBinaryAndRate(t *testing.T) {
	t.Parallel()
	r := setup(t, func(r *rig) { r.options.Rate, r.options.Burst = 0.001, 2 })
	c := r.dial(t)
	c.send(ws.OpBinary, true, strings.Repeat("x", 300))
	c.send(ws.OpPing, true, "")
	c.want(ws.OpPong, "")
	c.send(ws.OpText, true, "over")
	c.send(ws.OpPing, true, "over")
	r.want(t, "binary", "limited", "limited")
	c.raw(closeOf(1000, ""))
	c.wantClose(1000)
	r.want(t, "close")
}

func TestConn_PingsThenDropsSilentPeer(t *testing.T) {
	t.Parallel()
	r := setup(t, func(r *rig) {
		r.options.IdlePing, r.options.IdleTimeout = 20*time.Millisecond, 300*time.Millisecond
	})
	c := r.dial(t)
	for range 2 {
		c.want(ws.OpPing, "")
	}
	c.wantClose(1001)
	r.want(t, "close")
}

func TestConn_CloseSendsWhatWasQueued(t *testing.T) {
	t.Parallel()
	r := setup(t, func(r *rig) {
		r.start = func(c *Conn) {
			c.Send(TextFrame([]byte("first")))
			c.Close(4003, strings.Repeat("ñ", 100))
			c.Close(4004, "ignored")
		}
	})
	c := r.dial(t)
	c.want(ws.OpText, "first")
	c.wantClose(4003)
	r.want(t, "close")
}

func TestConn_PanicClosesThatConnectionOnly(t *testing.T) {
	t.Parallel()
	r := setup(t, func(r *rig) {
		r.onText = func(c *Conn, payload []byte) {
			if string(payload) == "boom" {
				panic("boom")
			}
			c.Send(TextFrame(payload))
		}
	})
	bad, good := r.dial(t), r.dial(t)
	bad.send(ws.OpText, true, "boom")
	bad.wantClose(1011)
	r.want(t, "close")
	good.send(ws.OpText, true, "alive")
	good.want(ws.OpText, "alive")
}

func TestConn_PanicInStartCloses(t *testing.T) {
	t.Parallel()
	setup(t, func(r *rig) { r.start = func(*Conn) { panic("start") } }).dial(t).wantClose(1011)
}
