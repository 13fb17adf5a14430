package app

import (
	"slices"
	"strings"

	"github.com/signalbox/signalbox/app/lang"
)

// filterOrder is a chain of filters that an operator rearranges: their names,
// the one nearest to the client first. A filter may be in it more than once. The
// zero value is a chain without filters.
type filterOrder struct {
	base  []string // the chain that it began as
	names []string

	lifted   bool // one filter is being carried
	at, from int  // where that one is now and where it was lifted
}

// Names returns the chain as it stands. The caller must not change it.
func (o *filterOrder) Names() []string { return o.names }

// Reset begins anew with a chain.
func (o *filterOrder) Reset(chain []string) {
	*o = filterOrder{base: slices.Clone(chain), names: slices.Clone(chain)}
}

// Rebase keeps the filters as they stand and compares them with another chain
// from now on.
func (o *filterOrder) Rebase(chain []string) { o.base = slices.Clone(chain) }

// Changed reports whether the chain is another than it began as.
func (o *filterOrder) Changed() bool { return !slices.Equal(o.base, o.names) }

// Move takes the filter at from to the place to, or as near to it as there are
// places, and returns where it is then; false when it was there before or there
// is no such filter.
func (o *filterOrder) Move(from, to int) (at int, moved bool) {
	if from < 0 || from >= len(o.names) {
		return from, false
	}
	to = min(max(to, 0), len(o.names)-1)
	if to == from {
		return to, false
	}
	name := o.names[from]
	o.names = slices.Insert(slices.Delete(o.names, from, from+1), to, name)
	return to, true
}

// MoveToGap takes the filter at from to the gap in front of the place gap; the
// last gap is behind all filters.
func (o *filterOrder) MoveToGap(from, gap int) (at int, moved bool) {
	if gap > from {
		gap--
	}
	return o.Move(from, gap)
}

// Lift begins to carry the filter at a place, which MoveLifted then moves and
// Drop or Return puts down.
func (o *filterOrder) Lift(at int) bool {
	if at < 0 || at >= len(o.names) {
		return false
	}
	o.lifted, o.at, o.from = true, at, at
	return true
}

// Lifted returns the place of the filter that is being carried; false when none
// is.
func (o *filterOrder) Lifted() (at int, ok bool) { return o.at, o.lifted }

// MoveLifted moves the carried filter by some places.
func (o *filterOrder) MoveLifted(by int) (at int, moved bool) {
	if !o.lifted {
		return 0, false
	}
	o.at, moved = o.Move(o.at, o.at+by)
	return o.at, moved
}

// Drop puts the carried filter down where it is.
func (o *filterOrder) Drop() (at int, ok bool) {
	at, ok = o.at, o.lifted
	o.lifted = false
	return at, ok
}

// Return puts the carried filter back to where it was lifted.
func (o *filterOrder) Return() (at int, ok bool) {
	if !o.lifted {
		return 0, false
	}
	o.Move(o.at, o.from)
	o.lifted = false
	return o.from, true
}

// Add puts a filter behind all others and returns its place.
func (o *filterOrder) Add(name string) (at int) {
	o.names = append(o.names, name)
	return len(o.names) - 1
}

// Remove takes the filter at a place out and returns its name; "" when there is
// none.
func (o *filterOrder) Remove(at int) string {
	if at < 0 || at >= len(o.names) {
		return ""
	}
	name := o.names[at]
	o.names = slices.Delete(o.names, at, at+1)
	o.lifted = false
	return name
}

// Diff says in sentences what has changed.
func (o *filterOrder) Diff() string { return chainDiff(o.base, o.names) }

// chainDiff says in sentences what makes the chain now of the chain before. The
// longest part of both that is in the same order counts as unmoved.
func chainDiff(before, now []string) string {
	if slices.Equal(before, now) {
		return lang.T("No change.")
	}
	stays, rest := unmoved(before, now)
	var moves, adds []string
	for i, name := range now {
		if stays[i] {
			continue
		}
		at := slices.Index(rest, name)
		switch {
		case at >= 0 && i+1 < len(now):
			rest = slices.Delete(rest, at, at+1)
			moves = append(moves, lang.T("{name} before {now}", "name", name, "now", now[i+1]))
		case at >= 0:
			rest = slices.Delete(rest, at, at+1)
			moves = append(moves, lang.T("{name} to the end", "name", name))
		case slices.Contains(before, name):
			adds = append(adds, lang.T("another {name}", "name", name))
		default:
			adds = append(adds, name)
		}
	}
	removes := make([]string, len(rest))
	for i, name := range rest {
		removes[i] = name
		if slices.Contains(now, name) {
			removes[i] = lang.T("one {name}", "name", name)
		}
	}
	if len(removes) == 0 {
		removes = []string{lang.T("nothing")}
	}
	return strings.TrimSpace(sentence(lang.T("Moves"), moves) + sentence(lang.T("Adds"), adds) + sentence(lang.T("Removes"), removes))
}

// unmoved finds the longest part of two chains that is in the same order in
// both. It returns which filters of now are in it, and those of before that are
// not.
func unmoved(before, now []string) (stays []bool, rest []string) {
	length := make([][]int, len(before)+1) // of the longest part from i and j on
	for i := range length {
		length[i] = make([]int, len(now)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(now) - 1; j >= 0; j-- {
			if before[i] == now[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	stays = make([]bool, len(now))
	i, j := 0, 0
	for i < len(before) && j < len(now) {
		switch {
		case before[i] == now[j]:
			stays[j] = true
			i, j = i+1, j+1
		case length[i][j+1] >= length[i+1][j]:
			j++
		default:
			rest = append(rest, before[i])
			i++
		}
	}
	return stays, append(rest, before[i:]...)
}

// sentence joins what a verb is about; "" when that is nothing.
func sentence(verb string, things []string) string {
	switch n := len(things); n {
	case 0:
		return ""
	case 1:
		return verb + " " + things[0] + ". "
	default:
		return lang.T("{verb} {join} and {things}. ", "verb", verb, "join", strings.Join(things[:n-1], ", "), "things", things[n-1])
	}
}
