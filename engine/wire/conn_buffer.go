package wire

import (
	"sync"
	"sync/atomic"
)

// bufferSize is the size of a pooled buffer. It holds nearly every command and
// the whole of most replies.
const bufferSize = 16 << 10

var pool = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// buffer holds bytes between two places. It takes its memory from the pool when
// the first byte comes and gives it back with the last, but for what is larger
// than the pool's.
type buffer struct {
	b    []byte // nil when none is held
	r, w int    // b[r:w] is in it
	held atomic.Int64
}

func (m *buffer) empty() bool   { return m.r == m.w }
func (m *buffer) bytes() []byte { return m.b[m.r:m.w] }

// room returns the free end, never empty, and no longer than most unless that is
// 0. The buffer grows only when it is full.
func (m *buffer) room(most int) []byte {
	switch {
	case m.b == nil:
		m.hold(pool.Get().(*[bufferSize]byte)[:])
	case m.w < len(m.b):
	case m.r > 0:
		m.w = copy(m.b, m.b[m.r:m.w])
		m.r = 0
	default:
		grown := make([]byte, 2*len(m.b))
		copy(grown, m.b)
		m.hold(grown)
	}
	free := m.b[m.w:]
	if most > 0 && most < len(free) {
		free = free[:most]
	}
	return free
}

// hold gives back what is held and holds b.
func (m *buffer) hold(b []byte) {
	if len(m.b) == bufferSize {
		pool.Put((*[bufferSize]byte)(m.b))
	}
	m.b = b
	m.held.Store(int64(len(b)))
}

// trim gives the memory back when nothing is in it.
func (m *buffer) trim() {
	if m.r == m.w {
		m.r, m.w = 0, 0
		if m.b != nil {
			m.hold(nil)
		}
	}
}

// leave goes on with other memory, and leaves that which it has to who still
// looks at what was in it.
func (m *buffer) leave() {
	if m.b == nil {
		return
	}
	unread := m.bytes()
	m.b, m.r, m.w = nil, 0, 0
	m.held.Store(0)
	for len(unread) > 0 {
		n := copy(m.room(0), unread)
		m.w += n
		unread = unread[n:]
	}
}
