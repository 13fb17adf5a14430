package app

import (
	"context"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// tray is the line at the bottom of every page that shows what is pending, to
// everybody.
type tray struct {
	app.Compo
	Rev uint64
}

// waiting is all that is pending and all jobs that run.
type waiting struct {
	kills, swaps, restarts []*api.Session
	jobs                   []*api.Job // newest first
}

// whatWaits returns what waits now.
func whatWaits() waiting {
	var w waiting
	for _, s := range model.Rows[api.SessionAttributes](console.store.View("pending")) {
		p := &s.Attributes.Pending
		if p.Kill != nil {
			w.kills = append(w.kills, s)
		}
		if p.Filters != nil {
			w.swaps = append(w.swaps, s)
		}
		if p.Restart {
			w.restarts = append(w.restarts, s)
		}
	}
	for _, job := range model.Rows[api.JobAttributes](console.store.View(jobsView)) {
		if job.Attributes.State == api.JobRunning {
			w.jobs = append(w.jobs, job)
		}
	}
	return w
}

// Render draws the tray while something is pending or a job runs.
func (t *tray) Render() app.UI {
	w := whatWaits()
	if len(w.kills)+len(w.swaps)+len(w.restarts)+len(w.jobs) == 0 {
		return app.Div().Hidden(true)
	}
	return withAim(app.Footer()).Class("tray").Role("group").Aria("label", lang.T("Pending")).OnClick(trayClicked).Body(
		app.If(len(w.jobs) > 0, func() app.UI { return t.renderJobs(w.jobs) }),
		app.If(len(w.kills) == 1, func() app.UI { return t.renderKill(w.kills[0]) }),
		app.If(len(w.kills) > 1, func() app.UI { return t.renderKills(w.kills) }),
		app.If(len(w.swaps) > 0, func() app.UI {
			return ui.Chip("swap", lang.N(len(w.swaps), "{n} swap waits|{n} swaps wait"), "info")
		}),
		app.If(len(w.restarts) > 0, func() app.UI {
			return ui.Chip("restart", lang.N(len(w.restarts), "{n} restart waits|{n} restarts wait"), "info")
		}),
		app.Span().Class("sp"),
		app.A().Class("btn s").ID("tray-open").Href(href("/pending")).Text(lang.T("Open")),
	)
}

// first returns the kill that fires first, nil when there is none.
func first(kills []*api.Session) *api.Session {
	var next *api.Session
	for _, s := range kills {
		if next == nil || s.Attributes.Pending.Kill.At < next.Attributes.Pending.Kill.At {
			next = s
		}
	}
	return next
}

// renderKill draws the only kill that is pending.
func (t *tray) renderKill(s *api.Session) app.UI {
	k := s.Attributes.Pending.Kill
	left := timeOf(k.At).Sub(console.now())
	chip, cancel := lang.T("1 kill pending"), lang.T("Cancel")
	grace := console.mine.grace(s)
	if grace {
		chip, cancel = lang.T("Killing…"), lang.T("Undo")
	}
	why := lang.T(" · by {by}", "by", k.By)
	if k.Reason != "" {
		why += " · “" + k.Reason + "”"
	}
	count := ui.Countdown(left)
	if k.When == "idle" {
		count = idleWords(k) + count
	}
	return app.Span().Class("tray-kill").Body(
		ui.Chip("kill", chip, "hatch"),
		app.A().Class("mono").Href(href("/sessions/"+s.ID)).Text(s.ID),
		ui.Words("clip", s.Attributes.User+"@"+view.Client(s)+why),
		&countdownBar{At: string(k.At), Left: int(left / time.Second)},
		ui.Words("tnum", count),
		renderTrayButton("cancel", s.ID, cancel),
		app.If(!grace, func() app.UI { return renderTrayButton("now", s.ID, lang.T("Kill now")) }),
	)
}

// idleWords say of a kill that waits for a session to be idle what happens at
// its deadline, which follows.
func idleWords(k *api.PendingKill) string {
	if k.Otherwise == "keep" {
		return lang.T("when idle, or given up in ")
	}
	return lang.T("when idle, at the latest in ")
}

// renderKills draws several kills: how many there are, and the next.
func (t *tray) renderKills(kills []*api.Session) app.UI {
	next := first(kills)
	return app.Span().Class("tray-kill").Body(
		ui.Chip("kill", lang.N(len(kills), "{n} kill pending|{n} kills pending"), "hatch"),
		ui.Words("tnum", lang.T("next {now}", "now", ui.Countdown(timeOf(next.Attributes.Pending.Kill.At).Sub(console.now())))),
		app.A().Class("mono").Href(href("/sessions/"+next.ID)).Text(next.ID),
		app.If(console.mine.grace(next), func() app.UI { return renderTrayButton("cancel", next.ID, lang.T("Undo")) }),
	)
}

// renderJobs draws the newest of the jobs that run, and how many others there
// are.
func (t *tray) renderJobs(jobs []*api.Job) app.UI {
	job := jobs[0]
	a := &job.Attributes
	more := ""
	if len(jobs) > 1 {
		more = lang.T("and {more}", "more", lang.N(len(jobs)-1, "{n} more job|{n} more jobs"))
	}
	return app.Span().Class("tray-job").Body(
		app.A().Class("clip").Href(href("/pending/"+job.ID)).Title(lang.T("{what}, by {by}", "what", a.What, "by", a.By)).Text(jobProgress(a)),
		jobBar(a),
		renderTrayButton("stop", job.ID, lang.T("Stop")),
		app.If(more != "", func() app.UI { return ui.Words("dim", more) }),
	)
}

// renderTrayButton draws a button that does something to a session or a job,
// for those who may.
func renderTrayButton(do, id, text string) app.UI {
	if !console.mayAct() {
		return app.Span().Hidden(true)
	}
	b := app.Button().Type("button").Class("btn s").DataSet("do", do).DataSet("id", id).Disabled(console.stale())
	if console.stale() {
		b = b.Title(staleTitle())
	}
	return b.Text(text)
}

// trayClicked serves the buttons of the tray and of the pending page, which say
// what they do and to what.
func trayClicked(ctx app.Context, e app.Event) {
	if button, ok := meant(e); ok {
		actOnPending(ctx, button.id, button.do)
	}
}

// actOnPending does what a button says to the session or the job id.
func actOnPending(ctx app.Context, id, do string) {
	if !console.mayAct() || console.stale() || id == "" {
		return
	}
	switch do {
	case "cancel":
		console.cancelPending(id, "kill")
	case "cancel-filters":
		console.cancelPending(id, "filters")
	case "cancel-restart":
		console.cancelPending(id, "restart")
	case "now":
		killPending(ctx, id)
	case "stop":
		console.change(lang.T("The job was stopped. What it has done stays done."), func(c context.Context) error {
			return client.Jobs{Client: console.client}.Stop(c, id)
		})
	}
}

// countdownBar is what is left of a kill's time, out of what there was when the
// bar was first drawn.
type countdownBar struct {
	app.Compo
	At   string // deadline
	Left int    // seconds

	at   string
	full int
}

// Render draws the bar.
func (b *countdownBar) Render() app.UI {
	if b.at != b.At || b.Left > b.full {
		b.at, b.full = b.At, b.Left
	}
	return progressBar(b.full-b.Left, b.full, "done")
}

// progressBar draws a part of a whole.
func progressBar(part, whole int, class string) app.UI {
	done := 0
	if whole > 0 {
		done = 120 * min(max(part, 0), whole) / whole
	}
	return ui.SVG("svg").Class("pbar").Attr("viewBox", "0 0 120 6").Attr("preserveAspectRatio", "none").Attr("aria-hidden", "true").Body(
		ui.SVG("rect").Class("rest").Attr("width", "120").Attr("height", "6"),
		ui.SVG("rect").Class(class).Attr("width", strconv.Itoa(done)).Attr("height", "6"),
	)
}

// cancelPending takes back what waits for the session id: its kill, its filters
// or its restart.
func (l *live) cancelPending(id, what string) {
	done := map[string]string{
		"kill": lang.T("Session {id} will not be killed.", "id", id), "filters": lang.T("The filters of session {id} stay as they are.", "id", id),
		"restart": lang.T("Session {id} will not be restarted.", "id", id),
	}[what]
	l.change(done, func(ctx context.Context) error { return l.client.CancelPending(ctx, id, what) })
}

// killPending opens the dialog for the session id, set to now.
func killPending(ctx app.Context, id string) {
	if s, ok := sessionRow("pending", id); ok {
		console.askKill(ctx, s)
		console.kill.timing.when = "now"
	}
}
