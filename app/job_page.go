package app

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// jobPage shows one job: how far it has come and what became of each session.
type jobPage struct {
	app.Compo
	ID  string
	Rev uint64

	shown    string // the job that what follows is of
	outcomes jobOutcomes
	result   string // the results that are shown, "" for all
	rows     int    // outcomes that are shown
}

// jobResult is a kind of outcome. Failures come first: they want to be read.
type jobResult struct {
	id    string
	count func(*api.JobCount) int
}

var jobResults = []jobResult{
	{api.JobFailed, func(c *api.JobCount) int { return c.Failed }},
	{api.JobRefused, func(c *api.JobCount) int { return c.Refused }},
	{api.JobGone, func(c *api.JobCount) int { return c.Gone }},
	{api.JobDone, func(c *api.JobCount) int { return c.Done }},
}

// word is what the result is called in a job.
func (r jobResult) word(a *api.JobAttributes) string {
	switch r.id {
	case api.JobGone:
		return lang.T("already gone")
	case api.JobReplaced:
		return lang.T("another client by then")
	case api.JobDone:
		if a.Action == api.JobKill && !strings.HasPrefix(a.What, "kill now") {
			return lang.T("scheduled")
		}
		return lang.T(map[string]string{
			api.JobKill: lang.Mark("killed"), api.JobRestart: lang.Mark("restarted"), api.JobCancelStatement: lang.Mark("cancelled"),
			api.JobAlter: lang.Mark("changed"), api.JobCancelKill: lang.Mark("taken back"),
		}[a.Action])
	}
	return lang.T(map[string]string{api.JobFailed: lang.Mark("failed"), api.JobRefused: lang.Mark("refused")}[r.id])
}

// holds reports whether an outcome is of the kind. A session that was replaced
// is gone.
func (r jobResult) holds(o *api.JobOutcome) bool {
	return o.Result == r.id || r.id == api.JobGone && o.Result == api.JobReplaced
}

// outcomeStep is how many outcomes are shown at first, and more each time.
const outcomeStep = 200

// current returns the job as the page knows it, with whether anything is known.
func (p *jobPage) current() (*api.JobAttributes, bool) {
	job, ok := model.Row[api.JobAttributes](console.store.View(jobView), p.ID)
	if !ok {
		job, ok = model.Row[api.JobAttributes](console.store.View(jobsView), p.ID)
	}
	if !ok {
		return nil, false
	}
	return &job.Attributes, true
}

// follow watches the job of the address, and takes in what has become of it.
func (p *jobPage) follow() {
	if p.shown != p.ID {
		if p.shown != "" {
			console.unwatch(jobView)
		}
		p.shown, p.outcomes, p.result, p.rows = p.ID, jobOutcomes{}, "", outcomeStep
		console.watch(api.Subscribe{View: jobView, Topic: api.TopicJob, ID: p.ID})
	}
	if job, ok := model.Row[api.JobAttributes](console.store.View(jobView), p.ID); ok {
		p.outcomes.take(&job.Attributes)
		p.outcomes.ask(p.ID)
	}
}

// OnMount asks for the job.
func (p *jobPage) OnMount(app.Context) { p.follow() }

// OnUpdate asks for another job when the address names another one.
func (p *jobPage) OnUpdate(app.Context) { p.follow() }

// OnDismount gives the view up.
func (p *jobPage) OnDismount() { console.unwatch(jobView) }

// Render draws the page.
func (p *jobPage) Render() app.UI {
	a, known := p.current()
	if !known {
		return p.renderUnknown()
	}
	return app.Div().Class("page job").OnClick(trayClicked).Body(
		ui.Box("with wrap",
			app.H1().Text(jobTitle(a)),
			jobChip(a),
			app.Span().Class("sp"),
			app.A().Class("btn").Href(prefix()+"/v1/jobs/"+url.PathEscape(p.ID)+"?format=csv").Attr("download", "job-"+p.ID+".csv").Text(lang.T("CSV")),
			app.If(a.State == api.JobRunning, func() app.UI { return renderTrayButton("stop", p.ID, lang.T("Stop")) }),
		),
		p.renderFacts(a),
		p.renderOutcomes(a),
	)
}

func (p *jobPage) renderUnknown() app.UI {
	v := console.store.View(jobView)
	if v.Ready || v.Refused != "" {
		return ui.Box("empty", app.H1().Text(lang.T("There is no such job")),
			app.P().Text(ui.Sentence(cmp.Or(v.Refused, lang.T("jobs are forgotten a day after their end")))),
			app.A().Href(href("/pending")).Text(lang.T("Pending")))
	}
	return ui.Box("empty", ui.Para("dim", lang.T("Asking for the job…")))
}

func (p *jobPage) renderFacts(a *api.JobAttributes) app.UI {
	which := lang.T("The sessions that were listed")
	if a.Filter != "" && a.Mode == api.JobMatching {
		which = lang.T("Whatever matches {filter}", "filter", a.Filter)
	} else if a.Filter != "" {
		which = lang.T("What matched {filter}", "filter", a.Filter)
	}
	end := when(timeOf(a.Finished))
	if a.Why != "" {
		end += ", " + a.Why
	}
	pace := lang.T("all at once")
	if a.Pace > 0 {
		pace = paceText(a.Pace)
	}
	return app.Section().Class("box").Aria("label", lang.T("Job")).Body(
		ui.Box("body",
			ui.Box("job-progress",
				jobBar(a),
				ui.Words("tnum", lang.T("{n} of {all}", "n", lang.Count(handled(a)), "all", lang.Count(a.Total))),
			),
			app.Dl().Class("kv").Body(
				app.Dt().Text(lang.T("By")), app.Dd().Text(a.By),
				app.Dt().Text(lang.T("Reason")), app.Dd().Text(orDash(a.Reason)),
				app.Dt().Text(lang.T("Sessions")), app.Dd().Text(which),
				app.Dt().Text(lang.T("Pace")), app.Dd().Text(pace),
				app.Dt().Text(lang.T("Started")), app.Dd().Body(renderInstant(timeOf(a.Started))),
				app.Dt().Text(lang.T("Ended")), app.Dd().Text(end),
			),
		),
	)
}

// renderOutcomes draws what became of the sessions, with the results to choose
// from.
func (p *jobPage) renderOutcomes(a *api.JobAttributes) app.UI {
	var rows []*api.JobOutcome // newest first
	all, left := p.outcomes.list, 0
	for i := len(all) - 1; i >= 0; i-- {
		switch o := &all[i]; {
		case p.result != "" && !(jobResult{id: p.result}).holds(o):
		case len(rows) < p.rows:
			rows = append(rows, o)
		default:
			left++
		}
	}
	return app.Section().ID("outcomes").Class("box data").Aria("labelledby", "outcomes-title").Body(
		app.Header().Class("wrap").OnClick(p.filter).Body(
			app.H2().ID("outcomes-title").Text(lang.T("Outcomes")),
			p.renderFilter("all", lang.T("All {a}", "a", lang.Count(handled(a))), p.result == ""),
			app.Range(jobResults).Slice(func(i int) app.UI {
				r := jobResults[i]
				return p.renderFilter(r.id, lang.Count(r.count(&a.Counts))+" "+r.word(a), p.result == r.id)
			}),
		),
		app.If(p.outcomes.poll.failed != "", func() app.UI {
			return ui.Para("body err", lang.T("Older outcomes are not here. {failed}", "failed", p.outcomes.poll.failed))
		}),
		app.If(len(rows) == 0, func() app.UI { return ui.Para("body dim", lang.T("None.")) }).Else(func() app.UI {
			return ui.Box("scroll", app.Table().Class("t").Body(
				app.THead().Body(app.Tr().Body(
					app.Th().Scope("col").Class("p-since").Text(lang.T("Time")), app.Th().Scope("col").Class("p-id").Text(lang.T("Session")),
					app.Th().Scope("col").Class("p-client").Text(lang.T("Client")), app.Th().Scope("col").Class("p-result").Text(lang.T("Result")),
					app.Th().Scope("col").Text(lang.T("Why")),
				)),
				app.TBody().Body(app.Range(rows).Slice(func(i int) app.UI { return renderOutcome(rows[i], a) })),
			))
		}),
		app.If(left > 0, func() app.UI {
			return ui.Box("body",
				app.Button().ID("outcomes-more").Type("button").Class("btn").Text(lang.T("Show {left} more of {left2}", "left", lang.Count(min(left, outcomeStep)), "left2", lang.Count(left))).OnClick(p.more))
		}),
		app.If(handled(a) > api.JobOutcomes, func() app.UI {
			return ui.Para("body faint", lang.T("The newest {jobOutcomes} are kept.", "jobOutcomes", lang.Count(api.JobOutcomes)))
		}),
	)
}

func (p *jobPage) renderFilter(id, text string, on bool) app.UI {
	return app.Button().Type("button").Class("btn s facet").Aria("pressed", boolText(on)).DataSet("result", id).Text(text)
}

func renderOutcome(o *api.JobOutcome, a *api.JobAttributes) app.UI {
	class := "clip"
	if o.Result == api.JobFailed {
		class = "clip err"
	}
	client := orDash(o.Client)
	if o.User != "" {
		client = o.User + "@" + o.Client
	}
	return app.Tr().DataSet("id", o.ID).Body(
		app.Td().Class("tnum").Text(when(timeOf(o.At))),
		app.Td().Class("mono").Body(app.A().Href(href("/sessions/"+o.ID)).Text(o.ID)),
		app.Td().Class("clip").Text(client),
		app.Td().Class(class).Text(jobResult{id: o.Result}.word(a)),
		app.Td().Class("clip").Title(o.Detail+" ").Text(orDash(o.Detail)),
	)
}

// filter takes the results that are to be shown.
func (p *jobPage) filter(_ app.Context, e app.Event) { p.pick(ui.Closest(e, "data-result")) }

func (p *jobPage) pick(result string) {
	if result == "" {
		return
	}
	p.rows = outcomeStep
	if p.result = result; result == "all" {
		p.result = ""
	}
}

func (p *jobPage) more(app.Context, app.Event) { p.rows += outcomeStep }
