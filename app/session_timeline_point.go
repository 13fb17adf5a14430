package app

import (
	"math"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/ui"
)

// This file is about the pointer on the picture of a timeline.

// timelinePointer is the part of the tab that follows a pointer.
type timelinePointer struct{ *timelineTab }

// leastMark is the part of the width from which a drag marks something, and does
// not only click.
const leastMark = 0.008

func (t timelinePointer) pointed(ctx app.Context, e app.Event) {
	ctx.PreventUpdate()
	if p := ui.PointerOf(e); p.First && !p.Touch {
		at := ui.PlaceIn(timelinePicture, p.X)
		t.drag = timelineDrag{on: true, from: at, to: at}
	}
}

// moved marks what the pointer has passed.
func (t timelinePointer) moved(ctx app.Context, e app.Event) {
	if !t.drag.on {
		ctx.PreventUpdate()
		return
	}
	e.PreventDefault()
	p := ui.PointerOf(e)
	at := ui.PlaceIn(timelinePicture, p.X)
	if t.drag.from == t.drag.to && at != t.drag.from {
		ui.Capture(timelinePicture, p.ID)
	}
	t.drag.to = at
}

// released zooms to what was marked.
func (t timelinePointer) released(app.Context, app.Event) { t.mark() }

// mark shows the part that was marked, if it is more than a click.
func (t timelinePointer) mark() {
	drag := t.drag
	t.drag = timelineDrag{}
	if !drag.on || t.last == nil || math.Abs(drag.to-drag.from) < leastMark {
		return
	}
	from, to := t.window()
	place := func(x float64) time.Time { return from.Add(time.Duration(x * float64(to.Sub(from)))) }
	t.show(place(min(drag.from, drag.to)), place(max(drag.from, drag.to)))
}

func (t timelinePointer) cancelled(app.Context, app.Event) { t.drag = timelineDrag{} }

// over says what the pointer is over.
func (t timelinePointer) over(ctx app.Context, e app.Event) {
	key := strings.TrimSpace(ui.Closest(e, "data-key"))
	if key == t.hovered || t.drag.on {
		ctx.PreventUpdate()
		return
	}
	t.hovered = key
}

func (t timelinePointer) left(ctx app.Context, _ app.Event) {
	if t.hovered == "" {
		ctx.PreventUpdate()
	}
	t.hovered = ""
}

// clicked chooses what was clicked.
func (t timelinePointer) clicked(_ app.Context, e app.Event) {
	if key := strings.TrimSpace(ui.Closest(e, "data-key")); key != "" && t.last != nil {
		t.chosen = key
		if at := t.chosenAt(); !at.IsZero() {
			t.reveal(at)
		}
	}
}
