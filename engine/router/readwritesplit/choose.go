package readwritesplit

import (
	"context"
	"log/slog"
	"slices"

	"github.com/signalbox/signalbox/engine"
)

// This file chooses among the connections and the servers of a session.

// forReads returns the best connection for a read, which it opens if need be; nil
// when only the primary is left.
func (c *connections) forReads(ctx context.Context, q *engine.Query, t target) *engine.Backend {
	for range len(c.router.service.Servers()) + 1 {
		best := c.choose(q, t)
		if best.server == nil || best.open != nil && !c.leaveClosed(best.open) {
			return best.open
		}
		if best.open != nil {
			continue
		}
		b, err := c.connect(ctx, best.server)
		if err == nil {
			return b
		}
		c.session.Logf(slog.LevelWarn, "%v", err)
	}
	return nil
}

// choose returns the best server for a read, none when only the primary is left. A
// replica of rank secondary is it only without a primary of a higher rank.
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
	if all.n > 0 && all.second {
		if primary := c.firstPrimary(); primary != nil {
			if b := c.to(primary); b == nil || b.HasStatement(q) {
				return candidate{primary, c.router.figures.servers.Of(primary), b}
			}
		}
	}
	return all.best(c.router.options.criteria)
}

// firstPrimary returns the primary of the session if it is of rank primary and can
// be used, nil if not.
func (c *connections) firstPrimary() *engine.Server {
	if c.primary != nil && c.primary.Server().Writes() {
		if c.primary.Server().Secondary() {
			return nil
		}
		return c.primary.Server()
	}
	server := c.router.primary()
	if server == nil || server.Secondary() || c.isBarred(server) || c.primary != nil || c.had && !c.router.options.reconnect {
		return nil
	}
	return server
}

// outranked reports whether servers of rank secondary are not to be used, because
// there is another one.
//
// MaxScale: uses servers of the primary's rank only, even if that is secondary and
// there are replicas of rank primary.
func (c *connections) outranked() bool {
	if c.firstPrimary() != nil {
		return true
	}
	return slices.ContainsFunc(c.router.service.Servers(), func(server *engine.Server) bool {
		b := c.to(server)
		return !server.Secondary() && (b != nil || !c.isBarred(server)) && c.router.reads(server, b != nil, c.router.options.lag)
	})
}

// unopened returns the best replica that a new session is not connected to yet;
// nil when there is none that it needs.
func (c *connections) unopened() *engine.Server {
	all := candidates{}
	for _, server := range c.router.service.Servers() {
		if server.Primary() || c.to(server) != nil || c.isBarred(server) || !c.router.reads(server, false, c.router.options.lag) {
			continue
		}
		all.add(candidate{server, c.router.figures.servers.Of(server), nil})
	}
	if all.n > 0 && all.second && c.outranked() {
		return nil
	}
	return all.best(c.router.options.criteria).server
}
