package jsonapi

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// path leads from a resource to one or more values. A step names one member,
// lists some elements, or is a wildcard.
type path []step

type step struct {
	names []string // members, or elements by number
	all   bool
}

const (
	maxPathLength = 1024
	maxPathSteps  = 32
	maxPathValues = 4096 // values that a path with wildcards may lead to
)

// parsePointer reads a JSON pointer, whose leading slash is optional.
func parsePointer(text string) (path, error) {
	if len(text) > maxPathLength {
		return nil, fmt.Errorf("longer than %d bytes", maxPathLength)
	}
	text = strings.TrimPrefix(text, "/")
	if text == "" {
		return nil, errors.New("names nothing")
	}
	parts := strings.Split(text, "/")
	if len(parts) > maxPathSteps {
		return nil, fmt.Errorf("has more than %d steps", maxPathSteps)
	}
	p := make(path, len(parts))
	for i, part := range parts {
		p[i] = step{names: []string{unescape(part)}}
	}
	return p, nil
}

// parseJSONPath reads the part of JSONPath that MaxScale knows: an optional
// "$", then .name, ['name'], [0], [0,1], [*] and .* in any order.
func parseJSONPath(text string) (path, error) {
	if len(text) > maxPathLength {
		return nil, fmt.Errorf("longer than %d bytes", maxPathLength)
	}
	rest := text
	if after, ok := strings.CutPrefix(rest, "$"); ok {
		rest = after
	} else if !strings.HasPrefix(rest, "[") && !strings.HasPrefix(rest, ".") {
		rest = "." + rest
	}
	var p path
	for rest != "" {
		var s step
		var err error
		switch rest[0] {
		case '.':
			s, rest, err = dotStep(rest[1:])
		case '[':
			s, rest, err = bracketStep(rest[1:])
		default:
			err = fmt.Errorf("%q where a . or a [ was expected", rest[:1])
		}
		if err != nil {
			return nil, err
		}
		if p = append(p, s); len(p) > maxPathSteps {
			return nil, fmt.Errorf("has more than %d steps", maxPathSteps)
		}
	}
	if len(p) == 0 {
		return nil, errors.New("names nothing")
	}
	return p, nil
}

func dotStep(rest string) (step, string, error) {
	end := strings.IndexAny(rest, ".[")
	if end < 0 {
		end = len(rest)
	}
	name := rest[:end]
	switch name {
	case "":
		return step{}, "", errors.New("a name is missing after the dot")
	case "*":
		return step{all: true}, rest[end:], nil
	}
	return step{names: []string{name}}, rest[end:], nil
}

func bracketStep(rest string) (step, string, error) {
	if rest != "" && (rest[0] == '\'' || rest[0] == '"') {
		name, after, ok := strings.Cut(rest[1:], rest[:1]+"]")
		if !ok {
			return step{}, "", errors.New("a quoted name is not closed")
		}
		return step{names: []string{name}}, after, nil
	}
	inside, after, ok := strings.Cut(rest, "]")
	if !ok {
		return step{}, "", errors.New("a [ is not closed")
	}
	if inside == "*" {
		return step{all: true}, after, nil
	}
	var s step
	for index := range strings.SplitSeq(inside, ",") {
		index = strings.TrimSpace(index)
		if n, err := strconv.Atoi(index); err != nil || n < 0 {
			return step{}, "", fmt.Errorf("%q is not an index", index)
		}
		s.names = append(s.names, index)
	}
	return s, after, nil
}

// find returns the values that p leads to from v.
func (p path) find(v reflect.Value) []reflect.Value {
	here := []reflect.Value{v}
	for _, s := range p {
		var next []reflect.Value
		for _, v := range here {
			if s.all {
				next = append(next, children(v)...)
			}
			for _, name := range s.names {
				if member, ok := child(v, name); ok {
					next = append(next, member)
				}
			}
			if len(next) > maxPathValues {
				next = next[:maxPathValues]
				break
			}
		}
		here = next
	}
	return here
}
