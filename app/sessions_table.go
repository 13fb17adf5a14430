package app

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// This file draws the table. It is one stop of the Tab key: the keyboard stays
// on the table itself, which names the row that keys act on. Rows are told apart
// by their places in the DOM, so a row that had the keyboard would become another
// session when the order changes.

// sessionsGrid is the table as a component of its own. It is drawn anew when Rev
// changes, which is less often than something is told.
type sessionsGrid struct {
	app.Compo
	Page *sessionsPage
	Rev  uint64
}

// OnUpdate has the rows put where they belong when they have been drawn.
func (g *sessionsGrid) OnUpdate(ctx app.Context) { g.Page.place(ctx) }

// Render draws the rows, or what is there instead.
func (g *sessionsGrid) Render() app.UI {
	v := console.store.View(sessionsView)
	t := sessionsTable{g.Page}
	return ui.Box("data", t.renderGrid(v), t.renderInstead(v))
}

// drawPause is between two times that the rows are drawn because something has
// happened to them. What the operator does is drawn at once.
const drawPause = 250 * time.Millisecond

// drawPace says when rows are drawn.
type drawPace struct {
	drawn uint64    // how often
	last  time.Time // when, the last time
	told  bool      // something has happened, and nothing was done
	due   bool      // rows are to be drawn
	later bool      // they will be in a moment
}

// tell notes that something may have happened, and returns how long it takes
// until somebody has to look, 0 when nobody has to.
func (d *drawPace) tell(now time.Time) (wait time.Duration) {
	wait = drawPause - now.Sub(d.last)
	d.told, d.due = true, d.due || wait <= 0
	if d.due || d.later {
		return 0
	}
	d.later = true
	return wait
}

// draw reports whether the rows are to be drawn now: because it is time, or
// because it is not what has happened that asks for it.
func (d *drawPace) draw(now time.Time) bool {
	draw := d.due || !d.told
	d.told, d.due = false, false
	if draw {
		d.drawn++
		d.last = now
	}
	return draw
}

// sessionsTable is the part of the page with the rows.
type sessionsTable struct{ *sessionsPage }

func (p sessionsTable) renderGrid(v *model.View) app.UI {
	columns := p.columns()
	p.win.tracks = tracks(columns)
	grid := app.Div().Class("rows").ID("rows").Role("grid").Aria("label", lang.T("Sessions")).Aria("multiselectable", "true ").
		Aria("rowcount", p.rows.total+1).Aria("busy", boolText(!v.Ready)).TabIndex(0).
		OnScroll(p.scrolled).OnClick(p.clicked).OnMouseDown(p.pressed).OnMouseMove(p.pointed, app.PassiveEvent())
	first, last := p.win.drawn(p.rows.offset, len(p.rows.list))
	if at := p.rows.find(p.cursor); at >= first && at < last {
		grid = grid.Aria("activedescendant", "row-"+p.cursor)
	}
	return grid.Body(
		p.renderHead(columns),
		app.Div().Class("space").ID("rows-space").Role("presentation").Body(
			app.Div().Class("window").ID("rows-window").Role("rowgroup").Body(
				p.renderRows(columns, p.rows.list[first:last], p.rows.offset+first),
			),
		),
	)
}

func (p sessionsTable) renderHead(columns []*column) app.UI {
	total := p.rows.total
	chosen := "false"
	switch n := p.sel.count(total); {
	case n > 0 && n >= total:
		chosen = "true"
	case n > 0:
		chosen = "mixed"
	}
	return app.Div().Class("hrow").Role("row").Aria("rowindex", 1).Body(
		app.Div().Class("c-select").Role("columnheader").Body(
			app.Button().Type("button").Class("check").Role("checkbox").TabIndex(-1).Aria("checked", chosen).DataSet("do", "select-all").
				Aria("label", lang.T("Select all {total} that match", "total", lang.Count(total))).Title(lang.T("Select all that match{keyHint}", "keyHint", keyHint("*"))),
		),
		app.Range(columns).Slice(func(i int) app.UI {
			c := columns[i]
			cell := app.Div().Class(c.class).Role("columnheader")
			mark, direction := "", "none"
			switch p.sort {
			case c.sort:
				mark, direction = " ▴", "ascending"
			case "-" + c.sort:
				mark, direction = " ▾", "descending"
			}
			if c.sort == "" {
				return cell.Body(app.Span().Text(lang.T(c.label)))
			}
			return cell.Aria("sort", direction).Body(app.Button().Type("button").TabIndex(-1).DataSet("sort", c.sort).Text(lang.T(c.label) + mark))
		}),
		app.Div().Class("c-menu").Role("columnheader").Body(ui.Words("sr", lang.T("Actions"))),
	)
}

func (p sessionsTable) renderRows(columns []*column, rows []tableRow, offset int) app.UI {
	looks := make([]rowLook, len(rows))
	for i, row := range rows {
		looks[i] = rowLook{
			tableRow: row, index: offset + i, chosen: p.sel.has(row.ID) && row.ended.IsZero(), cursor: row.ID == p.cursor,
			menu: p.menu == popup{"row", row.ID}, stale: console.stale(),
		}
		if !row.ended.IsZero() {
			looks[i].note, looks[i].leaving = p.ends.words(row), p.rows.keeps == follow
		}
	}
	first, last := p.win.seen()
	if p.win.height == 0 { // not known yet
		first, last = offset, offset+len(rows)
	}
	p.drawn.draw(columns, looks, first-offset, last-offset, p.rows.now())
	return app.Range(looks).Slice(func(at int) app.UI { return &sessionsRow{Page: p.sessionsPage, At: at, Rev: p.drawn.list[at].rev} })
}

// renderRow draws one session. It binds no handler: the table has one for all of
// its rows, which reads the row's own data-id when it is clicked.
func (p sessionsTable) renderRow(columns []*column, drawn drawnRow) app.UI {
	row, now, note, chosen := drawn.look.tableRow, drawn.now, drawn.look.note, drawn.look.chosen
	class := "row"
	switch {
	case drawn.look.leaving:
		class = "row ghost leaving"
	case !row.ended.IsZero():
		class = "row ghost"
	case row.fresh:
		class = "row fresh"
	}
	if chosen {
		class += " chosen"
	}
	if drawn.look.cursor {
		class += " sel"
	}
	return app.Div().Class(class).ID("row-"+row.ID).Role("row").Aria("rowindex", drawn.look.index+2).Aria("selected", boolText(chosen)).
		DataSet("id", row.ID).Aria("label", rowName(row, now, note)).Body(
		app.Div().Class("c-select").Role("gridcell").Body(
			app.Button().Type("button").Class("check").Role("checkbox").TabIndex(-1).Aria("checked", boolText(chosen)).DataSet("do", "select").
				Aria("label", lang.T("Select session {id}", "id", row.ID)).Disabled(note != ""),
		),
		app.Range(columns).Slice(func(i int) app.UI { return columns[i].cell(row, now, note) }),
		app.Div().Class("c-menu").Role("gridcell").Body(
			app.Button().Type("button").ID("open-row-"+row.ID).Class("btn bare i").TabIndex(-1).DataSet("do", "menu").DataSet("menu", "row").
				Aria("label", lang.T("Actions on session {id}", "id", row.ID)).Aria("haspopup", "menu").Aria("expanded", boolText(drawn.look.menu)).Text("⋯"),
			app.If(drawn.look.menu, func() app.UI { return sessionsMenus(p).renderRowMenu(row) }),
		),
	)
}

// rowName is what a row is called by those who do not see it: "Session 10461,
// long query 1 minute 48 seconds, user report".
func rowName(row tableRow, now time.Time, note string) string {
	_, text, _ := stateChipAt(row.Session, now)
	state := strings.ToLower(text)
	switch word := view.State(row.Session, now); {
	case note != "":
		state = note
	case word == view.StateLong, word == view.StateTrxLong, word == view.StateRunning, word == view.StateBlocked:
		state += " " + spoken(view.InState(row.Session, view.Lag(row.Session, now)))
	case word == view.StateTrx:
		state = lang.T("in transaction {session}", "session", spoken(view.InState(row.Session, view.Lag(row.Session, now))))
	case word == view.StateIdle:
		state = lang.T("idle {session}", "session", spoken(view.InState(row.Session, view.Lag(row.Session, now))))
	}
	return lang.T("Session {id}, {state}, user {user}", "id", row.ID, "state", state, "user", orDash(row.Attributes.User))
}

// spoken writes a time span in words. What it is for is not read out again when
// it changes, so it goes in steps that keep the DOM quiet.
func spoken(d time.Duration) string {
	part := func(n int, word string) string {
		if n == 1 {
			return "1 " + word
		}
		return strconv.Itoa(n) + " " + word + "s"
	}
	switch {
	case d < 10*time.Second:
		return part(int(d.Seconds()), "second")
	case d < time.Minute:
		return part(int(d.Seconds())/10*10, "second")
	case d < time.Hour:
		text := part(int(d.Minutes()), "minute")
		if s := int(d.Seconds()) % 60; s > 0 && d < 10*time.Minute {
			text += " " + part(s, "second")
		}
		return text
	case d < 24*time.Hour:
		return part(int(d.Hours()), "hour") + " " + part(int(d.Minutes())%60, "minute")
	}
	return part(int(d.Hours())/24, "day")
}

// pressed keeps the browser from marking text when a range of rows is selected.
func (p sessionsTable) pressed(ctx app.Context, e app.Event) {
	if e.Get("shiftKey").Bool() && ui.Closest(e, "data-do") == "select" {
		e.PreventDefault()
	}
	ctx.PreventUpdate()
}

// pointed notes that the pointer moves over the rows: they stay where they are
// for a moment. Browsers also tell of a pointer that rests while what is below
// it moves, which does not count.
func (p sessionsTable) pointed(ctx app.Context, e app.Event) {
	if e.Get("movementX").Int() != 0 || e.Get("movementY").Int() != 0 {
		p.win.moved = time.Now()
	}
	ctx.PreventUpdate()
}

// renderInstead draws what is there when no rows are.
func (p sessionsTable) renderInstead(v *model.View) app.UI {
	over := app.Div().Class("instead")
	switch {
	case v.Refused != "" && len(p.rows.list) > 0:
		return over.Class("line").Body(app.P().Class("banner warn").Role("alert").Body(
			app.Text(lang.T("{refused} What you see is the last that came.", "refused", ui.Sentence(v.Refused))), p.retryButton()))
	case v.Refused != "":
		return over.Body(app.P().Class("err").Role("alert").Text(ui.Sentence(v.Refused)), p.retryButton())
	case !v.Ready:
		return over.Class("skeleton").Aria("hidden", "true ").Body(app.Range(make([]struct{}, 8)).Slice(func(int) app.UI {
			return app.Div().Body(app.Span(), app.Span(), app.Span())
		}))
	case len(p.rows.list) > 0:
		return over.Hidden(true)
	case v.All > 0:
		return over.Body(
			app.P().Body(ui.Fill(lang.N(v.All, "No session matches {filter}. {n} is hidden.|No session matches {filter}. {n} are hidden."), ui.Parts{"filter": app.Code().Text(v.Ask.Filter)})...),
			app.Button().Type("button").Class("btn").Text(lang.T("Clear filter")).OnClick(p.box.clear),
		)
	}
	return p.renderNobody(over)
}

func (p sessionsTable) retryButton() app.UI {
	return app.Button().Type("button").Class("btn s").Text(lang.T("Retry")).OnClick(p.retry)
}

// retry asks for the rows anew.
func (p sessionsTable) retry(app.Context, app.Event) {
	ask := console.store.View(sessionsView).Ask
	console.store.Open(ask)
	if console.socket != nil {
		console.socket.Subscribe(ask)
	}
}

// renderNobody says where clients connect.
func (p sessionsTable) renderNobody(over app.HTMLDiv) app.UI {
	v := console.watch(api.Subscribe{View: sessionsListenersView, Topic: api.TopicListeners})
	var host, port, name string
	for _, l := range model.Rows[api.ListenerAttributes](v) {
		if l.Attributes.State == "Running" && port == "" {
			host, port, name = listensOn(l)
		}
	}
	if port == "" {
		return over.Body(
			app.P().Text(lang.T("No sessions. Clients connect to a listener, and none is running that is known here.")),
			app.A().Class("btn").Href(href("/listeners")).Text(lang.T("Listeners")),
		)
	}
	command := "mariadb -h " + shellQuote(host) + " -P " + shellQuote(port) + " -u USER -p"
	return over.Body(
		app.P().Body(ui.Fill(lang.T("No sessions{on}. Clients connect to {address}.", "on", on(name)), ui.Parts{"address": app.Code().Text(host + ":" + port)})...),
		app.Button().Type("button").Class("btn").DataSet("command", command).Text(lang.T("Copy a test command")).OnClick(copyTestCommand),
	)
}

func on(service string) string {
	if service == "" {
		return ""
	}
	return lang.T(" on {service}", "service", service)
}

func copyTestCommand(ctx app.Context, _ app.Event) {
	ui.Copy(ctx.JSSrc().Get("dataset").Get("command").String())
	console.say(lang.T("Copied the command. Put a user in the place of USER."), false)
}

// listensOn returns where a listener can be reached from this machine, and for
// which service.
func listensOn(l *api.Resource[api.ListenerAttributes]) (host, port, service string) {
	p := map[string]any(l.Attributes.Parameters)
	if n, ok := p["port"].(float64); ok && n > 0 {
		port = strconv.Itoa(int(n))
	} else if n, ok := p["port"].(json.Number); ok {
		port = n.String()
	}
	host, _ = p["address"].(string)
	if host == "" || host == "::" || host == "0.0.0.0" {
		host = "127.0.0.1"
	}
	if ids := l.Relationships.IDs("services"); len(ids) > 0 {
		service = ids[0]
	}
	return host, port, service
}

// sessionsStrip is the part of the page above the rows: what is shown, and what
// can be done with what is selected.
type sessionsStrip struct{ *sessionsPage }

// renderBulk draws what can be done with what is selected.
func (p sessionsStrip) renderBulk(v *model.View) app.UI {
	n := p.sel.count(v.Total)
	button := func(do, label, class string) app.UI {
		b := app.Button().Type("button").Class("btn s", class).DataSet("do", do).Disabled(console.stale() || n == 0).Text(label)
		if console.stale() {
			b = b.Title(staleTitle())
		}
		return b.Hidden(!console.mayAct())
	}
	all := "" // while there are more to select
	if !p.sel.matching && n < v.Total {
		all = lang.T("or select all {total} matching", "total", lang.Count(v.Total))
	}
	words := app.Span().Body(ui.Fill(lang.T("{n} selected"), ui.Parts{"n": app.B().Text(lang.Count(n))})...)
	if p.sel.matching {
		words = app.Span().Body(ui.Fill(lang.T("all {n} matching"), ui.Parts{"n": app.B().Text(lang.Count(n))})...)
	}
	return app.Div().Class("sum bulk").Role("toolbar").Aria("label", lang.T("Selected sessions")).OnClick(p.stripClicked).Body(
		words,
		app.Button().Type("button").Class("link").DataSet("do", "select-matching").Hidden(all == "").Text(all),
		button(api.JobKill, lang.T("Kill…"), "do"),
		button(api.JobCancelStatement, lang.T("Cancel statements…"), ""),
		button(api.JobRestart, lang.T("Restart…"), ""),
		button("log", lang.T("Log level…"), ""),
		button("filters", lang.T("Filters…"), ""),
		app.Button().Type("button").ID("open-selected").Class("btn s").DataSet("menu", "selected").Aria("haspopup", "menu").
			Aria("expanded", boolText(p.menu.kind == "selected")).Text(lang.T("Export")),
		app.Button().Type("button").Class("btn s bare").DataSet("do", "select-none").Aria("label", lang.T("Clear the selection")).Title(lang.T("Clear the selection (Esc)")).Text("✕"),
		app.Span().Class("sp"),
		p.renderHeld(),
	)
}

// bulkClicked does what a button of the strip is for.
func (p sessionsStrip) bulkClicked(ctx app.Context, do, menu string) {
	total := console.store.View(sessionsView).Total
	switch {
	case menu != "":
		sessionsMenus(p).toggleMenu(ctx, popup{kind: menu})
	case do == "show":
		toggleHold()
	case do == "select-none":
		p.sel.clear()
		ui.Focus("rows")
	case do == "select-matching":
		p.selectMatching()
	case do == api.JobKill, do == api.JobCancelStatement, do == api.JobRestart:
		p.askBulk(ctx, p.sel.bulk(do, total))
	case do == "log", do == "filters":
		b := p.sel.bulk(api.JobAlter, total)
		b.Alter = do
		p.askBulk(ctx, b)
	}
}

func (p sessionsStrip) askBulk(ctx app.Context, b bulk) {
	if console.mayAct() && !console.stale() {
		console.askBulk(ctx, b)
	}
}

// selectMatching selects all that match what the table shows.
func (p sessionsStrip) selectMatching() {
	p.sel.all(console.store.View(sessionsView).Ask.Filter)
}

// selectRow selects a row or takes it back; with shift it does to all rows from
// the one before to this one what it did to that one.
func (p sessionsStrip) selectRow(id string, shift bool) {
	at := p.rows.find(id)
	if at < 0 || !p.rows.list[at].ended.IsZero() {
		return
	}
	from := at
	on := !p.sel.has(id)
	if shift && p.sel.anchor != "" && p.sel.anchor != id {
		if from = p.rows.find(p.sel.anchor); from < 0 {
			console.say(lang.T("The row that the range began at is too far away. It begins at session {id} now.", "id", id), false)
			from = at
		} else {
			on = p.sel.has(p.sel.anchor)
		}
	}
	for _, row := range p.rows.list[min(from, at) : max(from, at)+1] {
		if row.ended.IsZero() && !p.sel.set(row.Session, on) {
			console.say(lang.T("No more can be selected one by one. Select all that match a filter instead."), true)
			break
		}
	}
	p.sel.anchor = id
}

// cancelStatementOf stops what a session runs; the session lives on.
func cancelStatementOf(id string) {
	console.change(lang.T("The statement of session {id} was stopped.", "id", id), func(ctx context.Context) error {
		return console.client.CancelStatement(ctx, id)
	})
}

// levelNews says what became of the levels of sessions, for those who do not see
// it: not more often than every newsPause, and never what merely ticks.
type levelNews struct {
	text string
	ask  api.Subscribe // that sum is of
	sum  api.Summary
	at   time.Time
}

const newsPause = 5 * time.Second

// hear compares the counts with those of the last news.
func (n *levelNews) hear(v *model.View, now time.Time) {
	if !v.Ready || v.Shown.Filter != n.ask.Filter || n.ask.View == "" {
		n.ask, n.sum, n.text = v.Shown, v.Summary, ""
		return
	}
	if now.Sub(n.at) < newsPause || v.Summary == n.sum {
		return
	}
	var news []string
	for _, of := range []struct {
		more int
		what string
	}{
		{v.Summary.Blocked - n.sum.Blocked, lang.Mark("{n} session is now blocked|{n} sessions are now blocked")},
		{v.Summary.Long - n.sum.Long, lang.Mark("{n} session is now running for long|{n} sessions are now running for long")},
		{v.Summary.TrxLong - n.sum.TrxLong, lang.Mark("{n} session is now idle in a transaction for long|{n} sessions are now idle in a transaction for long")},
		{v.Summary.Killing - n.sum.Killing, lang.Mark("{n} session is now waiting for a kill|{n} sessions are now waiting for a kill")},
	} {
		if of.more > 0 {
			news = append(news, lang.N(of.more, of.what))
		}
	}
	n.sum = v.Summary
	if len(news) > 0 {
		text := strings.Join(slices.Clip(news), ", ") + "."
		if text == n.text {
			text += " " // the same words again are news, too
		}
		n.text, n.at = text, now
	}
}
