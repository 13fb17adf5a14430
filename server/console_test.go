package server

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const wasm = "\x00asm and so on"

func built(t *testing.T, css string) fstest.MapFS {
	return fstest.MapFS{
		"static/app.wasm.gz":  {Data: zipped(t, wasm)},
		"static/app.wasm.br":  {Data: []byte("brotli")},
		"static/app.css":      {Data: []byte(css)},
		"static/icon.svg":     {Data: []byte("<svg/>")},
		"static/icon-192.png": {Data: []byte("png")},
		"static/icon-512.png": {Data: []byte("png")},
	}
}

func browse(h http.Handler, path string, headers ...string) *http.Response {
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// Ensure every address of the console gives the page, and the page names
// nothing that is not here.
func TestConsolePage(t *testing.T) {
	inSite(t, func(o *Options) { o.Console = built(t, "body{}"); o.Prefix = "/admin" }, func(s *site) {
		var first string
		for _, path := range []string{"/admin", "/admin/", "/admin/sessions", "/admin/sessions/4711", `/admin/%22%3E%3Cscript%3Ealert(1)%3C/script%3E?q=%22%3E`} {
			r := browse(s, path)
			body := s.wants(r, 200)
			if first == "" {
				first = body
			}
			if body != first {
				t.Errorf("%s gives another page: %s", path, body)
			}
			if got := r.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
				t.Errorf("%s has type %s", path, got)
			}
			if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
				t.Errorf("%s has the policy %s", path, csp)
			}
		}
		if strings.Contains(first, "://") && strings.Contains(first, "githubusercontent") {
			t.Errorf("the page loads from elsewhere: %s", first)
		}
		if regexp.MustCompile(`<script[^>]*>[^<]|style=|javascript:`).MatchString(first) {
			t.Errorf("the page has something inline: %s", first)
		}
		files := regexp.MustCompile(`(?:src|href)="?([^" >]+)`).FindAllStringSubmatch(first, -1)
		preload, rest, _ := strings.Cut(browse(s, "/admin/sessions").Header.Get("Link"), ">")
		if rest != "; rel=preload; as=fetch; crossorigin" || !strings.Contains(s.wants(browse(s, "/admin/app.js"), 200), strings.TrimPrefix(preload, "<")) {
			t.Errorf("what is preloaded is not what the script asks for: %s>%s", preload, rest)
		}
		if script := s.wants(browse(s, "/admin/app.js"), 200); !strings.Contains(script, `"GOAPP_ROOT_PREFIX":"/admin"`) {
			t.Errorf("app.js does not know the prefix: %s", script)
		}
		if len(files) < 5 {
			t.Fatalf("the page names %d files: %s", len(files), first)
		}
		for _, f := range files {
			r := browse(s, f[1])
			s.wants(r, 200)
			if got := r.Header.Get("Cache-Control"); got != immutableFile {
				t.Errorf("%s is kept: %s", f[1], got)
			}
		}
	})
}

func TestConsoleFiles(t *testing.T) {
	inSite(t, func(o *Options) { o.Console = built(t, strings.Repeat("body{}", 1000)) }, func(s *site) {
		script := s.wants(browse(s, "/app.js"), 200)
		address := regexp.MustCompile(`/web/app\.wasm\?v=[0-9a-f]+`).FindString(script)
		if address == "" || !strings.Contains(script, s.Build()) {
			t.Fatalf("app.js names no hashed app.wasm, or no version %s", s.Build())
		}
		if strings.Contains(script, "{{") || !strings.Contains(script, "n * 100 / "+strconv.Itoa(len(wasm))) {
			t.Errorf("app.js is not filled in: %s", script)
		}
		tests := []struct{ name, path, accept, encoding, kind, cache string }{
			{"brotli", address, "gzip, deflate, br", "br", "application/wasm", immutableFile},
			{"gzip", address, "gzip", "gzip", "application/wasm", immutableFile},
			{"refused_brotli", address, "br;q=0, gzip", "gzip", "application/wasm", immutableFile},
			{"unhashed", "/web/app.wasm", "br", "br", "application/wasm", "no-cache"},
			{"wrong_hash", "/web/app.wasm?v=0", "br", "br", "application/wasm", "no-cache"},
			{"css", "/web/app.css", "gzip", "gzip", "text/css; charset=utf-8", "no-cache"},
			{"css_plain", "/web/app.css", "", "", "text/css; charset=utf-8", "no-cache"},
			{"icon", "/favicon.ico", "gzip", "", "image/svg+xml", "no-cache"},
			{"worker", "/app-worker.js", "", "", "text/javascript; charset=utf-8", "no-cache"},
			{"manifest", "/manifest.webmanifest", "", "", "application/manifest+json", "no-cache"},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				r := browse(s, tt.path, "Accept-Encoding", tt.accept)
				s.wants(r, 200)
				for name, want := range map[string]string{"Content-Encoding": tt.encoding, "Content-Type": tt.kind, "Cache-Control": tt.cache, "X-Content-Type-Options": "nosniff"} {
					if got := r.Header.Get(name); got != want {
						t.Errorf("%s is %q, want %q", name, got, want)
					}
				}
				tag := r.Header.Get("ETag")
				if tag == "" || strings.HasPrefix(tag, "W/") {
					t.Errorf("the tag is %s", tag)
				}
				if again := browse(s, tt.path, "Accept-Encoding", tt.accept, "If-None-Match", tag); again.StatusCode != 304 {
					t.Errorf("unchanged: got %d, want 304", again.StatusCode)
				}
			})
		}
		s.wants(browse(s, "/web/app.wasm"), 406)
		s.wants(browse(s, "/web/nosuch.js"), 404)
		s.wants(browse(s, "/web/../users.json"), 404)
		s.wants(s.ask("", "POST", "/app.js", ""), 405)
		if worker := s.wants(browse(s, "/app-worker.js"), 200); !strings.Contains(worker, "unregister()") || strings.Contains(worker, "cache") {
			t.Errorf("the worker stays: %s", worker)
		}
		var manifest struct{ Icons []struct{ Src string } }
		if err := json.Unmarshal([]byte(s.wants(browse(s, "/manifest.webmanifest"), 200)), &manifest); err != nil {
			t.Fatal(err)
		}
		for _, icon := range manifest.Icons {
			s.wants(browse(s, icon.Src), 200)
		}

		// What the browser sees as JSON stays the API's.
		s.wants(s.ask(basicUser, "GET", "/sessions", "", "Accept", "application/json"), 200, `"data"`)
		s.wants(s.ask(basicUser, "GET", "/v1/sessions", "", "Accept", "text/html"), 200, `"data"`)
		s.wants(s.ask(basicUser, "GET", "/sessions", "", "Accept", "text/html"), 200, "<!doctype html>")
	})
}

// Ensure that pages of other origins can load the component and nothing else,
// and that the console hears of its host's theme.
func TestConsoleForOthers(t *testing.T) {
	inSite(t, func(o *Options) {
		files := built(t, "a{}")
		files["static/signalbox-view.js"] = &fstest.MapFile{Data: []byte("customElements")}
		o.Console, o.Theme = files, Theme{Mode: "dark", Accent: "6d28d9"}
	}, func(s *site) {
		for path, want := range map[string]string{
			"/web/signalbox-view.js": "cross-origin", "/web/app.css": "same-origin", "/web/app.wasm": "same-origin", "/sessions": "same-origin",
		} {
			r := browse(s, path, "Accept-Encoding", "br")
			s.wants(r, 200)
			if got := r.Header.Get("Cross-Origin-Resource-Policy"); got != want {
				t.Errorf("%s is for %s, want %s", path, got, want)
			}
		}
		s.wants(browse(s, "/app.js"), 200, `"SIGNALBOX_THEME":"dark"`, `"SIGNALBOX_ACCENT":"6d28d9"`)
	})
}

func TestVersionFollowsTheFiles(t *testing.T) {
	one, err := newConsole(built(t, "a{}"), "", Theme{})
	if err != nil {
		t.Fatal(err)
	}
	same, err := newConsole(built(t, "a{}"), "", Theme{})
	if err != nil {
		t.Fatal(err)
	}
	other, err := newConsole(built(t, "b{}"), "", Theme{})
	if err != nil {
		t.Fatal(err)
	}
	if one.version != same.version || one.version == other.version {
		t.Errorf("versions %s, %s, %s", one.version, same.version, other.version)
	}
	if _, err := newConsole(fstest.MapFS{"static/app.wasm.br": {Data: []byte("x")}}, "", Theme{}); err == nil || !strings.Contains(err.Error(), "no .gz") {
		t.Errorf("a console without a size: %v", err)
	}
}

func TestConsoleNotBuilt(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.wants(browse(s, "/sessions"), 503, "make wasm")
	})
}
