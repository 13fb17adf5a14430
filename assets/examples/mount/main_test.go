package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// Ensure the example does what it shows: the portal's login is the console's,
// with the portal's roles, and its end is the end of both.
func TestMount(t *testing.T) {
	proxy, stop, err := newProxy("", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	p := &portal{prefix: "/tools/proxy", logins: map[string]string{}}
	if p.console, err = newConsole(proxy, p); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(p.routes())
	t.Cleanup(func() {
		web.Close()
		if err := p.console.Close(); err != nil {
			t.Error(err)
		}
	})
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, path, accept string, form url.Values) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, web.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", accept)
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		answer, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer, string(text)
	}
	feed := func() (*websocket.Conn, *http.Response) {
		dialer := websocket.Dialer{Jar: jar}
		conn, answer, _ := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(web.URL, "http")+"/tools/proxy/v1/ws", http.Header{"Origin": {web.URL}})
		return conn, answer
	}
	const html, data = "text/html", "application/json"

	if r, _ := ask("GET", "/tools/proxy/sessions?q=user:app", html, nil); r.StatusCode != 303 || r.Header.Get("Location") != "/login?next=%2Ftools%2Fproxy%2Fsessions%3Fq%3Duser%3Aapp" {
		t.Errorf("a page without a login: %d to %s", r.StatusCode, r.Header.Get("Location"))
	}
	if r, text := ask("GET", "/tools/proxy/v1/sessions", data, nil); r.StatusCode != 401 || !strings.Contains(text, "Access denied") {
		t.Errorf("the API without a login: %d %s", r.StatusCode, text)
	}
	if _, r := feed(); r == nil || r.StatusCode != 401 {
		t.Errorf("the feed without a login: %v", r)
	}
	if r, _ := ask("POST", "/login", html, url.Values{"user": {"bob"}, "password": {"wrong"}}); r.StatusCode != 401 {
		t.Errorf("a wrong password: %d", r.StatusCode)
	}
	for _, evil := range []string{"//evil.example", "https://evil.example", `/\evil.example`} {
		if r, _ := ask("POST", "/login", html, url.Values{"user": {"bob"}, "password": {"bob-portal"}, "next": {evil}}); r.Header.Get("Location") != "/" {
			t.Errorf("a login leads to %s", r.Header.Get("Location"))
		}
	}

	for _, path := range []string{"/tools/proxy", "/tools/proxy/", "/tools/proxy/sessions"} {
		// 503 is the console that says that it was not built.
		if r, _ := ask("GET", path, html, nil); r.StatusCode != 200 && r.StatusCode != 503 || r.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
	if r, _ := ask("GET", "/tools/proxy/web/app.css", "*/*", nil); r.StatusCode != 200 {
		t.Errorf("a file of the console: %d", r.StatusCode)
	}
	if r, text := ask("GET", "/tools/proxy/v1/whoami", data, nil); r.StatusCode != 200 || !strings.Contains(text, `"bob"`) || !strings.Contains(text, `"basic"`) {
		t.Errorf("bob is %s", text)
	}
	if r, _ := ask("POST", "/tools/proxy/v1/sessions/restart", data, nil); r.StatusCode != 403 {
		t.Errorf("bob may restart everything: %d", r.StatusCode)
	}
	conn, _ := feed()
	if conn == nil {
		t.Fatal("bob cannot open the feed")
	}
	defer conn.Close()
	if r, _ := ask("POST", "/logout", html, nil); r.StatusCode != 303 {
		t.Errorf("logging out: %d", r.StatusCode)
	}
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, 4001) {
				t.Errorf("the feed after logging out: %v", err)
			}
			break
		}
	}
	if r, _ := ask("POST", "/login", html, url.Values{"user": {"ann"}, "password": {"ann-portal"}}); r.StatusCode != 303 {
		t.Errorf("ann cannot log in: %d", r.StatusCode)
	}
	if r, text := ask("GET", "/tools/proxy/v1/whoami", data, nil); !strings.Contains(text, `"admin"`) {
		t.Errorf("ann is %s: %d", text, r.StatusCode)
	}
}
