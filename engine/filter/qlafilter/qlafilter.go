// Package qlafilter logs statements, one line of comma separated values for
// each, to a file for all sessions, a file for each, or standard output. The
// newest lines are kept in memory too, where the filter's diagnostics show
// them, and each line goes to its session's log at the info level.
//
// A file that cannot be opened or written is reported once and then left
// alone until it works again; sessions go on.
package qlafilter

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
)

// Module is qlafilter's entry in the list of modules.
var Module = engine.FilterModule{
	Module: module.Module{
		Name:        "qlafilter",
		Kind:        module.Filter,
		Description: "A simple query logging filter",
		Parameters: []module.Parameter{
			// MaxScale: filebase is mandatory. Without it, lines are kept in
			// memory alone.
			{Name: "filebase", Type: module.String, Modifiable: true, Description: "The basename of the output file; without one, lines are kept in memory alone."},
			{Name: "log_type", Type: module.EnumMask, Default: "session", Enum: []string{"session", "unified", "stdout"}, Modifiable: true, Description: "The type of log file to use."},
			{Name: "log_data", Type: module.EnumMask, Default: "date,user,query", Enum: columnNames(), Modifiable: true, Description: "Type of data to log in the log files."},
			{Name: "match", Type: module.Regex, Modifiable: true, Description: "Only log queries matching this pattern."},
			{Name: "exclude", Type: module.Regex, Modifiable: true, Description: "Exclude queries matching this pattern from the log."},
			{Name: "options", Type: module.EnumMask, Enum: []string{"case", "ignorecase", "extended"}, Modifiable: true, Description: "Regular expression options."},
			{Name: "user", Type: module.String, Modifiable: true, Description: "Log queries only from this user."},
			{Name: "user_match", Type: module.Regex, Modifiable: true, Description: "Log queries only from users that match this pattern."},
			{Name: "user_exclude", Type: module.Regex, Modifiable: true, Description: "Exclude queries from users that match this pattern."},
			{Name: "source", Type: module.String, Modifiable: true, Description: "Log queries only from this network address."},
			{Name: "source_match", Type: module.Regex, Modifiable: true, Description: "Log queries only from hosts that match this pattern."},
			{Name: "source_exclude", Type: module.Regex, Modifiable: true, Description: "Exclude queries from hosts that match this pattern."},
			{Name: "duration_unit", Type: module.Enum, Default: "ms", Enum: []string{"ms", "milliseconds", "us", "microseconds"}, Modifiable: true, Description: "Duration in milliseconds (ms) or microseconds (us)."},
			{Name: "use_canonical_form", Type: module.Bool, Default: "false", Modifiable: true, Description: "Write queries in canonical form."},
			// MaxScale: holds lines back until its buffer is full. Here they are
			// held for a tenth of a second at most.
			{Name: "flush", Type: module.Bool, Default: "false", Modifiable: true, Description: "Flush log files after every write. Without it, lines are held back for 100 ms at most."},
			{Name: "append", Type: module.Bool, Default: "true", Modifiable: true, Description: "Append new entries to log files instead of overwriting them."},
			{Name: "separator", Type: module.String, Default: ",", Modifiable: true, Description: "Defines the separator between elements of a log entry."},
			{Name: "newline_replacement", Type: module.String, Default: " ", Modifiable: true, Description: "Value used to replace newlines."},
		},
	},
	New: newFilter,
}

// Filter is a configured qlafilter.
type Filter struct {
	// Set by New, then constant.
	filebase  string
	perFile   bool // a file for each session
	append    bool
	flush     bool
	canonical bool
	unit      time.Duration
	format    format
	queries   pattern
	users     pattern
	sources   pattern
	unified   *output // nil unless log_type has unified
	stdout    *output // nil unless log_type has stdout
	ring      ring

	logged atomic.Uint64
}

func newFilter(o module.Object) (engine.Filter, error) {
	v := o.Values
	ignoreCase, err := options(v.List("options"))
	if err != nil {
		return nil, err
	}
	types := v.List("log_type")
	f := &Filter{
		filebase:  v.String("filebase"),
		append:    v.Bool("append"),
		flush:     v.Bool("flush"),
		canonical: v.Bool("use_canonical_form"),
		unit:      time.Millisecond,
		format:    newFormat(v.List("log_data"), v.String("separator"), v.String("newline_replacement")),
		queries:   pattern{match: fold(v.Regexp("match"), ignoreCase), exclude: fold(v.Regexp("exclude"), ignoreCase)},
		users:     pattern{exact: v.String("user"), match: fold(v.Regexp("user_match"), ignoreCase), exclude: fold(v.Regexp("user_exclude"), ignoreCase)},
		sources:   pattern{exact: v.String("source"), match: fold(v.Regexp("source_match"), ignoreCase), exclude: fold(v.Regexp("source_exclude"), ignoreCase)},
	}
	if u := v.String("duration_unit"); u == "us" || u == "microseconds" {
		f.unit = time.Microsecond
	}
	if slices.Contains(types, "stdout") {
		f.stdout = newOutput("standard output", nopCloser{os.Stdout}, !f.flush)
	}
	if f.filebase == "" {
		return f, nil
	}
	f.perFile = slices.Contains(types, "session")
	if slices.Contains(types, "unified") {
		f.unified, err = f.openFile(f.filebase + ".unified")
		if err != nil {
			return nil, fmt.Errorf("filebase: %w", err)
		}
	}
	return f, nil
}

// openFile opens a log file, and writes the header to a new one.
func (f *Filter) openFile(path string) (*output, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if !f.append {
		flags |= os.O_TRUNC
	}
	file, err := os.OpenFile(path, flags, 0o640)
	if err != nil {
		return nil, err
	}
	out := newOutput(path, file, !f.flush)
	if info, err := file.Stat(); err == nil && info.Size() == 0 {
		_ = out.write(f.format.header())
	}
	return out, nil
}

// Diagnostics returns the newest lines, oldest first, and the number of all.
func (f *Filter) Diagnostics() map[string]any {
	return map[string]any{"log": f.ring.tail(), "logged": f.logged.Load()}
}

// Close writes what is held back, and closes the unified file.
func (f *Filter) Close() error {
	var failed error
	for _, out := range []*output{f.stdout, f.unified} {
		if out != nil {
			failed = cmp.Or(failed, out.close())
		}
	}
	return failed
}

// NewSession opens the filter for a session.
func (f *Filter) NewSession(s *engine.Session, next engine.Handler) (engine.FilterSession, error) {
	user, _, _ := s.Identity()
	return f.open(client{
		id:       s.ID(),
		service:  s.Service().Name(),
		user:     user,
		host:     engine.HostOf(s),
		database: func() string { _, _, database := s.Identity(); return database },
		logf:     s.Logf,
		logs:     s.Logs,
	}, next), nil
}

// client is what the filter must know of a session.
type client struct {
	id       uint64
	service  string
	user     string
	host     string
	database func() string
	logf     func(level slog.Level, format string, args ...any)
	logs     func(level slog.Level) bool
}

func (f *Filter) open(c client, next engine.Handler) *session {
	s := &session{filter: f, client: c, next: next}
	s.active = f.users.passes([]byte(c.user)) && f.sources.passes([]byte(c.host))
	if !s.active || !f.perFile {
		return s
	}
	path := fmt.Sprintf("%s.%d", f.filebase, c.id)
	file, err := f.openFile(path)
	if err != nil {
		c.logf(slog.LevelError, "qlafilter: %v; this session is not logged to a file", err)
		return s
	}
	s.file = file
	return s
}

// pattern says which texts are logged.
type pattern struct {
	exact          string // "" for any
	match, exclude *regexp.Regexp
}

func (p pattern) passes(text []byte) bool {
	return (p.exact == "" || p.exact == string(text)) &&
		(p.match == nil || p.match.Match(text)) &&
		(p.exclude == nil || !p.exclude.Match(text))
}

// options reads the parameter of that name.
func options(words []string) (ignoreCase bool, err error) {
	if slices.Contains(words, "extended") {
		return false, fmt.Errorf("options: RE2 has no extended syntax; take white space and comments out of the patterns and drop the option")
	}
	return slices.Contains(words, "ignorecase"), nil
}

// fold returns re, without regard to case if wanted.
func fold(re *regexp.Regexp, ignoreCase bool) *regexp.Regexp {
	if re == nil || !ignoreCase {
		return re
	}
	return regexp.MustCompile("(?i)" + re.String())
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
