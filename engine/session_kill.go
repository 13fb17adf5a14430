package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// KillOptions say when and why a session is killed.
type KillOptions struct {
	TTL    time.Duration // from now; 0 is now
	Idle   bool          // at the first idle point outside a transaction, at the latest after TTL
	By     string        // who asked
	Reason string        // shown to the client and in the log
}

// killError is the cause of the end of a killed session.
type killError struct {
	by     string
	reason string
	silent bool // the client is sent no error packet
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
	info  KillInfo
	timer *time.Timer
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
	s.stopTimerLocked()
	if k.TTL == 0 && !k.Idle {
		s.mu.Unlock()
		s.end(&killError{by: k.By, reason: k.Reason})
		return nil
	}
	pending := &pendingKill{info: KillInfo{At: time.Now().Add(k.TTL), Idle: k.Idle, By: k.By, Reason: k.Reason}}
	pending.timer = time.AfterFunc(k.TTL, func() { s.killDue(pending) })
	s.work.kill = pending
	s.eventLocked("kill_scheduled", killText(pending.info), k.By)
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
	s.stopTimerLocked()
	s.eventLocked("kill_cancelled", "", by)
	s.mu.Unlock()
	s.notable()
	return nil
}

// CancelStatement stops the statement that runs now on its server; the client
// gets the server's error for it and the session lives on. The error is
// Conflict when nothing runs.
func (s *Session) CancelStatement(by string) error {
	busy := s.busyBackends()
	if len(busy) == 0 {
		return Errorf(Conflict, "session %d runs no statement", s.id)
	}
	s.event("statement_cancelled", "", by)
	for _, b := range busy {
		b.killQuery(s.ctx)
	}
	return nil
}

func (s *Session) stopTimerLocked() {
	if s.work.kill != nil {
		s.work.kill.timer.Stop()
		s.work.kill = nil
	}
}

// killDue fires pending unless it has been replaced or taken back.
func (s *Session) killDue(pending *pendingKill) {
	s.mu.Lock()
	due := s.work.kill == pending
	s.mu.Unlock()
	if due {
		s.end(&killError{by: pending.info.By, reason: pending.info.Reason})
	}
}

// killNow ends the session at an idle point, in serve.
func (s *Session) killNow() error {
	s.mu.Lock()
	kill := s.work.kill
	s.mu.Unlock()
	if kill == nil {
		return nil
	}
	cause := &killError{by: kill.info.By, reason: kill.info.Reason}
	s.end(cause)
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
	s.stopTimerLocked()
	started := s.seen.state == SessionStarted
	s.seen.state = SessionStopping
	s.seen.activity.enter(Stopping, time.Now())
	if isKill(cause) {
		s.eventLocked("kill", endText(cause), killer(cause))
	}
	idle := s.work.idle
	if !idle {
		s.work.helpers++
	}
	s.wakeLocked()
	s.mu.Unlock()
	s.cancel(cause)
	if !idle {
		go s.interrupt(started) // finish waits for it
	}
	s.notable()
}

// interrupt stops what the session's backends are doing, and cuts its
// connections when that does not end it.
func (s *Session) interrupt(started bool) {
	defer s.helperDone()
	grace := time.Duration(0)
	if started {
		grace = interruptGrace
		for _, b := range s.busyBackends() {
			s.mu.Lock()
			s.work.helpers++
			s.mu.Unlock()
			go func() {
				defer s.helperDone()
				b.killQuery(context.WithoutCancel(s.ctx))
			}()
		}
	}
	cut := time.NewTimer(grace)
	defer cut.Stop()
	select {
	case <-cut.C:
	case <-s.replies.stopped:
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

func (s *Session) helperDone() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.work.helpers--
	if s.work.helpers == 0 && s.work.quiet != nil {
		close(s.work.quiet)
		s.work.quiet = nil
	}
}

// stopInterrupts waits for the goroutines that stop statements.
func (s *Session) stopInterrupts() {
	s.mu.Lock()
	if s.work.helpers == 0 {
		s.mu.Unlock()
		return
	}
	quiet := make(chan struct{})
	s.work.quiet = quiet
	s.mu.Unlock()
	<-quiet
}

// ending fixes the cause of the end: what somebody else has set, or else err.
func (s *Session) ending(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopTimerLocked()
	s.work.finishing = true
	if s.work.ended == nil {
		s.work.ended = err
		if err == nil {
			s.work.ended = io.EOF
		}
	}
	if waiting := s.work.chain; waiting != nil {
		s.work.chain = nil
		defer waiting.closeFilters()
	}
	s.seen.state = SessionStopping
	s.seen.activity.enter(Stopping, time.Now())
	close(s.replies.stopped)
	return s.work.ended
}

// endPacket is what the client is told at the end; nil when there is nothing to
// tell or nobody to tell it to.
func endPacket(cause error) *wire.Error {
	if kill, ok := errors.AsType[*killError](cause); ok {
		if kill.silent {
			return nil
		}
		text := "Connection was killed"
		if kill.reason != "" {
			text += ": " + kill.reason
		}
		return &wire.Error{Code: 1927, State: "70100", Message: text}
	}
	if errors.Is(cause, errServiceStopped) {
		return &wire.Error{Code: 1053, State: "08S01", Message: "Server shutdown in progress"}
	}
	if packet, ok := errors.AsType[*wire.Error](cause); ok {
		return packet
	}
	if cause == io.EOF || SideOf(cause) == ClientSide {
		return nil
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
	if k.Idle {
		text = "when idle, at the latest " + text
	}
	if k.Reason != "" {
		text += ": " + k.Reason
	}
	return text
}

// killQuery tells the server to stop what the backend has it do, over a
// connection of its own that is logged in as the session's user.
func (b *Backend) killQuery(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := b.session.adminCommand(ctx, b.server, fmt.Sprintf("KILL QUERY %d", b.threadID.Load())); err != nil {
		b.session.Logf(slog.LevelWarn, "server %s: stop the running statement: %v", b.server.Name(), err)
	}
}
