package readwritesplit

import (
	"context"
	"log/slog"

	"github.com/signalbox/signalbox/engine"
)

// This file chooses among the connections and the servers of a session.

// forReads returns the best connection for a read, which it opens if need be; nil
// when only the primary is left.
func (c *connections) forReads(ctx context.Context, q *engine.Query, t target) *engine.Backend {
	for range c.router.service.Servers() {
		best := c.choose(q, t)
		if best.server == nil || best.open != nil {
			return best.open
		}
		b, err := c.connect(ctx, best.server)
		if err == nil {
			return b
		}
		c.session.Logf(slog.LevelWarn, "%v", err)
	}
	return nil
}

// choose returns the best server for a read, none when only the primary is left.
func (c *connections) choose(q *engine.Query, t target) candidate {
	room := c.replicas() < c.router.options.maxReplicas
	all := candidates{}
	for _, server := range c.router.service.Servers() {
		b := c.to(server)
		if server.Primary() || b != nil && b == c.primary {
			if !c.router.options.primaryReads || b == nil && c.isBarred(server) {
				continue
			}
		} else {
			if !c.router.reads(server, b != nil, t.lag) || b == nil && (!room || c.isBarred(server)) || !c.causal.fastEnough(server) {
				continue
			}
		}
		if b != nil && !b.HasStatement(q) {
			continue
		}
		all.add(candidate{server, c.router.figures.servers.Of(server), b})
	}
	return all.best(c.router.options.criteria)
}

// unopened returns the best replica that a new session is not connected to yet;
// nil when there is none.
func (c *connections) unopened() *engine.Server {
	all := candidates{}
	for _, server := range c.router.service.Servers() {
		if server.Primary() || c.to(server) != nil || c.isBarred(server) || !c.router.reads(server, false, c.router.options.lag) {
			continue
		}
		all.add(candidate{server, c.router.figures.servers.Of(server), nil})
	}
	return all.best(c.router.options.criteria).server
}
