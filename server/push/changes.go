package push

import "sync"

// changes is the set of objects that are no longer what the hub has last read.
// Any goroutine may add to it; Run takes from it.
type changes struct {
	notable chan struct{} // holds one token while the set may hold something notable

	mu  sync.Mutex // protects following
	set map[object]bool
}

// object names what changed; the value in the set tells whether it is notable.
type object struct{ topic, id string }

func newChanges() *changes {
	return &changes{notable: make(chan struct{}, 1), set: make(map[object]bool)}
}

// add never blocks.
func (c *changes) add(change Change) {
	o := object{change.Topic, change.ID}
	c.mu.Lock()
	c.set[o] = c.set[o] || change.Notable
	c.mu.Unlock()
	if change.Notable {
		select {
		case c.notable <- struct{}{}:
		default:
		}
	}
}

// take removes and returns all entries, or only the notable ones.
func (c *changes) take(all bool) []object {
	c.mu.Lock()
	defer c.mu.Unlock()
	var taken []object
	for o, notable := range c.set {
		if all || notable {
			taken = append(taken, o)
			delete(c.set, o)
		}
	}
	return taken
}
