package client

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
)

// server is the other end of a socket under test. All of it is in a bubble.
type server struct {
	t      *testing.T
	socket *Socket
	denied bool

	mu     sync.Mutex // protects following
	dialed []*fakeLink
	frames []string // delivered
	states []State
}

// fakeLink is one connection to a server.
type fakeLink struct {
	events linkEvents
	sent   []api.Subscribe
	at     []time.Time // of sent
	closed bool
}

func (l *fakeLink) send(text []byte) {
	var s api.Subscribe
	if err := json.Unmarshal(text, &s); err != nil {
		panic(err)
	}
	l.sent, l.at = append(l.sent, s), append(l.at, time.Now())
}

func (l *fakeLink) close() { l.closed = true }

// live runs test in a bubble with a socket that is dialling.
func live(t *testing.T, test func(s *server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &server{t: t}
		s.socket = &Socket{
			dial: func(events linkEvents) link {
				l := &fakeLink{events: events}
				s.mu.Lock()
				defer s.mu.Unlock()
				s.dialed = append(s.dialed, l)
				return l
			},
			denied: func() bool { return s.denied },
			onFrame: func(f api.Frame) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.frames = append(s.frames, string(f.Type)+" "+f.View+" "+strings.Join(f.IDs, ","))
			},
			onState: func(state State) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.states = append(s.states, state)
			},
		}
		s.socket.open()
		test(s)
		s.socket.Close()
	})
}

// links returns all connections so far.
func (s *server) links() []*fakeLink {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.dialed)
}

func (s *server) link() *fakeLink {
	links := s.links()
	return links[len(links)-1]
}

// push sends a frame over the newest link.
func (s *server) push(f api.Frame) {
	s.t.Helper()
	f.Now = api.Time(time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	text, err := json.Marshal(f)
	if err != nil {
		s.t.Fatal(err)
	}
	s.link().events.message(text)
}

func (s *server) hello() {
	s.t.Helper()
	s.link().events.open()
	s.push(api.Frame{Type: api.FrameHello, Version: "v1", User: "ops-1", Role: "admin"})
}

// pass lets time go by with a heartbeat each second.
func (s *server) pass(d time.Duration) {
	s.t.Helper()
	for ; d > 0; d -= time.Second {
		time.Sleep(min(d, time.Second))
		s.push(api.Frame{Type: api.FrameHeartbeat})
	}
}

func (s *server) want(frames ...string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if diff := cmp.Diff(frames, s.frames); diff != "" {
		s.t.Errorf("frames (-want +got):\n%s", diff)
	}
	s.frames = nil
}

func ask(name, filter string) api.Subscribe {
	return api.Subscribe{View: name, Topic: api.TopicSessions, Filter: filter}
}

func snapshot(name string, seq uint64, ids ...string) api.Frame {
	return api.Frame{Type: api.FrameSnapshot, View: name, Seq: seq, IDs: ids}
}

func patch(name string, seq uint64, ids ...string) api.Frame {
	return api.Frame{Type: api.FramePatch, View: name, Seq: seq, IDs: ids}
}

func TestViewsComeInSequence(t *testing.T) {
	live(t, func(s *server) {
		s.socket.Subscribe(ask("a", "x"))
		s.hello()
		s.push(patch("a", 4, "too-early"))
		s.push(snapshot("a", 5, "1"))
		s.push(patch("a", 6, "2"))
		s.push(snapshot("b", 1, "nobody-asked"))
		s.want("hello  ", "snapshot a 1", "patch a 2")

		s.push(patch("a", 8, "after-a-gap"))
		s.push(patch("a", 9, "still"))
		s.want()
		want := api.Subscribe{Type: api.SubscribeType, View: "a", Topic: api.TopicSessions, Filter: "x"}
		if diff := cmp.Diff([]api.Subscribe{want, want}, s.link().sent); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
		s.push(snapshot("a", 9, "3"))
		s.push(patch("a", 10, "4"))
		s.want("snapshot a 3", "patch a 4")

		s.socket.Subscribe(ask("a", "y"))
		s.push(patch("a", 11, "of-the-old-filter"))
		s.push(snapshot("a", 1, "5"))
		s.want("snapshot a 5")

		s.socket.Unsubscribe("a")
		s.socket.Unsubscribe("a")
		s.push(patch("a", 2, "6"))
		s.want()
		if got := s.link().sent[len(s.link().sent)-1]; len(s.link().sent) != 4 || got.Type != api.UnsubscribeType {
			t.Errorf("got %d messages, the last of them %+v, want 4 and an unsubscribe", len(s.link().sent), got)
		}
	})
}

// Ensure what was asked for before the program ran is not asked for again, and
// its frames wait for the page that wants them.
func TestEarlyView(t *testing.T) {
	asked := `{"type":"subscribe","view":"a","topic":"sessions","filter":"x"}`
	begin := func(s *server) {
		s.link().events.asked([]byte(asked))
		s.hello()
		s.push(snapshot("a", 1, "1"))
		s.push(patch("a", 2, "2"))
		s.want("hello  ")
	}
	t.Run("wanted", func(t *testing.T) {
		live(t, func(s *server) {
			begin(s)
			s.socket.Subscribe(ask("a", "x"))
			s.push(patch("a", 3, "3"))
			s.want("snapshot a 1", "patch a 2", "patch a 3")
			if got := s.link().sent; len(got) != 0 {
				t.Errorf("asked %+v, want nothing", got)
			}
			s.link().events.closed(1006, "")
			time.Sleep(firstRetry)
			s.hello()
			if got := s.link().sent; len(got) != 1 || got[0].View != "a" {
				t.Errorf("asked %+v after the reconnect, want the view", got)
			}
		})
	})
	t.Run("wanted_before_the_frames", func(t *testing.T) {
		live(t, func(s *server) {
			s.socket.Subscribe(ask("a", "x"))
			s.link().events.asked([]byte(asked))
			s.hello()
			s.push(snapshot("a", 1, "1"))
			s.want("hello  ", "snapshot a 1")
			if got := s.link().sent; len(got) != 0 {
				t.Errorf("asked %+v, want nothing", got)
			}
		})
	})
	t.Run("another_is_wanted", func(t *testing.T) {
		live(t, func(s *server) {
			begin(s)
			s.socket.Subscribe(ask("a", "y"))
			s.push(patch("a", 3, "of-the-early-one"))
			s.push(snapshot("a", 1, "5"))
			s.want("snapshot a 5")
			if got := s.link().sent; len(got) != 1 || got[0].Filter != "y" {
				t.Errorf("asked %+v, want y", got)
			}
		})
	})
	t.Run("refused", func(t *testing.T) {
		live(t, func(s *server) {
			s.link().events.asked([]byte(asked))
			s.hello()
			s.push(api.Frame{Type: api.FrameError, View: "a", Detail: "no"})
			s.socket.Subscribe(ask("a", "x"))
			s.want("hello  ", "error a ")
		})
	})
	t.Run("nobody_wants_it", func(t *testing.T) {
		live(t, func(s *server) {
			begin(s)
			for seq := range uint64(2 * maxEarly) {
				s.push(patch("a", 3+seq, "more"))
			}
			s.want()
			if got := s.link().sent; len(got) != 1 || got[0].Type != api.UnsubscribeType || got[0].View != "a" {
				t.Errorf("asked %+v, want it to be given up", got)
			}
			if n := len(s.socket.early.frames); n != 0 {
				t.Errorf("%d frames are kept", n)
			}
		})
	})
}

func TestRefusedViewIsGivenUp(t *testing.T) {
	live(t, func(s *server) {
		s.hello()
		s.socket.Subscribe(ask("a", "("))
		s.push(api.Frame{Type: api.FrameError, View: "a", Detail: "filter: this ( is not closed"})
		s.push(snapshot("a", 1, "1"))
		s.want("hello  ", "error a ")
		s.link().events.closed(1006, "")
		time.Sleep(firstRetry)
		s.hello()
		if len(s.link().sent) != 0 {
			t.Errorf("got %+v after the reconnect, want nothing", s.link().sent)
		}
	})
}

func TestReconnect(t *testing.T) {
	live(t, func(s *server) {
		s.socket.Subscribe(ask("a", ""))
		s.hello()
		s.push(snapshot("a", 7, "1"))
		old := s.link()
		old.events.closed(1006, "")
		if state := s.socket.State(); state.Connected || state.Err == "" || !state.Stale() || state.RetryAt.IsZero() {
			t.Errorf("got %+v, want a state that is not connected, says why, and when it tries again", state)
		}
		time.Sleep(firstRetry)
		synctest.Wait()
		if len(s.links()) != 2 {
			t.Fatalf("got %d links, want 2", len(s.links()))
		}
		s.hello()
		old.events.message([]byte(`{"type":"patch","view":"a","seq":8}`)) // of the dead link
		s.push(patch("a", 8, "before-the-snapshot"))
		s.push(snapshot("a", 3, "2"))
		s.want("hello  ", "snapshot a 1", "hello  ", "snapshot a 2")
		if state := s.socket.State(); !state.Connected || state.Err != "" || state.User != "ops-1" || state.Version != "v1" {
			t.Errorf("got %+v, want connected again", state)
		}
	})
}

func TestBackOff(t *testing.T) {
	live(t, func(s *server) {
		var last time.Duration
		for i := range 12 {
			start, n := time.Now(), len(s.links())
			s.link().events.closed(1006, "")
			for len(s.links()) == n {
				time.Sleep(10 * time.Millisecond)
				synctest.Wait()
			}
			last = time.Since(start)
			least := min(firstRetry<<i, lastRetry) / 2
			if most := 2*least + 20*time.Millisecond; last < least || last > most {
				t.Errorf("attempt %d came after %v, want %v to %v", i, last, least, most)
			}
		}
		s.hello()
		s.link().events.closed(1006, "")
		n := len(s.links())
		time.Sleep(firstRetry + 10*time.Millisecond)
		synctest.Wait()
		if len(s.links()) != n+1 {
			t.Error("after a hello the back-off does not start anew")
		}
	})
}

func TestCloseCodes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		code  int
		final bool
	}{
		{"unauthorized", api.CloseUnauthorized, true},
		{"bad-message", api.CloseBadMessage, true},
		{"restart", api.CloseRestart, false},
		{"going-away", 1001, false},
		{"abnormal", 1006, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			live(t, func(s *server) {
				s.hello()
				s.push(api.Frame{Type: api.FrameBye, Detail: "the whole reason"})
				s.link().events.closed(tt.code, "the who")
				time.Sleep(time.Minute)
				synctest.Wait()
				state := s.socket.State()
				if state.Final != tt.final || (len(s.links()) == 1) != tt.final {
					t.Errorf("got final %v and %d links, want %v", state.Final, len(s.links()), tt.final)
				}
				if !tt.final {
					return
				}
				if state.Code != tt.code || state.Err != "the whole reason" {
					t.Errorf("got %d %q, want %d and the reason of the bye", state.Code, state.Err, tt.code)
				}
				s.socket.Retry()
				s.hello()
				if state := s.socket.State(); !state.Connected || state.Final {
					t.Errorf("after Retry: got %+v, want connected", state)
				}
			})
		})
	}
}

func TestEndedLoginIsNoticed(t *testing.T) {
	live(t, func(s *server) {
		s.denied = true
		s.link().events.closed(1006, "") // how a browser shows a 401
		time.Sleep(time.Minute)
		synctest.Wait()
		if state := s.socket.State(); !state.Final || state.Code != api.CloseUnauthorized || len(s.links()) != 1 {
			t.Errorf("got %+v and %d links, want it to be final", state, len(s.links()))
		}
	})
}

func TestSlowAndStale(t *testing.T) {
	live(t, func(s *server) {
		s.hello()
		s.pass(5 * time.Second)
		if state := s.socket.State(); state.Slow() || state.Stale() || state.BehindMs != 0 {
			t.Errorf("with heartbeats: got %+v, want fresh", state)
		}
		time.Sleep(SlowAfter - time.Millisecond)
		if state := s.socket.State(); state.Slow() {
			t.Errorf("got %+v, want not yet slow", state)
		}
		time.Sleep(time.Millisecond)
		if state := s.socket.State(); !state.Slow() || state.Stale() {
			t.Errorf("got %+v, want slow and not stale", state)
		}
		time.Sleep(StaleAfter - SlowAfter)
		synctest.Wait()
		if state := s.socket.State(); !state.Stale() {
			t.Errorf("got %+v, want stale", state)
		}
		time.Sleep(time.Second + firstRetry)
		synctest.Wait()
		if !s.links()[0].closed || len(s.links()) != 2 {
			t.Error("the silent link is not given up for a new one")
		}
		told := false
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, state := range s.states {
			told = told || state.Connected && state.Slow()
		}
		if !told {
			t.Error("nobody was told that the data are slow")
		}
	})
}

func TestNoHello(t *testing.T) {
	live(t, func(s *server) {
		s.link().events.open()
		time.Sleep(StaleAfter + firstRetry)
		synctest.Wait()
		if !s.links()[0].closed || len(s.links()) != 2 {
			t.Error("the link without a hello is not given up")
		}
	})
}

func TestMessagesArePaced(t *testing.T) {
	live(t, func(s *server) {
		s.hello()
		start := time.Now()
		for range 1200 { // two minutes of scrolling
			s.socket.Subscribe(ask("a", time.Now().String()))
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			if time.Since(start)%time.Second == 0 {
				s.push(api.Frame{Type: api.FrameHeartbeat})
			}
		}
		last := ask("a", "the last")
		s.socket.Subscribe(last)
		s.pass(2 * time.Second)
		sent := s.link().sent
		if got := sent[len(sent)-1].Filter; got != "the last" {
			t.Errorf("got %q asked for last, want the last wish", got)
		}
		// What the server allows: 300 at once and 300 more each minute.
		used, before := 0.0, start
		for i, at := range s.link().at {
			used = max(0, used-at.Sub(before).Minutes()*300) + 1
			before = at
			if used > 300 {
				t.Fatalf("message %d is over the server's limit", i)
			}
		}
		if len(sent) < 450 {
			t.Errorf("got %d messages in two minutes, want more than 450", len(sent))
		}
	})
}

func TestCallbacksMayCallTheSocket(t *testing.T) {
	live(t, func(s *server) {
		inner := s.socket.onFrame
		s.socket.onFrame = func(f api.Frame) {
			inner(f)
			if f.Type == api.FrameHello {
				s.socket.Subscribe(ask("a", ""))
				s.socket.State()
			}
		}
		s.hello()
		s.push(snapshot("a", 1, "1"))
		s.want("hello  ", "snapshot a 1")
	})
}

func TestClock(t *testing.T) {
	base := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	stamp := func(t time.Time) api.Time { return api.Time(t.Format("2006-01-02T15:04:05.000Z")) }
	var c clock
	if got := c.server(base); got != base {
		t.Errorf("before any frame: got %v, want the local clock", got)
	}
	// The local clock is an hour ahead; frames take 20 ms, one takes 2 s.
	for i := range 10 {
		sent := base.Add(time.Duration(i) * time.Second)
		delay := 20 * time.Millisecond
		if i == 9 {
			delay = 2 * time.Second
		}
		c.hear(stamp(sent), sent.Add(time.Hour+delay))
	}
	now := base.Add(11 * time.Second)
	if got, want := c.server(now.Add(time.Hour+20*time.Millisecond)), now; got != want {
		t.Errorf("server's clock: got %v, want %v", got, want)
	}
	if got, want := c.behind(now.Add(time.Hour+20*time.Millisecond)), 2*time.Second; got != want {
		t.Errorf("behind: got %v, want %v", got, want)
	}
	c.hear("garbage", now)
	if got := c.heard; got != 10 {
		t.Errorf("got %d frames heard, want a stamp that is none left out", got)
	}
}
