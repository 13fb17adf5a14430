package app

import (
	"slices"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/ui"
)

// This file keeps what a change costs to the rows that it changes: to build a row
// and to compare it with the DOM is most of what an update costs, and in most
// orders one session that comes or goes moves all others. go-app tells children
// apart by their places, so a session keeps its place among the children as long
// as it is drawn, wherever it goes, and the elements are put in order afterwards.

// sessionsRow is one row of the table as a component, which has no state of its
// own. It is drawn anew when Rev says that it shows something else.
type sessionsRow struct {
	app.Compo
	Page *sessionsPage
	At   int    // place among the children
	Rev  uint64 // of the page's drawnRow there
}

// Render draws the row.
func (r *sessionsRow) Render() app.UI {
	d := &r.Page.drawn
	if r.At >= len(d.list) {
		return app.Div()
	}
	return sessionsTable{r.Page}.renderRow(d.columns, d.list[r.At])
}

// rowLook is what a row's appearance comes from, but for the time. A session that
// has changed is another value.
type rowLook struct {
	tableRow
	index                int    // in the whole table
	chosen, cursor, menu bool   // selected; that keys act on; with its menu open
	note                 string // how it has ended
	leaving              bool   // it has ended, and will be gone in a moment
	stale                bool
}

// drawnRow is a row in the DOM.
type drawnRow struct {
	look   rowLook
	now    time.Time // that its clocks were drawn at
	clocks string
	rev    uint64
}

// drawnRows are the rows in the DOM.
type drawnRows struct {
	columns []*column
	list    []drawnRow // by their places among the children
	order   []int      // places in list, from the top
	placed  []int      // the same as the elements are now
	rev     uint64
}

// draw takes over what is to be drawn, from the top. The clocks of a row tick once
// a second, and only of the rows from first to before last, which are on the
// screen: the rows around them are only there to be found by scrolling.
func (d *drawnRows) draw(columns []*column, looks []rowLook, first, last int, now time.Time) {
	before, n := d.list, len(looks)
	same := slices.Equal(columns, d.columns)
	d.columns, d.list = columns, make([]drawnRow, n)
	d.assign(before, looks)
	for i, look := range looks {
		row := &d.list[d.order[i]]
		if at := d.order[i]; at < len(before) && before[at].look == look && same && !look.menu {
			*row = before[at]
			if row.now.Unix() == now.Unix() || i < first || i >= last {
				continue
			}
		}
		at := clockTime(look.tableRow, now)
		if texts := clocks(look.tableRow, at); row.rev == 0 || row.clocks != texts {
			d.rev++
			*row = drawnRow{look, at, texts, d.rev}
		}
		row.now = at
	}
	// go-app takes away the last children, and adds new ones at the end.
	d.placed = slices.DeleteFunc(d.placed, func(at int) bool { return at >= n })
	for at := len(d.placed); at < n; at++ {
		d.placed = append(d.placed, at)
	}
}

// assign finds a place among the children for each row: its own, or that of one
// that is not there any more.
func (d *drawnRows) assign(before []drawnRow, looks []rowLook) {
	const none = -1
	d.order = make([]int, len(looks))
	taken := make([]bool, len(looks))
	own := make(map[string]int, len(before))
	for at, row := range before {
		own[row.look.ID] = at
	}
	for i, look := range looks {
		at, ok := own[look.ID]
		if d.order[i] = none; ok && at < len(looks) && !taken[at] {
			d.order[i], taken[at] = at, true
		}
	}
	free := 0
	for i := range d.order {
		if d.order[i] != none {
			continue
		}
		for taken[free] {
			free++
		}
		d.order[i], taken[free] = free, true
	}
}

// put puts the elements in order, and moves as few of them as it can.
func (d *drawnRows) put() {
	if slices.Equal(d.placed, d.order) {
		return
	}
	stay := longestRise(d.placed, d.order)
	before := "" // the row below
	for _, at := range slices.Backward(d.order) {
		id := "row-" + d.list[at].look.ID
		if !stay[at] {
			ui.PutBefore(id, before)
		}
		before = id
	}
	d.placed = slices.Clone(d.order)
}

// longestRise returns most of what can stay where it is in now when the rest is
// moved to where want has it. Both have the numbers below their length.
func longestRise(now, want []int) map[int]bool {
	place := make([]int, len(want)) // in want
	for i, at := range want {
		place[at] = i
	}
	length, link := make([]int, len(now)), make([]int, len(now)) // of the best rise that ends here; the one before
	best := -1
	for i := range now {
		link[i] = -1
		for j := range i {
			if place[now[j]] < place[now[i]] && length[j] > length[i] {
				length[i], link[i] = length[j], j
			}
		}
		length[i]++
		if best < 0 || length[i] > length[best] {
			best = i
		}
	}
	stay := make(map[int]bool, len(now))
	for ; best >= 0; best = link[best] {
		stay[now[best]] = true
	}
	return stay
}

// clockTime is the instant whose clocks a row shows: whole seconds, so that none
// is left out and none comes twice, but where tenths are seen or what is left is.
func clockTime(row tableRow, now time.Time) time.Time {
	whole := now.Truncate(time.Second)
	if row.Attributes.Pending.Kill != nil || view.InState(row.Session, view.Lag(row.Session, whole)) < 10*time.Second {
		return now
	}
	return whole
}

// clocks is what a row shows of time: when it is the same, no clock of the row
// has moved on.
func clocks(row tableRow, now time.Time) string {
	lag := view.Lag(row.Session, now)
	_, state, level := stateChipAt(row.Session, now)
	return strings.Join([]string{
		state, level, elapsed(view.InState(row.Session, lag)), elapsed(view.Age(row.Session, lag)), elapsed(view.TrxAge(row.Session, lag)),
	}, "\n")
}
