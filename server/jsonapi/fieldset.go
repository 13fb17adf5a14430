package jsonapi

import (
	"fmt"
	"reflect"
	"strings"
)

// fieldset is the tree of the paths to keep below an object. A nil fieldset
// keeps everything.
type fieldset map[string]fieldset

const (
	maxFieldsLength = 16 << 10 // bytes of one fields parameter
	maxFieldsDepth  = 16
)

// parse adds the paths of text, "a,b/c".
func (s fieldset) parse(text string) error {
	if len(text) > maxFieldsLength {
		return fmt.Errorf("longer than %d bytes", maxFieldsLength)
	}
	for path := range strings.SplitSeq(text, ",") {
		path = strings.Trim(strings.TrimSpace(path), "/")
		if path == "" {
			continue
		}
		parts := strings.Split(path, "/")
		if len(parts) > maxFieldsDepth {
			return fmt.Errorf("%q is deeper than %d levels", path, maxFieldsDepth)
		}
		s.add(parts)
	}
	return nil
}

func (s fieldset) add(path []string) {
	name, rest := unescape(path[0]), path[1:]
	below, known := s[name]
	switch {
	case known && below == nil: // the whole of it is kept already
	case len(rest) == 0:
		s[name] = nil
	default:
		if below == nil {
			below = fieldset{}
			s[name] = below
		}
		below.add(rest)
	}
}

// below returns what to keep of member name, and whether it is kept at all.
func (s fieldset) below(name string) (fieldset, bool) {
	if s == nil {
		return nil, true
	}
	below, ok := s[name]
	return below, ok
}

// keepsAny says whether anything of v is left after pruning. Paths do not
// descend into arrays, as in MaxScale.
func (s fieldset) keepsAny(v reflect.Value) bool {
	if s == nil {
		return true
	}
	v = deref(v)
	if v.Kind() != reflect.Struct && v.Kind() != reflect.Map {
		return false
	}
	for name, below := range s {
		if member, ok := child(v, name); ok && below.keepsAny(member) {
			return true
		}
	}
	return false
}

// unescape undoes JSON pointer's escapes, RFC 6901.
func unescape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}
