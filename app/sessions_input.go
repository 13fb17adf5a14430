package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/ui"
)

// This file is what an operator does to the table of sessions.

// clicked does what a click in the table means: it names the row by the data-id
// that the row has at that moment.
func (p *sessionsPage) clicked(ctx app.Context, e app.Event) {
	p.place(ctx)
	id, do := ui.Closest(e, "data-id"), ui.Closest(e, "data-do")
	switch key := ui.Closest(e, "data-sort"); {
	case key != "":
		p.sortBy(key)
	case do == "select-all" && p.sel.empty():
		p.selectMatching()
	case do == "select-all":
		p.sel.clear()
	case do == "select":
		p.cursor = id
		p.selectRow(id, e.Get("shiftKey").Bool())
		ui.Focus("rows")
	case id != "":
		p.cursor = id
		p.do(ctx, id, do)
	}
}

// key does what keys do in the table.
func (p *sessionsPage) key(ctx app.Context, key string, shift bool) bool {
	if p.menu.kind != "" {
		return p.menuKey(key)
	}
	if p.move(key, shift) || p.choose(key, shift) {
		return true
	}
	switch key {
	case "/":
		ui.Focus("filter")
	case " ":
		if !shift {
			return false
		}
		p.standStill()
	case "s":
		p.cycleSort()
	case "ArrowRight", "ArrowLeft":
		if !shift {
			return false
		}
		p.nextSort(key == "ArrowRight")
	case "r":
		p.retry(ctx, app.Event{})
	default:
		return p.act(ctx, key, shift)
	}
	return true
}

// act does what a key means for the row of the cursor.
func (p *sessionsPage) act(ctx app.Context, key string, shift bool) bool {
	what, ok := map[string]string{
		"Enter": "open", "K": "kill", "c": "copy", "y": "copy-link", "l": "log", "h": "chain", "i": "timeline", ".": "menu",
	}[key]
	if !ok || p.cursor == "" || key == "K" && !shift {
		return false
	}
	p.do(ctx, p.cursor, what)
	return true
}

// choose changes what is selected.
func (p *sessionsPage) choose(key string, shift bool) bool {
	switch {
	case key == "x" && p.cursor != "":
		p.selectRow(p.cursor, false)
	case key == "*" && p.rows.total > 0:
		p.selectMatching()
	case key == "Escape" && !p.sel.empty():
		p.sel.clear()
	case shift && (key == "ArrowDown" || key == "ArrowUp"):
		if p.cursor != "" && !p.sel.has(p.cursor) {
			p.selectRow(p.cursor, false)
		}
		if before := p.cursor; p.move(key, false) && p.cursor != before {
			if p.sel.has(p.cursor) {
				p.sel.take(before) // one turned back
				p.sel.anchor = p.cursor
			} else {
				p.selectRow(p.cursor, false)
			}
		}
	default:
		return false
	}
	return true
}

// move moves the cursor.
func (p *sessionsPage) move(key string, shift bool) bool {
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
func (p *sessionsPage) step(n int) {
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
	top, height := ui.ScrollTop("rows")
	switch y := at * h; {
	case y < top:
		ui.ScrollTo("rows", y)
	case y+h > top+height-headHeight:
		ui.ScrollTo("rows", y+h-height+headHeight)
	}
}

// standStill holds rows with their values, or lets all of them go on.
func (p *sessionsPage) standStill() {
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
func (p *sessionsPage) sortBy(key string) {
	if p.sort == "-"+key {
		p.sort = key
	} else {
		p.sort = "-" + key
	}
	p.top()
}

// cycleSort goes from descending to ascending to the usual order.
func (p *sessionsPage) cycleSort() {
	if key, descending := strings.CutPrefix(p.sort, "-"); descending {
		p.sort = key
	} else {
		p.sort = usualSort
	}
	p.top()
}

// nextSort sorts by the next column to the right or left.
func (p *sessionsPage) nextSort(right bool) {
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
