package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/ui"
)

// shell is the frame around every page: top bar, rail, tray, dialogs and
// notices.
type shell struct {
	app.Compo

	path  string // of the page, without the prefix
	query string // of the address, without the question mark
}

// OnMount starts the link to the server.
func (s *shell) OnMount(ctx app.Context) {
	s.navigated(ctx)
	console.start(ctx)
	listenKeys(ctx)
}

// OnNav takes the new address.
func (s *shell) OnNav(ctx app.Context) { s.navigated(ctx) }

func (s *shell) navigated(ctx app.Context) {
	u := ctx.Page().URL()
	s.path = strings.TrimSuffix(strings.TrimPrefix(u.Path, prefix()), "/")
	s.query = u.RawQuery
	if s.path == "" {
		s.path = "/overview"
	}
	console.rev++
}

// Render draws the page, or what stands in front of it.
func (s *shell) Render() app.UI {
	switch console.gate {
	case gateAsking:
		return app.Div().Class("gate").Body(app.P().Class("dim").Text("Connecting…"))
	case gateLogin, gateSetup:
		return &loginPage{Setup: console.gate == gateSetup, Demo: console.setup.Demo}
	case gateDown:
		return app.Div().Class("gate").Body(app.Div().Class("empty").Body(
			app.H1().Text("The server does not answer"),
			app.P().Text("Nothing is shown because nothing is known. Check that Signalbox is running and reachable."),
			app.Button().Class("btn").Text("Try again").OnClick(func(app.Context, app.Event) { console.ask() }),
		))
	}
	class := "app"
	if console.stale() {
		class = "app is-stale"
	}
	return app.Div().Class(class).Body(
		s.renderTop(),
		&rail{Path: s.path, Rev: console.rev},
		app.Main().ID("main").TabIndex(-1).Body(s.page()),
		&tray{Rev: console.rev},
		&killDialog{Rev: console.rev},
		renderToasts(console.toasts),
	)
}

// page is the page that the address names.
func (s *shell) page() app.UI {
	section, rest, _ := strings.Cut(strings.TrimPrefix(s.path, "/"), "/")
	id, tab, _ := strings.Cut(rest, "/")
	switch {
	case section == "overview":
		return &overviewPage{Rev: console.rev}
	case section == "queries":
		return &queriesPage{Query: s.query, Rev: console.rev}
	case section == "topology":
		return &topologyPage{Query: s.query, Rev: console.rev}
	case section == "pending":
		return &pendingPage{ID: id, Rev: console.rev}
	case section == "settings":
		return &settingsPage{Tab: id, Rev: console.rev}
	case section == "sessions" && id == "":
		return &sessionsPage{Query: s.query, Rev: console.rev}
	case section == "sessions":
		return &sessionPage{ID: id, Tab: tab, Rev: console.rev}
	case section == "services":
		return &servicesPage{ID: id, Rev: console.rev}
	case section == "servers":
		return &serversPage{ID: id, Rev: console.rev}
	case section == "filters":
		return &filtersPage{ID: id, Rev: console.rev}
	case section == "listeners":
		return &listenersPage{ID: id, Rev: console.rev}
	case section == "log":
		return &logPage{Rev: console.rev}
	case section == "audit":
		return &auditPage{Rev: console.rev}
	}
	return app.Div().Class("empty").Body(
		app.H1().Text("There is no such page"),
		app.A().Href(href("/sessions")).Text("Sessions"),
	)
}

func (s *shell) renderTop() app.UI {
	where := "proxy"
	if console.who.Demo {
		where = "demo"
	}
	return app.Header().Class("top").Body(
		app.A().Class("brand").Href(href("/sessions")).Body(
			ui.SVG("svg").Attr("viewBox", "0 0 14 14").Attr("aria-hidden", "true").Body(
				ui.SVG("path").Attr("d", "M1 1h5v5H1zM8 8h5v5H8z").Attr("fill", "currentColor"),
			),
			app.Text("Signalbox"),
		),
		app.Span().Class("crumb").Text(where),
		app.Span().Class("sp"),
		&freshness{Rev: console.rev},
		&holdButton{Held: console.held},
		app.Button().Class("btn bare i").Title("Light or dark (t)").Aria("label", "Light or dark").OnClick(switchTheme).Body(
			ui.SVG("svg").Class("g").Attr("viewBox", "0 0 12 12").Body(
				ui.SVG("path").Attr("d", "M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1zm0 1.4v7.2a3.6 3.6 0 0 1 0-7.2z").Attr("fill", "currentColor"),
			),
		),
		app.Span().Class("dim").Text(console.who.User+" · "+console.who.Role),
		app.Button().Class("btn bare").Text("Log out").OnClick(logOut),
	)
}

// switchTheme goes from light to dark and back.
func switchTheme(app.Context, app.Event) {
	next := "dark"
	if ui.Theme() == "dark" {
		next = "light"
	}
	console.prefs.change(func(o *ownPreferences) { o.Theme = next })
}

// freshness says how old what is on the screen is.
type freshness struct {
	app.Compo
	Rev uint64
}

// Render draws the sign and its words.
func (f *freshness) Render() app.UI {
	s := console.state
	age := ui.Duration(ms(s.BehindMs))
	switch {
	case s.Final:
		return app.Span().Class("fresh off").Role("status").Text("Not connected · " + s.Err)
	case !s.Connected:
		text := "Stale since " + s.Since.Local().Format("15:04:05")
		if !s.RetryAt.IsZero() {
			text += " · retry in " + ui.Duration(until(s.RetryAt))
		}
		return app.Span().Class("fresh stale").Role("status").Text(text)
	case s.Stale():
		return app.Span().Class("fresh stale").Role("status").Text("Stale · " + age + " behind")
	case s.Slow():
		return app.Span().Class("fresh slow").Role("status").Text("Slow · " + age + " behind")
	case console.held:
		return app.Span().Class("fresh held").Role("status").Text("Held")
	}
	return app.Span().Class("fresh").Role("status").Text("Live · " + age + " behind")
}

// holdButton freezes the rows of tables where they are.
type holdButton struct {
	app.Compo
	Held bool
}

// Render draws the button.
func (h *holdButton) Render() app.UI {
	text := "Hold rows"
	if h.Held {
		text = "Release rows"
	}
	return app.Button().Class("btn").Aria("pressed", boolText(h.Held)).OnClick(h.toggle).Body(app.Text(text), app.Kbd().Text("Space"))
}

func (h *holdButton) toggle(app.Context, app.Event) { toggleHold() }

func toggleHold() {
	console.held = !console.held
	console.rev++
}

// boolText is the value of an ARIA attribute. go-app drops the word true from
// some, which "true " escapes; assistive technology trims it.
func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// rail is the navigation.
type rail struct {
	app.Compo
	Path string
	Rev  uint64
}

var railItems = []struct{ path, label, icon string }{
	{"/overview", "Overview", "M2 2h5v7H2zM9 2h5v4H9zM9 8h5v6H9zM2 11h5v3H2z"},
	{"/sessions", "Sessions", "M2 3h12v2H2zM2 7h12v2H2zM2 11h8v2H2z"},
	{"/queries", "Live queries", "M2 3h7v2H2zM2 7h12v2H2zM2 11h5v2H2z"},
	{"/services", "Services", "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z"},
	{"/servers", "Servers", "M2 2h12v5H2zm2 2v1h2V4zM2 9h12v5H2zm2 2v1h2v-1z"},
	{"/filters", "Filters", "M2 2h12L9.5 8v6l-3-2V8z"},
	{"/listeners", "Listeners", "M8 1l5 5H9v9H7V6H3z"},
	{"/topology", "Topology", "M1 6h4v4H1zM11 1h4v4h-4zM11 11h4v4h-4zM5 7.2l6-4V5L6.5 8l4.5 3v1.8l-6-4z"},
	{"/log", "Log", "M3 2h10v12H3zm2 3v1h6V5zm0 3v1h6V8zm0 3v1h4v-1z"},
	{"/audit", "Audit", "M8 1l6 2v5c0 4-3 6-6 7-3-1-6-3-6-7V3zm-1 9.5L12 5.6 11 4.6 7 8.5 5.2 6.8l-1 1z"},
}

// Render draws the links.
func (r *rail) Render() app.UI {
	return app.Nav().Class("rail").Aria("label", "Pages").Body(
		app.Range(railItems).Slice(func(i int) app.UI {
			item := railItems[i]
			a := app.A().Href(href(item.path)).Title(item.label).Body(
				ui.SVG("svg").Attr("viewBox", "0 0 16 16").Attr("aria-hidden", "true").Body(
					ui.SVG("path").Attr("d", item.icon).Attr("fill", "currentColor").Attr("fill-rule", "evenodd")),
				app.B().Text(item.label),
				app.If(item.path == "/sessions" && console.store.View(sessionsView).Ready, func() app.UI {
					return app.Span().Text(ui.Count(console.store.View(sessionsView).All))
				}),
			)
			if strings.HasPrefix(r.Path, item.path) {
				a = a.Aria("current", "page")
			} else {
				a = a.Aria("current", "no")
			}
			return a
		}),
	)
}

func logOut(app.Context, app.Event) { console.logOut() }
