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
	for _, o := range h.changes.take(all) {
		h.refresh(o)
	}
	for _, c := range h.collections {
		if all {
			c.cool(now)
		}
		for _, v := range c.views {
			if patch, ok := v.update(now, all); ok {
				h.send(v, patch)
			}
		}
		clear(c.changed)
	}
}

// refresh has every collection that the object is in read it again.
func (h *Hub) refresh(o object) {
	if o.topic != api.TopicSessions {
		if c := h.collections[object{topic: o.topic}]; c != nil {
			c.refresh(o.id)
		}
		return
	}
	if c := h.collections[object{topic: api.TopicSessions}]; c != nil {
		c.refresh(o.id)
	}
	if c := h.collections[object{api.TopicSession, o.id}]; c != nil {
		c.refresh(o.id)
	}
}

// send gives all clients of v the same frame.
func (h *Hub) send(v *view, patch api.Frame) {
	body := encode(patch)
	for name, clients := range v.clients {
		frame := named(body, name)
		for c := range clients {
			c.box.patch(name, frame)
		}
	}
}

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
		v.clients[name] = make(map[*Client]bool)
	}
	if c.views[name] != v {
		h.unsubscribe(c, name)
	}
	v.clients[name][c] = true
	c.views[name] = v
	h.catchUp(c, name)
}

// catchUp sends c a snapshot of one of its views.
func (h *Hub) catchUp(c *Client, name string) {
	if v := c.views[name]; v != nil {
		c.box.snapshot(name, named(encode(v.snapshot(time.Now())), name))
	}
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
	delete(v.clients[name], c)
	if len(v.clients[name]) > 0 {
		return
	}
	delete(v.clients, name)
	if len(v.clients) > 0 {
		return
	}
	delete(v.from.views, v.viewKey)
	if len(v.from.views) == 0 {
		delete(h.collections, v.from.object)
	}
}

// view returns the view of q, which it opens when nobody has it yet.
func (h *Hub) view(q query) *view {
	name := collectionOf(q.topic, q.id)
	c := h.collections[name]
	if c == nil {
		c = newCollection(name, h.options.Source)
		h.collections[name] = c
	}
	v := c.views[q.viewKey]
	if v == nil {
		v = newView(q, c, time.Now())
		c.views[q.viewKey] = v
	}
	return v
}
