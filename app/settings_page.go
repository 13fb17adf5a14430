package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// settingsPage shows what a user and what administrators choose.
type settingsPage struct {
	app.Compo
	Tab string // last part of the address
	Rev uint64
}

// Render draws the page.
func (p *settingsPage) Render() app.UI { return app.Div().Body(app.H1().Text("Settings")) }
