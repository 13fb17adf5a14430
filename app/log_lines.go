package app

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
)

// This file is about the lines of the program's log: those that are kept here,
// and which of them are shown.

// logLine is a line of the log, as the server sends it. Consecutive lines have
// consecutive ids.
type logLine struct {
	ID        string   `json:"id"`
	Message   string   `json:"message"`
	Module    string   `json:"module"`
	Session   string   `json:"session"`
	Priority  string   `json:"priority"`
	Timestamp string   `json:"timestamp"`
	Unix      int64    `json:"unix_timestamp"`
	Time      api.Time `json:"time"`

	n  int // ID as a number
	at time.Time
}

// maxLogLines is how many lines are kept here.
const maxLogLines = 5000

// logAnswer is a page of the log.
type logAnswer struct {
	lines []logLine // oldest first
	more  bool      // there are older ones
}

// readLog reads an answer of the server.
func readLog(answer []byte) (logAnswer, error) {
	var document struct {
		Data struct {
			Attributes struct {
				Log []logLine `json:"log"`
			} `json:"attributes"`
		} `json:"data"`
		Links api.Links `json:"links"`
	}
	if err := json.Unmarshal(answer, &document); err != nil {
		return logAnswer{}, err
	}
	lines := document.Data.Attributes.Log
	for i := range lines {
		l := &lines[i]
		l.n, _ = strconv.Atoi(l.ID)
		if l.at = timeOf(l.Time); l.at.IsZero() {
			l.at = time.Unix(l.Unix, 0)
		}
	}
	return logAnswer{lines, document.Links.Prev != ""}, nil
}

// logTail is the newest lines that are known, oldest first. Its slices are never
// written to: a page may go on showing one that is not the newest.
type logTail struct {
	lines []logLine
	more  bool // the server has older ones that there is room for
}

// newest is the number of the last line, 0 when there is none.
func (t *logTail) newest() int {
	if len(t.lines) == 0 {
		return 0
	}
	return t.lines[len(t.lines)-1].n
}

func (t *logTail) oldest() int {
	if len(t.lines) == 0 {
		return 0
	}
	return t.lines[0].n
}

// take takes in the newest page, and reports whether lines are missing between
// it and what was known. After a restart of the program, which counts from 1
// again, what was known is forgotten.
func (t *logTail) take(a logAnswer) (gap bool) {
	if len(a.lines) == 0 || t.restarted(a.lines) {
		t.lines = nil
	}
	last := t.newest()
	if last == 0 {
		t.lines, t.more = a.lines, a.more
		return false
	}
	gap = a.lines[0].n > last+1 && a.more
	fresh := a.lines
	for len(fresh) > 0 && fresh[0].n <= last {
		fresh = fresh[1:]
	}
	t.lines = slices.Concat(t.lines, fresh)
	t.lines = t.lines[max(len(t.lines)-maxLogLines, 0):]
	t.more = t.more && len(t.lines) < maxLogLines
	return gap
}

// restarted reports whether lines are those of another run than the known ones:
// they count less far, or a number means another line.
func (t *logTail) restarted(lines []logLine) bool {
	last := lines[len(lines)-1].n
	if last < t.newest() {
		return true
	}
	for i := range lines {
		at, ok := slices.BinarySearchFunc(t.lines, lines[i].n, func(l logLine, n int) int { return l.n - n })
		if ok {
			return t.lines[at].Time != lines[i].Time || t.lines[at].Message != lines[i].Message
		}
	}
	return false
}

// takeOlder takes in a page from before what is known, as far as there is room.
func (t *logTail) takeOlder(a logAnswer) {
	first := t.oldest()
	older := slices.DeleteFunc(slices.Clone(a.lines), func(l logLine) bool { return l.n >= first })
	older = older[max(len(older)+len(t.lines)-maxLogLines, 0):]
	t.lines = slices.Concat(older, t.lines)
	t.more = a.more && len(t.lines) < maxLogLines && len(older) > 0
}

// logQuery is which lines are shown.
type logQuery struct {
	Level   string        // the least level, "" for everything
	Session string        // id of the session that lines are about, "" for any
	Since   time.Duration // how old lines may be, 0 for any age
	Find    logFind
	Only    bool // only lines in which it is found
}

// logRank is how grave a priority is; the numbers of unknown ones is that of
// debug.
func logRank(priority string) int {
	return slices.Index([]string{"info", "notice", "warning", "error", "alert"}, priority)
}

// shows reports whether a line is shown.
func (q *logQuery) shows(l *logLine, now time.Time) bool {
	switch {
	case q.Level != "" && logRank(l.Priority) < logRank(q.Level),
		q.Session != "" && l.Session != q.Session,
		q.Since > 0 && now.Sub(l.at) > q.Since,
		q.Only && q.Find.filter != nil && !q.hits(l):
		return false
	}
	return true
}

// hits reports whether what is looked for is in a line.
func (q *logQuery) hits(l *logLine) bool {
	return q.Find.hits(view.Line{Session: l.Session, Level: l.Priority, Module: l.Module, Message: l.Message})
}

// logItem is a line that is shown, or a gap: lines that never came here.
type logItem struct {
	line *logLine // nil for a gap
	gap  int      // lines that are missing
}

// items are the lines that are shown, with the gaps between them.
func (q *logQuery) items(lines []logLine, now time.Time) []logItem {
	items := make([]logItem, 0, len(lines))
	missing := 0
	for i := range lines {
		if i > 0 {
			missing += max(lines[i].n-lines[i-1].n-1, 0)
		}
		if !q.shows(&lines[i], now) {
			continue
		}
		if missing > 0 {
			items = append(items, logItem{gap: missing})
			missing = 0
		}
		items = append(items, logItem{line: &lines[i]})
	}
	if missing > 0 {
		items = append(items, logItem{gap: missing})
	}
	return items
}

// logText writes lines as text, for the clipboard and for a file.
func logText(items []logItem) string {
	var b strings.Builder
	for _, it := range items {
		if it.line == nil {
			b.WriteString(lang.T("--- {gap} lines dropped ---\n", "gap", strconv.Itoa(it.gap)))
			continue
		}
		l := it.line
		b.WriteString(l.at.UTC().Format("2006-01-02T15:04:05.000Z") + " " + l.Priority)
		if l.Module != "" {
			b.WriteString(" (" + l.Module + ")")
		}
		b.WriteString(": " + oneLine(l.Message) + "\n")
	}
	return b.String()
}

// oneLine keeps a message from looking like several lines, or from steering the
// terminal that shows it.
func oneLine(text string) string {
	if strings.IndexFunc(text, control) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if control(r) {
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func control(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
