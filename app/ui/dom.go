package ui

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// This file does to the DOM what go-app cannot: style properties, which a strict
// content policy forbids as attributes, values of inputs, and focus. All of it
// does nothing outside of a browser.

func element(id string) (app.Value, bool) {
	if app.IsServer {
		return nil, false
	}
	e := app.Window().GetElementByID(id)
	return e, e.Truthy()
}

// SetStyle sets a style property of the element id.
func SetStyle(id, property, value string) {
	if e, ok := element(id); ok {
		e.Get("style").Set(property, value)
	}
}

// SetValue sets what stands in the input id.
func SetValue(id, value string) {
	if e, ok := element(id); ok {
		e.Set("value", value)
	}
}

// Focus gives the keyboard to the element id.
func Focus(id string) {
	if e, ok := element(id); ok {
		e.Call("focus")
	}
}

// Select gives the keyboard to the input id and selects what stands in it, so
// that typing replaces it.
func Select(id string) {
	if e, ok := element(id); ok {
		e.Call("focus")
		e.Call("select")
	}
}

// Focused returns the element that has the keyboard, nil when none has.
func Focused() app.Value {
	if app.IsServer {
		return nil
	}
	return app.Window().Get("document").Get("activeElement")
}

// Type types text behind what stands in the input that has the keyboard, as if
// the visitor did.
func Type(text string) {
	if app.IsServer {
		return
	}
	input := Focused()
	input.Set("value", input.Get("value").String()+text)
	input.Call("dispatchEvent", app.Window().Get("Event").New("input", map[string]any{"bubbles": true}))
}

// FocusOn gives the keyboard to an element, if it is still in the page.
func FocusOn(element app.Value) {
	if element != nil && element.Truthy() && element.Get("isConnected").Bool() {
		element.Call("focus")
	}
}

// FocusHeading gives the keyboard to the heading of the page in the element id,
// or to the element when it has none.
func FocusHeading(id string) {
	e, ok := element(id)
	if !ok {
		return
	}
	if h := e.Call("querySelector", "h1"); h.Truthy() {
		h.Call("setAttribute", "tabindex", "-1")
		e = h
	}
	e.Call("focus")
}

// ScrollIntoView scrolls what is around the element id as little as shows it.
func ScrollIntoView(id string) {
	if e, ok := element(id); ok {
		e.Call("scrollIntoView", map[string]any{"block": "nearest"})
	}
}

// Press clicks the element id for the visitor.
func Press(id string) {
	if e, ok := element(id); ok {
		e.Call("click")
	}
}

// ScrollTop returns how far the element id is scrolled, in pixels.
func ScrollTop(id string) int {
	if e, ok := element(id); ok {
		return e.Get("scrollTop").Int()
	}
	return 0
}

// ScrollTo scrolls the element id.
func ScrollTo(id string, top int) {
	if e, ok := element(id); ok {
		e.Set("scrollTop", top)
	}
}

// SetTheme puts light or dark into effect; anything else follows the system.
func SetTheme(name string) {
	if app.IsServer {
		return
	}
	if name != "light" && name != "dark" {
		name = "light"
		if app.Window().Call("matchMedia", "(prefers-color-scheme: dark)").Get("matches").Bool() {
			name = "dark"
		}
	}
	app.Window().Get("document").Get("documentElement").Call("setAttribute", "data-theme", name)
}

// SetTitle sets what the browser's tab says.
func SetTitle(text string) {
	if !app.IsServer && title != text {
		title = text
		app.Window().Get("document").Set("title", text)
	}
}

// title is what it says now.
var title string

// Theme returns what is in effect, light or dark.
func Theme() string {
	if app.IsServer {
		return "light"
	}
	return app.Window().Get("document").Get("documentElement").Call("getAttribute", "data-theme").String()
}

// SetRoot sets an attribute of the document's root, or takes it away when value
// is empty.
func SetRoot(name, value string) {
	if app.IsServer {
		return
	}
	root := app.Window().Get("document").Get("documentElement")
	if value == "" {
		root.Call("removeAttribute", name)
		return
	}
	root.Call("setAttribute", name, value)
}

// Mac reports whether the visitor's keyboard has the keys of a Mac.
func Mac() bool {
	return !app.IsServer && strings.HasPrefix(app.Window().Get("navigator").Get("platform").String(), "Mac")
}

// Language returns the tag of the language that the browser asks for, "" outside
// of one.
func Language() string {
	if app.IsServer {
		return ""
	}
	return app.Window().Get("navigator").Get("language").String()
}

// Address returns the address of the page in full.
func Address() string {
	if app.IsServer {
		return ""
	}
	return app.Window().Get("location").Get("href").String()
}

// OnSystemTheme has fn called whenever the system goes from light to dark or
// back. The browser calls it.
func OnSystemTheme(fn func()) {
	if !app.IsServer {
		app.Window().Call("matchMedia", "(prefers-color-scheme: dark)").Call("addEventListener", "change", app.FuncOf(func(app.Value, []app.Value) any {
			fn()
			return nil
		}))
	}
}

// WhenIdle has fn called once, in a moment in which the browser has nothing else to
// do. It returns false where the browser does not tell.
func WhenIdle(fn func()) bool {
	if app.IsServer || !app.Window().Get("requestIdleCallback").Truthy() {
		return false
	}
	var idle app.Func
	idle = app.FuncOf(func(app.Value, []app.Value) any {
		idle.Release()
		fn()
		return nil
	})
	app.Window().Call("requestIdleCallback", idle)
	return true
}

// Reload loads the page anew.
func Reload() {
	if !app.IsServer {
		app.Window().Get("location").Call("reload")
	}
}

// Closest returns the attribute name of the element that an event came from, or
// of the nearest one around it that has it; "" when none does. It is how one
// handler serves a list whose rows move.
func Closest(e app.Event, name string) string {
	target := e.Get("target")
	if !target.Truthy() {
		return ""
	}
	found := target.Call("closest", "["+name+"]")
	if !found.Truthy() {
		return ""
	}
	return found.Call("getAttribute", name).String()
}

// Typing reports whether an event comes from something that takes text.
func Typing(e app.Event) bool {
	switch e.Get("target").Get("tagName").String() {
	case "INPUT", "TEXTAREA", "SELECT":
		return true
	}
	return false
}

// ReplaceAddress changes the address in the bar without going anywhere.
func ReplaceAddress(path string) {
	if !app.IsServer {
		app.Window().Get("history").Call("replaceState", nil, "", path)
	}
}
