package ui

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// This file puts things where they belong on the screen, and the keyboard where
// it belongs in menus. Like dom.go it does nothing outside of a browser.

// SetProperty sets a custom property of the style of the element id.
func SetProperty(id, name, value string) {
	if e, ok := element(id); ok {
		e.Get("style").Call("setProperty", name, value)
	}
}

// PutBefore puts the element id in front of its sibling before, or behind all
// siblings when that is "".
func PutBefore(id, before string) {
	e, ok := element(id)
	if !ok {
		return
	}
	var next any
	if sibling, ok := element(before); ok {
		next = sibling
	}
	e.Get("parentNode").Call("insertBefore", e, next)
}

// ShowPopover opens the popover id, if it is not open, below the element anchor,
// or above it where there is no room. Its right edge is the anchor's when right
// is set, otherwise its left one.
func ShowPopover(id, anchor string, right bool) {
	pop, ok := element(id)
	if !ok {
		return
	}
	from, ok := element(anchor)
	if !ok || pop.Call("matches", ":popover-open").Bool() {
		return
	}
	pop.Call("showPopover")
	box, size := from.Call("getBoundingClientRect"), pop.Call("getBoundingClientRect")
	width, height := app.Window().Size()
	w, h := size.Get("width").Int(), size.Get("height").Int()
	left, top := box.Get("left").Int(), box.Get("bottom").Int()+2
	if right {
		left = box.Get("right").Int() - w
	}
	if top+h > height-8 {
		top = max(8, min(box.Get("top").Int()-h-2, height-h-8))
	}
	left = max(8, min(left, width-w-8))
	style := pop.Get("style")
	style.Set("left", strconv.Itoa(left)+"px")
	style.Set("top", strconv.Itoa(top)+"px")
}

// MoveFocus moves the keyboard among the items of the menu id: by step items,
// round its ends, or with step 0 to the first. It returns whether there is one.
func MoveFocus(id string, step int) bool {
	menu, ok := element(id)
	if !ok {
		return false
	}
	items := menu.Call("querySelectorAll", `[role^="menuitem"]:not(:disabled)`)
	n := items.Length()
	if n == 0 {
		return false
	}
	active := app.Window().Get("document").Get("activeElement")
	at := -1
	for i := range n {
		if items.Index(i).Equal(active) {
			at = i
		}
	}
	switch {
	case step == 0 || at < 0 && step > 0:
		at = 0
	case at < 0:
		at = n - 1
	default:
		at = ((at+step)%n + n) % n
	}
	items.Index(at).Call("focus", map[string]any{"preventScroll": true})
	return true
}

// Listen has fn called for each event of a name that reaches the window, until
// stop is called. The browser waits for fn.
func Listen(name string, fn func(app.Event)) (stop func()) {
	if app.IsServer {
		return func() {}
	}
	listener := app.FuncOf(func(_ app.Value, args []app.Value) any {
		fn(app.Event{Value: args[0]})
		return nil
	})
	app.Window().Call("addEventListener", name, listener)
	return func() {
		app.Window().Call("removeEventListener", name, listener)
		listener.Release()
	}
}

// OnSize has fn called when the element id has got another size, and once at
// first, until stop is called. The browser calls it when everything is in its
// place, so that it may measure without making the browser do that first.
func OnSize(id string, fn func()) (stop func()) {
	e, ok := element(id)
	if !ok {
		return func() {}
	}
	listener := app.FuncOf(func(app.Value, []app.Value) any {
		fn()
		return nil
	})
	observer := app.Window().Get("ResizeObserver").New(listener)
	observer.Call("observe", e)
	return func() {
		observer.Call("disconnect")
		listener.Release()
	}
}

// Location returns what the address says of the page and, behind the question
// mark, of what is shown there. It is empty outside of a browser.
func Location() (path, query string) {
	if app.IsServer {
		return "", ""
	}
	u := app.Window().URL()
	return u.Path, u.RawQuery
}

// Origin returns the scheme and host that the page came from.
func Origin() string {
	if app.IsServer {
		return ""
	}
	return app.Window().Get("location").Get("origin").String()
}

// PushAddress puts a new address into the bar without going anywhere: the one
// before is where the browser's back button leads.
func PushAddress(path string) {
	if !app.IsServer {
		app.Window().Get("history").Call("pushState", nil, "", path)
	}
}

// Size returns how wide and high what one sees of the element id is, and how wide
// the whole page, in pixels; 0 where there is none.
func Size(id string) (width, height, page int) {
	if e, ok := element(id); ok {
		width, height = e.Get("clientWidth").Int(), e.Get("clientHeight").Int()
	}
	page, _ = app.Window().Size()
	return width, height, page
}
