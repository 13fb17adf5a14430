package view

import (
	"cmp"
	"fmt"
	"math"
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

// Clocked tells whether the mere passing of time may change the order.
func (s Sort) Clocked() bool {
	return slices.ContainsFunc(s.fields, func(f sortField) bool { return f.key.clock })
}

// Less tells whether a comes before b, with their figures as they stand.
func (s Sort) Less(a, b *api.Session) bool {
	return s.Rank(a, 0).Compare(s.Rank(b, 0)) < 0
}

// Rank is the place of one session in a Sort. Ranks of one Sort compare with
// each other; making them once is what makes sorting cheap.
type Rank struct {
	fields []rankField
	id     float64
	text   string // the id as it is
}

// rankField compares figure, then more, then text.
type rankField struct {
	figure, more float64
	text         string
	descending   bool
}

// Rank returns the place of session with its clocks run on by lag.
func (s Sort) Rank(session *api.Session, lag time.Duration) Rank {
	r := Rank{text: session.ID}
	r.id, _ = id(session, 0)
	if len(s.fields) == 0 {
		return r
	}
	r.fields = make([]rankField, len(s.fields))
	for i, f := range s.fields {
		r.fields[i] = f.rank(session, lag)
	}
	return r
}

func (f sortField) rank(session *api.Session, lag time.Duration) rankField {
	r := rankField{descending: f.descending}
	switch {
	case f.key.figure != nil:
		figure, ok := f.key.figure(session, lag)
		if !ok {
			figure = math.Inf(-1)
		}
		r.figure = figure
	case f.key.texts != nil:
		f.key.texts(session, func(text string) bool {
			r.text = strings.ToLower(text)
			return true
		})
	default:
		r.figure = float64(Severity(StateAfter(session, lag)))
		r.more = InState(session, lag).Seconds()
	}
	return r
}

// Compare returns -1 when r comes before other, +1 when it comes after it and
// 0 when both are of the same session.
func (r Rank) Compare(other Rank) int {
	for i, f := range r.fields {
		o := other.fields[i]
		c := cmp.Or(cmp.Compare(f.figure, o.figure), cmp.Compare(f.more, o.more), cmp.Compare(f.text, o.text))
		if f.descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(r.id, other.id), cmp.Compare(r.text, other.text))
}
