package app

import (
	"strings"
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
)

// Ensure a statement is compared with those that the server says are like it, and
// not with those that are like another one.
func TestPace(t *testing.T) {
	like := func(statement string, count int, complete bool) *api.AlikeAttributes {
		return &api.AlikeAttributes{Statement: statement, Count: count, P50: 0.004, P95: 0.012, Longest: 3, Looked: 20_000, Complete: complete}
	}
	running := api.SessionAttributes{
		Activity: api.Activity{State: "running", InState: 9, Statement: "SELECT 1"}, Queries: []api.SessionQuery{{Statement: "SELECT 1", Duration: 8}},
	}
	last := api.SessionAttributes{
		Activity: api.Activity{State: "idle", Statement: "SELECT 1"}, Queries: []api.SessionQuery{{Statement: "SELECT 1", Duration: 0.2, Completed: "x"}},
	}
	off := api.SessionAttributes{Activity: api.Activity{State: "idle", Statement: "SELECT 1"}}
	for _, tt := range []struct {
		name  string
		a     api.SessionAttributes
		known *api.AlikeAttributes
		want  string
	}{
		{"runs", running, like("SELECT 2", 214, true), "Runs for 9.0 s. p95 of 214 like it: 12 ms, median 4 ms, longest 3.0 s."},
		{"last", last, like("SELECT 1", 1, false), "Took 200 ms. p95 of 1 like it: 12 ms, median 4 ms, longest 3.0 s — among the first 20\u202f000 statements of the service."},
		{"of-another", last, like("SELECT a", 214, true), "Looking for statements like it…"},
		{"not-yet", running, nil, "Looking for statements like it…"},
		{"none", running, &api.AlikeAttributes{Statement: "SELECT 1", Complete: true}, "No statement like it is kept to compare with."},
		{"not-kept", off, nil, "Statements are not kept (retain_last_statements=0), so there is nothing to compare with."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := paceOf(&api.Session{Attributes: tt.a}, 0, tt.known)
			if got := app.HTMLString(renderPace(p)); !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %q", got, tt.want)
			}
		})
	}
}

// Ensure the server is asked at once about a statement, soon about another one and
// seldom about the same.
func TestAlikeAsk(t *testing.T) {
	reset(t)
	s := &api.Session{ID: "5"}
	var q alikeAsk
	asks := func(about api.Time, after time.Duration) bool { // so long after the last time
		s.Attributes.Queries = []api.SessionQuery{{StartedAt: about}}
		q.busy, q.asked = false, q.asked.Add(-after)
		return q.due(s)
	}
	for _, tt := range []struct {
		about api.Time
		after time.Duration
		want  bool
	}{{"1", 0, true}, {"1", alikeSoon, false}, {"2", 0, true}, {"3", time.Second, false}, {"3", alikeSoon, true}, {"3", alikeAgain, true}} {
		if got := asks(tt.about, tt.after); got != tt.want {
			t.Errorf("statement %s after %v: got %v, want %v", tt.about, tt.after, got, tt.want)
		}
	}
	console.state.Connected = false
	if asks("4", time.Hour) {
		t.Error("it is asked while the data are old")
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

// Ensure the page says what keeps a session on which server and since when, and
// says nothing when nothing does.
func TestPins(t *testing.T) {
	reset(t)
	s := &api.Session{}
	if got := app.HTMLString(renderPins(s)); !strings.Contains(got, "hidden") {
		t.Errorf("got %s without a pin", got)
	}
	s.Attributes.Pins = []api.SessionPin{
		{Kind: "transaction", Server: "db1", SinceAt: sec(10)},
		{Kind: "temporary_table", Server: "db1", SinceAt: sec(20), Detail: "a, b"},
		{Kind: "news", Server: "db2", SinceAt: sec(30)},
	}
	got := app.HTMLString(renderPins(s))
	for _, want := range []string{
		"Open transaction", "on db1 since " + sinceWhen(sec(10)), "Temporary tables", "on db1 since " + sinceWhen(sec(20)) + ": a, b", "news", "on db2 since",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %s", want, got)
		}
	}
}
