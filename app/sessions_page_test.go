package app

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
)

// fill puts sessions into a view, in this order.
func fill(t *testing.T, viewName string, ids ...string) {
	t.Helper()
	console.store.Open(api.Subscribe{View: viewName, Topic: api.TopicSessions})
	f := api.Frame{Type: api.FrameSnapshot, View: viewName, Total: len(ids), All: len(ids), IDs: ids}
	f.Upserts = upserts(t, ids)
	console.store.Apply(f)
}

func upserts(t *testing.T, ids []string) (rows []json.RawMessage) {
	t.Helper()
	for _, id := range ids {
		raw, err := json.Marshal(api.Session{ID: id, Type: "sessions", Attributes: api.SessionAttributes{
			User: "user" + id, Remote: "10.0.0.1", Port: 1, ConnectedAt: api.Time("2026-11-21T12:00:0" + id + ".000Z"),
		}})
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, raw)
	}
	return rows
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
	probe(t, func(ctx app.Context) { sessionsMenus{p}.do(ctx, "2", "kill") })
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
			probe(t, func(ctx app.Context) { sessionsMenus{p}.do(ctx, "1", "kill") })
			if console.kill.ID != "" {
				t.Error("the dialog has opened")
			}
		})
	}
}

// shownIDs are the rows of the page as it would draw them now.
func (p *sessionsPage) shownIDs() (list, ended []string) {
	p.sync()
	for _, row := range p.rows.list {
		list = append(list, row.ID)
		if !row.ended.IsZero() {
			ended = append(ended, row.ID)
		}
	}
	return list, ended
}

func wantRows(t *testing.T, p *sessionsPage, want, wantEnded []string) {
	t.Helper()
	list, ended := p.shownIDs()
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error("rows", diff)
	}
	if diff := cmp.Diff(wantEnded, ended); diff != "" {
		t.Error("ended", diff)
	}
}

// answer has the server answer what the page asks by ids: these sessions live.
func (p *sessionsPage) answer(t *testing.T, ids ...string) {
	t.Helper()
	for _, name := range p.others.names {
		ask := console.store.View(name).Ask
		console.store.Open(ask)
		console.store.Apply(api.Frame{Type: api.FrameSnapshot, View: name, IDs: ids, Upserts: upserts(t, ids)})
	}
}

// Ensure rows keep their places while they are held, those that end stay as
// ghosts, and those that only left the window do not.
func TestHold(t *testing.T) {
	reset(t)
	fill(t, sessionsView, "1", "2", "3")
	p := &sessionsPage{}
	toggleHold()
	wantRows(t, p, []string{"1", "2", "3"}, nil)
	fill(t, sessionsView, "3", "4")
	wantRows(t, p, []string{"1", "2", "3"}, nil) // what became of 1 and 2 is not known yet
	p.answer(t, "1", "3")
	wantRows(t, p, []string{"1", "2", "3"}, []string{"2"})
	if p.rows.arrived != 1 || p.rows.gone != 1 {
		t.Errorf("got %d new and %d ended, want 1 and 1", p.rows.arrived, p.rows.gone)
	}
	toggleHold()
	wantRows(t, p, []string{"3", "4"}, nil)
}

// Ensure another window is taken over while rows are held, and not before it has
// come.
func TestHoldScrolls(t *testing.T) {
	reset(t)
	fill(t, sessionsView, "1", "2")
	p := &sessionsPage{}
	toggleHold()
	wantRows(t, p, []string{"1", "2"}, nil)
	console.store.Open(api.Subscribe{View: sessionsView, Topic: api.TopicSessions, Offset: 1})
	wantRows(t, p, []string{"1", "2"}, nil)
	console.store.Apply(api.Frame{Type: api.FrameSnapshot, View: sessionsView, Total: 3, Offset: 1, IDs: []string{"2", "3"}, Upserts: upserts(t, []string{"2", "3"})})
	wantRows(t, p, []string{"2", "3"}, nil)
}

// Ensure a session that ends shows as a ghost for a moment where it was, that
// new ones are marked, and that a storm leaves no ghosts.
func TestGhosts(t *testing.T) {
	reset(t)
	v := console.store.View(sessionsView)
	rows := tableRows{}
	var others idViews
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	show := func(at time.Time, ids ...string) (list []string) {
		fill(t, sessionsView, ids...)
		v = console.store.View(sessionsView)
		rows.sync(v, &others, follow, at)
		for _, row := range rows.list {
			switch {
			case !row.ended.IsZero():
				list = append(list, row.ID+"-")
			case row.fresh:
				list = append(list, row.ID+"+")
			default:
				list = append(list, row.ID)
			}
		}
		return list
	}
	for _, step := range []struct {
		after time.Duration
		ids   []string
		want  []string
	}{
		{0, []string{"1", "2", "3"}, []string{"1", "2", "3"}},
		{0, []string{"1", "3"}, []string{"1", "2-", "3"}},
		{1 * time.Second, []string{"3", "1", "4"}, []string{"3", "1", "2-", "4+"}},
		{3 * time.Second, []string{"3", "1", "4"}, []string{"3", "1", "4"}},
		{4 * time.Second, []string{"1", "3", "4", "5", "6", "7", "8", "9"}, []string{"1", "3", "4", "5+", "6+", "7+", "8+", "9+"}},
		{4 * time.Second, []string{"9"}, []string{"9"}},
	} {
		if diff := cmp.Diff(step.want, show(at.Add(step.after), step.ids...)); diff != "" {
			t.Errorf("after %v: %s", step.after, diff)
		}
	}
}

// Ensure a selection means sessions, wherever their rows are, and lets go of
// those that end.
func TestSelection(t *testing.T) {
	reset(t)
	fill(t, sessionsView, "1", "2", "3", "4", "5")
	p := &sessionsPage{}
	p.sync()
	sessionsStrip{p}.selectRow("2", false)
	sessionsStrip{p}.selectRow("4", true)
	sessionsStrip{p}.selectRow("3", false)
	if diff := cmp.Diff([]string{"2", "4"}, p.sel.ids()); diff != "" {
		t.Error(diff)
	}
	fill(t, sessionsView, "5", "4", "1") // in another order, and 2 and 3 are elsewhere
	p.sync()
	b := p.sel.bulk(api.JobKill, 5)
	want := bulk{Action: api.JobKill, IDs: []string{"2", "4"}, Total: 2, Seen: map[string]api.Time{"2": "2026-11-21T12:00:02.000Z", "4": "2026-11-21T12:00:04.000Z"}}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Error(diff)
	}
	p.answer(t, "1", "2", "3", "5")
	p.sync()
	if diff := cmp.Diff([]string{"2"}, p.sel.ids()); diff != "" || p.sel.ended != 1 {
		t.Errorf("%s, %d ended", diff, p.sel.ended)
	}
}

// Ensure all that match are chosen by their filter, less what was taken out.
func TestSelectMatching(t *testing.T) {
	for _, tt := range []struct {
		filter, out, want string
		total             int
	}{
		{"user:app", "", "user:app", 7},
		{"user:app", "5", "user:app id:!5", 6},
		{"a | b", "5", "(a | b) id:!5", 6},
		{"", "5", "id:!5", 6},
		{"", "", everything, 7},
	} {
		var s selection
		s.all(tt.filter)
		if tt.out != "" {
			s.take(tt.out)
		}
		if got := s.bulk(api.JobKill, 7); got.Filter != tt.want || got.Total != tt.total || got.IDs != nil {
			t.Errorf("%q less %q: got %+v, want %q of %d", tt.filter, tt.out, got, tt.want, tt.total)
		}
		if _, err := view.Parse(s.bulk(api.JobKill, 7).Filter); err != nil {
			t.Error(err)
		}
	}
}

// Ensure many ids are followed by filters that are not too long.
// Ensure all that match can be selected as soon as they are known, before their
// rows are drawn.
func TestSelectMatchingAtOnce(t *testing.T) {
	reset(t)
	ask := api.Subscribe{View: sessionsView, Topic: api.TopicSessions, Filter: "user:nobody"}
	console.store.Open(ask)
	none := api.Frame{Type: api.FrameSnapshot, View: sessionsView, All: 3}
	console.store.Apply(none)
	p := &sessionsPage{}
	p.sync()
	press := func() bool {
		p.sel.clear()
		sessionsCursor{p}.choose("*", true)
		return p.sel.matching
	}
	if press() {
		t.Error("none match, and all are selected")
	}
	ask.Filter = "user:app"
	console.store.Open(ask)
	if !press() || p.sel.filter != "user:app" {
		t.Errorf("while the rows are on their way %+v is selected", p.sel)
	}
	none.Total, none.IDs = 3, []string{"1", "2", "3"}
	console.store.Apply(none)
	if !press() || p.sel.filter != "user:app" {
		t.Errorf("before the rows are drawn %+v is selected", p.sel)
	}
}

func TestIDViews(t *testing.T) {
	reset(t)
	var ids []string
	for i := range 300 {
		ids = append(ids, strconv.Itoa(1000000+i))
	}
	var w idViews
	w.watch(ids)
	followed := 0
	for _, name := range w.names {
		filter := console.store.View(name).Ask.Filter
		if _, err := view.Parse(filter); err != nil {
			t.Error(err)
		}
		followed += 1 + strings.Count(filter, ",")
	}
	if followed != len(ids) || len(w.names) != 3 {
		t.Errorf("got %d ids in %d views, want %d in 3", followed, len(w.names), len(ids))
	}
	w.watch(ids[:1])
	if got := len(console.store.Asks()); got != 1 {
		t.Errorf("got %d views, want 1", got)
	}
	if w.watch(nil); len(console.store.Asks()) != 0 {
		t.Error("views are left")
	}
}

// Ensure columns are where there is room for them, and the address keeps a
// choice.
func TestColumns(t *testing.T) {
	usual := "id state user client schema service server in-state age stmt io filter"
	for _, tt := range []struct {
		name        string
		set         columnSet
		width, room int
		services    bool
		want        string
	}{
		{"wide", nil, 1440, 1257, true, usual},
		{"one service", nil, 1440, 1257, false, strings.Replace(usual, " service", "", 1)},
		{"below 1400", nil, 1399, 1328, true, "id state user client schema service server in-state age stmt"},
		{"below 1180", nil, 1179, 1108, true, "id state user client service in-state age stmt"},
		{"below 900", nil, 899, 828, true, "state user id age stmt"},
		{"chosen", columnsIn("stmt,mem,id,nonsense"), 1000, 929, true, "id stmt mem"},
		{"too many", columnSet(nil).with("program", true).with("tls", true).with("mem", true), 1200, 1129, true, "id state user client program tls schema service stmt"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range tt.set.fit(tt.width, tt.room, tt.services) {
				got = append(got, c.name)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
	if set := columnSet(nil).with("mem", true).with("mem", false); set != nil {
		t.Errorf("got %v, want the usual columns", set)
	}
	if set := columnsIn("state").with("id", false); !slices.Contains(set, "id") {
		t.Errorf("got %v, want the id in it", set)
	}
}

// Ensure commands survive a shell whatever is in them.
func TestShellQuote(t *testing.T) {
	for _, text := range []string{
		"", "plain", "two words", "it's", `"$(rm -rf ~)"`, "`id`", "a;b|c&d", `back\slash`, "-x", "=ls", "~", "*", "новый", "new\nline", "esc\x1b]0;x\a", "tab\t'quote'",
	} {
		out, err := exec.Command("bash", "-c", "printf %s "+shellQuote(text)).Output()
		if err != nil || string(out) != text {
			t.Errorf("%q: got %q, %v from %s", text, out, err, shellQuote(text))
		}
	}
}

// Ensure an export names what the table shows.
func TestExport(t *testing.T) {
	reset(t)
	e := export{filter: `stmt:"a&b" user:x`, sort: "-age", columns: []*column{columnNamed("id"), columnNamed("stmt")}}
	for _, tt := range []struct{ got, want string }{
		{e.path("csv", true), "/v1/sessions?columns=id%2Cstmt&format=csv&q=stmt%3A%22a%26b%22+user%3Ax&sort=-age"},
		{e.path("json", false), "/v1/sessions?q=stmt%3A%22a%26b%22+user%3Ax&sort=-age"},
		{e.curl(), "curl -u ann '/v1/sessions?q=stmt%3A%22a%26b%22+user%3Ax&sort=-age'"},
		{e.maxctrl(), "maxctrl -u ann -p '' list sessions"},
		{export{ids: []string{"1", "2"}}.maxctrl(), "maxctrl -u ann -p '' show session 1\nmaxctrl -u ann -p '' show session 2"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}

// Ensure the list offers what can be typed, and only that.
func TestCompletions(t *testing.T) {
	values := func(key string) []string {
		return map[string][]string{"user": {"app", "app_rw", `o"hara`}}[key]
	}
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"in", []string{"in-state>"}},
		{"state:tr", []string{"state:trx-long", "state:trx"}},
		{"state:!idle,tr", []string{"state:!idle,trx-long", "state:!idle,trx"}},
		{"user:app", []string{"user:app_rw"}},
		{"user:o", []string{`user:"o\"hara"`}},
		{"age>", nil},
		{`"in`, nil},
		{"(in", nil},
	} {
		var got []string
		for _, c := range completions(tt.text, values) {
			got = append(got, c.text)
			if _, value := splitTerm(c.text); value != "" {
				if _, err := view.Parse(c.text); err != nil {
					t.Errorf("%s: %v", c.text, err)
				}
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q: %s", tt.text, diff)
		}
	}
}

// Ensure chips can be taken apart, put together and replaced.
func TestFilterBox(t *testing.T) {
	reset(t)
	p := &sessionsPage{}
	f := &p.box
	f.take(p, "user:app state:idle")
	f.put("state:running")
	f.toggle("age>1h")
	if got, want := f.text(), "user:app state:running age>1h"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	f.toggle("age>1h")
	f.chipKey("ArrowLeft", true)
	f.chipKey("ArrowLeft", true)
	f.chipKey("Enter", true)
	if got, want := f.draft+" of "+strings.Join(f.terms, " "), "user:app of state:running"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	f.toggleRaw()
	if f.draft != "state:running user:app" || f.terms != nil {
		t.Errorf("got %q and %q", f.draft, f.terms)
	}
	f.toggleRaw()
	if diff := cmp.Diff([]string{"state:running", "user:app"}, f.terms); diff != "" {
		t.Error(diff)
	}
	if got := console.store.View(sessionsView).Ask.Filter; got != "state:running user:app" {
		t.Errorf("got %q asked for", got)
	}
	f.draft = "(age>"
	f.page.top()
	if f.bad == nil || console.store.View(sessionsView).Ask.Filter != "state:running user:app" {
		t.Error("a wrong filter is in effect")
	}
}

// Ensure a filter that only lacks its end is no mistake while the list says how
// it could go on.
func TestFilterProblem(t *testing.T) {
	reset(t)
	for _, tt := range []struct {
		draft string
		want  bool
	}{
		{"state:", false}, {"state:idle", false}, {"user:", true}, {"(age>", true}, {"state:nonsense", true}, {"nonsense:x", true},
	} {
		p := &sessionsPage{}
		p.box.take(p, "")
		p.box.draft = tt.draft
		p.box.complete(true)
		p.top()
		if got := showsProblem(&p.box); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.draft, got, tt.want)
		}
	}
}

// Ensure names of views are names.
func TestViewNameOf(t *testing.T) {
	views := []api.SavedView{{Name: "mine"}}
	for name, want := range map[string]string{"  a \n b ": "a b", "": "", "mine": "", strings.Repeat("x", 65): "", "<img onerror>": "<img onerror>"} {
		if got, err := viewNameOf(name, views); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v", name, got, err)
		}
	}
}

// Ensure only what is drawn near the screen is drawn.
func TestDrawn(t *testing.T) {
	w := tableWindow{top: 32000, height: 632, limit: 100, offset: 970}
	first, last := w.drawn(970, 100)
	if first+970 > 1000-nearby || last+970 < 1020+nearby || last-first > 60 {
		t.Errorf("got %d to %d", first, last)
	}
	if first, last = w.drawn(0, fewRows); first != 0 || last != fewRows {
		t.Errorf("got %d to %d of few", first, last)
	}
	if first, last = w.drawn(5000, 100); first != 0 || last != 0 {
		t.Errorf("got %d to %d of rows that are elsewhere", first, last)
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
		{"stmt:/a|b c/ x", []string{"stmt:/a|b c/", "x"}},
		{`stmt:"a\" b" x`, []string{`stmt:"a\" b"`, "x"}},
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

// Ensure keys move the cursor and select, and that the cursor stays on its
// session.
func TestSessionsKeys(t *testing.T) {
	reset(t)
	fill(t, sessionsView, "1", "2", "3", "4")
	p := &sessionsPage{}
	press := func(keys ...string) {
		probe(t, func(ctx app.Context) {
			for _, key := range keys {
				name, shift := strings.CutPrefix(key, "Shift+")
				p.sync()
				p.key(ctx, name, shift)
			}
		})
	}
	for _, step := range []struct {
		keys         []string
		cursor, want string
	}{
		{[]string{"j", "j"}, "2", ""},
		{[]string{"x", "Shift+ArrowDown"}, "3", "2 3"},
		{[]string{"Shift+ArrowUp"}, "2", "2"},
		{[]string{"End", "x"}, "4", "2 4"},
		{[]string{"Escape", "Home"}, "1", ""},
		{[]string{"ArrowUp", "k"}, "1", ""},
		{[]string{"*"}, "1", ""},
	} {
		press(step.keys...)
		if got := strings.Join(p.sel.ids(), " "); got != step.want || p.cursor != step.cursor {
			t.Errorf("%v: got %q chosen and the cursor on %s, want %q and %s", step.keys, got, p.cursor, step.want, step.cursor)
		}
	}
	if !p.sel.matching || p.sel.count(4) != 4 {
		t.Error("not all that match are chosen")
	}
	press("Escape")
	fill(t, sessionsView, "4", "3", "2", "1")
	press("j")
	if p.cursor != "1" {
		t.Errorf("the cursor went to %s, want it at the end with its session 1", p.cursor)
	}
	press("Shift+K")
	if console.kill.ID != "1" {
		t.Errorf("the dialog is about %q, want 1", console.kill.ID)
	}
}

// Ensure rows are drawn at most so often for what happens to them, and at once
// for what is done.
func TestDrawPace(t *testing.T) {
	var d drawPace
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	draws, waits := 0, 0
	for i := range 100 { // told 20 times a second, for 5 seconds
		now := at.Add(time.Duration(i) * 50 * time.Millisecond)
		if d.tell(now) > 0 {
			waits++
		}
		if d.draw(now) {
			draws++
		}
		d.later = false
	}
	if draws != 20 || waits != 80 {
		t.Errorf("got %d draws and %d waits, want 20 and 80", draws, waits)
	}
	for range 2 {
		if !d.draw(at.Add(5 * time.Second)) {
			t.Error("what is done is not drawn")
		}
	}
	now := at.Add(5*time.Second + time.Millisecond)
	if d.tell(now) != drawPause-time.Millisecond || d.tell(now) != 0 || d.draw(now) {
		t.Error("it does not wait once")
	}
	d.due = true
	d.tell(now)
	if !d.draw(now) {
		t.Error("what is due is not drawn")
	}
}

// Ensure a row says how its session has ended, and does not take another one's
// end for it.
func TestEndings(t *testing.T) {
	reset(t)
	rows := []tableRow{
		{Session: &api.Session{ID: "1", Attributes: api.SessionAttributes{ConnectedAt: "a"}}, ended: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)},
		{Session: &api.Session{ID: "2"}},
	}
	console.prefs.own.Time = "utc"
	for _, tt := range []struct {
		name string
		a    api.SessionAttributes
		want string
	}{
		{"killed", api.SessionAttributes{ConnectedAt: "a", EndedAt: "2026-11-21T11:59:58.000Z", EndedBy: "ops-1", EndReason: "killed"}, "ended 11:59:58, killed by ops-1"},
		{"quit", api.SessionAttributes{ConnectedAt: "a", EndedAt: "2026-11-21T11:59:58.000Z", EndReason: "client quit"}, "ended 11:59:58, client quit"},
		{"replaced", api.SessionAttributes{ConnectedAt: "b", EndedAt: "2026-11-21T11:59:58.000Z", EndedBy: "ops-1"}, "ended 12:00:00"},
		{"lives", api.SessionAttributes{ConnectedAt: "a"}, "ended 12:00:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var e endings
			e.ask(rows)
			if got := console.store.View(endView).Ask.ID; got != "1" {
				t.Fatalf("got %q asked for, want 1", got)
			}
			raw, err := json.Marshal(api.Session{ID: "1", Attributes: tt.a})
			if err != nil {
				t.Fatal(err)
			}
			console.store.Apply(api.Frame{Type: api.FrameSnapshot, View: endView, IDs: []string{"1"}, Upserts: []json.RawMessage{raw}})
			e.ask(rows)
			if got := e.words(rows[0]); got != tt.want || e.asked != "" {
				t.Errorf("got %q, %q asked for, want %q", got, e.asked, tt.want)
			}
			console.unwatch(endView)
		})
	}
}

// Ensure what is read out is that levels have changed, and not too often.
func TestLevelNews(t *testing.T) {
	reset(t)
	fill(t, sessionsView, "1")
	v := console.store.View(sessionsView)
	var n levelNews
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		after time.Duration
		sum   api.Summary
		want  string
	}{
		{0, api.Summary{Running: 1, Long: 3}, ""},
		{10 * time.Second, api.Summary{Running: 9, Long: 3}, ""},
		{20 * time.Second, api.Summary{Running: 9, Long: 4}, "1 session is now running for long."},
		{21 * time.Second, api.Summary{Long: 6, Killing: 2}, "1 session is now running for long."},
		{26 * time.Second, api.Summary{Long: 6, Killing: 2}, "2 sessions are now running for long, 2 sessions are now waiting for a kill."},
		{36 * time.Second, api.Summary{}, "2 sessions are now running for long, 2 sessions are now waiting for a kill."},
	} {
		v.Summary = step.sum
		if n.hear(v, at.Add(step.after)); n.text != step.want {
			t.Errorf("after %v: got %q, want %q", step.after, n.text, step.want)
		}
	}
}
