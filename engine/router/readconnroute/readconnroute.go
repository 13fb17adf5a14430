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
	figures engine.RouterFigures

	_       [64]byte // what each statement changes shares no cache line with what it reads
	queries atomic.Uint64
}

func newRouter(s *engine.Service) (engine.Router, error) {
	v := s.Values()
	r := &router{
		service: s, roles: v.List("router_options"), lag: v.Duration("max_replication_lag"),
		primary: v.Bool("master_accept_reads"), figures: engine.NewRouterFigures(s.Servers()),
	}
	if len(r.roles) == 0 {
		r.roles = []string{"running"}
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
			figures := r.figures.Of(server)
			figures.Opened()
			return &session{router: r, backend: b, figures: figures, began: time.Now(), standsIn: !r.has(server)}, nil
		}
		if !engine.Unreachable(err) {
			return nil, err // another server would say the same
		}
		failed = err
	}
	if failed != nil {
		return nil, engine.Errorf(engine.Unavailable, "service %s: no server can be connected to: %w", r.service.Name(), failed)
	}
	return nil, engine.Errorf(engine.Unavailable, "service %s: no server is %s", r.service.Name(), r.wanted())
}

// noLonger is the error of a session whose server has lost its role.
func (r *router) noLonger(server *engine.Server) error {
	return engine.Errorf(engine.Unavailable, "service %s: server %s is no longer %s", r.service.Name(), server.Name(), r.wanted())
}

func (r *router) wanted() string { return strings.Join(r.roles, " or ") }

// candidates returns the servers that a session may be connected to, best first.
// Where there is none, the primary stands in.
func (r *router) candidates() []*engine.Server {
	var list []*engine.Server
	for _, server := range r.service.Servers() {
		if slices.ContainsFunc(r.roles, func(role string) bool { return r.fits(server, role) }) {
			list = append(list, server)
		}
	}
	if len(list) == 0 {
		list = slices.DeleteFunc(slices.Clone(r.service.Servers()), func(s *engine.Server) bool { return !s.Primary() })
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

// fits reports whether server can take the part of role.
func (r *router) fits(server *engine.Server, role string) bool {
	switch role {
	case "master":
		return server.Primary()
	case "slave":
		return server.Replica() && !server.Primary() && r.fresh(server)
	case "running":
		if server.Primary() {
			return r.primary
		}
		return server.Usable() && r.fresh(server)
	}
	return false
}

// fresh reports whether a server is not too far behind its primary.
//
// MaxScale: takes one for fresh of which nobody knows how far that is.
func (r *router) fresh(s *engine.Server) bool {
	lag := s.Lag()
	return r.lag == 0 || lag >= 0 && lag < r.lag
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
	return map[string]any{"queries": r.queries.Load(), "server_query_statistics": r.figures.Diagnostics()}
}

// session is one session's connection.
type session struct {
	router   *router
	backend  *engine.Backend
	figures  *engine.ServerFigures // of its server
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
		return s.router.noLonger(server)
	}
	write := q.SQL() == nil || q.Statement().Target() != classify.TargetReplica
	s.figures.Count(write)
	if !write {
		s.selects++
	}
	err := s.backend.Execute(q, up)
	if err != nil && engine.Lost(err) && !engine.Unsent(err) {
		return fmt.Errorf("%w; the statement may have been executed", err)
	}
	return err
}

// Close closes the connection.
func (s *session) Close() error {
	s.figures.Closed(s.backend, s.began, s.selects)
	return s.backend.Close()
}
