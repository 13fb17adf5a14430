// Package app is the console: it shows sessions live and steers them. It is
// written with go-app and compiled to WebAssembly; it knows the server by
// package api alone and never imports it or the engine.
//
// # Structure
//
// One component, the shell, is mounted for every address and draws the page
// that the address names. What pages show comes from the views of package
// app/model, which the push feed keeps up; what they do goes over REST, the same
// calls that a script makes.
//
// # Concurrency
//
// Everything runs on the goroutine that draws, but for the callbacks of the push
// feed and for REST calls, which hand their results over with live.later.
package app

import (
	"runtime/debug"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/ui"
)

// Run shows the console. In a browser it does not return.
func Run() {
	debug.SetGCPercent(garbage)
	ui.MendStorage()
	app.RouteWithRegexp("^/.*", func() app.Composer { return &shell{} })
	app.RunWhenOnBrowser()
}
