// Package readwritesplit is the router that sends writes to the primary and
// spreads reads over the replicas, statement by statement.
//
// Where a statement goes is decided by what it does (package classify), by the
// state of the session (transactions stay on one server) and by hints, which
// win over both. Commands that change the session go to all of its servers, so
// that each of them could go on with it; the primary's answer counts.
package readwritesplit

import (
	"context"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
)

// Module makes the router.
var Module = engine.RouterModule{
	Module: module.Module{
		Name: "readwritesplit", Kind: module.Service,
		Description: "Sends writes to the primary and reads to the replicas.",
		Parameters:  parameters,
	},
	New: newRouter,
}

// router is the configured router with its figures.
type router struct {
	service *engine.Service
	options options
	figures figures
	latest  latest // what any session has written last, for causal_reads=global
}

func newRouter(s *engine.Service) (engine.Router, error) {
	r := &router{service: s, options: optionsOf(s.Values())}
	r.figures.servers = engine.NewRouterFigures(s.Servers())
	return r, nil
}

// NewSession connects the session to the primary and to as many replicas as it
// is to begin with. A replica that cannot be reached is left out; without a
// primary the session can read, unless it is to fail instantly.
func (r *router) NewSession(ctx context.Context, s *engine.Session) (engine.RouterSession, error) {
	rs := &session{connections: connections{router: r, session: s, began: time.Now()}, autoOff: !s.Autocommit()}
	if r.options.causal.source != causalNone {
		rs.causal = &causal{connections: &rs.connections}
	}
	if r.options.lazy {
		return rs, r.anyServer()
	}
	var failed error
	if primary := r.primary(); primary != nil {
		if _, failed = rs.connect(ctx, primary); failed != nil && !engine.Unreachable(failed) {
			return nil, failed
		}
	}
	if rs.primary == nil && r.options.failure == "fail_instantly" {
		return nil, r.noPrimary(failed)
	}
	for range s.Service().Servers() {
		server := rs.unopened()
		if server == nil || rs.replicas() >= min(r.options.replicas, r.options.maxReplicas) {
			break
		}
		if _, err := rs.connect(ctx, server); err != nil && failed == nil {
			failed = err
		}
	}
	if len(rs.members) == 0 {
		return nil, r.noServer(failed)
	}
	return rs, nil
}

// anyServer returns an error when there is no server that a session could be
// connected to.
func (r *router) anyServer() error {
	primary := r.primary() != nil
	if !primary && r.options.failure == "fail_instantly" {
		return r.noPrimary(nil)
	}
	for _, server := range r.service.Servers() {
		if primary || r.reads(server, false, r.options.lag) {
			return nil
		}
	}
	return r.noServer(nil)
}

func (r *router) noPrimary(cause error) error {
	if cause != nil {
		return engine.Errorf(engine.Unavailable, "service %s: the primary cannot be reached: %w", r.service.Name(), cause)
	}
	return engine.Errorf(engine.Unavailable, "service %s: there is no primary", r.service.Name())
}

func (r *router) lostPrimary(b *engine.Backend) error {
	return engine.Errorf(engine.Unavailable, "service %s: the session has lost its primary, server %s, and ends with it: master_failure_mode is fail_instantly", r.service.Name(), b.Server().Name())
}

func (r *router) noServer(cause error) error {
	if cause != nil {
		return cause
	}
	return engine.Errorf(engine.Unavailable, "service %s: no server is running", r.service.Name())
}

// Diagnostics are MaxScale's figures of the router.
func (r *router) Diagnostics() map[string]any { return r.figures.diagnostics() }
