package push

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// originAllowed tells whether a page of the request's origin may connect: one
// of allowed ("https://console.example", exactly), or a page that came from
// the host of the request itself, and over TLS if the request did: anybody on
// the way can write a page that did not. Without an origin the request is not from a
// page; that is allowed unless it is authenticated by a cookie, which a
// browser would send for any page.
func originAllowed(r *http.Request, allowed []string, cookie bool) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return !cookie
	}
	if slices.Contains(allowed, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http" && r.TLS == nil) && u.Path == "" && u.User == nil &&
		strings.EqualFold(u.Host, r.Host)
}
