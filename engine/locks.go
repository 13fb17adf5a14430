package engine

import (
	"fmt"
	"strconv"
	"time"
)

// lockMark is what a session has to do with locks.
type lockMark struct {
	by     string // whose lock its statement waits for, "" for nobody's
	blocks int    // sessions that wait for its own
}

// locks are the sessions that wait for locks or are waited for, as the last tick
// of a monitor has found them. Owned by the tick.
type locks struct{ marked map[*Session]lockMark }

// update marks the sessions of what a tick that has begun then has found, and
// takes the marks from all others.
func (l *locks) update(e *Engine, servers []*Server, probes []Probe, begun time.Time) {
	found := map[*Session]lockMark{}
	for i, probe := range probes {
		if len(probe.Waits) > 0 {
			mark(found, servers[i], threadsOf(e, servers[i]), probe.Waits)
		}
	}
	for s := range l.marked {
		if _, still := found[s]; !still {
			setLocks(s, lockMark{}, begun)
		}
	}
	for s, m := range found {
		setLocks(s, m, begun)
	}
	l.marked = found
}

// threadsOf returns the sessions that are connected to server, by the thread
// ids that they have there.
func threadsOf(e *Engine, server *Server) map[uint64]*Session {
	threads := map[uint64]*Session{}
	for _, s := range e.sessions.all() {
		s.mu.Lock()
		for _, b := range s.seen.backends {
			if b.server == server {
				threads[b.threadID.Load()] = s
			}
		}
		s.mu.Unlock()
	}
	return threads
}

// mark adds to marks what waits say of the sessions of threads. Of several that
// block a session, one that does not wait itself is named: it is where the trouble
// begins.
func mark(marks map[*Session]lockMark, server *Server, threads map[uint64]*Session, waits []LockWait) {
	waiting := map[uint64]bool{}
	for _, w := range waits {
		waiting[w.Waiting] = true
	}
	blocker := map[uint64]uint64{} // by who waits
	counted := map[[2]*Session]bool{}
	for _, w := range waits {
		if named, ok := blocker[w.Waiting]; !ok || waiting[named] && !waiting[w.Blocking] {
			blocker[w.Waiting] = w.Blocking
		}
		pair := [2]*Session{threads[w.Waiting], threads[w.Blocking]}
		if pair[0] == nil || pair[1] == nil || counted[pair] {
			continue
		}
		counted[pair] = true
		m := marks[pair[1]]
		m.blocks++
		marks[pair[1]] = m
	}
	for thread, by := range blocker {
		s := threads[thread]
		if s == nil {
			continue
		}
		m := marks[s]
		m.by = fmt.Sprintf("thread %d of %s", by, server.Name())
		if other := threads[by]; other != nil {
			m.by = strconv.FormatUint(other.id, 10)
		}
		marks[s] = m
	}
}

// setLocks gives s a mark that was found by a tick that has begun then. A
// statement that came in later, or is over, does not wait.
func setLocks(s *Session, m lockMark, begun time.Time) {
	s.mu.Lock()
	a := &s.seen.activity
	if a.doing != Running || a.since.After(begun) {
		m.by = ""
	}
	before := s.seen.locks
	s.seen.locks = m
	if m.by != "" && m.by != before.by {
		s.seen.timeline.note("blocked", "waits for a lock of "+blockerText(m.by), "")
	}
	s.mu.Unlock()
	if m != before {
		s.notable()
	}
}

// blockerText says in words who by is.
func blockerText(by string) string {
	if _, err := strconv.ParseUint(by, 10, 64); err == nil {
		return "session " + by
	}
	return by
}
