package ui

import (
	"math"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// rgb is a colour with parts from 0 to 1.
type rgb [3]float64

// parseColour reads "1f5fbf".
func parseColour(hex string) (rgb, bool) {
	n, err := strconv.ParseUint(hex, 16, 24)
	if err != nil || len(hex) != 6 {
		return rgb{}, false
	}
	return rgb{float64(n>>16) / 255, float64(n>>8&255) / 255, float64(n&255) / 255}, true
}

func (c rgb) String() string {
	n := 1 << 24
	for i, part := range c {
		n |= int(math.Round(part*255)) << (16 - 8*i)
	}
	return "#" + strconv.FormatInt(int64(n), 16)[1:]
}

// luminance is the relative luminance of WCAG 2.
func (c rgb) luminance() float64 {
	sum := 0.0
	for i, weight := range [3]float64{0.2126, 0.7152, 0.0722} {
		part := c[i] / 12.92
		if c[i] > 0.04045 {
			part = math.Pow((c[i]+0.055)/1.055, 2.4)
		}
		sum += weight * part
	}
	return sum
}

// contrast is the contrast of two colours, from 1 to 21.
func contrast(a, b rgb) float64 {
	light, dark := a.luminance(), b.luminance()
	if light < dark {
		light, dark = dark, light
	}
	return (light + 0.05) / (dark + 0.05)
}

// The grounds that links stand on, the one that is hardest to read on, and what
// is written on buttons: bg-2 and on-accent of app.css.
var (
	lightGround, darkGround = rgb{0xED / 255.0, 0xF0 / 255.0, 0xF4 / 255.0}, rgb{0x1C / 255.0, 0x22 / 255.0, 0x2B / 255.0}
	white, nearBlack        = rgb{1, 1, 1}, rgb{0x0B / 255.0, 0x12 / 255.0, 0x20 / 255.0}
)

// readable returns the colour nearest to c in which text can be read, and the
// colour of text on it.
func readable(c rgb, dark bool) (accent, on rgb) {
	const enough = 4.5
	ground, towards := lightGround, rgb{}
	if dark {
		ground, towards = darkGround, white
	}
	for step := 0; contrast(c, ground) < enough && step < 40; step++ {
		for i := range c {
			c[i] += (towards[i] - c[i]) * 0.05
		}
	}
	if contrast(c, white) >= contrast(c, nearBlack) {
		return c, white
	}
	return c, nearBlack
}

// SetAccent puts the colour of links and buttons into effect, or another like it
// that can be read in the theme that is in effect. "" is the console's own.
func SetAccent(hex string) {
	c, ok := parseColour(hex)
	if app.IsServer {
		return
	}
	style := app.Window().Get("document").Get("documentElement").Get("style")
	if !ok {
		for _, name := range []string{"--accent", "--focus", "--on-accent"} {
			style.Call("removeProperty", name)
		}
		return
	}
	accent, on := readable(c, Theme() == "dark")
	style.Call("setProperty", "--accent", accent.String())
	style.Call("setProperty", "--focus", accent.String())
	style.Call("setProperty", "--on-accent", on.String())
}
