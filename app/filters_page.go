package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

type filtersPage struct {
	app.Compo
	ID, Tab string
	Rev     uint64
}

// Render draws the page.
func (p *filtersPage) Render() app.UI { return app.Div().Text("…") }
