package app

import (
	"context"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// tray is the line at the bottom of every page that shows what is pending, to
// everybody.
type tray struct {
	app.Compo
	Rev uint64
}

// Render draws the tray while something is pending.
func (t *tray) Render() app.UI {
	v := console.store.View("pending")
	var kills []*api.Session
	swaps, restarts := 0, 0
	for _, s := range model.Rows[api.SessionAttributes](v) {
		p := &s.Attributes.Pending
		if p.Kill != nil {
			kills = append(kills, s)
		}
		if p.Filters != nil {
			swaps++
		}
		if p.Restart {
			restarts++
		}
	}
	switch {
	case len(kills)+swaps+restarts == 0:
		return app.Div().Hidden(true)
	case len(kills) == 1:
		return t.renderKill(kills[0], swaps, restarts)
	}
	return t.renderMany(kills, swaps, restarts)
}

// first returns the kill that fires first.
func first(kills []*api.Session) *api.Session {
	var next *api.Session
	for _, s := range kills {
		if next == nil || s.Attributes.Pending.Kill.At < next.Attributes.Pending.Kill.At {
			next = s
		}
	}
	return next
}

func (t *tray) renderKill(s *api.Session, swaps, restarts int) app.UI {
	k := s.Attributes.Pending.Kill
	left := timeOf(k.At).Sub(console.now())
	why := " · by " + k.By
	if k.Reason != "" {
		why += " · “" + k.Reason + "”"
	}
	count := ui.Countdown(left)
	if k.When == "idle" {
		count = "when idle, at the latest " + count
	}
	return app.Footer().Class("tray").Role("status").Body(
		ui.Chip("kill", "1 kill pending", "hatch"),
		app.A().Class("mono").Href(href("/sessions/"+s.ID)).Text(s.ID),
		app.Span().Class("clip").Text(s.Attributes.User+"@"+view.Client(s)+why),
		&countdownBar{At: string(k.At), Left: int(left / time.Second)},
		app.Span().Class("tnum").Text(count),
		app.If(console.mayAct(), func() app.UI {
			return app.Span().Body(
				app.Button().Class("btn s").Disabled(console.stale()).Text("Cancel").OnClick(cancelKill, app.EventScope(s.ID)).DataSet("id", s.ID),
				app.Text(" "),
				app.Button().Class("btn s").Disabled(console.stale()).Text("Kill now").OnClick(killPending, app.EventScope(s.ID)).DataSet("id", s.ID),
			)
		}),
		t.renderRest(swaps, restarts),
	)
}

func (t *tray) renderMany(kills []*api.Session, swaps, restarts int) app.UI {
	return app.Footer().Class("tray").Role("status").Body(
		app.If(len(kills) > 0, func() app.UI {
			next := first(kills).Attributes.Pending.Kill
			return app.Span().Body(
				ui.Chip("kill", ui.Plural(len(kills), "kill pending", "kills pending"), "hatch"),
				app.Span().Class("tnum").Text(" next "+ui.Countdown(timeOf(next.At).Sub(console.now()))),
			)
		}),
		t.renderRest(swaps, restarts),
		app.A().Class("btn s").Href(href("/sessions?q=state%3Apending")).Text("Open"),
	)
}

func (t *tray) renderRest(swaps, restarts int) app.UI {
	return app.Span().Body(
		app.If(swaps > 0, func() app.UI {
			return ui.Chip("swap", ui.Plural(swaps, "swap waits", "swaps wait"), "info")
		}),
		app.If(restarts > 0, func() app.UI {
			return ui.Chip("restart", ui.Plural(restarts, "restart waits", "restarts wait"), "info")
		}),
	)
}

// countdownBar is what is left of a kill's time, out of what there was when the
// bar was first drawn.
type countdownBar struct {
	app.Compo
	At   string // deadline
	Left int    // seconds

	at   string
	full int
}

// Render draws the bar.
func (b *countdownBar) Render() app.UI {
	if b.at != b.At || b.Left > b.full {
		b.at, b.full = b.At, b.Left
	}
	done := 0
	if b.full > 0 {
		done = 120 * (b.full - b.Left) / b.full
	}
	return ui.SVG("svg").Class("pbar").Attr("viewBox", "0 0 120 6").Attr("aria-hidden", "true").Body(
		ui.SVG("rect").Class("rest").Attr("width", "120").Attr("height", "6").Attr("rx", "3"),
		ui.SVG("rect").Class("done").Attr("width", strconv.Itoa(done)).Attr("height", "6").Attr("rx", "3"),
	)
}

// cancelKill takes the pending kill of the session in data-id back.
func cancelKill(ctx app.Context, _ app.Event) {
	id := ctx.JSSrc().Get("dataset").Get("id").String()
	console.cancelPending(id, "kill")
}

// cancelPending takes back what waits for the session id: its kill, its filters
// or its restart.
func (l *live) cancelPending(id, what string) {
	done := map[string]string{
		"kill": "Session " + id + " will not be killed.", "filters": "The filters of session " + id + " stay as they are.",
		"restart": "Session " + id + " will not be restarted.",
	}[what]
	l.change(done, func(ctx context.Context) error { return l.client.CancelPending(ctx, id, what) })
}

// killPending opens the dialog for the session in data-id, set to now.
func killPending(ctx app.Context, _ app.Event) {
	id := ctx.JSSrc().Get("dataset").Get("id").String()
	if s, ok := sessionRow("pending", id); ok {
		console.askKill(ctx, s)
		console.kill.when = "now"
	}
}
