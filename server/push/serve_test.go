package push

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/signalbox/signalbox/api"
)

// serve starts a hub behind a real HTTP server on the loopback interface. The
// user of a connection is the query parameter user, its login is login-<user>.
func serve(t testing.TB, o Options) (*Hub, string) {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	h := New(o)
	ended := make(chan error)
	go func() { ended <- h.Run(t.Context()) }()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := r.FormValue("user")
		h.Serve(w, r, Principal{User: user, Role: "basic", Login: "login-" + user, Cookie: r.FormValue("cookie") != ""})
	}))
	t.Cleanup(func() {
		h.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return h, "ws" + strings.TrimPrefix(server.URL, "http")
}

func dial(t testing.TB, url string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { conn.Close() })
	return conn
}

// next reads the next frame that is not a heartbeat.
func next(t testing.TB, conn *websocket.Conn) api.Frame {
	t.Helper()
	for {
		var f api.Frame
		if err := conn.ReadJSON(&f); err != nil {
			t.Fatal(err)
		}
		if f.Type != api.FrameHeartbeat {
			return f
		}
	}
}

// closeCode reads until the connection ends and returns its close code and the
// last frame.
func closeCode(t *testing.T, conn *websocket.Conn) (int, api.Frame) {
	t.Helper()
	var last api.Frame
	for {
		var f api.Frame
		err := conn.ReadJSON(&f)
		if err == nil {
			last = f
			continue
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) {
			t.Fatalf("got %v, want a close frame", err)
		}
		return closed.Code, last
	}
}

// eventually waits until done, which must come by itself.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

func TestHelloAndView(t *testing.T) {
	s := newStore(idle(1, "app"))
	_, url := serve(t, Options{Source: s, Version: "v9"})
	conn := dial(t, url+"?user=ops-1")
	if f := next(t, conn); f.Type != api.FrameHello || f.Version != "v9" || f.User != "ops-1" || f.Role != "basic" || f.Now == "" {
		t.Errorf("got %+v, want a hello to ops-1", f)
	}
	if err := conn.WriteJSON(table); err != nil {
		t.Fatal(err)
	}
	wantFrame(t, next(t, conn), "snapshot table 1: 1/1 ids 1 +1 idle")
	start := time.Now()
	s.set(idle(2, "app"), true)
	wantFrame(t, next(t, conn), "patch table 2: 2/2 ids 1,2 +2 idle")
	if took := time.Since(start); took > roundEvery/2 {
		t.Errorf("a new session took %v to arrive", took)
	}
	if err := conn.WriteJSON(api.Subscribe{Type: api.SubscribeType, View: "bad", Topic: api.TopicSessions, Filter: "("}); err != nil {
		t.Fatal(err)
	}
	if f := next(t, conn); f.Type != api.FrameError || f.View != "bad" {
		t.Errorf("got %+v, want an error about the view bad", f)
	}
}

// A fast, a slow and a dead client share a hub: the slow one misses frames and
// ends up with the truth, the dead one is forgotten, the fast one notices
// nothing.
func TestFastSlowAndDead(t *testing.T) {
	s := newStore(idle(1, "app"))
	h, url := serve(t, Options{Source: s})
	fast, slow, dead := dial(t, url), dial(t, url), dial(t, url)
	for _, conn := range []*websocket.Conn{fast, slow, dead} {
		next(t, conn)
		if err := conn.WriteJSON(table); err != nil {
			t.Fatal(err)
		}
		next(t, conn)
	}
	dead.NetConn().Close()
	eventually(t, "two clients left", func() bool { return h.Clients() == 2 })

	// Large statements fill the slow one's buffers until it is behind.
	filler := strings.Repeat("x", 1<<20)
	isBehind := func() bool {
		found := false
		for _, c := range h.find(func(Principal) bool { return true }) {
			c.box.mu.Lock()
			for _, slot := range c.box.slots {
				found = found || slot.state == behind
			}
			c.box.mu.Unlock()
		}
		return found
	}
	seq := uint64(1)
	for i := 0; !isBehind(); i++ {
		if i == 200 {
			t.Fatal("the slow client is never behind")
		}
		s.set(running(idle(1, "app"), fmt.Sprint(filler, i)), true)
		f := next(t, fast)
		if seq++; f.Seq != seq {
			t.Fatalf("fast: got seq %d, want %d", f.Seq, seq)
		}
	}
	last := running(idle(1, "app"), "the last one")
	s.set(last, true)
	if f := next(t, fast); f.Seq != seq+1 {
		t.Fatalf("fast: got seq %d, want %d", f.Seq, seq+1)
	}

	seen, kinds := uint64(1), ""
	for seen < seq+1 {
		f := next(t, slow)
		if f.Type == api.FramePatch && f.Seq != seen+1 {
			t.Errorf("slow: got a patch with seq %d after %d without a snapshot between", f.Seq, seen)
		}
		seen, kinds = f.Seq, kinds+string(f.Type[0])
		if seen == seq+1 && !strings.Contains(string(f.Upserts[0]), "the last one") {
			t.Error("slow: the last frame does not have the last statement")
		}
	}
	if !strings.Contains(kinds, "s") {
		t.Errorf("slow: got no snapshot in %d frames, want one in place of what it missed", len(kinds))
	}
}

func TestOrigin(t *testing.T) {
	_, url := serve(t, Options{Source: newStore(), Origins: []string{"https://console.example"}})
	host := strings.TrimPrefix(url, "ws://")
	for _, tt := range []struct {
		name, origin, cookie string
		want                 int
	}{
		{"none-with-token", "", "", http.StatusSwitchingProtocols},
		{"none-with-cookie", "", "yes", http.StatusForbidden},
		{"listed", "https://console.example", "yes", http.StatusSwitchingProtocols},
		{"own-host", "http://" + host, "yes", http.StatusSwitchingProtocols},
		{"other", "https://evil.example", "", http.StatusForbidden},
		{"listed-but-http", "http://console.example", "yes", http.StatusForbidden},
		{"longer", "https://console.example.evil", "yes", http.StatusForbidden},
		{"other-port", "http://127.0.0.1:1", "yes", http.StatusForbidden},
		{"null", "null", "yes", http.StatusForbidden},
		{"other-scheme", "ftp://" + host, "yes", http.StatusForbidden},
		{"user-info", "http://x@" + host, "yes", http.StatusForbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header := http.Header{}
			if tt.origin != "" {
				header.Set("Origin", tt.origin)
			}
			conn, answer, err := websocket.DefaultDialer.Dial(url+"?cookie="+tt.cookie, header)
			if err == nil {
				conn.Close()
			}
			if answer == nil || answer.StatusCode != tt.want {
				t.Errorf("got %v, %v, want status %d", answer, err, tt.want)
			}
		})
	}
}

func TestCaps(t *testing.T) {
	h, url := serve(t, Options{Source: newStore(), MaxClients: 3, MaxPerUser: 2})
	refused := func(user string) int {
		conn, answer, err := websocket.DefaultDialer.Dial(url+"?user="+user, nil)
		if err == nil {
			conn.Close()
			t.Fatalf("%s was let in", user)
		}
		text, err := io.ReadAll(answer.Body)
		if err != nil || !strings.Contains(string(text), `{"errors":[{"detail":"`) {
			t.Errorf("got %s, %v, want an error object", text, err)
		}
		return answer.StatusCode
	}
	first := dial(t, url+"?user=a")
	dial(t, url+"?user=a")
	if got := refused("a"); got != http.StatusTooManyRequests {
		t.Errorf("third of one user: got %d, want %d", got, http.StatusTooManyRequests)
	}
	dial(t, url+"?user=b")
	if got := refused("c"); got != http.StatusServiceUnavailable {
		t.Errorf("fourth of all: got %d, want %d", got, http.StatusServiceUnavailable)
	}
	first.Close()
	eventually(t, "the place is free again", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.total == 2
	})
	next(t, dial(t, url+"?user=a"))
}

func TestBadMessages(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		kind       int
		want       int
	}{
		{"not-json", "hello", websocket.TextMessage, api.CloseBadMessage},
		{"type", `{"type":"kill","view":"v"}`, websocket.TextMessage, api.CloseBadMessage},
		{"no-name", `{"type":"subscribe","topic":"sessions"}`, websocket.TextMessage, api.CloseBadMessage},
		{"long-name", `{"type":"unsubscribe","view":"` + strings.Repeat("v", 65) + `"}`, websocket.TextMessage, api.CloseBadMessage},
		{"binary", `{"type":"subscribe","view":"v","topic":"sessions"}`, websocket.BinaryMessage, api.CloseBadMessage},
		{"too-long", `{"view":"` + strings.Repeat("v", maxMessage) + `"}`, websocket.TextMessage, websocket.CloseMessageTooBig},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, url := serve(t, Options{Source: newStore()})
			conn := dial(t, url)
			if err := conn.WriteMessage(tt.kind, []byte(tt.text)); err != nil {
				t.Fatal(err)
			}
			code, last := closeCode(t, conn)
			if code != tt.want {
				t.Errorf("got close code %d, want %d", code, tt.want)
			}
			if code == api.CloseBadMessage && (last.Type != api.FrameBye || last.Detail == "" || last.Reconnect) {
				t.Errorf("got %+v, want a bye with the reason and without reconnect", last)
			}
			eventually(t, "nobody left", func() bool { return h.Clients() == 0 })
		})
	}
}

func TestFlood(t *testing.T) {
	_, url := serve(t, Options{Source: newStore()})
	conn := dial(t, url)
	for range maxPerMinute + 1 {
		if err := conn.WriteJSON(api.Subscribe{Type: api.UnsubscribeType, View: "v"}); err != nil {
			t.Fatal(err)
		}
	}
	if code, _ := closeCode(t, conn); code != api.CloseBadMessage {
		t.Errorf("got close code %d, want %d", code, api.CloseBadMessage)
	}
}

func TestRevoke(t *testing.T) {
	h, url := serve(t, Options{Source: newStore()})
	a, b, c := dial(t, url+"?user=a"), dial(t, url+"?user=b"), dial(t, url+"?user=c")
	eventually(t, "all connected", func() bool { return h.Clients() == 3 })
	h.Revoke("a")
	h.RevokeLogin("login-b")
	for _, conn := range []*websocket.Conn{a, b} {
		if code, last := closeCode(t, conn); code != api.CloseUnauthorized || last.Type != api.FrameBye || last.Reconnect {
			t.Errorf("got close code %d after %+v, want %d", code, last, api.CloseUnauthorized)
		}
	}
	next(t, c)
	eventually(t, "one left", func() bool { return h.Clients() == 1 })
}

func TestClose(t *testing.T) {
	h, url := serve(t, Options{Source: newStore()})
	conn, silent := dial(t, url), dial(t, url)
	eventually(t, "connected", func() bool { return h.Clients() == 2 })
	var closer sync.WaitGroup
	start := time.Now()
	closer.Go(func() { h.Close() })
	if code, last := closeCode(t, conn); code != api.CloseRestart || last.Type != api.FrameBye || !last.Reconnect {
		t.Errorf("got close code %d after %+v, want %d and a bye that says to reconnect", code, last, api.CloseRestart)
	}
	closer.Wait() // though silent never answers
	if took := time.Since(start); took > 2*closeWait {
		t.Errorf("closing took %v", took)
	}
	_ = silent
	if _, answer, err := websocket.DefaultDialer.Dial(url, nil); err == nil || answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after Close: got %v, want status 503", answer)
	}
}

func TestCloseWithoutRun(t *testing.T) {
	h := New(Options{Source: newStore()})
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if err := h.Run(t.Context()); err != nil {
		t.Errorf("run after close: %v", err)
	}
	if err := h.Run(t.Context()); err == nil {
		t.Error("second run: got no error")
	}
}

// pipes is a listener of connections in memory, for bubbles.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p.accept <- server
	return client, nil
}

// inMemory runs test in a bubble with one connection to a hub.
func inMemory(t *testing.T, o Options, test func(h *Hub, conn *websocket.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o.Source = newStore(idle(1, "app"))
		o.Logger = slog.New(slog.DiscardHandler)
		h := New(o)
		go h.Run(t.Context())
		synctest.Wait()
		listener := &pipes{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.Serve(w, r, Principal{User: "a"})
		})}
		go server.Serve(listener)
		dialer := websocket.Dialer{NetDial: listener.dial}
		conn, _, err := dialer.Dial("ws://pipe/v1/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		test(h, conn)
		conn.Close()
		h.Close()
		server.Close()
	})
}

func TestWriteDeadline(t *testing.T) {
	inMemory(t, Options{}, func(h *Hub, conn *websocket.Conn) {
		time.Sleep(writeWait - time.Millisecond) // the hello waits to be read
		synctest.Wait()
		if got := h.Clients(); got != 1 {
			t.Errorf("before the deadline: got %d clients, want 1", got)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if got := h.Clients(); got != 0 {
			t.Errorf("after the deadline: got %d clients, want none", got)
		}
	})
}

func TestPongDeadline(t *testing.T) {
	inMemory(t, Options{}, func(h *Hub, conn *websocket.Conn) {
		pings := 0
		answer := conn.PingHandler()
		conn.SetPingHandler(func(text string) error {
			if pings++; pings <= 3 {
				return answer(text)
			}
			return nil // from now on the client is dead, but its machine reads
		})
		go func() {
			for {
				if _, _, err := conn.ReadMessage(); err != nil {
					return
				}
			}
		}()
		time.Sleep(3*pingEvery + pingEvery + pongWait - 2*time.Second)
		synctest.Wait()
		if got := h.Clients(); got != 1 {
			t.Errorf("before the deadline: got %d clients, want 1", got)
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if got := h.Clients(); got != 0 {
			t.Errorf("after the deadline: got %d clients, want none", got)
		}
	})
}

func TestLoginsAreLookedAtAgain(t *testing.T) {
	valid := make(chan bool, 2)
	valid <- true
	valid <- false
	inMemory(t, Options{Valid: func(p Principal) bool { return p.User == "a" && <-valid }}, func(h *Hub, conn *websocket.Conn) {
		start := time.Now()
		code, _ := closeCode(t, conn)
		if took := time.Since(start); code != api.CloseUnauthorized || took != 2*validEvery {
			t.Errorf("got close code %d after %v, want %d after %v", code, took, api.CloseUnauthorized, 2*validEvery)
		}
	})
}
