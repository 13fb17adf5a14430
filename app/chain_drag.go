package app

import (
	"math"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

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

// chainPointer is the part of a list that follows a pointer.
type chainPointer struct{ *chainList }

// pointed notices a pointer on a filter. A finger drags by the grip only, since
// elsewhere it scrolls.
func (l chainPointer) pointed(ctx app.Context, e app.Event) {
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
func (l chainPointer) dragged(ctx app.Context, e app.Event) {
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

func (l chainPointer) released(ctx app.Context, _ app.Event) { l.drop(ctx) }

// drop puts the dragged filter down.
func (l *chainList) drop(ctx app.Context) {
	drag := l.drag
	l.drag = chainDrag{}
	if !drag.on {
		return
	}
	if at, moved := l.order.MoveToGap(drag.from, drag.gap); moved {
		l.tell(at, lang.T("moved"))
		l.focus(ctx, at)
	}
}

func (l chainPointer) cancelled(app.Context, app.Event) { l.drag = chainDrag{} }
