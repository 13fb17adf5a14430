package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// pendingPage shows what waits for its moment: kills, swaps, restarts and jobs.
type pendingPage struct {
	app.Compo
	ID  string // of a job, "" for all that waits
	Rev uint64
}

// Render draws the page.
func (p *pendingPage) Render() app.UI { return app.Div().Body(app.H1().Text("Pending")) }
