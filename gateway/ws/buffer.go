package ws

import "sync"

// bufferSize holds most messages whole; it is taken only while a socket has something to read.
const bufferSize = 4 << 10

type buffer [bufferSize]byte

// buffers is shared by all connections of the process: a free list, not state.
var buffers = sync.Pool{New: func() any { return new(buffer) }}

func takeBuffer() *buffer {
	return buffers.Get().(*buffer) //nolint:forcetypeassert // the pool holds nothing else
}

// assembly collects the text of one message: in a pooled buffer, or in its own memory when the
// message outgrows that.
type assembly struct {
	data   []byte
	pooled *buffer
}

// extend makes data n bytes longer and returns the new part. It never takes more memory than limit,
// or one pooled buffer when that is more; the caller checked that data does not exceed limit.
func (a *assembly) extend(n, limit int) []byte {
	have, need := len(a.data), len(a.data)+n
	switch {
	case need <= cap(a.data):
	case need <= bufferSize:
		a.pooled = takeBuffer()
		a.data = a.pooled[:0]
	default:
		grown := make([]byte, have, min(max(need, 2*have), max(limit, need)))
		copy(grown, a.data)
		a.release()
		a.data = grown
	}
	a.data = a.data[:need]
	return a.data[have:]
}

func (a *assembly) release() {
	if a.pooled != nil {
		buffers.Put(a.pooled)
	}
	a.data, a.pooled = nil, nil
}
