package server

import (
	"sync"

	"github.com/signalbox/signalbox/server/push"
)

// herald tells the push feed of changes of what is the server's own, as the
// engine does for its objects. The zero value has no listeners. All methods may
// be called by any goroutine.
type herald struct {
	mu        sync.Mutex // guards what follows
	next      int
	listeners map[int]func(push.Change)
}

// tell calls all listeners with c.
func (h *herald) tell(c push.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, fn := range h.listeners {
		fn(c)
	}
}

// watch calls fn for every change until stop is called. fn must not block and
// must not call the herald.
func (h *herald) watch(fn func(push.Change)) (stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listeners == nil {
		h.listeners = make(map[int]func(push.Change))
	}
	id := h.next
	h.next++
	h.listeners[id] = fn
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.listeners, id)
	}
}
