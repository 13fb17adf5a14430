package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

type serversPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64
}

// Render draws the page.
func (p *serversPage) Render() app.UI { return app.Div().Text("…") }
