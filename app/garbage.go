package app

import (
	"runtime"

	"github.com/signalbox/signalbox/app/ui"
)

// This file keeps the collector of garbage out of the way. In a browser it works
// on the one thread that there is, and at a time of its own choice it makes the
// frame that it meets a long one.

// garbage is how much garbage there may be before it is collected, in percent of
// what is in use: drawing makes much of it, in use are a few megabytes. When it
// has come so far as enough percent of the way, it is collected in the next moment
// in which the browser has nothing to do.
const (
	garbage = 400
	enough  = 60
)

// tidying is whether a moment to collect garbage has been asked for.
var tidying bool

// tidy asks for a moment to collect garbage when there is enough of it.
func tidy() {
	if tidying {
		return
	}
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.HeapAlloc < m.NextGC/100*enough {
		return
	}
	tidying = ui.WhenIdle(func() {
		runtime.GC()
		tidying = false
	})
}
