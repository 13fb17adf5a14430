package ui

import (
	"slices"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Span is a stretch of time on a lane.
type Span struct {
	From, To time.Time
	Kind     string // class of its looks
	Title    string
}

// Mark is an instant on a lane.
type Mark struct {
	At    time.Time
	Kind  string // class of its looks
	Title string
}

// Timeline is what happened between two instants, on three lanes. Its times are
// written in their own zone.
type Timeline struct {
	From, To   time.Time
	States     []Span // in order of From; later ones are drawn over earlier ones
	Statements []Span // in order of From
	Events     []Mark
}

// Heights of the lanes, in pixels as in session.css.
const (
	laneHeight = 30
	axisHeight = 22
	axisLabels = 8 // at most
)

// Draw draws the lanes with their names and times. The picture is as wide as
// its place; its letters keep their size.
func (t Timeline) Draw() app.UI {
	states, statements := t.layout(t.States), t.layout(t.Statements)
	labels := t.labels()
	height := strconv.Itoa(3*laneHeight + axisHeight)
	return app.Div().Class("lanes").Body(
		app.Div().Class("names").Aria("hidden", "true ").Body(
			app.Span().Text("State"), app.Span().Text("Statements"), app.Span().Text("Events"),
		),
		SVG("svg").Attr("width", "100%").Attr("height", height).Attr("role", "img").
			Attr("aria-label", "Timeline from "+t.From.Format("15:04:05")+" to "+t.To.Format("15:04:05")+"; the table below has the same in words").Body(
			app.Range(labels).Slice(func(i int) app.UI {
				return SVG("g").Class("axis").Body(
					SVG("line").Attr("x1", labels[i].x.percent()).Attr("x2", labels[i].x.percent()).Attr("y1", "0").Attr("y2", height),
					SVG("text").Attr("x", labels[i].x.percent()).Attr("dx", "4").Attr("y", strconv.Itoa(3*laneHeight+15)).Text(labels[i].text),
				)
			}),
			renderSpans(states, 0, laneHeight-8),
			renderSpans(statements, laneHeight, laneHeight-8),
			SVG("g").Body(app.Range(t.Events).Slice(func(i int) app.UI {
				e := t.Events[i]
				return SVG("circle").Class("mark", e.Kind).Attr("cx", t.at(e.At).percent()).
					Attr("cy", strconv.Itoa(2*laneHeight+laneHeight/2)).Attr("r", "5").Body(SVG("title").Text(e.Title))
			})),
		),
	)
}

func renderSpans(bars []bar, lane, height int) app.UI {
	y := strconv.Itoa(lane + (laneHeight-height)/2)
	return SVG("g").Body(app.Range(bars).Slice(func(i int) app.UI {
		b := bars[i]
		return SVG("rect").Class("span", b.kind).Attr("x", b.x.percent()).Attr("width", b.w.percent()).
			Attr("y", y).Attr("height", strconv.Itoa(height)).Body(SVG("title").Text(b.title))
	}))
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
		b := bar{x: x, w: max(t.at(s.To)-x, minBar), kind: s.Kind, title: s.Title, count: 1}
		if n := len(bars); n > 0 {
			if last := &bars[n-1]; last.kind == b.kind && b.w == minBar && b.x < last.x+last.w && b.x >= last.x {
				last.w = max(last.w, b.x+b.w-last.x)
				last.count++
				if last.title != b.title {
					last.title = Count(last.count) + " together"
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
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour,
}

// labels are the round times of the axis, but those whose words would not fit.
func (t Timeline) labels() []label {
	whole := t.To.Sub(t.From)
	i := slices.IndexFunc(axisSteps, func(step time.Duration) bool { return whole/step <= axisLabels })
	if i < 0 || whole <= 0 {
		return nil
	}
	layout := "15:04:05"
	if axisSteps[i] >= time.Minute {
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
