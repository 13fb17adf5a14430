package app

import (
	"encoding/base64"
	"strings"
	"testing"
)

var frameMessages = []struct {
	name, text string
	want       frameMessage // zero: refused
}{
	{"theme", `{"v":1,"type":"theme","mode":"dark","accent":"1f5fbf"}`, frameMessage{V: 1, Type: "theme", Mode: "dark", Accent: "1f5fbf"}},
	{"theme_without_accent", `{"v":1,"type":"theme","mode":"system"}`, frameMessage{V: 1, Type: "theme", Mode: "system"}},
	{"filter", `{"v":1,"type":"filter","q":"user:app age>5m"}`, frameMessage{V: 1, Type: "filter", Q: "user:app age>5m"}},
	{"no_filter", `{"v":1,"type":"filter","q":""}`, frameMessage{V: 1, Type: "filter"}},
	{"token", `{"v":1,"type":"token","jws":"a.b-_.c"}`, frameMessage{V: 1, Type: "token", JWS: "a.b-_.c"}},
	{"navigate", `{"v":1,"type":"navigate","path":"/sessions/4711/chain?x=1"}`, frameMessage{V: 1, Type: "navigate", Path: "/sessions/4711/chain?x=1"}},

	{"nothing", ``, frameMessage{}},
	{"null", `null`, frameMessage{}},
	{"text", `"theme"`, frameMessage{}},
	{"list", `[{"v":1,"type":"theme","mode":"dark"}]`, frameMessage{}},
	{"two", `{"v":1,"type":"filter","q":""}{"v":1,"type":"filter","q":""}`, frameMessage{}},
	{"no_version", `{"type":"theme","mode":"dark"}`, frameMessage{}},
	{"other_version", `{"v":2,"type":"theme","mode":"dark"}`, frameMessage{}},
	{"version_as_text", `{"v":"1","type":"theme","mode":"dark"}`, frameMessage{}},
	{"other_type", `{"v":1,"type":"kill"}`, frameMessage{}},
	{"unknown_member", `{"v":1,"type":"theme","mode":"dark","origin":"*"}`, frameMessage{}},
	{"member_of_another_type", `{"v":1,"type":"theme","mode":"dark","jws":"a.b.c"}`, frameMessage{}},
	{"other_mode", `{"v":1,"type":"theme","mode":"pink"}`, frameMessage{}},
	{"accent_as_css", `{"v":1,"type":"theme","mode":"dark","accent":"red;}"}`, frameMessage{}},
	{"filter_of_two_lines", `{"v":1,"type":"filter","q":"a\nb"}`, frameMessage{}},
	{"filter_as_number", `{"v":1,"type":"filter","q":7}`, frameMessage{}},
	{"long_filter", `{"v":1,"type":"filter","q":"` + strings.Repeat("a", 1025) + `"}`, frameMessage{}},
	{"token_of_two_parts", `{"v":1,"type":"token","jws":"a.b"}`, frameMessage{}},
	{"token_with_spaces", `{"v":1,"type":"token","jws":"a.b.c d"}`, frameMessage{}},
	{"long_token", `{"v":1,"type":"token","jws":"a.b.` + strings.Repeat("c", maxFrameJWS) + `"}`, frameMessage{}},
	{"navigate_to_another_host", `{"v":1,"type":"navigate","path":"//evil.example/sessions"}`, frameMessage{}},
	{"navigate_to_another_host_again", `{"v":1,"type":"navigate","path":"/\\evil.example"}`, frameMessage{}},
	{"navigate_to_a_script", `{"v":1,"type":"navigate","path":"javascript:alert(1)"}`, frameMessage{}},
	{"navigate_nowhere", `{"v":1,"type":"navigate"}`, frameMessage{}},
}

func TestParseFrameMessage(t *testing.T) {
	for _, tt := range frameMessages {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseFrameMessage(tt.text)
			if err != nil {
				got = frameMessage{}
			}
			if got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

// Ensure that what is read can be used as it is, whatever the page around sends.
func FuzzFrameMessage(f *testing.F) {
	for _, tt := range frameMessages {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseFrameMessage(text)
		if err != nil {
			return
		}
		switch {
		case m.V != 1 || oneOf(m.Type, "theme", "filter", "token", "navigate") == "":
			t.Errorf("%q is read as %+v", text, m)
		case m.Path != "" && (m.Path[0] != '/' || len(m.Path) > 1 && m.Path[1] == '/' || strings.ContainsAny(m.Path, "\\\n\r\t\x00")):
			t.Errorf("%q leads to %q", text, m.Path)
		case strings.ContainsAny(m.Q+m.JWS+m.Accent+m.Mode, "\n\r\x00"):
			t.Errorf("%q is read as %+v", text, m)
		}
	})
}

func TestClaimedOrigin(t *testing.T) {
	token := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".x"
	}
	for name, tt := range map[string]struct{ jws, want string }{
		"origin":     {token(`{"origin":"https://shop.example:8443","aud":"embed"}`), "https://shop.example:8443"},
		"none":       {token(`{}`), ""},
		"any":        {token(`{"origin":"*"}`), ""},
		"path":       {token(`{"origin":"https://shop.example/a"}`), ""},
		"script":     {token(`{"origin":"javascript://x"}`), ""},
		"no_json":    {token(`origin`), ""},
		"no_token":   {"a.b", ""},
		"not_base64": {"a.$$.c", ""},
	} {
		if got := claimedOrigin(tt.jws); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}
