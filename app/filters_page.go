package app

import (
	"maps"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
)

// filtersPage shows the filters, or the one named ID.
type filtersPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64
}

var filtersTable = objectTable[api.FilterAttributes]{
	topic: api.TopicFilters, title: "Filters", one: "filter",
	empty: "No filters. A section with type=filter in the configuration makes one.",
	columns: []objectColumn[api.FilterAttributes]{
		{"c-name", "Name", func(f *api.Filter) app.UI { return objectName("filters", f.ID) }},
		{"c-module", "Module", func(f *api.Filter) app.UI { return app.Text(f.Attributes.Module) }},
		{"c-services", "Services", func(f *api.Filter) app.UI { return objectLinks("services", f.Relationships.IDs("services")) }},
		{"c-set mono", "Parameters", func(f *api.Filter) app.UI { return hinted(settingLine(set(f.Attributes.Parameters))) }},
		{"c-figures mono", "Figures", func(f *api.Filter) app.UI { return hinted(settingLine(filterFigures(f))) }},
	},
	chip: filterChip, about: aboutFilter,
}

// OnMount asks for the filters.
func (p *filtersPage) OnMount(app.Context) { filtersTable.open() }

// OnDismount gives them up.
func (p *filtersPage) OnDismount() { filtersTable.close() }

// Render draws the page.
func (p *filtersPage) Render() app.UI { return filtersTable.render(p.ID) }

func filterChip(f *api.Filter) app.UI {
	return app.Span().Class("tag").Text(f.Attributes.Module)
}

// filterFigures is what the module of a filter says of itself, but for its
// lines.
func filterFigures(f *api.Filter) []setting {
	figures := maps.Clone(f.Attributes.FilterDiagnostics)
	delete(figures, "log")
	return settingsOf(figures)
}

// filterLines are the newest lines that a filter has logged, oldest first; ok is
// false for a filter that logs none.
func filterLines(f *api.Filter) (lines []string, ok bool) {
	list, ok := f.Attributes.FilterDiagnostics["log"].([]any)
	for _, line := range list {
		lines = append(lines, strings.TrimRight(plain(line), "\n"))
	}
	return lines, ok
}

func aboutFilter(f *api.Filter) []objectBox {
	a := &f.Attributes
	boxes := []objectBox{
		{"Filter", false, factList(
			monoFact("Module", a.Module),
			objectFact{"Services", objectLinks("services", f.Relationships.IDs("services"))},
		)},
		{"Figures", false, settingList(filterFigures(f), "The filter tells none.")},
	}
	if lines, ok := filterLines(f); ok {
		boxes = append(boxes, objectBox{"Newest lines", true, linesOf(lines)})
	}
	return append(boxes, parametersBox(a.Parameters, a.Source))
}

// linesOf draws lines of text, the newest at the bottom.
func linesOf(lines []string) app.UI {
	if len(lines) == 0 {
		return app.P().Class("faint").Text("Nothing has been logged yet.")
	}
	return app.Div().Class("loglines mono").TabIndex(0).Role("region").Aria("label", "Newest lines").Body(
		app.Range(lines).Slice(func(i int) app.UI { return app.Div().Text(lines[i]) }),
	)
}
