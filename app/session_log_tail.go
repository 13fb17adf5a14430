package app

import (
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// logKept is how many lines the page keeps of a session's log.
const logKept = 5000

// tailLine is a line of a session's log, or a gap between two.
type tailLine struct {
	Text string
	Gap  bool
	Lost uint64 // lines that are missing in a gap, 0 when it is not known how many
	Head bool   // the gap is in front of all lines
}

// sessionTail is the log of a session as a page has seen it: the server sends the
// newest lines, and how many there ever were. The zero value has seen nothing.
type sessionTail struct {
	lines []tailLine // oldest first, at most logKept
	seen  uint64     // entries that ever were in lines: the last one's number
	total uint64     // lines that the session had logged
	last  []string   // as the server sent them last
}

// take takes in the newest lines and how many lines there ever were, 0 when the
// server does not tell.
func (t *sessionTail) take(log []string, total uint64) {
	if total == t.total && slices.Equal(log, t.last) {
		return
	}
	fresh, lost, gap := uint64(len(log)), uint64(0), false
	switch {
	case total > 0 && total < t.total: // it has begun anew
		*t = sessionTail{}
		fallthrough
	case t.seen == 0:
		lost = max(total, fresh) - fresh
		gap = lost > 0
	case total > 0:
		if came := total - t.total; came <= fresh {
			fresh = came
		} else {
			lost, gap = came-fresh, true
		}
	default:
		n := newLines(t.last, log)
		gap = n == len(log) && len(t.last) > 0
		fresh = uint64(n)
	}
	if gap {
		t.add(tailLine{Gap: true, Lost: lost, Head: t.seen == 0})
	}
	for _, line := range log[uint64(len(log))-fresh:] {
		t.add(tailLine{Text: line})
	}
	t.total, t.last = total, slices.Clone(log)
	if n := len(t.lines); n > logKept {
		t.lines = slices.Delete(t.lines, 0, n-logKept)
	}
}

func (t *sessionTail) add(line tailLine) {
	t.lines = append(t.lines, line)
	t.seen++
}

// upTo returns the lines up to the number end.
func (t *sessionTail) upTo(end uint64) []tailLine {
	after := min(t.seen-min(end, t.seen), uint64(len(t.lines)))
	return t.lines[:uint64(len(t.lines))-after]
}

// newLines returns how many lines have come after those that were kept. Old ones
// may have gone meanwhile.
func newLines(kept, lines []string) int {
	for i := range kept {
		if rest := kept[i:]; len(rest) <= len(lines) && slices.Equal(rest, lines[:len(rest)]) {
			return len(lines) - len(rest)
		}
	}
	return len(lines)
}

// gapWords says what is missing.
func gapWords(l *tailLine) string {
	switch {
	case l.Head:
		return lang.N(int(l.Lost), "— {n} older line is not kept any more —|— {n} older lines are not kept any more —")
	case l.Lost == 0:
		return lang.T("— lines may be missing here —")
	}
	return lang.N(int(l.Lost), "— {n} line dropped: they came faster than they are sent —|— {n} lines dropped: they came faster than they are sent —")
}

// tailText writes lines as text for the clipboard or a file.
func tailText(lines []tailLine) string {
	var b strings.Builder
	for i := range lines {
		if lines[i].Gap {
			b.WriteString(gapWords(&lines[i]))
		} else {
			b.WriteString(lines[i].Text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// logLines draws lines of a log. It is a component so that they are drawn again
// only when they are others.
type logLines struct {
	app.Compo
	Lines  []tailLine
	Find   *view.LogFilter // what it finds is marked; nil for nothing
	Chosen int             // line that is chosen, counted from 1; 0 for none
	Empty  string          // what to say when there are none
}

// Render draws the lines.
func (l *logLines) Render() app.UI {
	if len(l.Lines) == 0 {
		return app.Div().Body(ui.Para("empty", l.Empty))
	}
	return app.Div().Body(app.Range(l.Lines).Slice(func(i int) app.UI {
		if l.Lines[i].Gap {
			return ui.Para("gap dim", gapWords(&l.Lines[i]))
		}
		return l.renderLine(l.Lines[i].Text, i+1 == l.Chosen)
	}))
}

// traceLine is a line of a session's log, in its parts.
type traceLine struct{ Date, Time, Level, Text string }

// parseTraceLine parts "2026-11-21 22:53:32.129   info   : text". A line of
// another form is all text.
func parseTraceLine(line string) traceLine {
	stamp, rest, ok := strings.Cut(line, "   ")
	date, clock, dated := strings.Cut(stamp, " ")
	level, text, levelled := strings.Cut(rest, ": ")
	level = strings.TrimSpace(level)
	if !ok || !dated || !levelled || strings.ContainsRune(level, ' ') {
		return traceLine{Text: line}
	}
	return traceLine{Date: date, Time: clock, Level: level, Text: text}
}

// chosenLine is the id of the line that is chosen.
const chosenLine = "log-chosen"

func (l *logLines) renderLine(line string, chosen bool) app.UI {
	p := parseTraceLine(line)
	word, glyph, class := p.Level, "", "lv"
	for _, known := range sessionLevels {
		if known.name == "log_"+p.Level {
			word, glyph, class = lang.T(known.word), known.glyph, known.class
		}
	}
	find := logFind{filter: l.Find}
	row := app.Div().Class("line")
	if chosen {
		row = app.Div().Class("line chosen").ID(chosenLine)
	}
	return row.Body(
		app.Span().Class("at faint").Title(p.Date+" "+p.Time).Text(p.Time),
		app.Span().Class(class).Body(ui.Glyph(glyph), app.Text(word)),
		app.Span().Class("text").Body(find.renderMarked(p.Text)...),
	)
}
