package app

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// tile is a figure with its last hour.
type tile struct {
	title, note string
	path        string // where to look further
	now         func(s *api.StatsAttributes) float64
	points      func(s *api.Series) []float64
	write       func(figure float64) string
}

// tiles are the figures of the whole program.
var tiles = []tile{
	{
		lang.Mark("Sessions"), lang.Mark("now"), "/sessions",
		func(s *api.StatsAttributes) float64 { return float64(s.Sessions) },
		func(s *api.Series) []float64 { return s.Sessions },
		func(f float64) string { return lang.Count(int64(f + 0.5)) },
	}, {
		lang.Mark("Statements"), lang.Mark("a second"), "/queries",
		func(s *api.StatsAttributes) float64 { return s.Statements },
		func(s *api.Series) []float64 { return s.Statements },
		perSecond,
	}, {
		lang.Mark("Statement time"), lang.Mark("95 % are faster"), "/queries",
		func(s *api.StatsAttributes) float64 { return s.P95 },
		func(s *api.Series) []float64 { return gapsFor(s.P95) },
		latency,
	}, {
		lang.Mark("Errors"), lang.Mark("a second"), "/sessions?q=errors%3E0",
		func(s *api.StatsAttributes) float64 { return s.Errors },
		func(s *api.Series) []float64 { return s.Errors },
		perSecond,
	},
}

// seriesSpan is how far back tiles look.
const seriesSpan = time.Hour

func renderTiles() []app.UI {
	drawn := make([]app.UI, 0, len(tiles))
	for i := range tiles {
		drawn = append(drawn, renderTile(overviewStats, &tiles[i], api.StatsTotal))
	}
	return drawn
}

// renderTile draws a tile with the figures id of a view. Only those of the whole
// have a history.
func renderTile(view string, t *tile, id string) app.UI {
	v := console.store.View(view)
	s, ok := statsRow(view, id)
	var past *api.Series
	if history, known := statsRow(view, api.StatsHistory); known && id == api.StatsTotal {
		past = history.Series
	}
	why := ""
	switch {
	case v.Refused != "":
		why = v.Refused
	case ok && past == nil:
		why = lang.T("No history yet")
	case !ok && v.Ready:
		why = lang.T("The server does not tell")
	case !ok:
		why = lang.T("Loading…")
	}
	return t.render(s, past, why)
}

// render draws a tile: the figure now, how it went, and its lowest and highest
// value in letters. Without a history it says why.
func (t *tile) render(s *api.StatsAttributes, past *api.Series, why string) app.UI {
	value, class := "—", "value tnum faint"
	line, slots, step := []float64(nil), 0, 10
	if s != nil {
		value, class = t.write(t.now(s)), "value tnum"
	}
	if past != nil {
		line, step = t.points(past), max(past.Step, 1)
	}
	slots = int(seriesSpan/time.Second) / step
	if len(line) > slots {
		line = line[len(line)-slots:]
	}
	spark := ui.Sparkline{Points: line, Slots: slots}
	low, high, known := spark.Range()
	reach := why
	if known {
		reach = lang.T("lowest {low} · highest {high}", "low", t.write(low), "high", t.write(high))
	}
	spark.Label = lang.T("{title} {note} over the last hour: {value} now, {reach}", "title", lang.T(t.title), "note", lang.T(t.note), "value", value, "reach", reach)
	return app.Section().Class("tile").Body(
		app.H2().Body(app.A().Href(href(t.path)).Text(lang.T(t.title)), ui.Words("dim", " "+lang.T(t.note))),
		ui.Para(class, value),
		spark.Draw(),
		app.P().Class("axis faint tnum").Body(
			app.Span().Text(lang.T("1 h ago")), ui.Words("reach", reach), app.Span().Text(lang.T("now")),
		),
	)
}
