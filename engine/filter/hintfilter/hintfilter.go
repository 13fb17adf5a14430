// Package hintfilter takes routing hints out of comments and gives them to the
// router:
//
//	SELECT * FROM t -- maxscale route to master
//
// A hint may be for one statement, or be on a stack that each session has:
// `begin HINT` puts it there for all statements up to `end`. Hints may also be
// kept under a name (`NAME prepare HINT`) and be put on the stack by it (`NAME
// begin`). The comment itself stays in the statement.
//
// Source: https://mariadb.com/kb/en/mariadb-maxscale-2402-hint-syntax/
package hintfilter

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/wire"
)

// Module is hintfilter's entry in the list of modules.
var Module = engine.FilterModule{
	Module: module.Module{
		Name:        "hintfilter",
		Kind:        module.Filter,
		Description: "A hint parsing filter",
	},
	New: func(module.Object) (engine.Filter, error) { return &Filter{}, nil },
}

// maxHints limits what a client may leave on its session's stack, and how many
// named hints it may prepare.
const maxHints = 64

// Filter is a configured hintfilter.
type Filter struct {
	hints atomic.Uint64
}

// Diagnostics returns how many statements had a hint in their own text.
func (f *Filter) Diagnostics() map[string]any {
	return map[string]any{"hints": f.hints.Load()}
}

// NewSession opens the filter for a session.
func (f *Filter) NewSession(s *engine.Session, next engine.Handler) (engine.FilterSession, error) {
	return &session{filter: f, next: next, logf: s.Logf}, nil
}

// session holds one session's hints.
type session struct {
	filter *Filter
	next   engine.Handler
	logf   func(level slog.Level, format string, args ...any)

	stack []classify.Hint
	named map[string]classify.Hint // by name in lower case
}

// RouteQuery gives q the hint in its text or the one on top of the stack.
func (s *session) RouteQuery(ctx context.Context, q *engine.Query, up engine.ReplyWriter) error {
	if h := s.hint(q); h.Kind != classify.HintNone {
		s.logf(slog.LevelInfo, "hint: %v", h)
		q.SetHint(h)
	}
	return s.next.RouteQuery(ctx, q, up)
}

// Close has nothing to do.
func (s *session) Close() error { return nil }

// hint returns the hint for q, after q's own hint has taken effect on the
// stack.
func (s *session) hint(q *engine.Query) classify.Hint {
	switch q.Command() {
	case wire.ComQuery, wire.ComStmtPrepare, wire.ComStmtExecute, wire.ComStmtBulkExecute:
	case wire.ComResetConnection:
		s.stack, s.named = nil, nil
		return classify.Hint{}
	default:
		return classify.Hint{}
	}
	own, ok := classify.ParseHint(q.SQL())
	if ok {
		s.filter.hints.Add(1)
		if own.Verb == classify.HintOnce {
			return own
		}
		if q.Command() == wire.ComQuery {
			s.apply(own)
		}
	}
	if len(s.stack) == 0 {
		return classify.Hint{}
	}
	return s.stack[len(s.stack)-1]
}

// apply does what a hint says about the stack and the named hints.
func (s *session) apply(h classify.Hint) {
	name := strings.ToLower(h.Name)
	plain := classify.Hint{Kind: h.Kind, Value: h.Value, Param: h.Param}
	switch h.Verb {
	case classify.HintPrepare:
		s.prepare(name, plain)
	case classify.HintBegin:
		if name != "" && plain.Kind != classify.HintNone {
			s.prepare(name, plain)
		}
		if plain.Kind == classify.HintNone {
			var known bool
			if plain, known = s.named[name]; !known {
				s.logf(slog.LevelWarn, "hint '%v': no hint is prepared under that name", h)
				return
			}
		}
		if len(s.stack) == maxHints {
			s.logf(slog.LevelWarn, "hint '%v' is ignored: %d hints have begun and not ended", h, maxHints)
			return
		}
		s.stack = append(s.stack, plain)
	case classify.HintEnd:
		if n := len(s.stack); n > 0 {
			s.stack = s.stack[:n-1]
		}
	}
}

func (s *session) prepare(name string, h classify.Hint) {
	if s.named == nil {
		s.named = make(map[string]classify.Hint)
	}
	if _, known := s.named[name]; !known && len(s.named) == maxHints {
		s.logf(slog.LevelWarn, "hint '%s' is not prepared: the session has %d of them", name, maxHints)
		return
	}
	s.named[name] = h
}
