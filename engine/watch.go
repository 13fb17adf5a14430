package engine

import (
	"slices"
	"sync"
	"sync/atomic"
)

// ObjectKind is the kind of an object of the engine.
type ObjectKind string

// The kinds of objects.
const (
	SessionObject  ObjectKind = "sessions"
	ServiceObject  ObjectKind = "services"
	ServerObject   ObjectKind = "servers"
	ListenerObject ObjectKind = "listeners"
	FilterObject   ObjectKind = "filters"
	MonitorObject  ObjectKind = "monitors"
)

// Change says that an object is no longer what it was. It carries no data: who
// wants to know asks the engine for the object's Info.
type Change struct {
	Kind    ObjectKind
	ID      uint64 // of a session
	Name    string // of any other object
	Notable bool   // created, closed, pending or state changed; false for counters and clocks
}

// Watch calls fn for every Change until stop is called. fn is called from many
// goroutines at once, must not block and must not call back into the engine.
// After stop has returned, fn is not called any more.
func (e *Engine) Watch(fn func(Change)) (stop func()) { return e.watchers.add(fn) }

// watchers are who wants to hear of changes. Telling them takes no lock and
// allocates nothing.
type watchers struct {
	epoch atomic.Uint64 // of the states of servers: for who has to notice a change by itself

	mu   sync.Mutex // serialises add and stop
	list atomic.Pointer[[]*watcher]
}

type watcher struct {
	mu      sync.RWMutex // held for reading during fn, so that stop can wait
	fn      func(Change)
	stopped bool
}

func (w *watchers) add(fn func(Change)) (stop func()) {
	added := &watcher{fn: fn}
	w.mu.Lock()
	defer w.mu.Unlock()
	list := append(slices.Clone(w.current()), added)
	w.list.Store(&list)
	return func() {
		w.mu.Lock()
		list := slices.DeleteFunc(slices.Clone(w.current()), func(x *watcher) bool { return x == added })
		w.list.Store(&list)
		w.mu.Unlock()
		added.mu.Lock()
		added.stopped = true
		added.mu.Unlock()
	}
}

func (w *watchers) current() []*watcher {
	if list := w.list.Load(); list != nil {
		return *list
	}
	return nil
}

func (w *watchers) tell(c Change) {
	for _, watcher := range w.current() {
		watcher.mu.RLock()
		if !watcher.stopped {
			watcher.fn(c)
		}
		watcher.mu.RUnlock()
	}
}
