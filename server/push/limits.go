package push

import (
	"errors"
	"fmt"

	"github.com/signalbox/signalbox/api"
	lang "github.com/signalbox/signalbox/api/view"
)

// Limits are what a principal may see. Subscriptions are narrowed to it, whatever
// they ask for.
type Limits struct {
	Topics  map[string]bool // that there are for it
	Locked  *lang.Filter    // that every session passes; nil for all sessions
	Service string          // of the only service, and of all other objects; "" for all
	Redact  bool            // no SQL text
}

var errStatements = errors.New("statements are not shown here, and cannot be asked for")

// narrow makes q what may be seen of it. A nil l leaves it alone. The error is a
// sentence for the person who looks.
func (l *Limits) narrow(q *query) error {
	if l == nil {
		return nil
	}
	if !l.Topics[q.topic] {
		return fmt.Errorf("the topic %s is not for this login", q.topic)
	}
	if l.Redact {
		if q.order.Statements() || q.grouping.Statements() {
			return errStatements
		}
		if q.match = q.match.Blind(); q.match == nil {
			return errStatements
		}
	}
	q.redact, q.service = l.Redact, l.Service
	if l.Locked != nil {
		q.match, q.locked = l.Locked.And(q.match), l.Locked.String()
	}
	if q.topic == api.TopicSessions || q.topic == api.TopicGroups {
		q.filter = q.match.String()
	}
	return nil
}

// narrowed is a listing of objects of which only some are seen.
type narrowed struct {
	listing
	keep func(resource any) bool
}

// narrowed returns what of from a view of q shows. belongs tells whether an
// object is of a service.
func (q *query) narrowed(from listing, belongs func(resource any, service string) bool) listing {
	switch {
	case q.topic == api.TopicSession && q.locked != "":
		return narrowed{from, func(resource any) bool {
			s, ok := resource.(*api.Session)
			return ok && q.match.Match(s)
		}}
	case q.topic != api.TopicSession && q.service != "":
		return narrowed{from, func(resource any) bool { return belongs(resource, q.service) }}
	}
	return from
}

func (n narrowed) window(rows []*row, offset, limit int) []*row {
	for _, r := range n.listing.window(nil, offset, limit) {
		if n.keep(r.content) {
			rows = append(rows, r)
		}
	}
	return rows
}

func (n narrowed) counts() counts {
	seen := len(n.window(nil, 0, api.MaxWindow))
	return counts{total: seen, all: seen}
}

// plainly returns the objects behind a listing; false when there are none.
func plainly(from listing) (*objects, bool) {
	if n, ok := from.(narrowed); ok {
		from = n.listing
	}
	o, ok := from.(*objects)
	return o, ok
}
