package app

import (
	"net/url"
	"slices"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// timelineTab shows what has happened to a session: as a picture or as a table
// that says the same.
type timelineTab struct {
	app.Compo
	ID  string // of the session
	Rev uint64

	last     *api.Session // as it was last seen
	gone     time.Time    // when it was first missed, zero while it is there
	from, to time.Time    // what is shown; zero for the last minutes, going on with the time
	table    bool
	chosen   string // key of the event or the statement that is chosen
	hovered  string // key of the one that the pointer is over
	drag     timelineDrag
}

// timelineDrag is the marking of a part of the picture with a pointer.
type timelineDrag struct {
	on       bool
	from, to float64 // parts of the width
}

// timelinePicture is the id of the picture.
const timelinePicture = "timeline"

// shortest is the shortest stretch of time that the picture shows.
const shortest = 50 * time.Millisecond

// OnMount takes what is shown from the address.
func (t *timelineTab) OnMount(ctx app.Context) {
	tabKeys = t
	t.take(ctx.Page().URL().Query())
}

// OnNav takes what is shown from the new address.
func (t *timelineTab) OnNav(ctx app.Context) { t.take(ctx.Page().URL().Query()) }

// OnDismount gives the keys up.
func (t *timelineTab) OnDismount() {
	if tabKeys == keyHandler(t) {
		tabKeys = nil
	}
}

// take reads what is shown from an address.
func (t *timelineTab) take(values url.Values) {
	t.from, t.to = timeOf(api.Time(values.Get("from"))), timeOf(api.Time(values.Get("to")))
	if t.from.IsZero() || !t.to.After(t.from) {
		t.from, t.to = time.Time{}, time.Time{}
	}
	t.table = values.Get("as") == "table"
	t.chosen, t.hovered = "", ""
}

// remember puts what is shown into the address.
func (t *timelineTab) remember() {
	values := url.Values{}
	if !t.from.IsZero() {
		values.Set("from", string(timeText(t.from)))
		values.Set("to", string(timeText(t.to)))
	}
	if t.table {
		values.Set("as", "table")
	}
	path := href("/sessions/" + t.ID + "/timeline")
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	ui.ReplaceAddress(path)
}

// apiTime is the form of an instant on the wire.
const apiTime = "2006-01-02T15:04:05.000Z07:00"

// timeText writes an instant as on the wire.
func timeText(t time.Time) api.Time { return api.Time(t.UTC().Format(apiTime)) }

// now is the server's time, or the end of the session.
func (t *timelineTab) now() (now time.Time, ended bool) {
	if at := timeOf(t.last.Attributes.EndedAt); !at.IsZero() {
		return at, true
	}
	if !t.gone.IsZero() {
		return t.gone, true
	}
	return console.now(), false
}

// window is what is shown.
func (t *timelineTab) window() (from, to time.Time) {
	if !t.from.IsZero() {
		return t.from, t.to
	}
	now, _ := t.now()
	return lastMinutes(&t.last.Attributes, now)
}

// Render draws the tab. Of a session that has ended it shows the last that was
// known.
func (t *timelineTab) Render() app.UI {
	if s, ok := sessionRow(sessionView, t.ID); ok {
		t.last, t.gone = s, time.Time{}
	} else if t.last != nil && t.gone.IsZero() {
		t.gone = console.now()
	}
	if t.last == nil || t.last.ID != t.ID {
		return ui.Box("empty", ui.Para("faint", lang.T("The timeline of this session is not known.")))
	}
	a := &t.last.Attributes
	now, ended := t.now()
	from, to := t.window()
	line := timelineOf(a, from, to, now, ended)
	line.ID, line.Flows, line.Chosen, line.From1, line.To1 = timelinePicture, flowsOf(a.IOHistory, now), t.chosen, t.drag.from, t.drag.to
	if t.table {
		return ui.Box("data timeline", t.renderBar(from, to), renderTimeTable(timeRows(a, line)), t.renderKept())
	}
	p := timelinePointer{t}
	return ui.Box("data timeline",
		t.renderBar(from, to),
		app.Div().Class("picture").On("pointerdown", p.pointed).On("pointermove", p.moved).On("pointerup", p.released).On("pointercancel", p.cancelled).
			On("pointerover", p.over).On("pointerleave", p.left).OnClick(p.clicked).Body(line.Draw()),
		renderLegend(),
		t.renderDetails(),
		t.renderEvents(),
		t.renderKept(),
	)
}

// renderBar draws what is shown, and the buttons that change it.
func (t *timelineTab) renderBar(from, to time.Time) app.UI {
	text := lang.T("Last {from}", "from", ui.Duration(to.Sub(from)))
	if !t.from.IsZero() {
		text = clockWords(from, to)
	} else if !t.gone.IsZero() || t.last.Attributes.EndedAt != "" {
		text = lang.T("The last {from} of it", "from", ui.Duration(to.Sub(from)))
	}
	button := func(id, text, title string) app.UI {
		return app.Button().ID("timeline-"+id).Type("button").Class("btn s").DataSet("do", id).Title(title).Aria("label", title).Text(text)
	}
	return app.Div().Class("bar").OnClick(t.pressed).Body(
		app.Div().Class("seg").Role("radiogroup").Aria("label", lang.T("Show as")).Body(
			app.Button().ID("timeline-picture").Type("button").Role("radio").DataSet("do", "picture").Aria("checked", boolText(!t.table)).Text(lang.T("Picture")),
			app.Button().ID("timeline-table").Type("button").Role("radio").DataSet("do", "table").Aria("checked", boolText(t.table)).Text(lang.T("Table")),
		),
		app.Span().Class("dim tnum").ID("timeline-range").Text(text),
		app.Span().Class("sp"),
		ui.Words("faint hint", lang.T("Drag to zoom, ← → go through events")),
		button("in", "+", lang.T("Zoom in (+)")), button("out", "−", lang.T("Zoom out (−)")),
		button("all", lang.T("All"), lang.T("All of its life")),
		app.Button().ID("timeline-live").Type("button").Class("btn s").DataSet("do", "live").Disabled(t.from.IsZero()).Title(lang.T("The last 10 minutes (0)")).Text(lang.T("Now")),
	)
}

// clockWords writes a stretch of time.
func clockWords(from, to time.Time) string {
	write := sinceWhen
	if to.Sub(from) < 10*time.Second {
		write = stamp
	}
	return write(timeText(from)) + " – " + write(timeText(to)) + " · " + ui.Duration(to.Sub(from))
}

// renderDetails says what is chosen or pointed at. It keeps its place when there
// is nothing to say.
func (t *timelineTab) renderDetails() app.UI {
	key := t.hovered
	if key == "" {
		key = t.chosen
	}
	a := &t.last.Attributes
	if at := slices.Index(eventKeys(a.Events), key); at >= 0 {
		e := &a.Events[at]
		return app.Div().ID("timeline-details").Class("details").Role("status").Body(
			app.P().Body(ui.Words("tnum", stamp(e.At)+" "), app.B().Text(timelineWords(e.Kind)), app.Text(byWords(e.By))),
			ui.Para("dim", e.Detail),
		)
	}
	if i := slices.Index(queryKeys(a.Queries), key); i >= 0 {
		q := &a.Queries[i]
		text := stamp(q.StartedAt) + " · " + took(q.Duration) + " · " + lang.N(int(q.Rows), "{n} row|{n} rows") + " · " + orDash(answered(q))
		return app.Div().ID("timeline-details").Class("details").Role("status").Body(
			ui.Para("tnum", text),
			app.Pre().Class("statement").TabIndex(0).Aria("label", lang.T("Statement")).Text(q.Statement),
			app.P().Class("err").Hidden(q.Error == "").Text(q.Error),
		)
	}
	return app.Div().ID("timeline-details").Class("details").Role("status").Body(
		ui.Para("faint", lang.T("Point at a statement or an event, or step through the events, to read what it is.")))
}

func byWords(by string) string {
	if by == "" {
		return ""
	}
	return lang.T(" · by {by}", "by", by)
}

// renderEvents draws the events in words, newest first. A click on one chooses
// it.
func (t *timelineTab) renderEvents() app.UI {
	events := t.last.Attributes.Events
	keys := eventKeys(events)
	n := len(events)
	return app.Table().Class("t events").OnClick(timelinePointer{t}.clicked).Body(
		app.THead().Body(app.Tr().Body(
			app.Th().Class("e-at").Text(lang.T("Time")), app.Th().Class("e-what").Text(lang.T("Event")), app.Th().Text(lang.T("Detail")), app.Th().Class("e-by").Text(lang.T("By")),
		)),
		app.TBody().Body(app.Range(events).Slice(func(i int) app.UI {
			e, key := &events[n-1-i], keys[n-1-i]
			class := "still"
			if key == t.chosen {
				class = "sel"
			}
			return app.Tr().Class(class).DataSet("key", key).Body(
				app.Td().Class("tnum").Title(string(e.At)).Text(stamp(e.At)),
				app.Td().Class(eventClass(e)).Text(timelineWords(e.Kind)),
				app.Td().Title(e.Detail).Text(e.Detail),
				app.Td().Title(e.By).Text(e.By),
			)
		})),
	)
}

// renderKept says how much is kept of a session, so that nobody takes an end of
// the lanes for a beginning.
func (t *timelineTab) renderKept() app.UI {
	a := &t.last.Attributes
	n := len(a.Events)
	text := lang.T("{n}; the newest {keptEvents} of a session are kept", "n", lang.N(n, "{n} event|{n} events"), "keptEvents", lang.Count(keptEvents))
	if n >= keptEvents {
		text += lang.T(", older ones are gone")
	}
	text += lang.N(len(a.Queries), ". {n} statement is kept, in {lastQueries}; all that the session holds is {total}. |. {n} statements are kept, in {lastQueries}; all that the session holds is {total}. ", "lastQueries", ui.Bytes(a.Memory.LastQueries), "total", ui.Bytes(a.Memory.Total))
	return ui.Para("kept dim", text+flowsNote())
}

// key does what keys do on the timeline.
func (t *timelineTab) key(ctx app.Context, key string, _ bool) bool {
	switch key {
	case "ArrowLeft":
		t.step(-1)
	case "ArrowRight":
		t.step(1)
	case "+", "=":
		t.zoom(0.5)
	case "-", "_":
		t.zoom(2)
	case "0":
		t.show(time.Time{}, time.Time{})
	case "Escape":
		if t.chosen == "" {
			return false
		}
		t.chosen = ""
	default:
		return false
	}
	return true
}

// step chooses the next event, or the one before, and shows where it is.
func (t *timelineTab) step(by int) {
	if t.last == nil || len(t.last.Attributes.Events) == 0 {
		return
	}
	events := t.last.Attributes.Events
	keys := eventKeys(events)
	at := slices.Index(keys, t.chosen)
	switch {
	case at >= 0:
		at = min(max(at+by, 0), len(events)-1)
	case by < 0:
		at = len(events) - 1
	default:
		from, _ := t.window()
		at = slices.IndexFunc(events, func(e api.SessionEvent) bool { return !timeOf(e.At).Before(from) })
		at = max(at, 0)
	}
	t.chosen, t.hovered = keys[at], ""
	t.reveal(timeOf(events[at].At))
}

// reveal moves what is shown to an instant that is outside of it.
func (t *timelineTab) reveal(at time.Time) {
	from, to := t.window()
	if !at.Before(from) && !at.After(to) {
		return
	}
	half := to.Sub(from) / 2
	t.show(at.Add(-half), at.Add(half))
}

// zoom shows so many times as much, around what is chosen or else the middle.
func (t *timelineTab) zoom(times float64) {
	if t.last == nil {
		return
	}
	from, to := t.window()
	middle := from.Add(to.Sub(from) / 2)
	if at := t.chosenAt(); !at.IsZero() {
		middle = at
	}
	half := max(time.Duration(float64(to.Sub(from))*times), shortest) / 2
	t.show(middle.Add(-half), middle.Add(half))
}

// chosenAt is when what is chosen happened, the zero time when nothing is.
func (t *timelineTab) chosenAt() time.Time {
	a := &t.last.Attributes
	if at := slices.Index(eventKeys(a.Events), t.chosen); at >= 0 {
		return timeOf(a.Events[at].At)
	}
	if at := slices.Index(queryKeys(a.Queries), t.chosen); at >= 0 {
		return timeOf(a.Queries[at].StartedAt)
	}
	return time.Time{}
}

// show shows a stretch of the session's life; zero times are the last minutes.
func (t *timelineTab) show(from, to time.Time) {
	if !from.IsZero() && t.last != nil {
		now, _ := t.now()
		begin, end := lifeOf(&t.last.Attributes, now)
		width := min(max(to.Sub(from), shortest), end.Sub(begin))
		switch {
		case from.Before(begin):
			from = begin
		case from.Add(width).After(end):
			from = end.Add(-width)
		}
		to = from.Add(width)
	}
	t.from, t.to = from, to
	t.remember()
}

// pressed does what a button of the bar stands for.
func (t *timelineTab) pressed(_ app.Context, e app.Event) {
	if t.last == nil {
		return
	}
	switch ui.Closest(e, "data-do") {
	case "picture":
		t.table = false
		t.remember()
	case "table":
		t.table = true
		t.remember()
	case "in":
		t.zoom(0.5)
	case "out":
		t.zoom(2)
	case "all":
		now, _ := t.now()
		t.show(lifeOf(&t.last.Attributes, now))
	case "live":
		t.show(time.Time{}, time.Time{})
	}
}
