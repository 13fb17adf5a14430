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
	h.tables.refresh(h.changes.take(all), now)
	if len(h.views) == 0 && h.tables.sessions == nil {
		h.changes.wanted.Store(false)
		return
	}
	if all {
		for _, v := range h.views {
			h.tables.cool(v, now)
			v.forgetSnapshots(now)
		}
	}
	for _, v := range h.views {
		if patch, ok := v.update(&h.updates, now); ok {
			v.send(patch)
		}
	}
}

// load goes on with the first reading of all sessions. After it, the views of
// them have something to show.
func (h *Hub) load() {
	if !h.tables.load() {
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
	if q.redact {
		v.hide = h.options.Redact
	}
	h.changes.wanted.Store(true)
	v.from, v.release = h.tables.of(q)
	if h.tables.ready(v.from) {
		v.open()
	}
	h.views[q.viewKey] = v
	return v
}
