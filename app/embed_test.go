package app

import (
	"strings"
	"testing"

	"github.com/signalbox/signalbox/api"
)

// Ensure that the addresses of a frame and of the console stand for each other,
// and that a frame shows nothing but its view.
func TestEmbedAddresses(t *testing.T) {
	for _, tt := range []struct {
		name, path, query string
		outside           string            // path of the console that it shows
		inside            map[string]string // addresses in the frame of paths of the console
	}{
		{
			"sessions", "/embed/sessions", "key=k&theme=dark&q=user:app&rows=20", "/sessions", map[string]string{
				"/sessions": "/embed/sessions?key=k&rows=20&theme=dark", "/sessions?q=a": "/embed/sessions?q=a&key=k&rows=20&theme=dark",
				"/sessions/1": "", "/services": "", "/settings/embeds": "", "/": "",
			},
		},
		{"sessions_and_more", "/embed/sessions/4711/chain", "", "/sessions", map[string]string{"/sessions/4711": ""}},
		{
			"session", "/embed/session/4711/chain", "key=k", "/sessions/4711/chain", map[string]string{
				"/sessions/4711": "/embed/session/4711?key=k", "/sessions/4711/log": "/embed/session/4711/log?key=k", "/sessions/4712": "", "/sessions": "",
			},
		},
		{
			"service", "/embed/service/Read Only", "key=k", "/services/Read Only", map[string]string{
				"/services/Read%20Only": "/embed/service/Read%20Only?key=k", "/services/Other": "", "/services/Read%20Only/x": "", "/services": "",
			},
		},
		{"topology", "/embed/topology", "view=table", "/topology", map[string]string{"/topology?by=address": "/embed/topology?by=address", "/servers/a": ""}},
		{"tile", "/embed/tile/running", "", "/tile/running", map[string]string{"/tile/long": "", "/overview": ""}},
		{"nothing", "/embed/settings", "", "/", map[string]string{"/settings": "", "/": ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := newEmbedding(tt.path, tt.query)
			if got := e.outside(tt.path); got != tt.outside {
				t.Errorf("it shows %q, want %q", got, tt.outside)
			}
			for path, want := range tt.inside {
				if got := e.inside(path, false); got != want {
					t.Errorf("%s is %q in the frame, want %q", path, got, want)
				}
			}
		})
	}
	if newEmbedding("/sessions", "") != nil || newEmbedding("/embedded/sessions", "") != nil {
		t.Error("a page of the console is taken for a frame")
	}
	e := newEmbedding("/embed/session/1", "")
	if got := e.inside("/sessions/2/chain", true); got != "/embed/session/2/chain" {
		t.Errorf("the page around leads to %q", got)
	}
	if got := newEmbedding("/embed/sessions", "key=k&q=user:app&theme=dark&sort=-age").query("key=k&q=user:app&theme=dark&sort=-age"); got != "q=user%3Aapp&sort=-age" {
		t.Errorf("the page reads %q", got)
	}
	for rows, want := range map[string]int{"": usualEmbedRows, "3": 3, "0": 1, "1000": mostEmbedRows, "many": usualEmbedRows} {
		if got := newEmbedding("/embed/sessions", "rows="+rows).rows; got != want {
			t.Errorf("rows=%s: %d, want %d", rows, got, want)
		}
	}
}

// Ensure that warnings come before the end, but not as long as a token is fresh.
func TestFirstWarning(t *testing.T) {
	for seconds, want := range map[int]int{600: 60, 120: 60, 119: 30, 60: 30, 25: 10, 15: 5, 10: 5, 9: 0, 0: 0} {
		if got := warnings[firstWarning(seconds)]; got != want {
			t.Errorf("of %d s the first warning is at %d, want %d", seconds, got, want)
		}
	}
}

// Ensure that what a frame is limited to stands in it, and what it must not have
// is not there.
func TestEmbedLimits(t *testing.T) {
	defer func(before *embedding) { embedded = before }(embedded)
	embedded = newEmbedding("/embed/sessions", "")
	embedded.access = api.EmbedAccess{Redact: true, Scope: []string{api.ScopeSessions}, Locked: api.EmbedLocked{Query: "user:app", Service: "Shop"}}
	if got := limits(); got != "Only user:app, service Shop · without statements" {
		t.Errorf("the limits are %q", got)
	}
	if !embedded.without("log") || !embedded.without("statements") || embedded.without("chain") {
		t.Error("a frame has tabs that are not for it")
	}
	if embedded.may(api.ScopeObjects) || !embedded.may(api.ScopeSessions) {
		t.Error("a frame asks for what it may not see")
	}
	if got := href("/sessions/1"); got != "/sessions/1" {
		t.Errorf("a link out of the frame is %q", got)
	}
	if got := tracks(columnSet(nil).fit(1440, 1272, true)); strings.HasPrefix(got, "36px") {
		t.Errorf("the table has room for boxes to tick: %s", got)
	}
	var none *embedding
	if none.without("log") || !none.may(api.ScopeStats) {
		t.Error("the console itself lacks something")
	}
	none.did("copy", "1", "done")
}
