package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// queriesPage shows the statements that run now.
type queriesPage struct {
	app.Compo
	Query string // of the address
	Rev   uint64
}

// Render draws the page.
func (p *queriesPage) Render() app.UI { return app.Div().Body(app.H1().Text("Live queries")) }
