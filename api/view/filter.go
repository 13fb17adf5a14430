package view

import (
	"slices"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
)

// Filter is a parsed filter. It never changes and may be used by many
// goroutines at once. The zero value matches every session.
type Filter struct {
	expr expr // nil matches all
}

// Match tells whether s passes the filter, with its figures as they stand.
func (f *Filter) Match(s *api.Session) bool { return f.MatchAfter(s, 0) }

// MatchAfter is Match with the clocks of s run on by lag.
func (f *Filter) MatchAfter(s *api.Session, lag time.Duration) bool {
	return f.expr == nil || f.expr.match(s, lag)
}

// Empty tells whether the filter matches every session.
func (f *Filter) Empty() bool { return f.expr == nil }

// Until returns how long it takes from lag until the passing of time alone may
// change whether s passes; Never when it does not.
func (f *Filter) Until(s *api.Session, lag time.Duration) time.Duration {
	if f.expr == nil {
		return Never
	}
	return f.expr.until(s, lag)
}

// Rated tells whether the filter looks at rates, which sink by themselves.
func (f *Filter) Rated() bool { return f.expr != nil && f.expr.rated() }

// String returns the filter in its shortest form, which parses to an equal
// filter. It is "" for the filter that matches every session.
func (f *Filter) String() string {
	if f.expr == nil {
		return ""
	}
	return f.expr.String()
}

// expr is a node of a filter.
type expr interface {
	match(s *api.Session, lag time.Duration) bool
	rated() bool
	until(s *api.Session, lag time.Duration) time.Duration
	String() string
}

// allOf holds two or more expressions, none of them an allOf.
type allOf []expr

func (all allOf) match(s *api.Session, lag time.Duration) bool {
	for _, e := range all {
		if !e.match(s, lag) {
			return false
		}
	}
	return true
}

func (all allOf) rated() bool { return slices.ContainsFunc(all, expr.rated) }

func (all allOf) until(s *api.Session, lag time.Duration) time.Duration { return soonest(all, s, lag) }

func (all allOf) String() string {
	var b strings.Builder
	for i, e := range all {
		if i > 0 {
			b.WriteByte(' ')
		}
		if _, ok := e.(anyOf); ok {
			b.WriteString("(" + e.String() + ")")
		} else {
			b.WriteString(e.String())
		}
	}
	return b.String()
}

// anyOf holds two or more expressions, none of them an anyOf.
type anyOf []expr

func (some anyOf) match(s *api.Session, lag time.Duration) bool {
	for _, e := range some {
		if e.match(s, lag) {
			return true
		}
	}
	return false
}

func (some anyOf) rated() bool { return slices.ContainsFunc(some, expr.rated) }

func (some anyOf) until(s *api.Session, lag time.Duration) time.Duration {
	return soonest(some, s, lag)
}

func (some anyOf) String() string {
	parts := make([]string, len(some))
	for i, e := range some {
		parts[i] = e.String()
	}
	return strings.Join(parts, "|")
}

func soonest(list []expr, s *api.Session, lag time.Duration) time.Duration {
	first := Never
	for _, e := range list {
		first = min(first, e.until(s, lag))
	}
	return first
}

// not is the opposite of an expression.
type not struct{ expr }

func (n not) match(s *api.Session, lag time.Duration) bool { return !n.expr.match(s, lag) }

func (n not) String() string {
	switch n.expr.(type) {
	case allOf, anyOf:
		return "!(" + n.expr.String() + ")"
	}
	return "!" + n.expr.String()
}

// anywhere is a term without a key.
type anywhere struct {
	value
	blind bool // it does not look at statements
}

func (w anywhere) match(s *api.Session, _ time.Duration) bool {
	a := &s.Attributes
	return w.within(s.ID) || w.within(a.User) || w.within(Client(s)) ||
		w.within(a.RemoteAddress) || w.within(a.Database) || !w.blind && w.within(a.Activity.Statement)
}

func (w anywhere) rated() bool { return false }

func (w anywhere) until(*api.Session, time.Duration) time.Duration { return Never }

// list is key:a,b or key:!a,b.
type list struct {
	key    *key
	not    bool
	values []value
}

func (l list) match(s *api.Session, lag time.Duration) bool { return l.holds(s, lag) != l.not }

func (l list) holds(s *api.Session, lag time.Duration) bool {
	if l.key.texts == nil {
		for _, v := range l.values {
			if Is(s, v.text, lag) {
				return true
			}
		}
		return false
	}
	found := false
	l.key.texts(s, func(text string) bool {
		for _, v := range l.values {
			if l.key.inside && v.within(text) || !l.key.inside && v.whole(text) {
				found = true
			}
		}
		return found
	})
	return found
}

func (l list) rated() bool { return false }

// until: two of the words of a state become true all by themselves.
func (l list) until(s *api.Session, lag time.Duration) time.Duration {
	if l.key.texts == nil && slices.ContainsFunc(l.values, func(v value) bool { return v.text == StateLong || v.text == StateTrxLong }) {
		return UntilLong(s, lag)
	}
	return Never
}

func (l list) String() string {
	var b strings.Builder
	b.WriteString(l.key.Name + ":")
	if l.not {
		b.WriteByte('!')
	}
	for i, v := range l.values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(v.String())
	}
	return b.String()
}

// comparison is key>1s.
type comparison struct {
	key    *key
	op     string
	number float64 // in the unit of key
	text   string  // number as it was written
}

func (c comparison) match(s *api.Session, lag time.Duration) bool {
	figure, ok := c.key.figure(s, lag)
	if !ok {
		return false
	}
	switch c.op {
	case ">":
		return figure > c.number
	case ">=":
		return figure >= c.number
	case "<":
		return figure < c.number
	case "<=":
		return figure <= c.number
	}
	return figure == c.number
}

func (c comparison) rated() bool { return c.key.rate }

// until is at least a moment, so that who waits for it gets past a figure that
// is exactly what it is compared with.
func (c comparison) until(s *api.Session, lag time.Duration) time.Duration {
	const moment = time.Millisecond
	if !c.key.clock {
		return Never
	}
	figure, _ := c.key.figure(s, lag)
	if later, ok := c.key.figure(s, lag+time.Second); !ok || later <= figure || figure > c.number {
		return Never // it has no such clock, or one that stands still, or is past it
	}
	left := (c.number - figure) * float64(time.Second)
	if left >= float64(Never) {
		return Never
	}
	return max(time.Duration(left), moment)
}

func (c comparison) String() string { return c.key.Name + c.op + c.text }
