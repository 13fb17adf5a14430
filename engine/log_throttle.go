package engine

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
)

// logThrottle leaves out of the log what comes too often: of lines that say the
// same of different sessions, so many in a window are let through, and then none
// for a while. Only warnings and errors are throttled, as in MaxScale.
type logThrottle struct {
	// Set by newLogThrottle, then constant.
	most         int // 0 for no limit
	window, rest time.Duration

	mu   sync.Mutex                // guards what follows
	seen map[string]*throttledLine // by format: as many as there are in the program
}

// throttledLine is one kind of line.
type throttledLine struct {
	since time.Time // when its window began, or its rest
	count int       // in the window
	left  int       // out, in the rest
}

// newLogThrottle takes a value of log_throttling: how many lines, in what time,
// and for how long none follow; "0" is no limit.
func newLogThrottle(value string) (*logThrottle, error) {
	bad := func() (*logThrottle, error) {
		return nil, Errorf(Invalid, "log_throttling: '%s' is not a number of lines and two durations, as 10, 1000ms, 10s", value)
	}
	parts := strings.Split(value, ",")
	most, err := strconv.Atoi(strings.TrimSpace(parts[0]))
	if err != nil || most < 0 || len(parts) != 3 && (most != 0 || len(parts) != 1) {
		return bad()
	}
	t := &logThrottle{most: most}
	for i, d := range []*time.Duration{&t.window, &t.rest} {
		if len(parts) == 1 {
			break
		}
		if *d, err = time.ParseDuration(strings.TrimSpace(parts[i+1])); err != nil || *d < 0 {
			return bad()
		}
	}
	return t, nil
}

// pass tells whether a line of this format is let through, and what is to be
// added to it.
func (t *logThrottle) pass(level slog.Level, format string, now time.Time) (note string, ok bool) {
	if t.most == 0 || level < slog.LevelWarn {
		return "", true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = make(map[string]*throttledLine)
	}
	line := t.seen[format]
	if line == nil {
		line = &throttledLine{since: now}
		t.seen[format] = line
	}
	if line.count >= t.most && now.Sub(line.since) < t.rest {
		line.left++
		return "", false
	}
	if line.count >= t.most || now.Sub(line.since) >= t.window {
		if line.left > 0 {
			note = fmt.Sprintf(" (%d lines like this were left out)", line.left)
		}
		*line = throttledLine{since: now}
	}
	if line.count++; line.count == t.most {
		line.since = now
		note += fmt.Sprintf(" (more lines like this are left out for %v)", t.rest)
	}
	return note, true
}
