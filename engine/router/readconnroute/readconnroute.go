// Package readconnroute is the router that connects a session to one server and
// stays there: a connection balancer. It follows no hints and keeps no statement
// from any server.
package readconnroute

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/classify"
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
	roles   []string // router_options: master, slave, synced, running
	lag     time.Duration
	primary bool // the primary may stand in for a replica
	queries atomic.Uint64
	figures map[*engine.Server]*engine.ServerFigures
}

func newRouter(s *engine.Service) (engine.Router, error) {
	v := s.Values()
	r := &router{
		service: s, roles: v.List("router_options"), lag: v.Duration("max_replication_lag"),
		primary: v.Bool("master_accept_reads"), figures: make(map[*engine.Server]*engine.ServerFigures),
	}
	if len(r.roles) == 0 {
		r.roles = []string{"running"}
	}
	for _, server := range s.Servers() {
		r.figures[server] = &engine.ServerFigures{}
	}
	return r, nil
}

// NewSession connects the session to the server of the wanted roles that has
// the fewest connections; the first of the configuration wins a tie.
func (r *router) NewSession(ctx context.Context, s *engine.Session) (engine.RouterSession, error) {
	var failed error
	for _, server := range r.candidates() {
		b, err := s.Connect(ctx, server)
		if err == nil {
			r.figures[server].Opened()
			return &session{router: r, backend: b, began: time.Now(), standsIn: !r.has(server)}, nil
		}
		if !engine.Unreachable(err) {
			return nil, err // another server would say the same
		}
		failed = err
	}
	if failed != nil {
		return nil, engine.Errorf(engine.Unavailable, "service %s: no server answers: %w", r.service.Name(), failed)
	}
	return nil, engine.Errorf(engine.Unavailable, "service %s: no server is %s", r.service.Name(), r.wanted())
}

func (r *router) wanted() string { return strings.Join(r.roles, " or ") }

// candidates returns the servers that a session may be connected to, best
// first.
func (r *router) candidates() []*engine.Server {
	var list []*engine.Server
	replicas := slices.ContainsFunc(r.service.Servers(), r.isReplica)
	for _, server := range r.service.Servers() {
		if slices.ContainsFunc(r.roles, func(role string) bool { return r.fits(server, role, replicas) }) {
			list = append(list, server)
		}
	}
	slices.SortStableFunc(list, func(a, b *engine.Server) int {
		if a.Secondary() != b.Secondary() {
			if a.Secondary() {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Connections(), b.Connections())
	})
	return list
}

// isReplica reports whether a server is a replica that is not too far behind. One
// of which nobody knows how far that is does not count where there is a limit.
func (r *router) isReplica(s *engine.Server) bool {
	if !s.Replica() {
		return false
	}
	lag := s.Lag()
	return r.lag == 0 || lag >= 0 && lag < r.lag
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

// has reports whether server has one of the wanted roles now. It may be one that
// gets no new connections because it is being drained.
func (r *router) has(server *engine.Server) bool {
	for _, role := range r.roles {
		status := engine.StatusRunning
		switch role {
		case "master":
			status |= engine.StatusMaster
		case "slave":
			status |= engine.StatusSlave
		case "synced":
			continue
		}
		if server.Status()&(status|engine.StatusMaint) == status {
			return true
		}
	}
	return false
}

// Diagnostics are MaxScale's figures of the router.
func (r *router) Diagnostics() map[string]any {
	statistics := make([]map[string]any, 0, len(r.figures))
	for _, server := range r.service.Servers() {
		statistics = append(statistics, r.figures[server].Diagnostics(server))
	}
	return map[string]any{"queries": r.queries.Load(), "server_query_statistics": statistics}
}

// session is one session's connection.
type session struct {
	router   *router
	backend  *engine.Backend
	began    time.Time
	selects  uint32
	standsIn bool // its server is a primary in the place of a replica
}

// RouteQuery sends everything to the one server. Its loss ends the session, as
// does the loss of the role for which it was chosen.
func (s *session) RouteQuery(_ context.Context, q *engine.Query, up engine.ReplyWriter) error {
	s.router.queries.Add(1)
	server := s.backend.Server()
	if !s.router.has(server) && !(s.standsIn && server.Status()&(engine.StatusRunning|engine.StatusMaint|engine.StatusMaster) == engine.StatusRunning|engine.StatusMaster) {
		return engine.Errorf(engine.Unavailable, "service %s: server %s is no longer %s", s.router.service.Name(), server.Name(), s.router.wanted())
	}
	write := q.SQL() == nil || q.Statement().Target() != classify.TargetReplica
	s.router.figures[server].Count(write)
	if !write {
		s.selects++
	}
	if err := s.backend.Execute(q, up); err != nil {
		if engine.Lost(err) && !engine.Unsent(err) {
			return fmt.Errorf("%w; the statement may have been executed", err)
		}
		return err
	}
	return nil
}

// Close closes the connection.
func (s *session) Close() error {
	s.router.figures[s.backend.Server()].Closed(s.backend, s.began, s.selects)
	return s.backend.Close()
}
