package client

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/server/push"
)

// oneSession is a Source with one session, whose user changes.
type oneSession struct {
	mu    sync.Mutex // protects following
	user  string
	watch func(push.Change)
}

func (o *oneSession) Session(_ uint64, s *api.Session) (time.Time, bool) {
	*s = *o.SessionDetail(1)
	return time.Time{}, true
}

func (o *oneSession) SessionDetail(uint64) *api.Session {
	o.mu.Lock()
	defer o.mu.Unlock()
	return &api.Session{ID: "1", Attributes: api.SessionAttributes{User: o.user}}
}

func (o *oneSession) SessionIDs() []uint64                        { return []uint64{1} }
func (o *oneSession) Rates(uint64) (in, out float64, _ time.Time) { return 0, 0, time.Time{} }
func (o *oneSession) Fingerprint(statement string) string         { return statement }
func (o *oneSession) Objects(string) []push.Object                { return nil }
func (o *oneSession) Job(string) (push.Object, bool)              { return push.Object{}, false }

func (o *oneSession) Watch(fn func(push.Change)) func() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.watch = fn
	return func() {}
}

func (o *oneSession) rename(user string) {
	o.mu.Lock()
	o.user = user
	watch := o.watch
	o.mu.Unlock()
	watch(push.Change{Topic: api.TopicSessions, Session: 1, Notable: true})
}

// A socket against the real hub, over loopback: login by cookie, view, change,
// restart of the server, end of the login.
func TestSocketAndHub(t *testing.T) {
	source := &oneSession{user: "first"}
	var mu sync.Mutex // protects following
	hub, loggedIn := push.New(push.Options{Source: source, Version: "v1"}), true
	start := func(h *push.Hub) (stop func()) {
		ended := make(chan error)
		go func() { ended <- h.Run(t.Context()) }()
		return func() {
			h.Close()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	stop := start(hub)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h, in := hub, loggedIn
		mu.Unlock()
		cookie, err := r.Cookie("sid")
		switch {
		case r.URL.Path == "/console/v1/login":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "secret", Path: "/"})
		case !in || err != nil || cookie.Value != "secret":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/console/v1/ws":
			h.Serve(w, r, push.Principal{User: "ops-1", Role: "admin", Cookie: true})
		}
	}))
	defer server.Close()

	c := New(server.URL + "/console")
	if err := c.Login(t.Context(), "ops-1", "pw"); err != nil {
		t.Fatal(err)
	}
	frames, states := make(chan api.Frame, 100), make(chan State, 1000)
	socket := c.Open(
		func(f api.Frame) {
			if f.Type != api.FrameHeartbeat {
				frames <- f
			}
		},
		func(s State) { states <- s },
	)
	defer socket.Close()
	next := func(kind api.FrameType, word string) {
		t.Helper()
		select {
		case f := <-frames:
			if f.Type != kind || word != "" && (len(f.Upserts) != 1 || !strings.Contains(string(f.Upserts[0]), word)) {
				t.Fatalf("got %+v, want a %s with %q", f, kind, word)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("no %s has come", kind)
		}
	}
	socket.Subscribe(api.Subscribe{View: "all", Topic: api.TopicSessions})
	next(api.FrameHello, "")
	next(api.FrameSnapshot, "first")
	source.rename("second")
	next(api.FramePatch, "second")

	stop()
	next(api.FrameBye, "")
	mu.Lock()
	hub = push.New(push.Options{Source: source, Version: "v2"})
	mu.Unlock()
	stop = start(hub)
	defer func() { stop() }()
	next(api.FrameHello, "")
	next(api.FrameSnapshot, "second")
	if state := socket.State(); state.Version != "v2" || state.User != "ops-1" || state.Role != "admin" {
		t.Errorf("got %+v, want version v2 for ops-1", state)
	}

	mu.Lock()
	loggedIn = false
	mu.Unlock()
	hub.Revoke("ops-1")
	next(api.FrameBye, "")
	for deadline := time.After(10 * time.Second); ; {
		select {
		case state := <-states:
			if state.Final {
				if state.Code != api.CloseUnauthorized || state.Connected {
					t.Errorf("got %+v, want the end of the login", state)
				}
				return
			}
		case <-deadline:
			t.Fatal("the end of the login is not noticed")
		}
	}
}
