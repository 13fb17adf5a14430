package engine

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/prefetch"
	"github.com/signalbox/signalbox/engine/wire"
)

// conversation is a session as its own goroutine sees it: the exchange with the
// client, one command after the other. Nothing of it is used by any other
// goroutine, but for the figures of its history.
type conversation struct {
	*Session
	near       prefetch.Set    // what a statement needs
	nearest    *serverConn     // that is part of near
	caps       wire.Capability // agreed with the client, and so with every backend
	router     routerEnd       // of all its chains
	query      Query           // the command under way
	replies    clientWriter
	answered   time.Time     // when a server had answered the command, zero before
	holder     *Backend      // of the open transaction
	mode       classify.Mode // how the client's SQL is to be read: the server's last status says
	stained    bool          // its backends are of no use to others any more, reset or not
	placed     bool          // it has one of the service's places
	refusals   uint8         // of COM_CHANGE_USER
	pins       Pins
	statements statements
	history    history
	sharing    sharing
	entering   *login // while the client logs in
}

func newConversation(s *Session) *conversation {
	c := &conversation{Session: s}
	c.replies.session = s
	c.statements.history, c.pins.session = &c.history, s
	c.sharing = sharingOf(s.service)
	nearClient(c)
	return c
}

// serve runs the session from its first byte to its last. One that cannot rest has
// another goroutine for its second half: a login goes deep, and the stack that has
// grown with it would stay.
func (c *conversation) serve() {
	c.entering = &login{conversation: c}
	deepen(0)
	err := guarded(c.Session, func() error { return c.entering.login(c.ctx) })
	c.entering = nil
	c.engine.sessions.newcomers.remove(c.Session)
	if err != nil {
		c.finish(err)
		return
	}
	if _, rests := c.client.NetConn().(syscall.Conn); rests {
		c.converse()
	} else {
		c.engine.sessions.wg.Go(c.converse)
	}
}

// deepen has the stack grow to what a login takes while next to nothing is on it:
// later all that is there would have to be moved, and twice.
//
//go:noinline
func deepen(i int) byte {
	var space [4 << 10]byte
	return space[i]
}

// converse serves the client's commands up to the end of the session, or until it
// rests.
func (c *conversation) converse() {
	if err := guarded(c.Session, c.commands); err != errRest {
		c.finish(err)
	}
}

// guarded runs fn and makes an error of a panic, so that one session's trouble
// is its own.
func guarded(s *Session, fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Logf(slog.LevelError, "panic: %v\n%s", p, debug.Stack())
			err = Errorf(Internal, "session %d: internal error: %v", s.id, p)
		}
	}()
	return fn()
}

// commands takes one command after the other until the client or somebody else
// ends the session, or it is to rest.
func (c *conversation) commands() error {
	for {
		if err := c.idlePoint(); err != nil {
			return err
		}
		packet, err := c.client.ReadCommand(c.service.maxPacket())
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				continue // woken for a wish, which the idle point takes
			}
			return c.readFailed(err)
		}
		if err := c.command(packet); err != nil {
			return err
		}
	}
}

// command answers one command. The error is io.EOF when it is the last one.
func (c *conversation) command(packet wire.Packet) error {
	q := &c.query
	q.take(packet, time.Now(), c)
	if q.Command() == wire.ComQuit {
		return io.EOF
	}
	refused := c.statements.bind(q)
	c.beginQuery(q)
	var err error
	if refused == nil {
		err = c.route(q)
	} else {
		err = refuse(q, refused, &c.replies)
	}
	c.endQuery(q, err)
	q.release()
	return err
}

// route answers what only the session can answer, and sends everything else
// down the chain.
func (c *conversation) route(q *Query) error {
	c.replies.start()
	switch q.Command() {
	case wire.ComChangeUser:
		return changeUser(c, q.payload)
	case wire.ComProcessKill:
		return c.killCommand(processKill(q.payload))
	case wire.ComQuery:
		if answered, err := aboutConnection(c, q.SQL()); answered {
			return err
		}
	case wire.ComStmtPrepare:
		tellConnectionID(c, q)
		q.prepared = c.statements.prepare(q)
	case wire.ComStmtFetch:
		if c.pins.Statement(q) == nil {
			return refuse(q, noCursor(q.prepared.id), &c.replies)
		}
	case wire.ComStmtExecute:
		if q.prepared.statement.Op == classify.OpKill {
			if k, ok := preparedKill(q); ok {
				return c.killCommand(k)
			}
		}
	}
	err := c.run.head.RouteQuery(c.ctx, q, &c.replies)
	if busy, ok := errors.AsType[*busyError](err); ok && q.Command().HasReply() && !c.replies.begun {
		err = c.replies.ClientReply(ErrorReply(busy.packet()))
	}
	if q.Command() == wire.ComStmtClose {
		c.closeStatement(q)
	}
	return err
}

// aboutConnection answers a statement about connections: KILL, or the question for
// the client's own id, both of which no server knows.
func aboutConnection(c *conversation, sql []byte) (answered bool, err error) {
	if startsWithKill(sql) {
		if k, ok := classify.ParseKill(sql); ok {
			return true, c.killCommand(k)
		}
	}
	if call, asks := asksConnectionID(sql); asks {
		return true, connectionID(c, string(call))
	}
	return false, nil
}

// refuse answers q with an error, if q is answered at all.
func refuse(q *Query, e *wire.Error, up *clientWriter) error {
	up.start()
	if !q.Command().HasReply() {
		return nil
	}
	return up.ClientReply(ErrorReply(e))
}

// readFailed says what a failed read of the client means for the session.
func (c *conversation) readFailed(err error) error {
	if err == io.EOF {
		return err
	}
	if large, ok := errors.AsType[*wire.TooLargeError](err); ok {
		c.Logf(slog.LevelWarn, "client %s: %v", c.remote, large)
		c.replies.start()
		_ = c.replies.ClientReply(ErrorReply(&wire.Error{
			Code: 1153, State: "08S01",
			Message: fmt.Sprintf("Got a packet bigger than 'max_allowed_packet' bytes: this service takes statements of at most %d bytes", c.service.maxPacket()),
		}))
		linger(c)
	}
	if broken, ok := errors.AsType[*wire.UncompressError](err); ok {
		c.replies.start()
		_ = c.replies.ClientReply(ErrorReply(&wire.Error{
			Code: 1157, State: "08S01", Message: "Couldn't uncompress communication packet: " + broken.Err.Error(),
		}))
	}
	return clientError(err)
}

// linger reads on for a while what the client still sends, so that it gets to
// read its error instead of being cut off.
func linger(c *conversation) {
	nc := c.client.NetConn()
	if half, ok := nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_ = nc.SetReadDeadline(time.Now().Add(2 * time.Second))
	for c.client.Fill() == nil {
		c.client.Discard(len(c.client.Unread()))
	}
}

// finish closes everything in the reverse order of its making, with err as the
// reason.
func (c *conversation) finish(err error) {
	cause := c.ending(err)
	c.farewell(cause)
	c.interrupts.wait()
	c.log.stop()
	started := c.run != nil
	var last *EndedInfo
	if started {
		last = new(EndedInfo)
		sessionInfo(c.Session, &last.Session, true)
	}
	_ = guarded(c.Session, func() error {
		if started {
			closeChain(c, c.run)
		}
		return nil
	})
	_ = c.client.Release()
	stop(c.Session, cause)
	level := endLevel(cause)
	if !started {
		level = strangerLevel(cause)
	}
	if c.Logs(level) {
		c.Logf(level, "session ended: %s", endText(cause))
	}
	if started {
		c.service.past.add(time.Since(c.connected), c.history.commands.Load())
		keepEnded(c, last, cause)
	}
	c.engine.sessions.remove(c.Session)
	c.service.left()
	if c.placed {
		c.service.places.leave()
	}
	c.notable()
}

// farewellTimeout is how long the client's connection may take to accept the last
// packet.
const farewellTimeout = 200 * time.Millisecond

// farewell tells the client why its session ends, if it can be told.
func (c *conversation) farewell(cause error) {
	e := endPacket(cause)
	if e == nil || c.replies.partial() {
		return
	}
	_ = c.client.NetConn().SetDeadline(time.Now().Add(farewellTimeout))
	c.client.SetSequence(c.replies.next)
	if c.replies.next == 0 { // between two commands
		c.client.BeginCommand()
	}
	if c.client.WritePacket(e.Append(nil)) == nil {
		_ = c.client.Flush()
	}
}

// endLevel is the level of the one line that says how a session ended.
func endLevel(cause error) slog.Level {
	switch {
	case cause == nil, cause == io.EOF, errors.Is(cause, errServiceStopped):
		return slog.LevelInfo
	case isKill(cause), SideOf(cause) == ClientSide:
		return LevelNotice
	}
	return slog.LevelWarn
}

// strangerLevel is endLevel for who has never logged in: what was refused has been
// logged, and who leaves without a word is often a probe of a load balancer.
func strangerLevel(cause error) slog.Level {
	_, refused := errors.AsType[*wire.Error](cause)
	switch {
	case SideOf(cause) != ClientSide:
		return endLevel(cause)
	case refused, errors.Is(cause, io.EOF), errors.Is(cause, syscall.ECONNRESET):
		return slog.LevelInfo
	}
	return slog.LevelWarn
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
