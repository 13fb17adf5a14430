package app

import (
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// sessionView is the name of the view that the page of one session shows.
const sessionView = "session"

// staleTitle says why nothing can be done.
func staleTitle() string { return lang.T("Can't act on stale data — reconnect first.") }

// sessionPage is one session with everything that is known of it. When the
// session ends the page keeps what it last knew.
type sessionPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64

	id    string       // session that is watched
	last  *api.Session // as it was last seen, nil before that
	ended time.Time    // when it ended, or was first missed; zero while it lives

	way   serviceWay // of the service
	alike *alikeAsk  // of the session
	list  sessionList
	ask   cancelQuestion
}

// sessionTabs are the tabs by the last part of their address.
var sessionTabs = []struct{ path, label string }{
	{"", lang.Mark("Now")},
	{"statements", lang.Mark("Statements")},
	{"chain", lang.Mark("Chain")},
	{"log", lang.Mark("Log")},
	{"timeline", lang.Mark("Timeline")},
}

// tabKeys is the tab on the screen, when it has keys of its own.
var tabKeys keyHandler

// OnMount asks for the session.
func (p *sessionPage) OnMount(app.Context) {
	keys = p
	p.list.take(p.ID)
	p.watch()
}

// OnUpdate asks for another session when the address names another one.
func (p *sessionPage) OnUpdate(ctx app.Context) {
	if p.ID != p.id {
		p.watch()
	}
	p.way.ask(p.last)
	if p.Tab == "" && p.ended.IsZero() {
		p.alike.ask(p.last)
	}
	if id := p.list.found(p.ID); id != "" {
		p.goTo(ctx, id)
	}
}

// OnDismount gives the view up.
func (p *sessionPage) OnDismount() {
	if keys == keyHandler(p) {
		keys = nil
	}
	p.list.close()
	console.unwatch(sessionView)
}

// watch asks for the session of the address. The view is made anew for it: that
// it is ready must not mean the session before.
func (p *sessionPage) watch() {
	if p.id != "" {
		console.unwatch(sessionView)
	}
	p.id, p.last, p.ended, p.alike = p.ID, nil, time.Time{}, &alikeAsk{}
	p.ask = cancelQuestion{}
	console.watch(api.Subscribe{View: sessionView, Topic: api.TopicSession, ID: p.ID})
}

// session returns the session as it is, or else as it was last seen; nil when it
// never was.
func (p *sessionPage) session() *api.Session {
	s, ok := sessionRow(sessionView, p.ID)
	switch {
	case ok:
		p.last, p.ended = s, timeOf(s.Attributes.EndedAt)
	case p.last != nil && p.ended.IsZero() && console.store.View(sessionView).Ready:
		p.ended = console.now()
	}
	if p.last == nil || p.last.ID != p.ID {
		return nil
	}
	return p.last
}

// now is the server's time, which stands still when the session has ended.
func (p *sessionPage) now() time.Time {
	if !p.ended.IsZero() {
		return p.ended
	}
	return console.now()
}

// Render draws the page.
func (p *sessionPage) Render() app.UI {
	s := p.session()
	if s == nil {
		return ui.Box("session", p.renderNone())
	}
	return ui.Box("session",
		p.renderEnded(s),
		p.renderHead(s),
		p.renderPending(s),
		p.renderTabs(),
		p.renderTab(s),
	)
}

// renderNone stands for a session that has not been seen.
func (p *sessionPage) renderNone() app.UI {
	v := console.store.View(sessionView)
	switch {
	case v.Refused != "":
		return ui.Box("empty", ui.Para("err", v.Refused), sessionsLink())
	case !v.Ready:
		return ui.Box("empty", ui.Para("faint", lang.T("Loading session {id}…", "id", p.ID)), sessionsLink())
	}
	return ui.Box("empty",
		app.P().Text(lang.T("There is no session {id} now. It may have ended.", "id", p.ID)), sessionsLink())
}

func sessionsLink() app.UI { return app.A().Href(href("/sessions")).Text(lang.T("All sessions")) }

// renderEnded says that the session has ended, and why when that is known.
func (p *sessionPage) renderEnded(s *api.Session) app.UI {
	if p.ended.IsZero() {
		return app.Div().Hidden(true)
	}
	return app.Div().Class("banner").Role("status").Body(
		app.Span().Text(endedWords(s)),
		app.A().Href(href("/sessions/"+p.ID+"/timeline")).Text(lang.T("Timeline")),
		sessionsLink(),
	)
}

// endedWords says when a session ended, why and by whom, as far as that is known.
func endedWords(s *api.Session) string {
	a := &s.Attributes
	why := a.EndReason
	if n := len(a.Events); why == "" && n > 0 && a.Events[n-1].Kind == "closed" {
		why = a.Events[n-1].Detail
	}
	if a.EndedBy != "" && !strings.Contains(why, a.EndedBy) {
		why += lang.T(" (by {by})", "by", a.EndedBy)
	}
	text := lang.T("This session has ended")
	if a.EndedAt != "" {
		text = lang.T("This session ended at {endedAt}", "endedAt", sinceWhen(a.EndedAt))
	}
	if why != "" {
		text += " — " + why
	}
	return lang.T("{text}. What you see is the last that was known of it.", "text", text)
}

func (p *sessionPage) renderHead(s *api.Session) app.UI {
	a := &s.Attributes
	glyph, text, level := stateChip(s)
	if !p.ended.IsZero() {
		glyph, text, level = "ended", lang.T("Ended"), "ended"
	}
	return app.Header().Class("session-head").Body(
		app.H1().Body(
			app.Button().Type("button").Class("session-id mono").Title(lang.T("Copy the id")).Aria("label", lang.T("Session {id}, copy the id", "id", s.ID)).
				Text(s.ID).OnClick(p.copyID),
		),
		app.Span().Class("state").Body(ui.Chip(glyph, text, level)),
		app.Span().Class("mono clip").Title(a.User+"@"+view.Client(s)).Text(orDash(a.User)+"@"+view.Client(s)),
		app.Span().Class("dim clip").Title(lang.T("Schema")).Text(orDash(a.Database)),
		ui.Words("dim tnum", lang.T("age {s}", "s", elapsed(view.Age(s, view.Lag(s, p.now()))))),
		app.Span().Class("dim clip").Title(lang.T("Service and server")).Text(service(s)+arrow(a.Activity.Server)),
		app.Span().Class("sp"),
		&sessionButtons{ID: p.ID, Ended: !p.ended.IsZero(), Ask: &p.ask, Rev: p.Rev},
	)
}

// renderPending draws what waits for its moment, and why the last restart
// failed.
func (p *sessionPage) renderPending(s *api.Session) app.UI {
	waits := &s.Attributes.Pending
	failed := s.Attributes.LastRestartError
	if !p.ended.IsZero() || waits.Filters == nil && !waits.Restart && waits.Kill == nil && failed == "" {
		return app.Div().Hidden(true)
	}
	since := ""
	if at := timeOf(waits.Since); !at.IsZero() {
		since = lang.T(" · since {at}", "at", ui.Duration(p.now().Sub(at)))
	}
	return app.Div().Class("waits").OnClick(p.cancelClicked).Body(
		app.If(waits.Kill != nil, func() app.UI {
			text := lang.T("Kill in {now}", "now", ui.Countdown(timeOf(waits.Kill.At).Sub(p.now())))
			if waits.Kill.When == "idle" {
				text = lang.T("Kill when idle, at the latest in {now}", "now", ui.Countdown(timeOf(waits.Kill.At).Sub(p.now())))
			}
			return renderWait("kill", text, "hatch", killWords(waits.Kill))
		}),
		app.If(waits.Filters != nil, func() app.UI {
			return renderWait("filters", lang.T("Swap waits for {what}", "what", momentWords(waits.Waits)), "info", since)
		}),
		app.If(waits.Restart, func() app.UI {
			return renderWait("restart", lang.T("Restart waits for {waits}", "waits", momentWords(waits.Waits)), "info", since)
		}),
		app.If(failed != "", func() app.UI {
			return ui.Para("err", lang.T("The last restart failed: {failed}", "failed", failed))
		}),
	)
}

// renderWait draws one thing that waits; what is its name in the REST API.
func renderWait(what, text, level, rest string) app.UI {
	glyph := what
	if what == "filters" {
		glyph = "swap"
	}
	return ui.Box("wait",
		ui.Chip(glyph, text, level),
		ui.Words("dim", rest),
		app.If(console.mayAct(), func() app.UI {
			button := app.Button().Type("button").Class("btn s").DataSet("cancel", what).Disabled(console.stale()).Text(lang.T("Cancel"))
			if console.stale() {
				button = button.Title(staleTitle())
			}
			return button
		}),
	)
}

// momentWords says what a swap or a restart waits for.
func momentWords(waits string) string {
	switch waits {
	case "statement":
		return lang.T("the end of the statement")
	case "transaction":
		return lang.T("the end of the transaction")
	}
	return lang.T("its moment")
}

func killWords(k *api.PendingKill) string {
	text := lang.T("by {by}", "by", orDash(k.By))
	if k.Reason != "" {
		text += " · " + k.Reason
	}
	return text
}

func (p *sessionPage) renderTabs() app.UI {
	return app.Nav().Class("tabs").Aria("label", lang.T("Session {id}", "id", p.ID)).Body(
		app.Range(sessionTabs).Slice(func(i int) app.UI {
			current := "no"
			if sessionTabs[i].path == p.Tab {
				current = "page"
			}
			return app.A().Href(href(p.tabPath(i))).Aria("current", current).Hidden(embedded.without(sessionTabs[i].path)).Text(lang.T(sessionTabs[i].label))
		}),
	)
}

// tabPath is the address of tab i.
func (p *sessionPage) tabPath(i int) string {
	path := "/sessions/" + p.ID
	if tab := sessionTabs[i].path; tab != "" {
		path += "/" + tab
	}
	return path
}

func (p *sessionPage) renderTab(s *api.Session) app.UI {
	if embedded.without(p.Tab) {
		return app.Div().Class("empty").Text(lang.T("The application around this page does not show this."))
	}
	switch p.Tab {
	case "":
		return renderNow(s, p.now(), &p.way, p.alike.answer())
	case "statements":
		return &statementsTab{ID: p.ID, Rev: p.Rev}
	case "chain":
		return &chainTab{ID: p.ID, Rev: p.Rev}
	case "log":
		return &sessionLogTab{ID: p.ID, Rev: p.Rev}
	case "timeline":
		return &timelineTab{ID: p.ID, Rev: p.Rev}
	}
	return ui.Box("empty",
		app.P().Text(lang.T("A session has no page {tab}.", "tab", p.Tab)), app.A().Href(href("/sessions/"+p.ID)).Text(lang.T("Session {id}", "id", p.ID)))
}

// key does what keys do on the page.
func (p *sessionPage) key(ctx app.Context, key string, shift bool) bool {
	switch {
	case tabKeys != nil && tabKeys.key(ctx, key, shift):
	case key == "K" && shift:
		p.kill(ctx)
	case key == "[" || key == "]":
		step := 1
		if key == "[" {
			step = -1
		}
		if id := p.list.step(p.ID, step); id != "" {
			p.goTo(ctx, id)
		}
	case key == "Escape" && p.ask.open:
		p.ask.open = false
	case key == "Escape":
		ctx.Navigate(href("/sessions"))
	case len(key) == 1 && key[0] >= '1' && int(key[0]-'1') < len(sessionTabs):
		ctx.Navigate(href(p.tabPath(int(key[0] - '1'))))
	default:
		return false
	}
	return true
}

// goTo opens the same tab of another session.
func (p *sessionPage) goTo(ctx app.Context, id string) {
	path := "/sessions/" + id
	if p.Tab != "" {
		path += "/" + p.Tab
	}
	ctx.Navigate(href(path))
}

// kill opens the dialog for the session, if it lives.
func (p *sessionPage) kill(ctx app.Context) { killShown(ctx, p.ID) }

// cancelClicked takes back what the button that was clicked stands for.
func (p *sessionPage) cancelClicked(_ app.Context, e app.Event) {
	if what := ui.Closest(e, "data-cancel"); what != "" && console.mayAct() && !console.stale() {
		console.cancelPending(p.ID, what)
	}
}

func (p *sessionPage) copyID(app.Context, app.Event) {
	ui.Copy(p.ID)
	console.say(lang.T("Copied {id}.", "id", p.ID), false)
	embedded.did("copy", p.ID, "done")
}
