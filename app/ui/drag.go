package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// This file is about dragging with a pointer: mouse, pen or finger.

// Pointer is what an event of a pointer says.
type Pointer struct {
	ID    int
	X, Y  float64 // in the window
	First bool    // the main button, or the first finger
	Touch bool
}

// PointerOf reads an event of a pointer.
func PointerOf(e app.Event) Pointer {
	return Pointer{
		ID: e.Get("pointerId").Int(), X: e.Get("clientX").Float(), Y: e.Get("clientY").Float(),
		First: e.Get("button").Int() == 0 && e.Get("isPrimary").Bool(), Touch: e.Get("pointerType").String() == "touch",
	}
}

// Capture gives all further events of a pointer to the element id, wherever the
// pointer goes, until it is lifted.
func Capture(id string, pointer int) {
	if e, ok := element(id); ok {
		e.Call("setPointerCapture", pointer)
	}
}

// GapAt returns the gap between the children of the element id that is nearest
// to the height y of the window: 0 is in front of the first.
func GapAt(id string, y float64) int {
	e, ok := element(id)
	if !ok {
		return 0
	}
	children := e.Get("children")
	n := children.Get("length").Int()
	for i := range n {
		box := children.Index(i).Call("getBoundingClientRect")
		if y < box.Get("top").Float()+box.Get("height").Float()/2 {
			return i
		}
	}
	return n
}

// PlaceIn returns where in the width of the element id the place x of the window
// is: 0 is its left end, 1 its right one.
func PlaceIn(id string, x float64) float64 {
	e, ok := element(id)
	if !ok {
		return 0
	}
	box := e.Call("getBoundingClientRect")
	width := box.Get("width").Float()
	if width <= 0 {
		return 0
	}
	return min(max((x-box.Get("left").Float())/width, 0), 1)
}

const (
	scrollEdge = 40 // pixels from the edge of what scrolls, within which a drag scrolls it
	scrollStep = 12
)

// ScrollAlong scrolls what the element id is scrolled in when a drag at the
// height y of the window comes near its edge.
func ScrollAlong(id string, y float64) {
	e, ok := element(id)
	if !ok {
		return
	}
	for e = e.Get("parentElement"); e.Truthy(); e = e.Get("parentElement") {
		if e.Get("scrollHeight").Int() <= e.Get("clientHeight").Int() {
			continue
		}
		box := e.Call("getBoundingClientRect")
		switch {
		case y < box.Get("top").Float()+scrollEdge:
			e.Set("scrollTop", e.Get("scrollTop").Int()-scrollStep)
		case y > box.Get("bottom").Float()-scrollEdge:
			e.Set("scrollTop", e.Get("scrollTop").Int()+scrollStep)
		}
		return
	}
}
