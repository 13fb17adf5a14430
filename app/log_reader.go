package app

import (
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

const (
	logEnd     = 24  // pixels that count as the end
	logHeight  = 20  // of a line that does not wrap, in pixels as in log.css
	logSpare   = 40  // lines that are drawn beyond both ends of what one sees
	maxWrapped = 500 // lines that are drawn while they wrap
	maxMarks   = 20  // how often what was found is marked in one line
)

// logReader is somebody who reads the log: which lines they want to see and how
// far they have scrolled. At the end they see lines as they come; further up
// nothing moves.
type logReader struct {
	show logQuery
	wrap bool // long lines go on below

	tail        logTail
	away        bool      // the end is not in sight
	kept        []logLine // what there is to see while it is not
	found       int       // number of the line that was last gone to, 0 for none
	top, height int       // of what one sees, in pixels

	memo logMemo
}

// logMemo is what items has found, so that it need not look again.
type logMemo struct {
	key   logMemoKey
	items []logItem
	hits  []int // indices of the items in which something was found
}

type logMemoKey struct {
	show           logQuery
	oldest, newest int
	last           string
	second         int64 // while it matters how old lines are
}

// items are the lines that are shown, and hits those in which something was
// found.
func (r *logReader) items(now time.Time) (items []logItem, hits []int) {
	lines := r.tail.lines
	if r.away {
		lines = r.kept
	}
	key := logMemoKey{show: r.show}
	if n := len(lines); n > 0 {
		key.oldest, key.newest, key.last = lines[0].n, lines[n-1].n, string(lines[n-1].Time)
	}
	if r.show.Since > 0 {
		key.second = now.Unix()
	}
	if r.memo.items == nil || r.memo.key != key {
		r.memo = logMemo{key: key, items: r.show.items(lines, now)}
		for i, it := range r.memo.items {
			if it.line != nil && r.show.hits(it.line) {
				r.memo.hits = append(r.memo.hits, i)
			}
		}
	}
	return r.memo.items, r.memo.hits
}

// fresh is how many lines that would be shown have come since the reader left the
// end.
func (r *logReader) fresh(now time.Time) int {
	last, n := 0, 0
	if len(r.kept) > 0 {
		last = r.kept[len(r.kept)-1].n
	}
	for i := range r.tail.lines {
		if l := &r.tail.lines[i]; l.n > last && r.show.shows(l, now) {
			n++
		}
	}
	return n
}

// window is which of n items are drawn: those that one sees and some more, or
// while lines wrap the last ones.
func (r *logReader) window(n int) (first, last int) {
	if r.wrap {
		return max(n-maxWrapped, 0), n
	}
	height, top := r.height, r.top
	if height == 0 {
		height = 1000
	}
	if !r.away {
		top = max(n*logHeight-height, 0)
	}
	first = min(max(top/logHeight-logSpare, 0), n)
	return first, min((top+height)/logHeight+logSpare, n)
}

// leave takes whether the reader is away from the end, and reports whether that
// is news. What they see then stays.
func (r *logReader) leave(away bool) bool {
	if away == r.away {
		return false
	}
	r.away, r.kept = away, nil
	if away {
		r.kept = r.tail.lines
	}
	return true
}

// takeOlder takes in lines from before. What one reads stays where it is: with
// jump the page has to scroll to top.
func (r *logReader) takeOlder(a logAnswer, now time.Time) (jump bool) {
	before, was := len(r.tail.lines), len(r.memo.items)
	r.tail.takeOlder(a)
	added := r.tail.lines[:max(len(r.tail.lines)-before, 0)]
	if !r.away || len(added) == 0 {
		return false
	}
	r.kept = append(added[:len(added):len(added)], r.kept...)
	items, _ := r.items(now)
	r.top += max(len(items)-was, 0) * logHeight
	return !r.wrap
}

// seek goes to the next line in which something was found, or with -1 to the one
// before; beyond the end it goes on at the other. It begins with the newest one.
func (r *logReader) seek(step int, now time.Time) bool {
	items, hits := r.items(now)
	first, _ := r.window(len(items))
	for r.wrap && len(hits) > 0 && hits[0] < first {
		hits = hits[1:] // these are not drawn
	}
	if len(hits) == 0 {
		return false
	}
	at := -1 // the last one that is not after where the reader is
	for i, hit := range hits {
		if n := items[hit].line.n; n < r.found || n == r.found {
			at = i
		}
	}
	switch {
	case r.found == 0, at < 0 && step < 0:
		at = len(hits) - 1
	default:
		at = (at + step + len(hits)) % len(hits)
	}
	r.leave(true)
	r.found = items[hits[at]].line.n
	r.top = max(hits[at]*logHeight-r.height/2, 0)
	return true
}

// place says which of the lines in which something was found the reader is at:
// "3 of 17".
func (r *logReader) place(now time.Time) string {
	items, hits := r.items(now)
	if len(hits) == 0 {
		return lang.T("not found")
	}
	for i, hit := range hits {
		if items[hit].line.n == r.found {
			return lang.T("{n} of {all}", "n", lang.Count(i+1), "all", lang.Count(len(hits)))
		}
	}
	return lang.N(len(hits), "{n} line|{n} lines")
}

func (r *logReader) renderItem(it logItem) app.UI {
	if it.line == nil {
		return app.Div().Class("entry gap").Text(lang.T("— {gap} dropped —", "gap", lang.N(it.gap, "{n} line|{n} lines")))
	}
	l := it.line
	at := inZone(l.at)
	class := "entry"
	if l.n == r.found {
		class = "entry found"
	}
	hint := " "
	if !r.wrap {
		hint = ui.Clip(oneLine(l.Message), 1000) + " "
	}
	return app.Div().Class(class).ID("log-"+strconv.Itoa(l.n)).Body(
		app.Span().Class("at").Title(lang.T("{format} · {timestamp} on the server", "format", l.at.UTC().Format("2006-01-02T15:04:05.000Z"), "timestamp", l.Timestamp)).Body(
			ui.Words("day", at.Format("2006-01-02 ")),
			app.Text(at.Format("15:04:05.000")),
		),
		app.Span().Class("level", l.Priority).Body(ui.Glyph(levelGlyph(l.Priority)), app.Text(l.Priority)),
		app.Span().Class("of").Body(app.If(l.Session != "", func() app.UI {
			return app.Button().Type("button").Class("link").DataSet("session", l.Session).Aria("label", lang.T("Only session {session}", "session", l.Session)).Text(l.Session)
		})),
		app.Span().Class("mod clip").Title(orDash(l.Module)).Body(r.show.Find.renderMarked(l.Module)...),
		app.Span().Class("what").Title(hint).Body(r.show.Find.renderMarked(l.Message)...),
	)
}

// levelGlyph is the sign of a priority.
func levelGlyph(priority string) string {
	switch priority {
	case "alert", "error":
		return "blocked"
	case "warning":
		return "long"
	case "notice":
		return "primary"
	case "info":
		return "replica"
	}
	return "connecting"
}
