package app

import (
	"cmp"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/ui"
)

// wallPage draws a wall, or how this screen becomes one.
type wallPage struct {
	app.Compo
	Rev uint64
}

// Render draws what the wall has read at its last beat.
func (p *wallPage) Render() app.UI {
	w := console.wall
	if w == nil {
		return app.Div()
	}
	now := console.serverTime()
	return app.Div().ID("wall").Class(w.class(now)).OnClick(p.touched).Body(
		w.renderBody(now),
		w.renderBar(time.Now()),
	)
}

// touched shows the way out to those who have no keyboard.
func (p *wallPage) touched(_ app.Context, e app.Event) {
	if w := console.wall; w != nil && ui.Closest(e, "href") == "" {
		w.bar = time.Now().Add(barTime)
	}
}

// class says how everything is drawn: where it has drifted, and how bright.
func (w *wall) class(now time.Time) string {
	class := "wall drift-" + strconv.Itoa(driftAt(now))
	if flippedAt(now) {
		class += " flipped"
	}
	if n := w.plan.Night; n != nil && nightAt(time.Now().Hour(), n.From, n.To) {
		class += " night"
	}
	return class
}

func (w *wall) renderBody(now time.Time) app.UI {
	switch {
	case console.gate == gateLogin || console.gate == gateSetup:
		return w.pair.render(time.Now())
	case console.gate == gateDown:
		return wallSays("The server does not answer", "This screen goes on by itself as soon as it does. It is tried again in "+whole(until(w.retry.next))+".")
	case console.gate == gateAsking:
		return wallSays("Connecting…", "")
	case w.wrong != "":
		return wallSays("Board "+w.shown+" cannot be shown", w.wrong)
	case len(w.plan.Views) == 0 && w.board.failed != "":
		return wallSays("There is no board "+w.shown, w.board.failed)
	case len(w.plan.Views) == 0:
		return wallSays("Loading the board…", "")
	}
	v := &w.plan.Views[min(w.turn.at, len(w.plan.Views)-1)]
	tiles := w.tiles[min(w.turn.at, len(w.plan.Views)-1)]
	oldest, known := time.Duration(0), false
	for i := range tiles {
		if tiles[i].aged {
			oldest, known = max(oldest, tiles[i].age), true
		}
	}
	return app.Div().Class("wall-frame").Body(
		w.renderHead(v, now, oldest, known),
		app.Main().Class("wall-grid").Body(app.Range(v.Tiles).Slice(func(i int) app.UI { return renderWallTile(&v.Tiles[i], &tiles[i], now) })),
		w.renderFoot(now),
		w.renderOut(now, oldest, known),
	)
}

// wallSays is a wall that has nothing else to show.
func wallSays(title, text string) app.UI {
	return app.Div().Class("wall-says").Role("status").Body(app.H1().Text(title), app.P().Text(text))
}

func (w *wall) renderHead(v *api.BoardView, now time.Time, oldest time.Duration, known bool) app.UI {
	class, before, age, after := "wall-age", "updated ", ui.Duration(oldest), " ago"
	switch {
	case !known:
		before, age, after = "waiting for the server", "", ""
	case oldest >= oldAfter:
		class, before, age, after = "wall-age old", "▲ not updated for ", ui.Countdown(oldest), ""
	}
	return app.Header().Class("wall-head").Body(
		app.H1().Text(w.plan.Title),
		app.Span().Class("wall-view").Text(v.Title),
		app.Span().Class("sp"),
		app.Span().Class(class).Body(app.Text(before), app.B().Text(age), app.Text(after)),
		app.B().Class("wall-clock").Text(now.Local().Format("15:04")),
	)
}

// renderFoot says which view this is and for how long, and whose screen it is.
func (w *wall) renderFoot(now time.Time) app.UI {
	n := len(w.plan.Views)
	turns := "one view"
	switch {
	case n > 1 && w.turn.pinned && w.tiles[w.turn.at] != nil && w.critical(w.turn.at):
		turns = "view " + strconv.Itoa(w.turn.at+1) + " of " + strconv.Itoa(n) + " · stays while it is critical"
	case n > 1 && w.turn.pinned:
		turns = "view " + strconv.Itoa(w.turn.at+1) + " of " + strconv.Itoa(n) + " · stays for " + whole(max(pinnedAfter-now.Sub(w.turn.held), 0))
	case n > 1:
		turns = "view " + strconv.Itoa(w.turn.at+1) + " of " + strconv.Itoa(n) + " · " + whole(w.every())
	}
	who := "logged in as " + console.who.User
	if console.who.Role == roleDisplay {
		who = "read-only display “" + cmp.Or(console.who.Name, console.who.User) + "”"
	}
	dots := make([]string, n)
	dots[w.turn.at] = "on"
	return app.Footer().Class("wall-foot").Body(
		app.Span().Class("wall-dots").Aria("hidden", "true ").Body(app.Range(dots).Slice(func(i int) app.UI { return app.I().Class(dots[i]) })),
		app.Span().Class("wall-turns").Text(turns),
		app.Span().Class("sp"),
		app.Span().Class("wall-who").Text(who+" · "+ui.Host()),
	)
}

// critical reports whether a tile of a view is.
func (w *wall) critical(view int) bool {
	for i := range w.tiles[view] {
		if w.tiles[view][i].level == 2 {
			return true
		}
	}
	return false
}

// renderOut lies over everything when nothing has come for long.
func (w *wall) renderOut(now time.Time, oldest time.Duration, known bool) app.UI {
	if !known || oldest < outAfter || console.state.Connected && !console.state.Stale() {
		return app.Div().Hidden(true)
	}
	since := now.Add(-oldest)
	text := clockOf(since)
	if since.Local().YearDay() != now.Local().YearDay() {
		text = inZone(since).Format(time.DateTime)
	}
	return app.Div().Class("wall-out").Role("alert").Body(
		app.Div().Body(
			app.H2().Body(ui.Glyph("long"), app.Text("No data from "+ui.Host()+" since "+text)),
			app.P().Text("This screen is not current. It goes on by itself."),
		))
}

// renderBar is the way out.
func (w *wall) renderBar(now time.Time) app.UI {
	if !now.Before(w.bar) {
		return app.Div().Hidden(true)
	}
	out := "Leave the wall"
	if console.gate != gateOpen {
		out = "Log in instead"
	}
	return app.Nav().Class("wall-bar").Aria("label", "Wall").Body(
		app.Span().Text("This is a wall: it needs no keys."),
		app.Button().ID("wall-leave").Type("button").Class("wall-btn").DataSet("do", "leave").OnClick(leaveWall).Text(out),
		app.Button().ID("wall-stay").Type("button").Class("wall-btn").OnClick(stayOnWall).Text("Stay"),
	)
}

func stayOnWall(ctx app.Context, e app.Event) {
	e.Call("stopPropagation")
	if console.wall != nil {
		console.wall.bar = time.Time{}
	}
}

// levelWords are what a wall calls the levels, beside their colours.
var levelWords = [...]string{"", "Attention", "Critical"}

// wallGlyphs are the signs of the levels.
var wallGlyphs = [...]string{"", "long", "blocked"}

func renderWallTile(t *api.BoardTile, tile *wallTile, now time.Time) app.UI {
	kind, _ := t.KindOf()
	width, height := t.Size()
	class := "wall-tile w" + strconv.Itoa(width) + " h" + strconv.Itoa(height) + " " + levelNames[tile.level]
	r := &tile.last
	old := tile.aged && tile.age >= oldAfter
	switch {
	case old:
		class += " old"
	case tile.watch.edged(now):
		class += " edged"
	case tile.watch.pulsing(now):
		class += " pulsing"
	}
	if kind.List {
		class += " listing"
	}
	word := levelWords[tile.level]
	rows, pages := r.rows, ""
	if kind.List {
		rows, pages = wallRows(r, height, now)
	}
	return app.Section().Class(class).DataSet("kind", t.Kind).Body(
		app.H2().Body(
			app.If(tile.level > 0, func() app.UI { return ui.Glyph(wallGlyphs[tile.level]) }),
			app.Span().Class("wall-label").Text(cmp.Or(t.Title, kind.Title)),
			app.If(pages != "", func() app.UI { return app.Span().Class("wall-pages").Text(pages) }),
			app.If(old, func() app.UI { return app.B().Class("wall-old").Text("STALE " + ui.Countdown(tile.age)) }).
				ElseIf(word != "", func() app.UI { return app.B().Class("wall-word").Text(word) }),
		),
		app.If(tile.why != "", func() app.UI { return app.P().Class("wall-note").Text(tile.why) }).
			ElseIf(!r.known, func() app.UI { return renderFigure("—", "", "waiting for the server", nil) }).
			ElseIf(kind.List, func() app.UI { return renderWallRows(rows) }).
			Else(func() app.UI { return renderFigure(r.value, r.unit, r.note, r.line) }),
	)
}

// renderFigure draws a figure that is read from afar, above it how it went and
// below it a note.
func renderFigure(value, unit, note string, line []float64) app.UI {
	return app.Div().Class("wall-figure").Body(
		app.If(len(line) > 1, func() app.UI {
			slots := int(seriesSpan / (10 * time.Second))
			return ui.Sparkline{Points: line[max(len(line)-slots, 0):], Slots: slots, Label: "the last hour"}.Draw()
		}),
		app.P().Class("wall-value").Body(app.Text(value), app.If(unit != "", func() app.UI { return app.Small().Text(" " + unit) })),
		app.P().Class("wall-sub").Text(cmp.Or(note, " ")),
	)
}

// wallRows are the rows that fit, and which they are. They page by themselves.
func wallRows(r *reading, cells int, now time.Time) ([]wallRow, string) {
	width, height := 1920, 1080
	if !app.IsServer {
		width, height = app.Window().Size()
	}
	fit := listRows(width, height, cells)
	if len(r.rows) <= fit {
		return r.rows, ""
	}
	page := pageAt(now, (len(r.rows)+fit-1)/fit)
	from, to := page*fit, min((page+1)*fit, len(r.rows))
	return r.rows[from:to], strconv.Itoa(from+1) + "–" + strconv.Itoa(to) + " of " + ui.Count(r.total)
}

func renderWallRows(rows []wallRow) app.UI {
	if len(rows) == 0 {
		return app.P().Class("wall-none").Text("none")
	}
	return app.Ul().Class("wall-rows").Body(app.Range(rows).Slice(func(i int) app.UI {
		r := &rows[i]
		return app.Li().Body(
			ui.Glyph(r.glyph),
			app.Span().Class("wall-name").Body(
				app.Span().Text(r.name),
				app.If(r.tag != "", func() app.UI { return app.B().Class("wall-tag", r.level).Text(r.tag) })),
			app.Span().Class("wall-a").Text(r.a),
			app.Span().Class("wall-b").Text(r.b),
		)
	}))
}
