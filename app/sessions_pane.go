package app

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// sessionPane shows beside the table what the session under its cursor does.
type sessionPane struct {
	app.Compo
	Page *sessionsPage
	ID   string // of the session, "" for none
	Rev  uint64

	id    string       // session that what follows is about
	last  *api.Session // with everything, as it was last seen; nil before that
	ended time.Time    // when it was missed, zero while it lives
	way   serviceWay   // of the service
	alike *alikeAsk    // of the session

	moved, asked time.Time // when the cursor came here, and when a session was last asked for
	later        bool      // one will be asked for in a moment
}

// paneView is the pane's view of its session. There is one, which follows the
// cursor: not each row that it passes, and not too often, since what a page may
// ask in a minute is limited.
const (
	paneView  = "sessions-pane"
	paneRest  = 250 * time.Millisecond
	panePause = 800 * time.Millisecond
)

// OnMount asks for the session.
func (p *sessionPane) OnMount(ctx app.Context) { p.follow(ctx) }

// OnUpdate follows the cursor.
func (p *sessionPane) OnUpdate(ctx app.Context) { p.follow(ctx) }

// OnDismount gives the view up.
func (p *sessionPane) OnDismount() { console.unwatch(paneView) }

// follow takes the session of the cursor, and asks for it once the cursor
// rests.
func (p *sessionPane) follow(ctx app.Context) {
	now := time.Now()
	if p.id != p.ID {
		p.id, p.last, p.ended, p.moved, p.alike = p.ID, nil, time.Time{}, now, &alikeAsk{}
	}
	p.way.ask(p.last)
	p.alike.ask(p.last)
	if p.ID == "" || p.later || console.store.View(paneView).Ask.ID == p.ID {
		return
	}
	wait := max(paneRest-now.Sub(p.moved), panePause-now.Sub(p.asked))
	if wait <= 0 || p.asked.IsZero() {
		p.asked = now
		console.watch(api.Subscribe{View: paneView, Topic: api.TopicSession, ID: p.ID})
		return
	}
	p.later = true
	ctx.After(wait, func(ctx app.Context) {
		if p.later = false; p.Mounted() {
			p.follow(ctx)
		}
	})
}

// session is the session as it is, or was last seen; nil when it is not known
// yet.
func (p *sessionPane) session() *api.Session {
	if p.id != p.ID {
		return nil
	}
	v := console.store.View(paneView)
	s, ok := sessionRow(paneView, p.ID)
	switch {
	case ok && v.Ask.ID == p.ID:
		p.last, p.ended = s, timeOf(s.Attributes.EndedAt)
	case p.last != nil && p.ended.IsZero() && v.Ready && v.Shown == v.Ask:
		p.ended = console.now()
	}
	return p.last
}

// Render draws the pane.
func (p *sessionPane) Render() app.UI {
	pane := app.Aside().ID("pane").Class("session pane data").Aria("label", lang.T("Session under the cursor"))
	s := p.session()
	if p.ID == "" {
		return pane.Body(p.renderHead(nil), ui.Para("empty", lang.T("No row is chosen. Arrow keys or a click choose one.")))
	}
	if s == nil {
		return pane.Body(p.renderHead(nil), app.Div().Class("page faint").Text("…"))
	}
	now := console.now()
	if !p.ended.IsZero() {
		now = p.ended
	}
	return pane.Body(
		p.renderHead(s),
		app.Div().ID("pane-now").Class("pane-now").TabIndex(0).Role("region").Aria("label", lang.T("Session {id}", "id", p.ID)).Body(
			app.P().Class("banner").Hidden(p.ended.IsZero()).Text(endedWords(s)),
			renderNow(s, now, &p.way, p.alike.known),
		),
	)
}

// renderHead draws the session's name and state, and what can be done with it.
func (p *sessionPane) renderHead(s *api.Session) app.UI {
	lives := s != nil && p.ended.IsZero()
	chip := app.UI(app.Span().Hidden(true))
	switch {
	case lives:
		chip = ui.Chip(stateChip(s))
	case s != nil:
		chip = ui.Chip("ended", lang.T("Ended"), "ended")
	}
	kill := app.Button().ID("pane-kill").Type("button").Class("btn s do").Hidden(!lives || !console.mayAct()).Disabled(console.stale()).
		Title(keyLabel("K")).Text(lang.T("Kill…")).OnClick(p.kill)
	if console.stale() {
		kill = kill.Title(staleTitle())
	}
	return app.Header().Class("pane-head").Body(
		app.H2().Class("mono").Text(orDash(p.ID)),
		chip,
		app.Span().Class("sp"),
		kill,
		app.A().Class("btn s").Hidden(p.ID == "").Href(href("/sessions/"+p.ID)).Title("Enter").Text(lang.T("Open")),
		app.Button().ID("pane-close").Type("button").Class("btn s bare").Title(lang.T("Close (Esc)")).Aria("label", lang.T("Close")).Text("✕").OnClick(p.close),
	)
}

func (p *sessionPane) kill(ctx app.Context, _ app.Event) {
	if s := p.session(); s != nil && p.ended.IsZero() {
		console.askKill(ctx, s)
	}
}

func (p *sessionPane) close(ctx app.Context, _ app.Event) {
	sessionsSpot{p.Page}.toggle(ctx)
	ui.Focus("rows")
}
