package push

import "sync"

// changes is the set of objects that are no longer what the hub has last read.
// Any goroutine may add to it; Run takes from it.
type changes struct {
	notable chan struct{} // holds one token while the set may hold something notable

	mu     sync.Mutex // protects following
	urgent map[object]bool
	boring map[object]bool // those that are not urgent
	spare  map[object]bool // emptied, to become boring again
}

// object names what changed.
type object struct{ topic, id string }

func newChanges() *changes {
	return &changes{
		notable: make(chan struct{}, 1),
		urgent:  make(map[object]bool), boring: make(map[object]bool), spare: make(map[object]bool),
	}
}

// add never blocks.
func (c *changes) add(change Change) {
	o := object{change.Topic, change.ID}
	c.mu.Lock()
	if !change.Notable {
		if !c.urgent[o] {
			c.boring[o] = true
		}
		c.mu.Unlock()
		return
	}
	c.urgent[o] = true
	delete(c.boring, o)
	c.mu.Unlock()
	select {
	case c.notable <- struct{}{}:
	default:
	}
}

// take removes and returns all entries, or only the notable ones.
func (c *changes) take(all bool) []object {
	c.mu.Lock()
	boring := c.boring
	if all {
		c.boring, c.spare = c.spare, nil
	} else {
		boring = nil
	}
	taken := make([]object, 0, len(c.urgent)+len(boring))
	for o := range c.urgent {
		taken = append(taken, o)
	}
	clear(c.urgent)
	c.mu.Unlock()
	if !all {
		return taken
	}
	for o := range boring {
		taken = append(taken, o)
	}
	clear(boring)
	c.mu.Lock()
	c.spare = boring
	c.mu.Unlock()
	return taken
}
