package engine

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/module"
)

// LevelNotice is MaxScale's level between info and warning.
const LevelNotice = slog.LevelInfo + 2

// minLogLines is how many lines a session keeps when session_trace is not set.
// MaxScale: keeps none then. Here the lines that the session's levels let
// through are kept, so that switching a level on shows something at once.
const minLogLines = 100

// sessionLog is a session's log levels and its newest lines.
type sessionLog struct {
	capacity int           // session_trace: with it, lines of every level are kept
	passing  atomic.Uint32 // bits of the levels in effect

	mu      sync.Mutex // guards what follows
	service LogLevels
	own     LogLevels
	limit   *logLimit // of what is set for the session; nil when there is none
	lines   []string  // a ring once it is full
	first   int
	total   uint64 // lines that were ever kept
}

// logLimit is when the levels that are set for a session go back to what they
// were before, by themselves.
type logLimit struct {
	back  LogLevels
	until time.Time
	timer *time.Timer
}

// set takes the levels that the service logs at. Errors are always logged.
func (l *sessionLog) set(v module.Values) {
	l.service = LogLevels{
		Error: true, Warning: v.Bool("log_warning"), Notice: v.Bool("log_notice"),
		Info: v.Bool("log_info"), Debug: v.Bool("log_debug"),
	}
	l.passing.Store(l.levelsLocked().bits())
}

var logLevelNames = []string{"log_error", "log_warning", "log_notice", "log_info", "log_debug"}

// bit returns the field of l that name stands for.
func (l *LogLevels) bit(name string) *bool {
	switch name {
	case "log_error":
		return &l.Error
	case "log_warning":
		return &l.Warning
	case "log_notice":
		return &l.Notice
	case "log_info":
		return &l.Info
	case "log_debug":
		return &l.Debug
	}
	return nil
}

// bits is the levels as a number, with the bit of each, of levelBit, that is on.
func (l LogLevels) bits() (bits uint32) {
	for i, on := range []bool{l.Error, l.Warning, l.Notice, l.Info, l.Debug} {
		if on {
			bits |= 1 << i
		}
	}
	return bits
}

func levelBit(level slog.Level) uint32 {
	switch {
	case level >= slog.LevelError:
		return 1 << 0
	case level >= slog.LevelWarn:
		return 1 << 1
	case level >= LevelNotice:
		return 1 << 2
	case level >= slog.LevelInfo:
		return 1 << 3
	}
	return 1 << 4
}

func (l *sessionLog) check(levels map[string]bool) error {
	for name := range levels {
		if !slices.Contains(logLevelNames, name) {
			return Errorf(Invalid, "'%s' is not a parameter of a session; these are: %s", name, strings.Join(logLevelNames, ", "))
		}
	}
	return nil
}

// apply sets levels, without end or, when limit is positive, until expired is
// called. One limit holds for all levels that have one: a new one replaces it.
func (l *sessionLog) apply(levels map[string]bool, limit time.Duration, expired func(*logLimit)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	back, until := l.own, time.Time{}
	if l.limit != nil {
		back, until = l.limit.back, l.limit.until
	}
	if limit > 0 {
		until = time.Now().Add(limit)
	}
	for name, on := range levels {
		*l.own.bit(name) = on
		if limit == 0 {
			*back.bit(name) = on
		}
	}
	l.passing.Store(l.levelsLocked().bits())
	l.stopLocked()
	if back == l.own || until.IsZero() {
		return // nothing would go back
	}
	next := &logLimit{back: back, until: until}
	next.timer = time.AfterFunc(time.Until(until), func() { expired(next) })
	l.limit = next
}

// expire puts back what limit says, and returns what that changes: nothing when
// another limit has taken its place.
func (l *sessionLog) expire(limit *logLimit) map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit != limit {
		return nil
	}
	changed := map[string]bool{}
	for _, name := range logLevelNames {
		if on := *limit.back.bit(name); on != *l.own.bit(name) {
			changed[name] = on
		}
	}
	l.own, l.limit = limit.back, nil
	l.passing.Store(l.levelsLocked().bits())
	return changed
}

// stop has the levels stay what they are.
func (l *sessionLog) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopLocked()
}

func (l *sessionLog) stopLocked() {
	if l.limit != nil {
		l.limit.timer.Stop()
		l.limit = nil
	}
}

// inEffect returns the levels, and when they go back by themselves, the zero time
// when they do not.
func (l *sessionLog) inEffect() (levels LogLevels, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit != nil {
		until = l.limit.until
	}
	return l.levelsLocked(), until
}

// expireLevels puts the levels of a session back whose time is over.
func expireLevels(s *Session, limit *logLimit) {
	s.mu.Lock()
	changed := s.log.expire(limit)
	if len(changed) > 0 {
		s.seen.timeline.note("log_level", s.log.describe(changed)+", as before", "")
	}
	s.mu.Unlock()
	if len(changed) > 0 {
		s.notable()
	}
}

// passes reports whether lines of level pass by the levels in effect.
func (l *sessionLog) passes(level slog.Level) bool { return l.passing.Load()&levelBit(level) != 0 }

// levelsLocked returns the levels in effect: the session's own or its service's.
func (l *sessionLog) levelsLocked() LogLevels {
	return LogLevels{
		Error: l.own.Error || l.service.Error, Warning: l.own.Warning || l.service.Warning,
		Notice: l.own.Notice || l.service.Notice, Info: l.own.Info || l.service.Info,
		Debug: l.own.Debug || l.service.Debug,
	}
}

// describe says in words what levels switches.
func (l *sessionLog) describe(levels map[string]bool) string {
	var words []string
	for _, name := range logLevelNames {
		if on, ok := levels[name]; ok {
			state := "off"
			if on {
				state = "on"
			}
			words = append(words, strings.TrimPrefix(name, "log_")+" "+state)
		}
	}
	return strings.Join(words, ", ")
}

// add keeps a line, in the place of the oldest one when there are enough.
func (l *sessionLog) add(line string) {
	l.total++
	limit := max(l.capacity, minLogLines)
	if len(l.lines) < limit {
		l.lines = append(l.lines, line)
		return
	}
	l.lines[l.first] = line
	l.first = (l.first + 1) % len(l.lines)
}

// tail returns the kept lines, oldest first, and how many there ever were.
func (l *sessionLog) tail() ([]string, uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := make([]string, 0, len(l.lines))
	return append(append(lines, l.lines[l.first:]...), l.lines[:l.first]...), l.total
}

// Logs reports whether a line of level would be kept or written. A caller asks
// before it composes a costly line.
func (s *Session) Logs(level slog.Level) bool {
	return s.log.capacity > 0 || (s.log.passing.Load()|s.engine.logger.passing.Load())&levelBit(level) != 0
}

// logger is the program's.
type logger struct {
	*slog.Logger
	passing atomic.Uint32 // bits of the levels that it lets through
}

// readLevels asks it what it lets through, once a second: to ask it goes through
// several layers, and each statement wants to know.
func (l *logger) readLevels() {
	var bits uint32
	for _, level := range []slog.Level{slog.LevelError, slog.LevelWarn, LevelNotice, slog.LevelInfo, slog.LevelDebug} {
		if l.Enabled(context.Background(), level) {
			bits |= levelBit(level)
		}
	}
	l.passing.Store(bits)
}

// Logf writes a line to the session's log and, when its levels or the
// program's let it through, to the program's.
func (s *Session) Logf(level slog.Level, format string, args ...any) {
	if !s.Logs(level) {
		return
	}
	text := fmt.Sprintf(format, args...)
	s.log.mu.Lock()
	on := s.log.passes(level)
	if on || s.log.capacity > 0 || level >= LevelNotice {
		s.log.add(time.Now().Format("2006-01-02 15:04:05.000") + "   " + levelName(level) + ": " + text)
	}
	s.log.mu.Unlock()
	s.boring()
	ctx := context.Background()
	if !on && !s.engine.logger.Enabled(ctx, level) {
		return
	}
	note, pass := s.service.throttle.pass(level, format, time.Now())
	if !pass {
		return
	}
	text += note
	// A session's level opens the program's log for its lines, whatever that
	// lets through otherwise.
	record := slog.NewRecord(time.Now(), level, text, 0)
	record.AddAttrs(slog.Uint64("session", s.id), slog.String("service", s.service.Name()))
	_ = s.engine.logger.Handler().Handle(ctx, record)
}

func levelName(level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return "error  "
	case level >= slog.LevelWarn:
		return "warning"
	case level >= LevelNotice:
		return "notice "
	case level >= slog.LevelInfo:
		return "info   "
	}
	return "debug  "
}
