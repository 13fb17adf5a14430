package server

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/api"
)

func TestKill(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?ttl=30&reason=too%20slow", ""), 204)
		kill := s.session(c.ID).Attributes.Pending.Kill
		want := &api.PendingKill{At: apiTime(time.Now().Add(30 * time.Second)), When: "deadline", By: adminUser, Reason: "too slow"}
		if diff := cmp.Diff(want, kill); diff != "" {
			t.Error(diff)
		}
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1/pending/kill", ""), 204)
		time.Sleep(time.Minute)
		s.session(c.ID)

		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?ttl=500ms", ""), 204)
		time.Sleep(499 * time.Millisecond)
		synctest.Wait()
		s.session(c.ID)
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		s.wants(s.ask(adminUser, "GET", "/v1/sessions/1", ""), 404, "1 is not a session")
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?ttl=0", ""), 404, "1 is not a session")

		if _, err := c.Query("SELECT 1"); err == nil {
			t.Error("the client of a killed session got an answer")
		}
	})
}

func TestKillWhenIdle(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		_, _ = c.Query("BEGIN")
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?when=idle&ttl=1h", ""), 204)
		if kill := s.session(c.ID).Attributes.Pending.Kill; kill == nil || kill.When != "idle" {
			t.Errorf("pending kill is %+v, want one that waits for idle", kill)
		}
		_, _ = c.Query("COMMIT")
		synctest.Wait()
		s.wants(s.ask(adminUser, "GET", "/v1/sessions/1", ""), 404)
	})
}

// TestKillWhenIdleOrKeep: what is not idle in time is kept.
func TestKillWhenIdleOrKeep(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		_, _ = c.Query("BEGIN")
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?when=idle&ttl=1m&otherwise=keep", ""), 204)
		if kill := s.session(c.ID).Attributes.Pending.Kill; kill == nil || kill.Otherwise != "keep" {
			t.Errorf("pending kill is %+v, want one that may be given up", kill)
		}
		time.Sleep(2 * time.Minute)
		if kill := s.session(c.ID).Attributes.Pending.Kill; kill != nil {
			t.Errorf("pending kill is %+v after its time", kill)
		}
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?when=idle&ttl=1m&otherwise=kill", ""), 204)
		time.Sleep(2 * time.Minute)
		s.wants(s.ask(adminUser, "GET", "/v1/sessions/1", ""), 404)
	})
}

// TestBadKill is about requests that must kill nobody.
func TestBadKill(t *testing.T) {
	tests := []struct {
		name, path, body string
		status           int
		contains         string
	}{
		{"word", "1?ttl=abc", "", 400, "ttl=abc is not a time"},
		{"empty", "1?ttl=", "", 400, "is not a time"},
		{"negative", "1?ttl=-5", "", 400, "is not a time"},
		{"real", "1?ttl=1.5", "", 400, "is not a time"},
		{"unknown_unit", "1?ttl=5d", "", 400, "is not a time"},
		{"unit_alone", "1?ttl=ms", "", 400, "is not a time"},
		{"huge", "1?ttl=99999999999", "", 400, "at most 8760 h"},
		{"beyond_64_bits", "1?ttl=99999999999999999999999", "", 400, "is not a time"},
		{"spaces", "1?ttl=%205", "", 400, "is not a time"},
		{"plus", "1?ttl=%2B5", "", 400, "is not a time"},
		{"twice", "1?ttl=5&ttl=0", "", 400, "more than once"},
		{"misspelt", "1?tll=30", "", 400, "tll is not a parameter of a kill"},
		{"keep_without_idle", "1?otherwise=keep", "", 400, "otherwise=keep belongs to when=idle"},
		{"unknown_otherwise", "1?when=idle&otherwise=wait", "", 400, "otherwise=wait is not one of"},
		{"unknown_when", "1?when=now", "", 400, "when=now is not one of"},
		{"unknown_tell", "1?tell=maybe", "", 400, "tell=maybe is not yes or no"},
		{"body", "1", `{"ttl":5}`, 400, "takes no body"},
		{"broken_escape", "1?ttl=%zz", "", 400, "query string"},
		{"other_session", "2", "", 404, "2 is not a session"},
		{"zero", "0", "", 404, "0 is not a session"},
		{"negative_id", "-1", "", 404, "-1 is not a session"},
		{"word_id", "abc", "", 404, "abc is not a session"},
		{"leading_zero", "01", "", 404, "01 is not a session"},
		{"beyond_64_bits_id", "18446744073709551617", "", 404, "is not a session"},
		{"collection", "", "", 405, "DELETE is not a method of this path"},
	}
	inSite(t, nil, func(s *site) {
		c := s.connect()
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/"+tt.path, tt.body), tt.status, tt.contains)
				if got := s.session(c.ID); got.Attributes.Pending.Kill != nil || got.Attributes.State != api.SessionStarted {
					t.Errorf("the session has changed: %+v", got.Attributes)
				}
			})
		}
	})
}

func TestParseTTL(t *testing.T) {
	tests := map[string]time.Duration{
		"0": 0, "30": 30 * time.Second, "30s": 30 * time.Second, "500ms": 500 * time.Millisecond,
		"5m": 5 * time.Minute, "5min": 5 * time.Minute, "1h": time.Hour,
	}
	for text, want := range tests {
		if got, ok := parseTTL(text); !ok || got != want {
			t.Errorf("parseTTL(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
}

func FuzzTTL(f *testing.F) {
	f.Add("500ms")
	f.Add("-1")
	f.Add("9223372036854775807h")
	f.Fuzz(func(t *testing.T, text string) {
		if d, ok := parseTTL(text); d < 0 || d > longestTTL || ok && !strings.ContainsAny(text[:1], "0123456789") {
			t.Errorf("parseTTL(%q) = %v, %v", text, d, ok)
		}
	})
}

// Ensure a session that has ended says so, and is shown to who asks for it.
func TestEnded(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		path := fmt.Sprintf("/v1/sessions/%d", c.ID)
		s.wants(s.ask(adminUser, "DELETE", path+"?reason=too+slow", ""), 204)
		synctest.Wait()
		s.wants(s.ask(basicUser, "GET", path, ""), 404, "is not a session any more", "killed by "+adminUser+": too slow")
		s.wants(s.ask(adminUser, "DELETE", path, ""), 404, "is not a session any more")
		s.wants(s.ask(basicUser, "GET", "/v1/sessions/4711?ended=true", ""), 404, "4711 is not a session")
		s.wants(s.ask(basicUser, "GET", "/v1/sessions/01?ended=true", ""), 404, "01 is not a session")
		s.wants(s.ask(basicUser, "GET", path+"?ended=true", ""), 200,
			`"end_reason": "killed by `+adminUser+`: too slow"`, `"ended_by": "`+adminUser+`"`, `"ended_at": "`, `"state": "Stopping session"`)
		if body := s.wants(s.ask(basicUser, "GET", "/v1/sessions?ended=true", ""), 200); strings.Contains(body, "ended_at") {
			t.Errorf("the list has sessions that have ended: %s", body)
		}
	})
}
