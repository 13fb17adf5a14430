package engine

import "sync/atomic"

// places are those that max_connections gives to the sessions of a service. A
// client has one from when it has proved who it is, so that clients that say
// nothing take nobody's.
type places struct{ taken atomic.Int64 }

// full reports whether all of limit places are taken; never when it is 0.
func (p *places) full(limit int64) bool { return limit > 0 && p.taken.Load() >= limit }

// take takes a place; false when there is none.
func (p *places) take(limit int64) bool {
	if n := p.taken.Add(1); limit > 0 && n > limit {
		p.taken.Add(-1)
		return false
	}
	return true
}

// leave gives a place back.
func (p *places) leave() { p.taken.Add(-1) }
