package ws

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

const fuzzLimit = 6000 // over bufferSize, so that both kinds of memory are used

type decoded struct {
	Op      ws.OpCode
	Payload string
}

// decodeAll reads messages until the stream ends or is refused.
func decodeAll(t *testing.T, r io.Reader) (all []decoded, end string) {
	t.Helper()
	d := newDecoder(fuzzLimit)
	for {
		m, err := d.next(r)
		if got := cap(d.text.data); got > max(fuzzLimit, bufferSize) {
			t.Fatalf("holds %d bytes", got)
		}
		if err != nil {
			d.text.release()
			return all, err.Error()
		}
		all = append(all, decoded{m.op, string(m.payload)})
	}
}

// splitter gives the stream in random pieces.
type splitter struct {
	data []byte
	rand *rand.Rand
}

func (s *splitter) Read(p []byte) (int, error) {
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 1+s.rand.IntN(9))], s.data)
	s.data = s.data[n:]
	return n, nil
}

func FuzzReadMessage(f *testing.F) {
	f.Add(masked(ws.OpText, true, "hola"), uint64(1))
	f.Add(append(masked(ws.OpText, false, "a"), append(masked(ws.OpPing, true, "p"), masked(ws.OpContinuation, true, "b")...)...), uint64(2))
	f.Add(masked(ws.OpBinary, true, string(make([]byte, 300))), uint64(3))
	f.Add(masked(ws.OpText, true, string(bytes.Repeat([]byte{'x'}, fuzzLimit))), uint64(4))
	f.Add(append(masked(ws.OpText, false, string(bytes.Repeat([]byte{'x'}, 4000))), masked(ws.OpContinuation, true, string(bytes.Repeat([]byte{'y'}, 2000)))...), uint64(5))
	f.Add(masked(ws.OpText, true, string(make([]byte, fuzzLimit+1))), uint64(6))
	f.Add([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, uint64(7))
	f.Add(closeOf(1000, "bye"), uint64(8))
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		want, wantEnd := decodeAll(t, bytes.NewReader(stream))
		got, gotEnd := decodeAll(t, &splitter{stream, rand.New(rand.NewPCG(seed, 0))})
		if diff := cmp.Diff(want, got); diff != "" || wantEnd != gotEnd {
			t.Fatalf("split stream differs: %s\nend %q, want %q", diff, gotEnd, wantEnd)
		}
	})
}
