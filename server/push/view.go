package push

import (
	"cmp"
	"slices"
	"time"

	"github.com/signalbox/signalbox/api"
	lang "github.com/signalbox/signalbox/api/view"
)

// viewKey tells views apart. Filter and sort are in their shortest form.
type viewKey struct {
	topic, id, filter, sort string
	offset, limit           int
}

// query is a subscription that has been checked: a viewKey with its parts
// parsed.
type query struct {
	viewKey
	match *lang.Filter
	order lang.Sort
}

// view holds the rows of a collection that match a query, in order, and what
// its clients have on their screens. It is owned by Hub.Run.
type view struct {
	query
	from    *collection
	members map[string]*member
	sorted  []*member
	shown   shown

	clients map[string]map[*Client]bool // by the name that they use for the view
}

// member is a row that matches.
type member struct {
	*row
	rank lang.Rank
	gone bool // no longer a member, but still among the sorted
}

// shown is the state that all clients of a view have been told of.
type shown struct {
	seq        uint64
	total, all int
	summary    api.Summary
	ids        []string
	versions   map[string]uint64 // of the rows in the window
}

func newView(q query, from *collection, now time.Time) *view {
	v := &view{
		query: q, from: from,
		members: make(map[string]*member), clients: make(map[string]map[*Client]bool),
	}
	for _, r := range from.rows {
		v.judge(r, now)
	}
	v.sort(now)
	v.shown = v.look(now)
	v.shown.seq = 1
	return v
}

// update brings the view up to what has changed in its collection and returns
// the patch that says so, false when nothing on the screens is different. At a
// tick it also looks at what changes by the passing of time alone.
func (v *view) update(now time.Time, tick bool) (api.Frame, bool) {
	resort := tick && (v.match.Clocked() || v.order.Clocked())
	counts := tick && v.topic == api.TopicSessions // a statement becomes long all by itself
	if len(v.from.changed) == 0 && !resort && !counts {
		return api.Frame{}, false
	}
	if tick && v.match.Clocked() {
		for _, r := range v.from.rows {
			v.judge(r, now)
		}
	}
	for id := range v.from.changed {
		resort = true
		if r := v.from.rows[id]; r != nil {
			v.judge(r, now)
		} else {
			v.expel(id)
		}
	}
	if resort {
		v.sort(now)
	}
	return v.patch(v.look(now), now)
}

// judge takes r in or throws it out. The order is sort's.
func (v *view) judge(r *row, now time.Time) {
	if r.session != nil && !v.match.MatchAfter(r.session, r.lag(now)) {
		v.expel(r.id)
		return
	}
	m := v.members[r.id]
	if m == nil {
		m = new(member)
		v.members[r.id] = m
		v.sorted = append(v.sorted, m)
	}
	m.row = r
	if r.session != nil && !v.order.Clocked() {
		m.rank = v.order.Rank(r.session, r.lag(now))
	}
}

func (v *view) expel(id string) {
	if m := v.members[id]; m != nil {
		m.gone = true
		delete(v.members, id)
	}
}

// sort puts the members in order. Most are in order already, which makes it
// cheap.
func (v *view) sort(now time.Time) {
	v.sorted = slices.DeleteFunc(v.sorted, func(m *member) bool { return m.gone })
	if v.order.Clocked() { // ranks compare only when made for the same instant
		for _, m := range v.sorted {
			if m.session != nil {
				m.rank = v.order.Rank(m.session, m.lag(now))
			}
		}
	}
	slices.SortFunc(v.sorted, func(a, b *member) int {
		return cmp.Or(cmp.Compare(a.place, b.place), a.rank.Compare(b.rank))
	})
}

// window returns the members on the screen.
func (v *view) window() []*member {
	from := min(v.offset, len(v.sorted))
	return v.sorted[from:min(from+v.limit, len(v.sorted))]
}

// look returns what there is to show now.
func (v *view) look(now time.Time) shown {
	window := v.window()
	s := shown{
		total: len(v.members), all: len(v.from.rows),
		ids: make([]string, len(window)), versions: make(map[string]uint64, len(window)),
	}
	for i, m := range window {
		s.ids[i] = m.id
		s.versions[m.id] = m.version
	}
	if v.topic == api.TopicSessions {
		for _, m := range v.sorted {
			lang.Count(&s.summary, m.session, m.lag(now))
		}
	}
	return s
}

// patch makes s what is shown and returns the difference, false when there is
// none.
func (v *view) patch(s shown, now time.Time) (api.Frame, bool) {
	old := v.shown
	f := v.frame(api.FramePatch, s, now)
	for _, m := range v.window() {
		if old.versions[m.id] != m.version {
			f.Upserts = append(f.Upserts, m.resource())
		}
	}
	for _, id := range old.ids {
		if s.versions[id] == 0 {
			f.Removed = append(f.Removed, id)
		}
	}
	moved := !slices.Equal(old.ids, s.ids)
	if moved {
		f.IDs = s.ids
	}
	s.seq = old.seq
	if !moved && len(f.Upserts) == 0 && old.total == s.total && old.all == s.all && old.summary == s.summary {
		return api.Frame{}, false
	}
	s.seq++
	f.Seq = s.seq
	v.shown = s
	return f, true
}

// snapshot returns all that is shown.
func (v *view) snapshot(now time.Time) api.Frame {
	f := v.frame(api.FrameSnapshot, v.shown, now)
	f.Seq = v.shown.seq
	f.IDs = v.shown.ids
	for _, m := range v.window() {
		f.Upserts = append(f.Upserts, m.resource())
	}
	return f
}

func (v *view) frame(kind api.FrameType, s shown, now time.Time) api.Frame {
	f := api.Frame{Type: kind, Now: stamp(now), Total: s.total, All: s.all, Offset: v.offset}
	if v.topic == api.TopicSessions {
		f.Summary = &s.summary
	}
	return f
}
