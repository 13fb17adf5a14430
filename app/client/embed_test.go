package client

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/signalbox/signalbox/api"
)

// ticketServer lets in who has an access token: calls by a header, the push feed
// by a ticket that is good once.
type ticketServer struct {
	mu      sync.Mutex // protects following
	access  string
	tickets map[string]bool
	issued  int
	open    []*websocket.Conn
}

func (s *ticketServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := r.Header.Get("Authorization") == "Bearer "+s.access
	switch {
	case r.URL.Path == "/v1/embed/exchange":
		text, _ := io.ReadAll(r.Body)
		if string(text) != `{"token":"a.b.c"}` {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(api.EmbedAccess{AccessToken: s.access, View: "sessions"})
	case r.URL.Path == "/v1/ws":
		protocols := websocket.Subprotocols(r)
		if len(protocols) != 2 || protocols[0] != api.Subprotocol || !s.tickets[strings.TrimPrefix(protocols[1], api.TicketPrefix)] {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		delete(s.tickets, strings.TrimPrefix(protocols[1], api.TicketPrefix))
		upgrader := websocket.Upgrader{Subprotocols: []string{api.Subprotocol}}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		s.open = append(s.open, conn)
		_ = conn.WriteJSON(api.Frame{Type: api.FrameHello, User: "embed"})
	case !known:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/v1/ws-ticket" && r.Method == http.MethodPost:
		s.issued++
		ticket := strings.Repeat("t", s.issued)
		s.tickets[ticket] = true
		_ = json.NewEncoder(w).Encode(api.Ticket{Ticket: ticket})
	default:
		_, _ = w.Write([]byte("{}"))
	}
}

// Ensure that with an access token calls and the feed need no cookie, that each
// connection has a ticket of its own, and that the end of the token is final.
func TestBearer(t *testing.T) {
	server := &ticketServer{access: "secret", tickets: map[string]bool{}}
	web := httptest.NewServer(server)
	defer web.Close()
	c := New(web.URL)
	access, err := c.Exchange(t.Context(), "a.b.c")
	if err != nil || access.AccessToken != "secret" {
		t.Fatalf("got %+v, %v", access, err)
	}
	if _, err := c.WhoAmI(t.Context()); err == nil {
		t.Error("an exchange alone puts the token into effect")
	}
	c.Bearer(access.AccessToken)
	if _, err := c.WhoAmI(t.Context()); err != nil {
		t.Errorf("with the token: %v", err)
	}

	states := make(chan State, 1000)
	socket := c.Open(func(api.Frame) {}, func(s State) { states <- s })
	defer socket.Close()
	until := func(what string, fn func(State) bool) {
		t.Helper()
		late := time.After(20 * time.Second)
		for {
			select {
			case s := <-states:
				if fn(s) {
					return
				}
			case <-late:
				t.Fatalf("never came true: %s", what)
			}
		}
	}
	hangUp := func() {
		server.mu.Lock()
		defer server.mu.Unlock()
		for _, conn := range server.open {
			_ = conn.Close()
		}
	}
	until("connected", func(s State) bool { return s.Connected && s.User == "embed" })
	hangUp()
	until("lost", func(s State) bool { return !s.Connected })
	until("connected again", func(s State) bool { return s.Connected })
	server.mu.Lock()
	if server.issued < 2 || len(server.tickets) > 0 {
		t.Errorf("%d tickets for two connections, %d left", server.issued, len(server.tickets))
	}
	server.access = "another"
	server.mu.Unlock()
	hangUp()
	until("given up", func(s State) bool { return s.Final && s.Code == api.CloseUnauthorized })
}
