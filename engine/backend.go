package engine

import (
	"errors"
	"fmt"
	"net"
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

	conn *serverConn // nil while it is parked; the session's goroutine changes it, under Session.mu

	busy   atomic.Bool // it owes a reply
	gone   atomic.Bool // it was cut because the server is down
	struck bool        // a KILL was sent for it, which may come late; guarded by Session.mu

	// Owned by the session's goroutine.
	delivered  bool // part of the reply has gone up
	closed     bool
	status     wire.Status                  // of the last reply that had one
	sent       *Query                       // that it owes a reply to
	database   string                       // the default database
	insert     insertID                     // what LAST_INSERT_ID() is
	used       time.Duration                // when it was last sent something, since the session's begin
	looked     time.Duration                // when Gone last looked at the connection, likewise
	took       time.Duration                // how long the last reply that the client has seen did, from when its command came in
	active     time.Duration                // how long all of them did
	statements map[uint32]*backendStatement // by the client's id
	response   wire.Response
	reply      Reply // the batch under way

	threadID atomic.Uint64 // for any goroutine
}

// backendStatement is a prepared statement as one server knows it.
type backendStatement struct {
	id         uint32
	generation int // of the parameter types that the server has
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
	s.seen.backends, s.seen.parked = without(s.seen.backends, b), without(s.seen.parked, b)
	s.seen.timeline.note("backend_close", b.server.Name(), "")
	dirty := b.struck || s.talk.stained
	s.mu.Unlock()
	switch {
	case b.conn == nil:
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
	if err := ready(b, q); err != nil {
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
	if err := ready(b, q); err != nil {
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
	c := b.session.talk
	if c.nearest != b.conn {
		nearServer(c, b)
	}
	b.response.Start(q.Command(), c.caps)
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
	up, lock := readLock(q, up)
	if err := b.receive(up); err != nil {
		return err
	}
	b.session.talk.pins.lockFailed = lock.failed(q)
	b.session.talk.noteReply(b, q, &b.response)
	return nil
}

// Drain takes the reply to what was sent and drops it.
func (b *Backend) Drain() error {
	if b.sent == nil {
		return nil
	}
	return b.receive(nil)
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

// receive takes the reply to what was sent, batch by batch, and passes it up, if it is
// not to be dropped.
func (b *Backend) receive(up ReplyWriter) error {
	err := batches(b, up)
	b.reply.Data = nil // which the connection takes back
	return err
}

func batches(b *Backend, up ReplyWriter) error {
	q, reply := b.sent, &b.reply
	for first := true; ; {
		reply.before = b.response.Place()
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
			if up != nil {
				b.delivered = true
				if err := up.ClientReply(reply); err != nil {
					return err
				}
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
	failed := b.lost(err)
	if lost, is := errors.AsType[*lostError](failed); is {
		op, network := errors.AsType[*net.OpError](err)
		lost.unsent = network && op.Op == "write" || errors.Is(err, net.ErrClosed) // closed after a ping
	}
	return failed
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
	unsent bool // the server has got a part of the command at most
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

// Unsent reports whether err, for which Lost holds, says that the command could not
// be sent, so that the server cannot have executed it.
func Unsent(err error) bool {
	lost, ok := errors.AsType[*lostError](err)
	return ok && lost.unsent
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

// info is the backend as others see it. The caller holds Session.mu.
func (b *Backend) info() BackendInfo {
	info := BackendInfo{Server: b.server.Name(), Primary: b.server.Primary(), Memory: BufferInfo{Misc: backendMisc}}
	if b.conn == nil {
		info.Parked = true
		return info
	}
	info.ConnectionID, info.Cipher, info.Busy = b.threadID.Load(), b.conn.cipher, b.busy.Load()
	info.Memory.ReadQ = int64(b.conn.BufferSize())
	return info
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
