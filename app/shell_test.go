package app

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
)

// Ensure each page has a title of its own, and that tabs are of one page.
func TestTitles(t *testing.T) {
	for path, want := range map[string]string{
		"/overview":                "Overview",
		"/sessions":                "Sessions",
		"/sessions/4711":           "Session 4711",
		"/sessions/4711/log":       "Session 4711: log",
		"/services/RW%20Split":     "Service RW Split",
		"/queries":                 "Live queries",
		"/settings/thresholds":     "Settings: thresholds",
		"/pending":                 "Pending",
		"/pending/12":              "Job 12",
		"/nothing":                 "No such page",
		"/sessions/<b>%zz":         "Session <b>%zz",
		"/audit/some/thing/longer": "Audit some",
	} {
		if got := titleOf(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"/sessions/7", "/sessions/7/log", true},
		{"/sessions/7", "/sessions/8", false},
		{"/sessions", "/sessions/7", false},
		{"/settings/profile", "/settings/shortcuts", true},
		{"", "/overview", false},
	} {
		if got := pageOf(tt.a) == pageOf(tt.b); got != tt.same {
			t.Errorf("%q and %q: got the same page %v, want %v", tt.a, tt.b, got, tt.same)
		}
	}
}

// Ensure the sign says how old the data are, and only changes are read out.
// Ensure installations of different names look different, and none looks plain.
func TestEnvironment(t *testing.T) {
	reset(t)
	for name, want := range map[string]string{
		"": "plain", "prod": "env whole", "PROD-eu": "env whole", "live": "env whole", "staging": "env broken", "preprod": "env broken", "test": "env other",
	} {
		if got := environmentClass(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	console.gate, console.who.Environment = gateOpen, "staging"
	if got := (&shell{path: "/sessions"}).title(); got != "Sessions · STAGING · Signalbox" {
		t.Errorf("the title is %s", got)
	}
}

func TestFreshness(t *testing.T) {
	reset(t)
	since := time.Date(2026, 11, 21, 14, 2, 11, 0, time.Local)
	live := client.State{Connected: true, BehindMs: 300}
	lost := client.State{Since: since, BehindMs: 12000}
	final := client.State{Final: true, Since: since, Err: "The login has ended."}
	for _, tt := range []struct {
		name  string
		state client.State
		want  string
	}{
		{"live", live, "live Live · 0.3 s behind"},
		{"slow", client.State{Connected: true, BehindMs: 4000}, "slow Slow · 4.0 s behind"},
		{"stale", client.State{Connected: true, BehindMs: 11000}, "stale Stale · 11 s behind"},
		{"lost", lost, "stale Stale since 14:02:11"},
		{"final", final, "off Not connected · The login has ended."},
	} {
		class, text, rest := freshnessWords(tt.state)
		if got := class + " " + text + rest; got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	console.held = true
	if class, _, _ := freshnessWords(live); class != "held" {
		t.Errorf("got %s, want held", class)
	}
	if class, _, _ := freshnessWords(lost); class != "stale" {
		t.Errorf("got %s, want stale also while rows are held", class)
	}
	for _, tt := range []struct {
		before, now client.State
		news        bool
	}{
		{live, live, false}, {live, lost, true}, {lost, lost, false}, {lost, live, true}, {lost, final, true}, {final, final, false},
	} {
		if got := freshnessNews(tt.before, tt.now); got != "" != tt.news {
			t.Errorf("%+v to %+v: got %q, want news %v", tt.before, tt.now, got, tt.news)
		}
	}
}

// Ensure clocks stand still while the data are stale, and that what grows is
// only said to be at least so long.
func TestStaleClocks(t *testing.T) {
	reset(t)
	if got := elapsed(192 * time.Second); got != "3m 12s" {
		t.Errorf("got %q", got)
	}
	console.heard(client.State{Connected: true, BehindMs: 12000})
	at := console.now()
	if left := time.Since(at); left < 12*time.Second || left > 13*time.Second {
		t.Errorf("the clock stands %v before now, want at the last that was heard", left)
	}
	console.heard(client.State{Connected: false, BehindMs: 14000})
	if got := console.now(); !got.Equal(at) {
		t.Errorf("the clock went on from %v to %v", at, got)
	}
	if got := elapsed(192 * time.Second); got != "≥ 3m 12s" {
		t.Errorf("got %q", got)
	}
	console.heard(client.State{Connected: true})
	if got := time.Since(console.now()); got > time.Second {
		t.Errorf("the clock is %v behind, want it to go again", got)
	}
}

// Ensure instants are written as the user has chosen.
func TestTimes(t *testing.T) {
	now := time.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for _, tt := range []struct {
		format   string
		at       time.Time
		when     string
		fullText string
	}{
		{"", ago(0), now.Local().Format("15:04:05"), now.Local().Format("2006-01-02 15:04:05")},
		{"utc", ago(0), now.UTC().Format("15:04:05"), now.UTC().Format("2006-01-02 15:04:05")},
		{"utc", ago(72 * time.Hour), ago(72 * time.Hour).UTC().Format("2006-01-02 15:04:05"), ago(72 * time.Hour).UTC().Format("2006-01-02 15:04:05")},
		{"relative", ago(5500 * time.Millisecond), "5 s ago", "5 s ago"},
		{"relative", ago(90*time.Minute + time.Second), "1h 30m ago", "1h 30m ago"},
		{"relative", ago(0), "now", "now"},
		{"relative", ago(-31 * time.Second), "in 30 s", "in 30 s"},
		{"utc", time.Time{}, "—", "—"},
		{"relative", time.Time{}, "—", "—"},
	} {
		reset(t)
		console.prefs.own.Time = tt.format
		if diff := cmp.Diff([]string{tt.when, tt.fullText}, []string{when(tt.at), full(tt.at)}); diff != "" {
			t.Errorf("%q: %s", tt.format, diff)
		}
	}
	if got := exact(time.Date(2026, 11, 21, 12, 0, 0, 5e6, time.UTC)); got != "2026-11-21T12:00:00.005Z" {
		t.Errorf("got %s", got)
	}
}

// Ensure times go round through the formats.
func TestTimesSwitch(t *testing.T) {
	reset(t)
	var got []string
	probe(t, func(ctx app.Context) {
		for range 3 {
			nextTimeFormat(ctx)
			got = append(got, console.prefs.own.Time)
		}
	})
	if diff := cmp.Diff([]string{"utc", "relative", ""}, got); diff != "" {
		t.Error(diff)
	}
}

// Ensure a newer console is offered once the server has one, and not before.
func TestOutdated(t *testing.T) {
	reset(t)
	console.layer.build = "a"
	for _, tt := range []struct {
		version string
		want    bool
	}{{"a", false}, {"", false}, {"b", true}, {"a", false}} {
		console.heard(client.State{})
		console.heard(client.State{Connected: true, Version: tt.version})
		got := strings.Contains(app.HTMLString(renderOutdated()), "A new version is installed.")
		if got != tt.want {
			t.Errorf("build a, server %q: got offered %v, want %v", tt.version, got, tt.want)
		}
	}
}

// Ensure notices go by themselves, are few, and can be taken back once.
func TestToasts(t *testing.T) {
	reset(t)
	undone := 0
	for range 6 {
		console.say("text", false)
	}
	console.say("bad", true)
	console.sayUndo("done", "Undo", func(app.Context) { undone++ })
	if got := len(console.toasts); got != maxToasts {
		t.Errorf("got %d notices, want %d", got, maxToasts)
	}
	id := console.toasts[maxToasts-1].id
	probe(t, func(ctx app.Context) {
		answerToast(ctx, id, "")
		answerToast(ctx, id, "undo")
		answerToast(ctx, id, "undo")
	})
	if undone != 1 {
		t.Errorf("taken back %d times, want once", undone)
	}
	now := time.Now()
	console.toasts = freshToasts(console.toasts, now.Add(7*time.Second))
	if len(console.toasts) != 1 || !console.toasts[0].bad {
		t.Errorf("got %+v after 7 s, want only that something went wrong", console.toasts)
	}
	if got := freshToasts(console.toasts, now.Add(16*time.Second)); len(got) != 0 {
		t.Errorf("got %+v after 16 s, want none", got)
	}
}

// Ensure the rail counts what is known and says nothing of what is not.
func TestRailCounts(t *testing.T) {
	reset(t)
	if _, known := console.known.count("sessions"); known {
		t.Error("sessions are counted before the server has said anything")
	}
	if _, known := console.known.count("servers"); known {
		t.Error("servers are counted before the server has said anything")
	}
	console.store.Open(api.Subscribe{View: countsView, Topic: api.TopicSessions})
	console.store.Apply(api.Frame{Type: api.FrameSnapshot, View: countsView, Total: 1284, All: 1284, Summary: &api.Summary{Running: 37}})
	console.known.take("servers", []api.Resource[struct{}]{{ID: "b"}, {ID: "a"}})
	html := app.HTMLString((&rail{Path: "/sessions/7"}).Render())
	for _, want := range []string{"1\u202f284", ">37<", ">2<"} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is missing in %s", want, html)
		}
	}
	if strings.Count(html, `aria-current="page"`) != 1 {
		t.Errorf("one link is the page's own: %s", html)
	}
	if diff := cmp.Diff([]string{"a", "b"}, console.known.names["servers"]); diff != "" {
		t.Error(diff)
	}
}

// Ensure thresholds are read as they are meant, and nonsense is refused before
// it is sent.
func TestThresholds(t *testing.T) {
	for _, tt := range []struct {
		text string
		want float64
		ok   bool
	}{
		{"", 0, true},
		{" 90 ", 90, true},
		{"1.5", 1.5, true},
		{"1,5", 1.5, true},
		{"86400", 86400, true},
		{"0", 0, false},
		{"-1", 0, false},
		{"86401", 0, false},
		{"NaN", 0, false},
		{"1m", 0, false},
		{"1e99", 0, false},
	} {
		got, problem := parseSeconds(tt.text)
		if got != tt.want || problem == "" != tt.ok {
			t.Errorf("%q: got %v, %q, want %v, right %v", tt.text, got, problem, tt.want, tt.ok)
		}
	}
	reset(t)
	k := &keeper{kept: api.Preferences{Shared: api.SharedPreferences{Thresholds: api.Thresholds{LongQuery: 30, Lag: 9}}}}
	f := &thresholdForm{}
	serve(t, k, func() {
		f.enter("lag", "x")
		f.save()
		if f.failed == "" || len(k.bodies()) > 0 {
			t.Errorf("got %q and %d calls, want a refusal and none", f.failed, len(k.bodies()))
		}
		f.enter("lag", "7")
		f.enter("long-query", "")
		f.save()
	}, func() bool { return len(console.toasts) == 1 })
	if diff := cmp.Diff(api.Thresholds{Lag: 7}, k.kept.Shared.Thresholds); diff != "" {
		t.Error(diff)
	}
}
