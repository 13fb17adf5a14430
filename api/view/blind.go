package view

import "slices"

// statementKey is the key whose values are SQL text.
const statementKey = "stmt"

// And returns the filter that a session passes when it passes both.
func (f *Filter) And(g *Filter) *Filter {
	if f.Empty() {
		return g
	}
	if g.Empty() {
		return f
	}
	var all allOf
	for _, e := range []expr{f.expr, g.expr} {
		if parts, ok := e.(allOf); ok {
			all = append(all, parts...)
		} else {
			all = append(all, e)
		}
	}
	return &Filter{expr: all}
}

// Blind returns the filter for those who must not learn what statements say:
// terms without a key do not look at them. It is nil when the filter asks for
// them by name.
func (f *Filter) Blind() *Filter {
	if f.Empty() {
		return f
	}
	e := blind(f.expr)
	if e == nil {
		return nil
	}
	return &Filter{expr: e}
}

// blind returns e without a look at statements, nil when it asks for them.
func blind(e expr) expr {
	switch e := e.(type) {
	case allOf:
		if all := blindAll(e); all != nil {
			return allOf(all)
		}
		return nil
	case anyOf:
		if some := blindAll(e); some != nil {
			return anyOf(some)
		}
		return nil
	case not:
		if inner := blind(e.expr); inner != nil {
			return not{inner}
		}
		return nil
	case anywhere:
		e.blind = true
		return e
	case list:
		if e.key.Name == statementKey {
			return nil
		}
	}
	return e
}

func blindAll(list []expr) []expr {
	all := make([]expr, len(list))
	for i, e := range list {
		if all[i] = blind(e); all[i] == nil {
			return nil
		}
	}
	return all
}

// Statements tells whether the order depends on what statements say.
func (s Sort) Statements() bool {
	return slices.ContainsFunc(s.fields, func(f sortField) bool { return f.key.Name == statementKey })
}

// Statements tells whether the groups depend on what statements say.
func (g Grouping) Statements() bool {
	return slices.ContainsFunc(g.keys, func(k *key) bool { return k == fingerprint || k.Name == statementKey })
}
