package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/api"
)

// logIn returns the cookie of a login.
func (s *site) logIn(who string) *http.Cookie {
	s.t.Helper()
	r := s.ask("", "POST", "/v1/login", `{"user":"`+who+`","password":"`+password+`"}`)
	s.wants(r, 204)
	if len(r.Cookies()) != 1 {
		s.t.Fatalf("got cookies %v, want one", r.Cookies())
	}
	return r.Cookies()[0]
}

func (s *site) with(cookie *http.Cookie, method, path string, headers ...string) *http.Response {
	s.t.Helper()
	return s.ask("", method, path, "", append(headers, "Cookie", cookie.Name+"="+cookie.Value)...)
}

// TestEnvironment: the console learns what the installation is called, and no
// name breaks its page.
func TestEnvironment(t *testing.T) {
	inSite(t, func(o *Options) { o.Environment = "prod-eu_1" }, func(s *site) {
		s.wants(s.ask(basicUser, "GET", "/v1/whoami", ""), 200, `"environment": "prod-eu_1"`)
	})
	for _, name := range []string{"two words", "<b>", "12345678901234567", "prod\n"} {
		if a, err := New(nil, Options{About: About{Environment: name}}); err == nil {
			a.Close()
			t.Errorf("%q is a name", name)
		}
	}
}

func TestLoginCookie(t *testing.T) {
	inSite(t, nil, func(s *site) {
		cookie := s.logIn(basicUser)
		if cookie.Name != "sid" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || cookie.Secure {
			t.Errorf("the cookie is %v", cookie)
		}
		var got api.Whoami
		if err := json.Unmarshal([]byte(s.wants(s.with(cookie, "GET", "/v1/whoami"), 200)), &got); err != nil {
			t.Fatal(err)
		}
		if want := (api.Whoami{User: basicUser, Role: "basic", Version: "1.2.3", Build: s.Build()}); !cmp.Equal(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		s.wants(s.with(cookie, "DELETE", "/v1/sessions/1"), 403, "Administrative access required")

		again := s.ask("", "POST", "/v1/login", `{"user":"`+adminUser+`","password":"`+password+`"}`, "Cookie", "sid="+cookie.Value)
		s.wants(again, 204)
		s.wants(s.with(cookie, "GET", "/v1/whoami"), 401)
		next := again.Cookies()[0]
		s.wants(s.with(next, "GET", "/v1/whoami"), 200, `"admin"`)

		out := s.with(next, "POST", "/v1/logout")
		s.wants(out, 204)
		if gone := out.Cookies()[0]; gone.MaxAge >= 0 || gone.Value != "" {
			t.Errorf("logout leaves the cookie %v", gone)
		}
		s.wants(s.with(next, "GET", "/v1/whoami"), 401)
		s.wants(s.with(next, "POST", "/v1/logout"), 204)
	})
}

func TestLoginCookieUnderTLS(t *testing.T) {
	inSite(t, func(o *Options) { o.TLS = true }, func(s *site) {
		if cookie := s.logIn(basicUser); cookie.Name != "__Host-sid" || !cookie.Secure {
			t.Errorf("the cookie is %v", cookie)
		}
	})
}

func TestLoginEndsByItself(t *testing.T) {
	inSite(t, nil, func(s *site) {
		idle, busy := s.logIn(basicUser), s.logIn(basicUser)
		for elapsed := time.Duration(0); elapsed < longestLogin-20*time.Minute; elapsed += 20 * time.Minute {
			time.Sleep(20 * time.Minute)
			s.wants(s.with(busy, "GET", "/v1/whoami"), 200)
		}
		s.wants(s.with(idle, "GET", "/v1/whoami"), 401)
		time.Sleep(20 * time.Minute)
		s.wants(s.with(busy, "GET", "/v1/whoami"), 401)
	})
}

func TestLoginEndsWithThePassword(t *testing.T) {
	inSite(t, nil, func(s *site) {
		cookie := s.logIn(thirdUser)
		token := s.token(thirdUser, "")
		body := `{"data":{"id":"spare","type":"inet","attributes":{"password":"another long one"}}}`
		s.wants(s.ask(adminUser, "PATCH", "/v1/users/inet/"+thirdUser, body), 204)
		s.wants(s.with(cookie, "GET", "/v1/whoami"), 401)
		s.wants(s.ask("", "GET", "/v1/whoami", "", "Authorization", "Bearer "+token), 401)
		s.wants(s.ask(thirdUser, "GET", "/v1/whoami", ""), 401)
		r := httptest.NewRequest("GET", "/v1/whoami", nil)
		r.SetBasicAuth(thirdUser, "another long one")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		s.wants(w.Result(), 200)
		s.wants(s.ask(adminUser, "DELETE", "/v1/users/inet/"+thirdUser, ""), 204)
		s.wants(s.ask(adminUser, "GET", "/v1/users/inet/"+thirdUser, ""), 404)
	})
}

func (s *site) token(who, query string) string {
	s.t.Helper()
	var got struct{ Meta struct{ Token string } }
	if err := json.Unmarshal([]byte(s.wants(s.ask(who, "GET", "/v1/auth"+query, ""), 200)), &got); err != nil {
		s.t.Fatal(err)
	}
	return got.Meta.Token
}

func TestToken(t *testing.T) {
	inSite(t, nil, func(s *site) {
		token := s.token(basicUser, "")
		bearer := func(token string) *http.Response {
			return s.ask("", "GET", "/v1/whoami", "", "Authorization", "Bearer "+token)
		}
		s.wants(bearer(token), 200, basicUser)
		s.wants(s.ask("", "DELETE", "/v1/sessions/1", "", "Authorization", "Bearer "+token), 403)

		header, payload, _ := strings.Cut(token, ".")
		none := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"iss": tokenIssuer, "aud": tokenAudience, "sub": adminUser, "exp": time.Now().Add(time.Hour).Unix()})
		unsigned, err := none.SignedString(jwt.UnsafeAllowNoneSignatureType)
		if err != nil {
			t.Fatal(err)
		}
		for name, bad := range map[string]string{
			"empty": "", "half": header, "changed": header + "." + payload[:len(payload)-2], "unsigned": unsigned,
			"long": strings.Repeat("a.", maxTokenBytes),
		} {
			if got := bearer(bad).StatusCode; got != 401 {
				t.Errorf("%s token: got %d, want 401", name, got)
			}
		}
		short := s.token(basicUser, "?max-age=60")
		time.Sleep(61 * time.Second)
		s.wants(bearer(short), 401)
		s.wants(bearer(token), 200)
		time.Sleep(tokenAge)
		s.wants(bearer(token), 401)
	})
}

func TestTokenCookie(t *testing.T) {
	inSite(t, nil, func(s *site) {
		r := s.ask(basicUser, "GET", "/v1/auth?persist=yes&max-age=60", "")
		s.wants(r, 204)
		cookie := r.Cookies()[0]
		if cookie.Name != "token_sig" || cookie.MaxAge != 60 || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode {
			t.Errorf("the cookie is %v", cookie)
		}
		s.wants(s.with(cookie, "GET", "/v1/whoami"), 200, basicUser)
		out := s.ask("", "GET", "/v1/auth?logout=yes", "")
		s.wants(out, 200)
		if gone := out.Cookies()[0]; gone.MaxAge >= 0 {
			t.Errorf("logout leaves the cookie %v", gone)
		}
	})
}

func TestChallenge(t *testing.T) {
	tests := []struct {
		name      string
		path      string
		headers   []string
		challenge string
	}{
		{"script", "/v1/sessions", nil, `Basic realm="maxscale"`},
		{"console", "/v1/sessions", []string{"X-Requested-With", "XMLHttpRequest"}, ""},
		{"auth", "/v1/auth", nil, ""},
		{"unknown_path", "/v1/nosuch", nil, `Basic realm="maxscale"`},
		{"broken_header", "/v1/sessions", []string{"Authorization", "Basic !!"}, `Basic realm="maxscale"`},
		{"unknown_scheme", "/v1/sessions", []string{"Authorization", "Digest x"}, `Basic realm="maxscale"`},
	}
	inSite(t, nil, func(s *site) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				r := s.ask("", "GET", tt.path, "", tt.headers...)
				s.wants(r, 401, "Access denied")
				if got := r.Header.Get("WWW-Authenticate"); got != tt.challenge {
					t.Errorf("got challenge %q, want %q", got, tt.challenge)
				}
			})
		}
	})
}

func TestPlainPasswordsFromAfar(t *testing.T) {
	inSite(t, nil, func(s *site) {
		for path, status := range map[string]int{"/v1/login": 403, "/v1/setup": 403} {
			r := httptest.NewRequest("POST", path, strings.NewReader(`{}`))
			r.RemoteAddr = "192.0.2.1:1234"
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			s.wants(w.Result(), status, "not encrypted")
		}
	})
}

// Ensure a page of another origin cannot use a login that the browser has.
func TestCrossOrigin(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		status  int
	}{
		{"script", nil, 404},
		{"own_page", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://example.com"}, 404},
		{"own_page_of_an_old_browser", []string{"Origin", "http://example.com"}, 404},
		{"trusted_origin", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://noc.example"}, 404},
		{"other_page", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"other_page_of_an_old_browser", []string{"Origin", "https://evil.example"}, 403},
		{"neighbour", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://other.example.com"}, 403},
	}
	inSite(t, func(o *Options) { o.Front.Origins = []string{"https://noc.example"} }, func(s *site) {
		cookie := s.logIn(adminUser)
		token := s.token(adminUser, "")
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				s.wants(s.with(cookie, "DELETE", "/v1/sessions/99", tt.headers...), tt.status)
				s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/99", "", tt.headers...), tt.status)
				s.wants(s.ask("", "DELETE", "/v1/sessions/99", "", append(tt.headers, "Authorization", "Bearer "+token)...), 404)
				s.wants(s.with(cookie, "GET", "/v1/whoami", tt.headers...), 200)
			})
		}
	})
}

func TestGuessing(t *testing.T) {
	inSite(t, nil, func(s *site) {
		guess := func(user, address string) *http.Response {
			r := httptest.NewRequest("POST", "/v1/login", strings.NewReader(`{"user":"`+user+`","password":"wrong-password"}`))
			r.RemoteAddr = address
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w.Result()
		}
		for range freeFailures + 1 {
			s.wants(guess(adminUser, "127.0.0.1:1"), 401)
		}
		r := guess(adminUser, "127.0.0.1:1")
		s.wants(r, 429, "try again in 2 s")
		if got := r.Header.Get("Retry-After"); got != "2" {
			t.Errorf("Retry-After is %q, want 2", got)
		}
		s.wants(guess(basicUser, "127.0.0.1:1"), 429)
		s.wants(guess(adminUser, "127.0.0.2:1"), 429)
		s.wants(guess(basicUser, "127.0.0.2:1"), 401)

		// Who is right already is not kept out.
		s.wants(s.ask(adminUser, "GET", "/v1/whoami", ""), 200)
		time.Sleep(3 * time.Second)
		s.wants(guess(adminUser, "127.0.0.1:1"), 401)
		s.wants(guess(adminUser, "127.0.0.1:1"), 429)
	})
}

func TestWaitsAreBounded(t *testing.T) {
	now := time.Now()
	a := newAttempts(func() time.Time { return now })
	account, address := attemptKeys("ops", netip.MustParseAddr("2001:db8::1"))
	for range 100 {
		a.failed(account, address)
	}
	if got := a.wait(account); got != maxWaitAccount {
		t.Errorf("an account waits %v, want %v", got, maxWaitAccount)
	}
	if got := a.wait(address); got != maxWaitAddress {
		t.Errorf("an address waits %v, want %v", got, maxWaitAddress)
	}
	if _, neighbour := attemptKeys("", netip.MustParseAddr("2001:db8::2")); a.wait(neighbour) == 0 {
		t.Error("an address in the same /64 need not wait")
	}
	now = now.Add(time.Hour)
	a.failed(account, address)
	if got := a.wait(account, address); got != 0 && got > maxWaitAddress {
		t.Errorf("after an hour: waits %v", got)
	}
	for i := range maxAttemptKeys + 10 {
		account, address := attemptKeys(strings.Repeat("x", i%50)+time.Duration(i).String(), netip.Addr{})
		a.failed(account, address)
	}
	if len(a.keys) > maxAttemptKeys+1 {
		t.Errorf("%d keys are kept, want at most %d", len(a.keys), maxAttemptKeys)
	}
}

func TestSetup(t *testing.T) {
	change := func(o *Options) { o.Users.users = map[string]*user{} }
	inSite(t, change, func(s *site) {
		code := s.SetupCode()
		if len(code) < 20 {
			t.Fatalf("the setup code is %q", code)
		}
		s.wants(s.ask("", "GET", "/v1/setup", ""), 200, `"needed": true`)
		setup := func(code, user, password string) *http.Response {
			body, err := json.Marshal(api.Credentials{Code: code, User: user, Password: password})
			if err != nil {
				t.Fatal(err)
			}
			return s.ask("", "POST", "/v1/setup", string(body))
		}
		s.wants(setup("GUESS", "ann", password), 403, "not the code")
		s.wants(setup(code, "a b", password), 400, "a user name has")
		s.wants(setup(code, "ann", "short"), 400, "at least 8 characters")
		r := setup(strings.ToLower(code), "ann", password)
		s.wants(r, 204)
		s.wants(s.with(r.Cookies()[0], "GET", "/v1/whoami"), 200, `"ann"`, `"admin"`)
		s.wants(setup(code, "eve", password), 409, "the setup is over")
		s.wants(s.ask("", "GET", "/v1/setup", ""), 200, `"needed": false`)
		if got := s.SetupCode(); got != "" {
			t.Errorf("there is still a setup code: %s", got)
		}
	})
	inSite(t, change, func(s *site) {
		for range freeFailures + 1 {
			s.wants(s.ask("", "POST", "/v1/setup", `{"code":"x"}`), 403)
		}
		s.wants(s.ask("", "POST", "/v1/setup", `{"code":"x"}`), 429)
	})
}

// Ensure a host application's own logins take the place of ours.
func TestAuthenticate(t *testing.T) {
	change := func(o *Options) {
		o.Authenticate = func(r *http.Request) (Principal, error) {
			if who := r.Header.Get("X-Portal-User"); who != "" {
				return Principal{User: who, Role: RoleBasic}, nil
			}
			return Principal{}, errors.New("not logged in")
		}
	}
	inSite(t, change, func(s *site) {
		s.wants(s.ask("", "GET", "/v1/whoami", "", "X-Portal-User", "ann"), 200, `"ann"`, `"host_login": true`)
		s.wants(s.ask("", "GET", "/v1/setup", ""), 200, `"needed": false`, `"host_login": true`)
		s.wants(s.ask("", "DELETE", "/v1/sessions/1", "", "X-Portal-User", "ann"), 403)
		refused := s.ask(adminUser, "GET", "/v1/whoami", "")
		s.wants(refused, 401)
		if got := refused.Header.Get("Www-Authenticate"); got != "" {
			t.Errorf("a browser is to ask for a password that nobody would take: %s", got)
		}
		s.wants(s.ask("", "POST", "/v1/login", `{}`), 404)
		s.wants(s.ask(adminUser, "GET", "/v1/auth", ""), 404)
	})
}

func TestAuditTrail(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.connect()
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?ttl=30&reason=too%0aslow", ""), 204)
		s.wants(s.ask(basicUser, "DELETE", "/v1/sessions/1", ""), 403)
		s.wants(s.ask("", "DELETE", "/v1/sessions/1", ""), 401)
		s.wants(s.ask("", "POST", "/v1/login", `{"user":"eve","password":"my secret"}`), 401)
		s.wants(s.ask(adminUser, "POST", "/v1/users/inet", `{"data":{"id":"bob","type":"inet","attributes":{"password":"my secret","account":"basic"}}}`), 204)
		s.wants(s.ask(adminUser, "GET", "/v1/sessions", ""), 200)
		synctest.Wait()

		body := s.wants(s.ask(basicUser, "GET", "/v1/audit?sort=id", ""), 200)
		if strings.Contains(body, "my secret") || strings.Contains(body, "argon2") {
			t.Errorf("the audit log has a secret: %s", body)
		}
		records, err := api.DecodeAll[AuditRecord]([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		type line struct {
			Actor, Action, Target, Reason string
			Status                        int
		}
		var got []line
		for _, r := range records {
			a := r.Attributes
			got = append(got, line{a.Actor, a.Action, a.Target, a.Reason, a.Status})
			if a.IP != "127.0.0.1" || a.Time == "" || a.Result == "" {
				t.Errorf("incomplete record: %+v", a)
			}
		}
		want := []line{
			{adminUser, "session.kill", "sessions/1", "too slow", 0}, // before it is done
			{adminUser, "session.kill", "sessions/1", "too slow", 204},
			{basicUser, "session.kill", "sessions/1", "", 403},
			{"eve", "login", "login", "", 401},
			{adminUser, "user.create", "users/inet", "", 204},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		after, ok := records[0].Attributes.After.(map[string]any)
		if !ok || after["ttl"] != "30s" {
			t.Errorf("the kill's record says %v", records[0].Attributes.After)
		}
	})
}
