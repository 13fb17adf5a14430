package engine

import (
	"fmt"
	"slices"
	"strings"
)

// Variables returns the names of the user variables in q, as they are written.
func Variables(q *Query) []string {
	var names []string
	for variable := range q.mode.Variables(q.body()) {
		names = append(names, string(variable))
	}
	return names
}

// ShareVariables brings user variables from b, which alone has them, to the
// session's other backends and to those that are connected to later. It returns
// the backends that could not be told and so are not like the others any more. The
// error says why there are any, or why the values are not known.
func ShareVariables(s *Session, names []string, b *Backend) (unlike []*Backend, err error) {
	for i, name := range names {
		if slices.ContainsFunc(names[:i], func(x string) bool { return strings.EqualFold(x, name) }) {
			continue
		}
		value, failed := b.Ask(literalOf(name))
		if failed != nil {
			return unlike, fmt.Errorf("server %s: read %s: %w", b.server.Name(), name, failed)
		}
		set := NewQuery("SET " + name + " = " + value)
		for _, other := range othersOf(s, b) {
			if slices.Contains(unlike, other) {
				continue
			}
			if failed := perform(other, set); failed != nil {
				unlike, err = append(unlike, other), fmt.Errorf("server %s: set %s: %w", other.server.Name(), name, failed)
			}
		}
		s.talk.history.add(set, databaseOf(s), s.service.historyLimits())
	}
	return unlike, err
}

// literalOf is a statement that reads a user variable as text from which SQL makes
// it again: NULL, a number, or a string with its character set and collation. The
// coercibility of numbers is 5.
func literalOf(variable string) string {
	return strings.ReplaceAll("SELECT IF(@ IS NULL, 'NULL', IF(COERCIBILITY(@) > 4, @, "+
		"CONCAT('_', CHARSET(@), ' X''', HEX(@), ''' COLLATE `', COLLATION(@), '`')))", "@", variable)
}

// othersOf returns the session's backends without b.
func othersOf(s *Session, b *Backend) []*Backend {
	s.mu.Lock()
	defer s.mu.Unlock()
	return without(slices.Clone(s.seen.backends), b)
}
