package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
)

// maxSortKeys is the most keys that a sort order may have.
const maxSortKeys = 8

// Sort is an order of sessions: keys, each ascending or descending, and the
// session id as the last tie-breaker. The zero value sorts by id.
//
// The key state sorts by severity and then by the time in the state, so that
// "-state" shows first what needs a person most. Texts sort by their bytes
// without regard to case, and a session that lacks a figure sorts below all
// that have it.
type Sort struct {
	fields []sortField
}

type sortField struct {
	key        *key
	descending bool
}

// ParseSort reads a sort order: names of keys separated by commas, with a
// hyphen before each that descends, as in "-idle,user". The error is always a
// *SyntaxError. An empty text is the order by id.
func ParseSort(text string) (Sort, error) {
	var s Sort
	if strings.TrimSpace(text) == "" {
		return s, nil
	}
	if len(text) > MaxLength {
		return s, &SyntaxError{MaxLength, fmt.Sprintf("a sort order has at most %d bytes", MaxLength)}
	}
	at := 0
	for part := range strings.SplitSeq(text, ",") {
		name, descending := strings.CutPrefix(strings.TrimSpace(part), "-")
		k := keyNamed(name)
		switch {
		case name == "":
			return Sort{}, &SyntaxError{at, "a key is missing"}
		case k == nil:
			return Sort{}, &SyntaxError{at, fmt.Sprintf("there is no key %q to sort by", name)}
		case len(s.fields) == maxSortKeys:
			return Sort{}, &SyntaxError{at, fmt.Sprintf("a sort order has at most %d keys", maxSortKeys)}
		}
		s.fields = append(s.fields, sortField{k, descending})
		at += len(part) + 1
	}
	return s, nil
}

// String returns the order as ParseSort reads it.
func (s Sort) String() string {
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		if f.descending {
			names[i] = "-"
		}
		names[i] += f.key.Name
	}
	return strings.Join(names, ",")
}

// Rated tells whether the order looks at rates, which sink by themselves.
func (s Sort) Rated() bool {
	return slices.ContainsFunc(s.fields, func(f sortField) bool { return f.key.rate })
}

// Less tells whether a comes before b, with their figures as they stand.
func (s Sort) Less(a, b *api.Session) bool {
	x, y := s.Rank(a, time.Time{}, 0), s.Rank(b, time.Time{}, 0)
	return s.Compare(&x, &y) < 0
}

// Rank is the place of one session in a Sort. It says since when a clock runs
// and not what it shows, so that ranks of different instants compare, and one
// is right until the session changes or becomes long.
type Rank struct {
	first rankField
	id    float64   // the number of the session
	rest  *rankRest // nil when that is all: a server keeps very many of them
}

// rankRest is what most ranks do without.
type rankRest struct {
	more []rankField
	text string // the id, unless it is a number and nothing else
}

// rankField compares class, then figure, then text.
type rankField struct {
	figure float64
	text   string
	class  uint8
}

// The classes of figures: a session that has none sorts below those that do,
// and a clock that runs above one that stands still.
const (
	classNone = iota
	classFigure
	classClock
)

// Rank returns the place of session, whose figures were true at read, with its
// clocks run on by lag. With a zero read all sessions that are compared must
// have been read at the same time.
func (s Sort) Rank(session *api.Session, read time.Time, lag time.Duration) Rank {
	var r Rank
	r.id, _ = id(session, 0)
	text := ""
	if !plainNumber(session.ID) {
		text = session.ID
	}
	if len(s.fields) > 1 || text != "" {
		r.rest = &rankRest{text: text}
	}
	for i, f := range s.fields {
		field := f.rank(session, read, lag)
		if i == 0 {
			r.first = field
		} else {
			r.rest.more = append(r.rest.more, field)
		}
	}
	return r
}

// plainNumber reports whether id is a number as one would write it, and a float
// has it whole.
func plainNumber(id string) bool {
	return len(id) > 0 && len(id) <= 15 && id[0] != '0' && strings.Trim(id, "0123456789") == ""
}

func (r *Rank) text() string {
	if r.rest == nil {
		return ""
	}
	return r.rest.text
}

func (f sortField) rank(session *api.Session, read time.Time, lag time.Duration) rankField {
	switch {
	case f.key.clock:
		return clockRank(session, f.key, read)
	case f.key.figure != nil:
		figure, ok := f.key.figure(session, 0)
		if !ok {
			return rankField{class: classNone}
		}
		return rankField{class: classFigure, figure: figure}
	case f.key.texts != nil:
		var r rankField
		f.key.texts(session, func(text string) bool {
			r.text = strings.ToLower(text)
			return true
		})
		return r
	}
	return rankField{
		class:  uint8(Severity(StateAfter(session, lag))),
		figure: clockRank(session, inState, read).figure,
	}
}

// clockRank ranks by since when the clock runs: the later, the less it shows.
func clockRank(session *api.Session, k *key, read time.Time) rankField {
	figure, ok := k.figure(session, 0)
	if !ok {
		return rankField{class: classNone}
	}
	if later, _ := k.figure(session, time.Second); later <= figure {
		return rankField{class: classFigure, figure: figure}
	}
	if read.IsZero() {
		return rankField{class: classClock, figure: figure}
	}
	if k.since != nil {
		if since, err := time.Parse(time.RFC3339, string(k.since(session))); err == nil {
			return rankField{class: classClock, figure: -float64(since.UnixMilli()) / 1000}
		}
	}
	return rankField{class: classClock, figure: figure - float64(read.UnixMilli())/1000}
}

// Compare returns -1 when a comes before b, +1 when it comes after it and 0 when
// both are of the same session. Both must be ranks of s.
func (s Sort) Compare(a, b *Rank) int {
	for i, f := range s.fields {
		x, y := &a.first, &b.first
		if i > 0 {
			x, y = &a.rest.more[i-1], &b.rest.more[i-1]
		}
		c := x.compare(y)
		if f.descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	if c := cmp.Compare(a.id, b.id); c != 0 {
		return c
	}
	return cmp.Compare(a.text(), b.text())
}

func (f *rankField) compare(other *rankField) int {
	if c := cmp.Compare(f.class, other.class); c != 0 {
		return c
	}
	if c := cmp.Compare(f.figure, other.figure); c != 0 {
		return c
	}
	return cmp.Compare(f.text, other.text)
}
