package app

import (
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// pendingPage shows what waits for its moment: kills, swaps and restarts, and
// the jobs that run and have run.
type pendingPage struct {
	app.Compo
	Rev uint64
}

// jobsView is the view of all jobs, which is always open.
const jobsView = "jobs"

// maxPendingRows is how many rows of each kind are shown.
const maxPendingRows = 200

// Render draws the page.
func (p *pendingPage) Render() app.UI {
	w := whatWaits()
	jobs := model.Rows[api.JobAttributes](console.store.View(jobsView))
	return withAim(app.Div()).Class("page pending").OnClick(trayClicked).Body(
		ui.Box("with",
			app.H1().Text(lang.T("Pending")),
			app.Span().Class("sp"),
			app.If(console.mayAct() && len(w.kills) > 1, func() app.UI {
				return app.Button().ID("pending-cancel").Type("button").Class("btn").Disabled(console.stale()).
					Text(lang.T("Take kills back…")).OnClick(cancelAllKills)
			}),
		),
		p.renderKills(w.kills),
		p.renderSwaps(w.swaps),
		p.renderRestarts(w.restarts),
		p.renderJobs(jobs),
	)
}

// cancelAllKills asks whether all pending kills are to be taken back.
func cancelAllKills(ctx app.Context, _ app.Event) {
	console.askBulk(ctx, bulk{Action: api.JobCancelKill, Filter: "state:" + view.StateKill, Total: len(whatWaits().kills)})
}

// head is the head of a column: the end of its class, and its words.
type head struct{ class, label string }

// renderPendingBox draws a table of sessions, or says that there are none.
func renderPendingBox(id, title, none string, heads []head, rows int, row func(i int) app.UI) app.UI {
	shown := min(rows, maxPendingRows)
	return app.Section().ID(id).Class("box data").Aria("labelledby", id+"-title").Body(
		app.Header().Body(app.H2().ID(id+"-title").Text(title), ui.Words("faint tnum", lang.Count(rows))),
		app.If(rows == 0, func() app.UI { return ui.Para("body dim", none) }).Else(func() app.UI {
			return ui.Box("scroll", app.Table().Class("t").Body(
				app.THead().Body(app.Tr().Body(app.Range(heads).Slice(func(i int) app.UI {
					return app.Th().Scope("col").Class("p-" + heads[i].class).Text(heads[i].label)
				}))),
				app.TBody().Body(app.Range(make([]struct{}, shown)).Slice(row)),
			))
		}),
		app.If(rows > shown, func() app.UI {
			return ui.Para("body faint", lang.T("and {n} more", "n", lang.Count(rows-shown)))
		}),
	)
}

func (p *pendingPage) renderKills(kills []*api.Session) app.UI {
	heads := []head{{"id", lang.T("Session")}, {"client", lang.T("Client")}, {"at", lang.T("When")}, {"by", lang.T("By")}, {"reason", lang.T("Reason")}, {"do", ""}}
	return renderPendingBox("pending-kills", lang.T("Kills"), lang.T("No kill is pending."), heads, len(kills), func(i int) app.UI {
		s := kills[i]
		k := s.Attributes.Pending.Kill
		left := timeOf(k.At).Sub(console.now())
		count := lang.T("{left}, at {at}", "left", ui.Countdown(left), "at", clockOf(timeOf(k.At)))
		if k.When == "idle" {
			count = idleWords(k) + ui.Countdown(left)
		}
		return app.Tr().DataSet("id", s.ID).Body(
			renderSessionCell(s),
			app.Td().Class("clip").Text(s.Attributes.User+"@"+view.Client(s)),
			app.Td().Class("tnum").Text(count), app.Td().Text(k.By), app.Td().Class("clip").Title(k.Reason+" ").Text(orDash(k.Reason)),
			app.Td().Class("num").Body(renderTrayButton("cancel", s.ID, lang.T("Cancel")), app.Text(" "), renderTrayButton("now", s.ID, lang.T("Kill now"))),
		)
	})
}

func renderSessionCell(s *api.Session) app.UI {
	return app.Td().Class("mono").Body(app.A().Href(href("/sessions/" + s.ID)).Text(s.ID))
}

func (p *pendingPage) renderSwaps(swaps []*api.Session) app.UI {
	heads := []head{{"id", lang.T("Session")}, {"client", lang.T("Client")}, {"at", lang.T("Waits for")}, {"by", lang.T("Since")}, {"reason", lang.T("New order")}, {"do", ""}}
	return renderPendingBox("pending-swaps", lang.T("Swaps of filters"), lang.T("No session waits for other filters."), heads, len(swaps), func(i int) app.UI {
		s := swaps[i]
		chain := lang.T("no filters")
		if names := *s.Attributes.Pending.Filters; len(names) > 0 {
			chain = strings.Join(names, " → ")
		}
		return app.Tr().DataSet("id", s.ID).Body(
			renderSessionCell(s),
			app.Td().Class("clip").Text(s.Attributes.User+"@"+view.Client(s)),
			app.Td().Text(waitsFor(s)), app.Td().Class("tnum").Text(when(timeOf(s.Attributes.Pending.Since))),
			app.Td().Class("clip").Title(chain).Text(chain),
			app.Td().Class("num").Body(renderTrayButton("cancel-filters", s.ID, lang.T("Cancel swap"))),
		)
	})
}

func (p *pendingPage) renderRestarts(restarts []*api.Session) app.UI {
	heads := []head{{"id", lang.T("Session")}, {"client", lang.T("Client")}, {"at", lang.T("Waits for")}, {"by", lang.T("Since")}, {"do", ""}}
	return renderPendingBox("pending-restarts", lang.T("Restarts"), lang.T("No session waits for a restart."), heads, len(restarts), func(i int) app.UI {
		s := restarts[i]
		return app.Tr().DataSet("id", s.ID).Body(
			renderSessionCell(s),
			app.Td().Class("clip").Text(s.Attributes.User+"@"+view.Client(s)),
			app.Td().Text(waitsFor(s)), app.Td().Class("tnum").Text(when(timeOf(s.Attributes.Pending.Since))),
			app.Td().Class("num").Body(renderTrayButton("cancel-restart", s.ID, lang.T("Cancel restart"))),
		)
	})
}

// waitsFor says what a swap or a restart waits for.
func waitsFor(s *api.Session) string {
	a := &s.Attributes.Activity
	switch {
	case s.Attributes.Pending.Waits == "transaction" && a.TrxSinceAt != "":
		return lang.T("transaction open since {trxSinceAt}", "trxSinceAt", clockOf(timeOf(a.TrxSinceAt)))
	case s.Attributes.Pending.Waits == "transaction":
		return lang.T("open transaction")
	case s.Attributes.Pending.Waits == "statement":
		return lang.T("statement, {s}", "s", elapsed(view.InState(s, lag(s))))
	}
	return lang.T("idle")
}

// renderJobs draws all jobs, newest first.
func (p *pendingPage) renderJobs(jobs []*api.Job) app.UI {
	heads := []head{{"job", lang.T("Job")}, {"at", lang.T("Progress")}, {"counts", lang.T("Outcome")}, {"by", lang.T("By")}, {"since", lang.T("Started")}, {"do", ""}}
	return renderPendingBox("pending-jobs", lang.T("Jobs"), lang.T("No job has run in the last day."), heads, len(jobs), func(i int) app.UI {
		job := jobs[i]
		a := &job.Attributes
		return app.Tr().DataSet("id", job.ID).Body(
			app.Td().Class("clip").Body(app.A().Href(href("/pending/"+job.ID)).Text(jobTitle(a))),
			app.Td().Body(jobChip(a)), app.Td().Class("tnum clip").Text(jobCounts(a)), app.Td().Text(a.By),
			app.Td().Class("tnum").Text(when(timeOf(a.Started))),
			app.Td().Class("num").Body(app.If(a.State == api.JobRunning, func() app.UI { return renderTrayButton("stop", job.ID, lang.T("Stop")) })),
		)
	})
}

// jobWords are what a job that runs is doing.
var jobWords = map[string]string{
	api.JobKill: lang.Mark("Killing {done} of {total}"), api.JobRestart: lang.Mark("Restarting {done} of {total}"),
	api.JobCancelStatement: lang.Mark("Cancelling statements of {done} of {total}"),
	api.JobAlter:           lang.Mark("Changing {done} of {total}"), api.JobCancelKill: lang.Mark("Taking back kills of {done} of {total}"),
}

// jobTitle says what a job does: Kill in 30 s: 412 sessions.
func jobTitle(a *api.JobAttributes) string {
	return strings.TrimSuffix(ui.Sentence(a.What), ".") + ": " + lang.N(a.Total, "{n} session|{n} sessions")
}

// handled is how many sessions a job has an outcome for.
func handled(a *api.JobAttributes) int {
	return a.Counts.Done + a.Counts.Gone + a.Counts.Refused + a.Counts.Failed
}

// jobProgress says how far a job has come: Killing 120 of 412 · 10 a second.
func jobProgress(a *api.JobAttributes) string {
	text := lang.T(jobWords[a.Action], "done", lang.Count(handled(a)), "total", lang.Count(a.Total))
	if a.Pace > 0 {
		text += " · " + paceText(a.Pace)
	}
	return text
}

// paceText writes sessions a second.
func paceText(pace float64) string {
	if pace < 1 {
		return lang.T("one in {second}", "second", whole(time.Duration(float64(time.Second)/pace)))
	}
	return lang.T("{pace} a second", "pace", lang.Count(int(pace)))
}

// jobBar shows how far a job has come.
func jobBar(a *api.JobAttributes) app.UI { return progressBar(handled(a), a.Total, "part") }

// jobChip shows the state of a job.
func jobChip(a *api.JobAttributes) app.UI {
	switch a.State {
	case api.JobRunning:
		return ui.Chip("running", lang.T("{n} of {all}", "n", lang.Count(handled(a)), "all", lang.Count(a.Total)), "info")
	case api.JobFailed:
		return ui.Chip("blocked", lang.T("Failed"), "crit")
	case api.JobStopped:
		return ui.Chip("down", lang.T("Stopped"), "")
	}
	return ui.Chip("idle", lang.T("Done"), "")
}

// jobCounts says what became of the sessions.
func jobCounts(a *api.JobAttributes) string {
	var parts []string
	for _, r := range jobResults {
		if n := r.count(&a.Counts); n > 0 {
			parts = append(parts, lang.Count(n)+" "+r.word(a))
		}
	}
	if len(parts) == 0 {
		return "—"
	}
	return strings.Join(parts, ", ")
}
