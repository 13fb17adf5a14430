package app

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/model"
)

// put puts objects into the view of a topic, as a snapshot does.
func put[A any](t *testing.T, topic string, objects ...api.Resource[A]) {
	t.Helper()
	console.store.Open(api.Subscribe{View: topic, Topic: topic})
	f := api.Frame{Type: api.FrameSnapshot, View: topic, Total: len(objects), All: len(objects)}
	for _, o := range objects {
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		f.IDs, f.Upserts = append(f.IDs, o.ID), append(f.Upserts, raw)
	}
	console.store.Apply(f)
}

// Ensure every state of a server has its word, and the gravest comes first.
func TestRole(t *testing.T) {
	for state, want := range map[string]string{
		"Master, Running":              "primary Primary",
		"Slave, Running":               "replica Replica",
		"Relay Master, Slave, Running": "replica Relay",
		"Running":                      "running Running",
		"Down":                         "down Down crit",
		"Auth Error, Down":             "down Down crit",
		"Auth Error, Running":          "blocked Login refused attn",
		"Maintenance, Down":            "maint Maintenance info",
		"Maintenance, Running":         "maint Maintenance info",
		"Draining, Master, Running":    "drain Draining info",
		"":                             "connecting Unknown",
		"Masterful":                    "connecting Unknown",
	} {
		glyph, word, level := role(state)
		got := glyph + " " + word
		if level != "" {
			got += " " + level
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", state, got, want)
		}
	}
}

// Ensure parameters and figures come out flat and in order, whatever a module
// nests in them.
func TestSettings(t *testing.T) {
	var values map[string]any
	text := `{"b":2.5,"a":true,"none":null,"list":["x","y"],"empty":[],"deep":{"z":{"y":1}},
		"per":[{"id":"server1","read":3},{"read":4}],"big":123456789012}`
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	want := []setting{
		{"a", "true"},
		{"b", "2.5"},
		{"big", "123456789012"},
		{"deep.z.y", "1"},
		{"empty", ""},
		{"list", "x, y"},
		{"none", ""},
		{"per.2.read", "4"},
		{"per.server1.read", "3"},
	}
	if diff := cmp.Diff(want, settingsOf(values), cmp.AllowUnexported(setting{})); diff != "" {
		t.Error(diff)
	}
	if got, want := settingLine(set(values)), "a=true b=2.5 big=123456789012 deep.z.y=1 list=x, y per.2.read=4 per.server1.read=3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Ensure addresses are written as one would type them.
func TestEndpoint(t *testing.T) {
	for _, tt := range []struct {
		parameters api.Parameters
		want       string
	}{
		{api.Parameters{"address": "127.0.0.1", "port": 4006.0}, "127.0.0.1:4006"},
		{api.Parameters{"address": "::", "port": 4006.0}, "[::]:4006"},
		{api.Parameters{"address": "db.example", "port": nil}, "db.example"},
		{api.Parameters{"address": "::", "port": 0.0, "socket": "/run/s.sock"}, "/run/s.sock"},
		{nil, ""},
	} {
		if got := endpoint(tt.parameters); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.parameters, got, tt.want)
		}
	}
}

// Ensure times of other days say their day.
func TestDayTime(t *testing.T) {
	now := time.Date(2026, 11, 21, 23, 0, 0, 0, time.Local)
	for _, tt := range []struct {
		at   time.Time
		want string
	}{
		{now.Add(-time.Hour), "22:00:00"},
		{now.AddDate(0, 0, -1), "20 Nov 23:00:00"},
		{now.AddDate(-1, 0, 0), "21 Nov 2025 23:00"},
	} {
		if got := dayTime(tt.at, now); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if got := dated(""); got != "" {
		t.Errorf("got %q for no date, want nothing", got)
	}
}

// Ensure each table draws its objects, with links that lead to them, and the
// page of each object.
func TestObjectPages(t *testing.T) {
	details := "connection refused"
	put := func(t *testing.T) {
		put(t, api.TopicServices, api.Service{ID: "Read Write", Attributes: api.ServiceAttributes{
			State: "Started", Users: make([]api.ServiceUser, maxAccounts+1), RouterDiagnostics: map[string]any{"queries": 1},
		}, Relationships: api.Relationships{"filters": {Data: []api.Reference{{ID: "a"}, {ID: "b"}}}}})
		put(t, api.TopicServers, api.Server{ID: "s1", Attributes: api.ServerAttributes{
			State: "Down", StateDetails: &details, ReplicationLag: -1, SlaveConnections: make([]api.SlaveConn, 1),
		}})
		put(t, api.TopicFilters, api.Filter{ID: "QLA", Attributes: api.FilterAttributes{
			Module: "qlafilter", FilterDiagnostics: map[string]any{"log": []string{"one", "two"}, "logged": 2},
		}})
		put(t, api.TopicListeners, api.Listener{ID: "l1", Attributes: api.ListenerAttributes{State: "Failed"}})
	}
	for _, tt := range []struct {
		name string
		page func(id string) app.UI
		id   string
		path string
	}{
		{"services", servicesTable.render, "Read Write", "/services/Read%20Write"},
		{"servers", serversTable.render, "s1", "/servers/s1"},
		{"filters", filtersTable.render, "QLA", "/filters/QLA"},
		{"listeners", listenersTable.render, "l1", "/listeners/l1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reset(t)
			if err := load(tt.page("")); err != nil {
				t.Errorf("before there is data: %v", err)
			}
			put(t)
			root := tt.page("")
			if err := load(root); err != nil {
				t.Fatal(err)
			}
			match(t, root, app.A().Class("name").Href(tt.path).Title(tt.id), 1, 0, 1, 0, 0, 0)
			if err := load(tt.page(tt.id)); err != nil {
				t.Fatal(err)
			}
			gone := tt.page("gone")
			if err := load(gone); err != nil {
				t.Fatal(err)
			}
			match(t, gone, app.Text("gone"), 2, 0, 1, 0)
		})
	}
}

// shown draws what a test made.
type shown struct {
	app.Compo
	root app.UI
}

// Render draws it.
func (s *shown) Render() app.UI { return s.root }

func load(root app.UI) error { return app.NewTestEngine().Load(&shown{root: root}) }

func match(t *testing.T, root, want app.UI, path ...int) {
	t.Helper()
	if err := app.TestMatch(root, app.TestUIDescriptor{Path: app.TestPath(path...), Expected: want}); err != nil {
		t.Error(err)
	}
}

// Ensure a filter means the very name, whatever is in it.
func TestQuotedMeansTheName(t *testing.T) {
	for _, name := range []string{"app", "Read Write", `a"b`, `back\slash\`, "st*r", "a,b", "!x", "/re/", "<b>", ""} {
		f, err := view.Parse("user:" + quoted(name))
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		for _, other := range []string{name, name + "x", "other"} {
			s := &api.Session{Attributes: api.SessionAttributes{User: other}}
			if got := f.Match(s); got != (other == name) {
				t.Errorf("%q: got %v for %q", name, got, other)
			}
		}
	}
}

// Ensure the command connects to where a listener is, and a shell reads nothing
// into it.
func TestTestCommand(t *testing.T) {
	for _, tt := range []struct {
		parameters api.Parameters
		want       string
	}{
		{api.Parameters{"address": "10.0.0.7", "port": 4006.0}, "mariadb --host=10.0.0.7 --port=4006 --user=USER --password"},
		{api.Parameters{"address": "::", "port": 4006.0, "ssl": true}, "mariadb --host=proxy.example --port=4006 --ssl --user=USER --password"},
		{api.Parameters{"socket": "/run/it's; rm -rf $HOME"}, `mariadb --socket='/run/it'\''s; rm -rf $HOME' --user=USER --password`},
	} {
		l := &api.Listener{Attributes: api.ListenerAttributes{Parameters: tt.parameters}}
		if got := testCommand(l, "proxy.example"); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

// Ensure a lag shows where the role does, and how long the state has lasted.
func TestServerSign(t *testing.T) {
	lagAlarms = alarms{}
	s := &api.Server{ID: "s", Attributes: api.ServerAttributes{State: "Slave, Running", ReplicationLag: 7, TriggeredAt: "Sat, 21 Nov 2026 11:50:00 GMT"}}
	if glyph, word, level := serverSign(s, noon); glyph+word+level != "longLaggingattn" {
		t.Errorf("got %s %s %s", glyph, word, level)
	}
	if got := stateAge(s, noon); got != "10m 00s" {
		t.Errorf("got %q", got)
	}
	if got := stateAge(&api.Server{}, noon); got != "—" {
		t.Errorf("got %q without an event", got)
	}
}

// Ensure the sessions of a filter are counted when the server tells.
func TestFilterSessions(t *testing.T) {
	reset(t)
	f := &api.Filter{ID: "QLA"}
	want := func(text string) {
		t.Helper()
		root := app.Div().Body(filterSessions(f))
		if err := load(root); err != nil {
			t.Fatal(err)
		}
		match(t, root, app.A().Class("tnum").Href("/sessions?q=filter%3AQLA").Text(text), 0)
	}
	want("show")
	putIn(t, api.Subscribe{View: filterCrowds, Topic: api.TopicGroups}, api.Group{ID: "1", Attributes: api.GroupAttributes{Values: []string{"QLA"}, Sessions: 1284}})
	want("1\u202f284")
}

// Ensure the lines of a filter are not among its figures.
func TestFilterLines(t *testing.T) {
	reset(t)
	put(t, api.TopicFilters, api.Filter{ID: "QLA", Attributes: api.FilterAttributes{
		FilterDiagnostics: map[string]any{"log": []string{"one\n", "two"}, "logged": 2},
	}})
	f, _ := model.Row[api.FilterAttributes](console.store.View(api.TopicFilters), "QLA")
	lines, ok := filterLines(f)
	if diff := cmp.Diff([]string{"one", "two"}, lines); diff != "" || !ok {
		t.Error(ok, diff)
	}
	if got, want := settingLine(filterFigures(f)), "logged=2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, ok := filterLines(&api.Filter{}); ok {
		t.Error("a filter without lines has some")
	}
}

// Ensure links to sessions quote names that the filter language would part.
func TestQuoted(t *testing.T) {
	for value, want := range map[string]string{"RW-Split_1.a": "RW-Split_1.a", "Read Write": `"Read Write"`, "a:b": `"a:b"`} {
		if got := quoted(value); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}

// Ensure bad answers are said in words, and keep what there was before them.
func TestPollAnswered(t *testing.T) {
	taken := 0
	take := func(text []byte) error {
		if string(text) != "good" {
			return errors.New("bad")
		}
		taken++
		return nil
	}
	p := &poll{busy: true}
	p.answered(nil, &client.Error{Status: 403, Detail: "No."}, take)
	if got, want := p.note(), "Your role may not see this. No."; got != want || p.busy || !p.ready {
		t.Errorf("got %q, busy %v, ready %v, want %q", got, p.busy, p.ready, want)
	}
	p.answered([]byte("good"), nil, take)
	if p.note() != "" || taken != 1 || p.at.IsZero() {
		t.Errorf("got %q, taken %d after a good answer", p.note(), taken)
	}
	p.at = time.Date(2026, 11, 21, 12, 0, 0, 0, time.Local)
	p.answered([]byte("other"), nil, take)
	if got, want := p.note(), "As of 12:00:00. The server's answer cannot be read: bad."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	now := p.asked
	if p.due(now.Add(time.Second), 2*time.Second) || !p.due(now.Add(2*time.Second), 2*time.Second) {
		t.Error("asks at the wrong time")
	}
	turn := p.turn
	p.again()
	if p.turn != turn+1 || p.ready || p.failed != "" {
		t.Errorf("got %+v after the question changed", p)
	}
}

// Ensure a record opens and closes with its row, and shows what changed.
func TestAudit(t *testing.T) {
	reset(t)
	p := &auditPage{}
	err := p.take([]byte(`{"data":[
		{"id":"2","type":"audit","attributes":{"id":2,"time":"2026-11-21T12:00:00.000Z","actor":"ann","action":"session.kill","target":"sessions/7/pending/kill","status":403,"result":"not allowed"}},
		{"id":"1","type":"audit","attributes":{"id":1,"actor":"bob","action":"user.create","target":"users/inet","before":null,"after":{"a":[1]},"status":204,"result":"ok"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		click, opened string
		rows          int
	}{{"1", "1", 3}, {"2", "2", 3}, {"2", "", 2}} {
		p.toggle(tt.click)
		if rows := p.renderRecords(p.records); p.opened != tt.opened || len(rows) != tt.rows {
			t.Errorf("click on %s: got %q open and %d rows, want %q and %d", tt.click, p.opened, len(rows), tt.opened, tt.rows)
		}
	}
	p.opened = "1"
	if err := load(app.Table().Body(p.renderRecords(p.records)...)); err != nil {
		t.Error(err)
	}
	if got, want := pretty(p.records[1].After), "{\n  \"a\": [\n    1\n  ]\n}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := pretty(p.records[1].Before); got != "" {
		t.Errorf("got %q for null, want nothing", got)
	}
}

// Ensure what was begun and is done has one row, and what has no end is seen.
func TestAuditIntents(t *testing.T) {
	reset(t)
	p := &auditPage{}
	err := p.take([]byte(`{"data":[
		{"id":"4","attributes":{"id":4,"result":"ok","status":204,"intent":3}},
		{"id":"3","attributes":{"id":3,"result":"begun"}},
		{"id":"2","attributes":{"id":2,"result":"begun"}},
		{"id":"1","attributes":{"id":1,"result":"ok","status":204}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []uint64
	for _, r := range p.records {
		got = append(got, r.ID)
	}
	if diff := cmp.Diff([]uint64{4, 2, 1}, got); diff != "" {
		t.Error(diff)
	}
	if got := resultWords(&p.records[1]); got != "begun, and nothing is known of its end" {
		t.Errorf("got %q", got)
	}
}

// Ensure a check of the log says what it has found, and what it could not do.
func TestAuditCheck(t *testing.T) {
	reset(t)
	for _, tt := range []struct{ answer, want string }{
		{`{"ok":true,"records":1}`, "1 record, as it was written"},
		{`{"ok":true,"records":1200,"unchained":3}`, "1\u202f200 records, all as they were written; 3 are from before records had hashes"},
		{`{"problems":1,"problem":"it has no hash","file":"audit.log.1","line":7,"id":90}`, "Record 90 (line 7 of audit.log.1): it has no hash"},
		{`{"problems":3,"problem":"it is not a record","file":"audit.log","line":7}`, "Line 7 of audit.log: it is not a record; 2 more"},
		{`{"problems":1,"problem":"the last record is not there"}`, "The last record is not there."},
	} {
		p := &auditPage{checking: true}
		p.verified([]byte(tt.answer), nil)
		if p.checking || p.checked == nil {
			t.Fatalf("%s: got %+v", tt.answer, p)
		}
		if got := checkText(p.checked); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.answer, got, tt.want)
		}
		if err := load(p.renderCheck()); err != nil {
			t.Error(err)
		}
	}
	p := &auditPage{checking: true}
	p.verified(nil, &client.Error{Status: 403, Detail: "No."})
	if p.checked != nil || p.failed != "The log was not checked. Your role may not see this. No." {
		t.Errorf("got %q", p.failed)
	}
	for want, got := range map[string]string{
		"": auditQuery("", ""), "?q=actor%3Aa%26b": auditQuery("actor:a&b", ""), "?format=ndjson&q=x": auditQuery("x", "ndjson"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Ensure targets lead to the page of what they are about.
func TestTargetPage(t *testing.T) {
	for target, want := range map[string]string{
		"sessions/7/pending/kill": "/sessions/7", "servers/s1": "/servers/s1", "sessions": "", "users/inet/ann": "", "": "", "jobs/x": "/pending/x", "jobs": "",
	} {
		if got := targetPage(target); got != want {
			t.Errorf("%q: got %q, want %q", target, got, want)
		}
	}
}
