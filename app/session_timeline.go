package app

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// This file reads from a session what the lanes of its timeline show.

// keptEvents is how many events of a session the server keeps.
const keptEvents = 128

// timelineSpan is the most that the lanes show unless they are told otherwise.
const timelineSpan = 10 * time.Minute

// legend are the looks of the lanes in words.
var legend = []struct{ kind, text string }{
	{"running", lang.Mark("running")},
	{"idle", lang.Mark("idle")},
	{"trx", lang.Mark("in a transaction")},
	{"connecting", lang.Mark("connecting")},
	{"unknown", lang.Mark("not known: its statements are not kept")},
	{"failed", lang.Mark("failed")},
}

func renderLegend() app.UI {
	return ui.Box("legend dim", app.Range(legend).Slice(func(i int) app.UI {
		return app.Span().Body(
			ui.SpanSample(legend[i].kind), app.Text(lang.T(legend[i].text)),
		)
	}))
}

// lifeOf is the time that a session has lived until now.
func lifeOf(a *api.SessionAttributes, now time.Time) (from, to time.Time) {
	from = timeOf(a.ConnectedAt)
	if from.IsZero() || now.Sub(from) < time.Second {
		from = now.Add(-time.Second)
	}
	return from, now
}

// lastMinutes is the end of a session's life, or all of it when it is short.
func lastMinutes(a *api.SessionAttributes, now time.Time) (from, to time.Time) {
	from, to = lifeOf(a, now)
	if early := now.Add(-timelineSpan); from.Before(early) {
		from = early
	}
	return from, to
}

// timelineOf is what happened to a session between two instants, at the instant
// now.
func timelineOf(a *api.SessionAttributes, from, to, now time.Time, ended bool) ui.Timeline {
	t := ui.Timeline{From: inZone(from), To: inZone(to)}
	t.States = append(baseSpans(a, now), runningSpans(a, now, ended)...)
	queries := queryKeys(a.Queries)
	for i := range slices.Backward(a.Queries) {
		span := querySpan(&a.Queries[i], now, ended)
		span.Key = queries[i]
		t.Statements = append(t.Statements, span)
	}
	for i, key := range eventKeys(a.Events) {
		e := &a.Events[i]
		if at := timeOf(e.At); !at.Before(from) && !at.After(to) {
			t.Events = append(t.Events, ui.Mark{At: at, Kind: eventClass(e), Title: eventTitle(e), Key: key})
		}
	}
	return t
}

// eventKeys names events in a way that stays while older ones are forgotten.
func eventKeys(events []api.SessionEvent) []string {
	return timeKeys(len(events), func(i int) string { return "e " + string(events[i].At) + " " + events[i].Kind })
}

// queryKeys names statements, which are newest first, in such a way.
func queryKeys(queries []api.SessionQuery) []string {
	n := len(queries)
	keys := timeKeys(n, func(i int) string { return "q " + string(queries[n-1-i].StartedAt) })
	slices.Reverse(keys)
	return keys
}

// timeKeys are names of things in the order of time. Those that have the same
// one are numbered.
func timeKeys(n int, name func(i int) string) []string {
	keys, times := make([]string, n), make(map[string]int)
	for i := range keys {
		key := name(i)
		times[key]++
		if n := times[key]; n > 1 {
			keys[i] = key + " " + strconv.Itoa(n)
			continue
		}
		keys[i] = key
	}
	return keys
}

// querySpan is the time of a statement. One without an end runs until now.
func querySpan(q *api.SessionQuery, now time.Time, ended bool) ui.Span {
	from := timeOf(q.StartedAt)
	s := ui.Span{From: from, To: from.Add(time.Duration(q.Duration * float64(time.Second))), Kind: "statement", Title: took(q.Duration) + ": " + ui.Clip(q.Statement, 300)}
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
		s.Kind, s.Title = "running", stateWords("running")
		spans = append(spans, s)
	}
	if n := len(a.Queries); a.Activity.State == "running" && (n == 0 || a.Queries[0].Completed != "") {
		spans = append(spans, ui.Span{From: timeOf(a.Activity.SinceAt), To: now, Kind: "running", Title: stateWords("running")})
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
			spans = append(spans, ui.Span{From: at, To: until, Kind: "unknown", Title: lang.T("not known")})
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
			return lang.T(l.text)
		}
	}
	return kind
}

// timelineKinds are the events by their kinds.
var timelineKinds = map[string]string{
	"connect":             lang.Mark("Client connected"),
	"auth":                lang.Mark("Logged in"),
	"database":            lang.Mark("Schema changed"),
	"backend_open":        lang.Mark("Server connection opened"),
	"backend_close":       lang.Mark("Server connection closed"),
	"trx_begin":           lang.Mark("Transaction began"),
	"trx_end":             lang.Mark("Transaction ended"),
	"filters_requested":   lang.Mark("New filter chain asked for"),
	"filters":             lang.Mark("Filter chain swapped"),
	"restart_requested":   lang.Mark("Restart asked for"),
	"restart":             lang.Mark("Restarted"),
	"restart_failed":      lang.Mark("Restart failed"),
	"filters_cancelled":   lang.Mark("New filter chain taken back"),
	"restart_cancelled":   lang.Mark("Restart taken back"),
	"log_level":           lang.Mark("Log level changed"),
	"statement_cancelled": lang.Mark("Statement cancelled"),
	"kill_scheduled":      lang.Mark("Kill scheduled"),
	"kill_cancelled":      lang.Mark("Kill cancelled"),
	"kill":                lang.Mark("Killed"),
	"error":               lang.Mark("Error"),
	"closed":              lang.Mark("Session ended"),
}

// timelineWords says what an event is.
func timelineWords(kind string) string {
	if text, ok := timelineKinds[kind]; ok {
		return lang.T(text)
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
		text += lang.T(" (by {by})", "by", e.By)
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
