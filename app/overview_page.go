package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// overviewPage shows what needs a person now, and how things go.
type overviewPage struct {
	app.Compo
	Rev uint64
}

// Render draws the page.
func (p *overviewPage) Render() app.UI { return app.Div().Body(app.H1().Text("Overview")) }
