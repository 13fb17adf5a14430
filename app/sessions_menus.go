package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// popup is a menu that is open: its kind, and for the menu of a row the id of
// its session. The zero value is none.
type popup struct{ kind, id string }

// popover is the id of the menu's element, and opener that of its button.
func (m popup) popover() string { return "pop-" + m.kind }

func (m popup) opener() string {
	if m.kind == "row" {
		return "open-row-" + m.id
	}
	return "open-" + m.kind
}

// sessionsMenus are the menus of the page.
type sessionsMenus struct{ *sessionsPage }

// toggleMenu opens a menu, or closes it when it is open.
func (p sessionsMenus) toggleMenu(ctx app.Context, m popup) {
	if p.menu == m {
		p.closeMenu()
		return
	}
	if m.kind == "row" {
		p.sync() // the rows stay where they are from now on
	}
	p.menu, p.naming = m, viewNaming{}
	p.place(ctx)
	ctx.Defer(func(ctx app.Context) {
		ctx.Defer(func(app.Context) { ui.MoveFocus(m.popover(), 0) })
	})
}

// closeMenu closes the menu and gives the keyboard back.
func (p sessionsMenus) closeMenu() {
	if p.menu.kind == "row" {
		ui.Focus("rows")
	} else {
		ui.Focus(p.menu.opener())
	}
	p.menu, p.naming = popup{}, viewNaming{}
}

// clickedAnywhere closes the menu when one clicks beside it, and follows links to
// this page, which go-app does not when it was there before: it does not know
// what the page has written into the address since.
func (p sessionsMenus) clickedAnywhere(e app.Event) {
	inside := ui.Closest(e, "data-menu") != "" || ui.Closest(e, "popover") != ""
	link := ui.Closest(e, "href")
	here := link == href("/sessions") || strings.HasPrefix(link, href("/sessions?"))
	here = here && !e.Get("ctrlKey").Bool() && !e.Get("metaKey").Bool() && !e.Get("shiftKey").Bool()
	console.later(func() {
		p.pace.due = true
		if p.menu.kind != "" && !inside {
			p.menu, p.naming = popup{}, viewNaming{}
		}
		path, query := ui.Location()
		if _, want, _ := strings.Cut(link, "?"); here && path == href("/sessions") && query != want {
			ui.PushAddress(link)
			p.take(want)
		}
	})
}

// menuKey does what keys do in an open menu.
func (p sessionsMenus) menuKey(key string) bool {
	switch key {
	case "ArrowDown":
		ui.MoveFocus(p.menu.popover(), 1)
	case "ArrowUp":
		ui.MoveFocus(p.menu.popover(), -1)
	case "Home":
		ui.MoveFocus(p.menu.popover(), 0)
	case "End":
		ui.MoveFocus(p.menu.popover(), 0)
		ui.MoveFocus(p.menu.popover(), -1)
	case "Escape", "Tab":
		p.closeMenu()
	case ".":
		if p.menu.kind == "row" {
			p.closeMenu()
		}
	}
	return true
}

// popoverBox draws a menu.
func popoverBox(m popup, label string) app.HTMLDiv {
	return app.Div().ID(m.popover()).Class("menu").Attr("popover", "manual").Role("menu").Aria("label", label)
}

// menuItem draws an item that does something with what the menu is about.
func menuItem(do, label string) app.HTMLButton {
	return app.Button().Type("button").Role("menuitem").TabIndex(-1).DataSet("do", do).Text(label)
}

// menuTitle draws words between items.
func menuTitle(text string) app.UI { return app.P().Role("presentation").Class("title").Text(text) }

// renderRowMenu draws what can be done with a session. What its items do, they do
// with the session of the row that they are in.
func (p sessionsMenus) renderRowMenu(row tableRow) app.UI {
	a := &row.Attributes
	acting := console.mayAct() && row.ended.IsZero() && (p.win.page == 0 || p.win.page >= narrowBelow)
	act := func(do, label string, class string) app.UI {
		item := menuItem(do, label).Class(class).Disabled(console.stale())
		if console.stale() {
			item = item.Title(staleTitle())
		}
		return item
	}
	return popoverBox(popup{"row", row.ID}, lang.T("Session {id}", "id", row.ID)).Body(
		menuItem("open", lang.T("Open")),
		menuItem("chain", map[bool]string{true: lang.T("Filter chain…"), false: lang.T("Filter chain")}[acting]),
		menuItem("log", lang.T("Log")),
		menuItem("timeline", lang.T("Timeline")),
		app.If(a.User != "", func() app.UI { return menuItem("only-user", lang.T("Only user {user}", "user", clipped(a.User))) }),
		app.Hr().Role("separator"),
		menuItem("copy", lang.T("Copy ID")),
		menuItem("copy-link", lang.T("Copy link")),
		menuItem("copy-maxctrl", lang.T("Copy as maxctrl")),
		menuItem("copy-curl", lang.T("Copy as curl")),
		app.If(acting, func() app.UI { return app.Hr().Role("separator") }),
		app.If(acting && a.Activity.State == "running", func() app.UI { return act("cancel-statement", lang.T("Cancel statement"), "") }),
		app.If(acting, func() app.UI { return act("restart", lang.T("Restart"), "") }),
		app.If(acting, func() app.UI { return act("kill", lang.T("Kill session…"), "danger") }),
	)
}

// clipped is the beginning of a name that may be long.
func clipped(name string) string {
	if r := []rune(name); len(r) > 24 {
		return string(r[:24]) + "…"
	}
	return name
}

// renderPopup draws the open menu of the bar or of the strip, in a place that is
// always there.
func (p sessionsMenus) renderPopup() app.UI {
	switch p.menu.kind {
	case "columns":
		return p.renderColumns()
	case "views":
		return sessionsViews(p).renderViews()
	case "export":
		return p.renderExport(p.whole())
	case "selected":
		return p.renderExport(p.chosen())
	}
	return app.Div().Hidden(true)
}

// renderColumns draws the choice of columns.
func (p sessionsMenus) renderColumns() app.UI {
	shown := make(map[string]bool)
	for _, c := range p.columns() {
		shown[c.name] = true
	}
	return popoverBox(p.menu, lang.T("Columns")).Class("choice").OnClick(p.columnClicked).Body(
		app.Range(tableColumns).Slice(func(i int) app.UI {
			c := &tableColumns[i]
			on := p.cols.has(c)
			help := lang.T(c.help)
			if on && !shown[c.name] {
				help = lang.T("no room for it now")
				if c.name == "service" {
					help = lang.T("there is only one")
				}
			}
			return app.Button().Type("button").Role("menuitemcheckbox").TabIndex(-1).Aria("checked", boolText(on)).
				DataSet("column", c.name).Disabled(c.name == "id").Body(app.Span().Text(lang.T(c.label)), ui.Words("faint", help))
		}),
		app.Hr().Role("separator"),
		app.Button().Type("button").Role("menuitem").TabIndex(-1).DataSet("column", "*").Disabled(p.cols == nil).Text(lang.T("The usual columns")),
	)
}

// columnClicked takes a column in or out, for the user and for the address.
func (p sessionsMenus) columnClicked(ctx app.Context, e app.Event) {
	name := ui.Closest(e, "data-column")
	switch c := columnNamed(name); {
	case name == "*":
		p.cols = nil
	case c != nil:
		p.cols = p.cols.with(name, !p.cols.has(c))
	default:
		return
	}
	console.prefs.change(func(o *ownPreferences) { o.Columns = p.cols })
	p.remember()
	p.place(ctx)
}

// whole is an export of all that the table shows, and chosen one of what is
// selected.
func (p sessionsMenus) whole() export {
	return export{filter: console.store.View(sessionsView).Ask.Filter, sort: p.sort, columns: p.columns()}
}

func (p sessionsMenus) chosen() export {
	e := export{filter: p.sel.query(), sort: p.sort, columns: p.columns()}
	if !p.sel.matching {
		e.ids = p.sel.ids()
	}
	return e
}

// renderExport draws the ways to take sessions away.
func (p sessionsMenus) renderExport(e export) app.UI {
	if tooLong(e.filter) {
		return popoverBox(p.menu, lang.T("Export")).Body(
			menuTitle(lang.T("Too many sessions to name them one by one.")), menuTitle(lang.T("Select all that match a filter instead.")),
			menuItem("close", lang.T("Close")).OnClick(p.exportClicked))
	}
	link := func(format, columns, label string) app.UI {
		return app.A().Role("menuitem").TabIndex(-1).DataSet("do", "download").Href(e.path(format, columns != "")).
			Attr("download", e.file(format)).Text(label)
	}
	return popoverBox(p.menu, lang.T("Export")).OnClick(p.exportClicked).Body(
		menuTitle(lang.T("Visible columns")),
		link("csv", "visible", "CSV"),
		link("ndjson", "visible", "NDJSON"),
		menuTitle(lang.T("All fields")),
		link("csv", "", "CSV"),
		link("ndjson", "", "NDJSON"),
		link("json", "", "JSON:API"),
		app.Hr().Role("separator"),
		menuItem("maxctrl", lang.T("Copy as maxctrl")),
		menuItem("curl", lang.T("Copy as curl")),
		app.If(p.menu.kind == "export", func() app.UI { return menuItem("link", lang.T("Copy link")) }),
	)
}

func (p sessionsMenus) exportClicked(_ app.Context, e app.Event) {
	what := p.whole()
	if p.menu.kind == "selected" {
		what = p.chosen()
	}
	switch ui.Closest(e, "data-do") {
	case "maxctrl":
		putOnClipboard(what.maxctrl(), lang.T("Copied the command for maxctrl."))
	case "curl":
		putOnClipboard(what.curl(), lang.T("Copied the command for curl."))
	case "link":
		p.remember()
		putOnClipboard(ui.Address(), lang.T("Copied the link."))
	case "download", "close":
	default:
		return
	}
	p.closeMenu()
}

func putOnClipboard(text, done string) {
	ui.Copy(text)
	console.say(done, false)
}

// do carries out an action on the session id.
func (p sessionsMenus) do(ctx app.Context, id, what string) {
	open := p.menu
	if open.kind != "" && what != "menu" {
		p.closeMenu()
	}
	path := "/sessions/" + id
	s, ok := p.session(id)
	switch what {
	case "menu":
		p.cursor = id
		p.toggleMenu(ctx, popup{"row", id})
	case "open":
		p.remember()
		ctx.Navigate(href(path))
	case "chain", "log", "timeline":
		p.remember()
		ctx.Navigate(href(path + "/" + what))
	case "copy":
		putOnClipboard(id, lang.T("Copied {id}.", "id", id))
		embedded.did("copy", id, "done")
	case "copy-link":
		putOnClipboard(ui.Origin()+href(path), lang.T("Copied the link to session {id}.", "id", id))
	case "copy-place":
		sessionsSpot(p).copyLink()
	case "copy-maxctrl":
		putOnClipboard(maxctrl("show", "session", id), lang.T("Copied the command for maxctrl."))
	case "copy-curl":
		putOnClipboard(curl(path), lang.T("Copied the command for curl."))
	case "only-user":
		if ok {
			p.box.put("user:" + quoted(s.Attributes.User))
		}
	case "restart", "cancel-statement":
		switch {
		case !console.mayAct() || console.stale():
		case what == "restart":
			restartSession(id)
		default:
			cancelStatementOf(id)
		}
	case "kill":
		if !ok {
			console.say(lang.T("Session {id} has already ended.", "id", id), false)
			return
		}
		console.askKill(ctx, s)
	}
}

// session returns a session of the table that lives.
func (p *sessionsPage) session(id string) (*api.Session, bool) {
	if s, ok := sessionRow(sessionsView, id); ok {
		return s, true
	}
	return p.others.row(id)
}
