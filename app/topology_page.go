package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// topologyPage shows who talks to whom.
type topologyPage struct {
	app.Compo
	Query string // of the address
	Rev   uint64
}

// Render draws the page.
func (p *topologyPage) Render() app.UI { return app.Div().Body(app.H1().Text("Topology")) }
