package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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

// showJob has the feed tell of a job that has had outcomes with these ids, and
// has the newest of them.
func showJob(t *testing.T, state string, from, n, newest int) {
	t.Helper()
	job := aJob("a", state, api.JobCount{Done: n})
	job.Attributes.Outcomes = outcomesOf(from+max(n-newest, 0), min(n, newest))
	console.store.Open(api.Subscribe{View: jobView, Topic: api.TopicJob, ID: "a"})
	raw, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	console.store.Apply(api.Frame{Type: api.FrameSnapshot, View: jobView, IDs: []string{"a"}, Upserts: []json.RawMessage{raw}})
}

func outcomesOf(from, n int) []api.JobOutcome {
	list := make([]api.JobOutcome, n)
	for i := range list {
		list[i] = api.JobOutcome{ID: fmt.Sprint(from + i), User: "app", Result: api.JobDone}
	}
	return list
}

// Ensure the page of a job takes its outcomes from the feed, asks once for those
// from before, shows those that are wanted, and none of another job.
func TestJobPage(t *testing.T) {
	reset(t)
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		job := aJob("a", api.JobRunning, api.JobCount{Done: 250, Failed: 1, Gone: 2})
		job.Attributes.Outcomes = append([]api.JobOutcome{
			{ID: "901", Result: api.JobGone},
			{ID: "902", Result: api.JobReplaced},
			{ID: "903", Result: api.JobFailed, Detail: "<i>no answer"},
		}, outcomesOf(3, 250)...)
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
	showJob(t, api.JobRunning, 0, 255, 100)
	follow()
	if got := rows(); got != outcomeStep || asked != 1 {
		t.Errorf("got %d rows and %d questions, want %d and one", got, asked, outcomeStep)
	}
	text := app.HTMLString(p.Render())
	if !strings.Contains(text, "Show 55 more of 55") {
		t.Error("the page does not say that there are more")
	}
	if at := strings.Index(text, `<tr data-id="254"`); at < 0 || at > strings.Index(text, `<tr data-id="252"`) {
		t.Error("the newest is not the first")
	}
	probe(t, func(ctx app.Context) { p.more(ctx, app.Event{}) })
	if got := rows(); got != 255 || !strings.Contains(app.HTMLString(p.Render()), "&lt;i&gt;no answer") {
		t.Errorf("got %d rows, want 255 and why one has failed", got)
	}
	for result, want := range map[string]int{api.JobFailed: 1, api.JobGone: 2, api.JobRefused: 0, api.JobDone: outcomeStep, "all": outcomeStep} {
		if p.pick(result); rows() != want {
			t.Errorf("%s: got %d rows, want %d", result, rows(), want)
		}
	}
	showJob(t, api.JobDone, 0, 300, 100)
	if follow(); asked != 1 || len(p.outcomes.list) != 300 {
		t.Errorf("after %d questions there are %d outcomes, want one and 300", asked, len(p.outcomes.list))
	}
	p.ID = "zzz"
	follow()
	if got := rows(); got != 0 {
		t.Errorf("%d rows are of another job", got)
	}
	console.store.Apply(api.Frame{Type: api.FrameSnapshot, View: jobView})
	if text := app.HTMLString(p.Render()); !strings.Contains(text, "There is no such job") {
		t.Error("the page does not say that there is no such job")
	}
}

// Ensure outcomes are put together without a gap or a double, whatever comes
// first, and are bounded.
func TestJobOutcomes(t *testing.T) {
	said := func(n, newest int) *api.JobAttributes {
		return &api.JobAttributes{Counts: api.JobCount{Done: n}, Outcomes: outcomesOf(n-newest, newest)}
	}
	for _, tt := range []struct {
		name  string
		do    func(*jobOutcomes)
		first int
		n     int
		lacks bool
	}{
		{"few", func(o *jobOutcomes) { o.take(said(3, 3)) }, 0, 3, false},
		{"grows", func(o *jobOutcomes) { o.take(said(3, 3)); o.take(said(5, 5)); o.take(said(5, 5)) }, 0, 5, false},
		{"only_newest", func(o *jobOutcomes) { o.take(said(900, 500)) }, 400, 500, true},
		{"looked_on", func(o *jobOutcomes) { o.take(said(400, 400)); o.take(said(900, 500)) }, 0, 900, false},
		{"gap", func(o *jobOutcomes) { o.take(said(10, 10)); o.take(said(900, 500)) }, 400, 500, true},
		{"before", func(o *jobOutcomes) { o.take(said(900, 500)); o.before(said(900, 900)) }, 0, 900, false},
		{"before_is_old", func(o *jobOutcomes) { o.take(said(900, 500)); o.take(said(950, 500)); o.before(said(920, 920)) }, 0, 950, false},
		{"before_is_new", func(o *jobOutcomes) { o.take(said(900, 500)); o.before(said(990, 990)); o.take(said(1000, 500)) }, 0, 1000, false},
		{"bounded", func(o *jobOutcomes) {
			o.take(said(api.JobOutcomes+10, 500))
			o.before(said(api.JobOutcomes+10, api.JobOutcomes))
			o.take(said(api.JobOutcomes+20, 500))
		}, 20, api.JobOutcomes, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var o jobOutcomes
			tt.do(&o)
			if len(o.list) != tt.n || o.lacks() != tt.lacks {
				t.Fatalf("got %d outcomes and lacking %v, want %d and %v", len(o.list), o.lacks(), tt.n, tt.lacks)
			}
			for i, got := range o.list {
				if want := fmt.Sprint(tt.first + i); got.ID != want {
					t.Fatalf("outcome %d is of %s, want %s", i, got.ID, want)
				}
			}
		})
	}
}
