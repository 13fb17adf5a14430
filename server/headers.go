package server

import (
	"net/http"
	"strings"
)

// setHeaders sets what every answer carries.
func setHeaders(h http.Header, tls bool) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	if tls {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// setFrame sets what an answer to a path may do in a browser and who may embed
// it. Nothing of the console is inline and nothing comes from elsewhere, so the
// policy names no one but ourselves; 'wasm-unsafe-eval' is what WebAssembly needs
// to start. A page for embedding is for the pages of its key only.
func (a *Admin) setFrame(h http.Header, r *http.Request, path string) {
	ancestors := a.options.FrameAncestors
	if below(path, "/embed") {
		ancestors = nil
		if key, ok := a.options.Grants.embedKey(r.URL.Query().Get("key")); ok {
			ancestors = key.FrameAncestors
		}
	}
	if len(ancestors) == 0 {
		ancestors = []string{"'none'"}
		h.Set("X-Frame-Options", "DENY")
	}
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "+
		"img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "+
		"base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors "+strings.Join(ancestors, " "))
	lock := "()"
	if below(path, "/wall") {
		lock = "(self)"
	}
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), screen-wake-lock="+lock)
}

// below says whether a path is folder or something in it.
func below(path, folder string) bool {
	rest, ok := strings.CutPrefix(path, folder)
	return ok && (rest == "" || rest[0] == '/')
}
