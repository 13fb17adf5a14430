package app

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/ui"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// sec is an instant so many seconds after noon.
func sec(n int) api.Time {
	return api.Time(noon.Add(time.Duration(n) * time.Second).Format("2006-01-02T15:04:05.000Z"))
}

// show gives the page its session, or none.
func show(t *testing.T, s *api.Session) {
	t.Helper()
	f := api.Frame{Type: api.FrameSnapshot, View: sessionView}
	if s != nil {
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		f.IDs, f.Upserts = []string{s.ID}, []json.RawMessage{raw}
	}
	console.store.Apply(f)
}

func example() *api.Session {
	statements := 2
	return &api.Session{ID: "7", Type: "sessions", Attributes: api.SessionAttributes{
		User: "ann", Remote: "10.0.0.1", Port: 5000, ConnectedAt: sec(0), State: api.SessionStarted,
		Client:      api.SessionClient{SescmdHistoryLen: &statements, ConnectionAttributes: map[string]string{"program_name": "mariadb"}},
		Connections: []api.SessionConnection{{Server: "db1", ConnectionID: 91, Primary: true, Busy: true}, {Server: "db2"}},
		Queries:     []api.SessionQuery{{Command: "COM_QUERY", Statement: "SELECT 1", StartedAt: sec(20), Duration: 0.25, Completed: "x"}},
		Activity:    api.Activity{State: "running", Statement: "SELECT SLEEP(9)", Server: "db1", Statements: 2, Trx: true, TrxWrites: 3, TrxSinceAt: sec(15)},
		Chain:       []api.ChainLink{{ID: "qla", Module: "qlafilter", Statements: 2}},
		Events:      []api.SessionEvent{{At: sec(0), Kind: "connect", Detail: "from 10.0.0.1:5000"}},
		Pending:     api.SessionPending{Restart: true, Waits: "transaction", Since: sec(10)},
	}}
}

func html(p *sessionPage) string { return app.HTMLString(p.Render()) }

// Ensure the page tells apart what is not known yet, what never was and what has
// ended, and keeps the last copy of what has.
func TestSessionLife(t *testing.T) {
	reset(t)
	p := &sessionPage{ID: "7"}
	p.OnMount(app.Context{})
	has := func(want string) {
		t.Helper()
		if got := html(p); !strings.Contains(got, want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
	has("Loading session 7…")
	show(t, nil)
	has("There is no session 7 now. It may have ended.")
	show(t, example())
	has("ann@10.0.0.1:5000")
	has("Kill session…")
	has("Restart waits for the end of the transaction")
	console.store.Apply(api.Frame{Type: api.FramePatch, View: sessionView, Removed: []string{"7"}})
	has("This session has ended.")
	has("ann@10.0.0.1:5000")
	if strings.Contains(html(p), "Kill session…") {
		t.Error("a session that has ended can be killed")
	}
	frozen := p.now()
	if got := p.now(); !got.Equal(frozen) {
		t.Errorf("got clock %v, want it to stand at %v", got, frozen)
	}
	p.ID = "8"
	p.OnUpdate(app.Context{})
	has("Loading session 8…")
	if got := console.store.View(sessionView).Ask.ID; got != "8" {
		t.Errorf("got watch of %q, want 8", got)
	}
	p.OnDismount()
	if keys != nil || console.store.View(sessionView).Ask.ID != "" {
		t.Error("the page has left something behind")
	}
}

// Ensure only those who may act see what acts, and it is off on stale data.
func TestSessionActions(t *testing.T) {
	for _, tt := range []struct {
		name         string
		spoil        func()
		shown, works bool
	}{
		{"admin", func() {}, true, true},
		{"basic", func() { console.who.Role = "basic" }, false, false},
		{"stale", func() { console.state.Connected = false }, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reset(t)
			tt.spoil()
			p := &sessionPage{ID: "7"}
			p.OnMount(app.Context{})
			t.Cleanup(p.OnDismount)
			show(t, example())
			text := html(p)
			for _, button := range []string{"Kill session…", "Cancel"} {
				if got := strings.Contains(text, button); got != tt.shown {
					t.Errorf("%s: shown %t, want %t", button, got, tt.shown)
				}
			}
			if got := strings.Contains(text, staleTitle()); got != (tt.shown && !tt.works) {
				t.Errorf("said to be stale %t, want %t", got, !got)
			}
			probe(t, func(ctx app.Context) { p.key(ctx, "K", true) })
			if got := console.kill.ID == "7"; got != tt.works {
				t.Errorf("dialog %t, want %t", got, tt.works)
			}
		})
	}
}

// Ensure every tab draws.
func TestSessionTabs(t *testing.T) {
	for tab, want := range map[string]string{"": "SELECT SLEEP(9)", "nothing": "no page nothing"} {
		reset(t)
		p := &sessionPage{ID: "7", Tab: tab}
		p.OnMount(app.Context{})
		show(t, example())
		if got := html(p); !strings.Contains(got, want) {
			t.Errorf("%s: %q is missing in %s", tab, want, got)
		}
		p.OnDismount()
	}
	reset(t)
	console.store.Open(api.Subscribe{View: sessionView, Topic: api.TopicSession, ID: "7"})
	show(t, example())
	for want, tab := range map[string]interface{ Render() app.UI }{
		"250 ms": &statementsTab{ID: "7"}, "Client connected": &timelineTab{ID: "7"}, "timeline-rows": &timelineTab{ID: "7", table: true},
		"log-tail": &sessionLogTab{ID: "7"}, "chain-apply": &chainTab{ID: "7"},
	} {
		if got := app.HTMLString(tab.Render()); !strings.Contains(got, want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
}

// Ensure statements stay as they were while they are paused, those that come
// are counted, and the filter shows those that have its words.
func TestPause(t *testing.T) {
	reset(t)
	console.store.Open(api.Subscribe{View: sessionView, Topic: api.TopicSession, ID: "7"})
	s := example()
	show(t, s)
	tab := &statementsTab{ID: "7"}
	tab.Render()
	tab.pause(app.Context{}, app.Event{})
	s.Attributes.Queries = append([]api.SessionQuery{{Statement: "SELECT 2", StartedAt: sec(30)}}, s.Attributes.Queries...)
	show(t, s)
	tab.Render()
	if got, _ := tab.statements(); len(got) != 1 || got[0].Statement != "SELECT 1" {
		t.Errorf("got %v, want SELECT 1 alone", got)
	}
	if got := newer(*tab.paused, tab.last.Attributes.Queries); got != 1 {
		t.Errorf("got %d newer, want 1", got)
	}
	tab.pause(app.Context{}, app.Event{})
	if got, _ := tab.statements(); len(got) != 2 {
		t.Errorf("got %v, want both", got)
	}
	for find, want := range map[string]int{"select": 2, "select 2": 1, "!2": 1, "insert": 0, "!select": 0, "!": 2} {
		tab.find = find
		if got, all := tab.statements(); len(got) != want || all != 2 {
			t.Errorf("%q: got %d of %d, want %d of 2", find, len(got), all, want)
		}
	}
}

// Ensure an empty list of statements says why it is.
func TestNoStatements(t *testing.T) {
	s := &api.Session{}
	if got, want := noStatements(s), "No statements yet."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.Attributes.Activity.Statements = 1
	if got, want := noStatements(s), "Retention is off on this service (retain_last_statements=0)."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// spansText writes spans as kind from-to in seconds after noon.
func spansText(spans []ui.Span) []string {
	var list []string
	for _, s := range spans {
		list = append(list, s.Kind+" "+s.From.Sub(noon).String()+" "+s.To.Sub(noon).String())
	}
	return list
}

// Ensure the lane of states has what events and statements tell, and says where
// they do not.
func TestStateSpans(t *testing.T) {
	connect, auth := api.SessionEvent{At: sec(0), Kind: "connect"}, api.SessionEvent{At: sec(1), Kind: "auth"}
	begin, end := api.SessionEvent{At: sec(20), Kind: "trx_begin"}, api.SessionEvent{At: sec(40), Kind: "trx_end"}
	query := api.SessionQuery{StartedAt: sec(30), Duration: 5, Completed: "x"}
	open := api.SessionQuery{StartedAt: sec(50), Duration: 1}
	for _, tt := range []struct {
		name          string
		a             api.SessionAttributes
		base, running []string
	}{
		{
			"connecting",
			api.SessionAttributes{Events: []api.SessionEvent{connect}},
			[]string{"connecting 0s 1m0s"},
			nil,
		},
		{
			"all known",
			api.SessionAttributes{Events: []api.SessionEvent{connect, auth, begin, end}, Queries: []api.SessionQuery{query}, Activity: api.Activity{Statements: 1}},
			[]string{"connecting 0s 1s", "idle 1s 20s", "trx 20s 40s", "idle 40s 1m0s"},
			[]string{"running 30s 35s"},
		},
		{
			"older statements gone",
			api.SessionAttributes{Events: []api.SessionEvent{connect, auth}, Queries: []api.SessionQuery{open, query}, Activity: api.Activity{State: "running", Statements: 9, SinceAt: sec(50)}},
			[]string{"connecting 0s 1s", "unknown 1s 30s", "idle 30s 1m0s"},
			[]string{"running 30s 35s", "running 50s 1m0s"},
		},
		{
			"retention off",
			api.SessionAttributes{Events: []api.SessionEvent{connect, auth}, Activity: api.Activity{State: "running", Statements: 9, SinceAt: sec(45)}},
			[]string{"connecting 0s 1s", "unknown 1s 45s", "idle 45s 1m0s"},
			[]string{"running 45s 1m0s"},
		},
		{
			"older events gone",
			api.SessionAttributes{Events: []api.SessionEvent{end}},
			[]string{"trx 0s 40s", "idle 40s 1m0s"},
			nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.a.ConnectedAt = sec(0)
			now := noon.Add(time.Minute)
			if diff := cmp.Diff(tt.base, spansText(baseSpans(&tt.a, now))); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.running, spansText(runningSpans(&tt.a, now, false))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Ensure a statement without an end runs on only as long as its session lives.
func TestQuerySpan(t *testing.T) {
	q := api.SessionQuery{StartedAt: sec(0), Duration: 2}
	now := noon.Add(time.Minute)
	for ended, want := range map[bool]time.Duration{false: time.Minute, true: 2 * time.Second} {
		if got := querySpan(&q, now, ended).To.Sub(noon); got != want {
			t.Errorf("ended %t: got %v, want %v", ended, got, want)
		}
	}
	q.Error = "1146 (42S02): no such table"
	if got := querySpan(&q, now, false).Kind; got != "failed" {
		t.Errorf("got %q, want failed", got)
	}
}

// Ensure the lanes show ten minutes, or a life that is shorter.
func TestTimelineOf(t *testing.T) {
	for _, tt := range []struct{ age, want time.Duration }{
		{time.Hour, 10 * time.Minute}, {time.Minute, time.Minute}, {0, time.Second},
	} {
		a := &api.SessionAttributes{ConnectedAt: sec(0), Events: []api.SessionEvent{{At: sec(0), Kind: "connect"}}}
		now := noon.Add(tt.age)
		from, to := lastMinutes(a, now)
		line := timelineOf(a, from, to, now, false)
		if got := line.To.Sub(line.From); got != tt.want {
			t.Errorf("age %v: got %v, want %v", tt.age, got, tt.want)
		}
		if got, want := len(line.Events) == 1, tt.age < timelineSpan; got != want {
			t.Errorf("age %v: event on the axis %t, want %t", tt.age, got, want)
		}
	}
}

// Ensure events have words, an unknown one its own.
func TestTimelineWords(t *testing.T) {
	for kind, want := range map[string]string{"auth": "Logged in", "trx_end": "Transaction ended", "brand_new": "brand new"} {
		if got := timelineWords(kind); got != want {
			t.Errorf("%s: got %q, want %q", kind, got, want)
		}
	}
}

// Ensure events look like what they are.
func TestSessionEventClass(t *testing.T) {
	for _, tt := range []struct {
		e    api.SessionEvent
		want string
	}{
		{api.SessionEvent{Kind: "kill", By: "ann"}, "err"},
		{api.SessionEvent{Kind: "restart", By: "ann"}, "asked"},
		{api.SessionEvent{Kind: "auth"}, "own"},
	} {
		if got := eventClass(&tt.e); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.e.Kind, got, tt.want)
		}
	}
}

// Ensure the note says whether the statement runs or is the last one, and how
// long it took when that is known.
func TestStatementNote(t *testing.T) {
	for _, tt := range []struct {
		name string
		a    api.SessionAttributes
		want string
	}{
		{"running", api.SessionAttributes{Activity: api.Activity{State: "running", InState: 12, Server: "db1"}}, "running for 12 s · on db1"},
		{"last", api.SessionAttributes{Queries: []api.SessionQuery{{Duration: 0.04, Completed: "x"}}, Activity: api.Activity{State: "idle"}}, "last, took 40 ms"},
		{"not kept", api.SessionAttributes{Activity: api.Activity{State: "idle"}}, "last"},
	} {
		if got := statementNote(&api.Session{Attributes: tt.a}, 0); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
