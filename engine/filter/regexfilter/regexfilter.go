// Package regexfilter rewrites statements by a regular expression: what the
// expression matches is replaced, in the text of queries and of statements
// that are prepared.
//
// MaxScale: the expressions are PCRE2's; here they are RE2's, whose matching
// takes time in proportion to the text, whatever a client sends.
package regexfilter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"sync/atomic"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/wire"
)

// Module is regexfilter's entry in the list of modules.
var Module = engine.FilterModule{
	Module: module.Module{
		Name:        "regexfilter",
		Kind:        module.Filter,
		Description: "A query rewrite filter that uses regular expressions to rewrite queries",
		Parameters: []module.Parameter{
			{Name: "match", Type: module.Regex, Mandatory: true, Modifiable: true, Description: "Pattern used for matching, in RE2's syntax."},
			{Name: "replace", Type: module.String, Mandatory: true, Modifiable: true, Description: "Replacement text for what the pattern matches; \\1 or $1 stand for its first group."},
			{Name: "options", Type: module.Enum, Default: "ignorecase", Enum: []string{"ignorecase", "case", "extended"}, Modifiable: true, Description: "Regular expression options."},
			{Name: "source", Type: module.String, Modifiable: true, Description: "Only match queries done from this address."},
			{Name: "user", Type: module.String, Modifiable: true, Description: "Only match queries done by this user."},
			{Name: "log_trace", Type: module.Bool, Default: "false", Modifiable: true, Description: "Log matching information on the info level."},
			{Name: "log_file", Type: module.String, Modifiable: true, Description: "Log matching information to this file."},
		},
	},
	New: newFilter,
}

// The limits of a rewritten statement: a short statement must not become one
// that fills the memory.
const (
	maxMatches = 100_000
	maxLength  = 64 << 20
)

// Filter is a configured regexfilter.
type Filter struct {
	// Set by New, then constant.
	match    *regexp.Regexp
	literal  literal // of match
	template []byte  // for Expand
	source   string
	user     string
	trace    bool
	log      *logFile // nil without log_file

	altered   atomic.Uint64
	unaltered atomic.Uint64
}

func newFilter(o module.Object) (engine.Filter, error) {
	match := o.Values.Regexp("match")
	if match == nil {
		return nil, errors.New("match: a pattern is needed")
	}
	switch o.Values.String("options") {
	case "ignorecase":
		match = regexp.MustCompile("(?i)" + match.String())
	case "extended":
		return nil, errors.New("options: RE2 has no extended syntax; take white space and comments out of the pattern and drop the option")
	}
	template, err := template(o.Values.String("replace"), match)
	if err != nil {
		return nil, fmt.Errorf("replace: %w", err)
	}
	f := &Filter{
		match:    match,
		literal:  literalOf(match),
		template: template,
		source:   o.Values.String("source"),
		user:     o.Values.String("user"),
		trace:    o.Values.Bool("log_trace"),
	}
	if path := o.Values.String("log_file"); path != "" {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
		if err != nil {
			return nil, fmt.Errorf("log_file: %w", err)
		}
		f.log = &logFile{file: file}
	}
	return f, nil
}

// Diagnostics returns how many statements were changed and how many were not.
func (f *Filter) Diagnostics() map[string]any {
	return map[string]any{"altered": f.altered.Load(), "unaltered": f.unaltered.Load()}
}

// Close closes the log file.
func (f *Filter) Close() error {
	if f.log == nil {
		return nil
	}
	return f.log.file.Close()
}

// NewSession opens the filter for a session.
func (f *Filter) NewSession(s *engine.Session, next engine.Handler) (engine.FilterSession, error) {
	user, _, _ := s.Identity()
	return &session{filter: f, next: next, logf: s.Logf, active: f.concerns(user, engine.HostOf(s))}, nil
}

// concerns reports whether statements of this user from this host are matched.
func (f *Filter) concerns(user, host string) bool {
	return (f.user == "" || f.user == user) && (f.source == "" || f.source == host)
}

type session struct {
	filter *Filter
	next   engine.Handler
	logf   func(level slog.Level, format string, args ...any)
	active bool
}

// Close has nothing to do.
func (s *session) Close() error { return nil }

// RouteQuery rewrites q and passes it on.
func (s *session) RouteQuery(ctx context.Context, q *engine.Query, up engine.ReplyWriter) error {
	if c := q.Command(); !s.active || c != wire.ComQuery && c != wire.ComStmtPrepare {
		return s.next.RouteQuery(ctx, q, up)
	}
	f := s.filter
	sql, err := f.rewrite(q.SQL())
	if err != nil {
		s.logf(slog.LevelWarn, "statement is refused: %v", err)
		return up.ClientReply(engine.ErrorReply(&wire.Error{Code: 1153, State: "08S01", Message: "regexfilter: " + err.Error()}))
	}
	if sql == nil {
		f.unaltered.Add(1)
		s.report(q.SQL(), nil)
		return s.next.RouteQuery(ctx, q, up)
	}
	f.altered.Add(1)
	s.report(q.SQL(), sql)
	q.SetSQL(sql)
	return s.next.RouteQuery(ctx, q, up)
}

// report writes what sql became, nil when nothing matched, to where the
// configuration wants it.
func (s *session) report(sql, rewritten []byte) {
	f := s.filter
	if !f.trace && f.log == nil {
		return
	}
	line := fmt.Sprintf("No match %s: [%s]", f.match, shorten(sql))
	if rewritten != nil {
		line = fmt.Sprintf("Match %s: [%s] -> [%s]", f.match, shorten(sql), shorten(rewritten))
	}
	if f.trace {
		s.logf(slog.LevelInfo, "%s", line)
	}
	if f.log == nil {
		return
	}
	if err := f.log.write(line); err != nil {
		s.logf(slog.LevelError, "regexfilter: log_file: %v; statements are not logged there until it can be written again", err)
	}
}

// rewrite returns sql with every match replaced, nil when nothing matches.
func (f *Filter) rewrite(sql []byte) ([]byte, error) {
	if !f.literal.in(sql) {
		return nil, nil
	}
	matches := f.match.FindAllSubmatchIndex(sql, maxMatches+1)
	if matches == nil {
		return nil, nil
	}
	if len(matches) > maxMatches {
		return nil, fmt.Errorf("%s matches more than %d times; send smaller statements", f.match, maxMatches)
	}
	out := make([]byte, 0, len(sql)+len(matches)*len(f.template))
	at := 0
	for _, m := range matches {
		out = append(out, sql[at:m[0]]...)
		out = f.match.Expand(out, f.template, sql, m)
		at = m[1]
		if len(out) > maxLength {
			return nil, fmt.Errorf("the rewritten statement is longer than %d bytes; send smaller statements", maxLength)
		}
	}
	return append(out, sql[at:]...), nil
}

// shorten makes a statement short and safe enough for a log line.
func shorten(sql []byte) string {
	const limit = 1024
	cut := ""
	if len(sql) > limit {
		sql, cut = sql[:limit], "…"
	}
	safe := make([]byte, len(sql))
	for i, c := range sql {
		if c < ' ' || c == 0x7f {
			c = ' '
		}
		safe[i] = c
	}
	return string(safe) + cut
}
