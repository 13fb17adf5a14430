package push

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/signalbox/signalbox/api"
)

// objects is the listing of all objects of a topic, or of one object with
// everything. It is owned by Hub.Run.
type objects struct {
	object // with an id only for one session or job
	source Source
	rows   map[string]*row
	order  []*row
	read   time.Time
	number uint64 // see state
	users  int    // views
}

func newObjects(name object, source Source, now time.Time) *objects {
	o := &objects{object: name, source: source, rows: make(map[string]*row)}
	o.refresh(now)
	return o
}

func (o *objects) window(rows []*row, offset, limit int) []*row {
	from := min(offset, len(o.order))
	return append(rows, o.order[from:min(from+limit, len(o.order))]...)
}

func (o *objects) counts() counts { return counts{total: len(o.order), all: len(o.order)} }
func (o *objects) state() uint64  { return o.number }

// refresh reads all again.
func (o *objects) refresh(now time.Time) {
	o.read = now
	var list []Object
	switch o.topic {
	case api.TopicSession:
		if id, err := strconv.ParseUint(o.id, 10, 64); err == nil {
			if s := o.source.SessionDetail(id); s != nil {
				list = []Object{{s.ID, s}}
			}
		}
	case api.TopicJob:
		if job, ok := o.source.Job(o.id); ok {
			list = []Object{job}
		}
	default:
		list = o.source.Objects(o.topic)
	}
	before := o.order
	o.order = make([]*row, 0, len(list))
	present := make(map[string]bool, len(list))
	changed := false
	for _, one := range list {
		if present[one.ID] {
			continue // an id stands for one object
		}
		present[one.ID] = true
		r := o.rows[one.ID]
		if r == nil {
			r = &row{id: one.ID}
			o.rows[one.ID] = r
		}
		changed = o.put(r, one.Resource) || changed
		o.order = append(o.order, r)
	}
	for id := range o.rows {
		if !present[id] {
			delete(o.rows, id)
		}
	}
	if changed || !slices.Equal(before, o.order) {
		o.number++
	}
}

// put makes resource what r shows, and tells whether it is another. What looks
// the same in JSON is the same.
func (o *objects) put(r *row, resource any) bool {
	if r.version > 0 && alike(r.content, resource) {
		return false
	}
	data := encode(resource)
	same := bytes.Equal(r.data, data)
	r.content = resource
	if same {
		return false
	}
	r.data, r.hidden = data, nil
	r.version++
	return true
}

// alike tells whether two resources are the same, but for the clocks of a
// session.
func alike(a, b any) bool {
	x, ok := a.(*api.Session)
	y, both := b.(*api.Session)
	if ok && both {
		return same(x, y)
	}
	return reflect.DeepEqual(a, b)
}

// warm tells whether figures of s sink by themselves.
func warm(s *api.Session) bool { return s.Attributes.IOActivity > 0 || rates(s) }

// cool reads a session again whose rates sink though nothing happens to it any
// more.
func (o *objects) cool(now time.Time) {
	if o.topic != api.TopicSession || now.Sub(o.read) < coolAfter {
		return
	}
	for _, r := range o.order {
		if s, ok := r.content.(*api.Session); ok && warm(s) {
			o.refresh(now)
			return
		}
	}
}
