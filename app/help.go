package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// help lies over the page and says which keys there are.
type help struct{ app.Compo }

// Render draws the keys.
func (h *help) Render() app.UI {
	return app.Div().Class("scrim").OnClick(closeOutside).Body(
		app.Div().Class("dlg help layer").Role("dialog").Aria("modal", "true").Aria("labelledby", "help-title").Body(
			ui.Box("dlg-head",
				app.H1().ID("help-title").Text(lang.T("Keys")),
				app.Span().Class("sp"),
				app.If(console.prefs.own.NoKeys, func() app.UI {
					return ui.Words("dim", lang.T("Single-letter keys are off."))
				}),
				app.A().Href(href("/settings/shortcuts")).Text(lang.T("Settings")).OnClick(closeLayer),
				app.Button().Type("button").Class("btn bare i").Aria("label", lang.T("Close")).Text("×").OnClick(closeLayer),
			),
			app.Div().ID("help-keys").Class("help-keys").TabIndex(0).Role("region").Aria("label", lang.T("Keys")).Body(renderKeys(keyGroups(keys))),
		),
	)
}

func closeLayer(ctx app.Context, _ app.Event) { console.layer.close(ctx) }

// keyGroup is a heading and the keys below it.
type keyGroup struct {
	title string
	keys  []keyHelp
}

// keyGroups are all keys: those of a page if it is not nil, then those of the
// console.
func keyGroups(page keyHandler) []keyGroup {
	var groups []keyGroup
	if own := keysOf(page); len(own) > 0 {
		groups = append(groups, keyGroup{lang.T("On this page"), own})
	}
	return append(groups,
		keyGroup{lang.T("Everywhere"), append([]keyHelp{{"Mod+k", lang.T("Find a page, an object, an action")}}, append(helpOf(everywhere()), keyHelp{"Esc", lang.T("Close, or back to the list")})...)},
		keyGroup{lang.T("Go to"), append([]keyHelp{{"g", lang.T("First of the two keys")}}, helpOf(places())...)},
	)
}

// keysOf are the keys that a page says it has.
func keysOf(page keyHandler) []keyHelp {
	switch p := page.(type) {
	case keyTeller:
		return p.tellKeys()
	case *sessionPage:
		return sessionKeys()
	}
	return nil
}

func helpOf(table []shortcut) []keyHelp {
	list := make([]keyHelp, 0, len(table))
	for _, s := range table {
		if s.keys != "" {
			list = append(list, keyHelp{s.keys, s.what})
		}
	}
	return list
}

// commandKey is the key that the system of the visitor has for commands.
func commandKey() string {
	if ui.Mac() {
		return "⌘"
	}
	return lang.T("Ctrl")
}

// renderKeys draws groups of keys side by side.
func renderKeys(groups []keyGroup) app.UI {
	return ui.Box("keys",
		app.Range(groups).Slice(func(i int) app.UI {
			g := groups[i]
			return app.Section().Body(
				app.H2().Text(g.title),
				app.Dl().Body(app.Range(g.keys).Slice(func(j int) app.UI {
					return app.Div().Body(app.Dt().Body(renderKbd(g.keys[j].keys)...), app.Dd().Text(g.keys[j].what))
				})),
			)
		}),
	)
}

// renderKbd draws the keys that are in force for the console's own: one after the other when a space parts them, several
// that do the same when a comma does.
func renderKbd(text string) []app.UI {
	var list []app.UI
	for same := range strings.SplitSeq(text, ", ") {
		label := keyLabel(same)
		if label == "" {
			continue
		}
		if len(list) > 0 {
			list = append(list, ui.Words("faint", lang.T(" or ")))
		}
		for key := range strings.SplitSeq(label, " ") {
			list = append(list, app.Kbd().Text(key))
		}
	}
	if list == nil {
		list = append(list, ui.Words("faint", lang.T("off")))
	}
	return list
}

// arrows are the signs on the keys that have arrows.
var arrows = strings.NewReplacer("ArrowDown", "↓", "ArrowUp", "↑", "ArrowLeft", "←", "ArrowRight", "→")

// keyName names a key as it is written on it, or as one says it.
func keyName(key string) string {
	key = arrows.Replace(key)
	letter, command := strings.CutPrefix(key, "Mod+")
	switch {
	case command:
		return commandKey() + "+" + strings.ToUpper(letter)
	case len(key) == 1 && key[0] >= 'A' && key[0] <= 'Z':
		return lang.T("Shift+{key}", "key", key)
	case key == "Space":
		return lang.T("Space")
	case key == "Shift+Space":
		return lang.T("Shift+{key}", "key", lang.T("Space"))
	}
	return key
}

// sessionKeys are the keys of the page of a session.
func sessionKeys() []keyHelp {
	list := []keyHelp{{"K", lang.T("Kill the session… (asks first)")}}
	for i, tab := range sessionTabs {
		list = append(list, keyHelp{string(rune('1' + i)), lang.T(tab.label)})
	}
	return append(list, keyHelp{"[", lang.T("Session before it in the list")}, keyHelp{"]", lang.T("Next session in the list")}, keyHelp{"Esc", lang.T("All sessions")})
}
