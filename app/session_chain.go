package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

type chainTab struct {
	app.Compo
	ID  string // of the session
	Rev uint64
}

// Render draws the tab.
func (t *chainTab) Render() app.UI { return app.Div() }
