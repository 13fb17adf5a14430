package app

import (
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
)

// selection is what the operator has chosen: sessions by their ids, or all that
// match a filter. Where rows go and what the screen shows does not change it.
type selection struct {
	seen   map[string]api.Time // connected_at by id
	anchor string              // row that a range begins at

	matching bool     // all that match filter are chosen, and not those in seen
	filter   string   // of the view when they were
	except   []string // that were taken out again

	ended int // sessions that ended while they were chosen
}

// maxSelected is how many sessions can be chosen one by one, and maxExcept how
// many can be taken out of all.
const (
	maxSelected = 1000
	maxExcept   = 50
)

// everything is a filter that all sessions match.
const everything = "id>0"

// empty reports whether nothing is chosen.
func (s *selection) empty() bool { return len(s.seen) == 0 && !s.matching }

// has reports whether a session is chosen; for one that matches the filter.
func (s *selection) has(id string) bool {
	if s.matching {
		return !slices.Contains(s.except, id)
	}
	_, ok := s.seen[id]
	return ok
}

// set chooses a session or takes it back, and reports whether it could.
func (s *selection) set(row *api.Session, on bool) bool {
	switch {
	case s.has(row.ID) == on:
	case s.matching && on:
		s.except = slices.DeleteFunc(s.except, func(id string) bool { return id == row.ID })
	case s.matching:
		if len(s.except) == maxExcept {
			return false
		}
		s.except = append(s.except, row.ID)
	case on:
		if len(s.seen) == maxSelected {
			return false
		}
		if s.seen == nil {
			s.seen = make(map[string]api.Time)
		}
		s.seen[row.ID] = row.Attributes.ConnectedAt
	default:
		delete(s.seen, row.ID)
	}
	return true
}

// all chooses all that match a filter.
func (s *selection) all(filter string) { *s = selection{matching: true, filter: filter} }

// clear chooses nothing.
func (s *selection) clear() { *s = selection{} }

// count is how many are chosen when total match the filter.
func (s *selection) count(total int) int {
	if s.matching {
		return max(total-len(s.except), 0)
	}
	return len(s.seen)
}

// drop takes out what has ended.
func (s *selection) drop(others *idViews) {
	for id, connected := range s.seen {
		row, ok := others.row(id)
		if ok && row.Attributes.ConnectedAt != connected || !ok && others.gone(id) {
			delete(s.seen, id)
			s.ended++
		}
	}
}

// ids returns the chosen ids in order; none when a filter chooses them.
func (s *selection) ids() []string {
	ids := make([]string, 0, len(s.seen))
	for id := range s.seen {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, compareIDs)
	return ids
}

// compareIDs orders ids as numbers.
func compareIDs(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// query is a filter that chooses the same sessions.
func (s *selection) query() string {
	switch {
	case !s.matching:
		return "id:" + strings.Join(s.ids(), ",")
	case len(s.except) == 0:
		return s.filter
	}
	rest := "id:!" + strings.Join(s.except, ",")
	switch {
	case s.filter == "":
		return rest
	case strings.Contains(s.filter, "|"):
		return "(" + s.filter + ") " + rest
	}
	return s.filter + " " + rest
}

// bulk is the selection as the dialog for several sessions takes it.
func (s *selection) bulk(action string, total int) bulk {
	if s.matching {
		return bulk{Action: action, Filter: orEverything(s.query()), Total: s.count(total)}
	}
	seen := make(map[string]api.Time, len(s.seen))
	for id, connected := range s.seen {
		seen[id] = connected
	}
	return bulk{Action: action, IDs: s.ids(), Seen: seen, Total: len(seen)}
}

func orEverything(filter string) string {
	if filter == "" {
		return everything
	}
	return filter
}

// tooLong reports whether a filter is longer than filters may be.
func tooLong(filter string) bool { return len(filter) > view.MaxLength }

// endedWords says how many sessions have dropped out, "" when none has.
func (s *selection) endedWords() string {
	switch s.ended {
	case 0:
		return ""
	case 1:
		return lang.T("1 has ended and is no longer selected")
	}
	return lang.T("{ended} have ended and are no longer selected", "ended", strconv.Itoa(s.ended))
}
