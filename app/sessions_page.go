package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

const sessionsView = "sessions"

type sessionsPage struct {
	app.Compo
	Query string
	Rev   uint64
}

// Render draws the page.
func (p *sessionsPage) Render() app.UI { return app.Div().Text("…") }
