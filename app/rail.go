package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// rail is the navigation.
type rail struct {
	app.Compo
	Path string
	Open bool // where there is no room for it beside the page
	Rev  uint64
}

var railItems = []struct{ path, label, keys, icon string }{
	{"/overview", lang.Mark("Overview"), "g o", "M2 2h5v7H2zM9 2h5v4H9zM9 8h5v6H9zM2 11h5v3H2z"},
	{"/sessions", lang.Mark("Sessions"), "g s", "M2 3h12v2H2zM2 7h12v2H2zM2 11h8v2H2z"},
	{"/queries", lang.Mark("Live queries"), "g q", "M2 3h7v2H2zM2 7h12v2H2zM2 11h5v2H2z"},
	{"/services", lang.Mark("Services"), "g v", "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z"},
	{"/servers", lang.Mark("Servers"), "g e", "M2 2h12v5H2zm2 2v1h2V4zM2 9h12v5H2zm2 2v1h2v-1z"},
	{"/monitors", lang.Mark("Monitors"), "g m", "M1 7h3l2-5 3 11 2.5-6H15v2h-2.2L9 15 6 6.5 5.3 9H1z"},
	{"/filters", lang.Mark("Filters"), "g f", "M2 2h12L9.5 8v6l-3-2V8z"},
	{"/listeners", lang.Mark("Listeners"), "g i", "M8 1l5 5H9v9H7V6H3z"},
	{"/topology", lang.Mark("Topology"), "g t", "M1 6h4v4H1zM11 1h4v4h-4zM11 11h4v4h-4zM5 7.2l6-4V5L6.5 8l4.5 3v1.8l-6-4z"},
	{"/log", lang.Mark("Log"), "g l", "M3 2h10v12H3zm2 3v1h6V5zm0 3v1h6V8zm0 3v1h4v-1z"},
	{"/audit", lang.Mark("Audit"), "g a", "M8 1l6 2v5c0 4-3 6-6 7-3-1-6-3-6-7V3zm-1 9.5L12 5.6 11 4.6 7 8.5 5.2 6.8l-1 1z"},
	{"/wall", lang.Mark("Wall"), "g w", "M1 2h14v10H1zm2 2v6h4V4zm5 0v2h5V4zm0 3v3h5V7zM5 13h6v1H5z"},
}

// Render draws the links.
func (r *rail) Render() app.UI {
	class := "rail"
	if r.Open {
		class = "rail open"
	}
	return app.Nav().Class(class).ID("rail").TabIndex(-1).Aria("label", lang.T("Pages")).Body(
		app.Range(railItems).Slice(func(i int) app.UI {
			item := railItems[i]
			current := "no"
			if r.Path == item.path || strings.HasPrefix(r.Path, item.path+"/") {
				current = "page"
			}
			n, known := console.known.count(item.path[1:])
			return app.A().Href(href(item.path)).Title(lang.T(item.label)).Aria("current", current).Body(
				ui.SVG("svg").Attr("viewBox", "0 0 16 16").Attr("aria-hidden", "true").Body(
					ui.SVG("path").Attr("d", item.icon).Attr("fill", "currentColor").Attr("fill-rule", "evenodd")),
				app.B().Text(lang.T(item.label)),
				app.If(known, func() app.UI { return app.Span().Text(lang.Count(n)) }),
			)
		}),
	)
}
