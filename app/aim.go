package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// This file keeps a click from hitting what has come under it since it was aimed.
// Lists move when something ends, and the elements of what was there become those
// of what is there now: a button that takes a kill back would take back another
// one.

// aim is a button by what it did, and to what, when it was reached.
type aim struct{ id, do string }

// The last buttons that the pointer and the keyboard have reached, and where the
// pointer was.
var (
	byPointer, byKeyboard aim
	pointerAt             [2]int
)

func aimAt(e app.Event) aim { return aim{ui.Closest(e, "data-id"), ui.Closest(e, "data-do")} }

// aimable is any element of go-app.
type aimable[E any] interface {
	OnMouseMove(h app.EventHandler, options ...app.EventOption) E
	On(event string, h app.EventHandler, options ...app.EventOption) E
}

// withAim has element note which of the buttons inside of it is aimed at: who
// serves them asks meant.
func withAim[E aimable[E]](element E) E {
	return element.OnMouseMove(aimed, app.PassiveEvent()).On("pointerdown", aimed, app.PassiveEvent()).On("focusin", aimed)
}

// aimed notes what has been reached. A pointer that rests has chosen nothing,
// whatever moves below it, though browsers tell of it too; a finger chooses what
// it touches.
func aimed(ctx app.Context, e app.Event) {
	ctx.PreventUpdate()
	switch e.Get("type").String() {
	case "focusin":
		byKeyboard = aimAt(e)
	case "pointerdown":
		if e.Get("pointerType").String() != "mouse" {
			byPointer = aimAt(e)
		}
	default:
		if at := [2]int{e.Get("clientX").Int(), e.Get("clientY").Int()}; at != pointerAt {
			byPointer, pointerAt = aimAt(e), at
		}
	}
}

// meant returns the button that was clicked, and whether it does what it was aimed
// to do. If it does not, meant says so, and the next click is meant.
func meant(e app.Event) (button aim, ok bool) {
	button, last := aimAt(e), &byPointer
	if e.Get("detail").Int() == 0 { // Enter or Space
		last = &byKeyboard
	}
	return button, button.do != "" && last.still(button)
}

func (a *aim) still(now aim) bool {
	if *a == now {
		return true
	}
	*a = now
	console.say(lang.T("What is here has just changed. Nothing was done: press again if you mean {id}.", "id", now.id), true)
	return false
}
