package engine

import (
	"context"
	"slices"
	"strings"
)

// SetServiceFilters replaces the default chain of a service, as a whole or not
// at all. New sessions get it; those that run keep the chain that they have
// until they are restarted. The program forgets it when it ends. The error is
// NotFound for an unknown service and Invalid for an unknown filter.
func (e *Engine) SetServiceFilters(service string, filters []string) error {
	s, err := e.services.get(service)
	if err != nil {
		return err
	}
	for _, name := range filters {
		if _, err := e.filters.get(name); err != nil {
			return Errorf(Invalid, "'%s' is not a filter; configured filters: %s", name, strings.Join(e.filters.names(), ", "))
		}
	}
	next := slices.Clone(filters)
	before := s.chain.Swap(&next)
	if slices.Equal(*before, next) {
		return nil
	}
	e.logger.Log(context.Background(), LevelNotice, "filters of new sessions are now: "+chainText(next), "service", service)
	e.watchers.tell(Change{Kind: ServiceObject, Name: service, Notable: true})
	for _, name := range e.filters.names() {
		if slices.Contains(*before, name) != slices.Contains(next, name) {
			e.watchers.tell(Change{Kind: FilterObject, Name: name, Notable: true})
		}
	}
	for _, session := range e.sessions.all() {
		if session.service == s {
			session.notable() // its chain may be an old one now
		}
	}
	return nil
}
