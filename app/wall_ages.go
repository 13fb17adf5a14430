package app

import (
	"time"

	"github.com/signalbox/signalbox/api"
)

// ages are how old what is known of each view of the push feed is. A view that
// the server keeps up is as old as the newest frame of any kind: had it changed,
// that would have been sent. Statistics come every second by themselves, so that
// they are as old as their own. The zero value knows nothing.
type ages struct {
	newest time.Time            // the server's time in the newest frame
	of     map[string]time.Time // as of when views are known that are not kept up
	kept   map[string]bool      // views that this connection keeps up
}

// When a figure is old, and when the whole screen is.
const (
	oldAfter = 10 * time.Second
	outAfter = 60 * time.Second
)

// hear takes a frame.
func (a *ages) hear(f api.Frame) {
	at := timeOf(f.Now)
	if at.IsZero() {
		return
	}
	a.newest = at
	if f.Type != api.FrameSnapshot && f.Type != api.FramePatch {
		return
	}
	if a.of == nil {
		a.forget()
	}
	a.of[f.View] = at
	if f.Type == api.FrameSnapshot {
		a.kept[f.View] = true
	}
}

// lose takes it that the connection has ended.
func (a *ages) lose() {
	for view := range a.kept {
		a.of[view] = a.newest
	}
	clear(a.kept)
}

// forget forgets all views.
func (a *ages) forget() { a.of, a.kept = make(map[string]time.Time), make(map[string]bool) }

// age returns how old what is known of a view is at an instant of the server's
// clock; false when nothing is. A view that ticks is as old as its own newest
// frame.
func (a *ages) age(view string, ticks bool, now time.Time) (time.Duration, bool) {
	at, ok := a.of[view]
	switch {
	case !ok:
		return 0, false
	case a.kept[view] && !ticks:
		at = a.newest
	}
	return max(now.Sub(at), 0), true
}
