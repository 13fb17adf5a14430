package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
)

// bulk is what an operator is about to do to several sessions. It is filled
// when they ask for it, with the sessions as they were then.
type bulk struct {
	Action string              // one of the api.Job actions
	Filter string              // the sessions that match it, when IDs is empty
	IDs    []string            // the sessions that are meant
	Seen   map[string]api.Time // connected_at by id
	Total  int                 // sessions, as far as the page knew
}

// askBulk opens the dialog for several sessions.
func (l *live) askBulk(app.Context, bulk) {}
