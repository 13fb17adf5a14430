package push

import (
	"slices"
	"sync"
)

// mailbox is what waits for one client. It holds at most one frame for each
// view, the newest heartbeat, and the answers to the client's own messages,
// whose number the allowance bounds. Nothing that puts into it ever waits.
type mailbox struct {
	wake chan struct{} // holds one token while there may be something to take

	mu      sync.Mutex // protects following
	answers []*encoded
	beat    *encoded
	slots   map[string]*slot // by the client's name for the view
	ready   []string         // names of slots that are waiting or behind, oldest first
	closing *closing
}

// slot is the place of one view.
type slot struct {
	state slotState
	frame *encoded // while waiting
}

type slotState int

const (
	empty   slotState = iota // the client has all there is
	waiting                  // a frame waits for the writer
	behind                   // frames were thrown away: the writer is to ask for a snapshot
	asked                    // the writer has asked
)

// closing is how the server ends a connection.
type closing struct {
	code      int
	detail    string
	reconnect bool
}

// item is what the writer has to do next: send a frame, ask the hub for a
// snapshot of the view behind, or close the connection. The zero item is
// nothing.
type item struct {
	frame   *encoded
	behind  string
	closing *closing
}

func newMailbox() *mailbox {
	return &mailbox{wake: make(chan struct{}, 1), slots: make(map[string]*slot)}
}

// put runs change under the lock and wakes the writer.
func (m *mailbox) put(change func()) {
	m.mu.Lock()
	change()
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// answer puts in a frame that belongs to no view's sequence.
func (m *mailbox) answer(frame *encoded) {
	m.put(func() { m.answers = append(m.answers, frame) })
}

// heartbeat puts in a heartbeat in place of one that still waits.
func (m *mailbox) heartbeat(frame *encoded) {
	m.put(func() { m.beat = frame })
}

// close makes all that waits void and has the connection closed. The first
// call counts.
func (m *mailbox) close(c closing) {
	m.put(func() {
		if m.closing == nil {
			m.closing = &c
		}
	})
}

// snapshot puts in the first frame of a view, or one that makes up for all
// that was thrown away.
func (m *mailbox) snapshot(name string, frame *encoded) {
	m.put(func() {
		s := m.slots[name]
		if s == nil {
			s = new(slot)
			m.slots[name] = s
		}
		if s.state == empty || s.state == asked {
			m.ready = append(m.ready, name)
		}
		s.state, s.frame = waiting, frame
	})
}

// patch puts in the next frame of a view. When one still waits both are thrown
// away, and the view is behind.
func (m *mailbox) patch(name string, frame *encoded) {
	m.put(func() {
		s := m.slots[name]
		if s == nil {
			return
		}
		switch s.state {
		case empty:
			s.state, s.frame = waiting, frame
			m.ready = append(m.ready, name)
		case waiting:
			s.state, s.frame = behind, nil
		}
	})
}

// forget throws away a view.
func (m *mailbox) forget(name string) {
	m.put(func() {
		delete(m.slots, name)
		m.ready = slices.DeleteFunc(m.ready, func(n string) bool { return n == name })
	})
}

// take returns what to do next.
func (m *mailbox) take() item {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closing != nil:
		return item{closing: m.closing}
	case len(m.answers) > 0:
		frame := m.answers[0]
		m.answers = m.answers[1:]
		return item{frame: frame}
	case m.beat != nil:
		frame := m.beat
		m.beat = nil
		return item{frame: frame}
	case len(m.ready) == 0:
		return item{}
	}
	name := m.ready[0]
	m.ready = m.ready[1:]
	s := m.slots[name]
	if s.state == behind {
		s.state = asked
		return item{behind: name}
	}
	frame := s.frame
	s.state, s.frame = empty, nil
	return item{frame: frame}
}
