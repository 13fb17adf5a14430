package engine

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/wire"
)

// Session is one client connection with everything that belongs to it: its
// backends, its router session and its filter sessions.
//
// A Session is what everybody may see and steer. What its own goroutine works
// with is in its conversation. Others leave wishes under mu, and wake an idle
// session by letting its read run into a deadline.
//
// What each statement needs stands together, here and in what it is made of, in few
// lines of the processor's cache: with hundreds of busy sessions none of them is there
// any more when the next statement comes.
type Session struct {
	// Set by newSession, then constant.
	engine    *Engine
	service   *Service
	client    *wire.Conn    // others use its deadlines and counters only
	talk      *conversation // for the session's own goroutine, and for its figures
	connected time.Time
	told      atomic.Bool // watchers have heard of a boring change since the last Info
	stopped   atomic.Bool // ctx has ended

	mu   sync.Mutex // guards run, work, seen and remote
	run  *chain     // in effect; replaced by the session's goroutine only
	work wishes
	seen sessionSeen

	// Set by newSession, then constant.
	id       uint64
	listener *Listener
	ctx      context.Context // ends with the session; its cause says why
	cancel   context.CancelCauseFunc

	interrupts interrupts
	revision   atomic.Uint64
	log        sessionLog
	remote     netip.AddrPort // the client's; its own goroutine, which alone sets it, reads it without mu
}

// sessionSeen is what others may see of a session.
type sessionSeen struct {
	activity activity
	locks    lockMark
	retained retained
	identity identity
	load     load
	flows    flows
	state    SessionState
	backends []*Backend // that have a connection
	parked   []*Backend // that have none at the moment
	pins     *[]PinInfo // never changed, only replaced; nil for none
	vital    vital
	timeline timeline
}

// identity is who a session is logged in as.
type identity struct {
	database   string
	user       string
	secret     auth.Secret
	mapped     *auth.Mapped // as whom it logs in to servers, nil for itself
	kills      bool         // may end what others do
	charset    uint16
	cipher     string
	attributes *attributes
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
	s.talk = newConversation(s)
	s.seen.activity.since = s.connected
	s.seen.identity.attributes = &noAttributes
	s.log.set(l.service.object.Values)
	s.log.capacity = l.service.sessionTrace()
	s.seen.retained.limit = l.service.retain()
	s.interrupts.session = s
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

// HostOf returns the host of the client of s as servers write it: its address, or
// localhost when it has come by a UNIX socket.
func HostOf(s *Session) string {
	_, remote, _ := s.Identity()
	return hostText(remote.Addr())
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

// stop ends ctx.
func stop(s *Session, cause error) {
	s.stopped.Store(true)
	s.cancel(cause)
}

// endCause returns why the session is to end, nil while it lives.
func (s *Session) endCause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.work.ended
}
