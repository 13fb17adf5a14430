package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// This file is what an operator does to the table of sessions.

// clicked does what a click in the table means: it names the row by the data-id
// that the row has at that moment.
func (p sessionsTable) clicked(ctx app.Context, e app.Event) {
	p.place(ctx)
	id, do := ui.Closest(e, "data-id"), ui.Closest(e, "data-do")
	switch key := ui.Closest(e, "data-sort"); {
	case key != "":
		sessionsCursor(p).sortBy(key)
	case do == "select-all" && p.sel.empty():
		sessionsStrip(p).selectMatching()
	case do == "select-all":
		p.sel.clear()
	case do == "select":
		p.cursor = id
		sessionsStrip(p).selectRow(id, e.Get("shiftKey").Bool())
		ui.Focus("rows")
	case id != "":
		p.cursor = id
		p.remember() // the click may lead elsewhere
		sessionsMenus(p).do(ctx, id, do)
	}
}

// key does what keys do in the table.
func (p *sessionsPage) key(ctx app.Context, key string, shift bool) bool {
	p.pace.due = true
	if p.menu.kind != "" {
		return sessionsMenus{p}.menuKey(key)
	}
	cursor := sessionsCursor{p}
	if cursor.move(key, shift) || cursor.choose(key, shift) {
		return true
	}
	switch key {
	case "/":
		ui.Focus("filter")
	case " ":
		if !shift {
			return false
		}
		sessionsCursor{p}.standStill()
	case "s":
		sessionsCursor{p}.cycleSort()
	case "o":
		sessionsSpot{p}.toggle(ctx)
	case "Escape":
		if !(sessionsSpot{p}).splits() {
			return false
		}
		sessionsSpot{p}.toggle(ctx)
	case "ArrowRight", "ArrowLeft":
		if !shift {
			return false
		}
		sessionsCursor{p}.nextSort(key == "ArrowRight")
	default:
		return sessionsCursor{p}.act(ctx, key, shift)
	}
	return true
}

// sessionsCursor is the row that keys act on, and how keys change what is shown.
type sessionsCursor struct{ *sessionsPage }

// act does what a key means for the row of the cursor.
func (p sessionsCursor) act(ctx app.Context, key string, shift bool) bool {
	what, ok := map[string]string{
		"Enter": "open", "K": "kill", "c": "copy", "y": "copy-place", "l": "log", "h": "chain", "i": "timeline", ".": "menu",
	}[key]
	if !ok || p.cursor == "" || key == "K" && !shift || embedded != nil && key != "Enter" && key != "c" {
		return false
	}
	sessionsMenus(p).do(ctx, p.cursor, what)
	return true
}

// choose changes what is selected.
func (p sessionsCursor) choose(key string, shift bool) bool {
	switch {
	case embedded != nil:
		return false // there is nothing to be done with what would be chosen
	case key == "x" && p.cursor != "":
		sessionsStrip(p).selectRow(p.cursor, false)
	case key == "*":
		// Not what is on the screen counts: the rows of another filter may just be
		// on their way to it.
		if v := console.store.View(sessionsView); v.Total > 0 || v.Shown != v.Ask {
			sessionsStrip(p).selectMatching()
		}
	case key == "Escape" && !p.sel.empty():
		p.sel.clear()
	case shift && (key == "ArrowDown" || key == "ArrowUp"):
		if p.cursor != "" && !p.sel.has(p.cursor) {
			sessionsStrip(p).selectRow(p.cursor, false)
		}
		if before := p.cursor; p.move(key, false) && p.cursor != before {
			if p.sel.has(p.cursor) {
				p.sel.take(before) // one turned back
				p.sel.anchor = p.cursor
			} else {
				sessionsStrip(p).selectRow(p.cursor, false)
			}
		}
	default:
		return false
	}
	return true
}

// move moves the cursor.
func (p sessionsCursor) move(key string, shift bool) bool {
	first, last := p.win.seen()
	screen := max(last-first-2, 1)
	switch {
	case key == "j", key == "ArrowDown" && !shift:
		p.step(1)
	case key == "k", key == "ArrowUp" && !shift:
		p.step(-1)
	case key == "PageDown":
		p.step(screen)
	case key == "PageUp":
		p.step(-screen)
	case key == "Home":
		p.step(-p.rows.total)
	case key == "End":
		p.step(p.rows.total)
	default:
		return false
	}
	return true
}

// step moves the cursor by n rows and keeps it in sight. A row that has not been
// sent yet gets the cursor when it comes.
func (p sessionsCursor) step(n int) {
	if len(p.rows.list) == 0 {
		return
	}
	first, _ := p.win.seen()
	at := p.rows.offset + p.rows.find(p.cursor)
	if p.rows.find(p.cursor) < 0 {
		at = max(first, p.rows.offset)
		if n > 0 {
			at--
		}
	}
	at = min(max(at+n, 0), p.rows.total-1)
	p.want = at + 1
	if i := at - p.rows.offset; i >= 0 && i < len(p.rows.list) {
		p.cursor, p.want = p.rows.list[i].ID, 0
	}
	h := p.win.rowHeight()
	top, height := p.win.top, p.win.height
	switch y := at * h; {
	case y < top:
		p.win.scrollTo(y)
	case y+h > top+height-headHeight:
		p.win.scrollTo(y + h - height + headHeight)
	}
}

// standStill holds rows with their values, or lets all of them go on.
func (p sessionsCursor) standStill() {
	if console.held && !p.rows.still.IsZero() {
		toggleHold()
		return
	}
	if !console.held {
		toggleHold()
		p.sync()
	}
	p.rows.still = console.now()
}

// sortBy sorts by a key, the other way round when it is the one already.
func (p sessionsCursor) sortBy(key string) {
	if p.sort == "-"+key {
		p.sort = key
	} else {
		p.sort = "-" + key
	}
	p.top()
}

// cycleSort goes from descending to ascending to the usual order.
func (p sessionsCursor) cycleSort() {
	if key, descending := strings.CutPrefix(p.sort, "-"); descending {
		p.sort = key
	} else {
		p.sort = usualSort
	}
	p.top()
}

// nextSort sorts by the next column to the right or left.
func (p sessionsCursor) nextSort(right bool) {
	var sorts []string
	at := -1
	for _, c := range p.columns() {
		if c.sort == "" {
			continue
		}
		if c.sort == strings.TrimPrefix(p.sort, "-") {
			at = len(sorts)
		}
		sorts = append(sorts, c.sort)
	}
	step := 1
	if !right {
		step = len(sorts) - 1
	}
	p.sort = "-" + sorts[(max(at, 0)+step)%len(sorts)]
	p.top()
}

// take takes a session out of the selection.
func (s *selection) take(id string) { s.set(&api.Session{ID: id}, false) }

// tellKeys says which keys the page has.
func (p *sessionsPage) tellKeys() []keyHelp {
	return []keyHelp{
		{"j, ArrowDown", lang.T("Next row")},
		{"k, ArrowUp", lang.T("Row before")},
		{"Home", lang.T("First row")},
		{"End", lang.T("Last row")},
		{"Enter", lang.T("Open the session")},
		{"o", lang.T("Show it beside the table")},
		{".", lang.T("Its menu")},
		{"K", lang.T("Kill it… (asks first)")},
		{"x", lang.T("Select it, or take it back")},
		{"Shift+ArrowDown, Shift+ArrowUp", lang.T("Select several")},
		{"*", lang.T("Select all that match")},
		{"Esc", lang.T("Select none, or close what is beside")},
		{"c", lang.T("Copy its id")},
		{"y", lang.T("Copy a link to this row")},
		{"l", lang.T("Its log")},
		{"h", lang.T("Its filter chain")},
		{"i", lang.T("Its timeline")},
		{"s", lang.T("Sort the other way round, then as usual")},
		{"Shift+ArrowRight, Shift+ArrowLeft", lang.T("Sort by another column")},
		{"Shift+Space", lang.T("Hold rows and what is in them")},
		{"Alt+/", lang.T("The filter as text, in the filter box")},
	}
}

// actions are what the palette can do on the page.
func (p *sessionsPage) actions() []action {
	list := []action{
		{lang.T("Export…"), func(ctx app.Context) { sessionsMenus{p}.toggleMenu(ctx, popup{kind: "export"}) }},
		{lang.T("Columns…"), func(ctx app.Context) { sessionsMenus{p}.toggleMenu(ctx, popup{kind: "columns"}) }},
		{lang.T("Select all that match"), func(app.Context) { sessionsStrip{p}.selectMatching() }},
	}
	for _, v := range builtinViews {
		list = append(list, action{lang.T("View: {name}", "name", viewTitle("builtin", v.Name)), func(app.Context) { sessionsViews{p}.show(v) }})
	}
	if console.mayAct() && !console.stale() {
		list = append(list, action{lang.T("Kill matching…"), sessionsStrip{p}.killMatching})
		if id := p.cursor; id != "" {
			list = append(list, action{lang.T("Kill session {id}…", "id", id), func(ctx app.Context) { sessionsMenus{p}.do(ctx, id, "kill") }})
		}
	}
	return list
}

// changes are how many rows changed, came or went while they were held.
func (p *sessionsPage) changes() int { return p.rows.changed + p.rows.arrived + p.rows.gone }
