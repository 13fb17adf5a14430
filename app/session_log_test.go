package app

import (
	"encoding/json"
	"strings"
	"testing"

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
	if diff := cmp.Diff([]string{"one", "two"}, tab.kept); diff != "" {
		t.Error(diff)
	}
	probe(t, func(ctx app.Context) { tab.rejoin(ctx, app.Event{}) })
	if tab.away || tab.kept != nil {
		t.Error("the reader does not follow")
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
