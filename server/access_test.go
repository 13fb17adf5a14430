package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/signalbox/signalbox/api"
)

// bearer sends a request with a token.
func (s *site) bearer(token, method, path, body string) *http.Response {
	s.t.Helper()
	return s.ask("", method, path, body, "Authorization", "Bearer "+token)
}

// into reads the body of an answer, which must have the status.
func into[T any](s *site, r *http.Response, status int) (v T) {
	s.t.Helper()
	body := s.wants(r, status)
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		s.t.Fatalf("%v: %s", err, body)
	}
	return v
}

// wall pairs a display and returns its id and its token.
func (s *site) wall(board string) (id, token string) {
	s.t.Helper()
	p := into[api.Pairing](s, s.ask("", "POST", "/v1/displays/pairing", ""), 200)
	body := s.wants(s.ask(adminUser, "POST", "/v1/displays", `{"code":"`+p.Code+`","name":"Wall 3","board":"`+board+`"}`), 201)
	made, err := api.DecodeOne[api.DisplayAttributes]([]byte(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r := s.ask("", "POST", "/v1/displays/pairing/poll", `{"secret":"`+p.Secret+`"}`)
	s.wants(r, 200)
	return made.ID, r.Cookies()[0].Value
}

// embedKey makes a key.
func (s *site) embedKey() api.EmbedKey {
	s.t.Helper()
	body := s.wants(s.ask(adminUser, "POST", "/v1/embed-keys", `{"name":"Shop","frame_ancestors":["https://shop.example"]}`), 201)
	made, err := api.DecodeOne[api.EmbedKeyAttributes]([]byte(body))
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

var jti int

// claimsOf are good claims; change may make others of them.
func claimsOf(change func(jwt.MapClaims)) jwt.MapClaims {
	jti++
	c := jwt.MapClaims{
		"aud": "embed", "exp": time.Now().Add(5 * time.Minute).Unix(), "iat": time.Now().Unix(), "jti": fmt.Sprint("j", jti),
		"view": "sessions", "scope": []string{"sessions:read"}, "origin": "https://shop.example",
	}
	if change != nil {
		change(c)
	}
	return c
}

// sign makes an embed token as another product would: with a library of others.
func (s *site) sign(key api.EmbedKey, change func(jwt.MapClaims)) string {
	s.t.Helper()
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, claimsOf(change))
	t.Header["kid"] = key.ID
	text, err := t.SignedString([]byte(key.Attributes.Secret))
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

func (s *site) exchange(jws string, headers ...string) *http.Response {
	s.t.Helper()
	return s.ask("", "POST", "/v1/embed/exchange", `{"token":"`+jws+`"}`, headers...)
}

// embedded returns an access token.
func (s *site) embedded(key api.EmbedKey, change func(jwt.MapClaims)) string {
	s.t.Helper()
	return into[api.EmbedAccess](s, s.exchange(s.sign(key, change)), 200).AccessToken
}

// role is somebody who calls all routes.
type role struct {
	name string
	is   access // the only sets that it is in
	ask  func(method, path string) *http.Response
}

// roles are one of each kind, the one who can destroy the most last.
func (s *site) roles() []role {
	key := s.embedKey()
	_, wall := s.wall("overview")
	with := func(token string) func(method, path string) *http.Response {
		return func(method, path string) *http.Response { return s.bearer(token, method, path, "") }
	}
	as := func(user string) func(method, path string) *http.Response {
		return func(method, path string) *http.Response { return s.ask(user, method, path, "") }
	}
	all := []role{{"nobody", 0, as("")}, {"display", display, with(wall)}}
	for _, scope := range api.EmbedScopes {
		token := s.embedded(key, func(c jwt.MapClaims) { c["scope"] = []string{scope} })
		all = append(all, role{"embed:" + strings.TrimSuffix(scope, ":read"), scopes[scope], with(token)})
	}
	return append(all, role{"basic", reader, as(basicUser)}, role{"admin", admin, as(adminUser)})
}

// TestMatrix calls every route of the table as everybody, and keeps what comes of
// it: yes, or why not. Whoever changes the table sees here who may do what.
func TestMatrix(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.connect()
		job := s.start(`{"action":"restart","ids":["1"]}`)
		roles := s.roles()
		cells := make([][]string, len(s.table))
		for _, who := range roles {
			for i, r := range s.table {
				path := strings.Replace(address(r.pattern), "jobs/:id", "jobs/"+job, 1)
				got := "yes"
				switch answer := who.ask(r.method, path); {
				case r.access&public != 0: // who is logged in makes no difference
					got = "public"
				case answer.StatusCode == http.StatusUnauthorized, answer.StatusCode == http.StatusForbidden:
					got = fmt.Sprint(answer.StatusCode)
				case answer.StatusCode >= 500:
					t.Errorf("%s %s as %s: got %d", r.method, path, who.name, answer.StatusCode)
				}
				want := "yes"
				switch {
				case r.access&public != 0:
					want = "public"
				case who.is == 0:
					want = "401"
				case r.access&who.is == 0:
					want = "403"
				}
				if got != want {
					t.Errorf("%s %s as %s: got %s, want %s", r.method, path, who.name, got, want)
				}
				cells[i] = append(cells[i], got)
			}
		}
		var text strings.Builder
		w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
		fmt.Fprint(w, "route")
		for _, who := range roles {
			fmt.Fprint(w, "\t", who.name)
		}
		for i, r := range s.table {
			fmt.Fprintf(w, "\n%s /v1/%s\t%s", r.method, r.pattern, strings.Join(cells[i], "\t"))
		}
		topics := make([]string, 0, len(topicAccess))
		for topic := range topicAccess {
			topics = append(topics, topic)
		}
		slices.Sort(topics)
		for _, topic := range topics {
			fmt.Fprintf(w, "\nsubscribe %s", topic)
			for _, who := range roles {
				fmt.Fprint(w, "\t", map[bool]string{true: "yes", false: "403"}[topicAccess[topic]&who.is != 0])
			}
		}
		fmt.Fprintln(w)
		_ = w.Flush()
		golden(t, "access.txt", text.String())
	})
}

// Ensure what is not a user changes nothing and gets nothing but what the table
// says, by no method, even where there is no route.
func TestTokensOnlyRead(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.connect()
		for _, who := range s.roles() {
			if who.is&basic != 0 || who.is == 0 {
				continue
			}
			for _, r := range s.table {
				changes := r.method != http.MethodGet && r.access&public == 0 && r.pattern != ticketPath
				if changes && r.access&who.is != 0 {
					t.Errorf("%s may %s %s", who.name, r.method, r.pattern)
				}
			}
			for _, path := range []string{"/v1/nosuch", "/v1/sessions/1/nosuch", "/nosuch"} {
				if got := who.ask("GET", path).StatusCode; got != 404 {
					t.Errorf("%s: %s gives %d", who.name, path, got)
				}
			}
		}
		s.wants(s.bearer("sbx_display_nonsense", "GET", "/v1/whoami", ""), 401)
		s.wants(s.bearer("sbx_embed_nonsense", "GET", "/v1/whoami", ""), 401)
		s.wants(s.ask("", "GET", "/v1/whoami", "", "Cookie", "display=sbx_display_nonsense"), 401)
	})
}

// Ensure a host application can give less than all, and cannot give more by
// mistake.
func TestHostPrincipals(t *testing.T) {
	principals := map[string]Principal{
		"zero":     {},
		"admin":    {User: "a", Role: RoleAdmin},
		"screen":   {User: "s", Role: RoleDisplay},
		"page":     {User: "p", Role: RoleEmbed},
		"unknown":  {User: "u", Role: "operator"},
		"redacted": {User: "r", Role: RoleAdmin, Redact: true},
		"locked":   {User: "l", Role: RoleBasic, Locked: "user:nobody"},
		"broken":   {User: "b", Role: RoleAdmin, Locked: "user:("},
		"blank":    {User: "b", Role: RoleAdmin, Locked: " "},
	}
	inSite(t, func(o *Options) {
		o.Authenticate = func(r *http.Request) (Principal, error) {
			p, ok := principals[r.Header.Get("X-Host")]
			if !ok {
				return p, errors.New("not logged in")
			}
			return p, nil
		}
	}, func(s *site) {
		_, _ = s.connect().Query("SELECT 'xyzzy'")
		for who, sees := range map[string]bool{"zero": true, "admin": true, "screen": false, "redacted": false} {
			if body := s.wants(s.ask("", "GET", "/v1/sessions", "", "X-Host", who), 200); strings.Contains(body, "xyzzy") != sees {
				t.Errorf("%s: got %s", who, body)
			}
		}
		s.wants(s.ask("", "GET", "/v1/whoami", "", "X-Host", "zero"), 200, `"role": "basic"`)
		for _, tt := range []struct {
			who, method, path string
			status            int
		}{
			{"zero", "GET", "/v1/sessions/1", 200},
			{"zero", "GET", "/v1/maxscale/logs/data", 200},
			{"zero", "DELETE", "/v1/sessions/1", 403},
			{"unknown", "GET", "/v1/sessions", 403},
			{"screen", "GET", "/v1/sessions", 200},
			{"screen", "GET", "/v1/sessions/1", 403},
			{"page", "GET", "/v1/sessions", 403},
			{"unknown", "GET", "/v1/whoami", 403},
			{"redacted", "GET", "/v1/sessions/1", 200},
			{"redacted", "GET", "/v1/servers", 200},
			{"redacted", "GET", "/v1/maxscale/logs/data", 403},
			{"redacted", "GET", "/v1/audit", 403},
			{"redacted", "DELETE", "/v1/sessions/1", 403},
			{"locked", "GET", "/v1/sessions", 200},
			{"locked", "GET", "/v1/sessions/1", 404},
			{"locked", "GET", "/v1/servers", 403},
			{"broken", "GET", "/v1/sessions", 403},
			{"blank", "GET", "/v1/sessions", 403},
			{"nobody", "GET", "/v1/sessions", 401},
			{"admin", "DELETE", "/v1/sessions/1", 204},
		} {
			if got := s.ask("", tt.method, tt.path, "", "X-Host", tt.who); got.StatusCode != tt.status {
				t.Errorf("%s %s as %s: got %d, want %d", tt.method, tt.path, tt.who, got.StatusCode, tt.status)
			}
		}
	})
}
