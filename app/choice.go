package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// choice is one of several values that exclude each other. No value is empty.
type choice struct{ value, label string }

// renderChoices draws values to choose from as one control. The value is taken
// from data-value by pick, and arrow keys move to the next.
func renderChoices(name, label string, choices []choice, chosen string, pick func(name, value string)) app.UI {
	return app.Div().Class("seg").Role("radiogroup").Aria("label", label).ID(name).
		OnClick(func(_ app.Context, e app.Event) {
			if value, ok := chosenBy(e); ok {
				pick(name, value)
			}
		}, app.EventScope(name)).
		OnKeyDown(func(ctx app.Context, e app.Event) {
			step := map[string]int{"ArrowLeft": -1, "ArrowUp": -1, "ArrowRight": 1, "ArrowDown": 1}[e.Get("key").String()]
			if step == 0 {
				return
			}
			value, _ := chosenBy(e)
			for i, c := range choices {
				if c.value == value {
					next := choices[(i+step+len(choices))%len(choices)].value
					e.PreventDefault()
					pick(name, next)
					ctx.Defer(func(app.Context) { ui.Focus(choiceID(name, next)) })
					return
				}
			}
		}, app.EventScope(name)).
		Body(app.Range(choices).Slice(func(i int) app.UI {
			c := choices[i]
			tab := -1
			if c.value == chosen {
				tab = 0
			}
			return app.Button().Type("button").Role("radio").ID(choiceID(name, c.value)).TabIndex(tab).
				Aria("checked", boolText(c.value == chosen)).DataSet("value", c.value).Text(lang.T(c.label))
		}))
}

func choiceID(name, value string) string { return name + "-" + value }

// chosenBy returns the value of the button that an event came from.
func chosenBy(e app.Event) (value string, ok bool) {
	value = ui.Closest(e, "data-value")
	return value, value != ""
}
