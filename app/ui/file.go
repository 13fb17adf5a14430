package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// SaveText gives text to the visitor as a file.
func SaveText(name, text string) {
	if app.IsServer {
		return
	}
	parts := app.Window().Get("Array").New(text)
	options := app.Window().Get("Object").New()
	options.Set("type", "text/plain;charset=utf-8")
	url := app.Window().Get("URL").Call("createObjectURL", app.Window().Get("Blob").New(parts, options))
	link := app.Window().Get("document").Call("createElement", "a")
	link.Set("href", url)
	link.Set("download", name)
	link.Call("click")
	app.Window().Get("URL").Call("revokeObjectURL", url)
}

// Reveal scrolls the element id into the middle of what one sees.
func Reveal(id string) {
	if e, ok := element(id); ok {
		options := app.Window().Get("Object").New()
		options.Set("block", "center")
		e.Call("scrollIntoView", options)
	}
}

// Copy puts text on the clipboard, and reports whether the browser lets it. Over plain HTTP browsers have only the old way.
func Copy(text string) bool {
	if app.IsServer {
		return false
	}
	if c := app.Window().Get("navigator").Get("clipboard"); c.Truthy() {
		c.Call("writeText", text)
		return true
	}
	document := app.Window().Get("document")
	area := document.Call("createElement", "textarea")
	area.Set("value", text)
	body := document.Get("body")
	body.Call("appendChild", area)
	area.Call("select")
	ok := document.Call("execCommand", "copy").Bool()
	body.Call("removeChild", area)
	return ok
}
