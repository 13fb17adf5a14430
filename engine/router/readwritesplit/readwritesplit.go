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
	"slices"
	"sync/atomic"
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

	queries       atomic.Uint64
	toPrimary     atomic.Uint64
	toReplica     atomic.Uint64
	toAll         atomic.Uint64
	transactions  atomic.Uint64 // read-write
	readOnly      atomic.Uint64 // read-only transactions
	perServer     map[string]*serverFigures
	serverByOrder []string
}

type serverFigures struct{ reads, writes atomic.Uint64 }

// options are the router's parameters.
type options struct {
	maxReplicas    int
	replicas       int
	lag            time.Duration
	criteria       string
	primaryReads   bool
	failure        string // fail_instantly, fail_on_write, error_on_write
	reconnect      bool
	retryReads     bool
	variablesInAll bool
	strictMulti    bool
	strictCalls    bool
	lazy           bool
}

func newRouter(s *engine.Service) (engine.Router, error) {
	v := s.Values()
	r := &router{service: s, perServer: make(map[string]*serverFigures), options: options{
		maxReplicas: int(v.Int("max_slave_connections")), replicas: int(v.Int("slave_connections")),
		lag: v.Duration("max_replication_lag"), criteria: v.String("slave_selection_criteria"),
		primaryReads: v.Bool("master_accept_reads"), failure: v.String("master_failure_mode"),
		reconnect: v.Bool("master_reconnection"), retryReads: v.Bool("retry_failed_reads"),
		variablesInAll: v.String("use_sql_variables_in") != "master",
		strictMulti:    v.Bool("strict_multi_stmt"), strictCalls: v.Bool("strict_sp_calls"),
		lazy: v.Bool("lazy_connect"),
	}}
	for _, server := range s.Servers() {
		r.perServer[server.Name()] = &serverFigures{}
		r.serverByOrder = append(r.serverByOrder, server.Name())
	}
	return r, nil
}

// NewSession connects the session to the primary and to as many replicas as it
// is to begin with. A replica that cannot be reached is left out; without a
// primary the session can read, unless it is to fail instantly.
func (r *router) NewSession(ctx context.Context, s *engine.Session) (engine.RouterSession, error) {
	rs := &session{router: r, session: s, autoOff: !s.Autocommit()}
	var failed error
	if primary := r.primary(); primary != nil {
		b, err := s.Connect(ctx, primary)
		if err != nil && !engine.Unreachable(err) {
			return nil, err
		}
		if b != nil {
			rs.add(b)
		}
		failed = err
	}
	if len(rs.backends) == 0 && r.options.failure == "fail_instantly" {
		return nil, r.noPrimary(failed)
	}
	if !r.options.lazy || len(rs.backends) == 0 {
		for _, server := range r.replicas(nil) {
			if rs.replicas() >= min(r.options.replicas, r.options.maxReplicas) {
				break
			}
			b, err := s.Connect(ctx, server)
			if err != nil {
				if failed == nil {
					failed = err
				}
				continue
			}
			rs.add(b)
		}
	}
	if len(rs.backends) == 0 {
		return nil, r.noServer(failed)
	}
	return rs, nil
}

func (r *router) noPrimary(cause error) error {
	if cause != nil {
		return engine.Errorf(engine.Unavailable, "service %s: the primary cannot be reached: %w", r.service.Name(), cause)
	}
	return engine.Errorf(engine.Unavailable, "service %s: there is no primary", r.service.Name())
}

func (r *router) noServer(cause error) error {
	if cause != nil {
		return cause
	}
	return engine.Errorf(engine.Unavailable, "service %s: no server is running", r.service.Name())
}

// primary returns the server that takes writes, nil when there is none.
func (r *router) primary() *engine.Server {
	for _, server := range r.service.Servers() {
		if server.Primary() {
			return server
		}
	}
	return nil
}

// replicas returns the servers that may take reads and are not in but, best
// first.
func (r *router) replicas(but []*engine.Backend) []*engine.Server {
	var list []*engine.Server
	for _, server := range r.service.Servers() {
		used := slices.ContainsFunc(but, func(b *engine.Backend) bool { return b.Server() == server })
		if !used && r.reads(server) {
			list = append(list, server)
		}
	}
	slices.SortStableFunc(list, func(a, b *engine.Server) int { return r.compare(a, b) })
	return list
}

// reads reports whether a replica may take reads.
func (r *router) reads(s *engine.Server) bool {
	return s.Replica() && (r.options.lag == 0 || s.Lag() >= 0 && s.Lag() < r.options.lag)
}

// compare orders servers by slave_selection_criteria, the better one first.
func (r *router) compare(a, b *engine.Server) int {
	switch r.options.criteria {
	case "least_router_connections", "least_global_connections":
		return int(a.Connections() - b.Connections())
	case "least_behind_master":
		return int(a.Lag()/time.Millisecond) - int(b.Lag()/time.Millisecond)
	}
	return int(a.Operations() - b.Operations())
}

// Diagnostics are MaxScale's figures of the router.
func (r *router) Diagnostics() map[string]any {
	statistics := make([]map[string]any, 0, len(r.perServer))
	for _, name := range r.serverByOrder {
		f := r.perServer[name]
		reads, writes := f.reads.Load(), f.writes.Load()
		statistics = append(statistics, map[string]any{"id": name, "total": reads + writes, "read": reads, "write": writes})
	}
	return map[string]any{
		"queries": r.queries.Load(), "route_master": r.toPrimary.Load(), "route_slave": r.toReplica.Load(),
		"route_all": r.toAll.Load(), "rw_transactions": r.transactions.Load(), "ro_transactions": r.readOnly.Load(),
		"replayed_transactions": 0, "server_query_statistics": statistics,
	}
}

// count books a statement on server.
func (r *router) count(server *engine.Server, write bool) {
	f := r.perServer[server.Name()]
	if write {
		f.writes.Add(1)
	} else {
		f.reads.Add(1)
	}
	if server.Primary() {
		r.toPrimary.Add(1)
	} else {
		r.toReplica.Add(1)
	}
}
