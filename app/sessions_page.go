package app

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// sessionsView is the name of the view that the page shows.
const sessionsView = "sessions"

// The window of rows that is asked for is larger than the screen by overscan
// rows on both sides, so that scrolling finds them there.
const (
	overscan  = 30
	minWindow = 100
)

// sessionsPage is the live table of sessions. Only the rows of one window are in
// the DOM, and only they are sent by the server.
type sessionsPage struct {
	app.Compo
	Query string // of the address
	Rev   uint64

	query  string // of the address, as it was last taken over
	box    filterBox
	sort   string
	offset int
	limit  int

	cursor string // row that keys act on
	menu   string // row whose menu is open
	held   heldRows
}

// heldRows are rows that keep their places while they are held.
type heldRows struct {
	ids  []string
	last map[string]*api.Session // as they were last seen, for those that end
}

// OnMount takes the address over and asks for the first window.
func (p *sessionsPage) OnMount(ctx app.Context) {
	keys = p
	p.limit = minWindow
	p.take(p.Query)
	p.place(ctx)
}

// OnUpdate follows the address, and puts the window where it belongs.
func (p *sessionsPage) OnUpdate(ctx app.Context) {
	if p.Query != p.query {
		p.take(p.Query)
	}
	p.place(ctx)
}

// OnDismount gives the view up.
func (p *sessionsPage) OnDismount() {
	if keys == keyHandler(p) {
		keys = nil
	}
	console.unwatch(sessionsView)
	console.held = false
}

// take reads filter and order from the address.
func (p *sessionsPage) take(query string) {
	p.query = query
	values, _ := url.ParseQuery(query)
	p.box = filterBox{page: p, terms: splitTerms(values.Get("q"))}
	p.sort = values.Get("sort")
	if _, err := view.ParseSort(p.sort); err != nil || p.sort == "" {
		p.sort = "-state"
	}
	p.ask()
}

// ask subscribes to the window. While the filter is wrong, the last one that was
// right stays.
func (p *sessionsPage) ask() {
	text, ok := p.box.check()
	if !ok {
		text = console.store.View(sessionsView).Ask.Filter
	}
	console.watch(api.Subscribe{
		View: sessionsView, Topic: api.TopicSessions, Filter: text, Sort: p.sort, Offset: p.offset, Limit: max(p.limit, minWindow),
	})
}

// remember puts filter and order into the address.
func (p *sessionsPage) remember() {
	values := url.Values{}
	if q := p.box.text(); q != "" {
		values.Set("q", q)
	}
	if p.sort != "-state" {
		values.Set("sort", p.sort)
	}
	path := href("/sessions")
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	ui.ReplaceAddress(path)
}

// place sizes the space behind the rows to that of the whole table, and moves
// the window to where its rows belong.
func (p *sessionsPage) place(ctx app.Context) {
	ctx.Defer(func(app.Context) {
		v := console.store.View(sessionsView)
		ui.SetStyle("rows-space", "height", strconv.Itoa(v.Total*rowHeight())+"px")
		ui.SetStyle("rows-window", "transform", "translateY("+strconv.Itoa(v.Offset*rowHeight())+"px)")
	})
}

// scrolled asks for another window when the rows on the screen come near the
// end of this one.
func (p *sessionsPage) scrolled(ctx app.Context, _ app.Event) {
	top, height := ui.ScrollTop("rows")
	first, last := top/rowHeight(), (top+height)/rowHeight()+1
	near := overscan / 3
	if first-near >= p.offset && last+near <= p.offset+p.limit || first-near < 0 && p.offset == 0 && last+near <= p.limit {
		ctx.PreventUpdate()
		return
	}
	p.offset = max(first-overscan, 0)
	p.limit = min(max(last-first+2*overscan, minWindow), api.MaxWindow)
	p.held = heldRows{}
	p.ask()
}

// frozen reports whether rows keep their places: because the operator holds
// them, or is about to act on one.
func (p *sessionsPage) frozen() bool { return console.held || p.menu != "" || console.kill.ID != "" }

// rows returns the rows to draw. Held ones stay in their order; their figures
// go on, and those that have ended stay as they were.
func (p *sessionsPage) rows() (rows []*api.Session, ended map[string]bool) {
	v := console.store.View(sessionsView)
	if !p.frozen() {
		p.held = heldRows{}
		return model.Rows[api.SessionAttributes](v), nil
	}
	if p.held.ids == nil {
		p.held = heldRows{ids: slices.Clone(v.IDs), last: make(map[string]*api.Session)}
	}
	ended = make(map[string]bool)
	for _, id := range p.held.ids {
		s, ok := model.Row[api.SessionAttributes](v, id)
		if ok {
			p.held.last[id] = s
		} else if s, ok = p.held.last[id]; ok {
			ended[id] = true
		} else {
			continue
		}
		rows = append(rows, s)
	}
	return rows, ended
}

// Render draws the page.
func (p *sessionsPage) Render() app.UI {
	p.box.page = p
	v := console.store.View(sessionsView)
	return app.Div().Class("sessions").Body(
		p.box.render(),
		p.renderSummary(v),
		app.Div().Class("grid data").Role("grid").Aria("label", "Sessions").Aria("rowcount", v.Total+1).Body(
			p.renderHead(),
			app.Div().Class("rows").ID("rows").OnScroll(p.scrolled).OnClick(p.clicked).Body(
				app.Div().Class("space").ID("rows-space").Body(
					app.Div().Class("window").ID("rows-window").Body(p.renderRows(v)),
				),
				p.renderEmpty(v),
			),
		),
	)
}

// facets are the counts of the summary, each with the filter that it stands for.
func facets(s api.Summary) []struct {
	n           int
	word, query string
} {
	return []struct {
		n           int
		word, query string
	}{
		{s.Running, "running", "state:running"},
		{s.Long, "long", "state:long"},
		{s.Trx, "idle in transaction", "state:trx"},
		{s.Idle, "idle", "state:idle"},
		{s.Killing, "to be killed", "state:kill"},
		{s.Pending, "pending", "state:pending"},
	}
}

func (p *sessionsPage) renderSummary(v *model.View) app.UI {
	list := facets(v.Summary)
	return app.Div().Class("sum").OnClick(p.facetClicked).Body(
		app.Span().Body(app.B().Text(ui.Count(v.Total)), app.Text(" of "), app.B().Text(ui.Count(v.All))),
		app.Range(list).Slice(func(i int) app.UI {
			if list[i].n == 0 {
				return app.Span().Hidden(true)
			}
			return app.Button().Type("button").DataSet("query", list[i].query).Body(
				app.B().Text(ui.Count(list[i].n)), app.Text(" "+list[i].word))
		}),
		app.Span().Class("sp"),
		app.If(console.held, func() app.UI { return p.renderHeld(v) }),
	)
}

// renderHeld says what has happened while the rows were held.
func (p *sessionsPage) renderHeld(v *model.View) app.UI {
	_, ended := p.rows()
	fresh := 0
	for _, id := range v.IDs {
		if !slices.Contains(p.held.ids, id) {
			fresh++
		}
	}
	return app.Span().Body(
		app.Text(ui.Plural(fresh, "new", "new")+" · "+ui.Plural(len(ended), "ended", "ended")+" while held — "),
		app.Button().Class("link").Text("show").OnClick(func(app.Context, app.Event) { toggleHold() }),
	)
}

// columns of the table. Those without a sort key cannot be sorted by.
var columns = []struct{ class, label, sort string }{
	{"c-id", "ID", "id"},
	{"c-state", "State", "state"},
	{"c-user", "User", "user"},
	{"c-client", "Client", "client"},
	{"c-schema", "Schema", "schema"},
	{"c-service", "Service", "service"},
	{"c-backend", "Backend", "server"},
	{"c-in num", "In state", "in-state"},
	{"c-age num", "Age", "age"},
	{"c-sql", "Statement", ""},
	{"c-io num", "I/O kB/s", "io"},
	{"c-filters num", "Filters", ""},
	{"c-menu", "", ""},
}

func (p *sessionsPage) renderHead() app.UI {
	return app.Div().Class("hrow").Role("row").Aria("rowindex", 1).OnClick(p.headClicked).Body(
		app.Range(columns).Slice(func(i int) app.UI {
			c := columns[i]
			cell := app.Div().Class(c.class).Role("columnheader").Aria("sort", "none")
			mark := ""
			switch p.sort {
			case c.sort:
				mark, cell = " ▴", cell.Aria("sort", "ascending")
			case "-" + c.sort:
				mark, cell = " ▾", cell.Aria("sort", "descending")
			}
			if c.sort == "" {
				return cell.Body(app.Text(c.label))
			}
			return cell.Body(app.Button().Type("button").DataSet("sort", c.sort).Text(c.label + mark))
		}),
	)
}

func (p *sessionsPage) renderRows(v *model.View) app.UI {
	rows, ended := p.rows()
	return app.Div().Role("rowgroup").Body(
		app.Range(rows).Slice(func(i int) app.UI {
			return p.renderRow(rows[i], v.Offset+i, ended[rows[i].ID])
		}),
	)
}

// renderRow draws one session. It binds no handler: the list has one for all of
// its rows, which reads the row's own data-id when it is clicked.
func (p *sessionsPage) renderRow(s *api.Session, index int, ended bool) app.UI {
	a := &s.Attributes
	since := lag(s)
	glyph, text, level := stateChip(s)
	class := "row"
	if ended {
		class, glyph, text, level = "row ghost", "ended", "Ended", "ended"
	}
	if s.ID == p.cursor {
		class += " sel"
	}
	return app.Div().Class(class).Role("row").Aria("rowindex", index+2).DataSet("id", s.ID).
		Aria("label", "Session "+s.ID+", "+text+", user "+a.User).Body(
		app.Div().Class("c-id mono").Role("gridcell").Body(app.A().Href(href("/sessions/"+s.ID)).Text(s.ID)),
		app.Div().Class("c-state").Role("gridcell").Body(ui.Chip(glyph, text, level)),
		app.Div().Class("c-user clip").Role("gridcell").Text(orDash(a.User)),
		app.Div().Class("c-client mono clip").Role("gridcell").Title(program(s)).Text(view.Client(s)),
		app.Div().Class("c-schema clip").Role("gridcell").Text(orDash(a.Database)),
		app.Div().Class("c-service clip").Role("gridcell").Text(service(s)),
		app.Div().Class("c-backend clip").Role("gridcell").Text(backend(s)),
		app.Div().Class("c-in num").Role("gridcell").Text(ui.Duration(view.InState(s, since))),
		app.Div().Class("c-age num").Role("gridcell").Text(ui.Duration(view.Age(s, since))),
		app.Div().Class("c-sql sql clip").Role("gridcell").Text(orDash(a.Activity.Statement)),
		app.Div().Class("c-io num").Role("gridcell").Text(rate(a.Activity.BytesInPerSec+a.Activity.BytesOutPerSec)),
		app.Div().Class("c-filters num").Role("gridcell").Text(filterCount(s)),
		app.Div().Class("c-menu").Role("gridcell").Body(
			app.Button().Type("button").Class("btn bare i").DataSet("do", "menu").Aria("label", "Actions on session "+s.ID).Aria("haspopup", "menu").Text("⋯"),
			app.If(p.menu == s.ID, func() app.UI { return renderMenu(s.ID) }),
		),
	)
}

// renderMenu draws what can be done with a session. What its items do, they do
// with the session of the row that they are in.
func renderMenu(id string) app.UI {
	acting := console.mayAct()
	item := func(do, label string, danger bool) app.UI {
		class := ""
		if danger {
			class = "danger"
		}
		return app.Button().Type("button").Class(class).Role("menuitem").DataSet("do", do).Disabled(danger && console.stale()).Text(label)
	}
	return app.Div().Class("menu").Role("menu").Aria("label", "Session "+id).Body(
		item("open", "Open", false),
		item("copy", "Copy ID", false),
		app.If(acting, func() app.UI { return item("chain", "Filter chain…", false) }),
		app.If(acting, func() app.UI { return item("restart", "Restart", false) }),
		app.If(acting, func() app.UI { return item("kill", "Kill session…", true) }),
	)
}

func (p *sessionsPage) renderEmpty(v *model.View) app.UI {
	switch {
	case v.Refused != "":
		return app.Div().Class("empty").Body(app.P().Class("err").Text(v.Refused))
	case !v.Ready:
		return app.Div().Class("empty faint").Text("Loading sessions…")
	case v.Total > 0:
		return app.Div().Hidden(true)
	case v.All > 0:
		return app.Div().Class("empty").Body(
			app.P().Body(app.Text("No session matches "), app.Code().Text(v.Ask.Filter), app.Text(". "+ui.Plural(v.All, "is", "are")+" hidden.")),
			app.Button().Class("btn").Text("Clear filter").OnClick(p.box.clear),
		)
	}
	return app.Div().Class("empty").Body(
		app.P().Text("No sessions. Connect a client to one of the listeners."),
		app.A().Class("btn").Href(href("/listeners")).Text("Listeners"),
	)
}

func program(s *api.Session) string {
	if name := s.Attributes.Client.ConnectionAttributes["program_name"]; name != "" {
		return name
	}
	return "no program name"
}

// backend names the server that works for the session, or did; a dot marks the
// primary.
func backend(s *api.Session) string {
	a := &s.Attributes
	if a.Activity.Server == "" {
		return "—"
	}
	for _, c := range a.Connections {
		if c.Server == a.Activity.Server && c.Primary {
			return a.Activity.Server + " ●"
		}
	}
	return a.Activity.Server
}

func rate(bytesPerSecond float64) string {
	return strconv.FormatFloat(bytesPerSecond/1000, 'f', 1, 64)
}

func filterCount(s *api.Session) string {
	n := strconv.Itoa(len(s.Relationships.IDs("filters")))
	if next := s.Attributes.Pending.Filters; next != nil {
		return n + "→" + strconv.Itoa(len(*next))
	}
	return n
}
