package engine

import (
	"errors"
	"time"
)

// errGone is why a connection has failed to a server that the monitor has found
// to be down.
var errGone = errors.New("the monitor has found it to be down")

// cutOff cuts the connections of sessions to a server that is down and gives no
// answer: one whose machine or network has gone says nothing, and its sessions
// would wait for it. As in MaxScale.
func cutOff(s *Server) {
	if s.Connections() == 0 {
		return
	}
	for _, session := range s.engine.sessions.all() {
		session.mu.Lock()
		for _, b := range session.seen.backends {
			if b.server == s && !b.gone.Swap(true) {
				_ = b.conn.NetConn().SetDeadline(time.Unix(1, 0))
				s.engine.watchers.epoch.Add(1)
			}
		}
		session.mu.Unlock()
	}
}
