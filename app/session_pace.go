package app

import (
	"context"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// How often the server is asked about statements that are like one: soon when
// another one runs, and seldom for the same.
const (
	alikeSoon  = 3 * time.Second
	alikeAgain = 15 * time.Second
)

// alikeAsk is what the server says of statements that are like a session's. A nil
// one asks and knows nothing.
type alikeAsk struct {
	asked time.Time // zero for never
	about api.Time  // when the statement began that was asked about
	busy  bool
	known *api.AlikeAttributes // nil until there is an answer
}

// due reports whether it is time to ask about the statement of a session, which
// is asked about then.
func (q *alikeAsk) due(s *api.Session) bool {
	if s == nil || q.busy || console.stale() || len(s.Attributes.Queries) == 0 {
		return false
	}
	now, about := console.now(), s.Attributes.Queries[0].StartedAt
	past := now.Sub(q.asked)
	if !q.asked.IsZero() && (past < alikeSoon || past < alikeAgain && about == q.about) {
		return false
	}
	q.asked, q.about, q.busy = now, about, true
	return true
}

// ask asks about the statement of a session, if it is time to.
func (q *alikeAsk) ask(s *api.Session) {
	if q == nil || console.client == nil || !q.due(s) {
		return
	}
	id := s.ID
	console.async(func(ctx context.Context) func() {
		answer, err := console.client.Alike(ctx, id)
		return func() {
			if q.busy = false; err == nil {
				q.known = &answer
			}
		}
	})
}

// answer returns what is known, nil for nothing.
func (q *alikeAsk) answer() *api.AlikeAttributes {
	if q == nil {
		return nil
	}
	return q.known
}

// pace is how long a statement takes, beside those that are like it.
type pace struct {
	now     float64 // seconds that it has taken, so far while it runs
	running bool
	kept    bool // the service keeps statements
	known   bool // the server has said what follows
	alike   api.AlikeAttributes
}

// paceOf compares the statement of a session with those that are like it. What is
// known may be of the statement before.
func paceOf(s *api.Session, since time.Duration, known *api.AlikeAttributes) pace {
	a := &s.Attributes
	p := pace{running: a.Activity.State == "running", kept: len(a.Queries) > 0}
	switch {
	case p.running:
		p.now = view.InState(s, since).Seconds()
	case p.kept:
		p.now = a.Queries[0].Duration
	}
	if known != nil && (known.Statement == a.Activity.Statement || shape(known.Statement) == shape(a.Activity.Statement)) {
		p.known, p.alike = true, *known
	}
	return p
}

// renderPace draws how long a statement takes as a bar, with marks for the median
// and the p95 of those that are like it.
func renderPace(p pace) app.UI {
	if p.alike.Count == 0 {
		text := lang.T("No statement like it is kept to compare with.")
		switch {
		case !p.kept:
			text = lang.T("Statements are not kept (retain_last_statements=0), so there is nothing to compare with.")
		case !p.known:
			text = lang.T("Looking for statements like it…")
		}
		return ui.Para("pace-note faint", text)
	}
	whole := max(p.now, 1.5*p.alike.P95, 0.001) * 1.05
	place := func(seconds float64) string { return strconv.Itoa(int(1000 * seconds / whole)) }
	class := "done"
	if p.now > p.alike.P95 {
		class = "done over"
	}
	return ui.Box("pace",
		ui.SVG("svg").Attr("viewBox", "0 0 1000 14").Attr("preserveAspectRatio", "none").Attr("aria-hidden", "true ").Body(
			ui.SVG("rect").Class("rest").Attr("y", "3").Attr("width", "1000").Attr("height", "8"),
			ui.SVG("rect").Class(class).Attr("y", "3").Attr("width", place(p.now)).Attr("height", "8"),
			paceMark(place(p.alike.P50)), paceMark(place(p.alike.P95)),
		),
		ui.Para("pace-note dim tnum", paceWords(p)),
	)
}

func paceMark(x string) app.UI {
	return ui.SVG("line").Class("at").Attr("x1", x).Attr("x2", x).Attr("y1", "0").Attr("y2", "14").Attr("vector-effect", "non-scaling-stroke")
}

// paceWords says what the bar shows.
func paceWords(p pace) string {
	text := lang.T("Took ")
	if p.running {
		text = lang.T("Runs for ")
	}
	a := &p.alike
	text += lang.T("{now}. p95 of {count} like it: {p95}, median {p50}, longest {longest}", "now", took(p.now), "count", lang.Count(a.Count), "p95", took(a.P95), "p50", took(a.P50), "longest", took(a.Longest))
	if !a.Complete {
		text += lang.T(" — among the first {looked} statements of the service", "looked", lang.Count(a.Looked))
	}
	return text + "."
}
