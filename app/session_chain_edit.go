package app

import (
	"slices"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// chainEditor is the half of the chain tab in which an operator makes a new
// order.
type chainEditor struct {
	tab    *chainTab
	order  filterOrder
	theirs bool // somebody else has changed the chain that the order began as
	drag   chainDrag
	adding string // filter that is chosen to be added
	said   string // what a screen reader is told
}

// chainDrag is the drag of a filter by its grip.
type chainDrag struct {
	on   bool
	from int
	gap  int // where it would go: in front of this place
}

// follow takes in the chain that the session is to run; own is the one that the
// last change on this page leads to, nil for none. Until the order is edited it
// is the session's chain.
func (d *chainEditor) follow(chain, own []string) {
	_, lifted := d.order.Lifted()
	switch {
	case slices.Equal(chain, d.order.base):
		d.theirs = false
	case lifted || d.drag.on:
		// What is being carried stays where it is. The rest comes afterwards.
	case !d.order.Changed() || slices.Equal(chain, d.order.Names()):
		d.order.Reset(chain)
		d.theirs = false
	case own != nil && slices.Equal(chain, own):
		d.order.Rebase(chain)
		d.theirs = false
	default:
		d.theirs = true
	}
}

// render draws the new order and what can be done with it.
func (d *chainEditor) render(s *api.Session, lives bool) app.UI {
	acting := console.mayAct() && lives
	names := d.order.Names()
	return app.Section().Class("box").Aria("labelledby", "chain-new-title").Body(
		app.Header().Body(
			app.H2().ID("chain-new-title").Text("New order"),
			app.Span().Class("sp"),
			app.Span().Class("faint").ID("chain-keys").Text(editHint(acting)),
		),
		app.Ul().Class("chain-new").ID("chain-new").Aria("labelledby", "chain-new-title").
			OnClick(d.clicked).OnKeyDown(d.pressed).
			OnDragStart(d.dragStarted).OnDragOver(d.draggedOver).OnDrop(d.dropped).OnDragEnd(d.dragEnded).Body(
			app.Range(names).Slice(func(i int) app.UI { return d.renderFilter(s, i, acting) }),
		),
		app.If(len(names) == 0, func() app.UI {
			return app.P().Class("body dim").Text("No filters. Statements would go straight to the router.")
		}),
		app.P().Class("chain-said dim").Aria("live", "polite").Text(d.said),
		app.If(acting, func() app.UI { return d.renderAdd() }),
		app.If(acting, func() app.UI { return d.renderFoot(s) }),
	)
}

func editHint(acting bool) string {
	switch {
	case acting:
		return "Drag, or Space lifts and ↑ ↓ move"
	case console.mayAct():
		return "The session has ended"
	case console.who.ReadOnly:
		return "Not editable: the server takes no changes"
	}
	return "Not editable: only administrators change a chain"
}

// renderFilter draws one filter of the new order. The list has one handler for
// all of them, which reads data-index.
func (d *chainEditor) renderFilter(s *api.Session, i int, acting bool) app.UI {
	names := d.order.Names()
	name, at := names[i], strconv.Itoa(i)
	row := app.Li().ID("chain-row-"+at).Class(d.rowClass(i)).DataSet("name", name).DataSet("index", at)
	if acting {
		row = row.TabIndex(0).Draggable(true).Aria("describedby", "chain-keys").
			Aria("label", name+", position "+strconv.Itoa(i+1)+" of "+strconv.Itoa(len(names)))
	}
	button := func(do, sign, label string, off bool) app.UI {
		return app.Button().Type("button").Class("btn bare i").DataSet("do", do).DataSet("index", at).
			Aria("label", label).Title(label).Disabled(off).Text(sign)
	}
	last := len(names) - 1
	return row.Body(
		app.Span().Class("grip faint").Aria("hidden", "true ").Hidden(!acting).Text("⠿"),
		app.Span().Class("n num faint").Text(i+1),
		app.Span().Class("name clip").Title(name).Text(name),
		app.Span().Class("tag clip").Text(moduleOf(s, name)),
		app.If(acting, func() app.UI {
			return app.Span().Class("do").Body(
				button("up", "↑", "Move "+name+" up", i == 0),
				button("down", "↓", "Move "+name+" down", i == last),
				button("top", "⤒", "Move "+name+" to the top", i == 0),
				button("bottom", "⤓", "Move "+name+" to the bottom", i == last),
				button("remove", "×", "Remove "+name, false),
			)
		}),
	)
}

// rowClass says whether a filter is being carried, and where a dragged one would
// go.
func (d *chainEditor) rowClass(i int) string {
	at, lifted := d.order.Lifted()
	switch last := len(d.order.Names()) - 1; {
	case lifted && at == i:
		return "lifted"
	case !d.drag.on:
		return "still"
	case d.drag.from == i:
		return "dragged"
	case d.drag.gap == d.drag.from || d.drag.gap == d.drag.from+1:
		return "still" // it would stay where it is
	case d.drag.gap == i:
		return "drop-before"
	case d.drag.gap > last && i == last:
		return "drop-after"
	}
	return "still"
}

// module returns the module of a filter, from what is known of the configured
// ones or of those that run.
func moduleOf(s *api.Session, name string) string {
	if f, ok := model.Row[api.FilterAttributes](console.store.View(chainFiltersView), name); ok {
		return f.Attributes.Module
	}
	for _, link := range s.Attributes.Chain {
		if link.ID == name {
			return link.Module
		}
	}
	return "—"
}

func (d *chainEditor) renderAdd() app.UI {
	filters := model.Rows[api.FilterAttributes](console.store.View(chainFiltersView))
	chosen := d.chosen()
	return app.Div().Class("chain-add").Body(
		app.Label().For("chain-add").Text("Add"),
		app.Select().ID("chain-add").Class("in").Disabled(len(filters) == 0).OnChange(d.chose).Body(
			app.Range(filters).Slice(func(i int) app.UI {
				f := filters[i]
				return app.Option().Value(f.ID).Selected(f.ID == chosen).Text(f.ID + " · " + f.Attributes.Module)
			}),
		),
		app.Button().ID("chain-add-do").Type("button").Class("btn").Disabled(chosen == "").Text("Add").OnClick(d.add),
	)
}

// chosen returns the filter that is to be added: the chosen one, or else the
// first.
func (d *chainEditor) chosen() string {
	v := console.store.View(chainFiltersView)
	if _, ok := model.Row[api.FilterAttributes](v, d.adding); ok {
		return d.adding
	}
	for _, f := range model.Rows[api.FilterAttributes](v) {
		return f.ID
	}
	return ""
}

func (d *chainEditor) renderFoot(s *api.Session) app.UI {
	changed := d.order.Changed()
	return app.Footer().Body(
		app.If(d.theirs, func() app.UI {
			return app.Div().Class("chain-theirs").Role("alert").Body(
				app.Span().Text("Someone else has changed the chain. Now: "+chainWords(comingChain(s))),
				app.Button().ID("chain-load").Type("button").Class("btn s").Text("Load it").OnClick(d.load),
			)
		}),
		app.P().Class("chain-diff").ID("chain-diff").Text(chainDiff(comingChain(s), d.order.Names())),
		app.Div().Class("chain-do").Body(
			app.Button().ID("chain-discard").Type("button").Class("btn").Disabled(!changed).Text("Discard").OnClick(d.load),
			app.Button().ID("chain-apply").Type("button").Class("btn p").Disabled(!changed || d.tab.busy || console.stale()).
				Text("Apply to this session").OnClick(d.apply),
		),
	)
}

// apply asks for the chain as it was edited.
func (d *chainEditor) apply(app.Context, app.Event) {
	d.order.Drop()
	if d.order.Changed() {
		d.tab.ask(d.order.Names())
	}
}

// load takes the session's chain for the new order.
func (d *chainEditor) load(app.Context, app.Event) {
	if s, ok := sessionRow(sessionView, d.tab.ID); ok {
		d.order.Reset(comingChain(s))
		d.theirs, d.said = false, ""
	}
}

func (d *chainEditor) chose(ctx app.Context, _ app.Event) {
	d.adding = ctx.JSSrc().Get("value").String()
}

func (d *chainEditor) add(app.Context, app.Event) {
	if name := d.chosen(); name != "" {
		d.order.Drop()
		d.tell(d.order.Add(name), "added")
	}
}

// tell says what has happened to the filter at a place.
func (d *chainEditor) tell(at int, what string) {
	names := d.order.Names()
	if at < 0 || at >= len(names) {
		return
	}
	d.said = names[at] + " " + what + ", position " + strconv.Itoa(at+1) + " of " + strconv.Itoa(len(names))
}

// focusFilter gives the keyboard to the filter at a place, once it is drawn there.
func focusFilter(ctx app.Context, at int) {
	ctx.Defer(func(app.Context) { ui.Focus("chain-row-" + strconv.Itoa(at)) })
}

// clicked does what a button of a filter stands for.
func (d *chainEditor) clicked(ctx app.Context, e app.Event) {
	at, err := strconv.Atoi(ui.Closest(e, "data-index"))
	if do := ui.Closest(e, "data-do"); err == nil && do != "" {
		d.do(ctx, at, do)
	}
}

// do moves the filter at a place, or removes it.
func (d *chainEditor) do(ctx app.Context, at int, what string) {
	if !console.mayAct() {
		return
	}
	d.order.Drop()
	to := at
	switch what {
	case "up":
		to--
	case "down":
		to++
	case "top":
		to = 0
	case "bottom":
		to = len(d.order.Names()) - 1
	case "remove":
		d.remove(ctx, at)
		return
	}
	if to, moved := d.order.Move(at, to); moved {
		d.tell(to, "moved")
		focusFilter(ctx, to)
	}
}

// remove takes the filter at a place out. The keyboard goes to the one that is
// there then.
func (d *chainEditor) remove(ctx app.Context, at int) {
	name := d.order.Remove(at)
	if name == "" {
		return
	}
	d.said = name + " removed"
	if left := len(d.order.Names()); left > 0 {
		focusFilter(ctx, min(at, left-1))
		return
	}
	ctx.Defer(func(app.Context) { ui.Focus("chain-add") })
}

// pressed takes the keys of the filter that has the keyboard; those of its
// buttons are left to them.
func (d *chainEditor) pressed(ctx app.Context, e app.Event) {
	at, err := strconv.Atoi(ui.Closest(e, "data-index"))
	if err != nil || e.Get("target").Get("tagName").String() != "LI" {
		return
	}
	if d.key(ctx, at, e.Get("key").String(), e.Get("altKey").Bool()) {
		e.PreventDefault()
	}
}

// key does what a key stands for on the filter at a place, and reports whether
// it stands for anything.
func (d *chainEditor) key(ctx app.Context, at int, key string, alt bool) bool {
	if !console.mayAct() {
		return false
	}
	_, lifted := d.order.Lifted()
	step := map[string]int{"ArrowUp": -1, "ArrowDown": 1}[key]
	switch {
	case step != 0 && lifted:
		at, _ = d.order.MoveLifted(step)
		d.tell(at, "moved")
	case step != 0 && alt:
		at, _ = d.order.Move(at, at+step)
		d.tell(at, "moved")
	case step != 0:
		at = min(max(at+step, 0), len(d.order.Names())-1)
	case key == " " && !lifted:
		if d.order.Lift(at) {
			d.tell(at, "lifted")
		}
	case key == " " || key == "Enter" && lifted:
		at, _ = d.order.Drop()
		d.tell(at, "dropped")
	case key == "Escape" && lifted:
		at, _ = d.order.Return()
		d.tell(at, "returned")
	case key == "Tab" && lifted:
		at, _ = d.order.Drop()
		d.tell(at, "dropped")
		return false
	default:
		return false
	}
	focusFilter(ctx, at)
	return true
}

func (d *chainEditor) dragStarted(_ app.Context, e app.Event) {
	at, err := strconv.Atoi(ui.Closest(e, "data-index"))
	if err != nil || !console.mayAct() {
		return
	}
	if data := e.Get("dataTransfer"); data.Truthy() {
		data.Set("effectAllowed", "move")
		data.Call("setData", "text/plain", ui.Closest(e, "data-name")) // Firefox drags nothing without data
	}
	d.order.Drop()
	d.drag = chainDrag{on: true, from: at, gap: at}
}

// draggedOver moves the line that shows where the filter would go. The browser
// calls it many times a second, mostly for nothing.
func (d *chainEditor) draggedOver(ctx app.Context, e app.Event) {
	if !d.drag.on {
		ctx.PreventUpdate()
		return
	}
	e.PreventDefault() // else nothing can be dropped here
	if !d.over(gapUnder(e, len(d.order.Names()))) {
		ctx.PreventUpdate()
	}
}

// over takes the gap that the dragged filter is over, and reports whether it is
// another one.
func (d *chainEditor) over(gap int) bool {
	changed := d.drag.on && gap != d.drag.gap
	d.drag.gap = gap
	return changed
}

// gapUnder returns the gap between n filters that the pointer is nearest to.
func gapUnder(e app.Event, n int) int {
	row := e.Get("target").Call("closest", "li")
	if !row.Truthy() {
		return n
	}
	at, _ := strconv.Atoi(row.Get("dataset").Get("index").String())
	box := row.Call("getBoundingClientRect")
	if e.Get("clientY").Float() > box.Get("top").Float()+box.Get("height").Float()/2 {
		at++
	}
	return at
}

func (d *chainEditor) dropped(ctx app.Context, e app.Event) {
	e.PreventDefault()
	d.drop(ctx)
}

// drop puts the dragged filter down.
func (d *chainEditor) drop(ctx app.Context) {
	drag := d.drag
	d.drag = chainDrag{}
	if !drag.on {
		return
	}
	if at, moved := d.order.MoveToGap(drag.from, drag.gap); moved {
		d.tell(at, "moved")
		focusFilter(ctx, at)
	}
}

func (d *chainEditor) dragEnded(app.Context, app.Event) { d.drag = chainDrag{} }
