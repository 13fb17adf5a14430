// Package readconnroute is the router that connects a session to one server and
// stays there: a connection balancer. It does not look at statements.
package readconnroute

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
)

// Module makes the router.
var Module = engine.RouterModule{
	Module: module.Module{
		Name: "readconnroute", Kind: module.Service,
		Description: "Connects each session to one server, by role and load.",
		Parameters:  parameters,
	},
	Single: true,
	New:    newRouter,
}

// router is the configured router.
type router struct {
	service *engine.Service
	roles   []string // router_options: master, slave, running
	lag     time.Duration
	primary bool // the primary may stand in for a replica
	queries atomic.Uint64
}

func newRouter(s *engine.Service) (engine.Router, error) {
	v := s.Values()
	return &router{
		service: s, roles: v.List("router_options"), lag: v.Duration("max_replication_lag"),
		primary: v.Bool("master_accept_reads"),
	}, nil
}

// NewSession connects the session to the server of the wanted roles that has
// the fewest connections; the first of the configuration wins a tie.
func (r *router) NewSession(ctx context.Context, s *engine.Session) (engine.RouterSession, error) {
	var failed []error
	for _, server := range r.candidates() {
		b, err := s.Connect(ctx, server)
		if err == nil {
			return &session{router: r, session: s, backend: b}, nil
		}
		if !engine.Unreachable(err) {
			return nil, err // another server would say the same
		}
		failed = append(failed, err)
	}
	return nil, r.none(failed)
}

func (r *router) none(failed []error) error {
	text := "no server is " + strings.Join(r.wanted(), " or ")
	if len(failed) > 0 {
		return engine.Errorf(engine.Unavailable, "service %s: no server answers: %w", r.service.Name(), failed[len(failed)-1])
	}
	return engine.Errorf(engine.Unavailable, "service %s: %s", r.service.Name(), text)
}

func (r *router) wanted() []string {
	if len(r.roles) == 0 {
		return []string{"running"}
	}
	return r.roles
}

// candidates returns the servers that a session may be connected to, best
// first.
func (r *router) candidates() []*engine.Server {
	var list []*engine.Server
	replicas := slices.ContainsFunc(r.service.Servers(), r.isReplica)
	for _, server := range r.service.Servers() {
		for _, role := range r.wanted() {
			if r.fits(server, role, replicas) {
				list = append(list, server)
				break
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *engine.Server) int { return int(a.Connections() - b.Connections()) })
	return list
}

func (r *router) isReplica(s *engine.Server) bool {
	return s.Replica() && (r.lag == 0 || s.Lag() < r.lag)
}

// fits reports whether server can take the part of role. The primary does a
// replica's work when there is none.
func (r *router) fits(server *engine.Server, role string, replicas bool) bool {
	switch role {
	case "master":
		return server.Primary()
	case "slave":
		return r.isReplica(server) || !replicas && server.Primary()
	case "running":
		if server.Primary() && !r.primary && replicas {
			return false
		}
		return server.Usable() && (!server.Replica() || r.isReplica(server))
	}
	return false
}

// Diagnostics are MaxScale's figures of the router.
func (r *router) Diagnostics() map[string]any {
	return map[string]any{"queries": r.queries.Load()}
}

// session is one session's connection.
type session struct {
	router  *router
	session *engine.Session
	backend *engine.Backend
}

// RouteQuery sends everything to the one server. Its loss ends the session.
func (s *session) RouteQuery(_ context.Context, q *engine.Query, up engine.ReplyWriter) error {
	s.router.queries.Add(1)
	if err := s.backend.Execute(q, up); err != nil {
		if engine.Lost(err) {
			return fmt.Errorf("%w; the statement may have been executed", err)
		}
		return err
	}
	return nil
}

// Close closes the connection.
func (s *session) Close() error { return s.backend.Close() }
