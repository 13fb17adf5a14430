package ui

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// SaveText gives text to the visitor as a file.
func SaveText(name, text string) {
	if app.IsServer {
		return
	}
	parts := app.Window().Get("Array").New(text)
	options := app.Window().Get("Object").New()
	options.Set("type", "text/plain;charset=utf-8")
	saveBlob(name, app.Window().Get("Blob").New(parts, options))
}

func saveBlob(name string, blob app.Value) {
	url := app.Window().Get("URL").Call("createObjectURL", blob)
	link := app.Window().Get("document").Call("createElement", "a")
	link.Set("href", url)
	link.Set("download", name)
	link.Call("click")
	app.Window().Get("URL").Call("revokeObjectURL", url)
}

// OnDownload has links with the attribute download fetch what they lead to, and
// calls failed when the server does not give it: with its answer, or with status
// 0 when there was none. By itself a browser says only that there is no file.
func OnDownload(failed func(status int, answer string)) {
	if app.IsServer {
		return
	}
	Listen("click", func(e app.Event) {
		link := e.Get("target").Call("closest", "a[download]")
		if !link.Truthy() || strings.HasPrefix(link.Get("href").String(), "blob:") || e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool() {
			return
		}
		e.PreventDefault()
		name := link.Get("download").String()
		answer := app.Window().Call("fetch", link.Get("href"))
		answer.Call("catch", app.FuncOf(func(app.Value, []app.Value) any {
			failed(0, "")
			return nil
		}))
		answer.Then(func(answer app.Value) {
			if !answer.Get("ok").Bool() {
				answer.Call("text").Then(func(text app.Value) { failed(answer.Get("status").Int(), text.String()) })
				return
			}
			disposition := answer.Get("headers").Call("get", "content-disposition")
			if _, given, ok := strings.Cut(disposition.String(), `filename="`); ok {
				name, _, _ = strings.Cut(given, `"`)
			}
			answer.Call("blob").Then(func(blob app.Value) { saveBlob(name, blob) })
		})
	})
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
