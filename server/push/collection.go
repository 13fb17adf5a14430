package push

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/signalbox/signalbox/api"
)

// coolAfter is how long a session that has fallen silent is left alone before
// its rates, which sink by themselves, are read again.
const coolAfter = time.Second

// collection is what all views of one kind choose their rows from: the light
// sessions, one session in detail, or the objects of a topic. It exists while
// there is such a view and is owned by Hub.Run.
type collection struct {
	object  // the topic; with an id only for TopicSession
	source  Source
	rows    map[string]*row
	changed map[string]bool // rows that came, went or changed in this round
	views   map[viewKey]*view
}

// row is one resource of a collection as it was when it last changed.
type row struct {
	id      string
	place   int             // of an object among its kind
	session *api.Session    // nil for an object
	read    time.Time       // when session was read: then its figures were true
	checked time.Time       // when session was last compared with the source
	data    json.RawMessage // the resource encoded; of a session made when a window first needs it
	version uint64          // grows with every change
}

// collectionOf returns the name of the collection that a view chooses from.
func collectionOf(topic, id string) object {
	switch topic {
	case api.TopicSessions, api.TopicPending:
		return object{topic: api.TopicSessions}
	case api.TopicSession:
		return object{topic, id}
	}
	return object{topic: topic}
}

func newCollection(name object, source Source) *collection {
	c := &collection{
		object: name, source: source,
		rows: make(map[string]*row), changed: make(map[string]bool), views: make(map[viewKey]*view),
	}
	if c.topic != api.TopicSessions {
		c.refresh(c.id)
		clear(c.changed) // there is no view yet that could have missed it
		return c
	}
	now := time.Now()
	sessions := source.Sessions()
	for i := range sessions {
		s := &sessions[i]
		c.rows[s.ID] = &row{id: s.ID, session: s, read: now, checked: now, version: 1}
	}
	return c
}

// refresh reads again what has changed: the session id, or all objects.
func (c *collection) refresh(id string) {
	switch c.topic {
	case api.TopicSessions:
		c.refreshSession(id, c.source.Session)
	case api.TopicSession:
		c.refreshSession(id, c.source.SessionDetail)
	default:
		c.refreshObjects()
	}
}

func (c *collection) refreshSession(id string, read func(uint64) (api.Session, bool)) {
	number, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return
	}
	now := time.Now()
	s, ok := read(number)
	r := c.rows[id]
	switch {
	case !ok && r == nil:
	case !ok:
		delete(c.rows, id)
		c.changed[id] = true
	case r == nil:
		c.rows[id] = &row{id: id, session: &s, read: now, checked: now, version: 1}
		c.changed[id] = true
	case same(r.session, &s):
		r.checked = now
	default:
		r.session, r.read, r.checked, r.data = &s, now, now, nil
		r.version++
		c.changed[id] = true
	}
}

func (c *collection) refreshObjects() {
	objects := c.source.Objects(c.topic)
	present := make(map[string]bool, len(objects))
	for place, o := range objects {
		present[o.ID] = true
		data := encode(o.Resource)
		r := c.rows[o.ID]
		if r == nil {
			r = &row{id: o.ID}
			c.rows[o.ID] = r
		}
		if r.place != place || !bytes.Equal(r.data, data) {
			r.place, r.data = place, data
			r.version++
			c.changed[o.ID] = true
		}
	}
	for id := range c.rows {
		if !present[id] {
			delete(c.rows, id)
			c.changed[id] = true
		}
	}
}

// cool reads again the sessions whose rates sink though nothing happens to
// them any more.
func (c *collection) cool(now time.Time) {
	for id, r := range c.rows {
		if r.session == nil || now.Sub(r.checked) < coolAfter {
			continue
		}
		a := &r.session.Attributes
		if a.IOActivity > 0 || a.Activity.BytesInPerSec > 0 || a.Activity.BytesOutPerSec > 0 {
			c.refresh(id)
		}
	}
}

// resource returns r as JSON.
func (r *row) resource() json.RawMessage {
	if r.data == nil {
		r.data = encode(r.session)
	}
	return r.data
}

// lag returns how long before now the figures of r were true.
func (r *row) lag(now time.Time) time.Duration { return max(0, now.Sub(r.read)) }

// same tells whether two states of a session differ in their clocks at most.
// The browser lets the clocks run by itself.
func same(a, b *api.Session) bool {
	x, y := still(*a), still(*b)
	return reflect.DeepEqual(&x, &y)
}

// still returns s with its clocks at zero.
func still(s api.Session) api.Session {
	a := &s.Attributes
	a.SecondsAlive, a.Idle, a.Activity.InState, a.Activity.TrxSeconds = 0, 0, 0, 0
	if len(a.Queries) > 0 && a.Queries[0].Completed == "" {
		a.Queries = slices.Clone(a.Queries)
		a.Queries[0].Duration = 0
	}
	return s
}

// encode returns v as JSON. All that comes here is made of plain data; what
// cannot be encoded all the same is shown as what it is, an error.
func encode(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		data, _ = json.Marshal(api.Error{Detail: fmt.Sprintf("push: encode %T: %v", v, err)})
	}
	return data
}
