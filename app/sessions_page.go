package app

import (
	"net/url"
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

// The views of the page: the rows, and the names that the filter box offers.
const (
	sessionsView          = "sessions"
	sessionsServicesView  = "sessions-services"
	sessionsServersView   = "sessions-servers"
	sessionsListenersView = "sessions-listeners"
)

// usualSort shows first what needs a person most.
const usualSort = "-state"

// sessionsPage is the live table of sessions. Only the rows of one window are
// sent by the server, and of these only what is on the screen or near it is in
// the DOM.
type sessionsPage struct {
	app.Compo
	Query string // of the address
	Rev   uint64

	// What is asked for, all of it in the address.
	query string // of the address, as it was last taken over or written
	box   filterBox
	sort  string
	cols  columnSet

	// What is on the screen.
	win    tableWindow
	rows   tableRows
	drawn  drawnRows
	others idViews // rows that keep their places and have left the window, and chosen ones
	ends   endings
	cursor string // row that keys act on
	want   int    // place, from 1, of the row that the cursor goes to when it comes; 0 is none

	// What the operator is about to do.
	sel    selection
	menu   popup
	naming viewNaming

	news   levelNews
	unhook []func()
	pace   drawPace
}

// OnMount takes the address over and asks for the first window.
func (p *sessionsPage) OnMount(ctx app.Context) {
	keys = p
	p.win.limit = minWindow
	console.watch(api.Subscribe{View: sessionsServicesView, Topic: api.TopicServices})
	console.watch(api.Subscribe{View: sessionsServersView, Topic: api.TopicServers})
	p.take(p.address())
	p.unhook = []func(){
		ui.Listen("click", sessionsMenus{p}.clickedAnywhere),
		ui.Listen("popstate", func(app.Event) { console.later(func() {}) }),
		ui.OnSize("rows", func() { ctx.Dispatch(p.resized) }),
	}
	p.resized(ctx)
}

// OnUpdate follows the address, and puts the rows where they belong.
func (p *sessionsPage) OnUpdate(ctx app.Context) {
	if query := p.address(); query != p.query {
		p.take(query)
	}
	at, _ := url.ParseQuery(p.query)
	if !at.Has("cols") {
		p.cols = columnsOf(console.prefs.own.Columns) // which may have come from the server just now
	}
	if at.Has("hold") != console.held {
		p.remember()
	}
	sessionsSpot{p}.tell(at)
	v := console.store.View(sessionsView)
	p.pace.due = p.pace.due || v.Ready && v.Shown != p.rows.shown // other rows have been asked for, and are here
	if wait := p.pace.tell(time.Now()); wait > 0 {
		ctx.After(wait, func(app.Context) { p.pace.later = false })
	}
}

// OnDismount gives the views up, and lets rows go.
func (p *sessionsPage) OnDismount() {
	if keys == keyHandler(p) {
		keys = nil
	}
	for _, unhook := range p.unhook {
		unhook()
	}
	lastTable = slices.Clone(console.store.View(sessionsView).IDs)
	p.others.watch(nil)
	for _, name := range []string{sessionsView, sessionsServicesView, sessionsServersView, sessionsListenersView, endView} {
		console.unwatch(name)
	}
	console.held = false
}

// address is what the address says behind the question mark. The page writes it
// itself, which nobody tells the shell.
func (p *sessionsPage) address() string {
	path, query := ui.Location()
	if embedded != nil {
		return embedded.query(query)
	}
	if strings.TrimSuffix(path, "/") == href("/sessions") {
		return query
	}
	if app.IsServer {
		return p.Query
	}
	return p.query
}

// take reads filter, order and columns from the address.
func (p *sessionsPage) take(query string) {
	p.query = query
	values, _ := url.ParseQuery(query)
	p.box.take(p, values.Get("q"))
	p.sort, p.cols = sortOf(values.Get("sort")), columnsOf(console.prefs.own.Columns)
	if values.Has("cols") {
		p.cols = columnsIn(values.Get("cols"))
	}
	if values.Has("hold") {
		console.held = true
	}
	p.win.offset, p.want = 0, 0
	sessionsSpot{p}.take(values)
	p.win.scrollTo(0)
	p.ask()
}

// sortOf is an order that is kept somewhere, or the usual one when it is none.
func sortOf(text string) string {
	if _, err := view.ParseSort(text); err != nil || text == "" {
		return usualSort
	}
	return text
}

// values is what the address says of the page.
func (p *sessionsPage) values() url.Values {
	values := url.Values{}
	if q := p.box.text(); q != "" && !tooLong(q) {
		values.Set("q", q)
	}
	if p.sort != usualSort {
		values.Set("sort", p.sort)
	}
	if p.cols != nil {
		values.Set("cols", strings.Join(p.cols, ","))
	}
	if console.held {
		values.Set("hold", "1")
	}
	sessionsSpot{p}.put(values)
	return values
}

// remember puts filter, order, columns and the cursor into the address, unless
// that is another page's by now.
func (p *sessionsPage) remember() {
	if path, _ := ui.Location(); app.IsServer || strings.TrimSuffix(path, "/") == href("/sessions") {
		ui.ReplaceAddress(p.path())
	}
}

// path is the address of what is shown, which the page knows from then on.
func (p *sessionsPage) path() string {
	p.query = p.values().Encode()
	if p.query == "" {
		return href("/sessions")
	}
	return href("/sessions?" + p.query)
}

// ask subscribes to the window. While the filter is wrong, the last one that was
// right stays.
func (p *sessionsPage) ask() {
	text, ok := p.box.check()
	if !ok {
		text = console.store.View(sessionsView).Ask.Filter
	}
	if p.sel.matching && p.sel.filter != text {
		p.sel.clear()
	}
	p.win.asked = time.Now()
	if v := console.store.View(sessionsView); embedded != nil && v.Ask.View != "" && v.Ask.Filter != text {
		embedded.did("filter", "", text)
	}
	console.watch(api.Subscribe{
		View: sessionsView, Topic: api.TopicSessions, Filter: text, Sort: p.sort, Offset: p.win.offset, Limit: max(p.win.limit, minWindow),
	})
}

// top goes to the first row of another order or filter.
func (p *sessionsPage) top() {
	p.win.offset, p.want = 0, 0
	p.win.scrollTo(0)
	p.ask()
	p.remember()
}

// keeping is whether rows keep their places: because the operator holds them or
// is about to act on some, or for a moment because the pointer is on its way.
func (p *sessionsPage) keeping() keeping {
	switch {
	case console.held || p.menu.kind != "" || console.kill.ID != "" || console.many.open || !p.sel.empty():
		return held
	case time.Since(p.win.moved) < pointerRest:
		return steady
	}
	return follow
}

// sync takes in what has happened since the page was last drawn.
func (p *sessionsPage) sync() {
	v := console.store.View(sessionsView)
	p.sel.drop(&p.others)
	mode := p.keeping()
	p.rows.sync(v, &p.others, mode, console.now())
	if mode == held {
		ids := p.rows.ids()
		p.others.watch(append(ids, slices.DeleteFunc(p.sel.ids(), func(id string) bool { return slices.Contains(ids, id) })...))
		p.ends.ask(p.rows.list)
	} else {
		p.others.watch(nil)
		p.ends.forget(p.rows.list)
	}
	if at := p.want - 1 - p.rows.offset; p.want > 0 && at >= 0 && at < len(p.rows.list) {
		p.cursor, p.want = p.rows.list[at].ID, 0
	}
	if v.Ready && v.Shown == v.Ask {
		sessionsSpot{p}.look()
	}
	p.news.hear(v, time.Now())
	if embedded != nil {
		embedded.selects(p.cursor)
	}
}

// columns are those that there is room for.
func (p *sessionsPage) columns() []*column {
	services := console.store.View(sessionsServicesView)
	page, room := p.win.page, p.win.room
	if page == 0 {
		page, room = 1440, 1272
	}
	if (sessionsSpot{p}).splits() {
		page = max(page-splitWidth, cardsBelow)
	}
	return p.cols.fit(page, room, !services.Ready || services.Total > 1)
}

// Render draws the page.
func (p *sessionsPage) Render() app.UI {
	if p.pace.draw(time.Now()) {
		p.sync()
	}
	v := console.store.View(sessionsView)
	class := "sessions"
	if p.win.page > 0 && p.win.page < cardsBelow {
		class = "sessions cards"
	}
	return ui.Box(class,
		app.H1().Class("sr").TabIndex(-1).Text(lang.T("Sessions")),
		sessionsStrip{p}.renderBar(),
		renderFilterProblem(&p.box),
		sessionsStrip{p}.renderStrip(v),
		sessionsSpot{p}.render(),
		app.P().Class("sr").Role("status").Aria("live", "polite").Text(p.news.text),
	)
}

// renderBar draws the filter box with the buttons around it.
func (p sessionsStrip) renderBar() app.UI {
	if embedded != nil {
		return ui.Box("bar", p.box.renderBox())
	}
	columns := app.UI(app.Button().Hidden(true))
	if p.win.page == 0 || p.win.page >= cardsBelow {
		columns = p.opener("columns", lang.T("Columns"))
	}
	return app.Div().Class("bar").OnClick(p.barClicked).Body(
		p.opener("views", sessionsViews(p).viewName()),
		p.box.renderBox(),
		columns,
		p.opener("export", lang.T("Export")),
		p.renderKillMatching(),
		sessionsMenus(p).renderPopup(),
	)
}

// opener draws a button that opens a menu.
func (p sessionsStrip) opener(kind, label string) app.UI {
	return app.Button().Type("button").ID("open-"+kind).Class("btn opener").DataSet("menu", kind).
		Aria("haspopup", "menu").Aria("expanded", boolText(p.menu.kind == kind)).Body(ui.Words("clip", label))
}

func (p sessionsStrip) renderKillMatching() app.UI {
	if !console.mayAct() || p.win.page > 0 && p.win.page < narrowBelow {
		return app.Button().Hidden(true)
	}
	button := app.Button().Type("button").Class("btn do").DataSet("do", "kill-matching").Text(lang.T("Kill matching…")).
		Disabled(console.stale() || p.rows.total == 0)
	if console.stale() {
		return button.Title(staleTitle())
	}
	return button.Title(lang.T("Shows first what a kill of all that match would do"))
}

// barClicked does what a button of the bar is for.
func (p sessionsStrip) barClicked(ctx app.Context, e app.Event) {
	if kind := ui.Closest(e, "data-menu"); kind != "" {
		sessionsMenus(p).toggleMenu(ctx, popup{kind: kind})
		return
	}
	if ui.Closest(e, "data-do") == "kill-matching" {
		p.killMatching(ctx)
	}
}

// killMatching opens the dialog for all that match what is shown.
func (p sessionsStrip) killMatching(ctx app.Context) {
	if v := console.store.View(sessionsView); console.mayAct() && !console.stale() {
		console.askBulk(ctx, bulk{Action: api.JobKill, Filter: orEverything(v.Shown.Filter), Total: v.Total})
	}
}

// facet is a count of the summary with the filter that it stands for.
type facet struct {
	n           int
	word, query string
}

func facets(s api.Summary) []facet {
	return []facet{
		{s.Running, lang.T("running"), "state:running"},
		{s.Blocked, lang.T("blocked"), "state:blocked"},
		{s.Long, lang.T("long"), "state:long"},
		{s.Trx, lang.T("idle in transaction"), "state:trx"},
		{s.TrxLong, lang.T("long in transaction"), "state:trx-long"},
		{s.Idle, lang.T("idle"), "state:idle"},
		{s.Killing, lang.T("to be killed"), "state:kill"},
		{s.Pending, lang.T("pending"), "state:pending"},
	}
}

// renderStrip draws the counts, or when something is selected what can be done
// with it.
func (p sessionsStrip) renderStrip(v *model.View) app.UI {
	if !p.sel.empty() {
		return p.renderBulk(v)
	}
	list := facets(v.Summary)
	return app.Div().Class("sum").OnClick(p.stripClicked).Body(
		app.Span().Body(ui.Fill(lang.T("{n} of {all}"), ui.Parts{"n": app.B().Text(lang.Count(v.Total)), "all": app.B().Text(lang.Count(v.All))})...),
		app.Range(list).Slice(func(i int) app.UI {
			on := slices.Contains(p.box.terms, list[i].query)
			return app.Button().Type("button").DataSet("query", list[i].query).Hidden(list[i].n == 0 && !on).Aria("pressed", boolText(on)).Body(
				app.B().Text(lang.Count(list[i].n)), app.Text(" "+list[i].word))
		}),
		app.Span().Class("sp"),
		p.renderHeld(),
	)
}

// renderHeld says what has happened while the rows were held.
func (p sessionsStrip) renderHeld() app.UI {
	text := p.sel.endedWords()
	if words := p.rows.news(); words != "" {
		if text != "" {
			text += " · "
		}
		text += words
	}
	return app.Span().Class("tnum").Hidden(text == "").Body(
		app.Text(text),
		app.Span().Hidden(!console.held).Body(app.Text(" — "), app.Button().Type("button").Class("link").DataSet("do", "show").Text(lang.T("show"))),
	)
}

func (p sessionsStrip) stripClicked(ctx app.Context, e app.Event) {
	if query := ui.Closest(e, "data-query"); query != "" {
		p.box.toggle(query)
		return
	}
	p.bulkClicked(ctx, ui.Closest(e, "data-do"), ui.Closest(e, "data-menu"))
}

// tableWindow is which rows are asked for, and which are on the screen.
type tableWindow struct {
	offset, limit int // of the rows that are asked for
	asked         time.Time
	later         bool // they will be asked for in a moment

	top, height int // of what one sees of the table, in pixels
	room, page  int // width of the table and of the page, 0 while it is not known
	placed      placed
	tracks      string // columns of the grid
	spot        pageSpot
	moved       time.Time // the pointer, over the rows
}

// The window of rows that is asked for is larger than the screen by overscan
// rows on both sides, so that scrolling finds them there; what is in the DOM is
// larger by nearby rows, in steps. At most fewRows are all in the DOM, where the
// browser's own search finds them; to draw more of them costs too much.
const (
	overscan   = 30
	fewRows    = 60
	minWindow  = 100
	nearby     = 12
	drawStep   = 6
	headHeight = 32 // pixels, as in sessions.css
)

// askPause is between two windows that are asked for while one scrolls, and
// pointerRest how long the pointer has to rest before rows change places.
const (
	askPause    = 150 * time.Millisecond
	pointerRest = time.Second
)

// rowHeight is the height of a row of the table in pixels.
func (w *tableWindow) rowHeight() int {
	if w.page > 0 && w.page < cardsBelow {
		return 2*rowHeight() - 8
	}
	return rowHeight()
}

// seen returns the first row on the screen and the one behind the last.
func (w *tableWindow) seen() (first, last int) {
	h := w.rowHeight()
	return w.top / h, (w.top+max(w.height-headHeight, 0))/h + 1
}

// drawn returns which of the rows from offset on, n of them, are drawn: those
// near the screen, or all when there are few.
func (w *tableWindow) drawn(offset, n int) (first, last int) {
	if w.height == 0 || offset == 0 && n <= fewRows {
		return 0, n
	}
	first, last = w.seen()
	first = max(first-nearby, 0) / drawStep * drawStep
	last = (last + nearby + drawStep) / drawStep * drawStep
	first = min(max(first-offset, 0), n)
	return first, max(min(last-offset, n), first)
}

// scrollTo scrolls the table.
func (w *tableWindow) scrollTo(top int) {
	if w.top != top {
		w.top = top
		ui.ScrollTo("rows", top)
	}
}

// within reports whether the rows on the screen are asked for, with a few more
// of them on both sides.
func (w *tableWindow) within() bool {
	near := overscan / 3
	first, last := w.seen()
	return (first-near >= w.offset || w.offset == 0) && last+near <= w.offset+w.limit
}

// centre puts the window around the screen.
func (w *tableWindow) centre() {
	first, last := w.seen()
	w.offset = max(first-overscan, 0)
	w.limit = min(max(last-first+2*overscan, minWindow), api.MaxWindow)
}

// placed is where rows have been put.
type placed struct {
	tracks               string
	height, space, start int
}

// place puts the rows where they belong: it sizes the space behind them to that
// of the whole table and moves those that are drawn to their part of it. It opens
// the menu that is to be open. It does not measure, because the browser would
// have to lay out what has been drawn first.
func (p *sessionsPage) place(ctx app.Context) {
	ctx.Defer(func(app.Context) {
		if !p.Mounted() {
			return
		}
		p.drawn.put()
		h := p.win.rowHeight()
		if embedded != nil {
			ui.SetStyle("rows", "height", strconv.Itoa(embedded.tableHeight(p.rows.total, h))+"px")
		}
		if p.win.spot.show {
			sessionsSpot{p}.scroll()
		}
		first, _ := p.win.drawn(p.rows.offset, len(p.rows.list))
		before, now := p.win.placed, placed{p.win.tracks, h, p.rows.total * h, (p.rows.offset + first) * h}
		p.win.placed = now
		if before.tracks != now.tracks {
			ui.SetProperty("rows", "--cols", now.tracks)
		}
		if before.height != h {
			ui.SetProperty("rows", "--h", strconv.Itoa(h)+"px")
		}
		if before.space != now.space {
			ui.SetStyle("rows-space", "height", strconv.Itoa(now.space)+"px")
		}
		if before.start != now.start {
			ui.SetStyle("rows-window", "transform", "translateY("+strconv.Itoa(now.start)+"px)")
		}
		if p.menu.kind != "" {
			ui.ShowPopover(p.menu.popover(), p.menu.opener(), p.menu.kind != "views")
		}
	})
}

// resized lays the table out anew when it has another size.
func (p *sessionsPage) resized(ctx app.Context) {
	w := &p.win
	room, height, page := ui.Size("rows")
	if room == w.room && height == w.height && page == w.page {
		ctx.PreventUpdate()
		return
	}
	w.room, w.height, w.page = room, height, page
	w.top = ui.ScrollTop("rows")
	if !w.within() {
		sessionsTable{p}.askSoon(ctx)
	}
	p.pace.due = true
	p.place(ctx)
}

// scrolled draws other rows, and asks for another window when they come near
// the end of this one.
func (p sessionsTable) scrolled(ctx app.Context, _ app.Event) {
	n := len(p.rows.list)
	first, last := p.win.drawn(p.rows.offset, n)
	p.win.top = ui.ScrollTop("rows")
	newFirst, newLast := p.win.drawn(p.rows.offset, n)
	moved := first != newFirst || last != newLast
	if p.menu.kind == "row" {
		p.menu, moved = popup{}, true
	}
	if !p.win.within() {
		p.askSoon(ctx)
	}
	if !moved {
		ctx.PreventUpdate()
		return
	}
	p.place(ctx)
}

// askSoon asks for the window around the screen, but not again and again while
// one scrolls.
func (p sessionsTable) askSoon(ctx app.Context) {
	if p.win.later || p.win.spot.seek != "" {
		return
	}
	wait := askPause - time.Since(p.win.asked)
	if wait <= 0 {
		p.win.centre()
		p.ask()
		return
	}
	p.win.later = true
	ctx.After(wait, func(ctx app.Context) {
		p.win.later = false
		if !p.win.within() {
			p.win.centre()
			p.ask()
		}
	})
}
