package app

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// The page's views: the statements, and the kinds of statements.
const (
	queriesView      = "queries"
	queryGroupsView  = "query-groups"
	maxQueries       = 200 // statements that are shown
	byFingerprint    = "fingerprint"
	confirmStatement = 600 // letters of the statement that is shown before it is cancelled
)

// queriesPage shows the statements that run now, the longest first: each of
// them, or each kind of them.
type queriesPage struct {
	app.Compo
	Query string // of the address
	Rev   uint64

	query string // of the address, as it was last taken over
	box   filterBox
	group string          // "" or byFingerprint
	open  map[string]bool // kinds whose sessions are listed, by the group's id

	cancel statementCancel
	kept   []*api.Session // rows as they were when they were first held
}

// statementCancel is the statement that an operator is about to cancel. It is
// filled when they ask: what happens on the screen cannot make it mean another
// one.
type statementCancel struct {
	ID        string // of the session, "" while nobody asks
	Connected api.Time
	Since     api.Time // when the statement began
	Statement string
	Who       string
	Server    string
}

// OnMount takes the address over and asks for the statements.
func (p *queriesPage) OnMount(app.Context) {
	keys = p
	p.take(p.Query)
}

// OnUpdate follows the address.
func (p *queriesPage) OnUpdate(app.Context) {
	if p.Query != p.query {
		p.take(p.Query)
	}
}

// OnDismount gives the views up.
func (p *queriesPage) OnDismount() {
	if keys == keyHandler(p) {
		keys = nil
	}
	console.unwatch(queriesView)
	console.unwatch(queryGroupsView)
	console.held = false
}

// take reads the filter and the grouping from the address.
func (p *queriesPage) take(query string) {
	p.query = query
	values, _ := url.ParseQuery(query)
	p.box.take(p, values.Get("q"))
	p.group = ""
	if values.Get("group") == byFingerprint {
		p.group = byFingerprint
	}
	p.kept, p.cancel = nil, statementCancel{}
	p.ask()
}

// runningFilter selects the running statements among what a filter selects.
func runningFilter(text string) string {
	switch {
	case text == "":
		return "state:running"
	case strings.Contains(text, "|"):
		return "state:running (" + text + ")"
	}
	return "state:running " + text
}

// ask subscribes to what the filter selects. While it is wrong, the last one
// that was right stays.
func (p *queriesPage) ask() {
	text, ok := p.box.check()
	filter := runningFilter(text)
	if !ok {
		if filter = console.store.View(queriesView).Ask.Filter; filter == "" {
			filter = runningFilter("")
		}
	}
	limit := maxQueries
	if p.group != "" {
		limit = api.MaxWindow // the sessions of each kind are found in it
		console.watch(api.Subscribe{View: queryGroupsView, Topic: api.TopicGroups, Filter: filter, Group: p.group})
	} else {
		console.unwatch(queryGroupsView)
	}
	console.watch(api.Subscribe{View: queriesView, Topic: api.TopicSessions, Filter: filter, Sort: "-in-state", Limit: limit})
}

// top shows what the filter selects now.
func (p *queriesPage) top() {
	p.kept = nil
	p.ask()
	ui.ReplaceAddress(p.address(p.group))
}

// address is that of the page with another grouping.
func (p *queriesPage) address(group string) string {
	values := url.Values{}
	if q := p.box.text(); q != "" {
		values.Set("q", q)
	}
	if group != "" {
		values.Set("group", group)
	}
	if len(values) == 0 {
		return href("/queries")
	}
	return href("/queries?" + values.Encode())
}

// frozen reports whether rows keep their places: because the operator holds
// them, or is about to act on one.
func (p *queriesPage) frozen() bool {
	return console.held || p.cancel.ID != "" || console.kill.ID != ""
}

// rows returns the rows to draw, and which of them have ended. Held ones stay in
// their order.
func (p *queriesPage) rows() (rows []*api.Session, ended map[string]bool) {
	v := console.store.View(queriesView)
	if !p.frozen() {
		p.kept = nil
		rows = model.Rows[api.SessionAttributes](v)
		return rows[:min(len(rows), maxQueries)], nil
	}
	if p.kept == nil {
		p.kept = model.Rows[api.SessionAttributes](v)
		p.kept = p.kept[:min(len(p.kept), maxQueries)]
	}
	ended = make(map[string]bool)
	rows = slices.Clone(p.kept)
	for i, s := range rows {
		now, ok := sessionRow(queriesView, s.ID)
		if ok && now.Attributes.Activity.SinceAt == s.Attributes.Activity.SinceAt && now.Attributes.ConnectedAt == s.Attributes.ConnectedAt {
			rows[i] = now
		} else {
			ended[s.ID] = true
		}
	}
	return rows, ended
}

// Render draws the page.
func (p *queriesPage) Render() app.UI {
	p.box.page = p
	v := console.store.View(queriesView)
	return ui.Box("queries",
		p.box.render(),
		ui.Box("sum",
			app.H1().Class("sr").Text(lang.T("Live queries")),
			app.Span().Body(ui.Fill(lang.N(v.Total, "{total} statement runs in {sessions}|{total} statements run in {sessions}"), ui.Parts{
				"total": app.B().Text(lang.Count(v.Total)), "sessions": app.B().Text(lang.N(v.All, "{n} session|{n} sessions")),
			})...),
			app.If(v.Summary.Long > 0, func() app.UI {
				return app.Span().Body(ui.Fill(lang.T("{n} long"), ui.Parts{"n": app.B().Text(lang.Count(v.Summary.Long))})...)
			}),
			app.Span().Class("sp"),
			app.Span().ID("query-group").Class("dim").Text(lang.T("Show")),
			app.Div().Class("seg").Role("radiogroup").Aria("labelledby", "query-group").OnClick(p.pick).Body(
				renderQueryChoice("each", lang.T("Each statement"), p.group == ""),
				renderQueryChoice(byFingerprint, lang.T("By fingerprint"), p.group != ""),
			),
		),
		app.Div().Class("data").OnClick(p.clicked).Body(p.renderTable()),
		renderNoQueries(p, v),
	)
}

func renderQueryChoice(id, label string, on bool) app.UI {
	return app.Button().Type("button").Role("radio").Aria("checked", boolText(on)).DataSet("group", id).Text(label)
}

func (p *queriesPage) renderTable() app.UI {
	if p.group != "" {
		return p.renderGroups()
	}
	rows, ended := p.rows()
	body := make([]app.UI, 0, len(rows)+1)
	for _, s := range rows {
		body = append(body, p.renderRow(s, ended[s.ID]))
		if s.ID == p.cancel.ID {
			body = append(body, renderCancel(p, 8))
		}
	}
	return app.Div().Body(
		app.Table().Class("t of-queries").Body(
			app.THead().Body(app.Tr().Body(
				app.Th().Class("c-for").Scope("col").Aria("sort", "descending").Text(lang.T("Duration ▾")),
				app.Th().Class("c-sql").Scope("col").Text(lang.T("Statement")),
				app.Th().Class("c-id").Scope("col").Text(lang.T("Session")),
				app.Th().Class("c-user").Scope("col").Text(lang.T("User")),
				app.Th().Class("c-server").Scope("col").Text(lang.T("Server")),
				app.Th().Class("c-out num").Scope("col").Title(lang.T("Bytes a second to the client")).Text(lang.T("Sends")),
				app.Th().Class("c-wait").Scope("col").Text(lang.T("Wait")),
				app.Th().Class("c-do").Scope("col").Body(ui.Words("sr", lang.T("Actions"))),
			)),
			app.TBody().Body(body...),
		),
		renderMore(console.store.View(queriesView).Total-len(rows), lang.Mark("and {n} more running statement, shorter than these|and {n} more running statements, shorter than these")),
	)
}

// renderMore says how much is not shown, in words for one and for many.
func renderMore(n int, words string) app.UI {
	if n <= 0 {
		return app.Div().Hidden(true)
	}
	return ui.Para("more faint", lang.N(n, words))
}

// renderRow draws one statement. It binds no handler: the table has one, which
// reads the row's own data-id when it is clicked.
func (p *queriesPage) renderRow(s *api.Session, ended bool) app.UI {
	a := &s.Attributes
	class := ""
	if ended {
		class = "ghost"
	}
	return app.Tr().Class(class).DataSet("id", s.ID).Body(
		app.Td().Class("c-for").Body(renderDuration(s, ended)),
		app.Td().Class("c-sql sql").Title(ui.Clip(a.Activity.Statement, 1000)+" ").Text(orDash(a.Activity.Statement)),
		app.Td().Class("c-id mono").Body(app.A().Href(href("/sessions/"+s.ID)).Text(s.ID)),
		app.Td().Class("c-user").Title(view.Client(s)).Text(orDash(a.User)),
		app.Td().Class("c-server").Text(backend(s)),
		app.Td().Class("c-out num").Text(sends(s)),
		app.Td().Class("c-wait").Body(renderPendingWait(s)),
		app.Td().Class("c-do").Body(
			app.If(console.mayAct(), func() app.UI {
				return app.Button().Type("button").ID("query-"+s.ID).Class("btn s").DataSet("do", "cancel").
					Disabled(ended || console.stale()).Aria("label", lang.T("Cancel the statement of session {id}", "id", s.ID)).Text(lang.T("Cancel…"))
			}),
		),
	)
}

// renderDuration draws how long a statement has run, as a share of the time from
// which it is long.
func renderDuration(s *api.Session, ended bool) app.UI {
	if ended {
		return ui.Words("faint", lang.T("ended"))
	}
	in := view.InState(s, lag(s))
	return durationBar(in, s.Attributes.Activity.LongAfter)
}

func durationBar(in time.Duration, longAfter float64) app.UI {
	if longAfter <= 0 {
		longAfter = defaultAfter
	}
	level, glyph := "", ""
	switch {
	case in.Seconds() >= graveLong*longAfter:
		level, glyph = "crit", "long"
	case in.Seconds() >= longAfter:
		level, glyph = "attn", "long"
	}
	return app.Span().Class("dur", level).Title(lang.T("A statement is long from {longAfter}", "longAfter", ui.Duration(time.Duration(longAfter*float64(time.Second))))).Body(
		ui.Bar(in.Seconds()/longAfter, level),
		app.If(glyph != "", func() app.UI { return ui.Glyph(glyph) }),
		ui.Words("tnum", elapsed(in)),
		app.If(glyph != "", func() app.UI { return ui.Words("sr", lang.T(" long")) }),
	)
}

// sends is how much a session sends to its client. How many rows that are is not
// known before the statement ends: rows pass unread.
func sends(s *api.Session) string {
	if rate := s.Attributes.Activity.BytesOutPerSec; rate >= 1 {
		return ui.Bytes(int64(rate)) + "/s"
	}
	return "—"
}

// renderPendingWait draws what waits for the end of the statement.
func renderPendingWait(s *api.Session) app.UI {
	p := &s.Attributes.Pending
	switch {
	case p.Kill != nil && p.Kill.When == "idle":
		return ui.Chip("kill", lang.T("Kill when idle"), "hatch")
	case p.Kill != nil:
		return ui.Chip("kill", lang.T("Kill {now}", "now", ui.Countdown(timeOf(p.Kill.At).Sub(console.now()))), "hatch")
	case p.Filters != nil:
		return ui.Chip("swap", lang.T("Swap waits"), "info")
	case p.Restart:
		return ui.Chip("restart", lang.T("Restart waits"), "info")
	}
	return ui.Words("faint", "—")
}

// renderGroups draws the kinds of statements, with the sessions of those that
// are open.
func (p *queriesPage) renderGroups() app.UI {
	v := console.store.View(queryGroupsView)
	if v.Refused != "" {
		return ui.Box("empty", app.P().Class("err").Role("alert").Text(v.Refused))
	}
	groups := model.Rows[api.GroupAttributes](v)
	shown := groups[:min(len(groups), maxQueries)]
	var body []app.UI
	for _, g := range shown {
		body = append(body, renderQueryKind(g, p.open[g.ID]))
		if p.open[g.ID] {
			body = append(body, p.renderMembers(g)...)
		}
	}
	return app.Div().Body(
		app.Table().Class("t of-kinds").Body(
			app.THead().Body(app.Tr().Body(
				app.Th().Class("c-count num").Scope("col").Text(lang.T("Running ▾")),
				app.Th().Class("c-for").Scope("col").Text(lang.T("Longest")),
				app.Th().Class("c-sql").Scope("col").Text(lang.T("Statement, without its values")),
				app.Th().Class("c-id").Scope("col").Text(lang.T("For example")),
				app.Th().Class("c-user").Scope("col").Text(lang.T("User")),
				app.Th().Class("c-do").Scope("col").Body(ui.Words("sr", lang.T("Actions"))),
			)),
			app.TBody().Body(body...),
		),
		renderMore(v.Total-len(shown), lang.Mark("and {n} more kind of statement|and {n} more kinds of statements")),
	)
}

func renderQueryKind(g *api.Group, open bool) app.UI {
	a := &g.Attributes
	text := ""
	if len(a.Values) > 0 {
		text = a.Values[0]
	}
	longest := app.UI(ui.Words("faint", "—"))
	if at := timeOf(a.Oldest); !at.IsZero() {
		longest = durationBar(max(console.now().Sub(at), 0), console.prefs.shared.Thresholds.LongQuery)
	}
	mark := "▸ "
	if open {
		mark = "▾ "
	}
	return app.Tr().Class("kind").DataSet("kind", g.ID).Body(
		app.Td().Class("c-count num").Body(
			app.Button().Type("button").Class("fold").Aria("expanded", boolText(open)).Aria("label", lang.N(a.Sessions, "{n} session|{n} sessions")).
				Body(ui.Words("faint", mark), app.Text(lang.Count(a.Sessions))),
		),
		app.Td().Class("c-for").Body(longest),
		app.Td().Class("c-sql sql").Title(ui.Clip(text, 1000)+" ").Text(orDash(text)),
		app.Td().Class("c-id mono").Body(app.If(a.Example != "", func() app.UI {
			return app.A().Href(href("/sessions/" + url.PathEscape(a.Example))).Text(a.Example)
		})),
		app.Td().Class("c-user").Text(" "), app.Td().Class("c-do").Text(" "),
	)
}

// renderMembers draws the sessions that run a kind of statement.
func (p *queriesPage) renderMembers(g *api.Group) []app.UI {
	members := membersOf(g)
	var rows []app.UI
	for _, s := range members[:min(len(members), maxQueries)] {
		a := &s.Attributes
		rows = append(rows, app.Tr().Class("member").DataSet("id", s.ID).Body(
			app.Td().Class("c-count").Text(" "),
			app.Td().Class("c-for").Body(renderDuration(s, false)),
			app.Td().Class("c-sql sql").Title(ui.Clip(a.Activity.Statement, 1000)+" ").Text(a.Activity.Statement),
			app.Td().Class("c-id mono").Body(app.A().Href(href("/sessions/"+s.ID)).Text(s.ID)),
			app.Td().Class("c-user").Title(view.Client(s)).Text(orDash(a.User)),
			app.Td().Class("c-do").Body(app.If(console.mayAct(), func() app.UI {
				return app.Button().Type("button").ID("query-"+s.ID).Class("btn s").DataSet("do", "cancel").
					Disabled(console.stale()).Aria("label", lang.T("Cancel the statement of session {id}", "id", s.ID)).Text(lang.T("Cancel…"))
			})),
		))
		if s.ID == p.cancel.ID {
			rows = append(rows, renderCancel(p, 6))
		}
	}
	if left := g.Attributes.Sessions - min(len(members), maxQueries); left > 0 {
		rows = append(rows, app.Tr().Class("member").Body(app.Td().ColSpan(6).Body(renderMore(left, lang.Mark("and {n} more that began later|and {n} more that began later")))))
	}
	return rows
}

// membersOf are the sessions among the longest running ones whose statement is of
// a kind.
func membersOf(g *api.Group) []*api.Session {
	if len(g.Attributes.Values) == 0 {
		return nil
	}
	want := shape(g.Attributes.Values[0])
	return slices.DeleteFunc(model.Rows[api.SessionAttributes](console.store.View(queriesView)), func(s *api.Session) bool {
		return shape(s.Attributes.Activity.Statement) != want
	})
}

// renderCancel asks, below the row, whether to cancel its statement.
func renderCancel(p *queriesPage, columns int) app.UI {
	c := &p.cancel
	words := lang.T("It ends with an error; the session and its transaction go on.")
	if !p.stillRuns() {
		words = lang.T("It has ended in the meantime. There is nothing left to cancel.")
	}
	return app.Tr().Class("confirm").DataSet("id", c.ID).Body(app.Td().ColSpan(columns).Body(
		app.Div().Class("ask").Role("group").Aria("labelledby", "query-ask").Body(
			app.P().ID("query-ask").Body(
				app.B().Text(lang.T("Cancel the statement of session {id}?", "id", c.ID)), app.Text(" "+c.Who+onServer(c.Server)+". "), app.Text(words),
			),
			ui.Para("sql", ui.Clip(c.Statement, confirmStatement)+" "),
			ui.Box("foot",
				app.Button().Type("button").ID("query-keep").Class("btn s").DataSet("do", "keep").Text(lang.T("Let it run")),
				app.Button().Type("button").Class("btn s d").DataSet("do", "confirm").Disabled(!p.stillRuns() || console.stale()).Text(lang.T("Cancel statement")),
			),
		),
	))
}

// stillRuns reports whether the statement that somebody is about to cancel still
// runs.
func (p *queriesPage) stillRuns() bool {
	s, ok := sessionRow(queriesView, p.cancel.ID)
	return ok && s.Attributes.Activity.State == "running" &&
		s.Attributes.Activity.SinceAt == p.cancel.Since && s.Attributes.ConnectedAt == p.cancel.Connected
}

func renderNoQueries(p *queriesPage, v *model.View) app.UI {
	switch {
	case v.Refused != "":
		return ui.Box("empty", app.P().Class("err").Role("alert").Text(v.Refused))
	case !v.Ready:
		return app.Div().Class("empty faint").Text(lang.T("Loading…"))
	case v.Total > 0 || len(p.kept) > 0:
		return app.Div().Hidden(true)
	case p.box.text() != "":
		return ui.Box("empty",
			app.P().Body(ui.Fill(lang.T("No running statement matches {filter}."), ui.Parts{"filter": app.Code().Text(p.box.text())})...),
			app.Button().Class("btn").Text(lang.T("Clear filter")).OnClick(p.box.clear),
		)
	}
	return ui.Box("empty",
		app.P().Text(lang.N(v.All, "Nothing runs at this moment. {n} session is connected.|Nothing runs at this moment. {n} sessions are connected.")),
		app.A().Class("btn").Href(href("/sessions")).Text(lang.T("Sessions")),
	)
}

// pick shows each statement, or each kind.
func (p *queriesPage) pick(ctx app.Context, e app.Event) {
	switch group := ui.Closest(e, "data-group"); {
	case group == "each" && p.group != "":
		ctx.Navigate(p.address(""))
	case group == byFingerprint && p.group == "":
		ctx.Navigate(p.address(byFingerprint))
	}
}

func (p *queriesPage) clicked(ctx app.Context, e app.Event) {
	if kind := ui.Closest(e, "data-kind"); kind != "" && ui.Closest(e, "href") == "" {
		p.fold(kind)
		return
	}
	p.do(ctx, ui.Closest(e, "data-id"), ui.Closest(e, "data-do"))
}

// fold opens or closes a kind of statements.
func (p *queriesPage) fold(kind string) {
	if p.open == nil {
		p.open = make(map[string]bool)
	}
	p.open[kind] = !p.open[kind]
}

// do carries out what a button of the row id stands for.
func (p *queriesPage) do(ctx app.Context, id, what string) {
	switch what {
	case "cancel":
		s, ok := sessionRow(queriesView, id)
		if !ok || !console.mayAct() || console.stale() {
			return
		}
		p.rows() // they stay where they are from now on
		a := &s.Attributes
		p.cancel = statementCancel{id, a.ConnectedAt, a.Activity.SinceAt, a.Activity.Statement, a.User + "@" + view.Client(s), a.Activity.Server}
		p.rows()
		ctx.Defer(func(app.Context) { ui.Focus("query-keep") })
	case "keep":
		p.keep(ctx)
	case "confirm":
		p.confirm()
	}
}

// keep lets the statement run.
func (p *queriesPage) keep(ctx app.Context) {
	id := p.cancel.ID
	p.cancel = statementCancel{}
	ctx.Defer(func(app.Context) { ui.Focus("query-" + id) })
}

// confirm cancels the statement, if it is still the one that was asked about.
func (p *queriesPage) confirm() {
	id, runs := p.cancel.ID, p.stillRuns()
	if id == "" || !console.mayAct() || console.stale() {
		return
	}
	p.cancel = statementCancel{}
	if !runs {
		console.say(lang.T("That statement of session {id} has ended. Nothing was cancelled.", "id", id), false)
		return
	}
	console.change(lang.T("The statement of session {id} was cancelled.", "id", id), func(ctx context.Context) error {
		return console.client.CancelStatement(ctx, id)
	})
}

// key does what keys do on the page.
func (p *queriesPage) key(ctx app.Context, key string, _ bool) bool {
	switch {
	case key == "/":
		ui.Focus("filter")
	case key == "Escape" && p.cancel.ID != "":
		p.keep(ctx)
	default:
		return false
	}
	return true
}

// tellKeys says which keys the page has.
func (p *queriesPage) tellKeys() []keyHelp {
	return []keyHelp{{"Esc", lang.T("Let the statement run")}}
}
