package engine

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// This file has sessions share their connections to servers: one that has been
// idle for idle_session_pool_time parks its backends, whose connections go to the
// pools of their servers, and each gets a connection again when a statement needs
// it, with the session's state replayed. Routers do not notice.

// sharing is how a session shares, and what keeps it from that beside its pins.
type sharing struct {
	// Constant.
	after time.Duration // of idleness; negative for never
	wait  time.Duration // for a connection, at most

	// Owned by the session's goroutine.
	bound   bool // a statement has left something on a connection that nothing brings back
	nextTrx bool // a connection knows something of the next transaction
}

func sharingOf(s *Service) sharing {
	v := s.object.Values
	return sharing{after: v.Duration("idle_session_pool_time"), wait: v.Duration("multiplex_timeout")}
}

func (s sharing) on() bool { return s.after >= 0 }

// shareable reports whether other sessions may want connections to s.
func shareable(s *Server) bool { return s.pool.limit > 0 || s.pool.size > 0 }

// note draws the consequences of a good reply of b to a statement.
func (s *sharing) note(b *Backend, statement *classify.Statement) {
	if !s.on() {
		return
	}
	writes := statement.Is(classify.Writes)
	b.insert.stale = b.insert.stale || writes
	switch statement.Op {
	case classify.OpHandler, classify.OpFlush, classify.OpXA:
		s.bound = true
	}
	if statement.Is(classify.Unknown) || statement.Is(classify.MultiStatement) && statement.Is(classify.SessionCommand) {
		s.bound = true
	}
	switch {
	case statement.Is(classify.NextTrx):
		s.nextTrx = true
	case (writes || statement.Is(classify.EndTrx)) && !b.status.Has(wire.StatusInTrans):
		s.nextTrx = false
	}
}

// Settler is a RouterSession that may have to do something first, or to keep the
// connections, when its session is to share them.
type Settler interface {
	// Settle reports whether nothing is on the connections that the router
	// needs. Nothing else is under way.
	Settle() bool
}

// may reports whether the state of c can be replayed, so that its backends can do
// without their connections.
func (s *sharing) may(c *conversation) bool {
	c.mu.Lock()
	idle := !c.seen.activity.trx && !c.seen.identity.secret.Opaque()
	c.mu.Unlock()
	if !idle || s.bound || s.nextTrx || c.stained || c.entering != nil || c.history.lost || c.history.pruned || lasting(&c.pins) {
		return false
	}
	settler, ok := c.router.RouterSession.(Settler)
	return !ok || settler.Settle()
}

// lasting reports whether the session would lose something with its connections.
func lasting(p *Pins) bool {
	return p.held != nil && slices.ContainsFunc(p.held.pins, func(x pin) bool { return x.kind != PinStrict })
}

// wakeToShare has the session give its connections to others when it is idle for
// long enough and they are wanted. The caller is the patrol, and holds s.mu.
func wakeToShare(s *Session, now time.Time) {
	after := s.talk.sharing.after
	if after < 0 || !s.work.idle || s.work.share || s.work.keeps || s.seen.activity.trx || now.Sub(s.seen.activity.lastIO) < after {
		return
	}
	for _, b := range s.seen.backends {
		if p := &b.server.pool; p.budget > 0 {
			p.budget--
			s.work.share = true
		}
	}
	if s.work.share {
		s.wakeLocked()
	}
}

// sharesNow reports whether c, at its idle point, is to give its connections to
// others: it was asked to, or idle_session_pool_time is 0 and they are wanted. The
// caller holds mu.
func (c *conversation) sharesNow(outside bool) bool {
	switch {
	case !c.sharing.on() || !outside || c.work.keeps || len(c.client.Unread()) > 0:
		return false
	case c.work.share:
		return true
	}
	return c.sharing.after == 0 && slices.ContainsFunc(c.seen.backends, func(b *Backend) bool { return b.server.pool.wanted() > 0 })
}

// share parks the backends of c whose connections are wanted by others. One that
// cannot is not asked again before its next statement.
func share(c *conversation) {
	all := c.sharing.may(c)
	if all {
		all = parkWanted(c)
	}
	c.mu.Lock()
	c.work.share, c.work.keeps = false, !all
	c.mu.Unlock()
	c.boring()
}

// parkWanted parks the backends of c whose connections are wanted by others; false
// when one of them could not be.
func parkWanted(c *conversation) bool {
	all := true
	for _, b := range c.openBackends() {
		if b.conn != nil && b.sent == nil && b.server.pool.wanted() > 0 && !park(b) {
			all = false
		}
	}
	return all
}

// park gives the connection of b to who needs it; false when it cannot: a KILL is
// on its way there, or it has failed, which whoever uses b next finds out.
func park(b *Backend) bool {
	s := b.session
	ctx, cancel := context.WithTimeout(s.ctx, resetTimeout)
	defer cancel()
	if err := b.insert.learn(ctx, b); err != nil {
		s.Logf(slog.LevelWarn, "%v", err)
		_ = b.conn.Close()
		return false
	}
	s.mu.Lock()
	if b.struck {
		s.mu.Unlock()
		return false
	}
	conn := b.conn
	b.conn = nil
	b.threadID.Store(0)
	s.seen.backends = without(s.seen.backends, b)
	s.seen.parked = append(s.seen.parked, b)
	s.mu.Unlock()
	giveBack(b.server, conn)
	if s.Logs(slog.LevelInfo) {
		s.Logf(slog.LevelInfo, "idle: the connection to server %s is for others", b.server.Name())
	}
	return true
}

// Parked reports whether b has no connection at the moment. It gets one when it is
// used, which knows then what session commands have done meanwhile.
func Parked(b *Backend) bool { return b.conn == nil }

// ready makes b one that q can be sent on.
func ready(b *Backend, q *Query) error {
	if err := Regain(b); err != nil {
		return err
	}
	return follow(b, q)
}

// Regain gives b a connection again if it is parked, for which it waits.
func Regain(b *Backend) error {
	if b.conn != nil {
		return nil
	}
	b.delivered = false
	err := errGone
	if b.server.Lives() {
		err = attach(b.session.ctx, b, func(ctx context.Context, c credentials) (*serverConn, error) { return await(ctx, b, c) })
	}
	if err == nil {
		b.used = time.Since(b.session.connected)
		return nil
	}
	if cause := b.session.endCause(); cause != nil {
		return cause
	}
	if _, busy := err.(*busyError); busy {
		return err
	}
	return serverError(&lostError{server: b.server.Name(), err: err, unsent: true})
}

// connectOrPark gives b a connection, or parks it when its session shares and the
// server has no place at the moment.
func connectOrPark(ctx context.Context, b *Backend) error {
	s, p := b.session, &b.server.pool
	shares := s.talk.sharing.on() && (s.talk.entering == nil || !s.talk.entering.relays)
	if !shares || !p.crowded() {
		err := attach(ctx, b, b.server.connect)
		if !shares || !isFull(err) {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.parked = append(s.seen.parked, b)
	return nil
}

// await is connect for a session that shares: it waits for a place in the order of
// those who do, for multiplex_timeout at most.
func await(ctx context.Context, b *Backend, login credentials) (*serverConn, error) {
	c, p := b.session.talk, &b.server.pool
	turn := p.enqueue()
	defer p.dequeue(turn)
	timer := time.NewTimer(c.sharing.wait)
	defer timer.Stop()
	for {
		select {
		case <-turn:
		default:
			if c.sharing.may(c) { // who has what this session waits for may wait for what it has
				parkWanted(c)
			}
			select {
			case <-turn:
			case <-timer.C:
				return nil, &busyError{b.server, c.sharing.wait}
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		limited, cancel := context.WithTimeout(ctx, serverTimeout)
		conn, err := b.server.connect(limited, login)
		cancel()
		if !isFull(err) {
			return conn, err
		}
	}
}

// busyError is that a statement was not executed because no connection to its
// server became free. The session goes on.
type busyError struct {
	server *Server
	waited time.Duration
}

func (e *busyError) Error() string { return e.packet().Error() }

// packet is what the client is told.
func (e *busyError) packet() *wire.Error {
	return &wire.Error{Code: 1040, State: "08004", Message: fmt.Sprintf(
		"Timed out when waiting for a connection to server %s: max_routing_connections allows %d, and none was free for a multiplex_timeout of %v; the statement was not executed",
		e.server.Name(), e.server.pool.limit, e.waited)}
}

// insertID is what LAST_INSERT_ID() is on a backend: the only thing that a
// statement leaves there which others commonly ask for later.
type insertID struct {
	stale bool   // a statement may have changed it
	value uint64 // when it was last parked
}

// learn asks the server for it, when that is needed.
func (i *insertID) learn(ctx context.Context, b *Backend) error {
	if !i.stale {
		return nil
	}
	release := obey(ctx, &b.conn.Conn)
	defer release()
	text, err := b.Ask("SELECT LAST_INSERT_ID()")
	if err != nil {
		return err
	}
	i.value, _ = strconv.ParseUint(text, 10, 64)
	i.stale = false
	return nil
}

// restore has the server remember it on a new connection of b.
func (i *insertID) restore(ctx context.Context, b *Backend) error {
	if i.value == 0 {
		return nil
	}
	release := obey(ctx, &b.conn.Conn)
	defer release()
	return perform(b, queryOf(fmt.Appendf([]byte{byte(wire.ComQuery)}, "SELECT LAST_INSERT_ID(%d)", i.value)))
}

// all returns the backends, those that are parked too. The caller holds Session.mu.
func (s *sessionSeen) all() []*Backend { return slices.Concat(s.backends, s.parked) }

// without returns list without b.
func without(list []*Backend, b *Backend) []*Backend {
	return slices.DeleteFunc(list, func(x *Backend) bool { return x == b })
}
