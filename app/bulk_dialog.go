package app

import (
	"slices"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// bulkDialog shows what an action over several sessions would do, asks how, and
// has the number of sessions confirmed.
type bulkDialog struct {
	app.Compo
	Rev uint64
}

// maxGroups is how many groups of a preview are shown.
const maxGroups = 50

// Render draws the dialog while it is open.
func (d *bulkDialog) Render() app.UI {
	m := &console.many
	if !m.open {
		return app.Div().Hidden(true)
	}
	words := bulkWords[m.Action]
	n := m.total()
	ready := m.preview != nil && n > 0 && m.counted() && !m.busy && !console.stale()
	danger := "btn p"
	if m.Action == api.JobKill || m.Action == api.JobRestart {
		danger = "btn d"
	}
	return ui.Box("scrim",
		app.Div().ID("bulk-dialog").Class("dlg bulk").Role("alertdialog").Aria("modal", "true ").Aria("labelledby", "bulk-title").
			Aria("describedby", "bulk-what").OnKeyDown(trapTab).Body(
			app.H1().ID("bulk-title").Text(words.do(n)+"?"),
			app.P().ID("bulk-what").Text(m.consequence()),
			d.renderWhich(m),
			d.renderPreview(m),
			d.renderAction(m),
			d.renderPace(m),
			renderReason("bulk", d.reasoned),
			app.If(m.Action == api.JobKill, func() app.UI { return renderTell("bulk", d.told) }).Else(func() app.UI { return app.Div().Hidden(true) }),
			d.renderCount(m),
			renderDialogError(m.failed),
			ui.Box("foot",
				ui.Words("faint", lang.T(words.note)),
				app.Span().Class("sp"),
				app.Button().ID("bulk-keep").Type("button").Class("btn").Text(words.keep(n)).OnClick(d.keep),
				app.Button().ID("bulk-do").Type("button").Class(danger).Disabled(!ready).Text(words.do(n)).OnClick(d.do),
			),
		),
	)
}

// bulkWord is how an action is spoken of.
type bulkWord struct {
	doing, leaving    string // what the buttons say, by the number of sessions
	consequence, note string
}

// do is what the button says that does it.
func (w bulkWord) do(n int) string { return lang.N(n, w.doing) }

// keep is what the safe button says.
func (w bulkWord) keep(n int) string { return lang.N(n, w.leaving) }

var bulkWords = map[string]bulkWord{
	api.JobKill: {
		lang.Mark("Kill {n} session|Kill {n} sessions"), lang.Mark("Keep {n} session|Keep {n} sessions"),
		lang.Mark("The clients lose their connections, and open transactions are rolled back."), lang.Mark("The job can be stopped while it runs."),
	},
	api.JobRestart: {
		lang.Mark("Restart {n} session|Restart {n} sessions"), lang.Mark("Leave {n} session|Leave {n} sessions"),
		lang.Mark("Each session gets its chain and its server connections anew at its next idle point. The clients stay connected."), lang.Mark("The job can be stopped while it runs."),
	},
	api.JobCancelStatement: {
		lang.Mark("Cancel statements of {n} session|Cancel statements of {n} sessions"), lang.Mark("Leave {n} session|Leave {n} sessions"),
		lang.Mark("The statements that run are stopped on their servers. The sessions live on."), lang.Mark("The job can be stopped while it runs."),
	},
	api.JobAlter: {
		lang.Mark("Change {n} session|Change {n} sessions"), lang.Mark("Leave {n} session|Leave {n} sessions"),
		"", lang.Mark("The job can be stopped while it runs."),
	},
	api.JobCancelKill: {
		lang.Mark("Take back kills of {n} session|Take back kills of {n} sessions"), lang.Mark("Leave {n} session|Leave {n} sessions"),
		lang.Mark("Kills that have not fired are taken back. The sessions live on."), lang.Mark("The job can be stopped while it runs."),
	},
}

// consequence says what the action does to the sessions.
func (m *bulkState) consequence() string {
	switch {
	case m.Action != api.JobAlter:
		return lang.T(bulkWords[m.Action].consequence)
	case m.change.what == "filters":
		return lang.T("Each session gets the new filters at its next idle point, in place of those that it has. The clients stay connected.")
	}
	return lang.T("The sessions log more or less at once. The clients notice nothing.")
}

// renderWhich says which sessions are meant, and how many match by now.
func (d *bulkDialog) renderWhich(m *bulkState) app.UI {
	return ui.Box("bulk-which",
		app.If(len(m.IDs) == 0, func() app.UI {
			return ui.Box("with", ui.Words("dim", lang.T("Filter")), app.Code().Class("tag clip").Title(m.Filter).Text(m.Filter))
		}).Else(func() app.UI {
			return ui.Para("dim", lang.N(len(m.IDs), "The {n} session that is selected. A new client with its id is left alone.|The {n} sessions that are selected. A new client with one of the ids is left alone."))
		}),
		app.If(len(m.IDs) == 0, func() app.UI {
			return renderChoices("bulk-mode", lang.T("Which sessions"), bulkModes, m.mode, pickBulk)
		}),
		app.P().Class("dim tnum").Aria("live", "polite").Body(
			app.Text(m.since()),
			app.If(m.differs(), func() app.UI {
				return app.Button().ID("bulk-look").Type("button").Class("link").Text(lang.T("Look again")).OnClick(d.look)
			}),
		),
	)
}

// matching is how many sessions match now, as far as the feed says.
func (m *bulkState) matching() (n int, known bool) {
	v := console.store.View(bulkView)
	return v.Total, v.Ready
}

// differs reports whether another number of sessions matches than was looked at.
func (m *bulkState) differs() bool {
	n, known := m.matching()
	return known && m.preview != nil && n != m.preview.Total-m.preview.Counts.Gone
}

// since says what has changed since the sessions were looked at.
func (m *bulkState) since() string {
	n, known := m.matching()
	switch {
	case m.preview == nil:
		return lang.T("Looking at the sessions…")
	case !known:
		return lang.N(m.preview.Total, "{n} session|{n} sessions") + ". "
	}
	before := m.preview.Total - m.preview.Counts.Gone
	switch {
	case len(m.IDs) > 0 && n < before:
		return lang.N(before-n, "{n} has ended since the preview. |{n} have ended since the preview. ")
	case len(m.IDs) > 0:
		return lang.T("All {n} are there. ", "n", lang.Count(n))
	case n > before:
		return lang.T("Matches now {n} (+{n2} since the preview). ", "n", lang.Count(n), "n2", lang.Count(n-before))
	case n < before:
		return lang.T("Matches now {n} (−{before} since the preview). ", "n", lang.Count(n), "before", lang.Count(before-n))
	}
	return lang.T("Matches now {n}. ", "n", lang.Count(n))
}

// renderPreview shows what would be hit, most to lose first.
func (d *bulkDialog) renderPreview(m *bulkState) app.UI {
	if m.preview == nil {
		return ui.Box("bulk-groups", ui.Para("dim", " "))
	}
	groups := m.preview.Groups[:min(len(m.preview.Groups), maxGroups)]
	more := len(m.preview.Groups) - len(groups)
	if len(groups) == 0 {
		return ui.Para("bulk-groups dim", lang.T("No session matches. There is nothing to do."))
	}
	return app.Div().Class("bulk-groups").TabIndex(0).Role("group").Aria("label", lang.T("Preview")).Body(
		app.Table().Class("t").Body(
			app.THead().Body(app.Tr().Body(
				app.Th().Scope("col").Text(lang.T("Service")), app.Th().Scope("col").Text(lang.T("User")),
				app.Th().Scope("col").Class("num").Text(lang.T("Sessions")), app.Th().Scope("col").Class("num").Text(lang.T("Open trx")),
				app.Th().Scope("col").Class("num").Text(lang.T("Writes")), app.Th().Scope("col").Class("num").Text(lang.T("Running")),
				app.Th().Scope("col").Class("num").Title(lang.T("Left alone")).Text(lang.T("Left alone")),
			)),
			app.TBody().Body(app.Range(groups).Slice(func(i int) app.UI { return renderGroup(&groups[i]) })),
		),
		app.If(more > 0, func() app.UI {
			return ui.Para("faint", lang.T("and {more}", "more", lang.N(more, "{n} group more|{n} groups more")))
		}),
	)
}

func renderGroup(g *api.JobGroup) app.UI {
	class := ""
	if g.TrxWrites > 0 {
		class = "heavy"
	}
	user := orDash(g.User)
	if privileged(g.User) {
		user = lang.T("{user} (privileged)", "user", user)
	}
	return app.Tr().Class(class+" ").Body(
		app.Td().Text(orDash(g.Service)), app.Td().Text(user), app.Td().Class("num").Text(lang.Count(g.Sessions)),
		app.Td().Class("num").Text(lang.Count(g.Trx)), app.Td().Class("num").Text(lang.Count(g.TrxWrites)),
		app.Td().Class("num").Text(lang.Count(g.Running)), app.Td().Class("num").Text(lang.Count(g.Excluded)),
	)
}

// renderAction draws what is to be said about the action itself.
func (d *bulkDialog) renderAction(m *bulkState) app.UI {
	switch m.Action {
	case api.JobKill:
		return ui.Box("field",
			ui.Words("label", lang.T("When")),
			renderChoices("bulk", lang.T("When"), killTimes, m.timing.when, pickBulk),
			renderTiming("bulk", &m.timing, d.typedTime, d.limited),
		)
	case api.JobAlter:
		return renderBulkChange(&m.change)
	}
	return app.Div().Hidden(true)
}

// renderPace draws how fast the job goes and when it gives up.
func (d *bulkDialog) renderPace(m *bulkState) app.UI {
	return ui.Box("field",
		ui.Words("label", lang.T("Pace")),
		renderChoices("bulk-pace", lang.T("Pace"), bulkPaces, m.pace, pickBulk),
		ui.Para("dim", m.paceWords()),
		app.Div().Class("with bulk-limits").OnInput(d.typed).Body(
			app.Label().For("bulk-errors").Text(lang.T("Stop above")),
			app.Input().ID("bulk-errors").Class("in num").Attr("inputmode", "numeric").MaxLength(3).Placeholder("5"),
			app.Span().Text(lang.T("% errors")),
			app.Span().Class("sp"),
			app.Label().For("bulk-most").Text(lang.T("At most")),
			app.Input().ID("bulk-most").Class("in num").Attr("inputmode", "numeric").MaxLength(6).Placeholder(lang.T("all")),
			app.Span().Text(lang.T("sessions")),
		),
	)
}

// paceWords says what the pace means.
func (m *bulkState) paceWords() string {
	pace, _ := strconv.Atoi(m.pace)
	text := lang.T("Clients usually reconnect — pacing avoids a storm.")
	if m.Action != api.JobKill {
		text = lang.T("Pacing leaves time to look and to stop.")
	}
	if pace == 0 {
		return text
	}
	if n := m.total(); n > pace {
		text += lang.T(" It takes about {n}.", "n", whole(time.Duration((n-1)/pace+1)*time.Second))
	}
	return text
}

// renderCount asks for the number of sessions when there are many.
func (d *bulkDialog) renderCount(m *bulkState) app.UI {
	why, needed := m.confirms()
	if !needed {
		return app.Div().Hidden(true)
	}
	return ui.Box("field",
		app.Label().For("bulk-count").Text(lang.T("{why}Type {total}, the number of sessions, to go on", "why", why, "total", strconv.Itoa(m.preview.Total))),
		app.Input().ID("bulk-count").Class("in short num").Attr("inputmode", "numeric").AutoComplete(false).MaxLength(10).OnInput(d.typed),
	)
}

// pickBulk takes a choice of the dialog by the name of the control.
func pickBulk(name, value string) {
	m := &console.many
	switch m.failed = ""; name {
	case "bulk":
		m.timing.when = value
	case "bulk-mode":
		m.mode = value
	case "bulk-pace":
		m.pace = value
	case "bulk-change":
		m.change.what = value
	case "bulk-for":
		m.change.logFor = value
	}
	console.rev++
}

// typed takes what was typed into one of the inputs for numbers, by its id.
func (d *bulkDialog) typed(_ app.Context, e app.Event) {
	m, target := &console.many, e.Get("target")
	text := target.Get("value").String()
	text = text[:min(len(text), 20)]
	switch m.failed = ""; target.Get("id").String() {
	case "bulk-errors":
		m.errors = text
	case "bulk-most":
		m.most = text
	case "bulk-count":
		m.count = text
	}
	console.rev++
}

func (d *bulkDialog) typedTime(ctx app.Context, _ app.Event) {
	console.many.timing.custom, console.many.failed = clipInput(ctx), ""
}

func (d *bulkDialog) limited(ctx app.Context, _ app.Event) {
	console.many.timing.choose(ctx.JSSrc().Get("value").String())
}

func (d *bulkDialog) reasoned(ctx app.Context, _ app.Event) { console.many.reason = clipInput(ctx) }

func (d *bulkDialog) told(ctx app.Context, _ app.Event) {
	console.many.quiet = !ctx.JSSrc().Get("checked").Bool()
}

func (d *bulkDialog) look(app.Context, app.Event) { console.many.look() }

func (d *bulkDialog) keep(app.Context, app.Event) { console.many.close() }

func (d *bulkDialog) do(app.Context, app.Event) { console.many.start() }

// renderBulkChange draws what an alteration changes.
func renderBulkChange(b *bulkChange) app.UI {
	return ui.Box("field",
		ui.Words("label", lang.T("What")),
		renderChoices("bulk-change", lang.T("What"), []choice{{"levels", lang.Mark("Log levels")}, {"filters", lang.Mark("Filters")}}, b.what, pickBulk),
		app.If(b.what == "levels", func() app.UI { return renderBulkLevels(b) }).Else(func() app.UI { return renderBulkChain(b) }),
	)
}

// bulkLevels are the log levels, by the names of their parameters.
var bulkLevels = []choice{{"log_error", lang.Mark("Error")}, {"log_warning", lang.Mark("Warning")}, {"log_notice", lang.Mark("Notice")}, {"log_info", lang.Mark("Info")}, {"log_debug", lang.Mark("Debug")}}

// bulkSettings are what can be done to a log level.
var bulkSettings = []choice{{"keep", lang.Mark("Leave")}, {"on", lang.Mark("On")}, {"off", lang.Mark("Off")}}

func renderBulkLevels(b *bulkChange) app.UI {
	return app.Div().Class("bulk-levels").OnChange(setBulkLevel).Body(
		app.Range(bulkLevels).Slice(func(i int) app.UI {
			level := bulkLevels[i]
			id := "bulk-" + level.value
			return ui.Box("with",
				app.Label().For(id).Text(lang.T(level.label)),
				app.Select().ID(id).Class("in").DataSet("level", level.value).Body(
					app.Range(bulkSettings).Slice(func(j int) app.UI {
						return app.Option().Value(bulkSettings[j].value).Selected(bulkSettings[j].value == b.setting(level.value)).Text(lang.T(bulkSettings[j].label))
					}),
				),
			)
		}),
		ui.Box("with",
			ui.Words("label", lang.T("Switched on for")),
			renderChoices("bulk-for", lang.T("Switched on for"), bulkLogTimes, b.logFor, pickBulk),
		),
	)
}

// setting says what is to be done to a log level.
func (b *bulkChange) setting(level string) string {
	switch on, set := b.levels[level]; {
	case !set:
		return "keep"
	case on:
		return "on"
	}
	return "off"
}

// setBulkLevel takes the choice for one level.
func setBulkLevel(_ app.Context, e app.Event) {
	b, level := &console.many.change, ui.Closest(e, "data-level")
	if level == "" {
		return
	}
	b.set(level, e.Get("target").Get("value").String())
}

func (b *bulkChange) set(level, value string) {
	delete(b.levels, level)
	if value == "on" || value == "off" {
		b.levels[level] = value == "on"
	}
	console.many.failed = ""
	console.rev++
}

// renderBulkChain draws the new chain and the filters that can be put into it.
func renderBulkChain(b *bulkChange) app.UI {
	names := console.known.names["filters"]
	return app.Div().Class("bulk-chain").OnClick(editBulkChain).Body(
		app.If(len(b.chain) == 0, func() app.UI {
			return ui.Para("dim", lang.T("No filters: statements go straight to the router."))
		}).Else(func() app.UI {
			return app.Ol().Aria("label", lang.T("New order")).Body(app.Range(b.chain).Slice(func(i int) app.UI {
				name := b.chain[i]
				return app.Li().DataSet("at", i).Body(
					ui.Words("clip", strconv.Itoa(i+1)+"  "+name),
					app.Button().Type("button").Class("btn s bare").DataSet("do", "up").Disabled(i == 0).Aria("label", lang.T("Move {name} up", "name", name)).Text("↑"),
					app.Button().Type("button").Class("btn s bare").DataSet("do", "down").Disabled(i == len(b.chain)-1).Aria("label", lang.T("Move {name} down", "name", name)).Text("↓"),
					app.Button().Type("button").Class("btn s bare").DataSet("do", "drop").Aria("label", lang.T("Remove {name}", "name", name)).Text("×"),
				)
			}))
		}),
		ui.Box("with wrap",
			ui.Words("label", lang.T("Add")),
			app.Range(names).Slice(func(i int) app.UI {
				return app.Button().Type("button").Class("btn s").DataSet("add", names[i]).Text("+ " + names[i])
			}),
		),
	)
}

// editBulkChain serves the buttons of the chain.
func editBulkChain(_ app.Context, e app.Event) {
	at, err := strconv.Atoi(ui.Closest(e, "data-at"))
	if err != nil {
		at = -1
	}
	console.many.change.edit(ui.Closest(e, "data-add"), at, ui.Closest(e, "data-do"))
}

// maxBulkChain is the length of the longest chain that can be put together.
const maxBulkChain = 64

// edit adds a filter to the chain, or moves or takes out the one at a place.
func (b *bulkChange) edit(add string, at int, do string) {
	console.rev++
	switch n := len(b.chain); {
	case add != "" && n < maxBulkChain:
		b.chain = append(b.chain, add)
	case at < 0 || at >= n:
	case do == "drop":
		b.chain = slices.Delete(b.chain, at, at+1)
	case do == "up" && at > 0:
		b.chain[at-1], b.chain[at] = b.chain[at], b.chain[at-1]
	case do == "down" && at < n-1:
		b.chain[at+1], b.chain[at] = b.chain[at], b.chain[at+1]
	}
}
