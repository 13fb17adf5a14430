package server

import (
	"net/http"
	"slices"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/engine"
)

// This file finds sessions by the console's language, package view's: q= and,
// beside it or in an export, sort=.

// selection is which sessions a request wants and in what order.
type selection struct {
	filter *view.Filter // and what the caller is locked to
	asked  string       // of filter, what the caller has asked for
	order  view.Sort
	sorted bool // by order; else by id
	redact bool // no SQL text is shown
}

// ours says whether a request speaks the console's language. Otherwise it is
// MaxScale's alone, and sort= is JSON:API's.
func (c *call) ours() bool {
	return c.values.Has("q") || c.values.Has("columns") || exportFormat(c) != ""
}

// selectionOf reads what a request wants.
func selectionOf(c *call) (selection, error) {
	s := selection{filter: c.locked, redact: c.principal.Redact}
	if !c.ours() {
		return s, nil
	}
	for _, name := range []string{"q", "sort", "format", "columns"} {
		if len(c.values[name]) > 1 {
			return s, refuse(http.StatusBadRequest, "%s is given more than once", name)
		}
	}
	filter, err := view.Parse(c.values.Get("q"))
	if err != nil {
		return s, refuse(http.StatusBadRequest, "q: %v", err)
	}
	if s.order, err = view.ParseSort(c.values.Get("sort")); err != nil {
		return s, refuse(http.StatusBadRequest, "sort: %v", err)
	}
	if s.redact {
		if filter = filter.Blind(); filter == nil || s.order.Statements() {
			return s, refuse(http.StatusBadRequest, "statements are not shown here, and cannot be asked for")
		}
	}
	s.sorted = c.values.Get("sort") != ""
	s.asked, s.filter = filter.String(), c.locked.And(filter)
	return s, nil
}

// found is a session that a selection has found.
type found struct {
	*engine.Session
	rank view.Rank // when the selection is sorted
}

// find returns the sessions that match at the instant now, in order.
func (s selection) find(e *engine.Engine, now time.Time) []found {
	list := e.Sessions()
	all := make([]found, 0, len(list))
	for _, session := range list {
		f := found{Session: session}
		if !s.filter.Empty() || s.sorted {
			r := lightResource(session, now)
			if !s.filter.Match(&r) {
				continue
			}
			if s.sorted {
				f.rank = s.order.Rank(&r, now, 0)
			}
		}
		all = append(all, f)
	}
	if s.sorted {
		slices.SortFunc(all, func(a, b found) int { return s.order.Compare(&a.rank, &b.rank) })
	}
	return all
}

// still says whether a session, read again, matches.
func (s selection) still(r *api.Session) bool { return s.filter.Match(r) }
