package push

import (
	"time"

	"github.com/signalbox/signalbox/api"
)

// keepFor is how long the table of sessions is kept when nobody looks at it any
// more. It is not kept up, but who comes back waits only until those have been read
// again that have changed.
const keepFor = time.Minute

// tables are what views choose their rows from, as long as there are such views,
// and a little longer. They are owned by Hub.Run.
type tables struct {
	source   Source
	sessions *sessions // nil when nobody has looked at sessions for a while
	left     time.Time // when nobody did any more
	objects  map[object]*objects
	single   map[uint64]*objects // those that are one session, by its number
	belongs  func(resource any, service string) bool
}

func newTables(source Source, belongs func(resource any, service string) bool) tables {
	return tables{source: source, objects: make(map[object]*objects), single: make(map[uint64]*objects), belongs: belongs}
}

// of returns the listing that a query is a window on, and what gives it back.
func (t *tables) of(q query) (listing, func()) {
	switch q.topic {
	case api.TopicSessions, api.TopicPending, api.TopicGroups:
	default:
		from, release := t.plain(object{q.topic, q.id})
		return q.narrowed(from, t.belongs), release
	}
	switch {
	case t.sessions == nil:
		t.sessions = newSessions(t.source)
		t.sessions.load()
	case t.sessions.unused():
		t.sessions.wake()
		t.sessions.load()
	}
	from, release := t.sessions.listing(q)
	return from, func() {
		release()
		t.left = time.Now()
	}
}

// ready tells whether a listing has something to show: those of sessions do not
// before all of them have been read.
func (t *tables) ready(from listing) bool {
	_, plain := plainly(from)
	return plain || t.sessions.loaded()
}

// plain returns a listing of objects, and what gives it back.
func (t *tables) plain(name object) (listing, func()) {
	o := t.objects[name]
	if o == nil {
		o = newObjects(name, t.source, time.Now())
		t.objects[name] = o
		if name.topic == api.TopicSession {
			t.single[o.session] = o
		}
	}
	o.users++
	return o, func() {
		if o.users--; o.users == 0 {
			delete(t.objects, name)
			delete(t.single, o.session)
		}
	}
}

// refresh reads again what has changed, and does what time has made due.
func (t *tables) refresh(changed news, now time.Time) {
	again := make(map[*objects]bool)
	note := func(name object) {
		if o := t.objects[name]; o != nil {
			again[o] = true
		}
	}
	for _, number := range changed.sessions {
		if o := t.single[number]; o != nil {
			again[o] = true
		}
	}
	for _, o := range changed.others {
		switch o.topic {
		case api.TopicJobs:
			note(object{topic: api.TopicJobs})
			note(object{api.TopicJob, o.id})
		default:
			note(object{topic: o.topic})
		}
	}
	for o := range again {
		o.refresh(now)
	}
	switch {
	case t.sessions == nil:
	case !t.sessions.unused():
		for _, number := range changed.sessions {
			t.sessions.refresh(number, now)
		}
		t.sessions.pass(now)
	case now.Sub(t.left) < keepFor && t.sessions.worthKeeping():
		t.sessions.rest(changed.sessions)
	default:
		t.sessions = nil
	}
}

// cool reads again what is on the screens of v and has rates that change though
// nothing happens any more.
func (t *tables) cool(v *view, now time.Time) {
	if from, ok := plainly(v.from); ok {
		from.cool(now)
		return
	}
	if _, ok := v.from.(*order); ok {
		for _, r := range v.shown.rows {
			t.sessions.cool(r.content.(*session), now)
		}
	}
}

// load goes on with the first reading of all sessions, and tells whether it has
// come to its end.
func (t *tables) load() bool {
	return t.loading() != nil && t.sessions.load()
}

// loading is ready while there is more to load.
func (t *tables) loading() <-chan struct{} {
	if t.sessions == nil || t.sessions.loaded() || t.sessions.unused() {
		return nil
	}
	return always
}

var always = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
