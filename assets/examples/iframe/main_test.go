package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Ensure that the example signs tokens that others can read, and that its pages
// have what they need.
func TestShop(t *testing.T) {
	s := &shop{console: "https://db.example/console", key: "k1", secret: "sbx_key_secret", locked: "user:app", redact: true, age: time.Minute}
	ask := func(method, path, body string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://shop.example"+path, strings.NewReader(body))
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		s.routes().ServeHTTP(w, r)
		return w
	}
	for _, tt := range []struct{ view, id, locked string }{
		{"sessions", "", `{"q":"user:app"}`}, {"session", "4711", `{"id":"4711"}`},
	} {
		w := ask("POST", "/token", `{"view":"`+tt.view+`","id":"`+tt.id+`"}`)
		var answer struct{ Token string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%s: %v", w.Body, err)
		}
		var claims jwt.MapClaims
		token, err := jwt.ParseWithClaims(answer.Token, &claims, func(token *jwt.Token) (any, error) {
			if token.Header["kid"] != "k1" {
				t.Errorf("the key is %v", token.Header["kid"])
			}
			return []byte("sbx_key_secret"), nil
		}, jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience("embed"), jwt.WithExpirationRequired())
		if err != nil || !token.Valid {
			t.Fatalf("the token is not good: %v", err)
		}
		if locked, _ := json.Marshal(claims["locked"]); string(locked) != tt.locked || claims["view"] != tt.view || claims["redact"] != true || claims["origin"] != "http://shop.example" {
			t.Errorf("%s: the claims are %v", tt.view, claims)
		}
	}
	if w := ask("POST", "/token", `{"view":"sessions"}`, "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("a page of another site gets a token: %d", w.Code)
	}
	if w := ask("POST", "/token", "no JSON"); w.Code != http.StatusBadRequest {
		t.Errorf("what is not JSON: %d", w.Code)
	}
	for path, part := range map[string]string{
		"/":                    `src="https://db.example/console/web/signalbox-view.js"`,
		"/?view=session/4711":  `view="session/4711"`,
		"/plain?view=topology": `data-view="topology"`,
		"/static/component.js": "signalbox-navigate",
		"/static/plain.js":     "auth-expiring",
	} {
		if w := ask("GET", path, ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), part) {
			t.Errorf("%s: %d without %s: %s", path, w.Code, part, w.Body)
		}
	}
}
