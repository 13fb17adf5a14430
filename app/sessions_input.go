package app

import (
	"context"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/ui"
)

// This file is what an operator does to the sessions page.

// clicked does what a click on a row means: it names the row by the data-id that
// the row has at that moment.
func (p *sessionsPage) clicked(ctx app.Context, e app.Event) {
	id, do := ui.Closest(e, "data-id"), ui.Closest(e, "data-do")
	if id == "" {
		return
	}
	p.cursor = id
	p.do(ctx, id, do)
}

// do carries out an action on the session id.
func (p *sessionsPage) do(ctx app.Context, id, what string) {
	open := p.menu
	p.menu = ""
	s, ok := sessionRow(sessionsView, id)
	switch what {
	case "menu":
		if open != id {
			p.rows() // the rows stay where they are from now on
			p.menu = id
		}
	case "open":
		ctx.Navigate(href("/sessions/" + id))
	case "chain":
		ctx.Navigate(href("/sessions/" + id + "/chain"))
	case "copy":
		ui.Copy(id)
		console.say("Copied "+id+".", false)
	case "restart":
		console.change("Session "+id+" restarts.", func(ctx context.Context) error { return console.client.Restart(ctx, id) })
	case "kill":
		if !ok {
			console.say("Session "+id+" has already ended.", false)
			return
		}
		console.askKill(ctx, s)
	}
}

// key does what keys do in the table.
func (p *sessionsPage) key(ctx app.Context, key string, shift bool) bool {
	switch key {
	case "/":
		ui.Focus("filter")
	case "j", "ArrowDown":
		p.step(1)
	case "k", "ArrowUp":
		p.step(-1)
	case "Home":
		p.step(-1 << 20)
	case "End":
		p.step(1 << 20)
	case "Enter":
		if p.cursor == "" {
			return false
		}
		p.do(ctx, p.cursor, "open")
	case "K":
		if !shift || p.cursor == "" {
			return false
		}
		p.do(ctx, p.cursor, "kill")
	case "c":
		if p.cursor == "" {
			return false
		}
		p.do(ctx, p.cursor, "copy")
	case ".":
		if p.cursor == "" {
			return false
		}
		p.do(ctx, p.cursor, "menu")
	case "Escape":
		if p.menu == "" {
			return false
		}
		p.menu = ""
	default:
		return false
	}
	return true
}

// step moves the cursor by n rows and keeps it in sight.
func (p *sessionsPage) step(n int) {
	rows, _ := p.rows()
	if len(rows) == 0 {
		return
	}
	at := -1
	for i, s := range rows {
		if s.ID == p.cursor {
			at = i
		}
	}
	if at < 0 && n < 0 {
		at = 0
	}
	at = min(max(at+n, 0), len(rows)-1)
	p.cursor = rows[at].ID
	top, height := ui.ScrollTop("rows")
	y := (console.store.View(sessionsView).Offset + at) * rowHeight()
	if y < top {
		ui.ScrollTo("rows", y)
	} else if y+rowHeight() > top+height {
		ui.ScrollTo("rows", y+rowHeight()-height)
	}
}

// headClicked sorts by a column, the other way round when it is the one already.
func (p *sessionsPage) headClicked(_ app.Context, e app.Event) {
	key := ui.Closest(e, "data-sort")
	if key == "" {
		return
	}
	if p.sort == "-"+key {
		p.sort = key
	} else {
		p.sort = "-" + key
	}
	p.top()
}

// top goes back to the first row of another order or filter.
func (p *sessionsPage) top() {
	p.offset, p.held = 0, heldRows{}
	ui.ScrollTo("rows", 0)
	p.ask()
	p.remember()
}

func (p *sessionsPage) facetClicked(_ app.Context, e app.Event) {
	if query := ui.Closest(e, "data-query"); query != "" {
		p.box.add(query)
	}
}
