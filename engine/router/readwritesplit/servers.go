package readwritesplit

import (
	"math/rand/v2"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// This file chooses among the servers.

// primary returns the server that takes writes, nil when there is none. One of
// rank secondary is it only without another.
func (r *router) primary() *engine.Server {
	var second *engine.Server
	for _, server := range r.service.Servers() {
		switch {
		case !server.Primary():
		case !server.Secondary():
			return server
		case second == nil:
			second = server
		}
	}
	return second
}

// reads reports whether a replica may take reads with at most the given lag. One
// that is being drained gets no new connections, and goes on with those that are
// open.
func (r *router) reads(s *engine.Server, open bool, lag time.Duration) bool {
	if !s.Replica() && !(open && s.Lives() && s.Status()&engine.StatusSlave != 0) {
		return false
	}
	if lag == 0 {
		return true
	}
	behind := s.Lag()
	return behind >= 0 && behind < lag
}

// candidate is a server that could take a read.
type candidate struct {
	server  *engine.Server
	figures *engine.ServerFigures
	open    *engine.Backend // nil when it is not connected to
}

// candidates are the servers that could take a read. Those of rank secondary are
// among them only while there is no other. As many as there are as a rule need no
// memory of their own.
type candidates struct {
	few    [8]candidate
	more   []candidate
	n      int
	second bool
}

func (c *candidates) add(one candidate) {
	second := one.server.Secondary()
	switch {
	case c.n == 0 || c.second && !second:
		c.n, c.more, c.second = 0, nil, second
	case second != c.second:
		return
	}
	if c.n < len(c.few) {
		c.few[c.n] = one
	} else {
		c.more = append(c.more, one)
	}
	c.n++
}

func (c *candidates) at(i int) candidate {
	if i < len(c.few) {
		return c.few[i]
	}
	return c.more[i-len(c.few)]
}

// best returns the candidate that slave_selection_criteria prefers: among equal
// ones one that is connected to, and then the first of the configuration. Without
// any it is one without a server.
func (c *candidates) best(criteria string) candidate {
	if c.n == 0 {
		return candidate{}
	}
	if criteria == "adaptive_routing" {
		return c.fastest()
	}
	best := c.at(0)
	least := best.cost(criteria)
	for i := 1; i < c.n; i++ {
		one := c.at(i)
		cost := one.cost(criteria)
		if cost < least || cost == least && one.open != nil && best.open == nil {
			best, least = one, cost
		}
	}
	return best
}

// cost is what slave_selection_criteria wants to be least.
func (c candidate) cost(criteria string) int64 {
	switch criteria {
	case "least_router_connections":
		return c.figures.Connections()
	case "least_global_connections":
		return c.server.Connections()
	case "least_behind_master":
		if lag := c.server.Lag(); lag >= 0 {
			return int64(lag / time.Millisecond)
		}
		return 1 << 62
	}
	return c.server.Operations()
}

// exploration is the least part of the reads that the slowest server gets, of
// what the fastest one gets: so that it is noticed when it is slow no longer.
const exploration = 0.01

// fastest picks a server by chance: the faster it answers, the likelier, by the
// third power. One that has not been measured comes first.
func (c *candidates) fastest() candidate {
	least := time.Duration(0)
	for i := range c.n {
		mean := c.at(i).figures.Response()
		if mean == 0 {
			return c.at(i)
		}
		if least == 0 || mean < least {
			least = mean
		}
	}
	weight := func(i int) float64 {
		share := float64(least) / float64(max(c.at(i).figures.Response(), 1))
		return max(share*share*share, exploration)
	}
	sum := 0.0
	for i := range c.n {
		sum += weight(i)
	}
	point := rand.Float64() * sum
	for i := range c.n {
		if point -= weight(i); point < 0 {
			return c.at(i)
		}
	}
	return c.at(c.n - 1)
}
