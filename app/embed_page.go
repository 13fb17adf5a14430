package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// renderEmbed draws a page without the console around it: what it shows, how old
// that is, and what it is limited to.
func renderEmbed(s *shell) app.UI {
	class := "embed"
	if console.gate == gateOpen && console.stale() {
		class = "embed is-stale"
	}
	content := app.UI(ui.Box("empty", ui.Para("dim", lang.T("Connecting…"))))
	switch {
	case embedded.problem != "":
		content = ui.Box("empty",
			app.H1().Text(lang.T("Nothing can be shown here")),
			app.P().Role("alert").Text(embedded.problem),
		)
	case console.gate == gateOpen:
		content = s.page()
	}
	open := console.gate == gateOpen && embedded.problem == ""
	return app.Div().ID("embed").Class(class).Body(
		app.Main().ID("main").TabIndex(-1).Body(content),
		app.Footer().Class("embed-foot").Hidden(!open).Body(
			ui.Words("dim clip", limits()),
			app.Span().Class("sp"),
			&freshness{Rev: console.rev},
		),
		renderToasts(console.toasts),
		app.P().ID("said").Class("sr").Role("status").Aria("live", "polite").Text(console.layer.said),
	)
}

// limits says what an embedded page does not show.
func limits() string {
	text := embedded.locked()
	if text != "" {
		text = lang.T("Only {text}", "text", text)
	}
	if embedded.access.Redact {
		text = join(text, lang.T("without statements"))
	}
	return text
}

// tilePage is one figure in a frame of its own.
type tilePage struct {
	app.Compo
	Name string
	Rev  uint64
}

// The views of a tile.
const (
	tileSessions = "tile-sessions"
	tileStats    = "tile-stats"
)

// tileFacets are the tiles that count sessions, by their names in addresses.
var tileFacets = map[string]struct {
	title string
	count func(s *api.Summary, total int) int
}{
	"sessions": {lang.Mark("Sessions"), func(_ *api.Summary, total int) int { return total }},
	"running":  {lang.Mark("Running"), func(s *api.Summary, _ int) int { return s.Running }},
	"long":     {lang.Mark("Long"), func(s *api.Summary, _ int) int { return s.Long + s.TrxLong }},
	"blocked":  {lang.Mark("Blocked"), func(s *api.Summary, _ int) int { return s.Blocked }},
	"idle":     {lang.Mark("Idle"), func(s *api.Summary, _ int) int { return s.Idle }},
	"pending":  {lang.Mark("Pending"), func(s *api.Summary, _ int) int { return s.Pending }},
}

// tileRates are the tiles that have a history, as places in tiles.
var tileRates = map[string]int{"statements": 1, "latency": 2, "errors": 3}

// OnMount asks for what the tile shows.
func (p *tilePage) OnMount(app.Context) {
	if _, ok := tileRates[p.Name]; ok {
		console.watch(api.Subscribe{View: tileStats, Topic: api.TopicStats})
		return
	}
	console.watch(api.Subscribe{View: tileSessions, Topic: api.TopicSessions, Sort: "id", Limit: 1})
}

// OnDismount gives it up.
func (p *tilePage) OnDismount() {
	console.unwatch(tileStats)
	console.unwatch(tileSessions)
}

// Render draws the tile.
func (p *tilePage) Render() app.UI {
	if at, ok := tileRates[p.Name]; ok {
		return ui.Box("lone", renderTile(tileStats, &tiles[at], statsOf()))
	}
	facet, ok := tileFacets[p.Name]
	v := console.store.View(tileSessions)
	value, note := "—", lang.T("of all sessions")
	switch {
	case !ok:
		return ui.Box("empty", app.P().Text(lang.T("There is no tile {name}.", "name", p.Name)))
	case v.Refused != "":
		note = v.Refused
	case !v.Ready:
		note = lang.T("Loading…")
	default:
		value = lang.Count(facet.count(&v.Summary, v.Total))
		if p.Name != "sessions" {
			note = lang.T("of {total}", "total", lang.N(v.Total, "{n} session|{n} sessions"))
		}
	}
	return ui.Box("lone", app.Section().Class("tile").Body(
		app.H2().Text(lang.T(facet.title)),
		ui.Para("value tnum", value),
		ui.Para("dim wide", note),
	))
}

// statsOf is the row of the figures that the page may see: of its service, or of
// everything.
func statsOf() string {
	if service := embedded.access.Locked.Service; service != "" {
		return "service:" + service
	}
	return api.StatsTotal
}
