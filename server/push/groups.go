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
	match  *lang.Filter
	by     lang.Grouping
	from   *sessions
	places map[*session][]*place // sessions that match
	byID   map[string]*group
	sorted list[*group]
	agenda agenda
	number uint64 // see state
	users  int    // views
}

// group is the sessions with the same values.
type group struct {
	row
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
		orderKey: q.orderKey(), match: q.match, by: q.grouping, from: from,
		places: make(map[*session][]*place), byID: make(map[string]*group),
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

func (g *groups) counts() counts { return counts{total: g.sorted.size, all: len(g.places)} }
func (g *groups) state() uint64  { return g.number }

func (g *groups) build(now time.Time) {
	for _, s := range g.from.rows {
		g.judge(s, now)
	}
}

func (g *groups) judge(s *session, now time.Time) {
	lag := s.lag(now)
	matches := g.match.MatchAfter(s.is, lag)
	before := g.places[s]
	var after []*place
	if matches {
		rank, marks := longest.Rank(s.is, s.read, lag), lang.MarksAfter(s.is, lag)
		g.by.Each(s.is, lag, g.from.fingerprint, func(values []string) {
			after = append(after, &place{session: s, group: g.group(values), rank: rank, marks: marks})
		})
	}
	g.appoint(s, matches, lag, now)
	if slices.EqualFunc(before, after, (*place).equal) {
		return
	}
	for _, p := range before {
		g.change(p.group, func() {
			p.group.places.remove(p)
			p.marks.Add(&p.group.sum, -1)
		})
	}
	for _, p := range after {
		g.change(p.group, func() {
			p.group.places.insert(p)
			p.marks.Add(&p.group.sum, 1)
		})
	}
	for _, p := range before {
		if p.group.places.size == 0 {
			delete(g.byID, p.group.id)
		}
	}
	if after == nil {
		delete(g.places, s)
	} else {
		g.places[s] = after
	}
}

// equal tells whether nothing changes when other takes the place of p.
func (p *place) equal(other *place) bool {
	return p.group == other.group && p.marks == other.marks && longest.Compare(&p.rank, &other.rank) == 0
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
	id := groupID(values)
	one := g.byID[id]
	if one == nil {
		one = &group{row: row{id: id}, values: cloneAll(values)}
		one.places.compare = func(a, b *place) int { return longest.Compare(&a.rank, &b.rank) }
		g.byID[id] = one
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

// groupID makes an id of values: short, of letters and figures only, whatever
// the values are.
func groupID(values []string) string {
	var buf [256]byte
	text := buf[:0]
	for _, v := range values {
		text = binary.AppendUvarint(text, uint64(len(v)))
		text = append(text, v...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// resource is the group as it is sent.
func (one *group) resource() *api.Group {
	oldest := one.places.first()
	return &api.Group{ID: one.id, Type: "groups", Attributes: api.GroupAttributes{
		Values: one.values, Sessions: one.places.size,
		Running: one.sum.Running, Trx: one.sum.Trx, Long: one.sum.Long + one.sum.TrxLong, Pending: one.sum.Pending,
		Oldest: oldest.is.Attributes.Activity.SinceAt, Example: oldest.id,
	}}
}

// appoint has s judged again when time alone changes what is said of it.
func (g *groups) appoint(s *session, matches bool, lag time.Duration, now time.Time) {
	wait := g.match.Until(s.is, lag)
	if matches {
		wait = min(wait, lang.UntilLong(s.is, lag))
	}
	if wait == lang.Never {
		g.agenda.drop(s)
		return
	}
	g.agenda.set(s, now.Add(wait))
}

func (g *groups) forget(s *session) {
	for _, p := range g.places[s] {
		g.change(p.group, func() {
			p.group.places.remove(p)
			p.marks.Add(&p.group.sum, -1)
		})
		if p.group.places.size == 0 {
			delete(g.byID, p.group.id)
		}
	}
	delete(g.places, s)
	g.agenda.drop(s)
}

func (g *groups) pass(now time.Time) {
	for s := g.agenda.next(now); s != nil; s = g.agenda.next(now) {
		g.judge(s, now)
	}
}
