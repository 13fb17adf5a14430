// Package maxrows limits the rows and the bytes of results. A result is held
// back until it is complete; when it goes beyond a limit, the client gets an
// empty result, an error or an OK in its place.
//
// What is held back is never more than max_resultset_size. Rows that are
// fetched from a cursor (COM_STMT_FETCH) are not limited: the client asks for
// a number of them.
//
// MaxScale: limits the answer to a command as a whole; here each result of
// several has the limit to itself, and only an error ends the answer.
package maxrows

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/wire"
)

// Module is maxrows' entry in the list of modules.
var Module = engine.FilterModule{
	Module: module.Module{
		Name:        "maxrows",
		Kind:        module.Filter,
		Description: "A filter that limits resultsets",
		Parameters: []module.Parameter{
			{Name: "max_resultset_rows", Type: module.Count, Default: "4294967295", Modifiable: true, Description: "The maximum number of rows a resultset can have in order to be returned to the user."},
			{Name: "max_resultset_size", Type: module.Size, Default: "65536", Modifiable: true, Description: "The maximum size a resultset can have in order to be sent to the client."},
			{Name: "max_resultset_return", Type: module.Enum, Default: "empty", Enum: []string{"empty", "error", "ok"}, Modifiable: true, Description: "What the client gets when a limit is hit: an empty resultset, an error or an OK packet."},
			{Name: "debug", Type: module.Int, Default: "0", Max: 3, Modifiable: true, Description: "With 1 or more, each resultset that hits a limit is logged as a notice and not as info."},
		},
	},
	New: newFilter,
}

// What a client gets in place of a result beyond a limit: a value of
// max_resultset_return.
const (
	returnEmpty = "empty"
	returnError = "error"
	returnOK    = "ok"
)

// Filter is a configured maxrows.
type Filter struct {
	// Set by New, then constant.
	rows  uint64
	size  uint64
	give  string
	level slog.Level

	limited atomic.Uint64
}

func newFilter(o module.Object) (engine.Filter, error) {
	f := &Filter{
		rows:  uint64(o.Values.Int("max_resultset_rows")),
		size:  uint64(o.Values.Int("max_resultset_size")),
		give:  o.Values.String("max_resultset_return"),
		level: slog.LevelInfo,
	}
	if o.Values.Int("debug") > 0 {
		f.level = engine.LevelNotice
	}
	return f, nil
}

// Diagnostics returns how many results went beyond a limit.
func (f *Filter) Diagnostics() map[string]any {
	return map[string]any{"limited": f.limited.Load()}
}

// NewSession opens the filter for a session.
func (f *Filter) NewSession(s *engine.Session, next engine.Handler) (engine.FilterSession, error) {
	return &session{filter: f, next: next, logf: s.Logf}, nil
}

type session struct {
	filter *Filter
	next   engine.Handler
	logf   func(level slog.Level, format string, args ...any)
	reply  replyWriter // to the statement under way
}

// Close has nothing to do.
func (s *session) Close() error { return nil }

// RouteQuery passes q on and looks at what comes back.
func (s *session) RouteQuery(ctx context.Context, q *engine.Query, up engine.ReplyWriter) error {
	switch q.Command() {
	case wire.ComQuery, wire.ComStmtExecute, wire.ComStmtBulkExecute:
		s.reply = replyWriter{session: s, query: q, up: up, limiter: limiter{filter: s.filter}}
		err := s.next.RouteQuery(ctx, q, &s.reply)
		s.reply = replyWriter{}
		return err
	}
	return s.next.RouteQuery(ctx, q, up)
}

// replyWriter is the way up of one reply.
type replyWriter struct {
	limiter
	session *session
	query   *engine.Query
	up      engine.ReplyWriter
	begun   bool // a batch has come
}

// ClientReply passes on what the limiter lets through.
func (w *replyWriter) ClientReply(r *engine.Reply) error {
	if r.Complete && !w.begun && w.harmless(r) {
		return w.up.ClientReply(r)
	}
	w.begun = true
	hits := w.hits
	same := w.batch(r.Packets())
	if w.hits > hits {
		w.session.filter.limited.Add(uint64(w.hits - hits))
		w.session.logf(w.session.filter.level, "result is beyond %d rows or %d bytes, client gets: %s", w.filter.rows, w.filter.size, w.filter.give)
	}
	if same {
		return w.up.ClientReply(r)
	}
	complete := r.Complete && !w.failed
	if len(w.out) > 0 || complete {
		if err := w.up.ClientReply(engine.NewReply(w.out, complete, r)); err != nil {
			return err
		}
	}
	if !w.failed || !r.Complete {
		return nil
	}
	e := engine.ErrorReply(limitError(w.query.SQL()))
	e.Server = r.Server
	return w.up.ClientReply(e)
}

// harmless reports whether r, a whole reply, is within the limits as a whole, and so
// is each result in it.
func (w *replyWriter) harmless(r *engine.Reply) bool {
	after := r.Response()
	return after != nil && after.Rows <= w.filter.rows && uint64(len(r.Data)) <= w.filter.size
}

// limitError is MaxScale's error for a result beyond a limit.
func limitError(sql []byte) *wire.Error {
	const shown = 256
	return &wire.Error{
		Code: 1415, State: "0A000",
		Message: "Row limit/size exceeded for query: " + string(sql[:min(len(sql), shown)]),
	}
}
