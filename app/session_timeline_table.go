package app

import (
	"slices"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// timeRow is a line of the table of a timeline.
type timeRow struct {
	at, to time.Time // to is zero for an instant
	lane   string
	what   string
	detail string
	by     string
	class  string
}

// maxTimeRows is how many lines the table has at most.
const maxTimeRows = 1000

// timeRows are the lanes of a timeline in words, newest first.
func timeRows(a *api.SessionAttributes, line ui.Timeline) []timeRow {
	inside := func(from, to time.Time) bool { return !to.Before(line.From) && !from.After(line.To) }
	var rows []timeRow
	ran := make(map[time.Time]bool)
	for _, s := range line.Statements {
		ran[s.From] = true
	}
	for _, s := range line.States {
		if inside(s.From, s.To) && (s.Kind != "running" || !ran[s.From]) { // a statement says that it ran
			rows = append(rows, timeRow{at: s.From, to: s.To, lane: lang.T("State"), what: stateWords(s.Kind), class: "own"})
		}
	}
	for i, s := range line.Statements {
		if inside(s.From, s.To) {
			rows = append(rows, statementRow(&a.Queries[len(a.Queries)-1-i], s))
		}
	}
	for _, f := range line.Flows {
		if inside(f.From, f.To) {
			rows = append(rows, timeRow{
				at: f.From, to: f.To, lane: "I/O", class: "own",
				what: lang.T("in {in}/s, out {out}/s", "in", ui.Bytes(int64(f.In)), "out", ui.Bytes(int64(f.Out))),
			})
		}
	}
	for i := range a.Events {
		e := &a.Events[i]
		if at := timeOf(e.At); inside(at, at) {
			rows = append(rows, timeRow{at: at, lane: lang.T("Event"), what: timelineWords(e.Kind), detail: e.Detail, by: e.By, class: eventClass(e)})
		}
	}
	slices.Reverse(rows) // what is of one instant, too, newest first
	slices.SortStableFunc(rows, func(a, b timeRow) int { return b.at.Compare(a.at) })
	return rows[:min(len(rows), maxTimeRows)]
}

// statementRow is the line of a statement, which took the time s.
func statementRow(q *api.SessionQuery, s ui.Span) timeRow {
	row := timeRow{at: s.From, to: s.To, lane: lang.T("Statement"), what: orDash(answered(q)), detail: q.Statement, class: "own"}
	if q.Error != "" {
		row.what, row.class = q.Error, "err"
	}
	return row
}

func renderTimeTable(rows []timeRow) app.UI {
	return app.Div().Body(
		app.Table().Class("t times").ID("timeline-rows").Body(
			app.THead().Body(app.Tr().Body(
				app.Th().Class("e-at").Text(lang.T("Time")), app.Th().Class("e-took num").Text(lang.T("Duration")), app.Th().Class("e-lane").Text(lang.T("Lane")),
				app.Th().Class("e-what").Text(lang.T("What")), app.Th().Text(lang.T("Detail")), app.Th().Class("e-by").Text(lang.T("By")),
			)),
			app.TBody().Body(app.Range(rows).Slice(func(i int) app.UI { return renderTimeRow(&rows[i]) })),
		),
		app.If(len(rows) == 0, func() app.UI { return ui.Para("empty", lang.T("Nothing is known of this time.")) }),
		app.If(len(rows) == maxTimeRows, func() app.UI {
			return ui.Para("kept dim", lang.T("These are the newest {maxTimeRows} lines of this time. Zoom in to see the others.", "maxTimeRows", lang.Count(maxTimeRows)))
		}),
	)
}

func renderTimeRow(r *timeRow) app.UI {
	lasted := "—"
	if !r.to.IsZero() {
		lasted = took(r.to.Sub(r.at).Seconds())
	}
	return app.Tr().Body(
		app.Td().Class("tnum").Title(r.at.UTC().Format(apiTime)).Text(stamp(timeText(r.at))),
		app.Td().Class("num").Text(lasted),
		app.Td().Text(r.lane),
		app.Td().Class(r.class).Title(r.what).Text(r.what),
		app.Td().Class("sql").Title(r.detail).Text(r.detail),
		app.Td().Title(r.by).Text(r.by),
	)
}
