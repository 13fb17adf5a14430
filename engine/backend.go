package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// Backend is one connection of a session to a server. All its methods but
// Server belong to the session's goroutine.
type Backend struct {
	// Set by Connect, then constant.
	session *Session
	server  *Server
	conn    *serverConn

	threadID atomic.Uint64
	busy     atomic.Bool // it owes a reply
	gone     atomic.Bool // it was cut because the server is down

	struck bool // a KILL was sent for it, which may come late; guarded by Session.mu

	// Owned by the session's goroutine.
	response   wire.Response
	sent       *Query                       // that it owes a reply to
	statements map[uint32]*backendStatement // by the client's id
	delivered  bool                         // part of the reply has gone up
	status     wire.Status                  // of the last reply that had one
	database   string                       // the default database
	used       time.Duration                // when it was last sent something, since the session's begin
	looked     time.Duration                // when Gone last looked at the connection, likewise
	took       time.Duration                // how long the last reply that the client has seen did, from when its command came in
	active     time.Duration                // how long all of them did
	closed     bool
}

// backendStatement is a prepared statement as one server knows it.
type backendStatement struct {
	id         uint32
	generation int // of the parameter types that the server has
}

// serverTimeout is how long connecting to one server may take. It is shorter than
// connectTimeout, so that another server can take the place of one that does not
// answer.
const serverTimeout = connectTimeout / 2

// Connect opens a connection to server, logged in as the session's user, and
// replays the session's history on it. The connection belongs to the caller. An
// error of the server's own is a *wire.Error.
func (s *Session) Connect(ctx context.Context, server *Server) (*Backend, error) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	c := loginAs(s)
	c.capabilities, c.exact = s.talk.caps, true
	entering := s.talk.entering
	if entering != nil && entering.relays {
		c.relay = entering.relay
	}
	conn, err := server.connect(ctx, c)
	if err != nil {
		return nil, err
	}
	if entering != nil {
		entering.proved = true
	}
	b := &Backend{session: s, server: server, conn: conn, status: wire.StatusAutocommit, used: time.Since(s.connected), database: c.database}
	b.threadID.Store(conn.threadID)
	if err := s.listener.init.replay(ctx, b, ""); err != nil {
		server.pool.drop(conn)
		return nil, fmt.Errorf("server %s: connection_init_sql_file: %w", server.Name(), err)
	}
	if err := s.talk.history.replay(ctx, b, c.database); err != nil {
		server.pool.drop(conn)
		return nil, fmt.Errorf("server %s: replay the session's history: %w", server.Name(), err)
	}
	server.opened()
	s.mu.Lock()
	s.seen.backends = append(s.seen.backends, b)
	s.seen.timeline.note("backend_open", server.Name(), "")
	if server.Status()&StatusMaint != 0 { // since the router has chosen it
		leaveLocked(s, server, "")
	}
	s.mu.Unlock()
	if s.Logs(slog.LevelInfo) {
		s.Logf(slog.LevelInfo, "connected to server %s, thread id %d", server.Name(), conn.threadID)
	}
	s.boring()
	return b, nil
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

// Server returns the server that the backend is connected to.
func (b *Backend) Server() *Server { return b.server }

// Close gives the connection back, to be closed or kept for another session.
// Closing it again does nothing.
func (b *Backend) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	owed := b.sent != nil // a goodbye would be taken for a part of what is under way
	b.done()
	s := b.session
	gone(s.talk, b)
	s.mu.Lock()
	s.seen.backends = slices.DeleteFunc(s.seen.backends, func(x *Backend) bool { return x == b })
	s.seen.timeline.note("backend_close", b.server.Name(), "")
	dirty := b.struck || s.talk.stained
	s.mu.Unlock()
	switch {
	case owed:
		b.server.pool.drop(b.conn)
	case dirty:
		b.server.pool.discard(b.conn)
	default:
		giveBack(b.server, b.conn)
	}
	b.server.closed()
	return nil
}

// Execute sends q to the server and passes the reply up.
func (b *Backend) Execute(q *Query, up ReplyWriter) error {
	if err := follow(b, q); err != nil {
		return err
	}
	framed, err := b.prepare(q)
	if err != nil {
		return err
	}
	if framed == nil || !q.Command().HasReply() {
		if err := b.transmit(q, framed); err != nil {
			return err
		}
		return b.Relay(up)
	}
	b.begin(q)
	b.conn.SetSequence(1)
	if err := b.conn.WriteAndFill(framed); err != nil && !woken(b.session.talk, err) {
		return b.unsent(err)
	}
	return b.Relay(up)
}

// Send sends q to the server. Relay or Drain must follow, unless the command
// has no reply.
func (b *Backend) Send(q *Query) error {
	if err := follow(b, q); err != nil {
		return err
	}
	framed, err := b.prepare(q)
	if err != nil {
		return err
	}
	return b.transmit(q, framed)
}

func (b *Backend) transmit(q *Query, framed []byte) error {
	b.begin(q)
	var err error
	if framed != nil {
		err = b.conn.Write(framed)
		b.conn.SetSequence(1)
	} else {
		b.conn.SetSequence(0)
		if err = b.conn.WritePacket(q.payload); err == nil {
			err = b.conn.Flush()
		}
	}
	if err != nil {
		return b.unsent(err)
	}
	if !q.Command().HasReply() {
		b.done()
		if q.Command() == wire.ComStmtSendLongData {
			b.session.talk.pins.sentLongData(b, q)
		}
	}
	return nil
}

// begin notes that the server is about to work on q.
func (b *Backend) begin(q *Query) {
	b.sent, b.delivered = q, false
	b.used = q.received.Sub(b.session.connected)
	b.response.Start(q.Command(), b.session.talk.caps)
	b.server.packets.Add(1)
	if q.Command().HasReply() && !b.busy.Swap(true) {
		b.server.operations.Add(1)
	}
}

// done notes that the server owes nothing.
func (b *Backend) done() {
	b.sent = nil
	if b.busy.Swap(false) {
		b.server.operations.Add(-1)
	}
}

// Relay passes the reply to what was sent up to the client's side. Delivered
// tells afterwards whether any of it got through.
func (b *Backend) Relay(up ReplyWriter) error {
	if b.sent == nil {
		return nil
	}
	q := b.sent
	err := b.receive(func(r *Reply) error {
		b.delivered = true
		return up.ClientReply(r)
	})
	if err != nil {
		return err
	}
	b.session.talk.noteReply(b, q, &b.response)
	return nil
}

// Drain takes the reply to what was sent and drops it.
func (b *Backend) Drain() error {
	if b.sent == nil {
		return nil
	}
	return b.receive(func(*Reply) error { return nil })
}

// Response returns what is known of the last reply.
func (b *Backend) Response() *wire.Response { return &b.response }

// Status returns the server's status as the last reply that had one gave it.
func (b *Backend) Status() wire.Status { return b.status }

// hasStatus reports whether the good answer to a command ends with a status.
func hasStatus(command wire.Command) bool {
	switch command {
	case wire.ComQuery, wire.ComStmtExecute, wire.ComStmtBulkExecute, wire.ComStmtFetch,
		wire.ComPing, wire.ComInitDB, wire.ComResetConnection:
		return true
	}
	return false
}

// Delivered reports whether a part of the last reply has gone up.
func (b *Backend) Delivered() bool { return b.delivered }

// receive takes the reply to what was sent, batch by batch.
func (b *Backend) receive(each func(*Reply) error) error {
	q := b.sent
	reply := replies.Get().(*Reply)
	defer reply.release()
	for first := true; ; {
		reply.before = b.response
		n, err := b.response.Consume(b.conn.Unread())
		if err != nil {
			return b.lost(err)
		}
		if n > 0 {
			data := b.conn.Unread()[:n]
			if first {
				if want := b.conn.Sequence(); data[3] != want { // it answers nothing
					return b.lost(&wire.SequenceError{Want: want, Got: data[3]})
				}
				b.noteStatement(q, data)
				first = false
			}
			reply.Server, reply.Data, reply.Complete, reply.after = b.server.Name(), data, b.response.Complete, &b.response
			if err := each(reply); err != nil {
				return err
			}
			b.conn.Discard(n)
		}
		switch {
		case b.response.Complete:
			if hasStatus(q.Command()) && b.response.Told() {
				b.status = b.response.Status
				noteDatabase(b, q)
			}
			b.done()
			return nil
		case b.response.Infile:
			if err := b.sendFile(); err != nil {
				return err
			}
			continue
		}
		if err := b.conn.Fill(); err != nil && !woken(b.session.talk, err) {
			return b.lost(err)
		}
	}
}

// unsent is lost for a command that could not be sent. The server may have said
// why before it closed the connection.
func (b *Backend) unsent(err error) error {
	if b.session.endCause() == nil && !b.gone.Load() {
		_ = b.conn.NetConn().SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_ = b.conn.Fill() // err says already that the connection has failed
	}
	return b.lost(err)
}

// lost says what a failure of the connection means. It closes nothing.
func (b *Backend) lost(err error) error {
	if cause := b.session.endCause(); cause != nil {
		return cause
	}
	if b.gone.Load() {
		err = errGone
	}
	return serverError(&lostError{server: b.server.Name(), err: err, packet: b.ownError()})
}

// ownError is the error packet that the server has sent on its own account, as
// it does when it is shut down or kills the connection.
func (b *Backend) ownError() *wire.Error {
	data := b.conn.Unread()
	if len(data) < 7 || data[4] != 0xff {
		return nil
	}
	var e wire.Error
	if e.Decode(data[4:]) != nil {
		return nil
	}
	return &e
}

// lostError is a connection to a server that has failed.
type lostError struct {
	server string
	err    error
	packet *wire.Error
}

func (e *lostError) Error() string {
	if e.packet != nil {
		return fmt.Sprintf("server %s: lost connection: %v", e.server, e.packet)
	}
	return fmt.Sprintf("server %s: lost connection: %v", e.server, e.err)
}

func (e *lostError) Unwrap() error { return e.err }

// Lost reports whether err says that a connection to a server has failed.
func Lost(err error) bool {
	_, ok := errors.AsType[*lostError](err)
	return ok
}

// sendFile passes the file of LOAD DATA LOCAL INFILE from the client to the
// server, up to the empty packet that ends it. The client listens only after
// that, so when the server is lost the rest is read all the same.
func (b *Backend) sendFile() error {
	client, replies := b.session.client, &b.session.talk.replies
	wire.Keep(client) // the statement is still needed
	client.SetSequence(replies.next)
	b.conn.SetSequence(replies.next)
	var lost error
	for {
		packet, err := client.ReadPacket(maxFilePacket)
		if err != nil {
			if cause := b.session.endCause(); cause != nil {
				return cause
			}
			return clientError(fmt.Errorf("read the file of LOAD DATA LOCAL: %w", err))
		}
		if lost == nil {
			if lost = b.conn.WritePacket(packet); lost == nil {
				lost = b.conn.Flush()
			}
		}
		if len(packet) == 0 {
			break
		}
	}
	replies.next = client.Sequence()
	if lost != nil {
		return b.lost(lost)
	}
	b.response.ResumeInfile()
	return nil
}

// maxFilePacket is the longest packet of a file that a client sends, in bytes.
const maxFilePacket = 64 << 20

// info is the backend as others see it. It may be called by any goroutine.
func (b *Backend) info() BackendInfo {
	return BackendInfo{
		Server:       b.server.Name(),
		ConnectionID: b.threadID.Load(),
		Cipher:       b.conn.cipher,
		Primary:      b.server.Primary(),
		Busy:         b.busy.Load(),
		Memory:       BufferInfo{ReadQ: int64(b.conn.BufferSize()), Misc: backendMisc},
	}
}

// busy returns the backends that owe a reply. The caller holds Session.mu.
func (s *sessionSeen) busy() []*Backend {
	var busy []*Backend
	for _, b := range s.backends {
		if b.busy.Load() {
			busy = append(busy, b)
		}
	}
	return busy
}

// strike returns the backends that owe a reply, for a KILL. The caller holds
// Session.mu.
func (s *sessionSeen) strike() []*Backend {
	busy := s.busy()
	for _, b := range busy {
		b.struck = true
	}
	return busy
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
