package app

import (
	"net/url"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// topologyPage shows who talks to whom: as a picture, or as tables that say the
// same.
type topologyPage struct {
	app.Compo
	Query string // of the address
	Rev   uint64

	query string // of the address, as it was last taken over
	table bool   // tables instead of the picture
	by    string // clients are grouped by "user" or "client", their address
	focus string // id of the session that alone is shown, "" for all
	lit   string // box under the pointer or the keyboard
}

// topoAsks are the views of the page that do not depend on its address.
var topoAsks = []api.Subscribe{
	{View: topoTargets, Topic: api.TopicGroups, Group: "service,server"},
	{View: topoServices, Topic: api.TopicServices},
	{View: topoListeners, Topic: api.TopicListeners},
	{View: topoServers, Topic: api.TopicServers},
	{View: topoStats, Topic: api.TopicStats},
	{View: topoMonitors, Topic: api.TopicMonitors},
}

// OnMount asks for what the page shows.
func (p *topologyPage) OnMount(app.Context) {
	for _, ask := range topoAsks {
		console.watch(ask)
	}
	p.take(p.Query)
}

// OnUpdate follows the address.
func (p *topologyPage) OnUpdate(app.Context) {
	if p.Query != p.query {
		p.take(p.Query)
	}
}

// OnDismount gives the views up.
func (p *topologyPage) OnDismount() {
	for _, ask := range topoAsks {
		console.unwatch(ask.View)
	}
	console.unwatch(topoClients)
	console.unwatch(topoSession)
}

// take reads from the address what to show.
func (p *topologyPage) take(query string) {
	p.query, p.lit = query, ""
	values, _ := url.ParseQuery(query)
	p.table = values.Get("view") == "table"
	p.by = "user"
	if values.Get("by") == "address" {
		p.by = "client"
	}
	p.focus = ""
	if id, ok := strings.CutPrefix(values.Get("focus"), "session:"); ok {
		p.focus = id
	}
	console.watch(api.Subscribe{View: topoClients, Topic: api.TopicGroups, Group: p.by + ",service"})
	if p.focus != "" {
		console.watch(api.Subscribe{View: topoSession, Topic: api.TopicSession, ID: p.focus})
	} else {
		console.unwatch(topoSession)
	}
}

// address is that of the page as it would be with a change.
func (p *topologyPage) address(change func(*topologyPage)) string {
	next := topologyPage{table: p.table, by: p.by, focus: p.focus}
	change(&next)
	values := url.Values{}
	if next.table {
		values.Set("view", "table")
	}
	if next.by == "client" {
		values.Set("by", "address")
	}
	if next.focus != "" {
		values.Set("focus", "session:"+next.focus)
	}
	if len(values) == 0 {
		return "/topology"
	}
	return "/topology?" + values.Encode()
}

// Render draws the page.
func (p *topologyPage) Render() app.UI {
	g, why := p.graph()
	content := app.UI(ui.Box("empty", app.P().Text(why+" "), app.If(p.focus != "", p.renderAllLink)))
	switch {
	case g == nil:
	case p.table:
		content = p.renderTables(g)
	default:
		keepBox()
		g = g.folded()
		picture := ui.Topology{Titles: topoTitles(), Columns: g.columns[:], Edges: g.edges, Lit: p.lit, Label: pictureLabel(g)}
		content = app.Div().Class("picture").OnMouseOver(p.pointed).OnMouseLeave(p.left).On("focusin", p.pointed).On("focusout", p.left).
			OnClick(p.clicked).Body(picture.Draw())
	}
	return ui.Box("topology",
		ui.Box("bar",
			app.H1().Text(lang.T("Topology")),
			app.If(p.focus != "", func() app.UI {
				return app.Span().Class("clip").Body(app.Text(lang.T("Only session ")), app.Code().Text(p.focus), app.Text(" · "), p.renderAllLink())
			}),
			app.Span().Class("err clip").Role("status").Text(p.unknown()),
			app.Span().Class("sp"),
			monitorsBar(topoMonitors),
			app.If(p.focus == "", func() app.UI {
				return p.renderSegments(lang.T("Clients by"), "by", [2]string{"user", lang.T("User")}, [2]string{"client", lang.T("Address")}, p.by)
			}),
			p.renderSegments(lang.T("Show"), "view", [2]string{"picture", lang.T("Picture")}, [2]string{"table", lang.T("Table")}, p.shown()),
		),
		ui.Box("data", content),
	)
}

// keepBox keeps the keyboard on the box that it is on. The browser leaves it on an
// element, which is another box's once others have come or gone. When its own has
// gone, the heading gets it: nobody must open what they have not chosen.
func keepBox() {
	node := ui.FocusedBox()
	if node == "" {
		return
	}
	onceDrawn(func() {
		if ui.FocusedBox() == node {
			return
		}
		if ui.FocusBox(node); ui.FocusedBox() != node {
			ui.FocusHeading("main")
		}
	})
}

func (p *topologyPage) shown() string {
	if p.table {
		return "table"
	}
	return "picture"
}

func (p *topologyPage) renderAllLink() app.UI {
	return app.A().Href(href(p.address(func(n *topologyPage) { n.focus = "" }))).Text(lang.T("Show all"))
}

// renderSegments draws a choice between two, each of them a link: the address
// has the choice.
func (p *topologyPage) renderSegments(label, what string, one, other [2]string, chosen string) app.UI {
	link := func(c [2]string) app.UI {
		to := href(p.address(func(n *topologyPage) {
			if what == "by" {
				n.by = c[0]
			} else {
				n.table = c[0] == "table"
			}
		}))
		current := "no"
		if c[0] == chosen {
			current = "true "
		}
		return app.A().Class("seg-link").Href(to).Aria("current", current).Text(c[1])
	}
	return app.Div().Class("segs").Role("group").Aria("label", label).Body(ui.Words("dim", label), link(one), link(other))
}

// graph is what is shown, or why there is nothing to show.
func (p *topologyPage) graph() (*graph, string) {
	services, servers := console.store.View(topoServices), console.store.View(topoServers)
	switch {
	case services.Refused != "":
		return nil, services.Refused
	case !services.Ready || !servers.Ready || !console.store.View(topoListeners).Ready:
		return nil, lang.T("Loading…")
	case p.focus == "" && services.Total == 0 && servers.Total == 0:
		return nil, lang.T("No services and no servers are configured.")
	case p.focus == "":
		return topology(p.by), ""
	}
	s, ok := sessionRow(topoSession, p.focus)
	v := console.store.View(topoSession)
	switch {
	case v.Refused != "":
		return nil, ui.Sentence(v.Refused)
	case ok && s.Attributes.EndedAt == "":
		return sessionGraph(s), ""
	case ok || v.Ready:
		return nil, lang.T("Session {focus} has ended or never was.", "focus", p.focus)
	}
	return nil, lang.T("Loading…")
}

// unknown says what of the picture is not known.
func (p *topologyPage) unknown() string {
	for _, name := range []string{topoClients, topoTargets} {
		if v := console.store.View(name); v.Refused != "" && p.focus == "" {
			return lang.T("How many sessions take which way is not known: {refused}", "refused", v.Refused)
		}
	}
	return ""
}

// pictureLabel says what the picture shows.
func pictureLabel(g *graph) string {
	return lang.T("{columns}, {columns2}, {columns3}, {columns4}. The table has the same in words.", "columns", lang.N(len(g.columns[columnClients]), "{n} group of clients|{n} groups of clients"), "columns2", lang.N(len(g.columns[columnListeners]), "{n} listener|{n} listeners"), "columns3", lang.N(len(g.columns[columnServices]), "{n} service|{n} services"), "columns4", lang.N(len(g.columns[columnServers]), "{n} server|{n} servers"))
}

// pointed lights the ways through the box that the pointer or the keyboard is
// on.
func (p *topologyPage) pointed(ctx app.Context, e app.Event) {
	if !p.light(ui.Closest(e, "data-node")) {
		ctx.PreventUpdate()
	}
}

func (p *topologyPage) left(ctx app.Context, _ app.Event) {
	if !p.light("") {
		ctx.PreventUpdate()
	}
}

func (p *topologyPage) light(id string) bool {
	changed := id != p.lit
	p.lit = id
	return changed
}

// clicked follows the link of a box. The links of a picture are none of those
// that go-app follows.
func (p *topologyPage) clicked(ctx app.Context, e app.Event) {
	path := ui.Closest(e, "data-path")
	if path == "" || e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool() || e.Get("shiftKey").Bool() {
		return
	}
	e.PreventDefault()
	ctx.Navigate(href(path))
}

// renderTables draws what the picture shows as tables: a line of the picture is
// a row.
func (p *topologyPage) renderTables(g *graph) app.UI {
	names := map[string]*ui.TopoNode{}
	column := map[string]int{}
	for i := range g.columns {
		for j := range g.columns[i] {
			n := &g.columns[i][j]
			names[n.ID], column[n.ID] = n, i
		}
	}
	var tables [3][]app.UI
	for i := range g.edges {
		e := &g.edges[i]
		from, to := names[e.From], names[e.To]
		if from == nil || to == nil {
			continue
		}
		at := column[e.From]
		tables[at] = append(tables[at], app.Tr().Body(
			app.Td().Class("c-from").Body(nodeLink(from)),
			app.Td().Class("c-what").Title(from.Note+" ").Text(from.Note),
			app.Td().Class("c-to").Body(nodeLink(to)),
			app.Td().Class("c-what").Title(to.Note+" ").Text(to.Note),
			app.Td().Class("c-chain").Text(filterWords(from, to)),
			app.Td().Class("c-count num").Text(edgeCount(e)),
		))
	}
	return ui.Box("tables", app.Range(tables[:]).Slice(func(i int) app.UI {
		return app.Section().Body(
			app.H2().Text(lang.T("{what} and where they lead", "what", topoTitles()[i])),
			app.Table().Class("t of-ways").Body(
				app.THead().Body(app.Tr().Body(
					app.Th().Class("c-from").Scope("col").Text(lang.T("From")), app.Th().Class("c-what").Scope("col").Text(lang.T("State")),
					app.Th().Class("c-to").Scope("col").Text(lang.T("To")), app.Th().Class("c-what").Scope("col").Text(lang.T("State")),
					app.Th().Class("c-chain").Scope("col").Text(lang.T("Filters, in order")), app.Th().Class("c-count num").Scope("col").Text(lang.T("Sessions")),
				)),
				app.TBody().Body(tables[i]...),
			),
			app.If(len(tables[i]) == 0, func() app.UI { return ui.Para("empty faint", lang.T("None.")) }),
		)
	}))
}

func nodeLink(n *ui.TopoNode) app.UI {
	return app.Span().Body(
		app.If(n.Glyph != "", func() app.UI { return app.Span().Class("sign " + n.Level).Body(ui.Glyph(n.Glyph)) }),
		app.A().Href(n.Href).Text(n.Name),
	)
}

// filterWords are the filters of the service that a way leads to, or comes from.
func filterWords(from, to *ui.TopoNode) string {
	if strings.HasPrefix(to.ID, "service:") {
		return orDash(strings.Join(to.Inside, " → "))
	}
	if strings.HasPrefix(from.ID, "service:") {
		return orDash(strings.Join(from.Inside, " → "))
	}
	return "—"
}

// edgeCount is how many sessions take a way.
func edgeCount(e *ui.TopoEdge) string {
	if e.Loose {
		return lang.T("not known")
	}
	return lang.Count(e.Weight)
}
