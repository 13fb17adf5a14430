package engine

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// This file keeps the connections of sessions to servers alive, which close what
// is idle for longer than their wait_timeout. The patrol sees when it is time,
// and wakes the session's goroutine, which alone may use the backends: out of
// its wait for the client or for the reply of another backend.

// pingTimeout is how long servers may take to answer pings, all together. The
// session cannot do anything else meanwhile.
const pingTimeout = 3 * time.Second

// keepaliveOf returns how long a backend of s may be idle before it is pinged, 0
// for ever, and whether that is done for clients too that are idle as long.
func keepaliveOf(s *Service) (interval time.Duration, always bool) {
	v := s.object.Values
	return v.Duration("connection_keepalive"), v.Bool("force_connection_keepalive")
}

// wakeToPing wakes the session when one of its backends may have been idle for
// connection_keepalive. A session whose client is idle as long is left to the
// servers, unless force_connection_keepalive is set. The caller holds s.mu.
func wakeToPing(s *Session, now time.Time) {
	interval, always := keepaliveOf(s.service)
	if interval <= 0 || s.work.ping || now.Sub(s.connected) < s.work.pinged+interval {
		return
	}
	if s.work.idle && !always && now.Sub(s.seen.activity.lastIO) >= interval {
		return
	}
	s.work.ping = true
	if s.work.idle {
		s.wakeLocked()
		return
	}
	if len(s.seen.backends) < 2 {
		return // it waits for the only one
	}
	for _, b := range s.seen.busy() {
		_ = b.conn.NetConn().SetReadDeadline(time.Unix(1, 0))
	}
}

// woken reports whether err is only that the wait for a reply was cut short for
// pings, which have been sent now: the wait goes on.
func woken(c *conversation, err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	c.mu.Lock()
	due := c.work.ping && c.work.ended == nil
	c.mu.Unlock()
	if due {
		keepAlive(c)
	}
	return due
}

// keepAlive pings the backends that are idle for connection_keepalive. One that
// does not answer is closed; whoever uses it next finds it lost.
func keepAlive(c *conversation) {
	now := time.Now()
	age := now.Sub(c.connected)
	c.mu.Lock()
	c.work.ping, c.work.pinged = false, age
	backends := slices.Clone(c.seen.backends)
	if c.work.ended == nil { // else they are to fail
		for _, b := range backends {
			_ = b.conn.NetConn().SetReadDeadline(time.Time{})
		}
	}
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(c.ctx, pingTimeout)
	defer cancel()
	interval, _ := keepaliveOf(c.service)
	if interval <= 0 {
		return // it was woken for bereft
	}
	oldest := age
	for _, b := range backends {
		if b.sent == nil && age >= b.used+interval {
			ping(ctx, b, now)
		}
		if b.sent == nil {
			oldest = min(oldest, b.used)
		}
	}
	c.mu.Lock()
	c.work.pinged = oldest
	c.mu.Unlock()
}

// ping has the server answer. A connection that did not answer before is closed,
// and not tried again.
func ping(ctx context.Context, b *Backend, now time.Time) {
	if errors.Is(b.conn.NetConn().SetReadDeadline(time.Time{}), net.ErrClosed) {
		b.used = now.Sub(b.session.connected)
		return
	}
	release := obey(ctx, &b.conn.Conn)
	defer release()
	q := queryOf([]byte{byte(wire.ComPing)})
	q.received = now
	err := b.Send(q)
	if err == nil {
		err = b.Drain()
	}
	if err != nil {
		b.done()
		_ = b.conn.Close() // or a late answer would be taken for that to another command
		b.session.Logf(slog.LevelWarn, "ping: %v", err)
	}
}
