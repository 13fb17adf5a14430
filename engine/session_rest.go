package engine

import (
	"errors"
	"runtime/debug"
	"syscall"
	"time"
)

// This file lets sessions rest: the goroutine of one that has been idle for a while
// ends, and with it goes its stack, which is half of what an idle session holds.
// One watcher waits for bytes of the clients of all sessions that rest. What wakes
// an idle session, or its client, gives it a goroutine again.

// restAfter is how long a session is idle before it rests.
const restAfter = 10 * time.Second

// errRest is what commands returns when the session rests. Its goroutine must not
// touch the session any more: it may have another one.
var errRest = errors.New("session rests")

// rest asks an idle session to rest; once, until its next statement.
func rest(s *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.work.idle && !s.work.rested {
		s.work.rested, s.work.rest = true, true
		s.wakeLocked()
	}
}

// layDown reports whether the session rests now. It cannot when there is no
// way to wait for its client together with others, as with TLS. The caller holds mu.
func layDown(c *conversation) bool {
	c.work.rest = false
	conn, ok := c.client.NetConn().(syscall.Conn)
	if !ok {
		return false
	}
	sessions := &c.engine.sessions
	sessions.resting.once.Do(func() {
		if err := sessions.resting.open(sessions.clientStirs); err != nil {
			c.engine.logger.Warn("idle sessions do not rest, and so take more memory", "reason", err.Error())
		}
	})
	if !sessions.resting.add(c.id, conn) {
		return false
	}
	c.work.resting = true
	sessions.wg.Add(1) // in place of the goroutine
	return true
}

// rise gives a session that rests a goroutine again. The caller holds mu.
func rise(s *Session) {
	s.work.resting, s.work.rested = false, false
	sessions := &s.engine.sessions
	sessions.resting.remove(s.client.NetConn().(syscall.Conn))
	sessions.wg.Go(s.talk.converse)
	sessions.wg.Done()
}

// clientStirs is called when there is something to read from the client of the
// session id, which rested just now.
func (s *sessions) clientStirs(id uint64) {
	session := s.get(id)
	if session == nil {
		return
	}
	session.mu.Lock()
	defer session.mu.Unlock()
	if session.work.resting {
		rise(session)
	}
}

// tidy gives memory back to the system that many sessions held before they rested.
type tidy struct {
	rested int // sessions since the last time
}

// Fewer sessions than these, or than this part of all, are not worth a collection.
const (
	tidyLeast = 1000
	tidyShare = 4
)

// after counts the sessions that were asked to rest just now, of so many in all.
func (t *tidy) after(rested, all int) {
	t.rested += rested
	if rested == 0 && t.rested >= max(tidyLeast, all/tidyShare) {
		t.rested = 0
		debug.FreeOSMemory()
	}
}
