package engine

import (
	"context"

	"github.com/signalbox/signalbox/engine/module"
)

// Router is the configured router of a service. One Router serves many
// sessions at once.
type Router interface {
	// NewSession opens the router's end of s's chain, with the connections
	// that it needs from the start. It runs in the session's goroutine.
	NewSession(ctx context.Context, s *Session) (RouterSession, error)
	// Diagnostics are the router's own figures for the REST resource.
	Diagnostics() map[string]any
}

// RouterSession chooses servers for the queries of one session. It is the last
// link of the chain. One that takes the place of another, because the session is
// restarted or changes its user, may also have
//
//	Inherit(from RouterSession) // called before from is closed
type RouterSession interface {
	Handler
	// Close closes its backends.
	Close() error
}

// RouterModule makes routers of one kind.
type RouterModule struct {
	module.Module
	// Single says that a session uses one server, to which it is connected
	// from the start.
	Single bool
	New    func(s *Service) (Router, error)
}
