package ui

import (
	"math"
	"net/url"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// This file is about a page that another page shows in a frame. Like dom.go it
// does nothing outside of a browser.

// TakeFragment returns what stands behind the # of the address, and takes it out
// of the address and of the browser's history.
func TakeFragment() string {
	if app.IsServer {
		return ""
	}
	location := app.Window().Get("location")
	text := location.Get("hash").String()
	if text == "" {
		return ""
	}
	ReplaceAddress(location.Get("pathname").String() + location.Get("search").String())
	return text[1:]
}

// Framed reports whether another page shows this one.
func Framed() bool {
	return !app.IsServer && !app.Window().Get("parent").Equal(app.Window().Get("self"))
}

// ParentOrigin is the origin of the page around this one as far as the browser
// tells it, "" when it does not.
func ParentOrigin() string {
	if !Framed() {
		return ""
	}
	if list := app.Window().Get("location").Get("ancestorOrigins"); list.Truthy() && list.Length() > 0 {
		return list.Index(0).String()
	}
	if u, err := url.Parse(app.Window().Get("document").Get("referrer").String()); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host
	}
	return ""
}

// PostToParent sends a message to the page around this one, if that is of the
// origin. The browser drops it otherwise.
func PostToParent(origin string, message map[string]any) {
	if Framed() && origin != "" {
		app.Window().Get("parent").Call("postMessage", message, origin)
	}
}

// maxFrameMessage is how long a message from the page around may be, in bytes.
const maxFrameMessage = 16 << 10

// ListenToParent has fn called for each message that the page around this one
// sends, with the origin of that page and the message as JSON, until the page is
// closed. No other window is listened to, and nothing that is too long. wanted
// says beforehand whether a message of an origin is worth to be read. The browser
// waits for both.
func ListenToParent(wanted func(origin string) bool, fn func(origin, text string)) {
	if !Framed() {
		return
	}
	Listen("message", func(e app.Event) {
		origin := e.Get("origin").String()
		if !e.Get("source").Equal(app.Window().Get("parent")) || !wanted(origin) {
			return
		}
		defer func() { _ = recover() }() // of what JSON does not know, such as what contains itself
		text := app.Window().Get("JSON").Call("stringify", e.Get("data"))
		if text.Type() != app.TypeString {
			return
		}
		if s := text.String(); len(s) <= maxFrameMessage {
			fn(origin, s)
		}
	})
}

// ObserveHeight has fn called with the height of the element id in pixels, now
// and whenever it changes, until stop is called.
func ObserveHeight(id string, fn func(height int)) (stop func()) {
	return OnSize(id, func() {
		if e, ok := element(id); ok {
			fn(int(math.Ceil(e.Call("getBoundingClientRect").Get("height").Float())))
		}
	})
}

// Back goes back to the address before.
func Back() {
	if !app.IsServer {
		app.Window().Get("history").Call("back")
	}
}
