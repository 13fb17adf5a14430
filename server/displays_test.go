package server

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signalbox/signalbox/api"
)

// aging lets a site live in another time than its engine, whose monitors would
// have to tick all the time until then.
func aging(by *time.Duration) func(*Options) {
	return func(o *Options) {
		o.Now = func() time.Time { return time.Now().Add(*by) }
		o.Grants, _ = OpenGrants("") // without a path there is nothing to go wrong
		o.Grants.now = o.Now
	}
}

func TestPairing(t *testing.T) {
	var age time.Duration
	inSite(t, aging(&age), func(s *site) {
		p := into[api.Pairing](s, s.ask("", "POST", "/v1/displays/pairing", ""), 200)
		if !regexp.MustCompile(`^[`+codeCharacters+`]{6}$`).MatchString(p.Code) || p.Secret == "" {
			t.Errorf("got %+v", p)
		}
		secret := `{"secret":"` + p.Secret + `"}`
		waits := s.ask("", "POST", "/v1/displays/pairing/poll", secret)
		if s.wants(waits, 202); len(waits.Cookies()) > 0 {
			t.Error("a screen that waits gets a cookie")
		}
		s.wants(s.ask("", "POST", "/v1/displays/pairing/poll", `{"secret":"x"}`), 410)
		// As a person types it.
		typed := strings.ToLower(p.Code[:3]) + " " + p.Code[3:]
		s.wants(s.ask(basicUser, "POST", "/v1/displays", `{"code":"`+typed+`","name":"Wall 3"}`), 403)
		body := s.wants(s.ask(adminUser, "POST", "/v1/displays", `{"code":"`+typed+`","name":"Wall 3","board":"noc","days":7}`), 201, `"name": "Wall 3"`, `"created_by": "ops"`)
		if strings.Contains(body, "sbx_") || strings.Contains(body, "hash") {
			t.Errorf("the answer has a secret: %s", body)
		}
		s.wants(s.ask(adminUser, "POST", "/v1/displays", `{"code":"`+p.Code+`","name":"Wall 4"}`), 404, p.Code)

		got := s.ask("", "POST", "/v1/displays/pairing/poll", secret)
		s.wants(got, 200, `"name": "Wall 3"`, `"board": "noc"`)
		cookie := got.Cookies()[0]
		if cookie.Name != "display" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" ||
			cookie.Secure || cookie.MaxAge < 6*86400 || cookie.MaxAge > 7*86400 {
			t.Errorf("the cookie is %v", cookie)
		}
		who := into[api.Whoami](s, s.with(cookie, "GET", "/v1/whoami"), 200)
		if who.Role != "display" || who.Name != "Wall 3" || who.Board != "noc" || !who.Redact || !who.ReadOnly {
			t.Errorf("got %+v", who)
		}
		if again := s.ask("", "POST", "/v1/displays/pairing/poll", secret); again.StatusCode != 200 || again.Cookies()[0].Value != cookie.Value {
			t.Error("a screen that has lost the answer gets no other")
		}
		age += pairingAge
		s.wants(s.ask("", "POST", "/v1/displays/pairing/poll", secret), 410)
		s.wants(s.with(cookie, "GET", "/v1/whoami"), 200)
		age += 7 * 24 * time.Hour
		s.wants(s.with(cookie, "GET", "/v1/whoami"), 401)
		s.wants(s.ask(adminUser, "GET", "/v1/audit", ""), 200, `"display.pair"`, `"display.approve"`, `"display.paired"`)
		if text := s.wants(s.ask(adminUser, "GET", "/v1/audit", ""), 200); strings.Contains(text, p.Secret) || strings.Contains(text, "sbx_") {
			t.Error("the audit log has a secret")
		}
	})
}

func TestPairingUnderTLS(t *testing.T) {
	inSite(t, func(o *Options) { o.TLS = true }, func(s *site) {
		p := into[api.Pairing](s, s.ask("", "POST", "/v1/displays/pairing", ""), 200)
		s.wants(s.ask(adminUser, "POST", "/v1/displays", `{"code":"`+p.Code+`","name":"Wall 3"}`), 201)
		cookie := s.ask("", "POST", "/v1/displays/pairing/poll", `{"secret":"`+p.Secret+`"}`).Cookies()[0]
		if cookie.Name != "__Host-display" || !cookie.Secure {
			t.Errorf("the cookie is %v", cookie)
		}
		s.wants(s.with(cookie, "GET", "/v1/whoami"), 200)
		cookie.Name = "display"
		s.wants(s.with(cookie, "GET", "/v1/whoami"), 401)
	})
}

func TestApprovalIsChecked(t *testing.T) {
	inSite(t, nil, func(s *site) {
		p := into[api.Pairing](s, s.ask("", "POST", "/v1/displays/pairing", ""), 200)
		for body, want := range map[string]string{
			`{"code":"` + p.Code + `","name":""}`:                                            "name",
			`{"code":"` + p.Code + `","name":"a\nb"}`:                                        "name",
			`{"code":"` + p.Code + `","name":"` + strings.Repeat("x", 65) + `"}`:             "name",
			`{"code":"` + p.Code + `","name":"a","board":"` + strings.Repeat("x", 65) + `"}`: "board",
			`{"code":"` + p.Code + `","name":"a","days":367}`:                                "366",
			`{"code":"` + p.Code + `","name":"a","days":-1}`:                                 "366",
			`{"code":"` + p.Code + `","name":"a","role":"admin"}`:                            "role",
		} {
			s.wants(s.ask(adminUser, "POST", "/v1/displays", body), 400, want)
		}
		s.wants(s.ask(adminUser, "POST", "/v1/displays", `{"code":"`+p.Code+`","name":"a","days":366}`), 201)
	})
}

// Ensure that neither codes can be guessed nor memory be filled.
func TestPairingLimits(t *testing.T) {
	inSite(t, nil, func(s *site) {
		begin := func() int { return s.ask("", "POST", "/v1/displays/pairing", "").StatusCode }
		for i := range 10 {
			if got := begin(); got != 200 {
				t.Fatalf("screen %d: got %d", i, got)
			}
		}
		r := s.ask("", "POST", "/v1/displays/pairing", "")
		if s.wants(r, 429, "try again"); r.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		for range 20 {
			time.Sleep(10 * time.Second)
			_ = begin()
		}
		if n := len(s.displays.pairings.open); n != maxPairingsOf {
			t.Errorf("%d screens of one address wait", n)
		}
		for i := range 30 {
			if s.ask(adminUser, "POST", "/v1/displays", `{"code":"AAAAAA","name":"a"}`).StatusCode == 429 {
				if i < freeFailures {
					t.Errorf("%d wrong codes are too many", i)
				}
				return
			}
		}
		t.Error("codes may be guessed for ever")
	})
	now := time.Now()
	p := newPairings(func() time.Time { return now })
	for i := range 2 * maxPairings {
		address := fmt.Sprint(i)
		if _, _, ok, all := p.begin(address, address); ok != (i < maxPairings) || !ok && !all {
			t.Fatalf("screen %d: %v, %v", i, ok, all)
		}
	}
	now = now.Add(pairingAge)
	if _, _, ok, _ := p.begin("", ""); !ok || len(p.open) != 1 {
		t.Errorf("%d screens wait", len(p.open))
	}
}

// from sends a request from an address.
func (s *site) from(address, method, path, body string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = address
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func TestPlainHTTP(t *testing.T) {
	inSite(t, nil, func(s *site) {
		for _, path := range []string{"displays/pairing", "displays/pairing/poll", "embed/exchange"} {
			if got := s.from("203.0.113.9:1", "POST", "/v1/"+path, `{}`).StatusCode; got != 403 {
				t.Errorf("%s: got %d over a network that can be read", path, got)
			}
		}
	})
}

func TestDisplays(t *testing.T) {
	var age time.Duration
	inSite(t, aging(&age), func(s *site) {
		id, token := s.wall("noc")
		s.wants(s.bearer(token, "GET", "/v1/sessions", ""), 200)
		s.wants(s.ask(adminUser, "GET", "/v1/displays", ""), 200, `"id": "`+id+`"`, `"board": "noc"`, `"last_seen_at"`, `"address": "127.0.0.1"`, `"revoked": false`)
		s.wants(s.ask(adminUser, "PATCH", "/v1/displays/"+id, `{"board":"db"}`), 200, `"board": "db"`, `"name": "Wall 3"`)
		s.wants(s.ask(adminUser, "PATCH", "/v1/displays/"+id, `{"name":""}`), 400)
		s.wants(s.ask(adminUser, "PATCH", "/v1/displays/nosuch", `{"name":"a"}`), 404)
		s.wants(s.bearer(token, "GET", "/v1/whoami", ""), 200, `"board": "db"`)
		s.wants(s.ask(adminUser, "DELETE", "/v1/displays/"+id, ""), 204)
		s.wants(s.ask(adminUser, "DELETE", "/v1/displays/"+id, ""), 404)
		s.wants(s.ask(adminUser, "PATCH", "/v1/displays/"+id, `{"name":"a"}`), 404)
		s.wants(s.bearer(token, "GET", "/v1/whoami", ""), 401)
		s.wants(s.ask(adminUser, "GET", "/v1/displays", ""), 200, `"revoked": true`)
		age += displaysKept - time.Hour
		s.wall("main")
		s.wants(s.ask(adminUser, "GET", "/v1/displays", ""), 200, `"id": "`+id+`"`)
		age += 2 * time.Hour
		s.wall("main")
		if body := s.wants(s.ask(adminUser, "GET", "/v1/displays", ""), 200); strings.Contains(body, id) {
			t.Errorf("a display that was revoked long ago is still there: %s", body)
		}
	})
}

// Ensure that a browser in which somebody has logged in is that user's until they
// log out, then the display's, and then nobody's.
func TestDisplayBesideALogin(t *testing.T) {
	inSite(t, nil, func(s *site) {
		_, token := s.wall("noc")
		login := s.logIn(adminUser)
		both := "display=" + token + "; sid=" + login.Value
		as := func(cookies string) string {
			return into[api.Whoami](s, s.ask("", "GET", "/v1/whoami", "", "Cookie", cookies), 200).Role
		}
		out := s.ask("", "POST", "/v1/logout", "", "Cookie", both)
		if s.wants(out, 204); len(out.Cookies()) != 1 || out.Cookies()[0].Name != "sid" {
			t.Errorf("logging out takes %v", out.Cookies())
		}
		if got := as(both); got != "display" {
			t.Errorf("after the logout it is %s", got)
		}
		if got := as("display=" + token + "; sid=" + s.logIn(adminUser).Value); got != "admin" {
			t.Errorf("a user who has logged in is %s", got)
		}
		again := s.ask("", "POST", "/v1/logout", "", "Cookie", "display="+token)
		if s.wants(again, 204); len(again.Cookies()) != 1 || again.Cookies()[0].Name != "display" || again.Cookies()[0].MaxAge >= 0 {
			t.Errorf("a display that logs out keeps %v", again.Cookies())
		}
		// What is said on purpose counts, right or wrong.
		s.wants(s.ask("", "GET", "/v1/whoami", "", "Cookie", "display="+token, "Authorization", "Bearer nonsense"), 401)
	})
}

// closeCode reads frames until the connection is closed.
func closeCode(t *testing.T, r io.Reader) int {
	t.Helper()
	for {
		if opcode, payload := frame(t, r); opcode == 8 {
			return int(binary.BigEndian.Uint16(payload))
		}
	}
}

// Ensure that a wall whose display is revoked learns it at once.
func TestRevokedWall(t *testing.T) {
	inSite(t, nil, func(s *site) {
		defer s.serveHTTP()()
		id, token := s.wall("noc")
		_, stays := s.wall("other")
		conn, r, answer := s.feed("Cookie: display=" + token + "\r\nOrigin: http://example.com\r\n")
		defer func() { _ = conn.Close() }()
		other, otherFrames, _ := s.feed("Authorization: Bearer " + stays + "\r\n")
		defer func() { _ = other.Close() }()
		if answer.StatusCode != 101 {
			t.Fatalf("got %d", answer.StatusCode)
		}
		var hello api.Frame
		if _, text := frame(t, r); json.Unmarshal(text, &hello) != nil || hello.Role != "display" {
			t.Errorf("got %s", text)
		}
		frame(t, otherFrames)
		before := time.Now()
		s.wants(s.ask(adminUser, "DELETE", "/v1/displays/"+id, ""), 204)
		if got := closeCode(t, r); got != api.CloseUnauthorized || time.Since(before) > time.Second {
			t.Errorf("closed with %d after %v", got, time.Since(before))
		}
		if opcode, text := frame(t, otherFrames); opcode != 1 || !strings.Contains(string(text), "heartbeat") {
			t.Errorf("the other wall gets %d %s", opcode, text)
		}
		if _, _, answer := s.feed("Cookie: display=" + token + "\r\nOrigin: http://example.com\r\n"); answer.StatusCode != 401 {
			t.Errorf("a revoked display connects: %d", answer.StatusCode)
		}
	})
}

func TestGrantsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "grants.json")
	g, err := OpenGrants(path)
	if err != nil {
		t.Fatal(err)
	}
	key, err := g.CreateEmbedKey(EmbedKey{Name: "Shop", FrameAncestors: []string{"https://shop.example"}})
	if err != nil {
		t.Fatal(err)
	}
	token := newSecret(displaySecret)
	if err := g.addScreen(screen{ID: "one", Name: "Wall", Hash: hashOf(token), Created: time.Now(), Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), token) {
		t.Errorf("the file has the token of a display: %s, %v", text, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	// Another process.
	other, err := OpenGrants(path)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := other.screenOf(token); !ok || s.ID != "one" {
		t.Errorf("got %+v, %v", s, ok)
	}
	if _, ok := other.screenOf(token[:len(token)-1] + "0"); ok && !strings.HasSuffix(token, "0") {
		t.Error("a token with another checksum is one")
	}
	if err := other.RevokeEmbedKey(key.ID); err != nil {
		t.Fatal(err)
	}
	g.now = func() time.Time { return time.Now().Add(2 * usersCheck) }
	if _, ok := g.embedKey(key.ID); ok {
		t.Error("a key that another process has revoked is still there")
	}
	if _, ok := g.screenOf(token); !ok {
		t.Error("the display is gone")
	}
	// What is used is written now and then.
	g.now = func() time.Time { return time.Now().Add(time.Hour / 2) }
	g.note("one", "10.0.0.9")
	again, err := OpenGrants(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.screens(); len(got) != 1 || got[0].Address != "10.0.0.9" || got[0].Seen.IsZero() {
		t.Errorf("got %+v", got)
	}
	for _, bad := range []string{
		"{", `{"displays":[{"id":"a"}]}`, `{"embed_keys":[{"id":"a","secret":"short"}]}`,
		`{"embed_keys":[{"id":"a","secret":"` + newSecret(keySecret) + `","name":"a","frame_ancestors":["*"]}]}`,
	} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenGrants(path); err == nil || !strings.Contains(err.Error(), "grants.json") {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}
