package app

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// chainList is a chain of filters that an operator rearranges by dragging, with
// the keyboard or with buttons. It is a part of a component, not one itself: the
// component has it as a field, opens it when it is mounted, closes it when it is
// dismounted, gives it a chain with Reset, draws it with render, and reads what
// became of it from Names.
type chainList struct {
	Name    string            // first part of the ids of its elements; "chain" when empty
	Modules map[string]string // of filters, for those that are not configured any more

	order  filterOrder
	acting bool // it may be changed, as it was drawn last
	drag   chainDrag
	adding string // filter that is chosen to be added
	more   int    // place of the filter whose further choices are open, counted from 1; 0 for none
	place  string // what was typed there
	said   string // what a screen reader is told
}

// open asks for the filters that can be added.
func (l *chainList) open() {
	console.watch(api.Subscribe{View: l.view(), Topic: api.TopicFilters})
}

// close gives them up.
func (l *chainList) close() { console.unwatch(l.view()) }

// id is the id of one of its elements.
func (l *chainList) id(part string) string { return cmp.Or(l.Name, "chain") + "-" + part }

func (l *chainList) row(at int) string { return l.id("row-" + strconv.Itoa(at)) }

// view is the list's own view of the configured filters. It has a name of its
// own: when one page follows another, the new one subscribes before the old one
// gives its view up.
func (l *chainList) view() string { return l.id("filters") }

// Names returns the chain as it stands. The caller must not change it.
func (l *chainList) Names() []string { return l.order.Names() }

// Changed reports whether it is another chain than it began as.
func (l *chainList) Changed() bool { return l.order.Changed() }

// Reset begins anew with a chain.
func (l *chainList) Reset(chain []string) {
	l.order.Reset(chain)
	l.drag, l.more, l.said = chainDrag{}, 0, ""
}

// Carrying reports whether a filter is on its way between two places.
func (l *chainList) Carrying() bool {
	_, lifted := l.order.Lifted()
	return lifted || l.drag.on
}

// Settle puts down what is being carried, where it is.
func (l *chainList) Settle() { l.order.Drop() }

// render draws the filters, and when acting what changes them. The element
// named label says what list it is, the one named keys which keys it has.
func (l *chainList) render(acting bool) app.UI {
	l.acting = acting
	names := l.order.Names()
	return ui.Box("chain-list",
		app.Ul().Class("chain-new").ID(l.id("new")).TabIndex(-1).Aria("label", lang.T("Filters in order")).
			OnClick(l.clicked).OnKeyDown(l.pressed).OnInput(l.typed).
			On("pointerdown", chainPointer{l}.pointed).On("pointermove", chainPointer{l}.dragged).
			On("pointerup", chainPointer{l}.released).On("pointercancel", chainPointer{l}.cancelled).Body(
			app.Range(names).Slice(func(i int) app.UI { return l.renderFilter(i) }),
		),
		app.If(len(names) == 0, func() app.UI {
			return ui.Para("body dim", lang.T("No filters. Statements would go straight to the router."))
		}),
		app.P().Class("chain-said dim").Aria("live", "polite").Text(l.said),
		app.If(acting, chainAdd{l}.render),
	)
}

// renderFilter draws one filter. The list has one handler for all of them, which
// reads data-index.
func (l *chainList) renderFilter(i int) app.UI {
	names := l.order.Names()
	name, at := names[i], strconv.Itoa(i)
	row := app.Li().ID(l.row(i)).Class(l.rowClass(i)).DataSet("name", name).DataSet("index", at)
	if l.acting {
		row = row.Class("movable").TabIndex(0).
			Aria("label", lang.T("{name}, position {i} of {names}. Space lifts it, Alt and arrows move it.", "name", name, "i", strconv.Itoa(i+1), "names", strconv.Itoa(len(names))))
	}
	return row.Body(
		app.Span().Class("grip faint").Aria("hidden", "true ").Hidden(!l.acting).Text("⠿"),
		ui.Words("n num faint", strconv.Itoa(i+1)),
		app.Span().Class("name clip").Title(name).Text(name),
		ui.Words("tag clip", l.moduleOf(name)),
		app.If(l.acting, func() app.UI { return renderChainButtons(i, len(names)-1, name, l.more == i+1) }),
		app.If(l.acting && l.more == i+1, func() app.UI { return renderChainMore(i, len(names), name, l.id("place")) }),
	)
}

// renderChainButtons draws what moves the filter at a place, of which last is the
// last one.
func renderChainButtons(i, last int, name string, more bool) app.UI {
	return app.Span().Class("do").Body(
		chainButton(i, "up", "↑", lang.T("Move {name} up", "name", name), i == 0),
		chainButton(i, "down", "↓", lang.T("Move {name} down", "name", name), i == last),
		chainButton(i, "top", "⤒", lang.T("Move {name} to the top", "name", name), i == 0),
		chainButton(i, "bottom", "⤓", lang.T("Move {name} to the bottom", "name", name), i == last),
		chainButton(i, "remove", "×", lang.T("Remove {name}", "name", name), false),
		chainButton(i, "more", "⋯", lang.T("More for {name}", "name", name), false).Aria("expanded", boolText(more)),
	)
}

func chainButton(i int, do, sign, label string, off bool) app.HTMLButton {
	return app.Button().Type("button").Class("btn bare i").DataSet("do", do).DataSet("index", strconv.Itoa(i)).
		Aria("label", label).Title(label).Disabled(off).Text(sign)
}

// renderChainMore draws the further choices of a filter; the input for a position
// has the given id.
func renderChainMore(i, n int, name, id string) app.UI {
	return app.Span().Class("chain-more").Body(
		app.Label().For(id).Text(lang.T("Move to position")),
		app.Input().ID(id).Class("in").Type("text").Attr("inputmode", "numeric").MaxLength(3).AutoComplete(false).
			DataSet("index", strconv.Itoa(i)),
		ui.Words("faint", lang.T("of {total}", "total", strconv.Itoa(n))),
		app.Button().Type("button").Class("btn s").DataSet("do", "place").DataSet("index", strconv.Itoa(i)).Text(lang.T("Move")),
		app.Span().Class("sp"),
		app.A().Href(href(objectPath("filters", name))).Text(lang.T("About {name}", "name", name)),
	)
}

// rowClass says whether a filter is being carried, and where a dragged one would
// go.
func (l *chainList) rowClass(i int) string {
	at, lifted := l.order.Lifted()
	switch last := len(l.order.Names()) - 1; {
	case lifted && at == i:
		return "lifted"
	case !l.drag.on:
		return "still"
	case l.drag.from == i:
		return "dragged"
	case l.drag.gap == l.drag.from || l.drag.gap == l.drag.from+1:
		return "still" // it would stay where it is
	case l.drag.gap == i:
		return "drop-before"
	case l.drag.gap > last && i == last:
		return "drop-after"
	}
	return "still"
}

// moduleOf returns the module of a filter, from what is known of the configured
// ones or of those that run.
func (l *chainList) moduleOf(name string) string {
	if f, ok := model.Row[api.FilterAttributes](console.store.View(l.view()), name); ok {
		return f.Attributes.Module
	}
	return orDash(l.Modules[name])
}

// chainAdd is the part of a list that adds filters.
type chainAdd struct{ *chainList }

func (l chainAdd) render() app.UI {
	filters := model.Rows[api.FilterAttributes](console.store.View(l.view()))
	chosen := l.chosen()
	return ui.Box("chain-add",
		app.Label().For(l.id("add")).Text(lang.T("Add")),
		app.Select().ID(l.id("add")).Class("in").Disabled(len(filters) == 0).OnChange(l.chose).Body(
			app.Range(filters).Slice(func(i int) app.UI {
				f := filters[i]
				return app.Option().Value(f.ID).Selected(f.ID == chosen).Text(f.ID + " · " + f.Attributes.Module)
			}),
		),
		app.Button().ID(l.id("add-do")).Type("button").Class("btn").Disabled(chosen == "").Text(lang.T("Add")).OnClick(l.add),
	)
}

// chosen returns the filter that is to be added: the chosen one, or else the
// first.
func (l chainAdd) chosen() string {
	v := console.store.View(l.view())
	if _, ok := model.Row[api.FilterAttributes](v, l.adding); ok {
		return l.adding
	}
	for _, f := range model.Rows[api.FilterAttributes](v) {
		return f.ID
	}
	return ""
}

func (l chainAdd) chose(ctx app.Context, _ app.Event) {
	l.adding = ctx.JSSrc().Get("value").String()
}

func (l chainAdd) add(app.Context, app.Event) {
	if name := l.chosen(); name != "" && l.acting {
		l.Settle()
		l.tell(l.order.Add(name), lang.T("added"))
	}
}

// tell says what has happened to the filter at a place.
func (l *chainList) tell(at int, what string) {
	names := l.order.Names()
	if at < 0 || at >= len(names) {
		return
	}
	l.said = lang.T("{names} {what}, position {at} of {names2}", "names", names[at], "what", what, "at", strconv.Itoa(at+1), "names2", strconv.Itoa(len(names)))
}

// focus gives the keyboard to the filter at a place, once it is drawn there.
func (l *chainList) focus(ctx app.Context, at int) {
	ctx.Defer(func(app.Context) { ui.Focus(l.row(at)) })
}

// clicked does what a button of a filter stands for.
func (l *chainList) clicked(ctx app.Context, e app.Event) {
	at, err := strconv.Atoi(ui.Closest(e, "data-index"))
	if do := ui.Closest(e, "data-do"); err == nil && do != "" {
		l.do(ctx, at, do)
	}
}

func (l *chainList) typed(_ app.Context, e app.Event) {
	l.place = e.Get("target").Get("value").String()
}

// do moves the filter at a place, or removes it.
func (l *chainList) do(ctx app.Context, at int, what string) {
	if !l.acting {
		return
	}
	l.Settle()
	to := at
	switch what {
	case "up":
		to--
	case "down":
		to++
	case "top":
		to = 0
	case "bottom":
		to = len(l.order.Names()) - 1
	case "place":
		place, err := strconv.Atoi(strings.TrimSpace(l.place))
		if err != nil || place < 1 {
			l.said = lang.T("A position is a number from 1 to {names}", "names", strconv.Itoa(len(l.order.Names())))
			return
		}
		to = place - 1
	case "more":
		if l.more == at+1 {
			l.more = 0
			return
		}
		l.more, l.place = at+1, strconv.Itoa(at+1)
		ctx.Defer(func(app.Context) {
			ui.SetValue(l.id("place"), l.place)
			ui.Focus(l.id("place"))
		})
		return
	case "remove":
		l.remove(ctx, at)
		return
	default:
		return
	}
	l.more = 0
	if to, moved := l.order.Move(at, to); moved {
		l.tell(to, lang.T("moved"))
		l.focus(ctx, to)
	}
}

// remove takes the filter at a place out. The keyboard goes to the one that is
// there then.
func (l *chainList) remove(ctx app.Context, at int) {
	name := l.order.Remove(at)
	if name == "" {
		return
	}
	l.said, l.more = lang.T("{name} removed", "name", name), 0
	if left := len(l.order.Names()); left > 0 {
		l.focus(ctx, min(at, left-1))
		return
	}
	ctx.Defer(func(app.Context) { ui.Focus(l.id("add")) })
}

// pressed takes the keys of the filter that has the keyboard; those of its
// buttons are left to them.
func (l *chainList) pressed(ctx app.Context, e app.Event) {
	at, err := strconv.Atoi(ui.Closest(e, "data-index"))
	if err != nil {
		return
	}
	key := e.Get("key").String()
	switch tag := e.Get("target").Get("tagName").String(); {
	case tag == "LI" && l.key(ctx, at, key, e.Get("altKey").Bool()):
		e.PreventDefault()
	case tag == "INPUT" && key == "Enter":
		e.PreventDefault()
		l.do(ctx, at, "place")
	case tag != "LI" && key == "Escape" && l.more > 0:
		e.PreventDefault()
		l.more = 0
		l.focus(ctx, at)
	}
}

// key does what a key stands for on the filter at a place, and reports whether
// it stands for anything.
func (l *chainList) key(ctx app.Context, at int, key string, alt bool) bool {
	if !l.acting {
		return false
	}
	_, lifted := l.order.Lifted()
	step := map[string]int{"ArrowUp": -1, "ArrowDown": 1}[key]
	switch {
	case step != 0 && lifted:
		at, _ = l.order.MoveLifted(step)
		l.tell(at, lang.T("moved"))
	case step != 0 && alt:
		at, _ = l.order.Move(at, at+step)
		l.more = 0
		l.tell(at, lang.T("moved"))
	case step != 0:
		at = min(max(at+step, 0), len(l.order.Names())-1)
	case key == " " && !lifted:
		if l.order.Lift(at) {
			l.more = 0
			l.tell(at, lang.T("lifted"))
		}
	case key == " " || key == "Enter" && lifted:
		at, _ = l.order.Drop()
		l.tell(at, lang.T("dropped"))
	case key == "Escape" && lifted:
		at, _ = l.order.Return()
		l.tell(at, lang.T("returned"))
	case key == "Escape" && l.drag.held:
		l.drag = chainDrag{}
	case key == "Tab" && lifted:
		at, _ = l.order.Drop()
		l.tell(at, lang.T("dropped"))
		return false
	case key == "Delete":
		l.remove(ctx, at)
		return true
	default:
		return false
	}
	l.focus(ctx, at)
	return true
}
