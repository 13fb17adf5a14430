package engine

import (
	"slices"
	"strings"
)

// maxServiceChain is how many filters a service may have.
const maxServiceChain = 64

// Filters returns the default chain of the service, which new sessions get. The
// slice must not be changed.
func (s *Service) Filters() []string { return *s.filters.Load() }

// SetServiceFilters replaces the default chain of a service, all or nothing. New
// sessions get it; those that are there keep theirs until they are restarted.
// It lasts until the program ends. The error is NotFound for a service and
// Invalid for a filter that does not exist.
func (e *Engine) SetServiceFilters(service string, names []string) error {
	s, err := e.services.get(service)
	if err != nil {
		return err
	}
	if len(names) > maxServiceChain {
		return Errorf(Invalid, "a service may have at most %d filters", maxServiceChain)
	}
	for _, name := range names {
		if _, err := e.filters.get(name); err != nil {
			return Errorf(Invalid, "'%s' is not a filter; configured filters: %s", name, strings.Join(e.filters.names(), ", "))
		}
	}
	next := slices.Clone(names)
	before := *s.filters.Swap(&next)
	if slices.Equal(before, next) {
		return nil
	}
	e.logger.Log(e.ctx, LevelNotice, "default filters are now: "+chainText(next), "service", s.Name())
	e.watchers.tell(Change{Kind: ServiceObject, Name: s.Name(), Notable: true})
	for _, name := range e.filters.names() { // those that know one service more or less
		if slices.Contains(before, name) != slices.Contains(next, name) {
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

// outdated reports whether the chain was taken from the service, which has
// another one now.
func (c *chain) outdated(s *Service) bool {
	return !c.altered && !slices.EqualFunc(c.links, s.Filters(), func(l *link, name string) bool { return l.object.Name == name })
}
