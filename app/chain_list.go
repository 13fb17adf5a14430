package app

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
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

// chainDrag is the drag of a filter by a pointer.
type chainDrag struct {
	held bool // a pointer is down on a filter
	on   bool // and has gone far enough to mean it
	y    float64
	from int
	gap  int // where it would go: in front of this place
}

// dragFrom is how many pixels a pointer has to go before it drags.
const dragFrom = 4

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
	return app.Div().Class("chain-list").Body(
		app.Ul().Class("chain-new").ID(l.id("new")).Aria("label", "Filters in order").
			OnClick(l.clicked).OnKeyDown(l.pressed).OnInput(l.typed).
			On("pointerdown", l.pointed).On("pointermove", l.dragged).On("pointerup", l.released).On("pointercancel", l.cancelled).Body(
			app.Range(names).Slice(func(i int) app.UI { return l.renderFilter(i) }),
		),
		app.If(len(names) == 0, func() app.UI {
			return app.P().Class("body dim").Text("No filters. Statements would go straight to the router.")
		}),
		app.P().Class("chain-said dim").Aria("live", "polite").Text(l.said),
		app.If(acting, l.renderAdd),
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
			Aria("label", name+", position "+strconv.Itoa(i+1)+" of "+strconv.Itoa(len(names))+". Space lifts it, Alt and arrows move it.")
	}
	return row.Body(
		app.Span().Class("grip faint").Aria("hidden", "true ").Hidden(!l.acting).Text("⠿"),
		app.Span().Class("n num faint").Text(i+1),
		app.Span().Class("name clip").Title(name).Text(name),
		app.Span().Class("tag clip").Text(l.moduleOf(name)),
		app.If(l.acting, func() app.UI { return l.renderButtons(i, name) }),
		app.If(l.acting && l.more == i+1, func() app.UI { return l.renderMore(i, name) }),
	)
}

func (l *chainList) renderButtons(i int, name string) app.UI {
	last := len(l.order.Names()) - 1
	return app.Span().Class("do").Body(
		chainButton(i, "up", "↑", "Move "+name+" up", i == 0),
		chainButton(i, "down", "↓", "Move "+name+" down", i == last),
		chainButton(i, "top", "⤒", "Move "+name+" to the top", i == 0),
		chainButton(i, "bottom", "⤓", "Move "+name+" to the bottom", i == last),
		chainButton(i, "remove", "×", "Remove "+name, false),
		chainButton(i, "more", "⋯", "More for "+name, false).Aria("expanded", boolText(l.more == i+1)),
	)
}

func chainButton(i int, do, sign, label string, off bool) app.HTMLButton {
	return app.Button().Type("button").Class("btn bare i").DataSet("do", do).DataSet("index", strconv.Itoa(i)).
		Aria("label", label).Title(label).Disabled(off).Text(sign)
}

// renderMore draws the further choices of a filter.
func (l *chainList) renderMore(i int, name string) app.UI {
	n := len(l.order.Names())
	return app.Span().Class("chain-more").Body(
		app.Label().For(l.id("place")).Text("Move to position"),
		app.Input().ID(l.id("place")).Class("in").Type("text").Attr("inputmode", "numeric").MaxLength(3).AutoComplete(false).
			DataSet("index", strconv.Itoa(i)),
		app.Span().Class("faint").Text("of "+strconv.Itoa(n)),
		app.Button().Type("button").Class("btn s").DataSet("do", "place").DataSet("index", strconv.Itoa(i)).Text("Move"),
		app.Span().Class("sp"),
		app.A().Href(href(objectPath("filters", name))).Text("About "+name),
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

func (l *chainList) renderAdd() app.UI {
	filters := model.Rows[api.FilterAttributes](console.store.View(l.view()))
	chosen := l.chosen()
	return app.Div().Class("chain-add").Body(
		app.Label().For(l.id("add")).Text("Add"),
		app.Select().ID(l.id("add")).Class("in").Disabled(len(filters) == 0).OnChange(l.chose).Body(
			app.Range(filters).Slice(func(i int) app.UI {
				f := filters[i]
				return app.Option().Value(f.ID).Selected(f.ID == chosen).Text(f.ID + " · " + f.Attributes.Module)
			}),
		),
		app.Button().ID(l.id("add-do")).Type("button").Class("btn").Disabled(chosen == "").Text("Add").OnClick(l.add),
	)
}

// chosen returns the filter that is to be added: the chosen one, or else the
// first.
func (l *chainList) chosen() string {
	v := console.store.View(l.view())
	if _, ok := model.Row[api.FilterAttributes](v, l.adding); ok {
		return l.adding
	}
	for _, f := range model.Rows[api.FilterAttributes](v) {
		return f.ID
	}
	return ""
}

func (l *chainList) chose(ctx app.Context, _ app.Event) {
	l.adding = ctx.JSSrc().Get("value").String()
}

func (l *chainList) add(app.Context, app.Event) {
	if name := l.chosen(); name != "" && l.acting {
		l.Settle()
		l.tell(l.order.Add(name), "added")
	}
}

// tell says what has happened to the filter at a place.
func (l *chainList) tell(at int, what string) {
	names := l.order.Names()
	if at < 0 || at >= len(names) {
		return
	}
	l.said = names[at] + " " + what + ", position " + strconv.Itoa(at+1) + " of " + strconv.Itoa(len(names))
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
			l.said = "A position is a number from 1 to " + strconv.Itoa(len(l.order.Names()))
			return
		}
		to = place - 1
	case "more":
		l.openMore(ctx, at)
		return
	case "remove":
		l.remove(ctx, at)
		return
	default:
		return
	}
	l.more = 0
	if to, moved := l.order.Move(at, to); moved {
		l.tell(to, "moved")
		l.focus(ctx, to)
	}
}

// openMore opens the further choices of the filter at a place, or closes them.
func (l *chainList) openMore(ctx app.Context, at int) {
	if l.more == at+1 {
		l.more = 0
		return
	}
	l.more, l.place = at+1, strconv.Itoa(at+1)
	ctx.Defer(func(app.Context) {
		ui.SetValue(l.id("place"), l.place)
		ui.Focus(l.id("place"))
	})
}

// remove takes the filter at a place out. The keyboard goes to the one that is
// there then.
func (l *chainList) remove(ctx app.Context, at int) {
	name := l.order.Remove(at)
	if name == "" {
		return
	}
	l.said, l.more = name+" removed", 0
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
		l.tell(at, "moved")
	case step != 0 && alt:
		at, _ = l.order.Move(at, at+step)
		l.more = 0
		l.tell(at, "moved")
	case step != 0:
		at = min(max(at+step, 0), len(l.order.Names())-1)
	case key == " " && !lifted:
		if l.order.Lift(at) {
			l.more = 0
			l.tell(at, "lifted")
		}
	case key == " " || key == "Enter" && lifted:
		at, _ = l.order.Drop()
		l.tell(at, "dropped")
	case key == "Escape" && lifted:
		at, _ = l.order.Return()
		l.tell(at, "returned")
	case key == "Escape" && l.drag.held:
		l.drag = chainDrag{}
	case key == "Tab" && lifted:
		at, _ = l.order.Drop()
		l.tell(at, "dropped")
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

// pointed notices a pointer on a filter. A finger drags by the grip only, since
// elsewhere it scrolls.
func (l *chainList) pointed(ctx app.Context, e app.Event) {
	ctx.PreventUpdate()
	at, err := strconv.Atoi(ui.Closest(e, "data-index"))
	p := ui.PointerOf(e)
	if err != nil || !l.acting || !p.First || ui.Closest(e, "data-do") != "" || ui.Closest(e, "href") != "" || ui.Typing(e) {
		return
	}
	if p.Touch && !strings.Contains(ui.Closest(e, "class"), "grip") {
		return
	}
	l.drag = chainDrag{held: true, y: p.Y, from: at, gap: at}
}

// dragged moves the line that shows where the filter would go. The browser calls
// it many times a second, mostly for nothing.
func (l *chainList) dragged(ctx app.Context, e app.Event) {
	if !l.drag.held {
		ctx.PreventUpdate()
		return
	}
	p := ui.PointerOf(e)
	begins := l.begin(p.Y)
	if begins {
		ui.Capture(l.id("new"), p.ID)
	}
	if !l.drag.on {
		ctx.PreventUpdate()
		return
	}
	e.PreventDefault() // nor does the browser mark text
	ui.ScrollAlong(l.id("new"), p.Y)
	if !l.over(ui.GapAt(l.id("new"), p.Y)) && !begins {
		ctx.PreventUpdate()
	}
}

// begin begins the drag when the pointer has come far enough, and reports
// whether that is now.
func (l *chainList) begin(y float64) bool {
	if !l.drag.held || l.drag.on || math.Abs(y-l.drag.y) < dragFrom {
		return false
	}
	l.Settle()
	l.more = 0
	l.drag.on = true
	return true
}

// over takes the gap that the dragged filter is over, and reports whether it is
// another one.
func (l *chainList) over(gap int) bool {
	changed := l.drag.on && gap != l.drag.gap
	l.drag.gap = gap
	return changed
}

func (l *chainList) released(ctx app.Context, _ app.Event) { l.drop(ctx) }

// drop puts the dragged filter down.
func (l *chainList) drop(ctx app.Context) {
	drag := l.drag
	l.drag = chainDrag{}
	if !drag.on {
		return
	}
	if at, moved := l.order.MoveToGap(drag.from, drag.gap); moved {
		l.tell(at, "moved")
		l.focus(ctx, at)
	}
}

func (l *chainList) cancelled(app.Context, app.Event) { l.drag = chainDrag{} }
