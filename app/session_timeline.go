package app

import (
	"slices"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/ui"
)

// keptEvents is how many events of a session the server keeps.
const keptEvents = 128

// timelineSpan is the most that the lanes show.
const timelineSpan = 10 * time.Minute

// renderTimeline draws what has happened to a session until now: as a picture of
// the last minutes, and in words.
func renderTimeline(s *api.Session, now time.Time, ended bool) app.UI {
	a := &s.Attributes
	events := slices.Clone(a.Events)
	slices.Reverse(events)
	return app.Div().Class("data").Body(
		timelineOf(a, now, ended).Draw(),
		renderLegend(),
		app.P().Class("kept dim").Text(keptText(len(events))),
		app.Table().Class("t events").Body(
			app.THead().Body(app.Tr().Body(
				app.Th().Class("e-at").Text("Time"), app.Th().Class("e-what").Text("Event"), app.Th().Text("Detail"), app.Th().Class("e-by").Text("By"),
			)),
			app.TBody().Body(app.Range(events).Slice(func(i int) app.UI {
				e := &events[i]
				return app.Tr().Body(
					app.Td().Class("tnum").Title(string(e.At)).Text(stamp(e.At)),
					app.Td().Class(eventClass(e)).Text(timelineWords(e.Kind)),
					app.Td().Title(e.Detail).Text(e.Detail),
					app.Td().Title(e.By).Text(e.By),
				)
			})),
		),
	)
}

// legend are the looks of the lanes in words.
var legend = []struct{ kind, text string }{
	{"running", "running"},
	{"idle", "idle"},
	{"trx", "in a transaction"},
	{"connecting", "connecting"},
	{"unknown", "not known: its statements are not kept"},
	{"failed", "failed"},
}

func renderLegend() app.UI {
	return app.Div().Class("legend dim").Body(app.Range(legend).Slice(func(i int) app.UI {
		return app.Span().Body(
			ui.SVG("svg").Attr("width", "14").Attr("height", "12").Attr("aria-hidden", "true").Body(
				ui.SVG("rect").Class("span", legend[i].kind).Attr("x", "1").Attr("y", "1").Attr("width", "12").Attr("height", "10")),
			app.Text(legend[i].text),
		)
	}))
}

func keptText(n int) string {
	text := ui.Plural(n, "event", "events") + ". The newest " + ui.Count(keptEvents) + " of a session are kept"
	if n >= keptEvents {
		return text + "; older ones are gone."
	}
	return text + "."
}

// timelineOf is the last minutes of a session, or its life when that is shorter.
func timelineOf(a *api.SessionAttributes, now time.Time, ended bool) ui.Timeline {
	from := now.Add(-timelineSpan)
	if at := timeOf(a.ConnectedAt); at.After(from) {
		from = at
	}
	if now.Sub(from) < time.Second {
		from = now.Add(-time.Second)
	}
	t := ui.Timeline{From: inZone(from), To: inZone(now)}
	t.States = append(baseSpans(a, now), runningSpans(a, now, ended)...)
	for _, q := range slices.Backward(a.Queries) {
		t.Statements = append(t.Statements, querySpan(&q, now, ended))
	}
	for i := range a.Events {
		e := &a.Events[i]
		if at := timeOf(e.At); !at.Before(from) && !at.After(now) {
			t.Events = append(t.Events, ui.Mark{At: at, Kind: eventClass(e), Title: eventTitle(e)})
		}
	}
	return t
}

// querySpan is the time of a statement. One without an end runs until now.
func querySpan(q *api.SessionQuery, now time.Time, ended bool) ui.Span {
	from := timeOf(q.StartedAt)
	s := ui.Span{From: from, To: from.Add(time.Duration(q.Duration * float64(time.Second))), Kind: "statement", Title: took(q.Duration) + ": " + q.Statement}
	if q.Completed == "" && !ended {
		s.To = now
	}
	if q.Error != "" {
		s.Kind, s.Title = "failed", s.Title+" — "+q.Error
	}
	return s
}

// runningSpans are the times when a statement ran, as far as they are known:
// from the statements that are kept, and the one that runs.
func runningSpans(a *api.SessionAttributes, now time.Time, ended bool) []ui.Span {
	var spans []ui.Span
	for _, q := range slices.Backward(a.Queries) {
		s := querySpan(&q, now, ended)
		s.Kind, s.Title = "running", "running"
		spans = append(spans, s)
	}
	if n := len(a.Queries); a.Activity.State == "running" && (n == 0 || a.Queries[0].Completed != "") {
		spans = append(spans, ui.Span{From: timeOf(a.Activity.SinceAt), To: now, Kind: "running", Title: "running"})
	}
	return spans
}

// baseSpans are the times between statements: connecting, idle, in a
// transaction, or not known where statements are not kept any more. They cover
// all of the session's life, oldest first.
func baseSpans(a *api.SessionAttributes, now time.Time) []ui.Span {
	known := knownFrom(a)
	at, doing := timeOf(a.ConnectedAt), "connecting"
	if len(a.Events) == 0 || a.Events[0].Kind != "connect" {
		doing = "idle"
	}
	for i := range a.Events { // of a transaction that began before the first event
		if kind := a.Events[i].Kind; kind == "trx_begin" || kind == "trx_end" {
			if kind == "trx_end" && doing == "idle" {
				doing = "trx"
			}
			break
		}
	}
	var spans []ui.Span
	add := func(to time.Time, kind string) {
		if kind == "idle" && at.Before(known) {
			until := to
			if known.Before(to) {
				until = known
			}
			spans = append(spans, ui.Span{From: at, To: until, Kind: "unknown", Title: "not known"})
			at = until
		}
		if at.Before(to) {
			spans = append(spans, ui.Span{From: at, To: to, Kind: kind, Title: stateWords(kind)})
		}
		at = to
	}
	for i := range a.Events {
		next := doing
		switch a.Events[i].Kind {
		case "auth":
			if doing == "connecting" {
				next = "idle"
			}
		case "trx_begin":
			next = "trx"
		case "trx_end":
			next = "idle"
		}
		if next != doing {
			add(timeOf(a.Events[i].At), doing)
			doing = next
		}
	}
	add(now, doing)
	return spans
}

// knownFrom is the instant from which every statement of the session is known:
// all of its life when all are kept, or else from the oldest that is.
func knownFrom(a *api.SessionAttributes) time.Time {
	switch n := len(a.Queries); {
	case uint64(n) >= a.Activity.Statements:
		return time.Time{}
	case n == 0:
		return timeOf(a.Activity.SinceAt)
	default:
		return timeOf(a.Queries[n-1].StartedAt)
	}
}

func stateWords(kind string) string {
	for _, l := range legend {
		if l.kind == kind {
			return l.text
		}
	}
	return kind
}

// timelineKinds are the events by their kinds.
var timelineKinds = map[string]string{
	"connect":             "Client connected",
	"auth":                "Logged in",
	"database":            "Schema changed",
	"backend_open":        "Server connection opened",
	"backend_close":       "Server connection closed",
	"trx_begin":           "Transaction began",
	"trx_end":             "Transaction ended",
	"filters_requested":   "New filter chain asked for",
	"filters":             "Filter chain swapped",
	"restart_requested":   "Restart asked for",
	"restart":             "Restarted",
	"restart_failed":      "Restart failed",
	"log_level":           "Log level changed",
	"statement_cancelled": "Statement cancelled",
	"kill_scheduled":      "Kill scheduled",
	"kill_cancelled":      "Kill cancelled",
	"kill":                "Killed",
	"error":               "Error",
	"closed":              "Session ended",
}

// timelineWords says what an event is.
func timelineWords(kind string) string {
	if text, ok := timelineKinds[kind]; ok {
		return text
	}
	return strings.ReplaceAll(kind, "_", " ")
}

// eventTitle is an event in one line.
func eventTitle(e *api.SessionEvent) string {
	text := stamp(e.At) + " " + timelineWords(e.Kind)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.By != "" {
		text += " (by " + e.By + ")"
	}
	return text
}

// eventClass tells events apart: bad ones, those that somebody asked for, and
// the session's own.
func eventClass(e *api.SessionEvent) string {
	switch {
	case e.Kind == "error" || e.Kind == "restart_failed" || e.Kind == "kill":
		return "err"
	case e.By != "":
		return "asked"
	}
	return "own"
}
