package app

import (
	"context"
	"encoding/json"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// sessionButtons are the buttons of what can be done with a session.
type sessionButtons struct {
	app.Compo
	ID    string // of the session
	Ended bool
	Ask   *cancelQuestion
	Rev   uint64

	id   string // session that what follows is about
	menu bool   // the further choices are open
}

// cancelQuestion is whether to cancel the statement that a session runs.
type cancelQuestion struct {
	open bool
	of   api.Activity // as it was when it was asked
}

// ask asks whether to cancel the statement that the session id runs now.
func (q *cancelQuestion) ask(ctx app.Context, id string) {
	s, ok := sessionRow(sessionView, id)
	if !ok || s.Attributes.Activity.State != "running" || !console.mayAct() || console.stale() {
		return
	}
	*q = cancelQuestion{open: true, of: s.Attributes.Activity}
	ctx.Defer(func(app.Context) { ui.Focus("cancel-keep") })
}

// runs reports whether the statement that was asked about still runs.
func (q *cancelQuestion) runs(id string) bool {
	s, ok := sessionRow(sessionView, id)
	return ok && s.Attributes.Activity.State == "running" && s.Attributes.Activity.SinceAt == q.of.SinceAt
}

// Render draws the buttons, and the question whether to cancel a statement.
func (b *sessionButtons) Render() app.UI {
	if b.id != b.ID {
		b.id, b.menu = b.ID, false
	}
	s, ok := sessionRow(sessionView, b.ID)
	running := ok && s.Attributes.Activity.State == "running"
	acting := !b.Ended && console.mayAct()
	cancelTitle, restart, kill := lang.T("Stops what runs now; the session lives on"), lang.T("Server connections, filters and router start anew; the client goes on"), keyLabel("K")
	if console.stale() {
		cancelTitle, restart, kill = staleTitle(), staleTitle(), staleTitle()
	}
	return app.Div().Class("acts").OnKeyDown(b.pressed).Body(
		app.If(acting, func() app.UI {
			return app.Span().Class("acts").Body(
				app.Button().ID("cancel-statement").Type("button").Class("btn").Hidden(!running).Disabled(console.stale()).Title(cancelTitle).
					Text(lang.T("Cancel statement")).OnClick(b.askCancel),
				app.Button().Type("button").Class("btn").Disabled(console.stale()).Title(restart).Text(lang.T("Restart")).OnClick(b.restart),
				app.Button().Type("button").Class("btn do").Disabled(console.stale()).Title(kill).Text(lang.T("Kill session…")).OnClick(b.kill),
			)
		}),
		app.Button().ID("session-more").Type("button").Class("btn bare i").Aria("haspopup", "menu").Aria("expanded", boolText(b.menu)).
			Aria("label", lang.T("More")).Title(lang.T("More")).Text("⋯").OnClick(b.openMenu),
		app.If(b.menu, func() app.UI {
			return app.Div().Class("session-menu").Role("menu").Aria("label", lang.T("More")).OnClick(b.chosen).Body(
				app.Button().ID("session-menu-0").Type("button").Role("menuitem").DataSet("do", "link").Text(lang.T("Copy link")),
				app.Button().ID("session-menu-1").Type("button").Role("menuitem").DataSet("do", "maxctrl").Text(lang.T("Copy as maxctrl")),
				app.Button().ID("session-menu-2").Type("button").Role("menuitem").DataSet("do", "json").Text(lang.T("Export JSON")),
			)
		}),
		app.If(b.Ask != nil && b.Ask.open && acting, b.renderAsk),
	)
}

func (b *sessionButtons) openMenu(ctx app.Context, _ app.Event) {
	b.menu, b.Ask.open = !b.menu, false
	if b.menu {
		ctx.Defer(func(app.Context) { ui.Focus("session-menu-0") })
	}
}

// pressed closes the menu or the question, and goes through the menu.
func (b *sessionButtons) pressed(ctx app.Context, e app.Event) {
	if !b.menu && !b.Ask.open {
		return
	}
	at := ui.Closest(e, "id")
	next := map[string]string{
		"ArrowDown session-menu-0": "session-menu-1", "ArrowDown session-menu-1": "session-menu-2", "ArrowDown session-menu-2": "session-menu-0",
		"ArrowUp session-menu-0": "session-menu-2", "ArrowUp session-menu-1": "session-menu-0", "ArrowUp session-menu-2": "session-menu-1",
	}[e.Get("key").String()+" "+at]
	switch {
	case e.Get("key").String() == "Escape":
		to := "session-more"
		if b.Ask.open {
			to = "cancel-statement"
		}
		b.menu, b.Ask.open = false, false
		ctx.Defer(func(app.Context) { ui.Focus(to) })
	case next != "":
		ui.Focus(next)
	default:
		return
	}
	e.PreventDefault()
	e.Call("stopPropagation")
}

// chosen does what the choice that was clicked stands for.
func (b *sessionButtons) chosen(_ app.Context, e app.Event) {
	b.menu = false
	switch ui.Closest(e, "data-do") {
	case "link":
		ui.Copy(ui.Link(href("/sessions/" + b.ID)))
		console.say(lang.T("Copied a link to session {id}.", "id", b.ID), false)
	case "maxctrl":
		ui.Copy("maxctrl show session " + b.ID)
		console.say(lang.T("Copied: maxctrl show session {id}", "id", b.ID), false)
	case "json":
		b.export()
	}
}

// export saves the session as what is on the screen: the resource as the server
// has sent it.
func (b *sessionButtons) export() {
	s, ok := sessionRow(sessionView, b.ID)
	if !ok {
		return
	}
	text, err := json.MarshalIndent(map[string]any{"data": s}, "", "  ")
	if err != nil {
		console.say(lang.T("The session cannot be written: {error}.", "error", err.Error()), true)
		return
	}
	ui.SaveText("session-"+b.ID+"-"+console.now().UTC().Format("20060102T150405Z")+".json", string(text)+"\n")
}

func (b *sessionButtons) askCancel(ctx app.Context, _ app.Event) {
	b.menu = false
	b.Ask.ask(ctx, b.ID)
}

// askedFor is how much of a statement the question shows.
const askedFor = 400

// renderAsk draws the question, which names the statement.
func (b *sessionButtons) renderAsk() app.UI {
	asks, over := &b.Ask.of, !b.Ask.runs(b.ID)
	text := lang.T("It is stopped on {server}, the client gets an error, and the session lives on.", "server", orDash(asks.Server))
	if over {
		text = lang.T("This statement has ended by itself.")
	}
	return app.Div().Class("ask").Role("alertdialog").Aria("labelledby", "cancel-title").Aria("describedby", "cancel-what").Body(
		app.H2().ID("cancel-title").Text(lang.T("Cancel this statement?")),
		app.Pre().Class("statement").TabIndex(0).Aria("label", lang.T("Statement")).Text(ui.Clip(asks.Statement, askedFor)),
		app.P().ID("cancel-what").Class("dim").Aria("live", "polite").Text(text),
		ui.Box("foot",
			app.Button().ID("cancel-keep").Type("button").Class("btn").Text(lang.T("Let it run")).OnClick(b.keep),
			app.Button().ID("cancel-do").Type("button").Class("btn d").Disabled(over || console.stale()).Text(lang.T("Cancel statement")).OnClick(b.cancel),
		),
	)
}

func (b *sessionButtons) keep(ctx app.Context, _ app.Event) {
	b.Ask.open = false
	ctx.Defer(func(app.Context) { ui.Focus("cancel-statement") })
}

// cancel stops the statement that was asked about; the session lives on.
func (b *sessionButtons) cancel(app.Context, app.Event) {
	if !b.Ask.open || !b.Ask.runs(b.ID) || !console.mayAct() || console.stale() {
		return
	}
	b.Ask.open = false
	id := b.ID
	console.change(lang.T("The statement of session {id} was stopped.", "id", id), func(ctx context.Context) error {
		return console.client.CancelStatement(ctx, id)
	})
}

func (b *sessionButtons) kill(ctx app.Context, _ app.Event) { killShown(ctx, b.ID) }

// killShown opens the dialog for the session that the page shows, if it lives.
func killShown(ctx app.Context, id string) {
	if s, ok := sessionRow(sessionView, id); ok && s.Attributes.EndedAt == "" {
		console.askKill(ctx, s)
	}
}

func (b *sessionButtons) restart(app.Context, app.Event) { restartSession(b.ID) }

// restartSession restarts a session, or arranges for it.
func restartSession(id string) {
	if !console.mayAct() || console.stale() {
		return
	}
	console.change(lang.T("Session {id} restarts.", "id", id), func(ctx context.Context) error { return console.client.Restart(ctx, id) })
}
