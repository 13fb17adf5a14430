package server

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// LogRing is a slog.Handler that keeps the newest records in memory, for
// GET /v1/maxscale/logs/data, and passes every record on to another handler.
type LogRing struct {
	next   slog.Handler
	lines  *logLines
	prefix string // rendered attributes of WithAttrs
	module string // the attribute "module", which MaxScale shows apart
	groups string
}

// logLines are shared by a LogRing and those made of it.
type logLines struct {
	mu    sync.Mutex // guards what follows
	next  uint64
	kept  []logLine // oldest first
	limit int
}

type logLine struct {
	id      uint64
	at      time.Time
	level   slog.Level
	module  string
	session string // id of the session that it is about, "" for none
	message string
}

// defaultLogLines is how many records a LogRing keeps.
const defaultLogLines = 5000

// maxLogMessage is how many bytes of one record are kept.
const maxLogMessage = 4 << 10

// NewLogRing keeps the newest limit records (0 means 5000) and passes all on to
// next.
func NewLogRing(next slog.Handler, limit int) *LogRing {
	if limit <= 0 {
		limit = defaultLogLines
	}
	return &LogRing{next: next, lines: &logLines{limit: limit, next: 1}}
}

// Enabled says whether next wants the level.
func (l *LogRing) Enabled(ctx context.Context, level slog.Level) bool {
	return l.next.Enabled(ctx, level)
}

// Handle keeps r and passes it on.
func (l *LogRing) Handle(ctx context.Context, r slog.Record) error {
	var text strings.Builder
	text.WriteString(r.Message)
	text.WriteString(l.prefix)
	module, session := l.module, ""
	r.Attrs(func(a slog.Attr) bool {
		if l.groups == "" && a.Key == "session" {
			session = a.Value.String()
		}
		if l.groups == "" && a.Key == "module" {
			module = a.Value.String()
			return true
		}
		appendAttr(&text, l.groups, a)
		return true
	})
	message := text.String()
	if len(message) > maxLogMessage {
		message = strings.ToValidUTF8(message[:maxLogMessage], "") + "…"
	}
	l.lines.add(logLine{at: r.Time, level: r.Level, module: module, session: session, message: message})
	return l.next.Handle(ctx, r)
}

// WithAttrs returns a ring that shares its records with l.
func (l *LogRing) WithAttrs(attrs []slog.Attr) slog.Handler {
	copied := *l
	copied.next = l.next.WithAttrs(attrs)
	var text strings.Builder
	text.WriteString(l.prefix)
	for _, a := range attrs {
		if l.groups == "" && a.Key == "module" {
			copied.module = a.Value.String()
			continue
		}
		appendAttr(&text, l.groups, a)
	}
	copied.prefix = text.String()
	return &copied
}

// WithGroup returns a ring that shares its records with l.
func (l *LogRing) WithGroup(name string) slog.Handler {
	copied := *l
	copied.next = l.next.WithGroup(name)
	if name != "" {
		copied.groups = l.groups + name + "."
	}
	return &copied
}

func appendAttr(text *strings.Builder, groups string, a slog.Attr) {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if a.Key != "" {
			groups += a.Key + "."
		}
		for _, inner := range value.Group() {
			appendAttr(text, groups, inner)
		}
		return
	}
	if a.Key == "" {
		return
	}
	text.WriteByte(' ')
	text.WriteString(groups)
	text.WriteString(a.Key)
	text.WriteByte('=')
	text.WriteString(value.String())
}

func (l *logLines) add(line logLine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line.id = l.next
	l.next++
	if len(l.kept) == l.limit {
		l.kept[0] = logLine{}
		l.kept = l.kept[1:]
	}
	l.kept = append(l.kept, line)
}

// page returns at most size records that wanted accepts, oldest first: the
// newest ones, or those before and including id cursor when it is not 0. more
// is the cursor of the page before, 0 when there is none.
func (l *logLines) page(cursor uint64, size int, wanted func(logLine) bool) (lines []logLine, more uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range slices.Backward(l.kept) {
		if cursor != 0 && line.id > cursor || !wanted(line) {
			continue
		}
		if len(lines) == size {
			more = line.id
			break
		}
		lines = append(lines, line)
	}
	slices.Reverse(lines)
	return lines, more
}

// priority is MaxScale's word for a level.
func priority(level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return "error"
	case level >= slog.LevelWarn:
		return "warning"
	case level >= engine.LevelNotice:
		return "notice"
	case level >= slog.LevelInfo:
		return "info"
	}
	return "debug"
}
