package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
	"github.com/signalbox/signalbox/app/lang"
)

// Span is a stretch of time on a lane.
type Span struct {
	From, To time.Time
	Kind     string // class of its looks
	Title    string
	Key      string // found as data-key, "" for none
}

// Mark is an instant on a lane.
type Mark struct {
	At    time.Time
	Kind  string // class of its looks
	Title string
	Key   string // found as data-key
}

// Flow is how much went in and out in a second, as a mean over a stretch of time.
type Flow struct {
	From, To time.Time
	In, Out  float64 // bytes a second
}

// Timeline is what happened between two instants, on four lanes. Its times are
// written in their own zone.
type Timeline struct {
	ID         string // of the picture
	From, To   time.Time
	States     []Span // in order of From; later ones are drawn over earlier ones
	Statements []Span // in order of From
	Flows      []Flow // in order; gaps between them are gaps in the picture
	Events     []Mark
	Chosen     string  // key of what is chosen, "" for nothing
	From1, To1 float64 // part of the width that is being marked; nothing when they are equal
}

// Heights of the lanes, in pixels as in session.css.
const (
	laneHeight = 30
	flowHeight = 44
	axisHeight = 22
	axisLabels = 8 // at most

	statementsTop = laneHeight
	flowsTop      = 2 * laneHeight
	eventsTop     = 2*laneHeight + flowHeight
	axisTop       = 3*laneHeight + flowHeight
)

// Draw draws the lanes with their names and times. The picture is as wide as
// its place; its letters keep their size.
func (t Timeline) Draw() app.UI {
	states, statements := t.layout(t.States), t.layout(t.Statements)
	labels := t.labels()
	height := strconv.Itoa(axisTop + axisHeight)
	in, out, most := t.flows()
	scale := "I/O"
	if most > 0 {
		scale = lang.T("to {most}/s", "most", Bytes(int64(most)))
	}
	return app.Div().Class("lanes").Body(
		app.Div().Class("names").Aria("hidden", "true ").Body(
			app.Span().Text(lang.T("State")), app.Span().Text(lang.T("Statements")),
			app.Span().Class("flow-name").Body(app.Span().Text(lang.T("I/O")), app.Small().Text(lang.T("in ↑ out ↓")), app.Small().Hidden(most == 0).Text(scale)),
			app.Span().Text(lang.T("Events")),
		),
		SVG("svg").ID(t.ID).Attr("width", "100%").Attr("height", height).Attr("role", "img").
			Attr("aria-label", lang.T("Timeline from {format} to {format2}; as a table it has the same in words", "format", t.From.Format("15:04:05"), "format2", t.To.Format("15:04:05"))).Body(
			Patterns(),
			app.Range(labels).Slice(func(i int) app.UI {
				return SVG("g").Class("axis").Body(
					SVG("line").Attr("x1", labels[i].x.percent()).Attr("x2", labels[i].x.percent()).Attr("y1", "0").Attr("y2", height),
					SVG("text").Attr("x", labels[i].x.percent()).Attr("dx", "4").Attr("y", strconv.Itoa(axisTop+15)).Text(labels[i].text),
				)
			}),
			t.renderSpans(states, 0),
			t.renderSpans(statements, statementsTop),
			SVG("line").Class("flow-zero").Attr("x1", "0").Attr("x2", "100%").Attr("y1", strconv.Itoa(flowsTop+flowHeight/2)).Attr("y2", strconv.Itoa(flowsTop+flowHeight/2)),
			SVG("svg").Attr("y", strconv.Itoa(flowsTop)).Attr("width", "100%").Attr("height", strconv.Itoa(flowHeight)).
				Attr("viewBox", "0 0 1000 "+strconv.Itoa(flowHeight)).Attr("preserveAspectRatio", "none").Body(
				SVG("path").Class("flow-in").Attr("d", in+" "), SVG("path").Class("flow-out").Attr("d", out+" "),
			),
			SVG("g").Body(app.Range(t.Events).Slice(func(i int) app.UI {
				e := t.Events[i]
				class, r := e.Kind, "5"
				if e.Key == t.Chosen {
					class, r = class+" chosen", "7"
				}
				return SVG("circle").Class("mark", class).Attr("cx", t.at(e.At).percent()).
					Attr("cy", strconv.Itoa(eventsTop+laneHeight/2)).Attr("r", r).DataSet("key", e.Key).Body(SVG("title").Text(e.Title))
			})),
			t.renderMarked(height),
		),
	)
}

// renderMarked draws the part of the width that is being marked.
func (t Timeline) renderMarked(height string) app.UI {
	from, to := min(t.From1, t.To1), max(t.From1, t.To1)
	percent := func(x float64) string { return strconv.FormatFloat(100*x, 'f', 2, 64) + "%" }
	return SVG("rect").Class("marked").Attr("x", percent(from)).Attr("width", percent(to-from)).Attr("y", "0").Attr("height", height)
}

// Patterns are what tells kinds of spans apart without colour. Pictures on the
// same page can use them.
func Patterns() app.UI {
	pattern := func(id string, lines ...string) app.UI {
		return SVG("pattern").ID(id).Attr("width", "6").Attr("height", "6").Attr("patternUnits", "userSpaceOnUse").Body(
			app.Range(lines).Slice(func(i int) app.UI { return SVG("path").Class(id).Attr("d", lines[i]) }),
		)
	}
	return SVG("defs").Body(
		pattern("span-hatch", "M-1 1L1 -1M0 6L6 0M5 7L7 5"),
		pattern("span-cross", "M-1 1L1 -1M0 6L6 0M5 7L7 5", "M-1 5L1 7M0 0L6 6M5 -1L7 1"),
	)
}

// patternOf is the pattern of a kind of span, "" for a plain one.
func patternOf(kind string) string {
	switch kind {
	case "trx", "connecting":
		return "url(#span-hatch)"
	case "failed":
		return "url(#span-cross)"
	}
	return "none"
}

// SpanSample draws a kind of span for a legend.
func SpanSample(kind string) app.UI {
	return SVG("svg").Attr("width", "16").Attr("height", "12").Attr("aria-hidden", "true ").Body(spanShape(kind, "1", "14", "1", "10", ""))
}

// spanShape draws a span: its colour, and its pattern over it.
func spanShape(kind, x, w, y, h, key string) app.UI {
	rect := func() app.HTMLElem {
		return SVG("rect").Attr("x", x).Attr("width", w).Attr("y", y).Attr("height", h)
	}
	return SVG("g").Body(
		rect().Class("span", kind).DataSet("key", key+" "),
		rect().Class("over").Attr("fill", patternOf(kind)),
	)
}

func (t Timeline) renderSpans(bars []bar, lane int) app.UI {
	const gap = 4
	y, h := strconv.Itoa(lane+gap), strconv.Itoa(laneHeight-2*gap)
	return SVG("g").Body(app.Range(bars).Slice(func(i int) app.UI {
		b := bars[i]
		class := "bar-span"
		if b.key != "" && b.key == t.Chosen {
			class = "bar-span chosen"
		}
		return SVG("g").Class(class).Body(spanShape(b.kind, b.x.percent(), b.w.percent(), y, h, b.key), SVG("title").Text(b.title))
	}))
}

// flows returns the paths of what went in, above the middle of its lane, and of
// what went out, below it, and the most of both.
func (t Timeline) flows() (in, out string, most float64) {
	var a, b strings.Builder
	for _, f := range t.Flows {
		if f.To.After(t.From) && f.From.Before(t.To) {
			most = max(most, f.In, f.Out)
		}
	}
	const middle = flowHeight / 2
	for _, f := range t.Flows {
		if most == 0 || !f.To.After(t.From) || !f.From.Before(t.To) {
			continue
		}
		x, to := strconv.Itoa(int(t.at(f.From))), strconv.Itoa(int(t.at(f.To)))
		step := func(w *strings.Builder, y float64) {
			w.WriteString("M" + x + " " + strconv.Itoa(middle) + "V" + strconv.FormatFloat(y, 'f', 1, 64) + "H" + to + "V" + strconv.Itoa(middle) + "Z")
		}
		step(&a, middle-f.In/most*(middle-2))
		step(&b, middle+f.Out/most*(middle-2))
	}
	return a.String(), b.String(), most
}

// permille is a place or a length on the axis: 1000 is all of it.
type permille int

func (p permille) percent() string {
	return strconv.FormatFloat(float64(p)/10, 'f', -1, 64) + "%"
}

// at places an instant on the axis; one outside is at the nearer end.
func (t Timeline) at(at time.Time) permille {
	whole := t.To.Sub(t.From)
	if whole <= 0 {
		return 0
	}
	x := 1000 * float64(at.Sub(t.From)) / float64(whole)
	return permille(min(max(x, 0), 1000))
}

// bar is a span with its place.
type bar struct {
	x, w        permille
	kind, title string
	key         string
	count       int // spans that it stands for
}

// minBar is the length of the shortest bar that one can see and point at.
const minBar permille = 2

// layout places spans. Those outside are left out, and short ones of a kind that
// would touch become one, which counts them unless their titles are the same:
// however many there are, the picture stays small.
func (t Timeline) layout(spans []Span) []bar {
	var bars []bar
	for _, s := range spans {
		if s.To.Before(t.From) || s.From.After(t.To) || s.To.Before(s.From) {
			continue
		}
		x := min(t.at(s.From), 1000-minBar)
		b := bar{x: x, w: max(t.at(s.To)-x, minBar), kind: s.Kind, title: s.Title, key: s.Key, count: 1}
		if n := len(bars); n > 0 {
			if last := &bars[n-1]; last.kind == b.kind && b.w == minBar && b.x < last.x+last.w && b.x >= last.x {
				last.w = max(last.w, b.x+b.w-last.x)
				last.count++
				if last.title != b.title {
					last.title = lang.T("{count} together", "count", lang.Count(last.count))
				}
				continue
			}
		}
		bars = append(bars, b)
	}
	return bars
}

// label is a time on the axis.
type label struct {
	x    permille
	text string
}

// axisSteps are the distances of labels.
var axisSteps = []time.Duration{
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour,
	2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour,
}

// labels are the round times of the axis, but those whose words would not fit.
func (t Timeline) labels() []label {
	whole := t.To.Sub(t.From)
	i := slices.IndexFunc(axisSteps, func(step time.Duration) bool {
		if step < time.Second {
			return whole/step <= axisLabels/2 // their words are longer
		}
		return whole/step <= axisLabels
	})
	if i < 0 || whole <= 0 {
		return nil
	}
	layout := "15:04:05"
	switch step := axisSteps[i]; {
	case step < time.Second:
		layout = "15:04:05.00"
	case step >= 24*time.Hour:
		layout = "2 Jan"
	case step >= time.Hour:
		layout = "2 Jan 15:04"
	case step >= time.Minute:
		layout = "15:04"
	}
	var labels []label
	for at := t.From.Truncate(axisSteps[i]); !at.After(t.To); at = at.Add(axisSteps[i]) {
		if x := t.at(at); !at.Before(t.From) && x <= 940 {
			labels = append(labels, label{x: x, text: at.Format(layout)})
		}
	}
	return labels
}
