package app

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
)

// fill puts sessions into a view, in this order.
func fill(t *testing.T, viewName string, ids ...string) {
	t.Helper()
	console.store.Open(api.Subscribe{View: viewName, Topic: api.TopicSessions})
	f := api.Frame{Type: api.FrameSnapshot, View: viewName, Total: len(ids), All: len(ids), IDs: ids}
	for _, id := range ids {
		raw, err := json.Marshal(api.Session{ID: id, Type: "sessions", Attributes: api.SessionAttributes{
			User: "user" + id, Remote: "10.0.0.1", Port: 1, ConnectedAt: api.Time("2026-11-21T12:00:0" + id + ".000Z"),
		}})
		if err != nil {
			t.Fatal(err)
		}
		f.Upserts = append(f.Upserts, raw)
	}
	console.store.Apply(f)
}

func ids(list []*api.Session) []string {
	var ids []string
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	return ids
}

// reset gives every test a console of its own, with an operator logged in over a
// connection that is fresh.
func reset(t *testing.T) {
	t.Helper()
	before := console
	console = &live{gate: gateOpen, who: api.Whoami{User: "ann", Role: "admin"}}
	console.state.Connected = true
	t.Cleanup(func() { console = before })
}

// Ensure the dialog means the session that was asked for, whatever happens to
// the rows behind it.
func TestKillKeepsItsSession(t *testing.T) {
	reset(t)
	fill(t, sessionsView, "1", "2", "3")
	p := &sessionsPage{}
	engine := app.NewTestEngine()
	if err := engine.Load(p); err != nil {
		t.Fatal(err)
	}
	probe(t, func(ctx app.Context) { p.do(ctx, "2", "kill") })
	if got, want := console.kill.ID+" "+console.kill.User, "2 user2"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	fill(t, sessionsView, "3", "1", "2") // re-ordered
	fill(t, sessionsView, "3", "1")      // and gone
	if got, want := console.kill.ID+" "+string(console.kill.Connected), "2 2026-11-21T12:00:02.000Z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Ensure nobody kills on stale data or without the right to.
func TestKillRefused(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func()
	}{
		{"stale", func() { console.state.Connected = false }},
		{"basic", func() { console.who.Role = "basic" }},
		{"read-only", func() { console.who.ReadOnly = true }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reset(t)
			fill(t, sessionsView, "1")
			tt.spoil()
			p := &sessionsPage{}
			probe(t, func(ctx app.Context) { p.do(ctx, "1", "kill") })
			if console.kill.ID != "" {
				t.Error("the dialog has opened")
			}
		})
	}
}

// Ensure rows keep their places while a menu is open or rows are held, and rows
// that end stay as ghosts.
func TestHold(t *testing.T) {
	reset(t)
	fill(t, sessionsView, "1", "2", "3")
	p := &sessionsPage{}
	toggleHold()
	p.rows()
	fill(t, sessionsView, "3", "1", "4")
	rows, ended := p.rows()
	if diff := cmp.Diff([]string{"1", "2", "3"}, ids(rows)); diff != "" {
		t.Error(diff)
	}
	if !ended["2"] || len(ended) != 1 {
		t.Errorf("got ended %v, want 2", ended)
	}
	toggleHold()
	rows, _ = p.rows()
	if diff := cmp.Diff([]string{"3", "1", "4"}, ids(rows)); diff != "" {
		t.Error(diff)
	}
}

// Ensure filters are parted where people would part them.
func TestSplitTerms(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"  user:app   state:!idle ", []string{"user:app", "state:!idle"}},
		{`stmt:"a b" x`, []string{`stmt:"a b"`, "x"}},
		{"stmt:/a b/ x", []string{"stmt:/a b/", "x"}},
		{"(a b) c", []string{"(a b)", "c"}},
		{"a | b c", []string{"a | b c"}},
	} {
		if diff := cmp.Diff(tt.want, splitTerms(tt.text)); diff != "" {
			t.Errorf("%q: %s", tt.text, diff)
		}
	}
}

// Ensure times to wait are read as people write them, and nothing else is.
func TestAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "5m": 5 * time.Minute, "5 min": 5 * time.Minute, "1h": time.Hour, "45": 45 * time.Second,
		"": 0, "abc": 0, "-5s": 0, "0": 0, "25h": 0,
	} {
		got, err := after(text, time.Now())
		if (err == nil) != (want > 0) || got != want && want > 0 {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
}

// probed hands a live context to a test.
type probed struct {
	app.Compo
	do func(app.Context)
}

// OnPreRender is called by the test engine.
func (p *probed) OnPreRender(ctx app.Context) { p.do(ctx) }

// Render draws nothing.
func (p *probed) Render() app.UI { return app.Div() }

func probe(t *testing.T, do func(app.Context)) {
	t.Helper()
	engine := app.NewTestEngine()
	if err := engine.Load(&probed{do: do}); err != nil {
		t.Fatal(err)
	}
	engine.ConsumeAll()
}
