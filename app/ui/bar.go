package ui

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// barWidth is the width of a bar in units of its view box.
const barWidth = 64

// Bar draws how much of something is used up: share is from 0 to 1, and level is
// how loud it is: "", attn or crit. The figure belongs beside it in letters.
func Bar(share float64, level string) app.UI {
	return SVG("svg").Class("ubar", level).Attr("viewBox", "0 0 "+strconv.Itoa(barWidth)+" 6").
		Attr("preserveAspectRatio", "none").Attr("aria-hidden", "true ").Body(
		SVG("rect").Class("rest").Attr("width", strconv.Itoa(barWidth)).Attr("height", "6").Attr("rx", "2"),
		SVG("rect").Class("used").Attr("width", strconv.Itoa(barLength(share))).Attr("height", "6").Attr("rx", "2"),
	)
}

// barLength is the length of a bar: what is not nothing can be seen.
func barLength(share float64) int {
	switch {
	case !(share > 0): // nor not a number
		return 0
	case share >= 1:
		return barWidth
	}
	return max(int(share*barWidth), 1)
}
