package app

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// toast is a short notice that goes away by itself.
type toast struct {
	text string
	bad  bool
	till time.Time
}

// say shows a notice: for six seconds, or fifteen when something went wrong.
func (l *live) say(text string, bad bool) {
	stay := 6 * time.Second
	if bad {
		stay = 15 * time.Second
	}
	l.toasts = append(l.toasts, toast{text: text, bad: bad, till: time.Now().Add(stay)})
	l.rev++
}

func (l *live) dropToasts() {
	kept := l.toasts[:0]
	for _, t := range l.toasts {
		if time.Now().Before(t.till) {
			kept = append(kept, t)
		}
	}
	l.toasts = kept
}

// renderToasts draws the notices. Those of failures are read out at once.
func renderToasts(toasts []toast) app.UI {
	return app.Div().Class("toasts").Role("status").Aria("live", "polite").Body(
		app.Range(toasts).Slice(func(i int) app.UI {
			class := "toast"
			if toasts[i].bad {
				class = "toast bad"
			}
			return app.Div().Class(class).Body(app.Span().Text(toasts[i].text))
		}),
	)
}
