package app

import (
	"net/url"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// overviewPage shows what needs a person now, and how things go.
type overviewPage struct {
	app.Compo
	Rev uint64

	said   string // what the page was last heard to say
	saidAt time.Time
}

// overviewAsks are the views of the page.
var overviewAsks = []api.Subscribe{
	{View: concernSessions, Topic: api.TopicSessions, Filter: concernFilter, Sort: "-state", Limit: 50},
	{View: overviewAll, Topic: api.TopicSessions, Limit: 1},
	{View: concernServers, Topic: api.TopicServers},
	{View: concernServices, Topic: api.TopicServices},
	{View: concernListeners, Topic: api.TopicListeners},
	{View: concernMonitors, Topic: api.TopicMonitors},
	{View: concernOutdated, Topic: api.TopicGroups, Filter: "chain:outdated", Group: "service"},
	{View: overviewStats, Topic: api.TopicStats},
}

// OnMount asks for what the page shows.
func (p *overviewPage) OnMount(app.Context) {
	for _, ask := range overviewAsks {
		console.watch(ask)
	}
}

// OnDismount gives it up.
func (p *overviewPage) OnDismount() {
	for _, ask := range overviewAsks {
		console.unwatch(ask.View)
	}
}

// Render draws the page.
func (p *overviewPage) Render() app.UI {
	list := concerns(console.now())
	return ui.Box("overview",
		ui.Box("attention data",
			ui.Box("bar",
				app.H1().Text(lang.T("Needs attention")),
				ui.Words("faint tnum", p.total(len(list))),
			),
			withAim(app.Div()).Class("concerns").OnClick(p.clicked).Body(renderConcerns(list)...),
			p.renderQuiet(len(list)),
			app.P().Class("sr").Role("status").Aria("live", "polite").Text(p.say(gravity(list), console.now())),
		),
		app.Div().Class("tiles data").Body(renderTiles()...),
	)
}

func (p *overviewPage) total(n int) string {
	if n == 0 {
		return " "
	}
	return lang.Count(n)
}

// say returns what the page says to those who hear it: news, but not more often
// than every ten seconds.
func (p *overviewPage) say(text string, now time.Time) string {
	if text != p.said && now.Sub(p.saidAt) >= 10*time.Second {
		p.said, p.saidAt = text, now
	}
	return p.said + " "
}

// maxConcerns is how many lines of one group are shown.
const maxConcerns = 8

// renderConcerns draws the lines under the names of their groups.
func renderConcerns(list []concern) []app.UI {
	var parts []app.UI
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].group == list[0].group {
			n++
		}
		parts = append(parts, renderConcernGroup(list[:n]))
		list = list[n:]
	}
	return parts
}

func renderConcernGroup(list []concern) app.UI {
	g := concernGroups[list[0].group]
	n, shown := concernCount(list[0].group, len(list)), list[:min(len(list), maxConcerns)]
	path := g.path
	if g.query != "" {
		path = "/sessions?q=" + url.QueryEscape(g.query)
	}
	return app.Section().Class("concern-group").Body(
		app.H2().Body(app.Text(lang.T(g.title)), ui.Words("faint tnum", " "+lang.Count(n))),
		app.Ul().Body(app.Range(shown).Slice(func(i int) app.UI { return renderConcern(g.glyph, &shown[i]) })),
		app.If(n > len(shown), func() app.UI {
			return app.A().Class("more").Href(href(path)).Text(lang.T("and {n} more", "n", lang.Count(n-len(shown))))
		}),
	)
}

// graveWords are what a level is called, with its class.
var graveWords = [...]struct{ word, class string }{{lang.Mark("For your information"), "info"}, {lang.Mark("Attention"), "attn"}, {lang.Mark("Critical"), "crit"}}

// renderConcern draws one line. It binds no handler: the list has one, which
// reads what to do with what from the line that was hit.
func renderConcern(glyph string, c *concern) app.UI {
	g := graveWords[c.grave]
	class := g.class
	if c.group == groupKills {
		class = "hatch"
	}
	return app.Li().Class("concern").DataSet("id", c.id).DataSet("group", c.group).Body(
		app.Span().Class("sign", class).Title(lang.T(g.word)).Body(ui.Glyph(glyph), ui.Words("sr", lang.T(g.word)+": ")),
		ui.Box("words",
			app.Div().Class("clip").Title(c.who+" "+c.what).Body(app.A().Class("name").Href(href(c.path)).Text(c.who), app.Text(" "+c.what)),
			app.If(c.sql != "", func() app.UI {
				return app.Div().Class("sql clip").Title(ui.Clip(c.sql, 1000)).Text(ui.Clip(c.sql, 300))
			}),
		),
		ui.Words("age num", c.age),
		renderConcernAction(c),
	)
}

// renderConcernAction draws the one thing to do: those who may not act are led
// to the page.
func renderConcernAction(c *concern) app.UI {
	if c.do == "" || !console.mayAct() {
		label := c.label
		if c.do != "" {
			label = lang.T("Open")
		}
		return app.A().Class("btn s").Href(href(c.path)).Aria("label", label+" "+c.who).Text(label)
	}
	return app.Button().Type("button").Class("btn s").DataSet("do", c.do).Disabled(console.stale()).Aria("label", c.label+" "+c.who).Text(c.label)
}

// clicked does what the button of a line stands for.
func (p *overviewPage) clicked(ctx app.Context, e app.Event) {
	if button, ok := meant(e); ok {
		p.do(ctx, button.id, button.do)
	}
}

func (p *overviewPage) do(ctx app.Context, id, what string) {
	if id == "" || what == "" || !console.mayAct() || console.stale() {
		return
	}
	switch what {
	case "kill":
		s, ok := sessionRow(concernSessions, id)
		if !ok {
			console.say(lang.T("Session {id} does not need you any more.", "id", id), false)
			return
		}
		console.askKill(ctx, s)
	case "restart-outdated":
		total := 0
		for _, g := range model.Rows[api.GroupAttributes](console.store.View(concernOutdated)) {
			if len(g.Attributes.Values) == 1 && g.Attributes.Values[0] == id {
				total = g.Attributes.Sessions
			}
		}
		console.askBulk(ctx, bulk{Action: api.JobRestart, Filter: olderChainFilter(id), Total: total})
	default:
		actOnPending(ctx, id, what)
	}
}

// renderQuiet says that nothing needs a person, or why that is not known.
func (p *overviewPage) renderQuiet(n int) app.UI {
	v, all := console.store.View(concernSessions), console.store.View(overviewAll)
	switch {
	case v.Refused != "":
		return ui.Box("empty", app.P().Class("err").Role("alert").Text(v.Refused))
	case !v.Ready || !all.Ready || !console.store.View(concernServers).Ready:
		if n > 0 {
			return app.Div().Hidden(true)
		}
		return app.Div().Class("empty faint").Text(lang.T("Looking…"))
	case n > 0:
		return app.Div().Hidden(true)
	case all.All == 0:
		return ui.Box("empty",
			ui.Para("quiet", lang.T("Nothing needs you.")),
			app.P().Text(lang.T("No sessions. Clients connect to one of the listeners.")),
			app.A().Class("btn").Href(href("/listeners")).Text(lang.T("Listeners")),
		)
	}
	return ui.Box("empty",
		ui.Para("quiet", lang.T("Nothing needs you.")),
		app.P().Text(lang.T("{all}, {running} running.", "all", lang.N(all.All, "{n} session|{n} sessions"), "running", lang.Count(all.Summary.Running))),
	)
}
