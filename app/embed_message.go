package app

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/signalbox/signalbox/api/view"
)

// frameVersion is the version of the messages between an embedded page and the
// page around it, in both directions.
const frameVersion = 1

// frameMessage is a message of the page around an embedded one. Each type has
// the members behind it.
type frameMessage struct {
	V    int    `json:"v"`
	Type string `json:"type"`

	Mode   string `json:"mode"`   // theme: light, dark or system
	Accent string `json:"accent"` // theme: "1f5fbf", or "" for the console's own
	Q      string `json:"q"`      // filter
	JWS    string `json:"jws"`    // token
	Path   string `json:"path"`   // navigate: of the console, "/sessions/4711"
}

// Bounds of what may be in a message.
const (
	maxFrameJWS  = 8 << 10
	maxFramePath = 2 << 10
)

var errNotForUs = errors.New("not a message for an embedded page")

// parseFrameMessage reads a message of the page around. Nothing in it is
// believed: what is not of this version, what has members that its type does not
// have, and what is out of bounds is an error.
func parseFrameMessage(text string) (frameMessage, error) {
	var m frameMessage
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil || d.More() || m.V != frameVersion {
		return m, errNotForUs
	}
	only := frameMessage{V: m.V, Type: m.Type}
	ok := false
	switch m.Type {
	case "theme":
		only.Mode, only.Accent = m.Mode, m.Accent
		ok = oneOf(m.Mode, "light", "dark", "system") != "" && (m.Accent == "" || isColour(m.Accent))
	case "filter":
		only.Q = m.Q
		ok = len(m.Q) <= view.MaxLength && plainText(m.Q)
	case "token":
		only.JWS = m.JWS
		ok = isJWS(m.JWS)
	case "navigate":
		only.Path = m.Path
		ok = len(m.Path) <= maxFramePath && plainText(m.Path) && strings.HasPrefix(m.Path, "/") &&
			!strings.HasPrefix(m.Path, "//") && !strings.Contains(m.Path, `\`)
	}
	if !ok || m != only {
		return m, errNotForUs
	}
	return m, nil
}

// plainText reports whether a text is one line of UTF-8.
func plainText(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0
}

// isColour reports whether a text is a colour as "1f5fbf".
func isColour(s string) bool {
	return len(s) == 6 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// isJWS reports whether a text may be a token: three parts in base64url.
func isJWS(s string) bool {
	return len(s) <= maxFrameJWS && strings.Count(s, ".") == 2 &&
		strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// claimedOrigin is the origin that a token says it is for, "" when it says none.
// Nobody has checked that: it is good for telling a page that its token was
// refused, and for nothing else.
func claimedOrigin(jws string) string {
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Origin string `json:"origin"`
	}
	if err != nil || json.NewDecoder(bytes.NewReader(text)).Decode(&claims) != nil || !isOrigin(claims.Origin) {
		return ""
	}
	return claims.Origin
}

// isOrigin reports whether a text is an origin as browsers write it, of a host
// that is spelt out.
func isOrigin(s string) bool {
	scheme, host, ok := strings.Cut(s, "://")
	return ok && (scheme == "https" || scheme == "http") && host != "" && len(s) <= 300 &&
		strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") == ""
}
