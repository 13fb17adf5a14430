package app

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/ui"
)

// statements returns the statements to draw: those of the moment when they were
// paused, or of now.
func (p *sessionPage) statements(s *api.Session) []api.SessionQuery {
	if p.paused != nil {
		return *p.paused
	}
	return s.Attributes.Queries
}

// pause holds the list of statements, or lets it go on.
func (p *sessionPage) pause(app.Context, app.Event) {
	switch {
	case p.paused != nil:
		p.paused = nil
	case p.last != nil:
		list := slices.Clone(p.last.Attributes.Queries)
		p.paused = &list
	}
}

// renderStatements draws the statements that are kept, newest first.
func (p *sessionPage) renderStatements(s *api.Session) app.UI {
	list := p.statements(s)
	if len(list) == 0 && p.paused == nil {
		return app.Div().Class("empty").Body(app.P().Text(noStatements(s)))
	}
	label, note := "Pause", ui.Plural(len(list), "statement", "statements")+" kept, of "+ui.Count(s.Attributes.Activity.Statements)+" since connect"
	if p.paused != nil {
		label, note = "Resume", ui.Plural(len(list), "statement", "statements")+", paused · "+ui.Plural(newer(*p.paused, s.Attributes.Queries), "newer one", "newer ones")
	}
	return app.Div().Class("data").Body(
		app.Div().Class("bar").Body(
			app.Span().Class("dim tnum").Text(note),
			app.Span().Class("sp"),
			app.Button().Type("button").Class("btn").Aria("pressed", boolText(p.paused != nil)).Text(label).OnClick(p.pause),
		),
		app.Table().Class("t statements").Body(
			app.THead().Body(app.Tr().Body(
				app.Th().Class("q-at").Text("Received"), app.Th().Class("q-took num").Text("Duration"), app.Th().Class("q-rows num").Text("Rows"),
				app.Th().Class("q-server").Text("Server"), app.Th().Class("q-command").Text("Command"),
				app.Th().Text("Statement"), app.Th().Class("q-error").Text("Error"),
			)),
			app.TBody().Body(app.Range(list).Slice(func(i int) app.UI { return renderQuery(&list[i]) })),
		),
	)
}

// noStatements says why there are none.
func noStatements(s *api.Session) string {
	if s.Attributes.Activity.Statements == 0 {
		return "No statements yet."
	}
	return "Retention is off on this service (retain_last_statements=0)."
}

// newer counts the statements of now that are not among those that are held.
func newer(held, now []api.SessionQuery) int {
	if len(held) == 0 {
		return len(now)
	}
	n := 0
	for _, q := range now {
		if q.StartedAt > held[0].StartedAt {
			n++
		}
	}
	return n
}

func renderQuery(q *api.SessionQuery) app.UI {
	duration := took(q.Duration)
	if q.Completed == "" {
		duration += " …"
	}
	return app.Tr().Body(
		app.Td().Class("tnum").Text(stamp(q.StartedAt)),
		app.Td().Class("num").Text(duration),
		app.Td().Class("num").Text(ui.Count(q.Rows)),
		app.Td().Title(answered(q)).Text(orDash(answered(q))),
		app.Td().Class("mono").Title(q.Command).Text(q.Command),
		app.Td().Class("sql").Title(q.Statement).Text(q.Statement),
		app.Td().Class("err").Title(q.Error).Text(q.Error),
	)
}

// answered names the servers that have answered a statement.
func answered(q *api.SessionQuery) string {
	names := ""
	for i, r := range q.Responses {
		if i > 0 {
			names += ", "
		}
		names += r.Server
	}
	return names
}

// stamp writes an instant to the millisecond.
func stamp(t api.Time) string {
	at := timeOf(t)
	if at.IsZero() {
		return "—"
	}
	return inZone(at).Format("15:04:05.000")
}
