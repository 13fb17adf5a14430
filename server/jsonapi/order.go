package jsonapi

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// key is one member of a sort parameter.
type key struct {
	path       path // below attributes
	name       string
	descending bool
}

// parseOrder reads "-idle,user,memory/total". A name is an attribute, "id", or
// a relationship, whose order is that of its identifiers.
func parseOrder(text string) ([]key, error) {
	var keys []key
	for name := range strings.SplitSeq(text, ",") {
		name, descending := strings.CutPrefix(strings.TrimSpace(name), "-")
		name = strings.TrimPrefix(strings.TrimPrefix(name, "/"), "attributes/")
		p, err := parsePointer(strings.ReplaceAll(name, ".", "/"))
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		if len(keys) == maxSortKeys {
			return nil, fmt.Errorf("more than %d keys", maxSortKeys)
		}
		keys = append(keys, key{p, name, descending})
	}
	return keys, nil
}

// of returns what row sorts by, nil when it has nothing of that name.
func (k key) of(row reflect.Value) any {
	if k.name == "id" {
		id, _ := child(row, "id")
		if n, ok := digits(id.String()); ok {
			return n
		}
		return id.String()
	}
	if attributes, ok := child(row, "attributes"); ok {
		if found := k.path.find(attributes); len(found) == 1 {
			x, _ := scalar(found[0])
			return x
		}
	}
	relations, _ := child(row, "relationships")
	related, ok := child(relations, k.name)
	if !ok {
		return nil
	}
	var ids []string
	data, _ := child(related, "data")
	for _, reference := range children(data) {
		id, _ := child(reference, "id")
		ids = append(ids, deref(id).String())
	}
	return strings.Join(ids, ",")
}

// sortRows puts rows in order; equal ones stay as they were, and rows without
// a value come last in either direction.
func sortRows(rows []reflect.Value, order []key) {
	type keyed struct {
		row    reflect.Value
		values []any
	}
	all := make([]keyed, len(rows))
	for i, row := range rows {
		all[i] = keyed{row, make([]any, len(order))}
		for j, k := range order {
			all[i].values[j] = k.of(row)
		}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		for i, k := range order {
			if c := compareKeys(a.values[i], b.values[i], k.descending); c != 0 {
				return c
			}
		}
		return 0
	})
	for i, k := range all {
		rows[i] = k.row
	}
}

func compareKeys(a, b any, descending bool) int {
	if a == nil || b == nil {
		return cmp.Compare(presence(b), presence(a))
	}
	c := 0
	if isNumber(a) != isNumber(b) {
		c = cmp.Compare(presence(isNumber(b)), presence(isNumber(a)))
	} else {
		c, _ = compare(a, b)
	}
	if descending {
		return -c
	}
	return c
}

// presence is 1 for what is there and for true, else 0.
func presence(x any) int {
	if x == nil || x == false {
		return 0
	}
	return 1
}
