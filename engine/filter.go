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
}

func (f *filterObject) info() FilterInfo {
	info := FilterInfo{Object: f.object, Diagnostics: map[string]any{}}
	for _, s := range f.engine.services.list {
		for _, name := range s.filters {
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

// link is one place in a chain: it counts what passes through a handler.
type link struct {
	handler Handler
	closer  func() error
	object  module.Object // the filter; the zero Object for the router
	prev    *link
	next    *link

	// Owned by the session's goroutine.
	entered time.Time
	changes int // of the query when it came in

	statements atomic.Uint64
	changed    atomic.Uint64
	nanos      atomic.Uint64
}

// RouteQuery passes q to the link's handler, and charges the link before it
// with the time that has gone by since q entered that one.
func (l *link) RouteQuery(ctx context.Context, q *Query, up ReplyWriter) error {
	if l.prev != nil {
		l.prev.left(q)
	}
	if l.next == nil {
		return l.handler.RouteQuery(ctx, q, up)
	}
	l.statements.Add(1)
	l.entered, l.changes = time.Now(), q.changes
	err := l.handler.RouteQuery(ctx, q, up)
	if !l.entered.IsZero() { // it answered without the next link
		l.nanos.Add(uint64(time.Since(l.entered)))
		l.changed.Add(1)
		l.entered = time.Time{}
	}
	return err
}

// left notes that q has gone on to the next link.
func (l *link) left(q *Query) {
	if l.entered.IsZero() { // a filter may send several queries on for one
		return
	}
	l.nanos.Add(uint64(time.Since(l.entered)))
	if q.changes != l.changes {
		l.changed.Add(1)
	}
	l.entered = time.Time{}
}

func (l *link) counters() FilterCounters {
	return FilterCounters{
		Filter:     l.object.Name,
		Module:     l.object.Module,
		Statements: l.statements.Load(),
		Changed:    l.changed.Load(),
		Time:       time.Duration(l.nanos.Load()),
	}
}
