package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
)

// showJobs puts jobs into the view of all jobs, newest first.
func showJobs(t *testing.T, jobs ...api.Job) {
	t.Helper()
	f := api.Frame{Type: api.FrameSnapshot, View: jobsView}
	for _, job := range jobs {
		raw, err := json.Marshal(job)
		if err != nil {
			t.Fatal(err)
		}
		f.IDs, f.Upserts = append(f.IDs, job.ID), append(f.Upserts, raw)
	}
	console.store.Open(api.Subscribe{View: jobsView, Topic: api.TopicJobs})
	console.store.Apply(f)
}

func aJob(id, state string, counts api.JobCount) api.Job {
	return api.Job{ID: id, Type: "jobs", Attributes: api.JobAttributes{
		Action: api.JobKill, What: "kill now", State: state, Total: 412, Pace: 10, By: "ann", Counts: counts,
	}}
}

// Ensure the tray tells of jobs while they run, and has buttons for those only
// who may act.
func TestTrayShowsJobs(t *testing.T) {
	reset(t)
	showJobs(t, aJob("b", api.JobDone, api.JobCount{Done: 412}))
	if text := app.HTMLString((&tray{}).Render()); strings.Contains(text, "Killing") {
		t.Error("the tray shows a job that has ended")
	}
	showJobs(t, aJob("b", api.JobRunning, api.JobCount{Done: 1}), aJob("a", api.JobRunning, api.JobCount{Done: 118, Gone: 2}))
	text := app.HTMLString((&tray{}).Render())
	for _, want := range []string{"Killing 1 of 412 · 10 a second", "and 1 more job", "Stop"} {
		if !strings.Contains(text, want) {
			t.Errorf("the tray does not say %q", want)
		}
	}
	console.who.ReadOnly = true
	if text := app.HTMLString((&tray{}).Render()); strings.Contains(text, "<button") {
		t.Error("who may not act has a button")
	}
}

// Ensure the page says of each job how it went.
func TestPendingPage(t *testing.T) {
	reset(t)
	pend(t, "7 bob 60s")
	showJobs(t, aJob("a", api.JobFailed, api.JobCount{Done: 5, Failed: 7, Gone: 1}))
	text := app.HTMLString((&pendingPage{}).Render())
	for _, want := range []string{"7 failed, 1 already gone, 5 killed", "Failed", "No session waits for a restart.", "Kill now"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// Ensure the page of a job asks for its outcomes when there are new ones, shows
// those that are wanted, and none of another job.
func TestJobPage(t *testing.T) {
	reset(t)
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path != "/v1/jobs/a" {
			w.WriteHeader(404)
			return
		}
		job := aJob("a", api.JobDone, api.JobCount{Done: 250, Failed: 1, Gone: 2})
		job.Attributes.Finished = "2026-11-21T12:00:00.000Z"
		for i := range 250 {
			job.Attributes.Outcomes = append(job.Attributes.Outcomes, api.JobOutcome{ID: fmt.Sprint(i), User: "app", Result: api.JobDone})
		}
		job.Attributes.Outcomes = append(job.Attributes.Outcomes,
			api.JobOutcome{ID: "901", Result: api.JobGone}, api.JobOutcome{ID: "902", Result: api.JobReplaced},
			api.JobOutcome{ID: "903", Result: api.JobFailed, Detail: "<i>no answer"})
		_ = json.NewEncoder(w).Encode(map[string]any{"data": job})
	}))
	defer s.Close()
	console.client = client.New(s.URL)
	p := &jobPage{ID: "a"}
	follow := func() {
		probe(t, func(ctx app.Context) {
			console.ctx = ctx
			p.follow()
		})
	}
	rows := func() int { return strings.Count(app.HTMLString(p.Render()), "<tr data-id") }
	follow()
	if got := rows(); got != outcomeStep {
		t.Errorf("got %d rows, want %d", got, outcomeStep)
	}
	if text := app.HTMLString(p.Render()); !strings.Contains(text, "&lt;i&gt;no answer") || !strings.Contains(text, "Show 53 more of 53") {
		t.Error("the page does not say why one has failed, or that there are more")
	}
	probe(t, func(ctx app.Context) { p.more(ctx, app.Event{}) })
	if got := rows(); got != 253 {
		t.Errorf("got %d rows, want 253", got)
	}
	for result, want := range map[string]int{api.JobFailed: 1, api.JobGone: 2, api.JobRefused: 0, api.JobDone: outcomeStep, "all": outcomeStep} {
		if p.pick(result); rows() != want {
			t.Errorf("%s: got %d rows, want %d", result, rows(), want)
		}
	}
	p.list.asked = p.list.asked.Add(-time.Minute)
	if follow(); asked != 1 {
		t.Errorf("a job that has ended was asked for %d times, want once", asked)
	}
	p.ID = "zzz"
	if got := rows(); got != 0 {
		t.Errorf("%d rows are of another job", got)
	}
	follow()
	if text := app.HTMLString(p.Render()); !strings.Contains(text, "There is no such job") {
		t.Error("the page does not say that there is no such job")
	}
}
