package app

import (
	"net/url"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
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
	console.layer.build = app.Getenv("GOAPP_VERSION")
	if embedded = newEmbedding(strings.TrimPrefix(ctx.Page().URL().Path, prefix()), ctx.Page().URL().RawQuery); embedded != nil {
		embedded.shell = s
	}
	s.navigated(ctx)
	console.start(ctx)
	if embedded != nil {
		embedded.mounted(ctx)
	}
	listenKeys(ctx)
	ui.OnDownload(func(status int, answer string) {
		console.later(func() { console.say(client.Refused(status, answer).Detail, true) })
	})
	ui.OnSystemTheme(func() { console.later(console.prefs.apply) })
}

// OnNav takes the new address.
func (s *shell) OnNav(ctx app.Context) { s.navigated(ctx) }

// pagePath is the path of an address without the prefix.
func pagePath(u *url.URL) string {
	path := strings.TrimSuffix(strings.TrimPrefix(u.Path, prefix()), "/")
	if embedded != nil {
		return embedded.outside(path)
	}
	if path == "" {
		return "/overview"
	}
	return path
}

// navigated shows the page of the address. Those who use the keyboard or hear
// the console are taken to its heading, unless they have only changed a tab or
// what the page shows.
func (s *shell) navigated(ctx app.Context) {
	u := ctx.Page().URL()
	before := s.path
	if embedded != nil && !strings.HasPrefix(strings.TrimPrefix(u.Path, prefix()), "/embed/") {
		embedded.leave(strings.TrimPrefix(u.RequestURI(), prefix()))
		return
	}
	s.path, s.query = pagePath(u), u.RawQuery
	if embedded != nil {
		s.query = embedded.query(s.query)
	}
	console.goWall(ctx, s.path)
	console.layer.drop()
	console.rev++
	if console.gate == gateOpen && before != s.path {
		console.layer.said = titleOf(s.path)
		if pageOf(before) != pageOf(s.path) {
			waits := &console.layer.waits
			waits.arriving = true
			ctx.Defer(func(ctx app.Context) {
				ui.FocusHeading("main")
				ctx.Dispatch(waits.arrived) // after the page has been told that it is there
			})
		}
	}
}

// pageOf is the part of a path that names a page, without its tab.
func pageOf(path string) string {
	parts := strings.SplitN(path, "/", 4)
	if strings.HasPrefix(path, "/settings") {
		return "/settings"
	}
	return strings.Join(parts[:min(len(parts), 3)], "/")
}

// titleOf is the title of the page of a path.
func titleOf(path string) string {
	section, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	id, tab, _ := strings.Cut(rest, "/")
	if text, err := url.PathUnescape(id); err == nil {
		id = text
	}
	name := map[string]string{"pending": lang.T("Pending"), "settings": lang.T("Settings")}[section]
	for _, item := range railItems {
		if item.path == "/"+section {
			name = lang.T(item.label)
		}
	}
	switch {
	case name == "":
		return lang.T("No such page")
	case id == "":
		return name
	case section == "settings":
		return name + ": " + id
	case section == "pending":
		return lang.T("Job {id}", "id", id)
	case section == "sessions" && tab != "":
		return lang.T("Session {id}: {tab}", "id", id, "tab", tab)
	}
	return strings.TrimSuffix(name, "s") + " " + id
}

// title is what the browser's tab says.
func (s *shell) title() string {
	if console.wall != nil {
		return lang.T("Wall") + " · Signalbox"
	}
	if console.gate != gateOpen {
		return "Signalbox"
	}
	title := titleOf(s.path) + " · "
	if name := console.who.Environment; name != "" {
		title += strings.ToUpper(name) + " · "
	}
	return title + "Signalbox"
}

// Render draws the page, or what stands in front of it.
func (s *shell) Render() app.UI {
	ui.SetTitle(s.title())
	if embedded != nil {
		return renderEmbed(s)
	}
	if console.wall != nil {
		return &wallPage{Rev: console.rev}
	}
	switch console.gate {
	case gateAsking:
		return ui.Box("gate", ui.Para("dim", lang.T("Connecting…")))
	case gateLogin, gateSetup:
		return &loginPage{Setup: console.gate == gateSetup, Demo: console.setup.Demo}
	case gateHost:
		return renderHostLogin()
	case gateDown:
		return ui.Box("gate", ui.Box("empty",
			app.H1().Text(lang.T("The server does not answer")),
			app.P().Text(lang.T("Nothing is shown because nothing is known. Check that Signalbox is running and reachable.")),
			app.Button().Class("btn").Text(lang.T("Try again")).OnClick(func(app.Context, app.Event) { console.ask() }),
		))
	}
	class := "app"
	if console.stale() {
		class = "app is-stale"
	}
	under := app.Div().Class("under")
	if console.layer.modal() || console.kill.ID != "" || console.many.open || console.layer.command.do != "" {
		under = under.Attr("inert", "inert")
	}
	return ui.Box(class,
		under.Body(
			app.Button().Type("button").Class("skip btn").Text(lang.T("Skip to the page")).OnClick(func(app.Context, app.Event) { ui.FocusHeading("main") }),
			s.renderTop(),
			renderOutdated(),
			&rail{Path: s.path, Open: console.layer.over == overRail, Rev: console.rev},
			app.Main().ID("main").TabIndex(-1).Body(s.page()),
			&tray{Rev: console.rev},
		),
		&killDialog{Rev: console.rev},
		&bulkDialog{Rev: console.rev},
		&commandDialog{Rev: console.rev},
		&overlays{Over: console.layer.over, Rev: console.rev},
		renderToasts(console.toasts),
		app.P().ID("said").Class("sr").Role("status").Aria("live", "polite").Text(console.layer.said),
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
	case section == "pending" && id != "":
		return &jobPage{ID: id, Rev: console.rev}
	case section == "pending":
		return &pendingPage{Rev: console.rev}
	case section == "settings":
		return &settingsPage{Tab: id, Part: tab, Rev: console.rev}
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
	case section == "monitors":
		return &monitorsPage{ID: id, Rev: console.rev}
	case section == "log":
		return &logPage{Rev: console.rev}
	case section == "audit":
		return &auditPage{Rev: console.rev}
	case section == "tile" && embedded != nil:
		return &tilePage{Name: id, Rev: console.rev}
	}
	return ui.Box("empty",
		app.H1().Text(lang.T("There is no such page")),
		app.A().Href(href("/sessions")).Text(lang.T("Sessions")),
	)
}

func (s *shell) renderTop() app.UI {
	where := "proxy"
	if console.who.Demo {
		where = "demo"
	}
	over := console.layer.over
	return app.Header().Class("top", environmentClass(console.who.Environment)).Body(
		app.Button().ID("pages").Type("button").Class("btn bare i").Aria("label", lang.T("Pages")).Aria("expanded", boolText(over == overRail)).
			Aria("controls", "rail").OnClick(toggleRail).Body(icon("M2 3h12v2H2zM2 7h12v2H2zM2 11h12v2H2z")),
		app.A().Class("brand").Href(href("/overview")).Aria("label", lang.T("Signalbox, overview")).Body(
			ui.SVG("svg").Attr("viewBox", "0 0 14 14").Attr("aria-hidden", "true").Body(
				ui.SVG("path").Attr("d", "M1 1h5v5H1zM8 8h5v5H8z").Attr("fill", "currentColor"),
			),
			app.B().Text("Signalbox"),
		),
		ui.Words("crumb", where),
		app.Span().ID("environment").Class("clip").Hidden(console.who.Environment == "").Title(lang.T("Name of this installation")).Text(console.who.Environment),
		app.Span().Class("sp"),
		app.If(timeFormat() == "utc", func() app.UI {
			return app.Span().Class("tag").Title(lang.T("All times are in UTC{keyHint}", "keyHint", keyHint("T"))).Text("UTC")
		}).Else(func() app.UI { return app.Span().Hidden(true) }),
		&freshness{Rev: console.rev},
		&holdButton{Held: console.held},
		app.Button().ID("find").Type("button").Class("btn").Aria("label", lang.T("Find and do")).Aria("haspopup", "dialog").
			Title(lang.T("Find a page, an object, an action")).OnClick(openPalette).Body(
			icon("M7 1.5a5.5 5.5 0 1 0 3.2 10l3 3 1.3-1.3-3-3A5.5 5.5 0 0 0 7 1.5zm0 1.8a3.7 3.7 0 1 1 0 7.4 3.7 3.7 0 0 1 0-7.4z"),
			app.Kbd().Text(strings.ReplaceAll(keyLabel("Mod+k"), "+", " "))),
		&userMenu{Open: over == overUser, Rev: console.rev},
	)
}

// environmentClass is how the line below the top bar looks: whole for where it
// hurts, broken where one rehearses, coloured anywhere else. The name says which
// it is.
func environmentClass(name string) string {
	switch name = strings.ToLower(name); {
	case name == "":
		return "plain"
	case strings.HasPrefix(name, "prod"), name == "live":
		return "env whole"
	case strings.HasPrefix(name, "stag"), strings.HasPrefix(name, "pre"), name == "uat":
		return "env broken"
	}
	return "env other"
}

// icon draws a picture of 16 by 16.
func icon(path string) app.UI {
	return ui.SVG("svg").Class("icon").Attr("viewBox", "0 0 16 16").Attr("aria-hidden", "true").Body(
		ui.SVG("path").Attr("d", path).Attr("fill", "currentColor").Attr("fill-rule", "evenodd"))
}

func openPalette(ctx app.Context, _ app.Event) { console.layer.toggle(ctx, overPalette) }

func toggleRail(ctx app.Context, _ app.Event) { console.layer.toggle(ctx, overRail) }

// renderOutdated says that the server has a newer console. Nothing is loaded
// until somebody asks for it: there may be something half done on the page.
func renderOutdated() app.UI {
	if !console.layer.outdated() {
		return app.Div().Hidden(true)
	}
	return app.Div().Class("banner newer").Role("status").Body(
		app.Span().Text(lang.T("A new version is installed.")),
		app.Button().Type("button").Class("btn s").Text(lang.T("Reload")).OnClick(func(app.Context, app.Event) { ui.Reload() }),
	)
}

// switchTheme goes from light to dark and back.
func switchTheme(app.Context, app.Event) {
	next := "dark"
	if ui.Theme() == "dark" {
		next = "light"
	}
	choosePreference("theme", next)
}

// boolText is the value of an ARIA attribute. go-app drops the word true from
// some, which "true " escapes; assistive technology trims it.
func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
