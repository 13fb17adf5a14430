package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// logServicesView is the tab's own view of the services; see chainList.view.
const logServicesView = "log-services"

// logShown is how many lines of a session's log are drawn at first, and how many
// more each time that one asks for older ones; logMost is when there are no more.
const (
	logShown = 500
	logMost  = 2000
)

// sessionLogTab shows the log of a session as it grows, and switches what is
// logged.
type sessionLogTab struct {
	app.Compo
	ID  string // of the session
	Rev uint64

	last  *api.Session // session that what follows is about, as it was last seen
	tail  sessionTail
	away  bool   // the reader has left the end
	end   uint64 // number of the last line then: newer ones wait
	limit int    // lines that are drawn

	find   logFind
	all    bool // lines without it are shown as well
	chosen int  // line of those that are drawn, counted from 1; 0 for none
	cut    bool // long lines are cut, not wrapped
}

// OnMount asks for the services, whose levels are in effect for their sessions.
func (t *sessionLogTab) OnMount(ctx app.Context) {
	tabKeys = t
	console.watch(api.Subscribe{View: logServicesView, Topic: api.TopicServices})
	t.stick(ctx)
}

// OnUpdate shows the newest line.
func (t *sessionLogTab) OnUpdate(ctx app.Context) { t.stick(ctx) }

// OnDismount gives the services up.
func (t *sessionLogTab) OnDismount() {
	if tabKeys == keyHandler(t) {
		tabKeys = nil
	}
	console.unwatch(logServicesView)
}

// stick scrolls to the end, once the lines are drawn, unless the reader has left
// it.
func (t *sessionLogTab) stick(ctx app.Context) {
	if !t.away {
		ctx.Defer(func(app.Context) { ui.ScrollTo("log-tail", 1<<24) })
	}
}

// follow takes in what the session has become.
func (t *sessionLogTab) follow(s *api.Session) {
	if t.last == nil || t.last.ID != s.ID || t.last.Attributes.ConnectedAt != s.Attributes.ConnectedAt {
		t.tail, t.away, t.chosen, t.limit = sessionTail{}, false, 0, logShown
	}
	t.last = s
	t.tail.take(s.Attributes.Log, s.Attributes.LogLines)
}

// Render draws the tab. Of a session that has ended it shows the last that was
// known.
func (t *sessionLogTab) Render() app.UI {
	s, lives := sessionRow(sessionView, t.ID)
	if lives {
		t.follow(s)
	}
	if s = t.last; s == nil || s.ID != t.ID {
		return ui.Box("slog", ui.Para("empty faint", lang.T("The log of this session is not known.")))
	}
	lines, matches, older := t.shown()
	class := "tail"
	if t.cut {
		class = "tail cut"
	}
	return ui.Box("slog",
		&levelSwitches{ID: t.ID, Rev: t.Rev},
		t.renderTools(matches),
		t.find.renderProblem(),
		ui.Box("slog-tail data",
			app.Div().ID("log-tail").Class(class).TabIndex(0).Role("log").Aria("label", lang.T("Log of session {id}", "id", s.ID)).Aria("live", "off").
				OnScroll(t.scrolled).Body(
				app.Button().ID("log-older").Type("button").Class("btn s").Hidden(older == 0 || t.limit >= logMost).
					Text(lang.T("Show {older} older", "older", lang.Count(min(older, logShown)))).OnClick(t.showOlder),
				&logLines{Lines: lines, Find: t.find.filter, Chosen: t.chosen, Empty: t.empty(s)},
			),
			app.Button().ID("log-follow").Type("button").Class("btn s").Hidden(!t.away).Text(followText(t.waiting())).OnClick(t.rejoin),
		),
		ui.Para("slog-kept faint", t.kept()),
	)
}

// hits reports whether what is looked for is in a line.
func (t *sessionLogTab) hits(l *tailLine) bool {
	if l.Gap {
		return false
	}
	p := parseTraceLine(l.Text)
	return t.find.hits(view.Line{Session: t.ID, Level: p.Level, Message: p.Text})
}

// shown returns the lines to draw, how many of them match, and how many older
// ones are not drawn.
func (t *sessionLogTab) shown() (lines []tailLine, matches, older int) {
	lines = t.tail.lines
	if t.away {
		lines = t.tail.upTo(t.end)
	}
	if t.find.filter != nil && !t.all {
		var some []tailLine
		for i := range lines {
			if t.hits(&lines[i]) {
				some = append(some, lines[i])
			}
		}
		lines = some
	}
	older = max(len(lines)-max(t.limit, logShown), 0)
	lines = lines[older:]
	return lines, len(t.matches(lines)), older
}

// matches are the places of the shown lines in which something was found, counted
// from 1.
func (t *sessionLogTab) matches(lines []tailLine) []int {
	if t.find.filter == nil {
		return nil
	}
	var places []int
	for i := range lines {
		if !t.all || t.hits(&lines[i]) { // without all of them only these are shown
			places = append(places, i+1)
		}
	}
	return places
}

// empty says why there are no lines.
func (t *sessionLogTab) empty(s *api.Session) string {
	if t.find.filter != nil && len(t.tail.lines) > 0 {
		return lang.T("No line is of this kind.")
	}
	return emptyLog(&s.Attributes.Parameters)
}

// kept says how much of the log there is.
func (t *sessionLogTab) kept() string {
	text := lang.T("The server keeps the newest lines of a session: session_trace of them, at least 100. This page keeps {logKept} while it is open; {lines} so far", "logKept", lang.Count(logKept), "lines", lang.Count(len(t.tail.lines)))
	if t.tail.total > 0 {
		text += lang.T(", of {total} since connect", "total", lang.Count(t.tail.total))
	}
	return text + "."
}

// waiting is how many lines have come since the reader has left the end.
func (t *sessionLogTab) waiting() int { return int(t.tail.seen - min(t.end, t.tail.seen)) }

func followText(fresh int) string {
	if fresh == 0 {
		return lang.T("▼ Follow{keyHint}", "keyHint", keyHint("G"))
	}
	return lang.T("▼ {fresh} new — Follow{keyHint}", "fresh", lang.Count(fresh), "keyHint", keyHint("G"))
}

// renderTools draws what finds and saves lines.
func (t *sessionLogTab) renderTools(matches int) app.UI {
	count := ""
	if t.find.filter != nil {
		count = lang.N(matches, "{n} match|{n} matches")
		if t.chosen > 0 {
			count = lang.T("n/N · {count}", "count", count)
		}
	}
	button := func(id, text, title string) app.HTMLButton {
		return app.Button().ID("log-"+id).Type("button").Class("btn s").DataSet("do", id).Title(title).Text(text)
	}
	return app.Div().Class("slog-tools").OnClick(t.pressed).Body(
		app.Span().Class("q short").Body(
			t.find.renderFind("find", lang.T("Find: words, level:error, !without"), t.searched, t.findKey),
		),
		app.Span().Class("dim tnum").Role("status").Text(count),
		button("next", lang.T("Next"), lang.T("Next match{keyHint}", "keyHint", keyHint("n"))).Disabled(matches == 0),
		button("prev", lang.T("Previous"), lang.T("Previous match{keyHint}", "keyHint", keyHint("N"))).Disabled(matches == 0),
		button("only", lang.T("Only matches"), lang.T("Hide the lines that do not match")).Aria("pressed", boolText(!t.all)),
		app.Span().Class("sp"),
		button("wrap", lang.T("Wrap"), lang.T("Wrap long lines{keyHint}", "keyHint", keyHint("w"))).Aria("pressed", boolText(!t.cut)),
		button("copy", lang.T("Copy"), lang.T("Copy the lines that are shown")),
		button("save", lang.T("Download"), lang.T("Save the lines that are kept as a file")),
	)
}

// pressed does what a button stands for.
func (t *sessionLogTab) pressed(ctx app.Context, e app.Event) {
	if do := ui.Closest(e, "data-do"); do != "" {
		t.do(ctx, do)
	}
}

func (t *sessionLogTab) do(ctx app.Context, what string) {
	switch what {
	case "next":
		t.choose(ctx, 1)
	case "prev":
		t.choose(ctx, -1)
	case "only":
		t.all, t.chosen = !t.all, 0
		t.stick(ctx)
	case "wrap":
		t.cut = !t.cut
		t.stick(ctx)
	case "copy":
		lines, _, _ := t.shown()
		ui.Copy(tailText(lines))
		console.say(lang.T("Copied {lines}.", "lines", lang.N(len(lines), "{n} line|{n} lines")), false)
	case "save":
		ui.SaveText("session-"+t.ID+"-log-"+console.now().UTC().Format("20060102T150405Z")+".txt", tailText(t.tail.lines))
	}
}

// choose goes to the next line that matches, or the one before.
func (t *sessionLogTab) choose(ctx app.Context, by int) {
	lines, _, _ := t.shown()
	next := nextMatch(t.matches(lines), t.chosen, by)
	if next == 0 {
		return
	}
	t.leave(true)
	t.chosen = next
	ctx.Defer(func(app.Context) { ui.Reveal(chosenLine) })
}

// nextMatch returns the match after the place at, or the one before, round and
// round; the newest or the oldest when nothing is chosen, 0 when there is none.
func nextMatch(matches []int, at, by int) int {
	n := len(matches)
	if n == 0 {
		return 0
	}
	if by > 0 {
		for _, m := range matches {
			if m > at {
				return m
			}
		}
		return matches[0]
	}
	for i := n - 1; i >= 0; i-- {
		if matches[i] < at {
			return matches[i]
		}
	}
	return matches[n-1]
}

// searched takes the words to look for.
func (t *sessionLogTab) searched(ctx app.Context, _ app.Event) {
	t.find.set(ctx.JSSrc().Get("value").String())
	t.chosen = 0
	t.stick(ctx)
}

// findKey goes to the next match.
func (t *sessionLogTab) findKey(ctx app.Context, e app.Event) {
	if e.Get("key").String() == "Enter" {
		e.PreventDefault()
		t.find.asked = true
		by := 1
		if e.Get("shiftKey").Bool() {
			by = -1
		}
		t.choose(ctx, by)
	}
}

// key does what keys do on the log.
func (t *sessionLogTab) key(ctx app.Context, key string, _ bool) bool {
	switch key {
	case "n":
		t.choose(ctx, 1)
	case "N":
		t.choose(ctx, -1)
	case "w":
		t.do(ctx, "wrap")
	case "G":
		t.rejoin(ctx, app.Event{})
	case "/":
		ui.Focus("log-find")
	default:
		return false
	}
	return true
}

// scrolled notices when the reader leaves the end, and when they come back.
func (t *sessionLogTab) scrolled(ctx app.Context, _ app.Event) {
	e := ctx.JSSrc()
	left := e.Get("scrollHeight").Int() - e.Get("clientHeight").Int() - e.Get("scrollTop").Int()
	if !t.leave(left > 8) {
		ctx.PreventUpdate()
	}
}

// leave takes whether the reader is away from the end, and reports whether that
// is news.
func (t *sessionLogTab) leave(away bool) bool {
	if away == t.away {
		return false
	}
	t.away, t.end = away, t.tail.seen
	if !away {
		t.chosen, t.limit = 0, logShown
	}
	return true
}

// rejoin goes back to the end and stays there.
func (t *sessionLogTab) rejoin(ctx app.Context, _ app.Event) {
	t.leave(false)
	t.stick(ctx)
}

// showOlder draws more lines, in front of those that are read.
func (t *sessionLogTab) showOlder(app.Context, app.Event) {
	t.leave(true)
	t.limit = min(max(t.limit, logShown)+logShown, logMost)
	t.chosen = 0
}
