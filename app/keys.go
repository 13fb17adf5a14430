package app

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// keyHandler is a page that has keys of its own.
type keyHandler interface {
	// key does what the key stands for, by its name in KeyboardEvent.key, and
	// returns whether it stands for anything.
	key(ctx app.Context, key string, shift bool) bool
}

// keys is the page on the screen, when it has keys of its own.
var keys keyHandler

// listenKeys takes the keys that no input and no control has a use for. The
// browser calls it while the goroutine that draws waits.
func listenKeys(ctx app.Context) {
	if app.IsServer {
		return
	}
	app.Window().Get("document").Call("addEventListener", "keydown", app.FuncOf(func(_ app.Value, args []app.Value) any {
		e := args[0]
		if e.Get("defaultPrevented").Bool() || e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool() || e.Get("altKey").Bool() {
			return nil
		}
		tag := e.Get("target").Get("tagName").String()
		if console.press(ctx, e.Get("key").String(), tag, e.Get("shiftKey").Bool()) {
			e.Call("preventDefault")
			console.later(func() {})
		}
		return nil
	}))
}

// press does what a key stands for, pressed on an element tag.
func (l *live) press(ctx app.Context, key, tag string, shift bool) bool {
	typing := tag == "INPUT" || tag == "TEXTAREA" || tag == "SELECT"
	switch {
	case l.gate != gateOpen:
		return false
	case l.kill.ID != "":
		if key == "Escape" {
			l.closeKill()
			return true
		}
		return false
	case typing:
		return false
	case (key == " " || key == "Enter") && (tag == "BUTTON" || tag == "A"):
		return false
	case keys != nil && keys.key(ctx, key, shift):
		return true
	case key == "t":
		switchTheme(ctx, app.Event{})
		return true
	case key == " ":
		toggleHold()
		return true
	}
	return false
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func until(t time.Time) time.Duration { return max(time.Until(t), 0) }
