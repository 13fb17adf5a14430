package push

import (
	"time"

	"github.com/signalbox/signalbox/api"
)

// tables are what views choose their rows from, as long as there are such views.
// They are owned by Hub.Run.
type tables struct {
	source   Source
	sessions *sessions // nil while nobody looks at sessions
	objects  map[object]*objects
	belongs  func(resource any, service string) bool
}

// of returns the listing that a query is a window on, and what gives it back.
func (t *tables) of(q query) (listing, func()) {
	switch q.topic {
	case api.TopicSessions, api.TopicPending, api.TopicGroups:
	default:
		from, release := t.plain(object{q.topic, q.id})
		return q.narrowed(from, t.belongs), release
	}
	if t.sessions == nil {
		t.sessions = newSessions(t.source)
		t.sessions.load()
	}
	from, release := t.sessions.listing(q)
	return from, func() {
		if release(); t.sessions.unused() {
			t.sessions = nil
		}
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
	}
	o.users++
	return o, func() {
		if o.users--; o.users == 0 {
			delete(t.objects, name)
		}
	}
}

// refresh reads again what has changed, and does what time has made due.
func (t *tables) refresh(changed []object, now time.Time) {
	again := make(map[*objects]bool)
	note := func(name object) {
		if o := t.objects[name]; o != nil {
			again[o] = true
		}
	}
	for _, o := range changed {
		switch o.topic {
		case api.TopicSessions:
			if t.sessions != nil {
				t.sessions.refresh(o.id, now)
			}
			note(object{api.TopicSession, o.id})
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
	if t.sessions != nil {
		t.sessions.pass(now)
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
			t.sessions.cool(r.id, now)
		}
	}
}

// load goes on with the first reading of all sessions, and tells whether it has
// come to its end.
func (t *tables) load() bool {
	return t.sessions != nil && !t.sessions.loaded() && t.sessions.load()
}

// loading is ready while there is more to load.
func (t *tables) loading() <-chan struct{} {
	if t.sessions == nil || t.sessions.loaded() {
		return nil
	}
	return always
}

var always = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
