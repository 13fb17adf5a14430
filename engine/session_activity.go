package engine

import (
	"slices"
	"time"
	"unsafe"

	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// This file keeps what a session has done and is doing. All of it is guarded
// by Session.mu.

// maxShownStatement is how much of the running statement is kept, in bytes.
const maxShownStatement = 1024

// maxKeptStatement is the largest statement that memory is kept for between
// two commands, and that is retained, in bytes.
const maxKeptStatement = 16 << 10

// activity is what a session is doing.
type activity struct {
	doing      Doing
	trx        bool
	readOnly   bool
	autocommit bool
	since      time.Time
	lastIO     time.Time // the client was last read or written
	statement  []byte    // memory is used again and again
	statements uint64
	server     string
	errors     uint64
	holder     *Server // of the open transaction
	trxSince   time.Time
	trxWrites  uint64
}

func (a *activity) enter(d Doing, now time.Time) {
	if a.doing != d {
		a.doing, a.since = d, now
	}
}

// loadSlots is how many seconds io_activity looks back, as in MaxScale.
const loadSlots = 30

// load counts I/O per second of the last half minute. Seconds in which nothing
// went by are not there, so that an idle session pays for few of them.
type load struct {
	last    loadSlot   // the newest one, its second 0 when there is none
	before  []loadSlot // oldest first, of the loadSlots seconds up to the newest one
	events  uint64     // totals that have been booked
	in, out uint64
}

type loadSlot struct {
	second  uint32 // since 1970
	events  uint32
	in, out uint32
}

// book adds what has gone by since it was last called to the present second, and
// returns how many bytes that are.
func (l *load) book(now time.Time, events, in, out uint64) (newIn, newOut uint64) {
	if events == l.events {
		return 0, 0
	}
	newIn, newOut = in-l.in, out-l.out
	if second := uint32(now.Unix()); l.last.second < second { // a clock may go back
		l.begin(second)
	}
	slot := &l.last
	slot.events += uint32(min(events-l.events, 1<<31))
	slot.in += uint32(min(newIn, 1<<31))
	slot.out += uint32(min(newOut, 1<<31))
	l.events, l.in, l.out = events, in, out
	return newIn, newOut
}

// begin begins a new second.
func (l *load) begin(second uint32) {
	past := 0
	for past < len(l.before) && second-l.before[past].second >= loadSlots {
		past++
	}
	l.before = slices.Delete(l.before, 0, past)
	if l.last.second > 0 && second-l.last.second < loadSlots {
		l.before = append(l.before, l.last)
	}
	l.last = loadSlot{second: second}
}

// all yields the slots, newest first.
func (l *load) all(yield func(loadSlot) bool) {
	if l.last.second == 0 || !yield(l.last) {
		return
	}
	for _, slot := range slices.Backward(l.before) {
		if !yield(slot) {
			return
		}
	}
}

// bytes is the memory that it holds.
func (l *load) bytes() int64 { return int64(cap(l.before)) * int64(unsafe.Sizeof(loadSlot{})) }

// sum returns the events of the last 30 seconds.
func (l *load) sum(now time.Time) (events int) {
	second := uint32(now.Unix())
	for slot := range l.all {
		if second-slot.second < loadSlots {
			events += int(slot.events)
		}
	}
	return events
}

// rates returns the mean bytes per second of the last five whole ones, and when
// they change though nothing happens: when the present second begins to count, or
// the oldest one no longer does; the zero time when neither will.
func (l *load) rates(now time.Time) (in, out float64, until time.Time) {
	present := uint32(now.Unix())
	soonest := uint32(0)
	for slot := range l.all {
		if slot.second+5 < present {
			break
		}
		if slot.in == 0 && slot.out == 0 || slot.second > present {
			continue
		}
		change := slot.second + 6
		if slot.second == present {
			change = present + 1
		} else {
			in += float64(slot.in) / 5
			out += float64(slot.out) / 5
		}
		if soonest == 0 || change < soonest {
			soonest = change
		}
	}
	if soonest > 0 {
		until = time.Unix(int64(soonest), 0)
	}
	return in, out, until
}

// retained are the newest statements of a session.
type retained struct {
	limit   int         // retain_last_statements
	open    bool        // the newest one has not been completed
	queries []QueryInfo // oldest first, at most limit
	bytes   int64
}

func (r *retained) begin(query *Query) {
	command := query.Command()
	q := QueryInfo{
		Command: command.String(), Statement: string(shown(command, query.SQL(), maxKeptStatement)), Received: query.received,
	}
	if len(r.queries) >= r.limit {
		r.bytes -= queryBytes(&r.queries[0])
		copy(r.queries, r.queries[1:])
		r.queries = r.queries[:len(r.queries)-1]
	}
	r.queries = append(r.queries, q)
	r.bytes += queryBytes(&q)
	r.open = true
}

// newest returns the statement that runs, nil when none does or none is kept.
func (r *retained) newest() *QueryInfo {
	if !r.open || len(r.queries) == 0 {
		return nil
	}
	return &r.queries[len(r.queries)-1]
}

func queryBytes(q *QueryInfo) int64 {
	return int64(unsafe.Sizeof(*q)) + int64(len(q.Statement))
}

// timelineEvents is how many events of a session are kept.
const timelineEvents = 128

// timeline is a ring of a session's newest events.
type timeline struct {
	events []Event
	first  int
}

// note puts an entry on the timeline, in the place of the oldest one when there
// are enough.
func (t *timeline) note(kind, detail, by string) {
	e := Event{At: time.Now(), Kind: kind, Detail: detail, By: by}
	if len(t.events) < timelineEvents {
		if t.events == nil {
			t.events = make([]Event, 0, 4) // most sessions begin with as many
		}
		t.events = append(t.events, e)
		return
	}
	t.events[t.first] = e
	t.first = (t.first + 1) % len(t.events)
}

func (t *timeline) list() []Event {
	list := make([]Event, 0, len(t.events)+1) // one may follow
	return append(append(list, t.events[t.first:]...), t.events[:t.first]...)
}

// event puts an entry on the session's timeline.
func (s *Session) event(kind, detail, by string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.timeline.note(kind, detail, by)
}

// beginQuery notes that q has come in: the session is no longer idle.
func (c *conversation) beginQuery(q *Query) {
	command, sql := q.Command(), q.SQL()
	c.mu.Lock()
	c.work.idle, c.work.rest, c.work.rested = false, false, false
	c.work.share, c.work.keeps = false, false
	a := &c.seen.activity
	a.enter(Running, q.received)
	a.lastIO = q.received
	a.statements++
	a.statement = append(a.statement[:0], shown(command, sql, maxShownStatement)...)
	if c.seen.retained.limit > 0 && (sql != nil || command != wire.ComPing) {
		c.seen.retained.begin(q)
	}
	c.mu.Unlock()
	c.service.began()
	c.boring()
}

// shown is how a command appears: its text, or else its name.
func shown(command wire.Command, sql []byte, limit int) []byte {
	if sql == nil {
		return []byte(command.String())
	}
	return sql[:min(len(sql), limit)]
}

// endQuery notes that the reply to q is complete.
func (c *conversation) endQuery(q *Query, err error) {
	now := c.answered
	if now.IsZero() {
		now = time.Now()
	}
	c.answered = time.Time{}
	c.mu.Lock()
	c.seen.locks.by = ""
	a := &c.seen.activity
	a.lastIO = now
	if a.trx {
		a.enter(IdleInTrx, now)
	} else {
		a.enter(Idle, now)
	}
	failed := c.replies.failed
	if failed != nil {
		a.errors++
	}
	if newest := c.seen.retained.newest(); newest != nil {
		newest.Completed, newest.Rows = now, c.replies.rows
		if failed != nil {
			newest.Error = failed.Error()
		} else if err != nil {
			newest.Error = err.Error()
		}
		c.seen.retained.open = false
	}
	bookFlows(c.Session, now)
	c.mu.Unlock()
	if err == nil {
		c.replies.stop()
	}
	c.service.ended(now.Sub(q.received), q.Command().HasReply(), failed != nil)
	c.boring()
}

// replied notes the end of the reply of backend b that the client sees: the
// state of the transaction, the default database.
func (c *conversation) replied(b *Backend, q *Query, r *wire.Response) {
	now := time.Now()
	c.answered = now
	b.took = now.Sub(q.received)
	b.active += b.took
	b.server.latency.count(b.took)
	c.mu.Lock()
	defer c.mu.Unlock()
	a := &c.seen.activity
	a.server = b.server.Name()
	if newest := c.seen.retained.newest(); newest != nil {
		newest.Responses = append(newest.Responses, ResponseInfo{Server: b.server.Name(), Duration: now.Sub(q.received)})
	}
	if r.Err == nil && r.Complete && hasStatus(q.Command()) {
		trx := r.Status&wire.StatusInTrans != 0
		switch {
		case trx:
			c.holder, a.holder = b, b.server
		case c.holder == b:
			c.holder = nil
		case c.holder != nil: // another server has answered
			trx = true
		}
		if trx != a.trx {
			a.trx, a.trxWrites = trx, 0
			kind := "trx_end"
			if trx {
				kind, a.trxSince = "trx_begin", q.received
			}
			c.seen.timeline.note(kind, b.server.Name(), "")
		}
		a.readOnly = trx && c.holder.status.Has(wire.StatusInTransReadonly)
		a.autocommit = r.Status&wire.StatusAutocommit != 0
		c.mode = 0
		if r.Status.Has(wire.StatusNoBackslashEscapes) {
			c.mode = classify.NoBackslashEscapes
		}
		if trx && q.writes() {
			a.trxWrites++
		}
	}
}

// gone forgets what c had on b, whose connection is closed.
func gone(c *conversation, b *Backend) {
	c.pins.lost(b)
	if c.holder != b {
		return
	}
	c.holder = nil
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen.activity.trx = false
	c.seen.timeline.note("trx_end", b.server.Name(), "")
}

// Autocommit reports whether the session's statements commit by themselves.
func (s *Session) Autocommit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.activity.autocommit
}

// databaseOf returns the default database of s.
func databaseOf(s *Session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.identity.database
}

// setDatabase notes the session's new default database.
func (c *conversation) setDatabase(name string) {
	c.mu.Lock()
	changed := c.seen.identity.database != name
	c.seen.identity.database = name
	if changed {
		c.seen.timeline.note("database", name, "")
	}
	c.mu.Unlock()
	if changed {
		c.notable()
	}
}
