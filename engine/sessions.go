package engine

import (
	"cmp"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
)

// sessions are all sessions by id. Ids grow from 1 and are not used again.
type sessions struct {
	// Set by New, then constant.
	salts      auth.Salts
	attributes *attributePool

	last      atomic.Uint64
	wg        sync.WaitGroup // of the sessions' goroutines
	newcomers newcomers
	blocked   blocked
	resting   resting

	mu   sync.RWMutex // guards what follows
	byID map[uint64]*Session
}

func (s *sessions) nextID() uint64 { return s.last.Add(1) }

func (s *sessions) add(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = make(map[uint64]*Session)
	}
	s.byID[session.id] = session
}

func (s *sessions) remove(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, session.id)
}

func (s *sessions) get(id uint64) *Session {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byID[id]
}

// all returns the sessions in any order: to sort very many costs more than most
// of what is done with them.
func (s *sessions) all() []*Session {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.AppendSeq(make([]*Session, 0, len(s.byID)), maps.Values(s.byID))
}

// ids returns the ids of all, in any order.
func (s *sessions) ids() []uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.AppendSeq(make([]uint64, 0, len(s.byID)), maps.Keys(s.byID))
}

func (s *sessions) wait() { s.wg.Wait() }

// Sessions returns all sessions by id, those that are still logging in too.
func (e *Engine) Sessions() []*Session {
	list := e.sessions.all()
	slices.SortFunc(list, func(a, b *Session) int { return cmp.Compare(a.id, b.id) })
	return list
}

// SessionIDs returns the ids of the sessions of e, in any order.
func SessionIDs(e *Engine) []uint64 { return e.sessions.ids() }

// Session returns the started session id. The error is NotFound when there is
// none, or when it is still logging in or already ending.
func (e *Engine) Session(id uint64) (*Session, error) {
	s := e.sessions.get(id)
	if s == nil || !alive(s) {
		return nil, Errorf(NotFound, "%d is not a session", id)
	}
	return s, nil
}

// AnySession returns the session id in whatever state it is, nil when there is
// none.
func (e *Engine) AnySession(id uint64) *Session { return e.sessions.get(id) }

func alive(s *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.state == SessionStarted && s.work.ended == nil
}

// admit makes a session of a client that a listener has accepted.
func admit(l *Listener, conn net.Conn) {
	e := l.engine
	s := newSession(l, conn)
	e.sessions.add(s)
	e.sessions.newcomers.add(s)
	if e.draining.Load() {
		s.end(errServiceStopped)
	}
	e.sessions.wg.Go(s.talk.serve)
	s.notable()
}

// patrol looks once a second for clients that are idle too long, and for those
// that went away while a statement runs, and books what has gone by meanwhile;
// and for connections that have been kept long enough. It reads what the program's
// logger lets through.
func patrol(e *Engine) {
	var tidy tidy
	for pause(e.ctx, time.Second) {
		e.logger.readLevels()
		now := time.Now()
		all, rested := e.sessions.all(), 0
		for _, s := range e.servers.list {
			s.pool.budget = s.pool.wanted()
		}
		for _, s := range all {
			if look(s, now) {
				rested++
			}
		}
		for _, s := range e.servers.list {
			s.pool.expire(now, s.Usable())
		}
		unblock(e, now)
		tidy.after(rested, len(all))
	}
}

// look ends a session whose client is idle too long or gone, and lets one rest
// that has been idle for a while, which it reports.
func look(s *Session, now time.Time) (rests bool) {
	timeout := s.service.waitTimeout()
	s.mu.Lock()
	a := &s.seen.activity
	started := s.seen.state == SessionStarted && s.work.ended == nil
	idle, rested, since, io := s.work.idle, s.work.rested, a.since, a.lastIO
	if started && !idle {
		bookFlows(s, now) // of a long reply, when it goes by
	}
	var lost error
	if started {
		for _, b := range s.seen.backends {
			lasts(b.conn.NetConn())
		}
		wakeToPing(s, now)
		wakeToShare(s, now)
		lost = watchVital(s)
	}
	s.mu.Unlock()
	switch {
	case !started:
	case lost != nil:
		s.end(lost)
	case idle && timeout > 0 && now.Sub(io) > timeout:
		s.end(&killError{reason: "wait_timeout of " + timeout.String(), silent: true})
	case !idle && now.Sub(since) > time.Second && hungUp(s.client.NetConn()):
		s.end(clientError(ErrClientGone))
	case idle && !rested && now.Sub(io) > restAfter:
		rest(s)
		return true
	}
	return false
}
