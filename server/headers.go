package server

import (
	"net/http"
	"strings"
)

// setHeaders sets what every answer carries. Nothing of the console is inline
// and nothing comes from elsewhere, so the policy names no one but ourselves;
// 'wasm-unsafe-eval' is what WebAssembly needs to start.
func setHeaders(h http.Header, o Options, tls bool) {
	ancestors := "'none'"
	if len(o.FrameAncestors) > 0 {
		ancestors = strings.Join(o.FrameAncestors, " ")
	} else {
		h.Set("X-Frame-Options", "DENY")
	}
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "+
		"img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "+
		"base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors "+ancestors)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), screen-wake-lock=(self)")
	h.Set("Cache-Control", "no-cache")
	if tls {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
