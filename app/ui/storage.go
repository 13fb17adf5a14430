package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// MendStorage puts storages that keep nothing where the browser does not let this
// page at its own, as in a frame of another site: go-app would not start there.
func MendStorage() {
	if app.IsServer {
		return
	}
	nothing := app.FuncOf(func(app.Value, []app.Value) any { return nil })
	for _, name := range []string{"localStorage", "sessionStorage"} {
		if !reachable(name) {
			app.Window().Get("Object").Call("defineProperty", app.Window(), name, map[string]any{"value": map[string]any{
				"length": 0, "getItem": nothing, "setItem": nothing, "removeItem": nothing, "clear": nothing, "key": nothing,
			}})
		}
	}
}

// reachable reports whether a property of the window can be read. Go survives an
// exception of a function that it calls, and not one of a property that it reads.
func reachable(name string) (ok bool) {
	defer func() { ok = recover() == nil }()
	app.Window().Get("Reflect").Call("get", app.Window(), name)
	return
}
