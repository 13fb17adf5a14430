package app

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
)

// Ensure a statement is compared with the earlier ones of its text, that ended
// well, and not with itself.
func TestPace(t *testing.T) {
	query := func(text string, took float64, completed, failed string) api.SessionQuery {
		return api.SessionQuery{Statement: text, Duration: took, Completed: completed, Error: failed}
	}
	for _, tt := range []struct {
		name    string
		a       api.SessionAttributes
		want    pace
		written string
	}{
		{
			"runs",
			api.SessionAttributes{
				Activity: api.Activity{State: "running", InState: 9, Statement: "A"},
				Queries:  []api.SessionQuery{query("A", 9, "", ""), query("A", 3, "x", ""), query("B", 7, "x", ""), query("A", 1, "x", ""), query("A", 50, "x", "1205: timeout"), query("A", 2, "x", "")},
			},
			pace{now: 9, running: true, runs: 3, mid: 2, most: 3},
			"Runs for 9.0 s. Of 3 earlier ones of this text that are kept: median 2.0 s, longest 3.0 s.",
		},
		{
			"last",
			api.SessionAttributes{
				Activity: api.Activity{State: "idle", Statement: "A"},
				Queries:  []api.SessionQuery{query("A", 0.2, "x", ""), query("A", 0.1, "x", "")},
			},
			pace{now: 0.2, runs: 1, mid: 0.1, most: 0.1},
			"Took 200 ms. Of 1 earlier one of this text that are kept: 100 ms.",
		},
		{"first", api.SessionAttributes{Activity: api.Activity{State: "idle", Statement: "A"}, Queries: []api.SessionQuery{query("A", 0.2, "x", "")}}, pace{now: 0.2}, ""},
		{"not-kept", api.SessionAttributes{Activity: api.Activity{State: "running", InState: 5, Statement: "A"}}, pace{now: 5, running: true}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := paceOf(&api.Session{Attributes: tt.a}, 0)
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(pace{})); diff != "" {
				t.Error(diff)
			}
			if tt.written != "" && paceWords(got) != tt.written {
				t.Errorf("got %q, want %q", paceWords(got), tt.written)
			}
		})
	}
}

// Ensure a server's figures are those of the statements that it has answered.
func TestServerFigures(t *testing.T) {
	answer := func(server string, ms int64) []api.QueryResponse {
		return []api.QueryResponse{{Server: server, Duration: ms}}
	}
	a := &api.SessionAttributes{Queries: []api.SessionQuery{
		{StartedAt: sec(30), Responses: answer("db1", 5)}, // runs
		{StartedAt: sec(20), Completed: "x", Responses: answer("db1", 30)},
		{StartedAt: sec(10), Completed: "x", Responses: answer("db1", 10)},
	}}
	if got, want := serverNote(a, "db1"), "2 kept, mean 20 ms"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := serverNote(a, "db2"); got != "" {
		t.Errorf("got %q of a server that has answered nothing", got)
	}
	if got, want := lastUsed(a, "db1"), stamp(sec(30)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := lastUsed(a, "db2"); got != "—" {
		t.Errorf("got %q of a server that has answered nothing", got)
	}
}

// Ensure the banner says when, why and by whom a session ended, as far as it is
// known.
func TestEndedWords(t *testing.T) {
	reset(t)
	at := api.Time(time.Now().UTC().Format(time.RFC3339Nano))
	when, rest := sinceWhen(at), ". What you see is the last that was known of it."
	for _, tt := range []struct {
		name string
		a    api.SessionAttributes
		want string
	}{
		{"all", api.SessionAttributes{EndedAt: at, EndReason: "killed: runaway report", EndedBy: "ann"}, "This session ended at " + when + " — killed: runaway report (by ann)"},
		{"said-already", api.SessionAttributes{EndedAt: at, EndReason: "killed by ann", EndedBy: "ann"}, "This session ended at " + when + " — killed by ann"},
		{"events", api.SessionAttributes{Events: []api.SessionEvent{{Kind: "closed", Detail: "client has closed the connection"}}}, "This session has ended — client has closed the connection"},
		{"nothing", api.SessionAttributes{}, "This session has ended"},
	} {
		if got := endedWords(&api.Session{Attributes: tt.a}); got != tt.want+rest {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want+rest)
		}
	}
}

// Ensure the list stands still, ends at its ends, and is asked for when one has
// come from elsewhere.
func TestSessionList(t *testing.T) {
	reset(t)
	lastTable = []string{"1", "2", "3"}
	t.Cleanup(func() { lastTable = nil })
	var l sessionList
	l.take("2")
	lastTable = []string{"3", "2", "1"}
	for _, tt := range []struct {
		id   string
		by   int
		want string
	}{{"1", 1, "2"}, {"2", 1, "3"}, {"3", 1, ""}, {"1", -1, ""}, {"2", -1, "1"}, {"9", 1, "1"}} {
		if got := l.step(tt.id, tt.by); got != tt.want {
			t.Errorf("%s by %d: got %q, want %q", tt.id, tt.by, got, tt.want)
		}
	}
	l = sessionList{}
	if got := l.step("5", 1); got != "" || console.store.View(neighboursView).Ask.Topic != api.TopicSessions {
		t.Errorf("got %q and no question for a list", got)
	}
	if got := l.found("5"); got != "" {
		t.Errorf("got %q before the list has come", got)
	}
	console.store.Apply(api.Frame{Type: api.FrameSnapshot, View: neighboursView, IDs: []string{"5", "6"}})
	if got := l.found("5"); got != "6" {
		t.Errorf("got %q, want 6", got)
	}
	if got := l.found("6"); got != "" || console.store.View(neighboursView).Ask.View != "" {
		t.Errorf("got %q: the step is taken again", got)
	}
}

// Ensure a question about a statement is not answered for another one.
func TestCancelQuestion(t *testing.T) {
	reset(t)
	console.store.Open(api.Subscribe{View: sessionView, Topic: api.TopicSession, ID: "7"})
	s := example()
	s.Attributes.Activity.SinceAt = sec(20)
	show(t, s)
	q := cancelQuestion{of: s.Attributes.Activity}
	if !q.runs("7") {
		t.Error("the statement runs")
	}
	s.Attributes.Activity.SinceAt = sec(25)
	show(t, s)
	if q.runs("7") {
		t.Error("another statement runs now")
	}
	s.Attributes.Activity.State, s.Attributes.Activity.SinceAt = "idle", sec(20)
	show(t, s)
	if q.runs("7") {
		t.Error("nothing runs now")
	}
}
