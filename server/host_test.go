package server

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox/signalbox/api"
)

// Ensure that the push feed of a host application's user lives as long as the
// login there, and with its rights.
func TestHostFeed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(s *site, login *atomic.Pointer[Principal])
		within time.Duration
	}{
		{"login_ends", func(_ *site, login *atomic.Pointer[Principal]) { login.Store(nil) }, hostAsked},
		{"rights_change", func(_ *site, login *atomic.Pointer[Principal]) { login.Store(&Principal{User: "ann", Role: RoleBasic}) }, hostAsked},
		{"host_revokes", func(s *site, _ *atomic.Pointer[Principal]) { s.Revoke("ann") }, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var login atomic.Pointer[Principal]
			login.Store(&Principal{User: "ann", Role: RoleAdmin})
			inSite(t, func(o *Options) {
				o.Authenticate = func(r *http.Request) (Principal, error) {
					if who := login.Load(); who != nil && r.Header.Get("Cookie") == "portal=ann" {
						return *who, nil
					}
					return Principal{}, errors.New("not logged in")
				}
			}, func(s *site) {
				defer s.serveHTTP()()
				conn, r, answer := s.feed("Cookie: portal=ann\r\nOrigin: http://example.com\r\n")
				defer func() { _ = conn.Close() }()
				if answer.StatusCode != 101 {
					t.Fatalf("got %d, want 101", answer.StatusCode)
				}
				_, text := frame(t, r)
				var hello api.Frame
				if err := json.Unmarshal(text, &hello); err != nil || hello.User != "ann" || hello.Role != "admin" {
					t.Fatalf("got %s, %v", text, err)
				}
				// next reads a frame, and answers a ping with a pong.
				next := func() (byte, []byte) {
					opcode, payload := frame(t, r)
					if opcode == 9 {
						if _, err := conn.Write([]byte{0x8A, 0x80, 0, 0, 0, 0}); err != nil {
							t.Fatal(err)
						}
					}
					return opcode, payload
				}
				lasts := time.Now().Add(3*hostAsked + time.Second)
				for time.Now().Before(lasts) {
					if opcode, _ := next(); opcode == 8 {
						t.Fatal("the feed has ended although the login has not")
					}
				}
				tt.change(s, &login)
				changed := time.Now()
				for {
					opcode, payload := next()
					if opcode != 8 {
						continue
					}
					if code := binary.BigEndian.Uint16(payload); code != api.CloseUnauthorized {
						t.Errorf("closed with %d, want %d", code, api.CloseUnauthorized)
					}
					break
				}
				if took := time.Since(changed); took > tt.within {
					t.Errorf("closed after %v, want at most %v", took, tt.within)
				}
			})
		})
	}
}
