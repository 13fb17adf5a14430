package app

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
)

// keeping is whether rows keep their places.
type keeping uint8

const (
	follow keeping = iota // rows are where the order wants them
	steady                // rows stay for a moment, because the pointer is on its way to one
	held                  // rows stay, and those that end stay as ghosts
)

// ghosts are sessions that have ended while their rows follow the order. They
// stay in sight for ghostTime, but no more than maxGhosts at once: where clients
// come and go all the time, nobody could see what is there.
const (
	ghostTime = 3 * time.Second
	maxGhosts = 5
)

// tableRow is one row of the table.
type tableRow struct {
	*api.Session           // as it is, or as it was last seen
	ended        time.Time // when it was missed, zero while it lives
	fresh        bool      // it has just come
	flash        flash
}

// tableRows are the rows that have been sent for the table: in the order of the
// view, or while they keep their places, in the order in which they were when
// that began, each as it is now.
type tableRows struct {
	list    []tableRow
	offset  int // of the first one in the whole table
	total   int // rows of the whole table, ghosts included
	keeps   keeping
	shown   api.Subscribe // what list is a window of
	still   time.Time     // when values were told to stand still, zero while they go on
	words   map[string]string
	changed int // rows whose state has another word than when they began to keep their places
	arrived int // sessions of the view that are not in list
	gone    int // rows of list that have ended
}

// sync takes in what has happened to the view. Of rows that keep their places
// and have left the view, others knows whether they live.
func (r *tableRows) sync(v *model.View, others *idViews, mode keeping, now time.Time) {
	switch {
	case !v.Ready:
		*r = tableRows{}
	case mode == follow:
		r.follow(v, now)
	case r.keeps == follow || r.shown != v.Shown:
		still := r.still
		*r = tableRows{keeps: mode, shown: v.Shown, offset: v.Offset, still: still, words: make(map[string]string)}
		for _, s := range model.Rows[api.SessionAttributes](v) {
			r.list = append(r.list, tableRow{Session: s})
			r.words[s.ID] = view.State(s, now)
		}
		r.total = v.Total
	default:
		r.keeps = max(r.keeps, mode)
		r.refresh(v, others, now)
	}
	if mode != held {
		r.still = time.Time{}
	}
}

// follow takes the rows over as they are. Where the view shows all sessions
// there are, one that is not there any more has ended: elsewhere it may have
// gone to another place.
func (r *tableRows) follow(v *model.View, now time.Time) {
	before, known := r.list, r.keeps == follow && r.shown == v.Shown && r.list != nil
	whole := v.Offset == 0 && v.Total == len(v.IDs) && v.Ask.Filter == "" && v.Shown == v.Ask
	list := make([]tableRow, 0, len(v.IDs))
	places := make(map[string]int, len(before))
	for i, row := range before {
		places[row.ID] = i
	}
	for _, s := range model.Rows[api.SessionAttributes](v) {
		_, old := places[s.ID]
		list = append(list, tableRow{Session: s, fresh: known && whole && !old})
	}
	if known {
		markChanges(list, before, places, now)
	}
	if known && whole {
		list = withGhosts(list, before, now)
	}
	*r = tableRows{list: list, offset: v.Offset, total: v.Total + len(list) - len(v.IDs), shown: v.Shown}
}

// withGhosts puts the rows of before that have ended back into list, each below
// the row that it was below.
func withGhosts(list, before []tableRow, now time.Time) []tableRow {
	alive := make(map[string]bool, len(list))
	for _, row := range list {
		alive[row.ID] = true
	}
	above, n := "", 0
	ghosts := make(map[string][]tableRow)
	for _, row := range before {
		switch {
		case alive[row.ID]:
			above = row.ID
			continue
		case row.ended.IsZero():
			row.ended = now
		}
		if row.fresh = false; now.Sub(row.ended) < ghostTime {
			ghosts[above] = append(ghosts[above], row)
			n++
		}
	}
	if n == 0 || n > maxGhosts {
		return list
	}
	all := slices.Clone(ghosts[""])
	for _, row := range list {
		all = append(append(all, row), ghosts[row.ID]...)
	}
	return all
}

// refresh brings the rows up to date where they are.
func (r *tableRows) refresh(v *model.View, others *idViews, now time.Time) {
	r.changed, r.gone, r.arrived = 0, 0, 0
	here := make(map[string]bool, len(r.list))
	for i := range r.list {
		row := &r.list[i]
		here[row.ID] = true
		s, ok := model.Row[api.SessionAttributes](v, row.ID)
		if !ok {
			s, ok = others.row(row.ID)
		}
		switch {
		case ok && s.Attributes.ConnectedAt != row.Attributes.ConnectedAt, !ok && r.keeps == held && others.gone(row.ID):
			if row.ended.IsZero() {
				row.ended = now
			}
		case ok && r.still.IsZero():
			row.Session = s
		}
		if !row.ended.IsZero() {
			r.gone++
		} else if ok && view.State(s, now) != r.words[row.ID] {
			r.changed++
		}
	}
	for _, id := range v.IDs {
		if !here[id] {
			r.arrived++
		}
	}
	r.total = max(v.Total, r.offset+len(r.list))
}

// news says what has happened since the rows began to be held, "" when nothing
// has.
func (r *tableRows) news() string {
	if r.keeps != held {
		return ""
	}
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{r.changed, lang.Mark("{n} changed|{n} changed")}, {r.arrived, lang.Mark("{n} new|{n} new")}, {r.gone, lang.Mark("{n} ended|{n} ended")}} {
		if part.n > 0 {
			parts = append(parts, lang.N(part.n, part.word))
		}
	}
	switch {
	case len(parts) > 0:
		return lang.T("{parts} while held", "parts", strings.Join(parts, " · "))
	case !r.still.IsZero():
		return lang.T("Everything stands still since {still}", "still", clockOf(r.still))
	}
	return ""
}

// find returns the place of a row in list, -1 when it is not there.
func (r *tableRows) find(id string) int {
	return slices.IndexFunc(r.list, func(row tableRow) bool { return row.ID == id })
}

// ids returns the ids of all rows.
func (r *tableRows) ids() []string {
	ids := make([]string, len(r.list))
	for i, row := range r.list {
		ids[i] = row.ID
	}
	return ids
}

// now is the instant that the rows show: the present, unless values stand still.
func (r *tableRows) now() time.Time {
	if r.still.IsZero() {
		return console.now()
	}
	return r.still
}

// idViews follow sessions by their ids, wherever they are in the table and
// whether or not they match its filter. What they do not hold, once they are
// there, has ended.
type idViews struct {
	ids   []string
	chunk map[string]string // name of the view of each id
	names []string
}

// The bounds of what is followed: filters are short, and views of one
// connection are few.
const (
	maxIDViews = 4
	maxIDText  = 1000 // bytes of one filter
)

// watch follows these sessions and no others: the first of them, when they are
// too many.
func (w *idViews) watch(ids []string) {
	if slices.Equal(ids, w.ids) {
		return
	}
	before := w.names
	w.ids, w.chunk, w.names = ids, make(map[string]string, len(ids)), nil
	for len(ids) > 0 && len(w.names) < maxIDViews {
		filter := "id:" + ids[0]
		n := 1
		for n < len(ids) && n < api.MaxWindow && len(filter)+1+len(ids[n]) <= maxIDText {
			filter += "," + ids[n]
			n++
		}
		name := "sessions-by-id-" + string(rune('1'+len(w.names)))
		console.watch(api.Subscribe{View: name, Topic: api.TopicSessions, Filter: filter, Sort: "id", Limit: api.MaxWindow})
		for _, id := range ids[:n] {
			w.chunk[id] = name
		}
		w.names, ids = append(w.names, name), ids[n:]
	}
	for _, name := range before[min(len(before), len(w.names)):] {
		console.unwatch(name)
	}
}

// row returns a session that is followed.
func (w *idViews) row(id string) (*api.Session, bool) { return sessionRow(w.chunk[id], id) }

// gone reports whether a session that is followed has ended.
func (w *idViews) gone(id string) bool {
	v := console.store.View(w.chunk[id])
	if w.chunk[id] == "" || !v.Ready || v.Shown != v.Ask {
		return false
	}
	_, there := model.Row[api.SessionAttributes](v, id)
	return !there
}

// maxEndings is how many rows are asked about at most: what a page may ask in a
// minute is limited, and scrolling needs its part of it.
const maxEndings = 30

// endings are how sessions have ended, as the server has kept it. It is asked
// for one after the other, and only for rows that are held.
type endings struct {
	known map[string]*api.Session // nil when nothing is known
	asked string                  // id, "" while none is
}

// endView is the view of the session that is asked for.
const endView = "sessions-ended"

// ask finds out how the rows have ended, one at each call.
func (e *endings) ask(rows []tableRow) {
	if e.asked != "" {
		v := console.store.View(endView)
		if !v.Ready || v.Shown != v.Ask {
			return
		}
		s, _ := sessionRow(endView, e.asked)
		if e.known == nil {
			e.known = make(map[string]*api.Session)
		}
		e.known[e.asked], e.asked = s, ""
	}
	for _, row := range rows {
		if len(e.known) == maxEndings {
			return
		}
		if _, ok := e.known[row.ID]; !ok && !row.ended.IsZero() {
			e.asked = row.ID
			console.watch(api.Subscribe{View: endView, Topic: api.TopicSession, ID: row.ID})
			return
		}
	}
}

// forget lets go of all but the rows.
func (e *endings) forget(rows []tableRow) {
	maps.DeleteFunc(e.known, func(id string, _ *api.Session) bool {
		return !slices.ContainsFunc(rows, func(row tableRow) bool { return row.ID == id })
	})
}

// words says when and how a row has ended.
func (e *endings) words(row tableRow) string {
	at, how := row.ended, ""
	if s := e.known[row.ID]; s != nil && s.Attributes.ConnectedAt == row.Attributes.ConnectedAt && s.Attributes.EndedAt != "" {
		at = timeOf(s.Attributes.EndedAt)
		switch a := &s.Attributes; {
		case a.EndedBy != "":
			how = lang.T(", killed by {endedBy}", "endedBy", a.EndedBy)
		case a.EndReason != "":
			how = ", " + a.EndReason
		}
	}
	return lang.T("ended {at}{how}", "at", clockOf(at), "how", how)
}
