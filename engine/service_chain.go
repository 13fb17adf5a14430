package engine

import (
	"slices"
	"strings"
	"sync"
)

// maxServiceChain is how many filters a service may have.
const maxServiceChain = 64

// Filters returns the default chain of the service, which new sessions get. The
// slice must not be changed.
func (s *Service) Filters() []string { return *s.filters.Load() }

// SetServiceFilters replaces the default chain of a service, all or nothing. New
// sessions get it; those that are there keep theirs until they are restarted.
// Whether it lasts longer than the program is up to Options.Keep. The error is
// NotFound for a service and Invalid for a filter that does not exist, and
// Unavailable when the change cannot be kept: nothing has been changed then.
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
	before, err := e.keeper.change(s, next)
	if err != nil || slices.Equal(before, next) {
		return err
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

// keeper changes the default chains of services one after the other, so that the
// last one that is in effect is the last one that was kept.
type keeper struct {
	keep func(service string, filters []string) error // nil keeps nothing

	mu sync.Mutex // held while a chain is changed
}

// change puts a chain into effect once it is kept, and returns the one before.
func (k *keeper) change(s *Service, next []string) (before []string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keep != nil {
		if err := k.keep(s.Name(), next); err != nil {
			return nil, Errorf(Unavailable, "%w; the filters are what they were", err)
		}
	}
	return *s.filters.Swap(&next), nil
}

// outdated reports whether the chain was taken from the service, which has
// another one now.
func (c *chain) outdated(s *Service) bool {
	return !c.altered && !slices.EqualFunc(c.links, s.Filters(), func(l *link, name string) bool { return l.filter.object.Name == name })
}
