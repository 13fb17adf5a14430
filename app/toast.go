package app

import (
	"slices"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// toast is a short notice that goes away by itself.
type toast struct {
	id   int // tells notices apart
	text string
	bad  bool
	till time.Time

	label string // of the button, "" when there is none
	undo  func(app.Context)
}

// How long notices stay, and how many there are at most.
const (
	toastStay    = 6 * time.Second
	toastStayBad = 15 * time.Second // also with a button: it takes time to reach it
	maxToasts    = 4
)

// say shows a notice, for longer when something went wrong.
func (l *live) say(text string, bad bool) {
	stay := toastStay
	if bad {
		stay = toastStayBad
	}
	showToast(toast{text: text, bad: bad, till: time.Now().Add(stay)})
}

// sayUndo shows a notice of what was done, with a button that takes it back. fn
// is called by the goroutine that draws, at most once.
func (l *live) sayUndo(text, label string, fn func(app.Context)) {
	showToast(toast{text: text, label: label, undo: fn, till: time.Now().Add(toastStayBad)})
}

func showToast(t toast) {
	l := console
	if n := len(l.toasts); n > 0 {
		t.id = l.toasts[n-1].id + 1
	}
	l.toasts = append(l.toasts, t)
	l.toasts = slices.Delete(l.toasts, 0, max(len(l.toasts)-maxToasts, 0))
	l.rev++
}

// freshToasts returns the notices whose time is not over.
func freshToasts(toasts []toast, now time.Time) []toast {
	return slices.DeleteFunc(toasts, func(t toast) bool { return !now.Before(t.till) })
}

// renderToasts draws the notices. They are read out when they come.
func renderToasts(toasts []toast) app.UI {
	return app.Div().Class("toasts").Role("status").Aria("live", "polite").OnClick(toastClicked).Body(
		app.Range(toasts).Slice(func(i int) app.UI {
			t := toasts[i]
			class := "toast"
			if t.bad {
				class = "toast bad"
			}
			return app.Div().Class(class).DataSet("toast", t.id).Body(
				app.Span().Text(t.text),
				app.If(t.undo != nil, func() app.UI {
					return app.Button().Type("button").Class("btn s").DataSet("do", "undo").Text(t.label)
				}),
				app.Button().Type("button").Class("btn bare s").DataSet("do", "dismiss").Aria("label", lang.T("Dismiss")).Text("×"),
			)
		}),
	)
}

// toastClicked serves the buttons of all notices.
func toastClicked(ctx app.Context, e app.Event) {
	if id, err := strconv.Atoi(ui.Closest(e, "data-toast")); err == nil {
		answerToast(ctx, id, ui.Closest(e, "data-do"))
	}
}

// answerToast does what a button of the notice id stands for.
func answerToast(ctx app.Context, id int, do string) {
	l := console
	i := slices.IndexFunc(l.toasts, func(t toast) bool { return t.id == id })
	if i < 0 || do == "" {
		return
	}
	undo := l.toasts[i].undo
	l.toasts = slices.Delete(l.toasts, i, i+1)
	l.rev++
	if do == "undo" && undo != nil {
		undo(ctx)
	}
}
