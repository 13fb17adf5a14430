package server

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/server/jsonapi"
)

// address returns a path that a pattern fits, naming objects that exist.
func address(pattern string) string {
	names := map[string]string{
		"sessions": "1", "services": "RW-Split-Router", "servers": "server1", "listeners": "RW-Split-Listener",
		"filters": "First", "monitors": "Monitor", "maxscale/modules": "readwritesplit", "maxscale/threads": "0", "users/inet": thirdUser, "boards": "overview",
	}
	for kind, name := range names {
		pattern = strings.Replace(pattern, kind+"/:id", kind+"/"+name, 1)
	}
	return "/v1/" + strings.NewReplacer(":what", "kill", ":listener", "RW-Split-Listener").Replace(pattern)
}

// TestTable keeps the table honest: what changes something needs an admin and
// leaves a record, what only reads does neither.
func TestTable(t *testing.T) {
	inSite(t, nil, func(s *site) {
		seen := map[string]bool{}
		for _, r := range s.table {
			name := r.method + " " + r.pattern
			if seen[name] {
				t.Errorf("%s stands there twice", name)
			}
			seen[name] = true
			// Everybody may keep preferences of their own, which nobody else
			// sees and which change nothing but a console.
			ownPreferences := name == "PUT preferences"
			ownLogin := slices.Contains([]string{"login", "logout", "setup", "embed/exchange"}, r.pattern)
			// What a screen or a page of somebody asks before it is let in, and
			// what those who are let in ask for, says itself what is worth a record.
			asks := slices.Contains([]string{"displays/pairing", "displays/pairing/poll", ticketPath}, r.pattern)
			if reads := r.method == http.MethodGet; (reads || ownPreferences || asks) != (r.action == "") {
				t.Errorf("%s has the action %q", name, r.action)
			}
			if r.method != http.MethodGet && r.access != admin && !ownLogin && !ownPreferences && !asks {
				t.Errorf("%s is open to everybody", name)
			}
			if r.access&public != 0 && !ownLogin && !asks && r.pattern != "auth" {
				t.Errorf("%s needs no login", name)
			}
		}
	})
}

func TestReadOnlyServer(t *testing.T) {
	inSite(t, func(o *Options) { o.ReadOnly = true }, func(s *site) {
		s.connect()
		for _, r := range s.table {
			if r.access&public == 0 && r.method != http.MethodGet && r.pattern != ticketPath {
				s.wants(s.ask(adminUser, r.method, address(r.pattern), ""), 403, "read-only")
			}
		}
	})
}

func TestSurface(t *testing.T) {
	tests := []struct {
		name, method, path string
		headers            []string
		status             int
		contains           string
		header, value      string
	}{
		{"health", "GET", "/v1/", nil, 200, "", "", ""},
		{"health_without_v1", "GET", "/", nil, 200, "", "", ""},
		{"unknown_path", "GET", "/v1/nosuch", nil, 404, "/v1/nosuch is not a path", "", ""},
		{"deep_path", "GET", "/v1/sessions/1/nosuch", nil, 404, "", "", ""},
		{"relationship", "GET", "/v1/sessions/1/relationships/filters", nil, 405, "PATCH", "Allow", "PATCH, OPTIONS"},
		{"unknown_service", "GET", "/v1/services/nosuch", nil, 404, "nosuch is not a service", "", ""},
		{"unknown_server", "GET", "/v1/servers/nosuch", nil, 404, "nosuch is not a server", "", ""},
		{"unknown_listener", "GET", "/v1/listeners/nosuch", nil, 404, "nosuch is not a listener", "", ""},
		{"unknown_filter", "GET", "/v1/filters/nosuch", nil, 404, "nosuch is not a filter", "", ""},
		{"unknown_monitor", "GET", "/v1/monitors/nosuch", nil, 404, "nosuch is not a monitor", "", ""},
		{"unknown_module", "GET", "/v1/maxscale/modules/nosuch", nil, 404, "nosuch is not a module", "", ""},
		{"unknown_thread", "GET", "/v1/maxscale/threads/7", nil, 404, "7 is not a thread", "", ""},
		{"listener_of_another", "GET", "/v1/services/RW-Split-Router/listeners/Read-Connection-Listener", nil, 404, "is not a listener of", "", ""},
		{"escaped_slash", "GET", "/v1/services/a%2Fb", nil, 404, "", "", ""},
		{"hostile_name", "GET", "/v1/services/%3Cscript%3E%0a", nil, 404, "<script>  is not a service", "X-Content-Type-Options", "nosniff"},
		{"put_on_a_session", "PUT", "/v1/sessions/1", nil, 405, "PUT is not a method", "Allow", "GET, HEAD, PATCH, DELETE, OPTIONS"},
		{"post_on_the_collection", "POST", "/v1/sessions", nil, 405, "", "Allow", "GET, HEAD, OPTIONS"},
		{"restart_is_not_a_session", "GET", "/v1/sessions/restart", nil, 404, "restart is not a session", "", ""},
		{"unknown_method", "BREW", "/v1/sessions", nil, 405, "BREW is not a method", "", ""},
		{"options", "OPTIONS", "/v1/sessions/1", nil, 200, "", "Allow", "GET, HEAD, PATCH, DELETE, OPTIONS"},
		{"head", "HEAD", "/v1/sessions", nil, 200, "", "Content-Type", "application/json"},
		{"override", "POST", "/v1/sessions/1", []string{"X-HTTP-Method-Override", "PATCH"}, 400, "Missing request body", "", ""},
		{"override_of_a_get", "GET", "/v1/sessions/1", []string{"X-HTTP-Method-Override", "DELETE"}, 200, "", "", ""},
		{"bad_filter", "GET", "/v1/sessions?filter=id=near(1)", nil, 400, "filter: ", "", ""},
		{"bad_page", "GET", "/v1/sessions?page[size]=0", nil, 400, "page[size]: ", "", ""},
		{"bad_page_of_the_log", "GET", "/v1/maxscale/logs/data?page[cursor]=x", nil, 400, "page[cursor]", "", ""},
		{"bad_priority", "GET", "/v1/maxscale/logs/data?priority=loud", nil, 400, "priority", "", ""},
		{"query_classifier_cache", "GET", "/v1/maxscale/query_classifier/cache?top=20", nil, 200, `"data": []`, "", ""},
		{"unix_users", "GET", "/v1/users/unix", nil, 200, `"data": []`, "", ""},
		{"frames", "GET", "/v1/sessions", nil, 200, "", "X-Frame-Options", "DENY"},
		{"hsts_only_with_tls", "GET", "/v1/sessions", nil, 200, "", "Strict-Transport-Security", ""},
	}
	inSite(t, nil, func(s *site) {
		s.connect()
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				r := s.ask(adminUser, tt.method, tt.path, "", tt.headers...)
				body := s.wants(r, tt.status, tt.contains)
				if tt.header != "" && r.Header.Get(tt.header) != tt.value {
					t.Errorf("%s is %q, want %q", tt.header, r.Header.Get(tt.header), tt.value)
				}
				if tt.method == "HEAD" && body != "" {
					t.Errorf("HEAD has a body: %s", body)
				}
			})
		}
	})
}

func TestPrefix(t *testing.T) {
	inSite(t, func(o *Options) {
		o.Prefix = "/admin/"
		o.FrameAncestors = []string{"https://noc.example"}
		o.TLS = true
	}, func(s *site) {
		r := s.ask(adminUser, "GET", "/admin/v1/servers/server1", "")
		s.wants(r, 200, `"self": "https://example.com/admin/v1/servers/server1/"`)
		if got := r.Header.Get("Content-Security-Policy"); !strings.Contains(got, "frame-ancestors https://noc.example") || r.Header.Get("X-Frame-Options") != "" {
			t.Errorf("the page may not be embedded: %s", got)
		}
		if r.Header.Get("Strict-Transport-Security") == "" {
			t.Error("no HSTS under TLS")
		}
		// A proxy may have taken the prefix away, and links have it all the same.
		s.wants(s.ask(adminUser, "GET", "/v1/servers/server1", ""), 200, `"self": "https://example.com/admin/v1/servers/server1/"`)
		s.wants(s.ask(adminUser, "GET", "/administration/v1/servers", ""), 404)
	})
	for _, bad := range []Options{
		{Prefix: "admin"},
		{Prefix: "/a//b"},
		{Prefix: "/../x"},
		{Prefix: `/"><script>`},
		{Prefix: "/a b"},
		{Theme: Theme{Mode: "pink"}},
		{Theme: Theme{Accent: "red"}},
		{Front: Front{Proxies: []string{"proxy.example"}}},
		{Front: Front{Proxies: []string{"10.0.0.0/33"}}},
		{Front: Front{Origins: []string{"example.com"}}},
		{FrameAncestors: []string{"*"}},
		{FrameAncestors: []string{"https://a; script-src *"}},
	} {
		if a, err := New(nil, bad); err == nil {
			_ = a.Close()
			t.Errorf("%+v is accepted", bad)
		}
	}
}

func TestDraining(t *testing.T) {
	inSite(t, nil, func(s *site) {
		if err := s.engine.Close(); err != nil {
			t.Fatal(err)
		}
		s.wants(s.ask(adminUser, "GET", "/v1/sessions", ""), 503, "shutting down")
	})
}

func TestObjects(t *testing.T) {
	for _, path := range []string{
		"services/RW-Split-Router", "services/RW-Split-Router/listeners", "servers", "listeners/RW-Split-Listener",
		"filters/First", "monitors", "maxscale/modules/pass", "maxscale/logs", "maxscale/query_classifier", "users",
	} {
		t.Run(strings.ReplaceAll(path, "/", "."), func(t *testing.T) {
			inSite(t, nil, func(s *site) {
				body := s.wants(s.ask(basicUser, "GET", "/v1/"+path, ""), 200)
				if strings.Contains(body, "secret-of-the-monitor") || strings.Contains(body, "argon2") {
					t.Errorf("%s shows a password", path)
				}
				golden(t, strings.ReplaceAll(path, "/", "-")+".json", steady(t, body))
			})
		})
	}
}

// steady leaves out what belongs to others: the parameters of configured objects
// and what routers and servers say of themselves.
func steady(t *testing.T, body string) string {
	t.Helper()
	var document any
	if err := json.Unmarshal([]byte(body), &document); err != nil {
		t.Fatal(err)
	}
	var prune func(v any)
	prune = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if parameters, ok := v["parameters"].(map[string]any); ok && v["source"] != nil {
				if len(parameters) == 0 {
					t.Error("an object has no parameters")
				}
				delete(v, "parameters")
			}
			delete(v, "router_diagnostics")
			delete(v, "version_string")
			for _, member := range v {
				prune(member)
			}
		case []any:
			for _, element := range v {
				prune(element)
			}
		}
	}
	prune(document)
	return string(jsonapi.Encode(document, true))
}

func TestFit(t *testing.T) {
	tests := []struct {
		pattern, path string
		want          map[string]string
		ok            bool
	}{
		{"sessions", "sessions", nil, true},
		{"sessions/:id", "sessions/1", map[string]string{"id": "1"}, true},
		{"sessions/:id", "sessions", nil, false},
		{"sessions/:id", "sessions/", nil, false},
		{"sessions", "sessions/1", nil, false},
		{"", "", nil, true},
		{"", "sessions", nil, false},
	}
	for _, tt := range tests {
		got, ok := fit(tt.pattern, strings.Split(tt.path, "/"))
		if ok != tt.ok || ok && !cmp.Equal(got, tt.want) {
			t.Errorf("fit(%q, %q) = %v, %v", tt.pattern, tt.path, got, ok)
		}
	}
}
