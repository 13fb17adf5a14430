package app

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
)

// putIn puts rows into a view that was asked for, as a snapshot does.
func putIn[A any](t *testing.T, ask api.Subscribe, rows ...api.Resource[A]) {
	t.Helper()
	console.store.Open(ask)
	f := api.Frame{Type: api.FrameSnapshot, View: ask.View, Total: len(rows), All: len(rows)}
	for _, r := range rows {
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		f.IDs, f.Upserts = append(f.IDs, r.ID), append(f.Upserts, raw)
	}
	console.store.Apply(f)
}

func instant(t time.Time) api.Time { return api.Time(t.UTC().Format("2006-01-02T15:04:05.000Z")) }

// busy is a session that has been in a state for so long at noon.
func busy(id, state string, seconds float64) api.Session {
	return api.Session{ID: id, Attributes: api.SessionAttributes{
		User: "app", Remote: "10.0.0.1", Port: 7, ConnectedAt: instant(noon.Add(-time.Hour)),
		Activity: api.Activity{
			State: state, InState: seconds, SinceAt: instant(noon.Add(-time.Duration(seconds * float64(time.Second)))),
			Trx: state == "trx", Server: "db1", Statement: "SELECT 1", LongAfter: 60,
		},
	}}
}

// Ensure everything that needs a person is found, once, in words, and the
// gravest comes first.
func TestConcerns(t *testing.T) {
	reset(t)
	lagAlarms = alarms{}
	refused := "connection refused"
	killed := busy("1", "running", 3)
	killed.Attributes.Pending.Kill = &api.PendingKill{At: instant(noon.Add(27 * time.Second)), By: "ops", Reason: "stuck lock"}
	swap := busy("4", "trx", 2)
	swap.Attributes.Pending = api.SessionPending{Filters: &[]string{}, Since: instant(noon.Add(-4 * time.Second)), Waits: "transaction"}
	waits := busy("7", "running", 8)
	waits.Attributes.Activity.BlockedBy = "3"
	failed := busy("5", "idle", 1)
	failed.Attributes.LastRestartError = "no server"
	putIn(t, api.Subscribe{View: concernSessions, Topic: api.TopicSessions},
		killed, busy("2", "running", 400), busy("22", "running", 70), busy("3", "trx", 90), swap, waits, failed, busy("6", "idle", 9000))
	putIn(t, api.Subscribe{View: concernServers, Topic: api.TopicServers},
		api.Server{ID: "db1", Attributes: api.ServerAttributes{State: "Master, Running"}},
		api.Server{ID: "db2", Attributes: api.ServerAttributes{State: "Slave, Running", ReplicationLag: 42}},
		api.Server{ID: "db3", Attributes: api.ServerAttributes{State: "Down", StateDetails: &refused, TriggeredAt: "Sat, 21 Nov 2026 11:59:00 GMT"}},
		api.Server{ID: "db4", Attributes: api.ServerAttributes{State: "Maintenance, Running"}},
	)
	putIn(t, api.Subscribe{View: concernListeners, Topic: api.TopicListeners},
		api.Listener{ID: "l1", Attributes: api.ListenerAttributes{State: "Running"}},
		api.Listener{ID: "l2", Attributes: api.ListenerAttributes{State: "Failed", Parameters: api.Parameters{"address": "::", "port": 4006}}},
	)
	putIn(t, api.Subscribe{View: concernServices, Topic: api.TopicServices},
		api.Service{ID: "rw", Attributes: api.ServiceAttributes{State: "Stopped"}})
	putIn(t, api.Subscribe{View: concernMonitors, Topic: api.TopicMonitors},
		api.Monitor{ID: "mon", Attributes: api.MonitorAttributes{State: "Stopped"}})
	putIn(t, api.Subscribe{View: concernOutdated, Topic: api.TopicGroups},
		api.Group{ID: "rw", Attributes: api.GroupAttributes{Values: []string{"rw"}, Sessions: 12}})
	var got []string
	for _, c := range concerns(noon) {
		got = append(got, strings.Join([]string{graveWords[c.grave].class, c.who, c.what, c.age, c.label}, " | "))
	}
	want := []string{
		"crit | db3 | is down: connection refused | 1m 00s | Open",
		"attn | mon | is stopped: the states of its servers are not watched |  | Open",
		"crit | l2 | has failed: nobody can connect to [::]:4006 |  | Open",
		"crit | 7 | app@10.0.0.1:7 waits for a lock of session 3 | 8.0 s | Who blocks",
		"crit | 2 | app@10.0.0.1:7 runs a statement on db1 | 6m 40s | Kill…",
		"attn | 22 | app@10.0.0.1:7 runs a statement on db1 | 1m 10s | Kill…",
		"crit | db2 | is behind its primary | 42 s | Open",
		"attn | rw | is stopped: its clients are refused |  | Open",
		"attn | 3 | app@10.0.0.1:7 holds a transaction with 0 writes on db1 | 1m 30s | Kill…",
		"attn | 5 | app@10.0.0.1:7 was not restarted: no server |  | Open",
		"attn | 1 | app@10.0.0.1:7 will be killed by ops, “stuck lock” | in 0:27 | Cancel",
		"info | 4 | app@10.0.0.1:7 waits for its new filters until its transaction ends | 4.0 s | Chain",
		"info | db4 | is out of service (Maintenance) |  | Open",
		"info | rw | 12 sessions run with an older chain of filters than new ones get |  | Restart…",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, want := gravity(concerns(noon)), "5 critical, 6 need attention."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Ensure the overview draws before anything is known, with much, and with
// nothing to say; and that its buttons mean the line that they are in.
func TestOverviewPage(t *testing.T) {
	reset(t)
	if err := load(&overviewPage{}); err != nil {
		t.Fatalf("before anything is known: %v", err)
	}
	for _, ask := range overviewAsks {
		putIn[api.SessionAttributes](t, ask)
	}
	quiet := &overviewPage{}
	if err := load(quiet); err != nil {
		t.Fatal(err)
	}
	match(t, quiet, app.P().Class("quiet").Text("Nothing needs you."), 0, 0, 2, 0)
	var many []api.Session
	for _, id := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"} {
		many = append(many, busy(id, "running", 100))
	}
	putIn(t, overviewAsks[0], many...)
	p := &overviewPage{}
	if err := load(p); err != nil {
		t.Fatal(err)
	}
	probe(t, func(ctx app.Context) { p.do(ctx, "7", "kill") })
	if console.kill.ID != "7" {
		t.Errorf("got the dialog for %q, want 7", console.kill.ID)
	}
}

// Ensure those who may not act, or act on old data, do nothing.
func TestOverviewRefused(t *testing.T) {
	for name, spoil := range map[string]func(){
		"stale": func() { console.state.Connected = false }, "basic": func() { console.who.Role = "basic" },
	} {
		reset(t)
		putIn(t, overviewAsks[0], busy("1", "running", 100))
		spoil()
		p := &overviewPage{}
		probe(t, func(ctx app.Context) { p.do(ctx, "1", "kill") })
		if console.kill.ID != "" {
			t.Errorf("%s: the dialog has opened", name)
		}
	}
}

// Ensure the page does not chatter to those who hear it.
func TestOverviewSay(t *testing.T) {
	p := &overviewPage{}
	for _, tt := range []struct {
		text  string
		after time.Duration
		want  string
	}{{"a", 0, "a "}, {"b", 9 * time.Second, "a "}, {"c", 10 * time.Second, "c "}} {
		if got := p.say(tt.text, noon.Add(tt.after)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

// Ensure tiles show the last hour with its extremes, and say when there is none.
func TestTiles(t *testing.T) {
	reset(t)
	if err := load(app.Div().Body(renderTiles()...)); err != nil {
		t.Fatal(err)
	}
	putIn(t, api.Subscribe{View: overviewStats, Topic: api.TopicStats},
		api.Stats{ID: api.StatsTotal, Attributes: api.StatsAttributes{Sessions: 1284}},
		api.Stats{ID: api.StatsHistory, Attributes: api.StatsAttributes{
			Series: &api.Series{Step: 10, Sessions: make([]float64, 400), P95: []float64{0, 0.012, 0.4}},
		}})
	root := app.Div().Body(renderTiles()...)
	if err := load(root); err != nil {
		t.Fatal(err)
	}
	match(t, root, app.P().Class("value tnum").Text("1\u202f284"), 0, 1)
	match(t, root, app.Span().Class("reach").Text("lowest 12 ms · highest 400 ms"), 2, 3, 1)
}

// Ensure an alarm has two sides and stays for a while.
func TestAlarm(t *testing.T) {
	var a alarm
	for i, tt := range []struct {
		figure float64
		at     int // seconds
		want   int
	}{
		{4.9, 0, 0},
		{5, 1, 1},
		{4.1, 5, 1},
		{3, 6, 1},
		{3, 11, 0},
		{4.5, 12, 0},
		{31, 13, 2},
		{25, 30, 2},
		{23, 31, 1},
		{40, 32, 2},
		{0, 41, 2},
		{0, 42, 0},
		{-1, 60, 0},
	} {
		if got := a.judge(tt.figure, 5, 30, noon.Add(time.Duration(tt.at)*time.Second)); got != tt.want {
			t.Errorf("step %d, %g: got %d, want %d", i, tt.figure, got, tt.want)
		}
	}
}

// Ensure rates and latencies are written for people.
func TestFigures(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{perSecond(0), "0"},
		{perSecond(0.04), "0.1"},
		{perSecond(3.44), "3.4"},
		{perSecond(9.97), "10"},
		{perSecond(1284.4), "1\u202f284"},
		{perSecond(math.NaN()), "0"},
		{latency(0), "—"},
		{latency(0.00042), "0.4 ms"},
		{latency(0.0123), "12 ms"},
		{latency(1.34), "1.3 s"},
		{latency(0.0000001), "0.1 ms"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if got := gapsFor([]float64{0, 2}); !math.IsNaN(got[0]) || got[1] != 2 {
		t.Errorf("got %v", got)
	}
}
