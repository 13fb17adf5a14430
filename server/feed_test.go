package server

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/server/push"
)

// serveHTTP serves the site on its network in memory until stop is called.
func (s *site) serveHTTP() (stop func()) {
	s.t.Helper()
	l, err := s.net.Listen("tcp", "127.0.0.1:8989")
	if err != nil {
		s.t.Fatal(err)
	}
	srv := &http.Server{Handler: s}
	done := make(chan struct{})
	go func() {
		_ = srv.Serve(l)
		close(done)
	}()
	return func() {
		_ = srv.Close()
		<-done
	}
}

// feed opens the push feed and returns its connection and the answer.
func (s *site) feed(headers string) (net.Conn, *bufio.Reader, *http.Response) {
	s.t.Helper()
	conn, err := s.net.Dial(s.t.Context(), "tcp", "127.0.0.1:8989")
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "GET /v1/ws HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", headers)
	if err != nil {
		s.t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return conn, r, answer
}

// frame reads one frame of at most 64 KiB.
func frame(t *testing.T, r io.Reader) (opcode byte, payload []byte) {
	t.Helper()
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		t.Fatal(err)
	}
	size := int(head[1])
	if size == 126 {
		long := make([]byte, 2)
		if _, err := io.ReadFull(r, long); err != nil {
			t.Fatal(err)
		}
		size = int(binary.BigEndian.Uint16(long))
	}
	payload = make([]byte, size)
	if _, err := io.ReadFull(r, payload); err != nil {
		t.Fatal(err)
	}
	return head[0] & 15, payload
}

func TestFeed(t *testing.T) {
	inSite(t, nil, func(s *site) {
		defer s.serveHTTP()()
		cookie := s.logIn(basicUser)
		for name, tt := range map[string]struct {
			headers string
			status  int
		}{
			"anonymous":        {"", 401},
			"without_origin":   {"Cookie: sid=" + cookie.Value + "\r\n", 403},
			"of_another_page":  {"Cookie: sid=" + cookie.Value + "\r\nOrigin: https://evil.example\r\n", 403},
			"with_basic":       {"Authorization: Basic b3BzOmEgbG9uZyBwYXNzd29yZA==\r\n", 101},
			"with_own_origin":  {"Cookie: sid=" + cookie.Value + "\r\nOrigin: http://example.com\r\n", 101},
			"with_wrong_login": {"Cookie: sid=x\r\nOrigin: http://example.com\r\n", 401},
		} {
			conn, r, answer := s.feed(tt.headers)
			if answer.StatusCode != tt.status {
				t.Errorf("%s: got %d, want %d", name, answer.StatusCode, tt.status)
			}
			if answer.StatusCode == 101 {
				_, text := frame(t, r)
				var hello api.Frame
				if err := json.Unmarshal(text, &hello); err != nil || hello.Type != api.FrameHello || hello.Version != s.Build() || hello.Role == "" {
					t.Errorf("%s: got %s, %v", name, text, err)
				}
			}
			_ = conn.Close()
		}
	})
}

// Ensure who logs out does not go on watching.
func TestFeedEndsWithTheLogin(t *testing.T) {
	inSite(t, nil, func(s *site) {
		defer s.serveHTTP()()
		cookie := s.logIn(basicUser)
		conn, r, _ := s.feed("Cookie: sid=" + cookie.Value + "\r\nOrigin: http://example.com\r\n")
		defer func() { _ = conn.Close() }()
		frame(t, r)
		s.wants(s.with(cookie, "POST", "/v1/logout"), 204)
		for {
			opcode, payload := frame(t, r)
			if opcode != 8 {
				continue
			}
			if code := binary.BigEndian.Uint16(payload); code != api.CloseUnauthorized {
				t.Errorf("closed with %d, want %d", code, api.CloseUnauthorized)
			}
			return
		}
	})
}

// Ensure REST and push show the same of an object.
func TestSource(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		from := s.source()
		for _, topic := range []string{api.TopicServices, api.TopicServers, api.TopicListeners, api.TopicFilters, api.TopicMonitors} {
			all := from.Objects(topic)
			if len(all) == 0 {
				t.Errorf("%s has nothing", topic)
			}
			for _, o := range all {
				var pushed, got map[string]any
				text, err := json.Marshal(o.Resource)
				if err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal(text, &pushed); err != nil {
					t.Fatal(err)
				}
				body := s.wants(s.ask(basicUser, "GET", "/v1/"+topic+"/"+o.ID, ""), 200)
				if err := json.Unmarshal([]byte(body), &got); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(withoutLinks(got["data"]), withoutLinks(pushed)); diff != "" {
					t.Errorf("%s %s: %s", topic, o.ID, diff)
				}
			}
		}
		if all := from.SessionIDs(); len(all) != 1 || all[0] != uint64(c.ID) {
			t.Errorf("got sessions %v", all)
		}
		one := new(api.Session)
		if _, ok := from.Session(uint64(c.ID), one); !ok || one.Attributes.User != "app" || one.Attributes.Memory.Total == 0 || len(one.Attributes.Queries) > 0 {
			t.Errorf("got session %v", one)
		}
		if got, want := from.Fingerprint("SELECT 'x', 12"), "SELECT ?, ?"; got != want {
			t.Errorf("got fingerprint %q, want %q", got, want)
		}
		detailed := from.SessionDetail(uint64(c.ID))
		if detailed == nil || len(detailed.Attributes.Events) == 0 {
			t.Fatalf("the whole session has no events: %v", detailed)
		}
		if diff := cmp.Diff(detailed.Relationships, one.Relationships); diff != "" || len(one.Relationships.IDs("filters")) != 2 {
			t.Errorf("relationships of the whole session and of the light one: %s", diff)
		}
		if _, ok := from.Session(99, new(api.Session)); ok || from.SessionDetail(99) != nil {
			t.Error("there is a session 99")
		}
		if from.Objects("nosuch") != nil {
			t.Error("an unknown topic has objects")
		}
	})
}

func withoutLinks(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "links")
		for _, member := range v {
			withoutLinks(member)
		}
	case []any:
		for _, element := range v {
			withoutLinks(element)
		}
	}
	return v
}

func TestWatch(t *testing.T) {
	inSite(t, nil, func(s *site) {
		seen := make(chan push.Change, 1000)
		stop := s.source().Watch(func(c push.Change) {
			if c.Topic == api.TopicSessions && c.Notable {
				seen <- c
			}
		})
		c := s.connect()
		stop()
		if got, want := <-seen, (push.Change{Topic: api.TopicSessions, Session: uint64(c.ID), Notable: true}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}
