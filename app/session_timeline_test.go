package app

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/ui"
)

// lived is the tab of a session that lived for an hour from noon, with four
// events and a statement.
func lived(t *testing.T) *timelineTab {
	t.Helper()
	reset(t)
	console.store.Open(api.Subscribe{View: sessionView, Topic: api.TopicSession, ID: "7"})
	s := example()
	s.Attributes.EndedAt = sec(3600)
	s.Attributes.Events = []api.SessionEvent{
		{At: sec(0), Kind: "connect"},
		{At: sec(60), Kind: "log_level", By: "ann"},
		{At: sec(60), Kind: "log_level", By: "bob"},
		{At: sec(3500), Kind: "kill", By: "ann", Detail: "runaway report"},
	}
	s.Attributes.Queries = []api.SessionQuery{{Statement: "SELECT 1", StartedAt: sec(3400), Duration: 2, Completed: "x", Error: "1146: no such table"}}
	show(t, s)
	tab := &timelineTab{ID: "7"}
	tab.Render()
	return tab
}

func (t *timelineTab) shows() string {
	from, to := t.window()
	return from.Sub(noon).String() + " " + to.Sub(noon).String()
}

// Ensure what is shown is a part of the session's life, whatever is asked for.
func TestTimelineZoom(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(tab *timelineTab)
		want string
	}{
		{"last-minutes", func(*timelineTab) {}, "50m0s 1h0m0s"},
		{"in", func(tab *timelineTab) { tab.zoom(0.5) }, "52m30s 57m30s"},
		{"out", func(tab *timelineTab) { tab.zoom(2) }, "40m0s 1h0m0s"},
		{"out-of-life", func(tab *timelineTab) { tab.zoom(100) }, "0s 1h0m0s"},
		{"shortest", func(tab *timelineTab) { tab.zoom(1e-9) }, "54m59.975s 55m0.025s"},
		{"marked", func(tab *timelineTab) {
			tab.drag = timelineDrag{on: true, from: 0.9, to: 0.1}
			timelinePointer{tab}.mark()
		}, "51m0s 59m0s"},
		{"clicked", func(tab *timelineTab) {
			tab.drag = timelineDrag{on: true, from: 0.5, to: 0.503}
			timelinePointer{tab}.mark()
		}, "50m0s 1h0m0s"},
		{"back", func(tab *timelineTab) { tab.zoom(0.5); tab.show(time.Time{}, time.Time{}) }, "50m0s 1h0m0s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tab := lived(t)
			tt.do(tab)
			if got := tab.shows(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// Ensure steps go through all events, also those of one instant, stop at the
// ends, and show where they are.
func TestTimelineStep(t *testing.T) {
	tab := lived(t)
	at := func(want string) {
		t.Helper()
		if tab.chosen != want {
			t.Fatalf("got %q, want %q", tab.chosen, want)
		}
	}
	tab.step(-1)
	at("e " + string(sec(3500)) + " kill")
	tab.step(-1)
	at("e " + string(sec(60)) + " log_level 2")
	if from, to := tab.window(); timeOf(sec(60)).Before(from) || timeOf(sec(60)).After(to) {
		t.Errorf("it is outside of what is shown: %s", tab.shows())
	}
	tab.step(-1)
	at("e " + string(sec(60)) + " log_level")
	tab.step(-1)
	tab.step(-1)
	at("e " + string(sec(0)) + " connect")
	tab.step(1)
	at("e " + string(sec(60)) + " log_level")
	tab.chosen = ""
	tab.show(time.Time{}, time.Time{})
	tab.step(1)
	at("e " + string(sec(3500)) + " kill")
}

// Ensure an address says what is shown, and a wrong one means the last minutes.
func TestTimelineAddress(t *testing.T) {
	for query, want := range map[string]string{
		"from=2026-11-21T12:10:00.000Z&to=2026-11-21T12:20:00.000Z": "10m0s 20m0s",
		"":                              "50m0s 1h0m0s",
		"from=x&to=y":                   "50m0s 1h0m0s",
		"from=2026-11-21T12:10:00.000Z": "50m0s 1h0m0s",
		"from=2026-11-21T12:20:00Z&to=2026-11-21T12:10:00Z": "50m0s 1h0m0s",
	} {
		tab := lived(t)
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		tab.take(values)
		if got := tab.shows(); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	tab := lived(t)
	tab.take(url.Values{"as": {"table"}})
	if got := app.HTMLString(tab.Render()); !strings.Contains(got, "timeline-rows") {
		t.Error("the table is not shown")
	}
}

// Ensure the table has what the lanes have, newest first, and nothing of another
// time.
func TestTimeRows(t *testing.T) {
	tab := lived(t)
	a := &tab.last.Attributes
	from, to := tab.window()
	line := timelineOf(a, from, to, timeOf(a.EndedAt), true)
	line.Flows = flowsOf([]api.SessionFlow{
		{At: sec(2000), Seconds: 10, In: 1, Out: 1},
		{At: sec(3420), Seconds: 4, In: 10_000, Out: 1200},
	}, timeOf(a.EndedAt))
	var got []string
	for _, r := range timeRows(a, line) {
		if r.lane != "State" {
			got = append(got, r.at.Sub(noon).String()+" "+r.lane+" "+r.what+" "+r.detail+" "+r.by+" "+r.class)
		}
	}
	want := []string{
		"58m20s Event Killed runaway report ann err",
		"57m0s I/O in 2.5 kB/s, out 300 B/s   own",
		"56m40s Statement 1146: no such table SELECT 1  err",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Ensure I/O is in bytes a second, of the step that is not over, too.
func TestFlowsOf(t *testing.T) {
	got := flowsOf([]api.SessionFlow{
		{At: sec(0), Seconds: 900, In: 900, Out: 1800},
		{At: sec(3600), Seconds: 10, In: 500, Out: 20},
		{At: sec(3610), Seconds: 10, In: 500, Out: 20},
	}, noon.Add(3615*time.Second))
	want := []ui.Flow{
		{From: timeOf(sec(0)), To: timeOf(sec(900)), In: 1, Out: 2},
		{From: timeOf(sec(3600)), To: timeOf(sec(3610)), In: 50, Out: 2},
		{From: timeOf(sec(3610)), To: timeOf(sec(3615)), In: 100, Out: 4},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Ensure statements of one millisecond are told apart, and keep their names when
// newer ones come.
func TestQueryKeys(t *testing.T) {
	queries := []api.SessionQuery{{StartedAt: sec(2)}, {StartedAt: sec(1)}, {StartedAt: sec(1)}}
	first := "q " + string(sec(1))
	if diff := cmp.Diff([]string{"q " + string(sec(2)), first + " 2", first}, queryKeys(queries)); diff != "" {
		t.Error(diff)
	}
	tab := lived(t)
	a := &tab.last.Attributes
	a.Activity.State = "idle"
	a.Queries = []api.SessionQuery{
		{Statement: "B", StartedAt: sec(3400), Completed: "x"}, {Statement: "A", StartedAt: sec(3400), Completed: "x"},
	}
	from, to := tab.window()
	var got []string
	for _, r := range timeRows(a, timelineOf(a, from, to, timeOf(a.EndedAt), true)) {
		if r.lane == "Statement" || r.what == "running" {
			got = append(got, r.lane+" "+r.detail)
		}
	}
	if diff := cmp.Diff([]string{"Statement B", "Statement A"}, got); diff != "" {
		t.Error(diff)
	}
}
