package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// This file connects sessions to servers.

// serverTimeout is how long connecting to one server may take. It is shorter than
// connectTimeout, so that another server can take the place of one that does not
// answer while the client logs in.
const serverTimeout = connectTimeout / 2

// Connect opens a connection to server, logged in as the session's user, and
// replays the session's history on it. The connection belongs to the caller. One
// of a session that shares has it wait for its first statement when the server has
// no place. An error of the server's own is a *wire.Error.
func (s *Session) Connect(ctx context.Context, server *Server) (*Backend, error) {
	now := time.Now()
	until := now.Add(serverTimeout)
	if l := s.talk.entering; l != nil && l.until.Before(until) {
		until = l.until
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	b := &Backend{session: s, server: server, status: wire.StatusAutocommit, used: now.Sub(s.connected)}
	if err := connectOrPark(ctx, b); err != nil {
		return nil, err
	}
	server.opened()
	s.mu.Lock()
	s.seen.timeline.note("backend_open", server.Name(), "")
	if server.Status()&StatusMaint != 0 { // since the router has chosen it
		leaveLocked(s, server, "")
	}
	s.mu.Unlock()
	s.boring()
	return b, nil
}

// attach gives b a connection, that connect returns for the session's login, and
// makes it what the session's other backends are.
func attach(ctx context.Context, b *Backend, connect func(context.Context, credentials) (*serverConn, error)) error {
	s, server := b.session, b.server
	c := loginAs(s)
	c.capabilities, c.exact = s.talk.caps, true
	entering := s.talk.entering
	if entering != nil && entering.relays {
		c.relay = entering.relay
	}
	conn, err := connect(ctx, c)
	if err != nil {
		return err
	}
	if entering != nil {
		entering.proved = true
	}
	b.conn, b.database, b.statements = conn, c.database, nil
	s.talk.nearest = nil // it may have been this session's before
	b.threadID.Store(conn.threadID)
	b.gone.Store(false)
	if err = furnish(ctx, b, c.database); err == nil {
		err = enlist(b)
	}
	if err != nil {
		b.done() // of a command that the server was lost with
		b.conn = nil
		server.pool.drop(conn)
		return err
	}
	if s.Logs(slog.LevelInfo) {
		s.Logf(slog.LevelInfo, "connected to server %s, thread id %d", server.Name(), conn.threadID)
	}
	return nil
}

// furnish replays on b, whose default database is the given one, what the session
// has built up.
func furnish(ctx context.Context, b *Backend, database string) error {
	if err := b.session.listener.init.replay(ctx, b, ""); err != nil {
		return fmt.Errorf("server %s: connection_init_sql_file: %w", b.server.Name(), err)
	}
	if err := b.session.talk.history.replay(ctx, b, database); err != nil {
		return fmt.Errorf("server %s: replay the session's history: %w", b.server.Name(), err)
	}
	return b.insert.restore(ctx, b)
}

// enlist puts b among the backends that others see, unless the session is to end.
func enlist(b *Backend) error {
	s := b.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.work.ended != nil {
		return s.work.ended
	}
	s.seen.parked = without(s.seen.parked, b)
	s.seen.backends = append(s.seen.backends, b)
	return nil
}

// loginAs returns as whom the session logs in to servers. It may be called by
// any goroutine.
func loginAs(s *Session) credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	who := &s.seen.identity
	c := credentials{
		user: who.user, secret: who.secret, database: who.database, charset: who.charset,
		attributes: who.attributes.list, client: s.remote,
	}
	if who.mapped != nil {
		c.user, c.secret = who.mapped.User, who.mapped.Secret
	}
	return c
}

// Unreachable reports whether err, of Connect, comes from the network or from a
// server that is not there for anybody, so that another server may do better.
func Unreachable(err error) bool {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		switch e.Code {
		case 1040, 1053, 1129, 1203, 1226: // too many connections, shutdown, host blocked, resources
			return true
		}
		return false
	}
	return true
}
