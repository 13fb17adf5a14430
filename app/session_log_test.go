package app

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
)

// Ensure lines are parted as the server writes them, and others are not lost.
func TestParseTraceLine(t *testing.T) {
	for _, tt := range []struct {
		line string
		want traceLine
	}{
		{"2026-11-21 22:53:32.129   info   : route to db1: because", traceLine{"2026-11-21", "22:53:32.129", "info", "route to db1: because"}},
		{"2026-11-21 22:53:32.129   warning: slow", traceLine{"2026-11-21", "22:53:32.129", "warning", "slow"}},
		{"2026-11-21 22:53:32.129   error  : ", traceLine{"2026-11-21", "22:53:32.129", "error", ""}},
		{"2026-11-21 22:53:32.129   no level here: text", traceLine{Text: "2026-11-21 22:53:32.129   no level here: text"}},
		{"something else", traceLine{Text: "something else"}},
		{"", traceLine{}},
	} {
		if diff := cmp.Diff(tt.want, parseTraceLine(tt.line)); diff != "" {
			t.Errorf("%q: %s", tt.line, diff)
		}
	}
}

// Ensure the lines that have come meanwhile are counted though old ones go.
func TestNewLines(t *testing.T) {
	for _, tt := range []struct {
		kept, lines string
		want        int
	}{
		{"", "", 0},
		{"", "a b", 2},
		{"a b", "a b", 0},
		{"a b", "a b c", 1},
		{"a b c", "b c d e", 2},
		{"a a a", "a a a b", 1},
		{"a b", "x y z", 3},
	} {
		if got := newLines(strings.Fields(tt.kept), strings.Fields(tt.lines)); got != tt.want {
			t.Errorf("%q to %q: got %d, want %d", tt.kept, tt.lines, got, tt.want)
		}
	}
}

// Ensure lines stay while they are read, and go on when the reader follows
// again.
func TestLogFollow(t *testing.T) {
	reset(t)
	tab := &sessionLogTab{ID: "7"}
	showTab(t, api.SessionAttributes{Log: []string{"one", "two"}})
	tab.Render()
	if tab.leave(false) {
		t.Error("the reader was at the end already")
	}
	if !tab.leave(true) || tab.leave(true) {
		t.Error("the reader has left the end, once")
	}
	showTab(t, api.SessionAttributes{Log: []string{"two", "three"}})
	tab.Render()
	want := func(what string, want ...string) {
		t.Helper()
		lines, _, _ := tab.shown()
		var got []string
		for _, l := range lines {
			got = append(got, l.Text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	want("away", "one", "two")
	if got := tab.waiting(); got != 1 {
		t.Errorf("got %d new lines, want 1", got)
	}
	probe(t, func(ctx app.Context) { tab.rejoin(ctx, app.Event{}) })
	want("at the end", "one", "two", "three")
}

// Ensure the page keeps what it has seen, and says where lines are missing.
func TestSessionTail(t *testing.T) {
	log := func(text string) []string { return strings.Fields(text) }
	for _, tt := range []struct {
		name string
		took [][]string
		sums []uint64
		want string
	}{
		{"first", [][]string{log("a b")}, []uint64{2}, "a b"},
		{"first-of-many", [][]string{log("c d")}, []uint64{216}, "-214 c d"},
		{"grows", [][]string{log("a b"), log("b c")}, []uint64{2, 3}, "a b c"},
		{"same-again", [][]string{log("a b"), log("a b")}, []uint64{2, 2}, "a b"},
		{"same-words", [][]string{log("a a"), log("a a")}, []uint64{2, 4}, "a a a a"},
		{"jumps", [][]string{log("a b"), log("y z")}, []uint64{2, 20}, "a b -16 y z"},
		{"just-not", [][]string{log("a b"), log("c d")}, []uint64{2, 4}, "a b c d"},
		{"not-counted", [][]string{log("a b"), log("b c")}, []uint64{0, 0}, "a b c"},
		{"not-counted-jumps", [][]string{log("a b"), log("y z")}, []uint64{0, 0}, "a b -0 y z"},
		{"anew", [][]string{log("a b"), log("x")}, []uint64{9, 1}, "x"},
		{"nothing", [][]string{nil, nil}, []uint64{0, 0}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var tail sessionTail
			for i := range tt.took {
				tail.take(tt.took[i], tt.sums[i])
			}
			var got []string
			for _, l := range tail.lines {
				if l.Gap {
					l.Text = "-" + strconv.FormatUint(l.Lost, 10)
				}
				got = append(got, l.Text)
			}
			if text := strings.Join(got, " "); text != tt.want {
				t.Errorf("got %q, want %q", text, tt.want)
			}
		})
	}
}

// Ensure the page keeps no more lines than it says.
func TestLogTailLimit(t *testing.T) {
	var tail sessionTail
	for i := range uint64(2 * logKept) {
		tail.take([]string{strconv.FormatUint(i, 10)}, i+1)
	}
	if n := len(tail.lines); n != logKept || tail.lines[n-1].Text != strconv.Itoa(2*logKept-1) {
		t.Errorf("got %d lines up to %q", n, tail.lines[n-1].Text)
	}
	if got := len(tail.upTo(tail.seen - 10)); got != logKept-10 {
		t.Errorf("got %d lines up to the tenth from the end", got)
	}
	if got := len(tail.upTo(1)); got != 0 {
		t.Errorf("got %d lines up to one that is gone", got)
	}
}

// Ensure matches are gone through in both directions, round and round.
func TestNextMatch(t *testing.T) {
	matches := []int{2, 5, 9}
	for _, tt := range []struct{ at, by, want int }{{0, 1, 2}, {2, 1, 5}, {9, 1, 2}, {0, -1, 9}, {5, -1, 2}, {2, -1, 9}, {3, 1, 5}} {
		if got := nextMatch(matches, tt.at, tt.by); got != tt.want {
			t.Errorf("%d by %d: got %d, want %d", tt.at, tt.by, got, tt.want)
		}
	}
	if got := nextMatch(nil, 3, 1); got != 0 {
		t.Errorf("got %d of none", got)
	}
}

// Ensure what was found is marked where it is, and hostile text is left whole.
func TestLogMarks(t *testing.T) {
	for _, tt := range []struct{ text, find, want string }{
		{"route To db1", "to", "route |To| db1"},
		{"route to db1 to db2", "to", "route |to| db1 |to| db2"},
		{"route", "x", "route"},
		{"route", "", "route"},
		{"route to db1", "db1 route", "|route| to |db1|"},
		{"route to db1", "!to", "route to db1"},
		{"İstanbul to", "to", "İstanbul |to|"}, // lower case is longer
		{strings.Repeat("a", 30), "a", "|" + strings.Repeat("a||", maxMarks-1) + "a|" + strings.Repeat("a", 30-maxMarks)},
	} {
		f := findOf(tt.find)
		if got := strings.Join(f.marked(tt.text), "|"); got != tt.want {
			t.Errorf("%q in %q: got %q, want %q", tt.find, tt.text, got, tt.want)
		}
	}
}

// Ensure the time that levels have left holds for those that stay on, and ends
// with the last.
func TestLevelTime(t *testing.T) {
	reset(t)
	until := api.Time(time.Now().Add(10 * time.Minute).UTC().Format(time.RFC3339Nano))
	both := &api.Session{Attributes: api.SessionAttributes{LogUntil: until, Parameters: api.SessionParameters{LogInfo: true, LogDebug: true}}}
	one := &api.Session{Attributes: api.SessionAttributes{LogUntil: until, Parameters: api.SessionParameters{LogInfo: true}}}
	w := &levelSwitches{}
	if got := w.timeFor(both, "log_info", true); got != 15*time.Minute {
		t.Errorf("on: got %v, want the default", got)
	}
	if got := w.timeFor(both, "log_info", false); got < 9*time.Minute+58*time.Second || got > 10*time.Minute {
		t.Errorf("off beside another: got %v, want what is left", got)
	}
	if got := w.timeFor(one, "log_info", false); got != 0 {
		t.Errorf("the last one off: got %v, want none", got)
	}
	w.off = "never"
	if got := w.timeFor(one, "log_debug", true); got != 0 {
		t.Errorf("never: got %v", got)
	}
}

// Ensure a level is switched alone only where that has an effect.
func TestLevelFixed(t *testing.T) {
	reset(t)
	console.store.Open(api.Subscribe{View: logServicesView, Topic: api.TopicServices})
	console.store.Apply(api.Frame{
		Type: api.FrameSnapshot, View: logServicesView, IDs: []string{"rw"}, Upserts: []json.RawMessage{
			[]byte(`{"id":"rw","type":"services","attributes":{"parameters":{"log_notice":true,"log_info":false}}}`),
		},
	})
	s := &api.Session{Relationships: api.Relationships{"services": {Data: []api.Reference{{ID: "rw", Type: "services"}}}}}
	for level, want := range map[string]string{"log_error": "always", "log_notice": "by rw", "log_info": "", "log_debug": ""} {
		if got := levelFixed(s, level); got != want {
			t.Errorf("%s: got %q, want %q", level, got, want)
		}
	}
}

// Ensure the words say what is logged and what to switch on.
func TestLogWords(t *testing.T) {
	reset(t)
	p := &api.SessionParameters{LogError: true, LogNotice: true}
	if got, want := loggedWords(p), "Logged of this session: Error, Notice."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := emptyLog(p); !strings.Contains(got, "Switch on Info") {
		t.Errorf("got %q", got)
	}
	p.LogInfo = true
	if got := emptyLog(p); !strings.Contains(got, "Switch on Debug") {
		t.Errorf("got %q", got)
	}
	console.who.Role = "basic"
	if got := emptyLog(p); strings.Contains(got, "Switch on") {
		t.Errorf("got %q", got)
	}
}
