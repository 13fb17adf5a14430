package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// KillOptions say when and why a session is killed.
type KillOptions struct {
	TTL    time.Duration // from now; 0 is now
	Idle   bool          // at the first idle point outside a transaction, at the latest after TTL
	Keep   bool          // an Idle one is given up after TTL instead
	By     string        // who asked
	Reason string        // shown to the client and in the log
	Untold bool          // the client is not told the reason
	Soft   bool          // servers finish what would leave something broken, as ALTER or REPAIR TABLE (KILL SOFT)
}

func (k KillOptions) cause() error {
	return &killError{by: k.By, reason: k.Reason, untold: k.Untold, soft: k.Soft}
}

// killError is the cause of the end of a killed session.
type killError struct {
	by     string
	reason string
	untold bool // the client is not told the reason
	silent bool // the client is sent no error packet
	soft   bool // see KillOptions
}

func (k *killError) Error() string {
	text := "killed"
	if k.by != "" {
		text += " by " + k.by
	}
	if k.reason != "" {
		text += ": " + k.reason
	}
	return text
}

var errServiceStopped = errors.New("proxy is shutting down")

// pendingKill is a kill that has not fired.
type pendingKill struct {
	info    KillInfo
	options KillOptions
	timer   *time.Timer
}

// defaultIdleWait is how long a kill at the idle point waits when no TTL is
// given.
const defaultIdleWait = 5 * time.Minute

// Kill ends the session now or after a TTL. A later Kill replaces one that
// still waits. A statement that runs when the kill fires is stopped on its
// server, and the client gets error 1927 with the reason. The error is NotFound
// when the session has ended or is ending.
func (s *Session) Kill(k KillOptions) error {
	if k.TTL < 0 {
		return Errorf(Invalid, "ttl must not be negative")
	}
	if k.Idle && k.TTL == 0 {
		k.TTL = defaultIdleWait
	}
	s.mu.Lock()
	if s.work.ended != nil || s.seen.state != SessionStarted {
		s.mu.Unlock()
		return Errorf(NotFound, "session %d has ended", s.id)
	}
	s.work.stopTimer()
	if k.TTL == 0 && !k.Idle {
		s.mu.Unlock()
		s.end(k.cause())
		return nil
	}
	pending := &pendingKill{options: k, info: KillInfo{At: time.Now().Add(k.TTL), Idle: k.Idle, Keep: k.Idle && k.Keep, By: k.By, Reason: k.Reason}}
	pending.timer = time.AfterFunc(k.TTL, func() {
		s.mu.Lock()
		due := s.work.kill == pending // it may have been replaced just now
		if due && pending.info.Keep {
			due = false
			s.work.kill = nil
			s.seen.timeline.note("kill_cancelled", "it was not idle in time", k.By)
			defer s.notable()
		}
		s.mu.Unlock()
		if due {
			s.end(k.cause())
		}
	})
	s.work.kill = pending
	s.seen.timeline.note("kill_scheduled", killText(pending.info), k.By)
	if k.Idle {
		s.wakeLocked()
	}
	s.mu.Unlock()
	s.notable()
	return nil
}

// CancelKill takes back a kill that has not fired; the error is NotFound when
// none waits.
func (s *Session) CancelKill(by string) error {
	s.mu.Lock()
	if s.work.kill == nil || s.work.ended != nil {
		s.mu.Unlock()
		return Errorf(NotFound, "session %d has no pending kill", s.id)
	}
	s.work.stopTimer()
	s.seen.timeline.note("kill_cancelled", "", by)
	s.mu.Unlock()
	s.notable()
	return nil
}

// CancelStatement stops the statement that runs now on its server; the client
// gets the server's error for it and the session lives on. The error is
// Conflict when nothing runs.
func (s *Session) CancelStatement(by string) error { return cancelStatement(s, by, false) }

// cancelStatement is CancelStatement, or KILL SOFT QUERY.
func cancelStatement(s *Session, by string, soft bool) error {
	s.mu.Lock()
	busy := s.seen.strike()
	s.mu.Unlock()
	if len(busy) == 0 {
		return Errorf(Conflict, "session %d runs no statement", s.id)
	}
	s.event("statement_cancelled", "", by)
	for _, b := range busy {
		b.killQuery(s.ctx, soft)
	}
	return nil
}

// stopTimer takes a waiting kill away.
func (w *wishes) stopTimer() {
	if w.kill != nil {
		w.kill.timer.Stop()
		w.kill = nil
	}
}

// killNow ends the session at an idle point, in serve.
func (c *conversation) killNow() error {
	c.mu.Lock()
	kill := c.work.kill
	c.mu.Unlock()
	if kill == nil {
		return nil
	}
	cause := kill.options.cause()
	c.end(cause)
	return cause
}

// interruptGrace is how long a busy session may take to end after the servers
// were told to stop its statements. Then its connections are cut.
const interruptGrace = 80 * time.Millisecond

// end makes the session end with cause: an idle one at once, a busy one as soon
// as its statements are stopped.
func (s *Session) end(cause error) {
	s.mu.Lock()
	if s.work.ended != nil {
		s.mu.Unlock()
		return
	}
	s.work.ended = cause
	s.work.stopTimer()
	started := s.seen.state == SessionStarted
	s.seen.state = SessionStopping
	s.seen.activity.enter(Stopping, time.Now())
	if isKill(cause) {
		s.seen.timeline.note("kill", endText(cause), killer(cause))
	}
	idle := s.work.idle
	if !idle {
		s.interrupts.wg.Add(1) // here, for the session's goroutine may be on its way to wait
	}
	s.wakeLocked()
	s.mu.Unlock()
	stop(s, cause)
	if !idle {
		s.interrupts.start(started, cause)
		s.interrupts.wg.Done()
	}
	s.notable()
}

// interrupts are the goroutines that stop what a session is doing.
type interrupts struct {
	session *Session
	wg      sync.WaitGroup
}

// wait waits for the end of all of them. The session's goroutine does.
func (i *interrupts) wait() { i.wg.Wait() }

// start has the servers stop what they do for the session, when it has started,
// and cuts its connections when that does not end it.
func (i *interrupts) start(started bool, cause error) {
	s := i.session
	kill, _ := errors.AsType[*killError](cause)
	soft := kill != nil && kill.soft
	grace := time.Duration(0)
	if started {
		grace = interruptGrace
		s.mu.Lock()
		busy := s.seen.strike()
		s.mu.Unlock()
		for _, b := range busy {
			i.wg.Go(func() { b.killQuery(context.WithoutCancel(s.ctx), soft) })
		}
	}
	i.wg.Go(func() { i.cut(grace) })
}

// cut makes all reads and writes of the session fail, unless it stops by itself
// within grace.
func (i *interrupts) cut(grace time.Duration) {
	s := i.session
	s.mu.Lock()
	if s.work.finishing {
		s.mu.Unlock()
		return
	}
	finished := make(chan struct{})
	s.work.finished = finished
	s.mu.Unlock()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-finished:
		return
	}
	past := time.Unix(1, 0)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.work.finishing {
		return
	}
	for _, b := range s.seen.backends {
		_ = b.conn.NetConn().SetDeadline(past)
	}
	_ = s.client.NetConn().SetDeadline(past)
}

// ending fixes the cause of the end: what somebody else has set, or else err.
func (c *conversation) ending(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.work.stopTimer()
	c.work.finishing = true
	if c.work.ended == nil {
		c.work.ended = err
		if err == nil {
			c.work.ended = io.EOF
		}
	}
	if waiting := c.work.chain; waiting != nil {
		c.work.chain = nil
		defer waiting.closeFilters()
	}
	c.seen.state = SessionStopping
	c.seen.activity.enter(Stopping, time.Now())
	if c.work.finished != nil {
		close(c.work.finished)
	}
	return c.work.ended
}

// endPacket is what the client is told at the end; nil when there is nothing to
// tell or nobody to tell it to.
func endPacket(cause error) *wire.Error {
	if kill, ok := errors.AsType[*killError](cause); ok {
		if kill.silent {
			return nil
		}
		text := "Connection was killed"
		if kill.reason != "" && !kill.untold {
			text += ": " + kill.reason
		}
		return &wire.Error{Code: 1927, State: "70100", Message: text}
	}
	if errors.Is(cause, errServiceStopped) {
		return &wire.Error{Code: 1053, State: "08S01", Message: "Server shutdown in progress"}
	}
	if cause == io.EOF || SideOf(cause) == ClientSide {
		return nil // it has left, or has been told already
	}
	if packet, ok := errors.AsType[*wire.Error](cause); ok {
		return packet
	}
	return &wire.Error{Code: 1927, State: "08S01", Message: "Connection was closed by the proxy: " + cause.Error()}
}

func isKill(cause error) bool {
	_, ok := errors.AsType[*killError](cause)
	return ok
}

func killer(cause error) string {
	if kill, ok := errors.AsType[*killError](cause); ok {
		return kill.by
	}
	return ""
}

func killText(k KillInfo) string {
	text := "at " + k.At.UTC().Format(time.RFC3339)
	switch {
	case k.Keep:
		text = "when idle, given up " + text
	case k.Idle:
		text = "when idle, at the latest " + text
	}
	if k.Reason != "" {
		text += ": " + k.Reason
	}
	return text
}

// killQuery tells the server to stop what the backend has it do, over a
// connection of its own that is logged in as the session's user, or as the
// service's when the login left nothing to log in with.
func (b *Backend) killQuery(ctx context.Context, soft bool) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c := loginAs(b.session)
	if c.secret.Opaque() { // nobody but the client could log in as the user
		c = b.session.service.accounts.credentials()
	}
	c.database, c.attributes, c.charset, c.capabilities = "", nil, defaultCharset, adminCapabilities
	sql := fmt.Sprintf("KILL QUERY %d", b.threadID.Load())
	if soft {
		sql = fmt.Sprintf("KILL SOFT QUERY %d", b.threadID.Load())
	}
	if err := runAs(ctx, b.server, c, sql); err != nil {
		b.session.Logf(slog.LevelWarn, "server %s: stop the running statement: %v", b.server.Name(), err)
	}
}
