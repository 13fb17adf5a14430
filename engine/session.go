package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// Session is one client connection with everything that belongs to it: its
// backends, its router session and its filter sessions.
//
// One goroutine, serve, owns the client's connection, the chain and the
// backends; filters and routers are called by it and by nothing else. Other
// goroutines leave wishes under mu, and wake an idle session by letting its
// read run into a deadline.
type Session struct {
	// Set by newSession, then constant.
	id        uint64
	engine    *Engine
	service   *Service
	listener  *Listener
	remote    netip.AddrPort
	connected time.Time
	ctx       context.Context // ends with the session; its cause says why
	cancel    context.CancelCauseFunc

	// Owned by serve.
	client   *wire.Conn
	caps     wire.Capability // agreed with the client, and so with every backend
	query    Query
	replies  clientWriter
	history  history
	prepared map[uint32]*prepared // by the client's id

	revision atomic.Uint64
	told     atomic.Bool // watchers have heard of a boring change since the last Info

	log sessionLog

	mu   sync.Mutex // guards what follows
	seen sessionSeen
	work wishes
	run  *chain // in effect; replaced by serve only
}

// sessionSeen is what others may see of a session.
type sessionSeen struct {
	state    SessionState
	identity identity
	backends []*Backend
	activity activity
	load     load
	retained retained
	timeline timeline
}

// identity is who a session is logged in as.
type identity struct {
	user       string
	secret     auth.Secret
	super      bool
	database   string
	charset    uint16
	cipher     string
	attributes []wire.Attribute
}

// ErrClientGone is the cause of the end of a session whose client has closed
// its connection.
var ErrClientGone = errors.New("client has closed the connection")

// loginTimeout is how long a client may take to log in.
const loginTimeout = 10 * time.Second

func newSession(l *Listener, conn net.Conn) *Session {
	e := l.engine
	s := &Session{
		id:        e.sessions.nextID(),
		engine:    e,
		service:   l.service,
		listener:  l,
		connected: time.Now(),
		client:    wire.NewConn(conn),
	}
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		ap := a.AddrPort()
		s.remote = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.replies.session, s.replies.stopped = s, make(chan struct{})
	s.seen.activity.since = s.connected
	s.log.set(l.service.object.Values)
	s.log.capacity = l.service.sessionTrace()
	s.seen.retained.limit = l.service.retain()
	s.event("connect", "from "+s.remote.String(), "")
	return s
}

// ID returns the session's id, which is the connection id in its greeting.
func (s *Session) ID() uint64 { return s.id }

// Service returns the service that the session is connected to.
func (s *Session) Service() *Service { return s.service }

// Revision returns a number that grows with every notable change.
func (s *Session) Revision() uint64 { return s.revision.Load() }

// Identity returns the user, the client's address and the default database.
func (s *Session) Identity() (user string, remote netip.AddrPort, database string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.identity.user, s.remote, s.seen.identity.database
}

// serve runs the session from its first byte to its last. It returns when
// everything that belongs to the session is closed.
func (s *Session) serve() {
	err := s.guarded(func() error {
		if err := s.login(s.ctx); err != nil {
			return err
		}
		return s.commands()
	})
	s.finish(err)
}

// guarded runs fn and makes an error of a panic, so that one session's trouble
// is its own.
func (s *Session) guarded(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Logf(slog.LevelError, "panic: %v\n%s", p, debug.Stack())
			err = Errorf(Internal, "session %d: internal error: %v", s.id, p)
		}
	}()
	return fn()
}

// commands takes one command after the other until the client or somebody else
// ends the session.
func (s *Session) commands() error {
	for {
		if err := s.idlePoint(); err != nil {
			return err
		}
		packet, err := s.client.ReadCommand(s.service.maxPacket())
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				continue // woken for a wish, which the idle point takes
			}
			return s.readFailed(err)
		}
		s.query.reset(packet, time.Now())
		if s.query.Command() == wire.ComQuit {
			return io.EOF
		}
		s.beginQuery(&s.query)
		err = s.route(&s.query)
		s.endQuery(&s.query, err)
		if err != nil {
			return err
		}
	}
}

// route answers what only the session can answer, and sends everything else
// down the chain.
func (s *Session) route(q *Query) error {
	s.replies.start()
	switch q.Command() {
	case wire.ComChangeUser:
		return s.changeUser(q.payload)
	case wire.ComProcessKill:
		return s.killCommand(processKill(q.payload))
	case wire.ComQuery:
		if sql := q.SQL(); startsWithKill(sql) {
			if k, ok := classify.ParseKill(sql); ok {
				return s.killCommand(k)
			}
		}
	case wire.ComStmtPrepare:
		q.prepared = s.newPrepared(q)
	case wire.ComStmtExecute, wire.ComStmtFetch, wire.ComStmtClose, wire.ComStmtReset,
		wire.ComStmtSendLongData, wire.ComStmtBulkExecute:
		if answered, err := s.bindPrepared(q); answered {
			return err
		}
	}
	err := s.run.head.RouteQuery(s.ctx, q, &s.replies)
	if q.Command() == wire.ComStmtClose {
		s.closePrepared(q)
	}
	return err
}

// readFailed says what a failed read of the client means for the session.
func (s *Session) readFailed(err error) error {
	if err == io.EOF {
		return err
	}
	if large, ok := errors.AsType[*wire.TooLargeError](err); ok {
		s.Logf(slog.LevelWarn, "client %s: %v", s.remote, large)
		s.replies.start()
		_ = s.replies.ClientReply(ErrorReply(&wire.Error{
			Code: 1153, State: "08S01",
			Message: fmt.Sprintf("Got a packet bigger than 'max_allowed_packet' bytes: this service takes statements of at most %d bytes", s.service.maxPacket()),
		}))
		s.linger()
	}
	return clientError(err)
}

// linger reads on for a while what the client still sends, so that it gets to
// read its error instead of being cut off.
func (s *Session) linger() {
	nc := s.client.NetConn()
	if half, ok := nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_ = nc.SetReadDeadline(time.Now().Add(2 * time.Second))
	for s.client.Fill() == nil {
		s.client.Discard(len(s.client.Unread()))
	}
}

// finish closes everything in the reverse order of its making, with err as the
// reason.
func (s *Session) finish(err error) {
	cause := s.ending(err)
	s.farewell(cause)
	s.stopInterrupts()
	_ = s.guarded(func() error {
		if s.run != nil {
			s.run.close()
		}
		return nil
	})
	_ = s.client.Close()
	s.cancel(cause)
	s.logEnd(cause)
	s.event("closed", endText(cause), "")
	s.engine.sessions.remove(s)
	s.service.left()
	s.notable()
}

// farewell tells the client why its session ends, if it can be told.
func (s *Session) farewell(cause error) {
	e := endPacket(cause)
	if e == nil || s.replies.partial() {
		return
	}
	_ = s.client.NetConn().SetDeadline(time.Now().Add(200 * time.Millisecond))
	s.client.SetSequence(s.replies.next)
	if s.client.WritePacket(e.Append(nil)) == nil {
		_ = s.client.Flush()
	}
}

// logEnd writes the one line that says how the session ended.
func (s *Session) logEnd(cause error) {
	level := slog.LevelInfo
	switch {
	case cause == io.EOF, errors.Is(cause, errServiceStopped):
	case isKill(cause), SideOf(cause) == ClientSide:
		level = LevelNotice
	default:
		level = slog.LevelWarn
	}
	s.Logf(level, "session ended: %s", endText(cause))
}

// endText says in words why a session ended.
func endText(cause error) string {
	switch {
	case cause == nil, cause == io.EOF:
		return "client has closed the connection"
	case errors.Is(cause, io.ErrUnexpectedEOF) && SideOf(cause) == ClientSide:
		return "client has closed the connection inside a packet"
	}
	return cause.Error()
}

// notable tells watchers of a change that people want to see at once.
func (s *Session) notable() {
	s.revision.Add(1)
	s.engine.watchers.tell(Change{Kind: SessionObject, ID: s.id, Notable: true})
}

// boring tells watchers that figures have changed, at most once between two
// calls of Info.
func (s *Session) boring() {
	if !s.told.Load() && s.told.CompareAndSwap(false, true) {
		s.engine.watchers.tell(Change{Kind: SessionObject, ID: s.id})
	}
}

func startsWithKill(sql []byte) bool {
	for i, b := range sql {
		switch b {
		case ' ', '\t', '\n', '\r', '/', '(':
			continue
		}
		return (b|0x20) == 'k' && len(sql)-i > 4 && (sql[i+1]|0x20) == 'i'
	}
	return false
}
