// Package ui has the small parts that pages are made of: glyphs, chips, text for
// figures, and the few things that must be done to the DOM by hand. They take
// strings and numbers and know nothing of sessions or of the network.
package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

const svgNS = "http://www.w3.org/2000/svg"

// SVG makes an element of an SVG picture. The namespace must be on each of them.
func SVG(tag string) app.HTMLElem { return app.Elem(tag).XMLNS(svgNS) }

// Glyphs are told apart by their outline, not by colour.
var glyphs = map[string]string{
	"running":    "M3 1.5 10.5 6 3 10.5z",
	"idle":       "M6 1.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6zm0 1.7a3.1 3.1 0 1 1 0 6.2 3.1 3.1 0 0 1 0-6.2z",
	"trx":        "M6 1.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6zm0 1.7v6.2a3.1 3.1 0 0 1 0-6.2z",
	"long":       "M6 .8 11.6 10.8H.4z",
	"blocked":    "M3.6.8h4.8l2.8 2.8v4.8l-2.8 2.8H3.6L.8 8.4V3.6z",
	"kill":       "M2 1h8v2L7.2 6 10 9v2H2V9l2.8-3L2 3z",
	"swap":       "M1 3.2h6V1.4L10 4 7 6.6V4.8H1zM11 7.2H5V5.4L2 8l3 2.6V8.8h6z",
	"restart":    "M6 1a5 5 0 1 0 5 5H9.3A3.3 3.3 0 1 1 6 2.7V5l3.6-2.8L6 0z",
	"ended":      "M2.4 1 6 4.6 9.6 1 11 2.4 7.4 6 11 9.6 9.6 11 6 7.4 2.4 11 1 9.6 4.6 6 1 2.4z",
	"connecting": "M1 5.2h2v1.6H1zM5 5.2h2v1.6H5zM9 5.2h2v1.6H9z",
	"primary":    "M6 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
	"replica":    "M6 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8zm0 1.6a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8z",
	"down":       "M2.4 1 6 4.6 9.6 1 11 2.4 7.4 6 11 9.6 9.6 11 6 7.4 2.4 11 1 9.6 4.6 6 1 2.4z",
	"maint":      "M6 .4 11.6 6 6 11.6.4 6zM6 2.9 2.9 6 6 9.1 9.1 6z",
	"drain":      "M1 1h10v10H1zM2.7 2.7V6h6.6V2.7z",
}

// Glyph draws the sign of a state; nothing for a name without one.
func Glyph(name string) app.UI {
	return SVG("svg").Class("g").Attr("viewBox", "0 0 12 12").Attr("aria-hidden", "true").Body(
		SVG("path").Attr("d", glyphs[name]+" ").Attr("fill", "currentColor").Attr("fill-rule", "evenodd"),
	)
}

// Chip shows a state: its sign, its words, and how loud it is: "", info, attn,
// crit, hatch or ended.
func Chip(glyph, text, level string) app.UI {
	return app.Span().Class("chip", level).Body(Glyph(glyph), app.Text(text))
}
