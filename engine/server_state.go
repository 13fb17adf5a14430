package engine

import (
	"context"
	"strings"
	"time"
)

// operators are the bits of a ServerStatus that operators set. The others are
// the monitor's, as long as there is one.
const operators = StatusMaint | StatusDrain

// stateWords are the states that may be set, by MaxScale's words for them.
var stateWords = map[string]ServerStatus{
	"maintenance": StatusMaint, "drain": StatusDrain,
	"running": StatusRunning, "master": StatusMaster, "slave": StatusSlave,
}

// ServerStateChange sets or clears a state of a server.
type ServerStateChange struct {
	State string // maintenance or drain; of a server that no monitor looks at also master, slave or running
	Clear bool
	Force bool   // with maintenance: sessions that are at work on the server do not finish
	By    string // who asked
}

// ChangeServerState sets or clears a state of the server name.
//
// Maintenance: nothing uses the server any more. Sessions that are connected to
// it open their connections anew, without it, as soon as they are idle and
// outside of a transaction; those that cannot do without it end. With Force
// those that are at work on it, or have a transaction open, end at once.
// Drain: the server takes no new connections; those that are open stay.
func ChangeServerState(e *Engine, name string, c ServerStateChange) error {
	server, err := e.servers.get(name)
	if err != nil {
		return err
	}
	bit, known := stateWords[strings.ToLower(c.State)]
	switch {
	case !known:
		return Errorf(Invalid, "'%s' is not a state of a server; use maintenance or drain", c.State)
	case bit&operators == 0 && watched(e, server):
		return Errorf(Invalid, "the server is monitored, so only maintenance and drain can be set or cleared: nothing was changed")
	case c.Force && (c.Clear || bit != StatusMaint):
		return Errorf(Invalid, "force is for setting maintenance only")
	}
	set, cleared := bit, ServerStatus(0)
	if c.Clear {
		set, cleared = 0, bit
	}
	before, after := server.setStatus(cleared, set)
	if before == after {
		return nil
	}
	e.logger.Log(context.Background(), LevelNotice, "server state was set", "server", name, "state", server.state(), "by", c.By)
	e.watchers.tell(Change{Kind: ServerObject, Name: name, Notable: true})
	if set == StatusMaint {
		for _, s := range e.sessions.all() {
			leave(s, server, c.By, c.Force)
		}
	}
	return nil
}

// watched reports whether a monitor looks at the server now.
func watched(e *Engine, s *Server) bool {
	m := e.monitorOf(s)
	return m != nil && !m.desk.isPaused()
}

// setStatus clears and sets bits of the status.
func (s *Server) setStatus(clear, set ServerStatus) (before, after ServerStatus) {
	for {
		old := s.status.Load()
		changed := old&^uint32(clear) | uint32(set)
		if s.status.CompareAndSwap(old, changed) {
			if old != changed {
				s.engine.watchers.epoch.Add(1)
			}
			return ServerStatus(old), ServerStatus(changed)
		}
	}
}

// errMaintenance ends a session that needs a server that must not be used.
func errMaintenance(server *Server, by string) error {
	return &killError{by: by, reason: "server " + server.Name() + " is in maintenance"}
}

// leave has a session give up its connection to a server that is in
// maintenance, if it has one.
func leave(s *Session, server *Server, by string, force bool) {
	s.mu.Lock()
	b := s.seen.backendOf(server)
	if b == nil || s.work.ended != nil {
		s.mu.Unlock()
		return
	}
	if force && (b.busy.Load() || s.seen.activity.trx) {
		s.mu.Unlock()
		s.end(errMaintenance(server, by))
		return
	}
	leaveLocked(s, server, by)
	s.mu.Unlock()
	s.notable()
}

// leaveLocked leaves the wish for a restart without the server. The caller holds
// the session's mu.
func leaveLocked(s *Session, server *Server, by string) {
	s.work.restart, s.work.from, s.work.since = true, by, time.Now()
	s.seen.timeline.note("restart_requested", "server "+server.Name()+" is in maintenance", by)
	s.wakeLocked()
}

// backendOf returns the backend on the server, nil when there is none.
// The caller holds the session's mu.
func (s *sessionSeen) backendOf(server *Server) *Backend {
	for _, b := range s.all() {
		if b.server == server {
			return b
		}
	}
	return nil
}

// forbidden returns a server in maintenance that the session is connected to,
// nil when there is none. The caller holds the session's mu.
func (s *sessionSeen) forbidden() *Server {
	for _, b := range s.all() {
		if b.server.Status()&StatusMaint != 0 {
			return b.server
		}
	}
	return nil
}
