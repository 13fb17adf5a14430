package push

import (
	"sync"
	"sync/atomic"

	"github.com/signalbox/signalbox/api"
)

// changes is the set of objects that are no longer what the hub has last read.
// Any goroutine may add to it; Run takes from it.
type changes struct {
	notable chan struct{} // holds one token while the set may hold something notable
	wanted  atomic.Bool   // somebody looks at something; Run alone changes it, before it reads what is looked at

	mu     sync.Mutex // protects following
	urgent changed
	boring changed // those that are not urgent
	spare  changed // emptied, to become boring again
}

// changed are objects that have changed.
type changed struct {
	sessions map[uint64]bool // by number
	others   map[object]bool
}

// object names what changed and is no session.
type object struct{ topic, id string }

func newChanged() changed {
	return changed{make(map[uint64]bool), make(map[object]bool)}
}

func newChanges() *changes {
	return &changes{notable: make(chan struct{}, 1), urgent: newChanged(), boring: newChanged(), spare: newChanged()}
}

// add never blocks, and costs next to nothing while nobody looks.
func (c *changes) add(change Change) {
	if !c.wanted.Load() {
		return
	}
	c.mu.Lock()
	if change.Topic == api.TopicSessions {
		note(c.urgent.sessions, c.boring.sessions, change.Session, change.Notable)
	} else {
		note(c.urgent.others, c.boring.others, object{change.Topic, change.ID}, change.Notable)
	}
	c.mu.Unlock()
	if !change.Notable {
		return
	}
	select {
	case c.notable <- struct{}{}:
	default:
	}
}

func note[K comparable](urgent, boring map[K]bool, key K, notable bool) {
	switch {
	case notable:
		urgent[key] = true
		delete(boring, key)
	case !urgent[key]:
		boring[key] = true
	}
}

// news are the objects that have changed, each once.
type news struct {
	sessions []uint64
	others   []object
}

// move empties c into n.
func (n *news) move(c changed) {
	for number := range c.sessions {
		n.sessions = append(n.sessions, number)
	}
	for o := range c.others {
		n.others = append(n.others, o)
	}
	clear(c.sessions)
	clear(c.others)
}

// take removes and returns all entries, or only the notable ones. Run alone calls
// it.
func (c *changes) take(all bool) news {
	var n news
	c.mu.Lock()
	n.move(c.urgent)
	if !all {
		c.mu.Unlock()
		return n
	}
	boring := c.boring
	c.boring, c.spare = c.spare, changed{}
	c.mu.Unlock()
	n.move(boring)
	c.mu.Lock()
	c.spare = boring
	c.mu.Unlock()
	return n
}
