package app

import (
	"cmp"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
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

// touched shows the way out to those who have no keyboard, and takes it.
func (p *wallPage) touched(_ app.Context, e app.Event) {
	w := console.wall
	switch do := ui.Closest(e, "data-do"); {
	case do == "leave":
		ui.Go(href("/overview"))
	case do == "stay":
		w.bar = time.Time{}
	default:
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
		return wallSays(lang.T("The server does not answer"), lang.T("This screen goes on by itself as soon as it does. It is tried again in {next}.", "next", whole(until(w.retry.next))))
	case console.gate == gateAsking:
		return wallSays(lang.T("Connecting…"), "")
	case w.wrong != "":
		return wallSays(lang.T("Board {shown} cannot be shown", "shown", w.shown), w.wrong)
	case len(w.plan.Views) == 0 && w.board.failed != "":
		return wallSays(lang.T("There is no board {shown}", "shown", w.shown), w.board.failed)
	case len(w.plan.Views) == 0:
		return wallSays(lang.T("Loading the board…"), "")
	}
	v, tiles := &w.plan.Views[w.turn.at], w.tiles[w.turn.at]
	oldest, known := time.Duration(0), false
	for i := range tiles {
		if tiles[i].aged {
			oldest, known = max(oldest, tiles[i].age), true
		}
	}
	return ui.Box("wall-frame",
		w.renderHead(v, now, oldest, known),
		app.Main().Class("wall-grid").Body(app.Range(v.Tiles).Slice(func(i int) app.UI { return renderWallTile(&v.Tiles[i], &tiles[i], now) })),
		w.renderFoot(now),
		w.renderOut(now, oldest, known),
	)
}

// wallSays is a wall that has nothing else to show.
func wallSays(title, text string) app.UI {
	return ui.Box("wall-says", app.H1().Text(title), ui.Para("", text))
}

func (w *wall) renderHead(v *api.BoardView, now time.Time, oldest time.Duration, known bool) app.UI {
	class, text, age := "wall-age", lang.T("updated {age} ago"), ui.Duration(oldest)
	switch {
	case !known:
		text = lang.T("waiting for the server")
	case oldest >= oldAfter:
		class, text, age = "wall-age old", lang.T("▲ not updated for {age}"), ui.Countdown(oldest)
	}
	return ui.Box("wall-head",
		app.H1().Text(w.plan.Title),
		ui.Words("wall-view", v.Title),
		ui.Words("sp", ""),
		ui.Box(class, ui.Fill(text, ui.Parts{"age": ui.Bold("", age)})...),
		ui.Bold("wall-clock", now.Local().Format("15:04")),
	)
}

// renderFoot says which view this is and for how long, and whose screen it is.
func (w *wall) renderFoot(now time.Time) app.UI {
	n := len(w.plan.Views)
	turns := whole(w.every())
	switch {
	case w.turn.pinned && w.turn.grave[w.turn.at]:
		turns = lang.T("stays while it is critical")
	case w.turn.pinned:
		turns = lang.T("stays for {pinnedAfter}", "pinnedAfter", whole(max(pinnedAfter-now.Sub(w.turn.held), 0)))
	}
	if turns = lang.T("view {at} of {n} · {turns}", "at", strconv.Itoa(w.turn.at+1), "n", strconv.Itoa(n), "turns", turns); n == 1 {
		turns = lang.T("one view")
	}
	who := lang.T("logged in as {user}", "user", console.who.User)
	if console.who.Role == roleDisplay {
		who = lang.T("read-only display “{name}”", "name", console.who.Name)
	}
	dots := make([]string, n)
	dots[w.turn.at] = "on"
	return ui.Box("wall-foot",
		ui.Box("wall-dots", app.Range(dots).Slice(func(i int) app.UI { return ui.Words(dots[i], "") })),
		ui.Words("wall-turns", turns),
		ui.Words("sp", ""),
		ui.Words("wall-who", who+" · "+ui.Host()),
	)
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
	return ui.Box("wall-out", ui.Box("",
		ui.Head("", ui.Glyph("long"), app.Text(lang.T("No data from {host} since {text}", "host", ui.Host(), "text", text))),
		ui.Alert("", lang.T("This screen is not current. It goes on by itself.")),
	))
}

// renderBar is the way out.
func (w *wall) renderBar(now time.Time) app.UI {
	if !now.Before(w.bar) {
		return app.Div().Hidden(true)
	}
	out := lang.T("Leave the wall")
	if console.gate != gateOpen {
		out = lang.T("Log in instead")
	}
	return ui.Box("wall-bar", ui.Words("", lang.T("This is a wall: it needs no keys.")), ui.Do("wall-btn", "leave", out, false).ID("wall-leave"), ui.Do("wall-btn", "stay", lang.T("Stay"), false))
}

// levelWords are what a wall calls the levels, beside their colours.
var levelWords = [...]string{"", lang.Mark("Attention"), lang.Mark("Critical")}

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
	state := ui.Bold("wall-word", lang.T(levelWords[tile.level]))
	if old {
		state = ui.Bold("wall-old", lang.T("STALE {age}", "age", ui.Countdown(tile.age)))
	}
	pages, body := "", app.UI(nil)
	switch {
	case tile.why != "":
		body = ui.Para("wall-note", tile.why)
	case !r.known:
		body = renderFigure("—", "", lang.T("waiting for the server"), nil)
	case kind.List:
		var rows []wallRow
		rows, pages = wallRows(r, width, height, now)
		body = renderWallRows(rows)
	default:
		body = renderFigure(r.value, r.unit, r.note, r.line)
	}
	return app.Section().Class(class).DataSet("kind", t.Kind).Body(
		ui.Head("", ui.When(tile.level > 0, ui.Glyph(wallGlyphs[tile.level])), ui.Words("wall-label", cmp.Or(t.Title, lang.T(kind.Title))), ui.Words("wall-pages", pages), state),
		body,
	)
}

// renderFigure draws a figure that is read from afar, above it how it went and
// below it a note.
func renderFigure(value, unit, note string, line []float64) app.UI {
	return ui.Box("wall-figure",
		ui.When(len(line) > 1, ui.Sparkline{Points: line, Slots: 30, Label: lang.T("the last hour")}.Draw()),
		ui.Box("wall-value", app.Text(value), ui.Words("wall-unit", unit)),
		ui.Para("wall-sub", note+" "),
	)
}

// wallRows are the rows that fit, and which they are. They page by themselves.
func wallRows(r *reading, columns, cells int, now time.Time) ([]wallRow, string) {
	width, height := 1920, 1080
	if !app.IsServer {
		width, height = app.Window().Size()
	}
	if height > width && columns > api.BoardRows { // four beside each other are two above two
		cells *= columns / api.BoardRows
	}
	fit := listRows(width, height, cells)
	if len(r.rows) <= fit {
		return r.rows, ""
	}
	page := pageAt(now, (len(r.rows)+fit-1)/fit)
	from, to := page*fit, min((page+1)*fit, len(r.rows))
	return r.rows[from:to], lang.T("{from}–{to} of {total}", "from", strconv.Itoa(from+1), "to", strconv.Itoa(to), "total", lang.Count(r.total))
}

func renderWallRows(rows []wallRow) app.UI {
	if len(rows) == 0 {
		return ui.Para("wall-none", lang.T("none"))
	}
	return app.Ul().Class("wall-rows").Body(app.Range(rows).Slice(func(i int) app.UI {
		r := &rows[i]
		return app.Li().Body(
			ui.Glyph(r.glyph),
			ui.Box("wall-name", ui.Words("", r.name), ui.When(r.tag != "", ui.Bold("wall-tag "+r.level, r.tag))),
			ui.Words("wall-a", r.a),
			ui.Words("wall-b", r.b),
		)
	}))
}
