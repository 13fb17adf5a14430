package app

import (
	"cmp"
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// userMenu is the button with the name of who is logged in, and what hangs from
// it: settings, the ways to see things, the way out.
type userMenu struct {
	app.Compo
	Open bool
	Rev  uint64
}

// userItem is an item of the menu.
type userItem struct {
	id, label string
	group     string // of a choice, "" for what is done at once
	value     string
}

// userItems are the items in order.
func userItems() []userItem {
	list := []userItem{{id: "user-settings", label: lang.T("Settings")}, {id: "user-keys", label: lang.T("Keys")}}
	for _, c := range themes {
		list = append(list, userItem{"user-theme-" + c.value, lang.T(c.label), "theme", c.value})
	}
	for _, c := range timeFormats {
		list = append(list, userItem{"user-time-" + c.value, lang.T(c.label), "time", c.value})
	}
	if console.who.HostLogin {
		return list // one logs out where one has logged in
	}
	return append(list, userItem{id: "user-out", label: lang.T("Log out")})
}

// Render draws the button, and the menu while it is open.
func (m *userMenu) Render() app.UI {
	who := &console.who
	role := who.Role
	if who.ReadOnly {
		role = lang.T("{role}, read-only", "role", role)
	}
	return app.Div().Class("user").OnKeyDown(m.keyDown).Body(
		app.Button().ID("account").Type("button").Class("btn bare").Aria("haspopup", "menu").Aria("expanded", boolText(m.Open)).
			Aria("label", lang.T("{user}, {role}: menu", "user", who.User, "role", role)).OnClick(m.toggle).Body(
			ui.SVG("svg").Class("icon").Attr("viewBox", "0 0 16 16").Attr("aria-hidden", "true").Body(
				ui.SVG("path").Attr("d", "M8 2a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM2.5 14c0-3 2.4-5 5.5-5s5.5 2 5.5 5z").Attr("fill", "currentColor")),
			ui.Words("clip", who.User+" · "+role),
		),
		app.If(m.Open, m.renderMenu),
	)
}

func (m *userMenu) renderMenu() app.UI {
	own := &console.prefs.own
	items := userItems()
	chosen := map[string]string{"theme": cmp.Or(own.Theme, "system"), "time": timeFormat()}
	titles := map[string]string{"theme": lang.T("Theme"), "time": lang.T("Times")}
	var body []app.UI
	for i, item := range items {
		if title := titles[item.group]; title != "" && items[i-1].group != item.group {
			body = append(body, app.Div().Class("title").Role("presentation").Text(title))
		}
		button := app.Button().ID(item.id).Type("button").TabIndex(-1).Text(item.label)
		if item.group == "" {
			button = button.Role("menuitem")
		} else {
			button = button.Role("menuitemradio").Aria("checked", boolText(chosen[item.group] == item.value)).
				Aria("label", titles[item.group]+": "+item.label)
		}
		body = append(body, button)
	}
	return app.Div().Class("menu").Role("menu").Aria("label", console.who.User).OnClick(m.clicked).Body(body...)
}

func (m *userMenu) toggle(ctx app.Context, _ app.Event) { console.layer.toggle(ctx, overUser) }

func (m *userMenu) clicked(ctx app.Context, e app.Event) { m.do(ctx, ui.Closest(e, "id")) }

// do does what the item id stands for.
func (m *userMenu) do(ctx app.Context, id string) {
	switch id {
	case "user-settings":
		console.layer.drop()
		ctx.Navigate(href("/settings/profile"))
	case "user-keys":
		console.layer.open(ctx, overHelp)
	case "user-out":
		console.layer.drop()
		console.logOut()
	default:
		items := userItems()
		if i := slices.IndexFunc(items, func(u userItem) bool { return u.id == id }); i >= 0 && items[i].group != "" {
			console.layer.close(ctx)
			choosePreference(items[i].group, items[i].value)
		}
	}
}

// keyDown moves through the menu. Enter and Space press the item by themselves.
func (m *userMenu) keyDown(ctx app.Context, e app.Event) {
	key := e.Get("key").String()
	if !m.Open {
		if key == "ArrowDown" {
			e.PreventDefault()
			console.layer.open(ctx, overUser)
		}
		return
	}
	if key == "Tab" {
		console.layer.close(ctx)
		return
	}
	items := userItems()
	at := slices.IndexFunc(items, func(u userItem) bool { return u.id == e.Get("target").Get("id").String() })
	if next, ok := stepInMenu(at, len(items), key); ok {
		e.PreventDefault()
		ui.Focus(items[next].id)
	}
}

// stepInMenu returns where a key leads from one of n items in a column, round the
// ends.
func stepInMenu(at, n int, key string) (next int, ok bool) {
	switch key {
	case "ArrowDown":
		return (at + 1) % n, true
	case "ArrowUp":
		return (max(at, 0) + n - 1) % n, true
	case "Home":
		return 0, true
	case "End":
		return n - 1, true
	}
	return 0, false
}
