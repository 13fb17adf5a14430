package app

import (
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// statementsTab shows the statements that are kept of a session, newest first.
type statementsTab struct {
	app.Compo
	ID  string // of the session
	Rev uint64

	last   *api.Session        // session that what follows is about, as it was last seen
	paused *[]api.SessionQuery // statements while they are held, nil while they are not
	find   string              // words that the shown ones have
}

// statements returns the statements to draw: those of the moment when they were
// paused, or of now, as far as they have the words.
func (t *statementsTab) statements() (shown []api.SessionQuery, all int) {
	list := t.last.Attributes.Queries
	if t.paused != nil {
		list = *t.paused
	}
	words := strings.Fields(strings.ToLower(t.find))
	for i := range list {
		if hasWords(queryText(&list[i]), words) {
			shown = append(shown, list[i])
		}
	}
	return shown, len(list)
}

// queryText is what a filter looks for words in.
func queryText(q *api.SessionQuery) string {
	return strings.ToLower(q.Statement + " " + q.Command + " " + answered(q) + " " + q.Error)
}

// hasWords reports whether a text in lower case has all words, and none of those
// behind an exclamation mark.
func hasWords(text string, words []string) bool {
	for _, word := range words {
		without, not := strings.CutPrefix(word, "!")
		if without != "" && strings.Contains(text, without) == not {
			return false
		}
	}
	return true
}

// pause holds the list of statements, or lets it go on.
func (t *statementsTab) pause(app.Context, app.Event) {
	switch {
	case t.paused != nil:
		t.paused = nil
	case t.last != nil:
		list := slices.Clone(t.last.Attributes.Queries)
		t.paused = &list
	}
}

// searched takes the words of the filter.
func (t *statementsTab) searched(ctx app.Context, _ app.Event) {
	t.find = ctx.JSSrc().Get("value").String()
}

// Render draws the statements. Of a session that has ended it shows the last
// that were known.
func (t *statementsTab) Render() app.UI {
	if s, ok := sessionRow(sessionView, t.ID); ok {
		if t.last == nil || t.last.ID != s.ID || t.last.Attributes.ConnectedAt != s.Attributes.ConnectedAt {
			t.paused = nil
		}
		t.last = s
	}
	if t.last == nil || t.last.ID != t.ID {
		return ui.Box("empty", ui.Para("faint", lang.T("The statements of this session are not known.")))
	}
	list, all := t.statements()
	if all == 0 && t.paused == nil {
		return ui.Box("empty", app.P().Text(noStatements(t.last)), retentionLink(t.last))
	}
	label := lang.T("Pause")
	if t.paused != nil {
		label = lang.T("Resume")
	}
	return ui.Box("data",
		ui.Box("bar",
			app.Span().Class("q short").Body(
				app.Input().ID("statements-find").Type("search").Placeholder(lang.T("Words, !without")).Aria("label", lang.T("Filter the statements")).
					MaxLength(200).AutoComplete(false).OnInput(t.searched),
			),
			ui.Words("dim tnum", t.note(len(list), all)),
			app.Span().Class("sp"),
			app.Button().Type("button").Class("btn").Aria("pressed", boolText(t.paused != nil)).Text(label).OnClick(t.pause),
		),
		app.Table().Class("t statements").Body(
			app.THead().Body(app.Tr().Body(
				app.Th().Class("q-at").Text(lang.T("Received")), app.Th().Class("q-took num").Text(lang.T("Duration")), app.Th().Class("q-rows num").Text(lang.T("Rows")),
				app.Th().Class("q-server").Text(lang.T("Server")), app.Th().Class("q-command").Text(lang.T("Command")),
				app.Th().Text(lang.T("Statement")), app.Th().Class("q-error").Text(lang.T("Error")),
			)),
			app.TBody().Body(app.Range(list).Slice(func(i int) app.UI { return renderQuery(&list[i]) })),
		),
		app.If(len(list) == 0, func() app.UI {
			return ui.Para("empty", lang.T("None of {all} has these words.", "all", lang.N(all, "{n} statement|{n} statements")))
		}),
	)
}

// note says how many statements there are, and how many have come since they
// were paused.
func (t *statementsTab) note(shown, all int) string {
	text := lang.T("{all} kept", "all", lang.N(all, "{n} statement|{n} statements"))
	if shown < all {
		text = lang.T("{n} of {all}", "n", lang.Count(shown), "all", text)
	}
	if t.paused != nil {
		return lang.T("{text}, paused · {paused}", "text", text, "paused", lang.N(newer(*t.paused, t.last.Attributes.Queries), "{n} newer one|{n} newer ones"))
	}
	return lang.T("{text}, of {statements} since connect", "text", text, "statements", lang.Count(t.last.Attributes.Activity.Statements))
}

// noStatements says why there are none.
func noStatements(s *api.Session) string {
	if s.Attributes.Activity.Statements == 0 {
		return lang.T("No statements yet.")
	}
	return lang.T("Retention is off on this service (retain_last_statements=0).")
}

// retentionLink leads to the service whose parameters say how many are kept.
func retentionLink(s *api.Session) app.UI {
	if name := service(s); name != "" && s.Attributes.Activity.Statements > 0 {
		return app.A().Href(href(objectPath("services", name))).Text(lang.T("Parameters of {name}", "name", name))
	}
	return app.Span().Hidden(true)
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
		app.Td().Class("num").Text(lang.Count(q.Rows)),
		app.Td().Title(answered(q)).Text(orDash(answered(q))),
		app.Td().Class("mono").Title(q.Command).Text(q.Command),
		app.Td().Class("sql").Title(q.Statement).Text(q.Statement),
		app.Td().Class("err").Title(q.Error).Text(q.Error),
	)
}

// answered names the servers that have answered a statement.
func answered(q *api.SessionQuery) string {
	names := make([]string, len(q.Responses))
	for i, r := range q.Responses {
		names[i] = r.Server
	}
	return strings.Join(names, ", ")
}

// stamp writes an instant to the millisecond.
func stamp(t api.Time) string {
	at := timeOf(t)
	if at.IsZero() {
		return "—"
	}
	return inZone(at).Format("15:04:05.000")
}
