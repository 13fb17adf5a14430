package push

import (
	"time"

	"github.com/signalbox/signalbox/api"
	lang "github.com/signalbox/signalbox/api/view"
)

// orderKey tells apart what is kept up with the sessions: orders by filter and
// sort, groups by filter and group. The filter of those who may not see
// statements is blind, which its text does not say.
type orderKey struct {
	filter, by string
	blind      bool
}

// order is the listing of the sessions that pass a filter, in an order. Views that
// differ in their windows only share it. A change costs a few comparisons, not
// a look at all sessions.
type order struct {
	orderKey
	schedule
	sort    lang.Sort
	from    *sessions
	members []*member // by slot; nil for sessions that do not match
	sorted  list[*member]
	summary api.Summary
	number  uint64 // see state
	users   int    // views
}

// member is a session that matches.
type member struct {
	*session
	rank    lang.Rank
	version uint64 // of the session when it was judged
	marks   lang.Marks
}

func newOrder(q query, from *sessions) *order {
	o := &order{orderKey: q.orderKey(), schedule: schedule{match: q.match}, sort: q.order, from: from}
	o.sorted.compare = func(a, b *member) int { return o.sort.Compare(&a.rank, &b.rank) }
	return o
}

func (o *order) rated() bool { return o.match.Rated() || o.sort.Rated() }

func (o *order) window(rows []*row, offset, limit int) []*row {
	o.sorted.window(offset, limit, func(m *member) { rows = append(rows, &m.row) })
	return rows
}

func (o *order) counts() counts {
	return counts{total: o.sorted.size, all: len(o.from.rows), summary: o.summary}
}

func (o *order) state() uint64 { return o.number + o.from.came }

func (o *order) build(now time.Time) {
	all := make([]*member, 0, len(o.from.rows))
	for _, s := range o.from.rows {
		if m := o.admit(s, now); m != nil {
			all = append(all, m)
		}
	}
	o.sorted.fill(all)
	o.number++
}

// admit makes a member of s if it matches, which is not among the sorted yet.
func (o *order) admit(s *session, now time.Time) *member {
	lag := s.lag(now)
	matches := o.match.MatchAfter(s.is, lag)
	o.appoint(s, matches, lag, now)
	if !matches {
		return nil
	}
	m := &member{session: s, rank: o.sort.Rank(s.is, s.read, lag), version: s.version, marks: lang.MarksAfter(s.is, lag)}
	o.put(s.slot, m)
	m.marks.Add(&o.summary, 1)
	return m
}

// put makes m the member of a slot.
func (o *order) put(slot int32, m *member) {
	for int(slot) >= len(o.members) {
		o.members = append(o.members, make([]*member, max(1024, len(o.from.rows)-len(o.members)))...)
	}
	o.members[slot] = m
}

func (o *order) member(s *session) *member {
	if int(s.slot) < len(o.members) {
		return o.members[s.slot]
	}
	return nil
}

func (o *order) judge(s *session, now time.Time) {
	m := o.member(s)
	if m == nil {
		if m = o.admit(s, now); m != nil {
			o.sorted.insert(m)
			o.number++
		}
		return
	}
	lag := s.lag(now)
	if !o.match.MatchAfter(s.is, lag) {
		o.expel(m)
		o.appoint(s, false, lag, now)
		return
	}
	o.appoint(s, true, lag, now)
	if rank := o.sort.Rank(s.is, s.read, lag); o.sort.Compare(&rank, &m.rank) != 0 {
		o.sorted.remove(m)
		m.rank = rank
		o.sorted.insert(m)
		o.number++
	}
	if marks := lang.MarksAfter(s.is, lag); marks != m.marks {
		m.marks.Add(&o.summary, -1)
		marks.Add(&o.summary, 1)
		m.marks = marks
		o.number++
	}
	if m.version != s.version {
		m.version = s.version
		o.number++
	}
}

// expel takes m out.
func (o *order) expel(m *member) {
	o.sorted.remove(m)
	o.members[m.slot] = nil
	m.marks.Add(&o.summary, -1)
	o.number++
}

func (o *order) forget(s *session) {
	if m := o.member(s); m != nil {
		o.expel(m)
	}
	o.agenda.drop(s)
}

func (o *order) pass(now time.Time) {
	for s := o.agenda.next(now); s != nil; s = o.agenda.next(now) {
		o.judge(s, now)
	}
}
