package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestForwarded(t *testing.T) {
	trusted, err := parseProxies([]string{"127.0.0.1", "10.0.0.0/8", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		address, host string
		tls           bool
	}
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Add("X-Forwarded-"+pairs[i], pairs[i+1])
		}
		return h
	}
	for _, tt := range []struct {
		name   string
		remote string
		header http.Header
		want   seen
	}{
		{"stranger", "192.0.2.1:1", header("For", "198.51.100.7", "Host", "evil.example", "Proto", "https"), seen{"192.0.2.1", "inner", false}},
		{"proxy", "10.1.1.1:1", header("For", "198.51.100.7", "Host", "db.example", "Proto", "https"), seen{"198.51.100.7", "db.example", true}},
		{"proxy_over_ipv6", "[fd00::1]:1", header("For", "2001:db8::7", "Proto", "HTTPS"), seen{"2001:db8::7", "inner", true}},
		{"mapped", "[::ffff:10.1.1.1]:1", header("For", "198.51.100.7"), seen{"198.51.100.7", "inner", false}},
		{"two_proxies", "10.1.1.1:1", header("For", "198.51.100.7, 10.2.2.2"), seen{"198.51.100.7", "inner", false}},
		{"forged_by_the_client", "10.1.1.1:1", header("For", "127.0.0.1, 198.51.100.7"), seen{"198.51.100.7", "inner", false}},
		{"forged_in_another_line", "10.1.1.1:1", header("For", "127.0.0.1", "For", "198.51.100.7"), seen{"198.51.100.7", "inner", false}},
		{"all_trusted", "10.1.1.1:1", header("For", "127.0.0.1"), seen{"127.0.0.1", "inner", false}},
		{"no_address", "10.1.1.1:1", header("For", "unknown"), seen{"10.1.1.1", "inner", false}},
		{"says_nothing", "10.1.1.1:1", http.Header{}, seen{"10.1.1.1", "inner", false}},
		{"host_with_a_port", "10.1.1.1:1", header("Host", "db.example:8443"), seen{"10.1.1.1", "db.example:8443", false}},
		{"host_of_the_last_proxy", "10.1.1.1:1", header("Host", "evil.example, db.example"), seen{"10.1.1.1", "db.example", false}},
		{"no_host", "10.1.1.1:1", header("Host", `x"><script>`), seen{"10.1.1.1", "inner", false}},
		{"no_protocol", "10.1.1.1:1", header("Proto", "gopher"), seen{"10.1.1.1", "inner", false}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr, r.Host, r.Header = tt.remote, "inner", tt.header
			before := *r
			got := trusted.received(r)
			if have := (seen{addressOf(got).String(), got.Host, got.TLS != nil}); have != tt.want {
				t.Errorf("got %+v, want %+v", have, tt.want)
			}
			if r.Host != before.Host || r.RemoteAddr != before.RemoteAddr || r.TLS != before.TLS {
				t.Error("the caller's request has changed")
			}
		})
	}
}

// Ensure that what a browser sees of the proxy decides: links, the cookie, who
// may change something, and which address is slowed down.
func TestBehindProxy(t *testing.T) {
	inSite(t, func(o *Options) {
		o.Prefix, o.Front.Proxies = "/tools/signalbox", []string{"127.0.0.1"}
	}, func(s *site) {
		over := []string{"X-Forwarded-For", "198.51.100.7", "X-Forwarded-Host", "db.example", "X-Forwarded-Proto", "https"}
		const login = "/tools/signalbox/v1/login"
		body := `{"user":"` + basicUser + `","password":"` + password + `"}`
		r := s.ask("", "POST", login, body, append(over, "Origin", "https://db.example")...)
		s.wants(r, 204)
		if c := r.Cookies()[0]; c.Name != "__Host-sid" || !c.Secure {
			t.Errorf("the cookie under TLS is %v", c)
		}
		if r.Header.Get("Strict-Transport-Security") == "" {
			t.Error("no HSTS under TLS")
		}
		s.wants(s.ask("", "POST", login, body, append(over, "Origin", "https://evil.example")...), 403, "another origin")
		s.wants(s.ask("", "POST", login, body, append(over, "Origin", "https://example.com")...), 403, "another origin")
		s.wants(s.ask("", "POST", login, body, "X-Forwarded-For", "198.51.100.7", "X-Forwarded-Proto", "http"), 403, "not encrypted")
		s.wants(s.ask(basicUser, "GET", "/tools/signalbox/v1/servers/server1", "", over...), 200,
			`"self": "https://db.example/tools/signalbox/v1/servers/server1/"`)
		s.wants(s.ask(basicUser, "DELETE", "/tools/signalbox/v1/sessions/1", "", over...), 403)
		if got := s.options.Audit.newest(); got[0].IP != "198.51.100.7" {
			t.Errorf("the audit log has the address %s", got[0].IP)
		}
	})
}

// Ensure that a page that came in the clear cannot open the feed over TLS.
func TestFeedOrigin(t *testing.T) {
	inSite(t, func(o *Options) {
		o.TLS, o.Front.Origins = true, []string{"https://other.example"}
		o.Authenticate = func(*http.Request) (Principal, error) { return Principal{User: "ann"}, nil }
	}, func(s *site) {
		defer s.serveHTTP()()
		for origin, want := range map[string]int{
			"https://example.com": 101, "http://example.com": 403, "https://other.example": 101, "http://other.example": 403,
			"https://example.com.evil.example": 403, "null": 403,
		} {
			conn, _, answer := s.feed("Origin: " + origin + "\r\n")
			if answer.StatusCode != want {
				t.Errorf("%s: got %d, want %d", origin, answer.StatusCode, want)
			}
			_ = conn.Close()
		}
	})
}
