package push

import (
	"fmt"
	"time"

	"github.com/signalbox/signalbox/api"
)

// The methods of this file are called by Run only.

// round reads again what has changed, all of it or only what is notable, and
// sends each view's clients the difference.
func (h *Hub) round(all bool) {
	now := time.Now()
	h.refresh(h.changes.take(all), now)
	if h.sessions != nil {
		h.sessions.pass(now)
	}
	if all {
		h.cool(now)
	}
	for _, v := range h.views {
		if patch, ok := v.update(&h.updates, now); ok {
			h.send(v, patch)
		}
	}
}

// refresh reads again what has changed.
func (h *Hub) refresh(changed []object, now time.Time) {
	tables := make(map[*objects]bool)
	note := func(name object) {
		if o := h.objects[name]; o != nil {
			tables[o] = true
		}
	}
	for _, o := range changed {
		switch o.topic {
		case api.TopicSessions:
			if h.sessions != nil {
				h.sessions.refresh(o.id, now, true)
			}
			note(object{api.TopicSession, o.id})
		case api.TopicJobs:
			note(object{topic: api.TopicJobs})
			note(object{api.TopicJob, o.id})
		default:
			note(object{topic: o.topic})
		}
	}
	for o := range tables {
		o.refresh(now)
	}
}

// cool reads again the sessions on the screens whose rates sink though nothing
// happens to them any more.
func (h *Hub) cool(now time.Time) {
	for _, o := range h.objects {
		o.cool(now)
	}
	for _, v := range h.views {
		if _, ok := v.from.(*order); !ok {
			continue
		}
		for _, r := range v.shown.rows {
			h.sessions.cool(r.id, now)
		}
	}
}

// send gives all clients of v the same frame.
func (h *Hub) send(v *view, patch api.Frame) {
	body := encode(patch)
	for name, who := range v.clients {
		who.snapshot = nil
		frame := named(body, name)
		for c := range who.clients {
			c.box.patch(name, frame)
		}
	}
}

// load goes on with the first reading of all sessions. After it, the views of
// them have something to show.
func (h *Hub) load() {
	if h.sessions == nil || h.sessions.loaded() || !h.sessions.load() {
		return
	}
	for _, v := range h.views {
		if v.shown.seq > 0 {
			continue
		}
		v.open()
		for name, who := range v.clients {
			for c := range who.clients {
				h.catchUp(c, name)
			}
		}
	}
}

// loading is ready while there is more to load.
func (h *Hub) loading() <-chan struct{} {
	if h.sessions == nil || h.sessions.loaded() {
		return nil
	}
	return always
}

var always = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// subscribe gives c the view that q asks for under name, in place of one that
// had the name before.
func (h *Hub) subscribe(c *Client, name string, q query) {
	if c.views[name] == nil && len(c.views) >= maxViews {
		c.box.answer(message(api.Frame{
			Type: api.FrameError, Now: stamp(time.Now()), View: name,
			Detail: fmt.Sprintf("a connection has at most %d views", maxViews),
		}))
		return
	}
	v := h.view(q)
	if v.clients[name] == nil {
		v.clients[name] = &audience{clients: make(map[*Client]bool)}
	}
	if c.views[name] != v {
		h.unsubscribe(c, name)
	}
	v.clients[name].clients[c] = true
	c.views[name] = v
	h.catchUp(c, name)
}

// snapshotFor is for how long a snapshot serves clients that ask one after
// another. It says what time it is, which the clients go by.
const snapshotFor = 50 * time.Millisecond

// catchUp sends c a snapshot of one of its views.
func (h *Hub) catchUp(c *Client, name string) {
	v := c.views[name]
	if v == nil || v.shown.seq == 0 {
		return
	}
	now, who := time.Now(), v.clients[name]
	if who.snapshot == nil || now.Sub(who.made) > snapshotFor {
		who.snapshot, who.made = named(encode(v.snapshot(now)), name), now
	}
	c.box.snapshot(name, who.snapshot)
}

// unsubscribe takes the view name from c, and drops what nobody watches any
// more.
func (h *Hub) unsubscribe(c *Client, name string) {
	v := c.views[name]
	if v == nil {
		return
	}
	delete(c.views, name)
	c.box.forget(name)
	delete(v.clients[name].clients, c)
	if len(v.clients[name].clients) > 0 {
		return
	}
	delete(v.clients, name)
	if len(v.clients) > 0 {
		return
	}
	delete(h.views, v.viewKey)
	v.release()
}

// view returns the view of q, which it opens when nobody has it yet.
func (h *Hub) view(q query) *view {
	v := h.views[q.viewKey]
	if v != nil {
		return v
	}
	v = &view{query: q, clients: make(map[string]*audience)}
	switch q.topic {
	case api.TopicSessions, api.TopicPending, api.TopicGroups:
		if h.sessions == nil {
			h.sessions = newSessions(h.options.Source)
			h.sessions.load()
		}
		v.from, v.release = h.sessionTable(q)
	default:
		v.from, v.release = h.plain(object{q.topic, q.id})
	}
	if _, plain := v.from.(*objects); plain || h.sessions.loaded() {
		v.open()
	}
	h.views[q.viewKey] = v
	return v
}

// plain returns a table of objects, and what gives it back.
func (h *Hub) plain(name object) (listing, func()) {
	o := h.objects[name]
	if o == nil {
		o = newObjects(name, h.options.Source, time.Now())
		h.objects[name] = o
	}
	o.users++
	return o, func() {
		if o.users--; o.users == 0 {
			delete(h.objects, name)
		}
	}
}

// sessionTable returns the table of the sessions that a query chooses from, and what
// gives it back.
func (h *Hub) sessionTable(q query) (listing, func()) {
	t := h.sessions
	release := func() {
		if t.unused() {
			h.sessions = nil
		}
	}
	key, now := q.orderKey(), time.Now()
	if q.topic == api.TopicGroups {
		g := t.groups[key]
		if g == nil {
			g = newGroups(q, t)
			t.groups[key] = g
			t.follow(g, g.match.Rated(), now)
		}
		g.users++
		return g, func() {
			if g.users--; g.users == 0 {
				delete(t.groups, key)
				t.unfollow(g, g.match.Rated())
				release()
			}
		}
	}
	o := t.orders[key]
	if o == nil {
		o = newOrder(q, t)
		t.orders[key] = o
		t.follow(o, o.rated(), now)
	}
	o.users++
	return o, func() {
		if o.users--; o.users == 0 {
			delete(t.orders, key)
			t.unfollow(o, o.rated())
			release()
		}
	}
}
