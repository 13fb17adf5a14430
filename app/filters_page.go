package app

import (
	"maps"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// filtersPage shows the filters, or the one named ID.
type filtersPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64
}

var filtersTable = objectTable[api.FilterAttributes]{
	topic: api.TopicFilters, title: lang.Mark("Filters"), none: lang.Mark("There is no filter {id}."),
	empty: lang.Mark("No filters. A section with type=filter in the configuration makes one."),
	columns: []objectColumn[api.FilterAttributes]{
		{"c-name", lang.Mark("Name"), func(f *api.Filter) app.UI { return objectName("filters", f.ID) }},
		{"c-module", lang.Mark("Module"), func(f *api.Filter) app.UI { return app.Text(f.Attributes.Module) }},
		{"c-services", lang.Mark("Services"), func(f *api.Filter) app.UI { return objectLinks("services", f.Relationships.IDs("services")) }},
		{"c-sessions num", lang.Mark("Sessions"), filterSessions},
		{"c-seen num", lang.Mark("Seen"), func(f *api.Filter) app.UI { return app.Text(lang.Count(f.Attributes.Figures.Statements)) }},
		{"c-seen num", lang.Mark("Changed"), func(f *api.Filter) app.UI {
			return app.Text(lang.Count(changedOnly(f.Attributes.Figures.Changed, f.Attributes.Figures.Answered)))
		}},
		{"c-seen num", lang.Mark("Answered"), func(f *api.Filter) app.UI { return app.Text(lang.Count(f.Attributes.Figures.Answered)) }},
		{"c-spread num", "p50 / p95", func(f *api.Filter) app.UI {
			return app.Span().Title(spreadTitle()).Text(spread(f.Attributes.Figures.P50, f.Attributes.Figures.P95))
		}},
		{"c-set mono", lang.Mark("Parameters"), func(f *api.Filter) app.UI { return hinted(settingLine(set(f.Attributes.Parameters))) }},
		{"c-figures mono", lang.Mark("Figures"), func(f *api.Filter) app.UI { return hinted(settingLine(filterFigures(f))) }},
	},
	chip: filterChip, about: aboutFilter,
}

// filterCrowds is the page's view of how many sessions have each filter.
const filterCrowds = "filters-sessions"

// OnMount asks for the filters.
func (p *filtersPage) OnMount(app.Context) {
	filtersTable.open()
	console.watch(api.Subscribe{View: filterCrowds, Topic: api.TopicGroups, Group: "filter"})
}

// OnDismount gives them up.
func (p *filtersPage) OnDismount() {
	filtersTable.close()
	console.unwatch(filterCrowds)
}

// Render draws the page.
func (p *filtersPage) Render() app.UI { return filtersTable.render(p.ID) }

func filterChip(f *api.Filter) app.UI {
	return ui.Words("tag", f.Attributes.Module)
}

// filterSessions links to the sessions that have a filter in their chain, with
// their number when it is known.
func filterSessions(f *api.Filter) app.UI {
	v := console.store.View(filterCrowds)
	if !v.Ready || v.Refused != "" {
		return sessionsOf("filter", f.ID, "show")
	}
	n := 0
	for _, g := range model.Rows[api.GroupAttributes](v) {
		if len(g.Attributes.Values) == 1 && g.Attributes.Values[0] == f.ID {
			n = g.Attributes.Sessions
		}
	}
	return sessionsOf("filter", f.ID, lang.Count(n))
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
	did := &a.Figures
	boxes := []objectBox{
		{lang.T("Filter"), false, factList(
			monoFact(lang.T("Module"), a.Module),
			objectFact{lang.T("Services"), objectLinks("services", f.Relationships.IDs("services"))},
			objectFact{lang.T("Sessions"), filterSessions(f)},
			countFact(lang.T("Statements seen"), did.Statements),
			countFact(lang.T("Changed"), changedOnly(did.Changed, did.Answered)),
			countFact(lang.T("Answered itself"), did.Answered),
			objectFact{lang.T("Time p50 / p95"), app.Span().Class("tnum").Title(spreadTitle()).Text(spread(did.P50, did.P95))},
		)},
		{lang.T("Figures of its module"), false, settingList(filterFigures(f), lang.T("The filter tells none."))},
	}
	if lines, ok := filterLines(f); ok {
		boxes = append(boxes, objectBox{lang.T("Newest lines"), true, linesOf(lines)})
	}
	return append(boxes, parametersBox(a.Parameters, a.Source))
}

// linesOf draws lines of text, the newest at the bottom.
func linesOf(lines []string) app.UI {
	if len(lines) == 0 {
		return ui.Para("faint", lang.T("Nothing has been logged yet."))
	}
	return app.Div().Class("loglines mono").TabIndex(0).Role("region").Aria("label", lang.T("Newest lines")).Body(
		app.Range(lines).Slice(func(i int) app.UI { return app.Div().Text(lines[i]) }),
	)
}
