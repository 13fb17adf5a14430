package engine

import (
	"errors"
	"slices"
)

// queue are the sessions that wait for a connection to a server, those first that
// came first. Guarded by pool.mu.
type queue []chan struct{}

// next tells the first one that there may be a connection for it.
func (q queue) next() {
	if len(q) > 0 {
		select {
		case q[0] <- struct{}{}:
		default: // it knows already
		}
	}
}

// enqueue has the caller wait for its turn to connect, which it is told of by the
// channel. It may come more than once, and comes at once when nobody else waits.
func (p *pool) enqueue() chan struct{} {
	turn := make(chan struct{}, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, turn)
	if len(p.queue) == 1 {
		p.queue.next()
	}
	return turn
}

// dequeue is for who has a connection, or waits no more.
func (p *pool) dequeue(turn chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = slices.DeleteFunc(p.queue, func(x chan struct{}) bool { return x == turn })
	p.queue.next() // there may be more than one
}

// crowded reports whether somebody waits.
func (p *pool) crowded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue) > 0
}

// wanted returns how many connections of sessions that are idle would be of use to
// others: to who waits, and to be kept.
func (p *pool) wanted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue) + max(p.size-len(p.idle), 0)
}

func isFull(err error) bool {
	_, full := errors.AsType[*fullError](err)
	return full
}
