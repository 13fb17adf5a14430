package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// Hidden reports whether nobody can see the page.
func Hidden() bool { return !app.IsServer && app.Window().Get("document").Get("hidden").Bool() }

// Go loads another page, also one of the console's own: nothing of this one
// stays.
func Go(path string) {
	if !app.IsServer {
		app.Window().Get("location").Call("assign", path)
	}
}

// Host is the name and the port of the server as the browser has it.
func Host() string {
	if app.IsServer {
		return ""
	}
	return app.Window().Get("location").Get("host").String()
}
