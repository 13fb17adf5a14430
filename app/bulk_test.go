package app

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
)

// previewed is the dialog for b after the server has told how many match.
func previewed(b bulk, total int) *bulkState {
	a := api.JobAttributes{Total: total}
	if len(b.IDs) == 0 {
		a.Seen = map[string]api.Time{}
		for i := range total {
			a.Seen[fmt.Sprint(i+1)] = "2026-11-21T12:00:00.000Z"
		}
	}
	return &bulkState{
		bulk: b, open: true, preview: &a, mode: api.JobList, pace: "10", timing: killTiming{when: "30s"},
		change: bulkChange{what: "levels", levels: map[string]bool{"log_info": true}, logFor: "15m"},
	}
}

// Ensure the request means exactly what the dialog says.
func TestBulkRequest(t *testing.T) {
	seen := map[string]api.Time{"9": "2026-11-21T12:00:00.000Z", "10": "2026-11-21T12:00:01.000Z"}
	no := false
	all := map[string]api.Time{"1": "2026-11-21T12:00:00.000Z", "2": "2026-11-21T12:00:00.000Z"}
	for _, tt := range []struct {
		name  string
		b     bulk
		total int
		do    func(*bulkState)
		want  api.JobRequest
	}{
		{
			"selected",
			bulk{Action: api.JobKill, IDs: []string{"9", "10"}, Seen: seen},
			2, nil,
			api.JobRequest{Action: api.JobKill, IDs: []string{"9", "10"}, Seen: seen, Mode: api.JobList, TTL: "30s", Pace: 10},
		},
		{
			"exact_list",
			bulk{Action: api.JobKill, Filter: "app"},
			2, func(m *bulkState) { m.timing.when, m.pace, m.reason = "now", "0", " storm " },
			api.JobRequest{Action: api.JobKill, IDs: []string{"1", "2"}, Seen: all, Mode: api.JobList, Reason: "storm"},
		},
		{
			"matching",
			bulk{Action: api.JobKill, Filter: "app"},
			2, func(m *bulkState) { m.mode, m.timing.when, m.quiet, m.most = api.JobMatching, "idle", true, "7" },
			api.JobRequest{Action: api.JobKill, Filter: "app", Mode: api.JobMatching, TTL: "300s", When: "idle", Tell: &no, Pace: 10, Max: 7},
		},
		{
			"idle_or_not_at_all",
			bulk{Action: api.JobKill, IDs: []string{"9"}, Seen: seen},
			1, func(m *bulkState) { m.timing.when = "idle"; m.timing.choose("keep"); m.timing.choose("15m") },
			api.JobRequest{Action: api.JobKill, IDs: []string{"9"}, Seen: seen, Mode: api.JobList, TTL: "900s", When: "idle", Otherwise: "keep", Pace: 10},
		},
		{
			"keep_is_of_idle_only",
			bulk{Action: api.JobKill, IDs: []string{"9"}, Seen: seen},
			1, func(m *bulkState) { m.timing.choose("keep"); m.timing.when = "5m" },
			api.JobRequest{Action: api.JobKill, IDs: []string{"9"}, Seen: seen, Mode: api.JobList, TTL: "300s", Pace: 10},
		},
		{
			"restart",
			bulk{Action: api.JobRestart, Filter: "app"},
			2, func(m *bulkState) { m.errors, m.pace = "20", "1" },
			api.JobRequest{Action: api.JobRestart, IDs: []string{"1", "2"}, Seen: all, Mode: api.JobList, Pace: 1, MaxErrors: 20},
		},
		{
			"levels",
			bulk{Action: api.JobAlter, IDs: []string{"9"}},
			1, func(m *bulkState) { m.change.set("log_debug", "on"); m.change.set("log_info", "off") },
			api.JobRequest{Action: api.JobAlter, IDs: []string{"9"}, Mode: api.JobList, Parameters: map[string]bool{"log_debug": true, "log_info": false}, LogFor: "15m", Pace: 10},
		},
		{
			"levels_off",
			bulk{Action: api.JobAlter, IDs: []string{"9"}},
			1, func(m *bulkState) { m.change.set("log_info", "off") },
			api.JobRequest{Action: api.JobAlter, IDs: []string{"9"}, Mode: api.JobList, Parameters: map[string]bool{"log_info": false}, Pace: 10},
		},
		{"filters", bulk{Action: api.JobAlter, IDs: []string{"9"}}, 1, func(m *bulkState) {
			m.change.what = "filters"
			for _, name := range []string{"A", "B", "C"} {
				m.change.edit(name, -1, "")
			}
			m.change.edit("", 2, "up")
			m.change.edit("", 0, "drop")
		}, api.JobRequest{Action: api.JobAlter, IDs: []string{"9"}, Mode: api.JobList, Filters: &[]string{"C", "B"}, Pace: 10}},
		{
			"no_filters",
			bulk{Action: api.JobAlter, IDs: []string{"9"}},
			1, func(m *bulkState) { m.change.what = "filters" },
			api.JobRequest{Action: api.JobAlter, IDs: []string{"9"}, Mode: api.JobList, Filters: &[]string{}, Pace: 10},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := previewed(tt.b, tt.total)
			if tt.do != nil {
				tt.do(m)
			}
			got, err := m.request(time.Now())
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v: %s", err, diff)
			}
		})
	}
}

// Ensure nothing is asked for when something that was typed makes no sense.
func TestBulkRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*bulkState){
		"most":   func(m *bulkState) { m.most = "0" },
		"errors": func(m *bulkState) { m.errors = "101" },
		"words":  func(m *bulkState) { m.most = "all" },
		"custom": func(m *bulkState) { m.timing = killTiming{when: "custom", custom: "soon"} },
		"levels": func(m *bulkState) { m.Action, m.change.levels = api.JobAlter, nil },
	} {
		m := previewed(bulk{Action: api.JobKill, Filter: "app"}, 3)
		spoil(m)
		if r, err := m.request(time.Now()); err == nil {
			t.Errorf("%s: got %+v, want an error", name, r)
		}
	}
}

// Ensure the count is typed for many sessions and for privileged users, and is
// the right one.
func TestBulkCount(t *testing.T) {
	many := previewed(bulk{Action: api.JobKill, Filter: "app"}, api.ConfirmAbove+1)
	for typed, want := range map[string]bool{"": false, "50": false, "51": true, " 51 ": true, "510": false, "kill": false} {
		if many.count = typed; many.counted() != want {
			t.Errorf("%q: got %v, want %v", typed, !want, want)
		}
	}
	if r, err := many.request(time.Now()); err != nil || r.Count != 51 {
		t.Errorf("got %d, %v, want 51", r.Count, err)
	}
	back := previewed(bulk{Action: api.JobCancelKill, Filter: "app"}, api.ConfirmAbove+1)
	if r, err := back.request(time.Now()); err != nil || r.Count != 51 || !back.counted() {
		t.Errorf("got %d, %v: to take kills back needs no typing, but the server wants the number", r.Count, err)
	}
	few := previewed(bulk{Action: api.JobKill, Filter: "app"}, api.ConfirmAbove)
	if !few.counted() {
		t.Error("50 sessions need a count")
	}
	few.preview.Groups = []api.JobGroup{{User: "app"}, {User: "Replication"}}
	if few.counted() {
		t.Error("replication needs no count")
	}
	few.Action = api.JobRestart
	if !few.counted() {
		t.Error("a restart of a privileged user needs a count")
	}
}

// jobServer answers as the server of jobs does, and keeps what it was asked.
func jobServer(t *testing.T, status int) *[]api.JobRequest {
	t.Helper()
	var asked []api.JobRequest
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var j api.JobRequest
		text, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(text, &j); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		asked = append(asked, j)
		switch {
		case j.DryRun:
			fmt.Fprint(w, `{"data":{"id":"preview","type":"jobs","attributes":{"total":2,"groups":[{"service":"RW","user":"<b>app","sessions":2}],"seen":{"1":"2026-11-21T12:00:00.000Z","2":"2026-11-21T12:00:00.000Z"}}}}`)
		case status == 202:
			w.WriteHeader(202)
			fmt.Fprint(w, `{"data":{"id":"abc","type":"jobs","attributes":{"what":"kill in 30 s","total":2}}}`)
		default:
			w.WriteHeader(status)
			fmt.Fprint(w, `{"errors":[{"detail":"3 sessions match, not 2: nothing was done"}]}`)
		}
	}))
	t.Cleanup(s.Close)
	console.client = client.New(s.URL)
	return &asked
}

// dialogue opens the dialog for b, does what do says and lets everything be
// answered.
func dialogue(t *testing.T, b bulk, do ...func(app.Context)) {
	t.Helper()
	console.prefs.kept = true
	steps := append([]func(app.Context){func(ctx app.Context) { console.askBulk(ctx, b) }}, do...)
	for _, step := range steps {
		probe(t, func(ctx app.Context) {
			console.ctx = ctx
			step(ctx)
		})
	}
}

// Ensure the dialog looks first and then means what it has looked at.
func TestBulkDialog(t *testing.T) {
	reset(t)
	asked := jobServer(t, 202)
	dialogue(t, bulk{Action: api.JobKill, Filter: "user:app", Total: 5}, func(app.Context) {
		if console.many.preview == nil {
			t.Fatal("there is no preview")
		}
		text := app.HTMLString((&bulkDialog{}).Render())
		for _, want := range []string{"Kill 2 sessions?", "Keep 2 sessions", "&lt;b&gt;app"} {
			if !strings.Contains(text, want) {
				t.Errorf("the dialog does not say %q", want)
			}
		}
	}, func(app.Context) { console.many.start() })
	if len(*asked) != 2 || !(*asked)[0].DryRun || (*asked)[0].Filter != "user:app" {
		t.Fatalf("got %+v, want a preview and a job", *asked)
	}
	if j := (*asked)[1]; j.DryRun || len(j.Seen) != 2 || strings.Join(j.IDs, " ") != "1 2" || j.Filter != "" {
		t.Errorf("got %+v, want the sessions of the preview", j)
	}
	if console.many.open || len(console.toasts) != 1 || console.toasts[0].text != "Kill in 30 s: 2 sessions." {
		t.Errorf("open: %v, said: %+v", console.many.open, console.toasts)
	}
}

// Ensure that when others match by now nothing is done, and the dialog looks
// again.
func TestBulkConflict(t *testing.T) {
	reset(t)
	asked := jobServer(t, 409)
	dialogue(t, bulk{Action: api.JobKill, Filter: "user:app"}, func(app.Context) {
		console.many.mode = api.JobMatching
		console.many.start()
	}, func(app.Context) {})
	if !console.many.open || !strings.Contains(console.many.failed, "nothing was done") {
		t.Errorf("open: %v, failed: %q", console.many.open, console.many.failed)
	}
	if len(*asked) != 3 || !(*asked)[2].DryRun {
		t.Errorf("got %+v, want a third request that looks again", *asked)
	}
}

// Ensure an answer for a dialog that was closed is not taken by the next one.
func TestBulkLateAnswer(t *testing.T) {
	reset(t)
	console.many = bulkState{turn: 2, open: true}
	console.many.started(1, api.Job{}, &client.Error{Status: 500, Detail: "late"})
	if console.many.failed != "" || len(console.toasts) != 1 {
		t.Errorf("failed: %q, said: %v", console.many.failed, console.toasts)
	}
}

// Ensure what matches by now is compared with what was looked at.
func TestBulkSince(t *testing.T) {
	reset(t)
	for _, tt := range []struct {
		ids, now int
		want     string
	}{
		{0, 412, "Matches now 412. "},
		{0, 415, "Matches now 415 (+3 since the preview). "},
		{0, 407, "Matches now 407 (−5 since the preview). "},
		{412, 412, "All 412 are there. "},
		{412, 411, "1 has ended since the preview. "},
		{412, 400, "12 have ended since the preview. "},
	} {
		m := previewed(bulk{IDs: make([]string, tt.ids)}, 412)
		console.store.Open(api.Subscribe{View: bulkView, Topic: api.TopicSessions})
		console.store.Apply(api.Frame{Type: api.FrameSnapshot, View: bulkView, Total: tt.now})
		if got := m.since(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
