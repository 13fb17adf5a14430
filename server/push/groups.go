package push

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
	lang "github.com/signalbox/signalbox/api/view"
)

// groups is the listing of the groups that the sessions are in that pass a filter:
// most sessions first, and among equals the one whose first session is longest
// in its state.
type groups struct {
	orderKey
	schedule
	by       lang.Grouping
	from     *sessions
	places   [][]*place // by slot; nil for sessions that do not match
	matching int
	byValues map[string]*group // by their keys
	sorted   list[*group]
	number   uint64   // see state
	users    int      // views
	next     []*group // memory of judge
}

// group is the sessions with the same values.
type group struct {
	row
	key    string // of values
	values []string
	sum    api.Summary
	places list[*place] // longest in its state first; never empty
}

// place is a session in a group.
type place struct {
	*session
	group *group
	rank  lang.Rank
	marks lang.Marks
}

// longest is the order of the sessions of a group.
var longest, _ = lang.ParseSort("-in-state")

func newGroups(q query, from *sessions) *groups {
	g := &groups{
		orderKey: q.orderKey(), schedule: schedule{match: q.match}, by: q.grouping, from: from,
		byValues: make(map[string]*group),
	}
	g.sorted.compare = func(a, b *group) int {
		if c := cmp.Compare(b.places.size, a.places.size); c != 0 {
			return c
		}
		if c := longest.Compare(&a.places.first().rank, &b.places.first().rank); c != 0 {
			return c
		}
		return slices.Compare(a.values, b.values)
	}
	return g
}

func (g *groups) window(rows []*row, offset, limit int) []*row {
	g.sorted.window(offset, limit, func(one *group) { rows = append(rows, &one.row) })
	return rows
}

func (g *groups) counts() counts { return counts{total: g.sorted.size, all: g.matching} }
func (g *groups) state() uint64  { return g.number }

func (g *groups) build(now time.Time) {
	g.places = make([][]*place, len(g.from.slots))
	in := make(map[*group][]*place)
	for _, s := range g.from.slots {
		if s == nil {
			continue
		}
		is, lag := &g.from.is, s.lag(now)
		s.fill(is)
		matches := g.match.MatchAfter(is, lag)
		g.appoint(s, is, matches, lag, now)
		if !matches {
			continue
		}
		rank, marks := longest.Rank(is, s.read, lag), lang.MarksAfter(is, lag)
		g.by.Each(is, lag, g.from.fingerprint, func(values []string) {
			p := &place{session: s, group: g.group(values), rank: rank, marks: marks}
			marks.Add(&p.group.sum, 1)
			in[p.group] = append(in[p.group], p)
			g.places[s.slot] = append(g.places[s.slot], p)
		})
		g.matching++
	}
	all := make([]*group, 0, len(in))
	for one, places := range in {
		one.places.fill(places)
		one.set(one)
		all = append(all, one)
	}
	g.sorted.fill(all)
	g.number++
}

func (g *groups) judge(s *session, is *api.Session, now time.Time) {
	lag := s.lag(now)
	matches := g.match.MatchAfter(is, lag)
	g.appoint(s, is, matches, lag, now)
	g.places = reach(g.places, s.slot)
	before := g.places[s.slot]
	if !matches {
		g.leave(s)
		return
	}
	rank, marks := longest.Rank(is, s.read, lag), lang.MarksAfter(is, lag)
	g.next = g.next[:0]
	g.by.Each(is, lag, g.from.fingerprint, func(values []string) { g.next = append(g.next, g.group(values)) })
	if slices.EqualFunc(before, g.next, func(p *place, one *group) bool { return p.group == one }) {
		for _, p := range before {
			g.move(p, rank, marks)
		}
		return
	}
	g.take(before)
	after := make([]*place, len(g.next))
	for i, one := range g.next {
		p := &place{session: s, group: one, rank: rank, marks: marks}
		after[i] = p
		g.change(one, func() {
			one.places.insert(p)
			marks.Add(&one.sum, 1)
		})
	}
	if before == nil {
		g.matching++
	}
	g.places[s.slot] = after
	g.sweep(before)
}

// leave takes s out of its groups.
func (g *groups) leave(s *session) {
	if int(s.slot) >= len(g.places) || g.places[s.slot] == nil {
		return
	}
	places := g.places[s.slot]
	g.take(places)
	g.sweep(places)
	g.places[s.slot] = nil
	g.matching--
}

// take takes places out of their groups.
func (g *groups) take(places []*place) {
	for _, p := range places {
		g.change(p.group, func() {
			p.group.places.remove(p)
			p.marks.Add(&p.group.sum, -1)
		})
	}
}

// sweep forgets the groups of places that nobody is in any more.
func (g *groups) sweep(places []*place) {
	for _, p := range places {
		if p.group.places.size == 0 {
			delete(g.byValues, p.group.key)
		}
	}
}

// move brings p up to date, which stays in its group.
func (g *groups) move(p *place, rank lang.Rank, marks lang.Marks) {
	order := longest.Compare(&rank, &p.rank)
	if order == 0 && marks == p.marks {
		return
	}
	do := func() {
		p.group.places.remove(p)
		p.marks.Add(&p.group.sum, -1)
		p.rank, p.marks = rank, marks
		p.group.places.insert(p)
		p.marks.Add(&p.group.sum, 1)
	}
	first := p.group.places.first()
	if p != first && longest.Compare(&rank, &first.rank) > 0 {
		// The group stays where it is among the others.
		if marks == p.marks {
			do()
			return // and looks the same
		}
		do()
		p.group.set(p.group)
		g.number++
		return
	}
	g.change(p.group, do)
}

// change runs do, which changes a group, and puts the group where it belongs.
func (g *groups) change(one *group, do func()) {
	if one.places.size > 0 {
		g.sorted.remove(one)
	}
	do()
	if one.places.size > 0 {
		g.sorted.insert(one)
		one.set(one)
	}
	g.number++
}

// group returns the group of values, a new one when there is none.
func (g *groups) group(values []string) *group {
	var buf [256]byte
	key := buf[:0]
	for _, v := range values {
		key = binary.AppendUvarint(key, uint64(len(v)))
		key = append(key, v...)
	}
	one := g.byValues[string(key)]
	if one == nil {
		one = &group{row: row{id: groupID(key)}, key: string(key), values: cloneAll(values)}
		one.places.compare = func(a, b *place) int { return longest.Compare(&a.rank, &b.rank) }
		g.byValues[one.key] = one
	}
	return one
}

// cloneAll copies values that may be parts of long texts.
func cloneAll(values []string) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = strings.Clone(v)
	}
	return all
}

// groupID makes an id of the key of a group: short, of letters and figures only,
// whatever the values are.
func groupID(key []byte) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:12])
}

// resource is the group as it is sent.
func (one *group) resource() *api.Group {
	oldest := one.places.first()
	return &api.Group{ID: one.id, Type: "groups", Attributes: api.GroupAttributes{
		Values: one.values, Sessions: one.places.size,
		Running: one.sum.Running, Trx: one.sum.Trx, Long: one.sum.Long + one.sum.TrxLong, Pending: one.sum.Pending,
		Oldest: oldest.sinceAt, Example: oldest.id,
	}}
}

func (g *groups) forget(s *session) {
	g.leave(s)
	g.agenda.drop(s)
}

func (g *groups) pass(now time.Time) {
	for s := g.agenda.next(now); s != nil; s = g.agenda.next(now) {
		s.fill(&g.from.is)
		g.judge(s, &g.from.is, now)
	}
}
