package wire

import "sync"

// bufferSize is the size of a pooled buffer. It holds nearly every command and
// the whole of most replies.
const bufferSize = 16 << 10

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

func takeBuffer() []byte { return buffers.Get().(*[bufferSize]byte)[:] }

func giveBuffer(b []byte) {
	if cap(b) == bufferSize {
		buffers.Put((*[bufferSize]byte)(b[:bufferSize]))
	}
}

// room returns the free end of the buffer, never empty. The buffer grows only
// when it is full of unread bytes.
func (c *Conn) room() []byte {
	switch {
	case c.in == nil:
		c.hold(takeBuffer())
	case c.w < len(c.in):
	case c.r > 0:
		c.w = copy(c.in, c.in[c.r:c.w])
		c.r = 0
	default:
		grown := make([]byte, 2*len(c.in))
		copy(grown, c.in)
		giveBuffer(c.in)
		c.hold(grown)
	}
	free := c.in[c.w:]
	if c.most > 0 && c.most < len(free) {
		free = free[:c.most]
	}
	return free
}

func (c *Conn) hold(b []byte) {
	c.held.Add(int64(len(b) - len(c.in)))
	c.in = b
}

// release gives the buffer back.
func (c *Conn) release() {
	if c.in != nil {
		giveBuffer(c.in)
		c.hold(nil)
	}
	c.r, c.w = 0, 0
}

func (c *Conn) releaseIfEmpty() {
	if c.r == c.w {
		c.release()
	}
}
