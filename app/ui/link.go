package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// Link is the whole address of a path of the console.
func Link(path string) string {
	if app.IsServer {
		return path
	}
	return app.Window().Get("location").Get("origin").String() + path
}
