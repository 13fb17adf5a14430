package ui

import (
	"math"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Sparkline is how a figure went, as a small line. Its words stand beside it in
// letters, so that nobody has to read the line.
type Sparkline struct {
	Points []float64 // oldest first; NaN where nothing is known
	Slots  int       // points that the whole width stands for; where fewer are known, the left end is a gap
	Label  string    // what the line shows, for those who do not see it
}

// Size of a sparkline in units of its view box, which is stretched to its place.
const (
	sparkHeight = 100
	sparkTop    = 6 // above the highest point
)

// Range returns the lowest and the highest known point; ok is false when none is
// known.
func (s Sparkline) Range() (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, p := range s.Points {
		if !math.IsNaN(p) {
			low, high = min(low, p), max(high, p)
		}
	}
	return low, high, high >= low
}

// Draw draws the line over a dashed one where nothing is known.
func (s Sparkline) Draw() app.UI {
	line, area, gaps := s.layout()
	picture := SVG("svg").Class("spark").Attr("viewBox", "0 0 "+strconv.Itoa(s.slots())+" "+strconv.Itoa(sparkHeight)).
		Attr("preserveAspectRatio", "none").Attr("role", "img").Attr("aria-label", s.Label+" ")
	return picture.Body(
		SVG("path").Class("area").Attr("d", area+" "),
		SVG("path").Class("gap").Attr("d", gaps+" "),
		SVG("path").Class("line").Attr("d", line+" "),
	)
}

func (s Sparkline) slots() int { return max(s.Slots, len(s.Points), 1) }

// layout returns the path of the line, of the area below it, and of the gaps at
// the bottom. The height is that of the highest point; the bottom is 0.
func (s Sparkline) layout() (line, area, gaps string) {
	var l, a, g strings.Builder
	_, high, _ := s.Range()
	y := func(p float64) string {
		if high <= 0 {
			return strconv.Itoa(sparkHeight)
		}
		return strconv.FormatFloat(sparkHeight-max(p, 0)/high*(sparkHeight-sparkTop), 'f', 1, 64)
	}
	first := s.slots() - len(s.Points)
	gap := 0 // where the present gap began
	for i := 0; i <= len(s.Points); {
		if i < len(s.Points) && math.IsNaN(s.Points[i]) {
			i++
			continue
		}
		if end := first + i; end > gap {
			g.WriteString("M" + point(gap, sparkHeight) + "H" + strconv.Itoa(end))
		}
		if i == len(s.Points) {
			break
		}
		from := first + i
		l.WriteString("M" + strconv.Itoa(from) + " " + y(s.Points[i]))
		a.WriteString("M" + point(from, sparkHeight) + "V" + y(s.Points[i]))
		for ; i < len(s.Points) && !math.IsNaN(s.Points[i]); i++ {
			// Each point is a step as long as its slot: a single one can be seen.
			step := "V" + y(s.Points[i]) + "H" + strconv.Itoa(first+i+1)
			l.WriteString(step)
			a.WriteString(step)
		}
		gap = first + i
		a.WriteString("V" + strconv.Itoa(sparkHeight) + "Z")
	}
	return l.String(), a.String(), g.String()
}
