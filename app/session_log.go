package app

import (
	"context"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// logServicesView is the tab's own view of the services; see chainFiltersView.
const logServicesView = "log-services"

// logShown is how many lines of a session's log are drawn.
const logShown = 500

// sessionLevels are the levels of a session, most severe first.
var sessionLevels = []struct{ name, word, glyph, class string }{
	{"log_error", "Error", "blocked", "lv-error"},
	{"log_warning", "Warning", "long", "lv-warning"},
	{"log_notice", "Notice", "primary", "lv"},
	{"log_info", "Info", "replica", "lv"},
	{"log_debug", "Debug", "maint", "lv"},
}

// sessionLogTab shows the log of a session as it grows, and switches what is
// logged.
type sessionLogTab struct {
	app.Compo
	ID  string // of the session
	Rev uint64

	last *api.Session // session that what follows is about, as it was last seen
	away bool         // the reader has left the end
	kept []string     // lines as they were then: they stay while they are read
}

// OnMount asks for the services, whose levels are in effect for their sessions.
func (t *sessionLogTab) OnMount(ctx app.Context) {
	console.watch(api.Subscribe{View: logServicesView, Topic: api.TopicServices})
	t.stick(ctx)
}

// OnUpdate shows the newest line.
func (t *sessionLogTab) OnUpdate(ctx app.Context) { t.stick(ctx) }

// OnDismount gives the services up.
func (t *sessionLogTab) OnDismount() { console.unwatch(logServicesView) }

// stick scrolls to the end, once the lines are drawn, unless the reader has left
// it.
func (t *sessionLogTab) stick(ctx app.Context) {
	if !t.away {
		ctx.Defer(func(app.Context) { ui.ScrollTo("log-tail", 1<<24) })
	}
}

// Render draws the tab. Of a session that has ended it shows the last that was
// known.
func (t *sessionLogTab) Render() app.UI {
	if s, ok := sessionRow(sessionView, t.ID); ok {
		if t.last == nil || t.last.ID != s.ID {
			t.away, t.kept = false, nil
		}
		t.last = s
	}
	s := t.last
	if s == nil || s.ID != t.ID {
		return app.Div().Class("slog").Body(app.P().Class("empty faint").Text("The log of this session is not known."))
	}
	lines, fresh := s.Attributes.Log, 0
	if t.away {
		lines, fresh = t.kept, newLines(t.kept, s.Attributes.Log)
	}
	return app.Div().Class("slog").Body(
		t.renderLevels(s),
		app.Div().Class("slog-tail data").Body(
			app.Div().ID("log-tail").Class("tail").TabIndex(0).Role("log").Aria("label", "Log of session "+s.ID).Aria("live", "off").
				OnScroll(t.scrolled).Body(&logLines{Lines: lines, Empty: emptyLog(&s.Attributes.Parameters)}),
			app.Button().ID("log-follow").Type("button").Class("btn s").Hidden(!t.away).Text(followText(fresh)).OnClick(t.rejoin),
		),
	)
}

func followText(fresh int) string {
	if fresh == 0 {
		return "▼ Follow"
	}
	return "▼ Follow · " + ui.Count(fresh) + " new"
}

// levelOn reports whether a level is in effect.
func levelOn(p *api.SessionParameters, level string) bool {
	switch level {
	case "log_error":
		return p.LogError
	case "log_warning":
		return p.LogWarning
	case "log_notice":
		return p.LogNotice
	case "log_info":
		return p.LogInfo
	case "log_debug":
		return p.LogDebug
	}
	return false
}

// levelFixed says why a level cannot be switched for the session alone; "" when it
// can. Errors are always logged, and what the service logs, all its sessions do.
func levelFixed(s *api.Session, level string) string {
	if level == "log_error" {
		return "always"
	}
	name := service(s)
	if v, ok := model.Row[api.ServiceAttributes](console.store.View(logServicesView), name); ok {
		if set, _ := v.Attributes.Parameters[level].(bool); set {
			return "by " + name
		}
	}
	return ""
}

// renderLevels draws the switches, or says what is logged to those who may not
// switch it.
func (t *sessionLogTab) renderLevels(s *api.Session) app.UI {
	p := &s.Attributes.Parameters
	if !console.mayAct() {
		return app.Div().Class("slog-levels").Body(app.P().ID("log-levels").Class("dim").Text(loggedWords(p)))
	}
	return app.Div().Class("slog-levels").Body(
		app.Div().ID("log-levels").Class("switches").Role("group").Aria("label", "Log levels of this session").OnClick(t.clicked).Body(
			app.Range(sessionLevels).Slice(func(i int) app.UI {
				l := sessionLevels[i]
				why := levelFixed(s, l.name)
				return app.Button().Type("button").Class("switch").Role("switch").DataSet("level", l.name).
					Aria("checked", boolText(levelOn(p, l.name))).Disabled(console.stale() || why != "").Body(
					app.Text(l.word),
					app.If(why != "", func() app.UI { return app.Span().Class("faint").Text(why) }),
				)
			}),
		),
		app.P().Class("faint").Text("A level that is on is also written to the program's log. With session_trace lines of every level are kept here."),
	)
}

// loggedWords says which levels are in effect.
func loggedWords(p *api.SessionParameters) string {
	var words []string
	for _, l := range sessionLevels {
		if levelOn(p, l.name) {
			words = append(words, l.word)
		}
	}
	if len(words) == 0 {
		return "Nothing of this session is logged."
	}
	return "Logged of this session: " + strings.Join(words, ", ") + "."
}

// emptyLog says why there are no lines and which level to switch on.
func emptyLog(p *api.SessionParameters) string {
	text := "This session has logged nothing yet."
	switch {
	case !console.mayAct():
	case !p.LogInfo:
		text += " Switch on Info to see where its statements go."
	case !p.LogDebug:
		text += " Switch on Debug to see more."
	}
	return text
}

func (t *sessionLogTab) clicked(_ app.Context, e app.Event) { t.flip(ui.Closest(e, "data-level")) }

// flip switches a level to what it is not.
func (t *sessionLogTab) flip(level string) {
	s, ok := sessionRow(sessionView, t.ID)
	if !ok || level == "" || !console.mayAct() || console.stale() || levelFixed(s, level) != "" {
		return
	}
	id, levels := t.ID, map[string]bool{level: !levelOn(&s.Attributes.Parameters, level)}
	console.change("", func(ctx context.Context) error { return console.client.SetLogLevels(ctx, id, levels) })
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
	t.away, t.kept = away, nil
	if away && t.last != nil {
		t.kept = slices.Clone(t.last.Attributes.Log)
	}
	return true
}

// rejoin goes back to the end and stays there.
func (t *sessionLogTab) rejoin(ctx app.Context, _ app.Event) {
	t.leave(false)
	t.stick(ctx)
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

// logLines draws lines of a log. It is a component so that they are drawn again
// only when they are others.
type logLines struct {
	app.Compo
	Lines []string
	Empty string // what to say when there are none
}

// Render draws the lines.
func (l *logLines) Render() app.UI {
	lines := l.Lines
	if len(lines) == 0 {
		return app.Div().Body(app.P().Class("empty").Text(l.Empty))
	}
	older := max(len(lines)-logShown, 0)
	lines = lines[older:]
	return app.Div().Body(
		app.If(older > 0, func() app.UI {
			return app.P().Class("faint older").Text(ui.Plural(older, "older line is", "older lines are") + " not shown")
		}),
		app.Range(lines).Slice(func(i int) app.UI { return renderTraceLine(lines[i]) }),
	)
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

func renderTraceLine(line string) app.UI {
	l := parseTraceLine(line)
	word, glyph, class := l.Level, "", "lv"
	for _, known := range sessionLevels {
		if known.name == "log_"+l.Level {
			word, glyph, class = known.word, known.glyph, known.class
		}
	}
	return app.Div().Class("line").Body(
		app.Span().Class("at faint").Title(l.Date+" "+l.Time).Text(l.Time),
		app.Span().Class(class).Body(ui.Glyph(glyph), app.Text(word)),
		app.Span().Class("text").Text(l.Text),
	)
}
