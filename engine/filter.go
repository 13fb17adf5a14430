package engine

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/module"
)

// Handler is a link of a session's chain: a filter session or a router
// session.
//
// RouteQuery is synchronous: it returns when the whole reply to q has gone up
// through up, or at once for a command that has none. It is called by the
// session's own goroutine only, one query at a time. What the client should
// see as an SQL error goes up as a reply and is not returned; an error that is
// returned ends the session.
type Handler interface {
	RouteQuery(ctx context.Context, q *Query, up ReplyWriter) error
}

// ReplyWriter takes the batches of a reply on their way to the client. A
// filter that looks at replies, or changes them, passes on a ReplyWriter of
// its own that wraps the one it was given.
type ReplyWriter interface {
	ClientReply(r *Reply) error
}

// Filter is a configured filter. One Filter serves many sessions at once, so
// NewSession must be safe for concurrent use. A Filter may also have
//
//	Diagnostics() map[string]any // for the REST resource
//	Close() error                // called once, after its last session
type Filter interface {
	// NewSession opens the filter for one session, in front of next. An error
	// refuses the session: it leaves the chain that it was meant for unused.
	NewSession(s *Session, next Handler) (FilterSession, error)
}

// FilterSession is a filter in one session's chain.
type FilterSession interface {
	Handler
	// Close is called once, by the session's goroutine or, for a chain that
	// never came into effect, by the goroutine that opened it.
	Close() error
}

// FilterModule makes filters of one kind.
type FilterModule struct {
	module.Module
	New func(o module.Object) (Filter, error)
}

// filterObject is a filter of the configuration.
type filterObject struct {
	engine *Engine
	object module.Object
	filter Filter

	total filterTotal
}

func (f *filterObject) info() FilterInfo {
	info := FilterInfo{Object: f.object, Diagnostics: map[string]any{}, Figures: f.total.figures()}
	for _, s := range f.engine.services.list {
		for _, name := range s.Filters() {
			if name == f.object.Name {
				info.Services = append(info.Services, s.object.Name)
				break
			}
		}
	}
	if d, ok := f.filter.(interface{ Diagnostics() map[string]any }); ok {
		info.Diagnostics = d.Diagnostics()
	}
	return info
}

// link is one place in a chain.
type link struct {
	handler Handler
	prev    *link
	next    *link // nil for the router's link
	*figures
}

// figures count what passes through the link of a filter. A router's has none.
type figures struct {
	filter *filterObject
	closer func() error

	// Owned by the session's goroutine.
	entered time.Time
	changes int // of the query when it came in

	statements atomic.Uint64
	changed    atomic.Uint64
	answered   atomic.Uint64
	nanos      atomic.Uint64
	times      filterTimes
}

// RouteQuery passes q to the link's handler, and charges the link before it
// with the time that has gone by since q entered that one.
func (l *link) RouteQuery(ctx context.Context, q *Query, up ReplyWriter) error {
	if l.prev == nil && l.next == nil { // no filters
		return l.handler.RouteQuery(ctx, q, up)
	}
	now := time.Now()
	if l.prev != nil {
		l.prev.left(q, now)
	}
	if l.next == nil {
		return l.handler.RouteQuery(ctx, q, up)
	}
	l.statements.Add(1)
	l.entered, l.changes = now, q.changes
	err := l.handler.RouteQuery(ctx, q, up)
	if !l.entered.IsZero() { // it answered without the next link
		l.spent(time.Now())
		l.changed.Add(1)
		l.answered.Add(1)
		l.filter.total.changed.Add(1)
		l.filter.total.answered.Add(1)
	}
	return err
}

// left notes that q has gone on to the next link.
func (l *link) left(q *Query, now time.Time) {
	if l.entered.IsZero() { // a filter may send several queries on for one
		return
	}
	l.spent(now)
	if q.changes != l.changes {
		l.changed.Add(1)
		l.filter.total.changed.Add(1)
	}
}

// spent charges the link with the time since a query has entered it.
func (l *link) spent(now time.Time) {
	d := max(now.Sub(l.entered), 0)
	l.entered = time.Time{}
	l.nanos.Add(uint64(d))
	bucket := bucketOf(uint64(d/filterUnit), filterBuckets)
	l.times.count(bucket)
	l.filter.total.times[bucket].Add(1)
}

// counters returns the link's figures, without the quantiles unless whole.
func (l *link) counters(whole bool) FilterCounters {
	c := FilterCounters{
		Filter: l.filter.object.Name,
		Module: l.filter.object.Module,
		Time:   time.Duration(l.nanos.Load()),
		FilterFigures: FilterFigures{
			Statements: l.statements.Load(), Changed: l.changed.Load(), Answered: l.answered.Load(),
		},
	}
	if whole {
		counts := l.times.read()
		c.P50, c.P95 = quantile(counts[:], filterUnit, 0.5), quantile(counts[:], filterUnit, 0.95)
	}
	return c
}

// The buckets of the time that a statement spends in a filter: four for each
// doubling, from 64 ns to a quarter of a second, so that a quantile is at most an
// eighth off.
const (
	filterUnit    = 64 * time.Nanosecond
	filterBuckets = 21 * latencySteps
)

// filterTimes counts the statements of one session by the time that they spent
// in a filter: in 336 bytes. The session's goroutine counts, everybody may read.
type filterTimes [filterBuckets]atomic.Uint32

// count counts one statement. When a bucket is full all counts are halved, so
// that what they say of each other stays.
func (t *filterTimes) count(bucket int) {
	if t[bucket].Add(1) < 1<<31 {
		return
	}
	for i := range t {
		t[i].Store(t[i].Load() / 2)
	}
}

func (t *filterTimes) read() (counts [filterBuckets]uint64) {
	for i := range t {
		counts[i] = uint64(t[i].Load())
	}
	return counts
}

// filterTotal is what a filter has done in all sessions, those that have ended
// too.
type filterTotal struct {
	changed  atomic.Uint64
	answered atomic.Uint64
	times    [filterBuckets]atomic.Uint64
}

func (t *filterTotal) figures() FilterFigures {
	f := FilterFigures{Changed: t.changed.Load(), Answered: t.answered.Load()}
	var counts [filterBuckets]uint64
	for i := range t.times {
		counts[i] = t.times[i].Load()
		f.Statements += counts[i]
	}
	f.P50, f.P95 = quantile(counts[:], filterUnit, 0.5), quantile(counts[:], filterUnit, 0.95)
	return f
}
