package engine

import (
	"errors"
	"slices"
	"time"
)

// errGone is why a connection has failed to a server that the monitor has found
// to be down.
var errGone = errors.New("the monitor has found it to be down")

// vital is the connection that a session cannot do without.
type vital struct {
	backend *Backend // nil for none
	cause   error    // of the end of the session when it is lost
}

// EndWith has the session of b end with cause as soon as b is lost, be it at work or
// not. It takes the place of what was said before. The session's goroutine calls it.
func EndWith(b *Backend, cause error) {
	s := b.session
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.vital = vital{b, cause}
}

// cutOff cuts the connections of sessions to a server that is down and gives no
// answer: one whose machine or network has gone says nothing, and its sessions
// would wait for it. As in MaxScale.
func cutOff(s *Server) {
	if s.Connections() == 0 {
		return
	}
	for _, session := range s.engine.sessions.all() {
		var end error
		session.mu.Lock()
		for _, b := range session.seen.backends {
			if b.server == s && !b.gone.Swap(true) {
				_ = b.conn.NetConn().SetDeadline(time.Unix(1, 0))
				s.engine.watchers.epoch.Add(1)
				if b == session.seen.vital.backend {
					end = session.seen.vital.cause
				}
			}
		}
		session.mu.Unlock()
		if end != nil {
			session.end(end)
		}
	}
}

// watchVital looks whether a server has closed the connection that the session cannot
// do without: it returns the cause for the session to end. What only an idle session
// can tell, its goroutine is woken to find out. The patrol calls it, with s.mu held.
func watchVital(s *Session) error {
	v := &s.seen.vital
	if v.backend == nil || !slices.Contains(s.seen.backends, v.backend) {
		return nil
	}
	nc := v.backend.conn.NetConn()
	switch {
	case !s.work.idle && hungUp(nc):
		return v.cause
	case s.work.idle && !s.work.ping && spokenUp(nc):
		s.work.ping = true
		s.wakeLocked()
	}
	return nil
}

// bereft returns the cause of the end of a session whose server has closed the
// connection that it cannot do without, nil for others. Nothing is under way.
func bereft(c *conversation) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := &c.seen.vital
	if v.backend == nil || !slices.Contains(c.seen.backends, v.backend) || !spokenUp(v.backend.conn.NetConn()) {
		return nil
	}
	return v.cause
}
