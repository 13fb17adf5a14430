package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
)

// Ensure statements that differ in their values alone have one shape, and no
// others do.
func TestShape(t *testing.T) {
	for _, tt := range []struct{ a, b string }{
		{"SELECT * FROM t WHERE id = 17", "SELECT * FROM t WHERE id = ?"},
		{"select 'it''s', \"x\\\"y\"", "select ?, ?"},
		{"select 1.5e-3, .5, 0x1F, -2", "select ?, ?, ?, -?"},
		{"select  a\n\t, b -- why\n from t", "select a , b from t"},
		{"select /* app:7 */ a from t # end", "select a from t"},
		{"select a from t1", "select a from t1"},
		{"insert into t values (1,'a'),(2,'b')", "insert into t values (?,?),(?,?)"},
		{"select 'never ends", "select ?"},
		{"select 1 /* never ends", "select ?"},
	} {
		if a, b := shape(tt.a), shape(tt.b); a != b {
			t.Errorf("%q and %q: got %q and %q", tt.a, tt.b, a, b)
		}
	}
	for _, tt := range []struct{ a, b string }{
		{"select a from t1", "select a from t2"},
		{"select a from t where b = 1", "select a from t where c = 1"},
		{"select /*!50000 a */ from t", "select from t"},
		{"select a--b", "select a"},
	} {
		if a, b := shape(tt.a), shape(tt.b); a == b {
			t.Errorf("%q and %q have the one shape %q", tt.a, tt.b, a)
		}
	}
}

func FuzzShape(f *testing.F) {
	for _, seed := range []string{"select 1", "'", "\"\\", "/*", "--", "1e", "0x", ".", "/*/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if got := shape(sql); len(got) > len(sql) {
			t.Errorf("%q became longer: %q", sql, got)
		}
	})
}

// Ensure what one types is looked for among the running statements only.
func TestRunningFilter(t *testing.T) {
	for text, want := range map[string]string{
		"": "state:running", "user:app": "state:running user:app", "a | b": "state:running (a | b)",
	} {
		if got := runningFilter(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func runningIn(t *testing.T, sessions ...api.Session) *queriesPage {
	t.Helper()
	putIn(t, api.Subscribe{View: queriesView, Topic: api.TopicSessions}, sessions...)
	p := &queriesPage{}
	if err := load(p); err != nil {
		t.Fatal(err)
	}
	return p
}

// Ensure a cancel means the statement that was asked about, whatever the session
// does meanwhile.
func TestCancelKeepsItsStatement(t *testing.T) {
	next := busy("2", "running", 1)
	reused := busy("2", "running", 70)
	reused.Attributes.ConnectedAt = instant(noon)
	idle := busy("2", "idle", 70)
	for _, tt := range []struct {
		name   string
		now    []api.Session
		cancel bool
	}{
		{"the same", []api.Session{busy("2", "running", 70)}, true},
		{"the next statement", []api.Session{next}, false},
		{"another client", []api.Session{reused}, false},
		{"idle", []api.Session{idle}, false},
		{"gone", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reset(t)
			p := runningIn(t, busy("1", "running", 90), busy("2", "running", 70))
			probe(t, func(ctx app.Context) { p.do(ctx, "2", "cancel") })
			if p.cancel.ID != "2" {
				t.Fatalf("got %q, want 2", p.cancel.ID)
			}
			putIn(t, api.Subscribe{View: queriesView, Topic: api.TopicSessions}, tt.now...)
			if got := p.stillRuns(); got != tt.cancel {
				t.Errorf("got %v, want %v", got, tt.cancel)
			}
			rows, _ := p.rows()
			if diff := cmp.Diff([]string{"1", "2"}, idsOf(rows)); diff != "" {
				t.Errorf("the rows have moved: %s", diff)
			}
			if !tt.cancel {
				p.confirm()
				if len(console.toasts) != 1 || console.toasts[0].text != "That statement of session 2 has ended. Nothing was cancelled." {
					t.Errorf("got %+v", console.toasts)
				}
			}
		})
	}
}

// Ensure nobody cancels on stale data or without the right to.
func TestCancelRefused(t *testing.T) {
	for name, spoil := range map[string]func(){
		"stale": func() { console.state.Connected = false }, "basic": func() { console.who.Role = "basic" },
	} {
		reset(t)
		p := runningIn(t, busy("1", "running", 90))
		spoil()
		probe(t, func(ctx app.Context) { p.do(ctx, "1", "cancel") })
		if p.cancel.ID != "" {
			t.Errorf("%s: somebody is asked", name)
		}
	}
}

// Ensure the sessions of a kind of statement are found by its text without
// values, and those beyond the window are counted.
func TestQueryGroups(t *testing.T) {
	reset(t)
	sessions := []api.Session{busy("1", "running", 9), busy("2", "running", 8), busy("3", "running", 7)}
	sessions[0].Attributes.Activity.Statement = "select a from t where id = 7"
	sessions[1].Attributes.Activity.Statement = "select b from t"
	sessions[2].Attributes.Activity.Statement = "select a  from t where id = 'x'"
	p := runningIn(t, sessions...)
	p.group = byFingerprint
	kind := api.Group{ID: "k", Attributes: api.GroupAttributes{Values: []string{"select a from t where id = ?"}, Sessions: 5, Example: "1"}}
	putIn(t, api.Subscribe{View: queryGroupsView, Topic: api.TopicGroups}, kind)
	if diff := cmp.Diff([]string{"1", "3"}, idsOf(membersOf(&kind))); diff != "" {
		t.Error(diff)
	}
	p.fold("k")
	if rows := p.renderMembers(&kind); len(rows) != 3 {
		t.Errorf("got %d rows, want two sessions and the rest", len(rows))
	}
	if err := load(p.renderTable()); err != nil {
		t.Error(err)
	}
	p.fold("k")
	if p.open["k"] {
		t.Error("still open")
	}
}

func idsOf(sessions []*api.Session) []string {
	var list []string
	for _, s := range sessions {
		list = append(list, s.ID)
	}
	return list
}
