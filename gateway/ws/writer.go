package ws

import (
	"net"
	"syscall"
	"time"
)

// writer is the outgoing half of a connection. All fields belong to Conn.mu. Exactly one goroutine
// writes at a time: the sender under the lock while flushing is false, Conn.flush while it is true.
type writer struct {
	nc       net.Conn
	raw      syscall.RawConn
	tryWrite func(fd uintptr) bool
	piece    []byte // in and out of tryWrite
	written  int
	err      error

	queue    [][]byte      // not empty only while flushing
	started  bool          // queue[0] is the rest of a frame whose head is on the wire
	frames   int           // in queue and in the batch being written
	bytes    int           // likewise
	flushing bool          // a Conn.flush goroutine exists
	idle     chan struct{} // closed by the flush goroutine that ends, when somebody waits
}

// try writes what the socket takes at once.
func (w *writer) try(b []byte) (int, error) {
	if w.raw == nil {
		return 0, nil
	}
	w.piece, w.written, w.err = b, 0, nil
	err := w.raw.Write(w.tryWrite)
	w.piece = nil
	if err != nil {
		return 0, err
	}
	return w.written, w.err
}

func (w *writer) push(b []byte) {
	w.queue = append(w.queue, b)
	w.frames++
	w.bytes += len(b)
}

// fits tells whether a frame of n bytes may wait. An empty queue takes any frame.
func (w *writer) fits(n int, o *Options) bool {
	return w.frames == 0 || w.frames < o.QueueFrames && w.bytes+n <= o.QueueBytes
}

// drop forgets the frames that wait. The batch being written goes on, and a started frame stays: the
// peer could not make sense of what follows half a frame.
func (w *writer) drop() {
	keep := 0
	if w.started {
		keep = 1
	}
	for _, b := range w.queue[keep:] {
		w.frames--
		w.bytes -= len(b)
	}
	clear(w.queue[keep:])
	w.queue = w.queue[:keep]
}

// put writes f, or queues it behind what waits. mu is held; f fits or is allowed to exceed.
func (c *Conn) put(f []byte) error {
	if !c.w.flushing {
		n, err := c.w.try(f)
		if err != nil {
			return err
		}
		if n == len(f) {
			return nil
		}
		f = f[n:]
		c.w.flushing, c.w.started = true, n > 0
		go c.flush()
	}
	c.w.push(f)
	return nil
}

// flush writes the queue until it is empty, in batches of one writev(2), and then ends.
func (c *Conn) flush() {
	for {
		batch, size := c.takeBatch()
		if len(batch) == 0 {
			break
		}
		frames := len(batch)
		_, err := batch.WriteTo(c.nc)
		c.mu.Lock()
		c.w.frames -= frames
		c.w.bytes -= size
		if err != nil {
			c.kill()
		}
		c.mu.Unlock()
	}
}

// takeBatch hands over the queue and arms the write deadline. When nothing is left it ends the
// flush within the same lock, so that no frame is stranded.
func (c *Conn) takeBatch() (net.Buffers, int) {
	c.mu.Lock()
	if c.dead || len(c.w.queue) == 0 {
		if c.inner != nil && c.closing && !c.dead {
			c.farewell()
		}
		lagged := c.endFlush()
		c.mu.Unlock()
		if lagged {
			c.call("on lag", func() { c.handler.OnLag() }) // read under the lock of call
		}
		return nil, 0
	}
	defer c.mu.Unlock()
	batch, size := net.Buffers(c.w.queue), 0
	c.w.queue, c.w.started = nil, false
	for _, b := range batch {
		size += len(b)
	}
	_ = c.nc.SetWriteDeadline(time.Now().Add(c.o.WriteTimeout)) // a dead socket fails at the write
	return batch, size
}

// endFlush leaves the socket to the senders and tells whether OnLag is due. mu is held.
func (c *Conn) endFlush() (lagged bool) {
	c.w.flushing = false
	if c.w.idle != nil {
		close(c.w.idle)
		c.w.idle = nil
	}
	if c.dead {
		return false
	}
	_ = c.nc.SetWriteDeadline(time.Time{}) // an old deadline would fail the next try
	if c.closing {
		c.closeWritten()
		return false
	}
	lagged, c.lagged = c.lagged, false
	return lagged
}

// waitWriter returns when no flush runs; WriteTimeout bounds that, kill ends it at once.
func (c *Conn) waitWriter() {
	c.mu.Lock()
	if !c.w.flushing {
		c.mu.Unlock()
		return
	}
	idle := make(chan struct{})
	c.w.idle = idle
	c.mu.Unlock()
	<-idle
}
