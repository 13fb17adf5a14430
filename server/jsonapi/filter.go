package jsonapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// filter keeps the rows in which a value that path leads to matches.
type filter struct {
	path  path
	match match
}

// keeps says whether row stays. Several values, through a wildcard, are ored;
// a row without any is dropped.
func (f filter) keeps(row reflect.Value) bool {
	for _, v := range f.path.find(row) {
		if f.match(v) {
			return true
		}
	}
	return false
}

// parseFilter reads "PTR=EXPR".
func parseFilter(text string) (filter, error) {
	pointer, expression, ok := strings.Cut(text, "=")
	if !ok {
		return filter{}, fmt.Errorf("%q has no =, as in filter=/attributes/user=\"app\"", text)
	}
	p, err := parsePointer(pointer)
	if err != nil {
		return filter{}, fmt.Errorf("the pointer %q: %w", pointer, err)
	}
	m, err := parseExpression(expression)
	return filter{p, m}, err
}

// match says whether a value fits.
type match func(v reflect.Value) bool

const (
	maxExpressionLength = 4096
	maxExpressionDepth  = 16
)

// parseExpression reads a JSON literal, meaning equality, or one of
// eq|ne|lt|le|gt|ge(LITERAL) and and|or|not(EXPR,...). not holds when none of
// its expressions does.
func parseExpression(text string) (match, error) {
	if len(text) > maxExpressionLength {
		return nil, fmt.Errorf("the expression is longer than %d bytes", maxExpressionLength)
	}
	m, rest, err := expression(text, 0)
	if err == nil && strings.TrimSpace(rest) != "" {
		err = fmt.Errorf("%q after the end of the expression", rest)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// expression reads one expression and returns what follows it.
func expression(text string, depth int) (match, string, error) {
	if depth > maxExpressionDepth {
		return nil, "", fmt.Errorf("the expression is nested deeper than %d levels", maxExpressionDepth)
	}
	text = strings.TrimLeft(text, " \t")
	name, arguments, called := strings.Cut(text, "(")
	if !called || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") != "" || name == "" {
		want, rest, err := literal(text, depth == 0)
		return func(v reflect.Value) bool { return equal(v, want) }, rest, err
	}
	switch name {
	case "and", "or", "not":
		return logical(name, arguments, depth)
	case "eq", "ne", "lt", "le", "gt", "ge":
		return relation(name, arguments)
	}
	return nil, "", fmt.Errorf("%q is not one of eq, ne, lt, le, gt, ge, and, or, not", name)
}

func relation(name, arguments string) (match, string, error) {
	want, rest, err := literal(arguments, false)
	if err != nil {
		return nil, "", err
	}
	rest, ok := strings.CutPrefix(rest, ")")
	if !ok {
		return nil, "", fmt.Errorf("%s takes one value and a )", name)
	}
	var holds func(order int) bool
	switch name {
	case "eq":
		return func(v reflect.Value) bool { return equal(v, want) }, rest, nil
	case "ne":
		return func(v reflect.Value) bool { return !equal(v, want) }, rest, nil
	case "lt":
		holds = func(order int) bool { return order < 0 }
	case "le":
		holds = func(order int) bool { return order <= 0 }
	case "gt":
		holds = func(order int) bool { return order > 0 }
	case "ge":
		holds = func(order int) bool { return order >= 0 }
	}
	if _, ok := scalar(reflect.ValueOf(want)); !ok {
		return nil, "", fmt.Errorf("%s compares with a number or a string", name)
	}
	return func(v reflect.Value) bool {
		have, ok := scalar(v)
		if !ok {
			return false
		}
		order, ok := compare(have, want)
		return ok && holds(order)
	}, rest, nil
}

func logical(name, arguments string, depth int) (match, string, error) {
	var parts []match
	rest := arguments
	for {
		m, after, err := expression(rest, depth+1)
		if err != nil {
			return nil, "", err
		}
		parts = append(parts, m)
		after = strings.TrimLeft(after, " \t")
		if rest, ok := strings.CutPrefix(after, ")"); ok {
			return join(name, parts), rest, nil
		}
		var ok bool
		if rest, ok = strings.CutPrefix(after, ","); !ok {
			return nil, "", fmt.Errorf("%s( is not closed", name)
		}
	}
}

func join(name string, parts []match) match {
	if name == "and" {
		return func(v reflect.Value) bool {
			for _, m := range parts {
				if !m(v) {
					return false
				}
			}
			return true
		}
	}
	anyOf := name == "or"
	return func(v reflect.Value) bool {
		for _, m := range parts {
			if m(v) {
				return anyOf
			}
		}
		return !anyOf
	}
}

// literal reads a JSON value. Unless it is the whole text, it ends at the
// first comma or closing parenthesis outside of it.
func literal(text string, whole bool) (any, string, error) {
	end := len(text)
	if !whole {
		end = literalEnd(text)
	}
	decoder := json.NewDecoder(strings.NewReader(text[:end]))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		return nil, "", fmt.Errorf("%q is not a JSON value: strings need double quotes", text[:end])
	}
	if n, ok := value.(json.Number); ok {
		value = number(n.String())
	}
	return value, text[end:], nil
}

func literalEnd(text string) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case depth <= 0 && (c == ',' || c == ')'):
			return i
		}
	}
	return len(text)
}

// equal compares any two JSON values.
func equal(v reflect.Value, want any) bool {
	w := deref(reflect.ValueOf(want))
	have, plain := scalar(v)
	wanted, plainToo := scalar(w)
	if plain || plainToo {
		if !plain || !plainToo {
			return false
		}
		order, ok := compare(have, wanted)
		return ok && order == 0
	}
	v = deref(v)
	if isArray(v) != isArray(w) {
		return false
	}
	if isArray(v) {
		if v.Len() != w.Len() {
			return false
		}
		for i := range v.Len() {
			if !equal(v.Index(i), w.Index(i).Interface()) {
				return false
			}
		}
		return true
	}
	wantedMembers, ok := want.(map[string]any)
	if !ok || len(children(v)) != len(wantedMembers) {
		return false
	}
	for name, value := range wantedMembers {
		if member, ok := child(v, name); !ok || !equal(member, value) {
			return false
		}
	}
	return true
}

func isArray(v reflect.Value) bool { return v.Kind() == reflect.Slice || v.Kind() == reflect.Array }
