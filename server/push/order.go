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
	rank  lang.Rank
	marks lang.Marks
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
	slots := o.from.slots
	o.members = make([]*member, len(slots))
	waits := make([]time.Duration, len(slots))
	inParts(len(slots), 1024, func(from, to int) {
		var is api.Session
		for i := from; i < to; i++ {
			if s := slots[i]; s != nil {
				s.fill(&is)
				o.members[i], waits[i] = o.admit(s, &is, s.lag(now))
			}
		}
	})
	all := make([]*member, 0, len(slots))
	for i, m := range o.members {
		if m != nil {
			m.marks.Add(&o.summary, 1)
			all = append(all, m)
		}
		if slots[i] != nil && waits[i] != lang.Never {
			o.agenda.set(slots[i], now.Add(waits[i]))
		}
	}
	o.sorted.fill(all)
	o.number++
}

// admit makes a member of s, which is is, if it matches. It also says how long it
// takes until time alone changes that.
func (o *order) admit(s *session, is *api.Session, lag time.Duration) (*member, time.Duration) {
	matches := o.match.MatchAfter(is, lag)
	wait := o.wait(is, matches, lag)
	if !matches {
		return nil, wait
	}
	return &member{session: s, rank: o.sort.Rank(is, s.read, lag), marks: lang.MarksAfter(is, lag)}, wait
}

func (o *order) member(s *session) *member {
	if int(s.slot) < len(o.members) {
		return o.members[s.slot]
	}
	return nil
}

func (o *order) judge(s *session, is *api.Session, now time.Time) {
	o.take(s, is, now)
	if o.member(s) != nil {
		o.number++
	}
}

// take brings the member that s is, or is not, up to date.
func (o *order) take(s *session, is *api.Session, now time.Time) {
	lag := s.lag(now)
	matches := o.match.MatchAfter(is, lag)
	o.appoint(s, is, matches, lag, now)
	m := o.member(s)
	switch {
	case !matches && m == nil:
		return
	case !matches:
		o.expel(m)
		return
	}
	rank, marks := o.sort.Rank(is, s.read, lag), lang.MarksAfter(is, lag)
	switch {
	case m == nil:
		m = &member{session: s}
		o.members = reach(o.members, s.slot)
		o.members[s.slot] = m
		m.rank = rank
		o.sorted.insert(m)
		o.number++
	case o.sort.Compare(&rank, &m.rank) != 0:
		o.sorted.remove(m)
		m.rank = rank
		o.sorted.insert(m)
		o.number++
	}
	if marks != m.marks {
		m.marks.Add(&o.summary, -1)
		marks.Add(&o.summary, 1)
		m.marks = marks
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
		s.fill(&o.from.is)
		o.take(s, &o.from.is, now)
	}
}
