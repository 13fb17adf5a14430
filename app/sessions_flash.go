package app

import (
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
)

// flash is the cell of a row that has changed and fades for a moment.
type flash struct {
	column string
	at     time.Time
}

// flashTime is how long a cell fades, as in sessions.css, and maxFlashes how many
// may begin to in a second: where everything changes, fading says nothing.
const (
	flashTime  = 600 * time.Millisecond
	maxFlashes = 5
)

// in reports whether a column is the one that fades.
func (f *flash) in(column string, now time.Time) bool {
	return f.column == column && now.Sub(f.at) < flashTime
}

// markChanges has the cells fade in which rows of list are others than they were
// in before, whose places are given by id; none when they are too many.
func markChanges(list, before []tableRow, places map[string]int, now time.Time) {
	var changed []int
	recent := 0
	for i := range list {
		at, known := places[list[i].ID]
		if !known {
			continue
		}
		old := &before[at]
		if now.Sub(old.flash.at) < time.Second {
			list[i].flash = old.flash
			recent++
		} else if column := changedColumn(old.Session, list[i].Session, now); column != "" {
			list[i].flash = flash{column, now}
			changed = append(changed, i)
		}
	}
	if recent+len(changed) > maxFlashes {
		for _, i := range changed {
			list[i].flash = flash{}
		}
	}
}

// changedColumn is the column that says what has happened to a session, ""
// when nothing has that one would look for. What ticks is no change.
func changedColumn(old, s *api.Session, now time.Time) string {
	if old == s {
		return ""
	}
	a, b := &old.Attributes, &s.Attributes
	switch {
	case a.ConnectedAt != b.ConnectedAt:
		return ""
	case view.State(old, now) != view.State(s, now):
		return "state"
	case a.Activity.Statement != b.Activity.Statement:
		return "stmt"
	case a.Activity.Server != b.Activity.Server:
		return "server"
	case a.Database != b.Database:
		return "schema"
	}
	return ""
}
