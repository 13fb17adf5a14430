package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// pool limits the connections of sessions to one server (max_routing_connections)
// and keeps those that no session needs any more for sessions to come
// (persistpoolmax, persistmaxtime).
//
// A connection that is kept has been reset (COM_RESET_CONNECTION), so that it
// holds no locks, transactions or temporary tables. Who gets it logs in anew on
// it (COM_CHANGE_USER), whoever had it before: the server proves the password
// again and makes everything of the connection new, the default database too.
type pool struct {
	// Set by New, then constant.
	limit  int64         // 0 for no limit
	size   int           // 0 when none are kept
	maxAge time.Duration // how long one is kept

	places places // of all connections of sessions, the kept ones among them

	budget int // how many more sessions may be asked for theirs in this round; the patrol's own

	mu      sync.Mutex // guards what follows
	idle    []kept     // oldest first
	queue   queue      // of sessions that share
	figures PoolInfo
}

// kept is a connection that waits for a session.
type kept struct {
	conn  *serverConn
	since time.Time
}

// resetTimeout is how long a server may take to reset a connection that is to
// be kept.
const resetTimeout = 500 * time.Millisecond

// configure sets the parameters of the server s.
func (p *pool) configure(s *Server) {
	v := s.object.Values
	p.limit = v.Int("max_routing_connections")
	size, maxAge := v.Int("persistpoolmax"), v.Duration("persistmaxtime")
	switch {
	case size == 0:
	case maxAge <= 0:
		s.engine.logger.Warn("persistpoolmax has no effect without persistmaxtime", "server", s.Name())
	case v.Bool("proxy_protocol"):
		s.engine.logger.Warn("persistpoolmax has no effect with proxy_protocol: a connection belongs to its client's address", "server", s.Name())
	default:
		p.size, p.maxAge = int(size), maxAge
	}
}

// connect returns a connection to s for a session, logged in as c says: one that
// was kept, or else a new one. It has a place until it is left.
func (s *Server) connect(ctx context.Context, c credentials) (*serverConn, error) {
	p := &s.pool
	for conn := p.take(&c); conn != nil; conn = p.take(&c) {
		err := conn.changeUser(ctx, c)
		if err == nil {
			p.count(func(i *PoolInfo) { i.Reused++ })
			return conn, nil
		}
		p.discard(conn)
		if ctx.Err() != nil {
			return nil, serverError(fmt.Errorf("server %s: log in as '%s': %w", s.Name(), c.user, err))
		}
		if _, answered := errors.AsType[*wire.Error](err); answered {
			break // the other ones would be told the same
		}
	}
	if !p.place() {
		return nil, serverError(&fullError{server: s})
	}
	conn, greeting, err := s.login(ctx, c)
	if err != nil {
		p.leave()
		return nil, err
	}
	conn.threadID, conn.kind = uint64(greeting.ConnectionID), c.kind()
	return conn, nil
}

// fullError is that there is no place for another connection to a server.
type fullError struct{ server *Server }

func (e *fullError) Error() string { return e.Unwrap().Error() }

// Unwrap is what clients are told.
func (e *fullError) Unwrap() error {
	return &wire.Error{Code: 1040, State: "08004", Message: fmt.Sprintf(
		"Too many connections to server %s: max_routing_connections allows %d", e.server.Name(), e.server.pool.limit)}
}

// giveBack takes a connection back from a session, that nothing is owed on, and
// keeps it if it may.
func giveBack(s *Server, conn *serverConn) {
	conn.Near(nil, 0, 0)
	p := &s.pool
	if !p.room() || !s.Usable() || s.engine.Draining() || len(conn.Unread()) > 0 {
		p.discard(conn)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), resetTimeout)
	defer cancel()
	if conn.reset(ctx) != nil || !p.keep(conn) {
		p.discard(conn)
	}
}

// room reports whether one more may be kept.
func (p *pool) room() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle) < p.size
}

// keep keeps conn; false when there are enough.
func (p *pool) keep(conn *serverConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) >= p.size {
		return false
	}
	p.idle = append(p.idle, kept{conn: conn, since: time.Now()})
	p.figures.Peak = max(p.figures.Peak, int64(len(p.idle)))
	p.queue.next()
	return true
}

// take returns the connection for c that was kept last, nil when there is none. A
// login that the client itself answers needs a new one.
func (p *pool) take(c *credentials) *serverConn {
	if p.size == 0 || c.relay != nil {
		return nil
	}
	kind := c.kind()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		conn := p.idle[i].conn
		if conn.kind == kind && time.Since(p.idle[i].since) < p.maxAge {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return conn
		}
	}
	p.figures.Empty++
	return nil
}

// place takes a place for a new connection, if need be that of one that is kept
// and of no use for it; false when there is none.
func (p *pool) place() bool {
	for !p.places.take(p.limit) {
		p.mu.Lock()
		if len(p.idle) == 0 {
			p.mu.Unlock()
			return false
		}
		oldest := p.idle[0].conn
		p.idle = p.idle[1:]
		p.mu.Unlock()
		p.discard(oldest)
	}
	return true
}

// discard says goodbye on a connection and drops it.
func (p *pool) discard(conn *serverConn) {
	_ = wire.Leave(&conn.Conn, wire.ComQuit)
	p.leave()
}

// drop closes a connection, whatever is under way on it, and gives its place
// back.
func (p *pool) drop(conn *serverConn) {
	_ = conn.Release()
	p.leave()
}

// leave gives a place back, to who waits for one.
func (p *pool) leave() {
	p.places.leave()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue.next()
}

// expire closes the connections that have been kept for long enough, and all of
// them when the server is not usable.
func (p *pool) expire(now time.Time, usable bool) {
	if p.size == 0 {
		return
	}
	p.mu.Lock()
	n := 0
	for n < len(p.idle) && (!usable || now.Sub(p.idle[n].since) >= p.maxAge) {
		n++
	}
	expired := p.idle[:n:n]
	p.idle = p.idle[n:]
	p.mu.Unlock()
	for _, k := range expired {
		p.discard(k.conn)
	}
}

func (p *pool) count(figure func(*PoolInfo)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	figure(&p.figures)
}

func (p *pool) info() PoolInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	info := p.figures
	info.Kept = int64(len(p.idle))
	return info
}

// kind is what cannot be changed of a connection once it is logged in.
func (c *credentials) kind() wire.Capability {
	kind := c.capabilities &^ loginOnly
	if len(c.attributes) > 0 {
		kind |= wire.ClientConnectAttrs
	}
	return kind
}

// changeUser logs in anew on a connection that stands. It names a plugin that no
// server has, so that the server asks for the proof with salt of its own choice.
func (conn *serverConn) changeUser(ctx context.Context, c credentials) error {
	release := obey(ctx, &conn.Conn)
	defer release()
	request := wire.ChangeUser{User: c.user, Database: c.database, Collation: c.charset, Plugin: relayPlugin, Attributes: c.attributes}
	if err := conn.send(request.Append(nil, conn.capabilities)); err != nil {
		return err
	}
	return authenticate(conn, c.secret.Prove(private(conn.NetConn())))
}

// reset has the server drop all that the session has built up.
func (conn *serverConn) reset(ctx context.Context) error {
	release := obey(ctx, &conn.Conn)
	defer release()
	if err := conn.send([]byte{byte(wire.ComResetConnection)}); err != nil {
		return err
	}
	packet, err := conn.ReadPacket(maxLoginPacket)
	if err != nil {
		return err
	}
	return errorPacket(packet)
}

// send sends a command.
func (conn *serverConn) send(payload []byte) error {
	conn.SetSequence(0)
	if err := conn.WritePacket(payload); err != nil {
		return err
	}
	return conn.Flush()
}
