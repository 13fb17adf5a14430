package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// TrapTab keeps a press of Tab inside the element around: from the last control
// it goes to the first and back.
func TrapTab(e app.Event, around app.Value) {
	if app.IsServer {
		return
	}
	all := around.Call("querySelectorAll", "a[href],button:not(:disabled):not([tabindex='-1']),input:not(:disabled),select:not(:disabled),textarea:not(:disabled)")
	n := all.Length()
	if n == 0 {
		return
	}
	edge, other := all.Index(n-1), all.Index(0)
	if e.Get("shiftKey").Bool() {
		edge, other = other, edge
	}
	now := Focused()
	if now.Equal(edge) || !around.Call("contains", now).Bool() {
		e.PreventDefault()
		other.Call("focus")
	}
}

// FocusBack gives the keyboard back to the element that has had it. When that has
// gone or is hidden, the first button or link inside what the selector finds gets
// it, or else the page.
func FocusBack(element app.Value, selector string) {
	if app.IsServer {
		return
	}
	if element != nil && element.Truthy() && element.Get("tagName").String() != "BODY" {
		if element.Call("focus"); Focused().Equal(element) {
			return
		}
	}
	if around := app.Window().Get("document").Call("querySelector", "main "+selector); around.Truthy() {
		if found := around.Call("querySelector", "button:not([tabindex='-1']),a[href],button"); found.Truthy() {
			found.Call("focus")
			return
		}
	}
	Focus("main")
}
