package server

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
)

func TestExchange(t *testing.T) {
	inSite(t, nil, func(s *site) {
		key := s.embedKey()
		got := into[api.EmbedAccess](s, s.exchange(s.sign(key, func(c jwt.MapClaims) {
			c["scope"], c["redact"], c["sub"], c["iss"] = []string{"sessions:read", "stats:read"}, true, "ann", "shop"
			c["exp"] = time.Now().Add(10*time.Minute + 20*time.Second).Unix()
			c["nbf"] = time.Now().Add(20 * time.Second).Unix() // their clock is ahead
		})), 200)
		want := api.EmbedAccess{
			AccessToken: got.AccessToken, ExpiresAt: got.ExpiresAt, View: "sessions", Scope: []string{"sessions:read", "stats:read"},
			Redact: true, Origin: "https://shop.example", ReadOnly: true,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if latest := apiTime(time.Now().Add(10 * time.Minute)); got.ExpiresAt > latest {
			t.Errorf("it is good until %s, want at most %s", got.ExpiresAt, latest)
		}
		if !isSecret(embedSecret, got.AccessToken) {
			t.Errorf("the access token is %s", got.AccessToken)
		}
		who := into[api.Whoami](s, s.bearer(got.AccessToken, "GET", "/v1/whoami", ""), 200)
		if who.Role != "embed" || who.User != "embed:"+key.ID+"/ann" || !who.Redact || !who.ReadOnly || who.View != "sessions" || len(who.Scope) != 2 {
			t.Errorf("got %+v", who)
		}
		log := s.wants(s.ask(adminUser, "GET", "/v1/audit", ""), 200, `"embed.exchange"`, `"embed_key.create"`, `"sub": "ann"`)
		if strings.Contains(log, "sbx_") || strings.Contains(log, "eyJ") {
			t.Error("the audit log has a secret")
		}
		s.wants(s.ask(adminUser, "GET", "/v1/embed-keys", ""), 200, `"last_used_at"`)
		if strings.Contains(s.wants(s.ask(adminUser, "GET", "/v1/embed-keys", ""), 200), "sbx_") {
			t.Error("the secret of a key is shown again")
		}
		time.Sleep(10 * time.Minute)
		s.wants(s.bearer(got.AccessToken, "GET", "/v1/whoami", ""), 401)
	})
}

// resigned returns a token with another header, signed with the key.
func resigned(t *testing.T, key api.EmbedKey, header string) string {
	t.Helper()
	claims, err := json.Marshal(claimsOf(nil))
	if err != nil {
		t.Fatal(err)
	}
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	signature, err := jwt.SigningMethodHS256.Sign(signed, []byte(key.Attributes.Secret))
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestBadEmbedTokens(t *testing.T) {
	claim := func(name string, value any) func(*testing.T, *site, api.EmbedKey) string {
		return func(_ *testing.T, s *site, key api.EmbedKey) string {
			return s.sign(key, func(c jwt.MapClaims) {
				if c[name] = value; value == nil {
					delete(c, name)
				}
			})
		}
	}
	at := func(name string, d time.Duration) func(*testing.T, *site, api.EmbedKey) string {
		return func(t *testing.T, s *site, key api.EmbedKey) string {
			return claim(name, time.Now().Add(d).Unix())(t, s, key)
		}
	}
	header := func(text string) func(*testing.T, *site, api.EmbedKey) string {
		return func(t *testing.T, _ *site, key api.EmbedKey) string {
			return resigned(t, key, strings.ReplaceAll(text, "KEY", key.ID))
		}
	}
	for _, tt := range []struct {
		name   string
		token  func(*testing.T, *site, api.EmbedKey) string
		status int
		want   string
	}{
		{"good", claim("iss", "shop"), 200, ""},
		{"good_header", header(`{"alg":"HS256","kid":"KEY","typ":"jwt"}`), 200, ""},
		{"expired", at("exp", -time.Second), 401, "expired"},
		{"no_exp", claim("exp", nil), 401, "exp is missing"},
		{"exp_too_far", at("exp", 11*time.Minute), 401, "600 s"},
		{"exp_for_ever", claim("exp", 1e300), 401, "exp is not a time"},
		{"exp_negative", claim("exp", -5), 401, "exp is not a time"},
		{"exp_text", claim("exp", "soon"), 401, "claims"},
		{"iat_in_the_future", at("iat", time.Minute), 401, "iat"},
		{"nbf_in_the_future", at("nbf", time.Minute), 401, "nbf"},
		{"other_audience", claim("aud", "signalbox"), 401, "aud"},
		{"no_audience", claim("aud", nil), 401, "aud"},
		{"no_jti", claim("jti", nil), 401, "jti"},
		{"long_jti", claim("jti", strings.Repeat("x", 129)), 401, "jti"},
		{"no_scope", claim("scope", []string{}), 401, "scope"},
		{"no_view", claim("view", nil), 401, "view"},
		{"no_origin", claim("origin", nil), 401, "origin"},
		{"misspelt_claim", claim("lockd", map[string]string{"q": "user:app"}), 401, "lockd"},
		{"misspelt_lock", claim("locked", map[string]string{"query": "user:app"}), 401, "query"},
		{"wrong_origin", claim("origin", "https://evil.example"), 403, "frame_ancestors"},
		{"origin_with_path", claim("origin", "https://shop.example/"), 403, "frame_ancestors"},
		{"unknown_view", claim("view", "settings"), 403, "view settings"},
		{"unknown_scope", claim("scope", []string{"sessions:kill"}), 403, "sessions:kill"},
		{"bad_lock", claim("locked", map[string]string{"q": "user:("}), 403, "locked: q"},
		{"bad_locked_id", claim("locked", map[string]string{"id": "1,2"}), 403, "locked: id"},
		{"lock_of_other_scope", func(_ *testing.T, s *site, key api.EmbedKey) string {
			return s.sign(key, func(c jwt.MapClaims) {
				c["locked"], c["scope"] = map[string]string{"q": "user:app"}, []string{"sessions:read", "objects:read"}
			})
		}, 403, "objects:read"},
		{"wrong_key", func(_ *testing.T, s *site, key api.EmbedKey) string {
			other := s.embedKey()
			other.ID = key.ID
			return s.sign(other, nil)
		}, 401, "not signed"},
		{"unknown_key", func(_ *testing.T, s *site, key api.EmbedKey) string {
			key.ID = "nosuch"
			return s.sign(key, nil)
		}, 401, "not signed"},
		{"altered_claims", func(_ *testing.T, s *site, key api.EmbedKey) string {
			one, other := strings.Split(s.sign(key, nil), "."), strings.Split(s.sign(key, nil), ".")
			return one[0] + "." + other[1] + "." + one[2]
		}, 401, "not signed"},
		{"altered_header", func(t *testing.T, s *site, key api.EmbedKey) string {
			parts := strings.Split(s.sign(key, nil), ".")
			return strings.Split(resigned(t, key, `{"alg":"HS256","kid":"`+key.ID+`"}`), ".")[0] + "." + parts[1] + "." + parts[2]
		}, 401, "not signed"},
		{"short_signature", func(_ *testing.T, s *site, key api.EmbedKey) string {
			text := s.sign(key, nil)
			return text[:len(text)-3] // 30 bytes of 32
		}, 401, "not signed"},
		{"no_signature", func(_ *testing.T, s *site, key api.EmbedKey) string {
			text := s.sign(key, nil)
			return text[:strings.LastIndex(text, ".")+1]
		}, 401, "not signed"},
		{"alg_none", header(`{"alg":"none","kid":"KEY"}`), 401, "HS256"},
		{"alg_missing", header(`{"kid":"KEY"}`), 401, "HS256"},
		{"alg_other_case", header(`{"alg":"hs256","kid":"KEY"}`), 401, "HS256"},
		{"alg_hs512", func(t *testing.T, _ *site, key api.EmbedKey) string {
			token := jwt.NewWithClaims(jwt.SigningMethodHS512, claimsOf(nil))
			token.Header["kid"] = key.ID
			text, err := token.SignedString([]byte(key.Attributes.Secret))
			if err != nil {
				t.Fatal(err)
			}
			return text
		}, 401, "HS256"},
		{"no_kid", header(`{"alg":"HS256"}`), 401, "kid"},
		{"crit", header(`{"alg":"HS256","kid":"KEY","crit":["b64"],"b64":false}`), 401, "header"},
		{"key_in_the_token", header(`{"alg":"HS256","kid":"KEY","jwk":{"kty":"oct","k":"AA"}}`), 401, "header"},
		{"header_and_more", header(`{"alg":"HS256","kid":"KEY"}{}`), 401, "header"},
		{"padding", func(_ *testing.T, s *site, key api.EmbedKey) string { return s.sign(key, nil) + "=" }, 401, "base64url"},
		{"line_end", func(_ *testing.T, s *site, key api.EmbedKey) string { return s.sign(key, nil) + `\n` }, 401, "base64url"},
		{"two_parts", func(*testing.T, *site, api.EmbedKey) string { return "a.b" }, 401, "three parts"},
		{"nothing", func(*testing.T, *site, api.EmbedKey) string { return "" }, 401, "three parts"},
		{"too_long", func(*testing.T, *site, api.EmbedKey) string { return strings.Repeat("a", maxJWS+1) }, 401, "longer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inSite(t, nil, func(s *site) {
				key := s.embedKey()
				s.wants(s.exchange(tt.token(t, s, key)), tt.status, tt.want)
				if tt.status != 200 && len(s.embeds.tokens) > 0 {
					t.Error("there is an access token")
				}
			})
		})
	}
}

// Ensure that the two ends of a signature that mean the same bytes are not both
// accepted, so that a token has one form.
func TestOneFormOfToken(t *testing.T) {
	inSite(t, nil, func(s *site) {
		token := s.sign(s.embedKey(), nil)
		const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		last := strings.IndexByte(digits, token[len(token)-1])
		twin := token[:len(token)-1] + digits[last^1:][:1] // the lowest bit belongs to no byte
		s.wants(s.exchange(twin), 401, "base64url")
		s.wants(s.exchange(token), 200)
	})
}

func TestReplay(t *testing.T) {
	inSite(t, nil, func(s *site) {
		key, other := s.embedKey(), s.embedKey()
		same := func(c jwt.MapClaims) { c["jti"] = "same" }
		token := s.sign(key, same)
		s.wants(s.exchange(token), 200)
		s.wants(s.exchange(token), 401, "used already")
		time.Sleep(time.Second)
		s.wants(s.exchange(s.sign(key, same)), 401, "used already")
		s.wants(s.exchange(s.sign(other, same)), 200) // another product's own business
		time.Sleep(6 * time.Minute)
		s.wants(s.exchange(token), 401, "expired")
		if n := len(s.embeds.spent) + len(s.embeds.tokens); n > 0 {
			t.Errorf("%d things are remembered of what has expired", n)
		}
	})
}

// Ensure that what a product may have the server remember is bounded, and that
// nobody is let in who cannot be remembered.
func TestReplayMemory(t *testing.T) {
	e := newEmbeds(Options{Now: time.Now}, func(string) {})
	soon := float64(time.Now().Add(time.Minute).Unix())
	spend := func(key string, n int) error {
		return e.spend(key, &api.EmbedClaims{ID: fmt.Sprint(n), Expires: soon})
	}
	for n := range maxSpentOf {
		if err := spend("a", n); err != nil {
			t.Fatal(err)
		}
	}
	if err := spend("a", maxSpentOf); err == nil || problemOf(err).status != 429 {
		t.Errorf("one more of the same key: %v", err)
	}
	if err := spend("a", 7); err == nil || problemOf(err).status != 401 {
		t.Errorf("the same again: %v", err)
	}
	for key := range maxSpent/maxSpentOf - 1 {
		for n := range maxSpentOf {
			if err := spend(fmt.Sprint(key), n); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := spend("b", 1); err == nil || problemOf(err).status != 429 {
		t.Errorf("one more of another key: %v", err)
	}
	e = newEmbeds(Options{Now: time.Now}, func(string) {})
	call := &call{Request: &http.Request{Header: http.Header{}}, now: time.Now()}
	for n := range maxEmbedded + 10 {
		_, _, err := e.give(call, embedded{key: fmt.Sprint(n % 8), expires: time.Now().Add(time.Minute)})
		if (err == nil) != (n < maxEmbedded) {
			t.Fatalf("page %d: %v", n, err)
		}
	}
}

func TestRenewal(t *testing.T) {
	inSite(t, nil, func(s *site) {
		defer s.serveHTTP()()
		key := s.embedKey()
		locked := func(c jwt.MapClaims) { c["locked"] = map[string]string{"id": "1"} }
		first := into[api.EmbedAccess](s, s.exchange(s.sign(key, locked)), 200)
		time.Sleep(5*time.Minute - 5*time.Second)
		conn, r, _ := s.feed("Authorization: Bearer " + first.AccessToken + "\r\n")
		frame(t, r)
		with := []string{"Authorization", "Bearer " + first.AccessToken}
		again := into[api.EmbedAccess](s, s.exchange(s.sign(key, locked), with...), 200)
		if again.AccessToken != first.AccessToken || again.ExpiresAt <= first.ExpiresAt {
			t.Errorf("got %+v, want %+v for longer", again, first)
		}
		wider := into[api.EmbedAccess](s, s.exchange(s.sign(key, nil), with...), 200)
		if wider.AccessToken == first.AccessToken {
			t.Error("a token has become one for something else")
		}
		time.Sleep(10 * time.Second) // past the end of the first
		for range 10 {
			if opcode, text := frame(t, r); opcode != 1 {
				t.Fatalf("the feed ends all the same: %d %s", opcode, text)
			}
		}
		_ = conn.Close()
		time.Sleep(5*time.Minute - 20*time.Second)
		conn, r, _ = s.feed("Authorization: Bearer " + first.AccessToken + "\r\n")
		defer func() { _ = conn.Close() }()
		began := time.Now()
		if got, took := closeCode(t, r), time.Since(began); got != api.CloseUnauthorized || took < 3*time.Second || took > 12*time.Second {
			t.Errorf("closed with %d after %v", got, took)
		}
		s.wants(s.bearer(first.AccessToken, "GET", "/v1/whoami", ""), 401)
	})
}

// Ensure that what hangs on a key ends with it at once, also when another
// process has revoked it.
func TestRevokedKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "grants.json")
	for _, how := range []string{"rest", "file"} {
		inSite(t, func(o *Options) {
			var err error
			if o.Grants, err = OpenGrants(path); err != nil {
				t.Fatal(err)
			}
		}, func(s *site) {
			defer s.serveHTTP()()
			key := s.embedKey()
			token := s.embedded(key, nil)
			other := s.embedded(s.embedKey(), nil)
			conn, r, _ := s.feed("Authorization: Bearer " + token + "\r\n")
			defer func() { _ = conn.Close() }()
			frame(t, r)
			began := time.Now()
			if how == "rest" {
				s.wants(s.ask(adminUser, "DELETE", "/v1/embed-keys/"+key.ID, ""), 204)
				s.wants(s.ask(adminUser, "DELETE", "/v1/embed-keys/"+key.ID, ""), 404)
			} else {
				g, err := OpenGrants(path)
				if err == nil {
					err = g.RevokeEmbedKey(key.ID)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if got := closeCode(t, r); got != api.CloseUnauthorized {
				t.Errorf("%s: closed with %d", how, got)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("%s: closed after %v", how, took)
			}
			s.wants(s.bearer(token, "GET", "/v1/whoami", ""), 401)
			s.wants(s.bearer(other, "GET", "/v1/whoami", ""), 200)
			s.wants(s.exchange(s.sign(key, nil)), 401)
		})
	}
}

func TestEmbedKeyIsChecked(t *testing.T) {
	for origin, want := range map[string]bool{
		"https://shop.example": true, "http://localhost:8080": true, "https://[::1]:8443": true, "https://10.0.0.1": true,
		"": false, "*": false, "https://*": false, "https://*.example": false, "https://shop.example/": false, "https://": false,
		"ftp://shop.example": false, "https://a@shop.example": false, "https://shop.example;script-src": false, "https://shop.example:443": false,
		"http://shop.example:80": false, "https://shop.example:": false, "https://shop.example 'self'": false, "https://SHOP.example": false,
		"https://shop.example\nx": false, "https://shop.example?x": false, "//shop.example": false, "javascript:alert(1)": false, "null": false,
	} {
		if got := isOrigin(origin); got != want {
			t.Errorf("isOrigin(%q) = %v", origin, got)
		}
	}
	inSite(t, nil, func(s *site) {
		for body, want := range map[string]string{
			`{"name":"a"}`: "origins",
			`{"name":"","frame_ancestors":["https://a.example"]}`:                          "name",
			`{"name":"a","frame_ancestors":["https://a.example/x"]}`:                       "not an origin",
			`{"name":"a","frame_ancestors":["https://a.example"],"views":["nosuch"]}`:      "not a view",
			`{"name":"a","frame_ancestors":["https://a.example"],"scopes":["x"]}`:          "not a scope",
			`{"name":"a","frame_ancestors":["https://a.example"],"views":["tile","tile"]}`: "twice",
			`{"name":"a","frame_ancestors":["https://a.example"],"secret":"mine"}`:         "secret",
		} {
			s.wants(s.ask(adminUser, "POST", "/v1/embed-keys", body), 400, want)
		}
		body := s.wants(s.ask(adminUser, "POST", "/v1/embed-keys", `{"name":"Tiles","frame_ancestors":["https://shop.example"],"views":["tile"],"scopes":["stats:read"]}`), 201)
		key, err := api.DecodeOne[api.EmbedKeyAttributes]([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		s.wants(s.exchange(s.sign(key, nil)), 403, "not for the view sessions")
		s.wants(s.exchange(s.sign(key, func(c jwt.MapClaims) { c["view"] = "tile" })), 403, "not for the scope sessions:read")
		s.wants(s.exchange(s.sign(key, func(c jwt.MapClaims) { c["view"], c["scope"] = "tile", []string{"stats:read"} })), 200)
	})
}

// Ensure whom a page may be embedded by, and what it may do.
func TestFrames(t *testing.T) {
	inSite(t, func(o *Options) {
		o.Console, o.Prefix, o.FrameAncestors = built(t, "body{}"), "/console", []string{"https://noc.example"}
	}, func(s *site) {
		key, err := s.options.Grants.CreateEmbedKey(EmbedKey{Name: "a", FrameAncestors: []string{"https://shop.example", "http://localhost:8080"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			path, ancestors string
			awake           bool
		}{
			{"/console/embed/sessions?key=" + key.ID, "https://shop.example http://localhost:8080", false},
			{"/console/embed/session/4711?theme=dark&key=" + key.ID, "https://shop.example http://localhost:8080", false},
			{"/console/embed?key=" + key.ID, "https://shop.example http://localhost:8080", false},
			{"/console/embed/sessions", "'none'", false},
			{"/console/embed/sessions?key=nosuch", "'none'", false},
			{"/console/embed/sessions?key=" + key.ID + "%20*", "'none'", false},
			{"/console/embedded?key=" + key.ID, "https://noc.example", false},
			{"/console/sessions?key=" + key.ID, "https://noc.example", false},
			{"/console/wall", "https://noc.example", true},
			{"/console/wall/main", "https://noc.example", true},
			{"/console/wallpaper", "https://noc.example", false},
			{"/embed/sessions?key=" + key.ID, "https://noc.example", false}, // not below the prefix
		} {
			r := browse(s, tt.path)
			if want := map[bool]int{true: 200, false: 404}[strings.HasPrefix(tt.path, "/console")]; r.StatusCode != want {
				t.Errorf("%s: got %d without a login, want %d", tt.path, r.StatusCode, want)
			}
			_, got, _ := strings.Cut(r.Header.Get("Content-Security-Policy"), "frame-ancestors ")
			if got != tt.ancestors {
				t.Errorf("%s: frame-ancestors %s, want %s", tt.path, got, tt.ancestors)
			}
			if plain := s.ask("", "GET", tt.path, ""); (strings.Contains(tt.path, "/wall/") || strings.Contains(tt.path, "/embed/") && r.StatusCode == 200) && plain.StatusCode != 200 {
				t.Errorf("%s: got %d for a browser that does not say that it is one", tt.path, plain.StatusCode)
			}
			if legacy := r.Header.Get("X-Frame-Options"); (legacy == "DENY") != (tt.ancestors == "'none'") {
				t.Errorf("%s: X-Frame-Options %q", tt.path, legacy)
			}
			if awake := strings.Contains(r.Header.Get("Permissions-Policy"), "screen-wake-lock=(self)"); awake != tt.awake {
				t.Errorf("%s: %s", tt.path, r.Header.Get("Permissions-Policy"))
			}
		}
	})
}

func FuzzParseJWS(f *testing.F) {
	secret := newSecret(keySecret)
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claimsOf(nil))
	token.Header["kid"] = "key"
	good, err := token.SignedString([]byte(secret))
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{good, "", "..", "a.b.c", good + ".", good[1:], strings.Replace(good, ".", "..", 1)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseJWS(text)
		if err != nil {
			return
		}
		if signed := parsed.signedBy(secret); signed && text != good {
			t.Errorf("%s is signed", text)
		}
		claims, err := parsed.claims(time.Now())
		if err == nil && (claims.Audience != "embed" || claims.Expires == 0 || claims.ID == "" || len(claims.Scope) == 0) {
			t.Errorf("%s: got %+v", text, claims)
		}
		// The library of others agrees on what is a token.
		if _, _, err := jwt.NewParser().ParseUnverified(text, jwt.MapClaims{}); err != nil && fmt.Sprint(claims) != fmt.Sprint(api.EmbedClaims{}) {
			t.Errorf("%s: %v", text, err)
		}
	})
}
