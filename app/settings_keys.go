package app

import (
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// keyEditor is the tab of the settings on which keys are changed. The zero value
// changes none.
type keyEditor struct {
	own     string // key that is to be another, "" for none
	id      string // of the button that has the keyboard then and afterwards
	wanted  string // what was pressed and is in use, "" for nothing
	problem string
}

// catching gets the next key that is pressed, nil when nobody waits for one.
var catching *keyEditor

// close waits for no key any more.
func (d *keyEditor) close() {
	id := d.id
	*d = keyEditor{}
	if catching == d {
		catching = nil
		console.rev++
		onceDrawn(func() { ui.Focus(id) })
	}
}

// take takes the key that was pressed, and reports whether it was one.
func (d *keyEditor) take(k keyPress) bool {
	key := k.name()
	if strings.Contains(d.own, " ") {
		key = "g " + key
	}
	switch k.key {
	case "Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock":
		return false
	case "Tab":
		d.close()
		return false
	case "Escape":
		d.close()
		return true
	case "Enter":
		if d.wanted != "" {
			return false // presses a button of the question
		}
	case "Backspace", "Delete":
		d.put("")
		return true
	}
	d.wanted, d.problem = "", keyProblem(d.own, key)
	if d.problem != "" {
		return true
	}
	m := console.prefs.own.Keys
	if other := m.user(key); other != "" && other != d.own {
		d.wanted, d.problem = key, lang.T("{key} is the key for “{other}”.", "key", keyName(key), "other", keyWhat(other))
		return true
	}
	d.put(key)
	return true
}

// put puts a key into force.
func (d *keyEditor) put(key string) {
	own := d.own
	console.prefs.change(func(o *ownPreferences) { o.Keys = o.Keys.with(own, key) })
	d.close()
}

// keyWhat is what one of the console's own keys does.
func keyWhat(own string) string {
	for _, g := range allKeys() {
		for _, h := range g.keys {
			if slices.Contains(strings.Split(h.keys, ", "), own) {
				return h.what
			}
		}
	}
	return own
}

// clicked does what a button of the tab is for.
func (d *keyEditor) clicked(_ app.Context, e app.Event) {
	what, own, id := ui.Closest(e, "data-do"), ui.Closest(e, "data-own"), ui.Closest(e, "data-id")
	if d.do(what, own); d.own != "" {
		d.id = id
		onceDrawn(func() { ui.Focus(id) })
	}
}

func (d *keyEditor) do(what, own string) {
	switch what {
	case "change":
		*d = keyEditor{own: own}
		catching = d
	case "leave":
		d.close()
	case "swap":
		if other := console.prefs.own.Keys.user(d.wanted); d.own != "" && other != "" {
			mine := d.own
			console.prefs.change(func(o *ownPreferences) { o.Keys = o.Keys.swapped(mine, other) })
		}
		d.close()
	case "reset":
		if other := console.prefs.own.Keys.user(own); other != "" && other != own {
			*d = keyEditor{own: own, wanted: own, problem: lang.T("{own} is the key for “{other}” now.", "own", keyName(own), "other", keyWhat(other))}
			catching = d
			return
		}
		d.own = own
		d.put(own)
	case "reset-all":
		console.prefs.change(func(o *ownPreferences) { o.Keys = nil })
		d.close()
	}
}

// render draws all keys with what changes them.
func (d *keyEditor) render() app.UI {
	groups := allKeys()
	return ui.Box("page",
		renderKeySwitch(),
		ui.Box("keys-note",
			ui.Para("dim", lang.T("A key that several pages have is changed on all of them. Enter, Escape, Tab and the arrows are the same everywhere.")),
			app.Button().ID("keys-reset").Type("button").Class("btn s").Disabled(len(console.prefs.own.Keys) == 0).DataSet("do", "reset-all").
				Text(lang.T("Reset all")).OnClick(d.clicked),
		),
		app.Div().ID("keys-edit").Class("keys edit").OnClick(d.clicked).Body(
			app.Range(groups).Slice(func(i int) app.UI { return d.renderGroup(i, &groups[i]) }),
		),
	)
}

func (d *keyEditor) renderGroup(at int, g *keyGroup) app.UI {
	return app.Section().Body(
		app.H2().Text(g.title),
		app.Dl().Body(app.Range(g.keys).Slice(func(i int) app.UI {
			return d.renderRow("key-"+strconv.Itoa(at)+"-"+strconv.Itoa(i), &g.keys[i])
		})),
	)
}

// renderRow draws what a key does, the key and what changes it.
func (d *keyEditor) renderRow(id string, h *keyHelp) app.UI {
	own := ""
	for one := range strings.SplitSeq(h.keys, ", ") {
		if own == "" && remapped(one) {
			own = one
		}
	}
	if own == "" {
		return app.Div().Body(app.Dt().Body(renderKbd(h.keys)...), app.Dd().Text(h.what))
	}
	if own == d.own {
		return app.Div().Class("catching").DataSet("id", id).Body(
			app.Dt().Body(app.Kbd().Text("…")),
			app.Dd().Body(app.Div().Text(h.what), d.renderCatching(id, own)),
		)
	}
	_, moved := console.prefs.own.Keys[own]
	return app.Div().DataSet("id", id).Body(
		app.Dt().Body(renderKbd(h.keys)...),
		app.Dd().Body(
			app.Span().Text(h.what),
			app.Span().Class("sp"),
			app.Button().Type("button").Class("link faint").DataSet("do", "reset").DataSet("own", own).Hidden(!moved).
				Aria("label", lang.T("Reset: {what}", "what", h.what)).Text(lang.T("Reset")),
			app.Button().ID(id).Type("button").Class("link").DataSet("do", "change").DataSet("own", own).Aria("label", lang.T("Change: {what}", "what", h.what)).Text(lang.T("Change")),
		),
	)
}

// renderCatching draws what is waited for, or the question what to do with a key
// that is in use.
func (d *keyEditor) renderCatching(id, own string) app.UI {
	text := d.problem
	if text == "" {
		text = lang.T("Press a key. Backspace switches it off, Esc leaves it.")
		if strings.Contains(own, " ") {
			text = lang.T("Press the key that follows {keyLabel}. Backspace switches it off, Esc leaves it.", "keyLabel", keyLabel("g"))
		}
	}
	return app.Div().Body(
		app.P().Role("status").Aria("live", "polite").Class("dim").Text(text),
		app.If(d.wanted != "", func() app.UI {
			return app.Button().ID("key-swap").Type("button").Class("btn s p").DataSet("do", "swap").Text(lang.T("Swap the two"))
		}),
		app.Button().ID(id).Type("button").Class("btn s").DataSet("do", "leave").DataSet("own", own).Text(lang.T("Leave it")),
	)
}
