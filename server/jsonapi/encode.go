package jsonapi

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// MaxScale indents by four spaces.
const (
	indentWidth = 4
	spaces      = "                                                "
)

// Encode returns v as JSON with the keys of every object sorted, structs'
// included. It follows encoding/json's tags and rules otherwise, but leaves <,
// > and & alone.
func Encode(v any, pretty bool) []byte {
	e := encoder{pretty: pretty}
	e.value(reflect.ValueOf(v), nil)
	return e.end()
}

// encoder builds one document.
type encoder struct {
	out    []byte
	pretty bool
	depth  int
}

// maxReserve bounds what reserve believes: the first of many values may be much
// larger than the others.
const maxReserve = 64 << 20

// reserve makes room for n more values as large as what was written since
// start, so that a long list is not copied again and again.
func (e *encoder) reserve(n, start int) {
	size := (len(e.out) - start) * 9 / 8
	if n > 0 && size <= maxReserve/n {
		e.out = slices.Grow(e.out, n*size)
	}
}

func (e *encoder) end() []byte {
	if e.pretty {
		e.out = append(e.out, '\n')
	}
	return e.out
}

// value writes v, pruned to the paths of keep; nil keeps everything.
func (e *encoder) value(v reflect.Value, keep fieldset) {
	if v.IsValid() && v.NumMethod() > 0 && v.Type().Implements(marshalerType) && !(v.Kind() == reflect.Pointer && v.IsNil()) {
		e.marshaler(v.Interface().(json.Marshaler))
		return
	}
	v = deref(v)
	switch v.Kind() {
	case reflect.Struct:
		e.structure(v, keep)
	case reflect.Map:
		if v.IsNil() {
			e.out = append(e.out, "null"...)
			return
		}
		e.mapping(v, keep)
	case reflect.Slice:
		if v.IsNil() {
			e.out = append(e.out, "null"...)
			return
		}
		e.array(v)
	case reflect.Array:
		e.array(v)
	default:
		e.scalar(v)
	}
}

var marshalerType = reflect.TypeFor[json.Marshaler]()

// marshaler writes what m makes of itself, in our form.
func (e *encoder) marshaler(m json.Marshaler) {
	var decoded any
	text, err := m.MarshalJSON()
	if err == nil {
		err = json.Unmarshal(text, &decoded)
	}
	if err != nil {
		decoded = nil
	}
	e.value(reflect.ValueOf(decoded), nil)
}

func (e *encoder) structure(v reflect.Value, keep fieldset) {
	first := true
	for _, f := range fields(v.Type()) {
		member := v.Field(f.index)
		if f.omitEmpty && absent(member) {
			continue
		}
		first = e.member(f.name, member, keep, first)
	}
	e.close('{', '}', first)
}

func (e *encoder) mapping(v reflect.Value, keep fieldset) {
	first := true
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		switch {
		case a.String() < b.String():
			return -1
		case a.String() > b.String():
			return 1
		}
		return 0
	})
	for _, key := range keys {
		first = e.member(key.String(), v.MapIndex(key), keep, first)
	}
	e.close('{', '}', first)
}

// member writes one member unless keep drops it, and returns whether the
// object is still empty.
func (e *encoder) member(name string, v reflect.Value, keep fieldset, first bool) bool {
	below, ok := keep.below(name)
	if !ok || !below.keepsAny(v) {
		return first
	}
	e.next('{', first)
	e.name(name)
	e.value(v, below)
	return false
}

// name writes the name of a member.
func (e *encoder) name(name string) {
	e.string(name)
	e.out = append(e.out, ':')
	if e.pretty {
		e.out = append(e.out, ' ')
	}
}

func (e *encoder) array(v reflect.Value) {
	for i := range v.Len() {
		e.next('[', i == 0)
		e.value(v.Index(i), nil)
	}
	e.close('[', ']', v.Len() == 0)
}

// next begins a member or an element, and with the first one the object or the
// array.
func (e *encoder) next(open byte, first bool) {
	if first {
		e.out = append(e.out, open)
		e.depth++
	} else {
		e.out = append(e.out, ',')
	}
	e.line()
}

func (e *encoder) close(open, end byte, empty bool) {
	if empty {
		e.out = append(e.out, open, end)
		return
	}
	e.depth--
	e.line()
	e.out = append(e.out, end)
}

func (e *encoder) line() {
	if !e.pretty {
		return
	}
	e.out = append(e.out, '\n')
	for left := e.depth * indentWidth; left > 0; left -= len(spaces) {
		e.out = append(e.out, spaces[:min(left, len(spaces))]...)
	}
}

func (e *encoder) scalar(v reflect.Value) {
	x, _ := scalar(v)
	switch x := x.(type) {
	case bool:
		e.out = strconv.AppendBool(e.out, x)
	case string:
		e.string(x)
	case int64:
		e.out = strconv.AppendInt(e.out, x, 10)
	case uint64:
		e.out = strconv.AppendUint(e.out, x, 10)
	case float64:
		e.float(x)
	default:
		e.out = append(e.out, "null"...)
	}
}

func (e *encoder) float(f float64) {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		e.out = append(e.out, "null"...) // JSON has no word for them
	case math.Abs(f) >= 1e21 || f != 0 && math.Abs(f) < 1e-6:
		e.out = strconv.AppendFloat(e.out, f, 'e', -1, 64)
	default:
		e.out = strconv.AppendFloat(e.out, f, 'f', -1, 64)
	}
}

const hexDigits = "0123456789abcdef"

// string writes s quoted. Bytes that are not UTF-8 become U+FFFD: SQL text is
// whatever the client sent.
func (e *encoder) string(s string) {
	e.out = append(e.out, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		e.out = append(e.out, s[start:i]...)
		switch c {
		case '"', '\\':
			e.out = append(e.out, '\\', c)
		case '\n':
			e.out = append(e.out, `\n`...)
		case '\r':
			e.out = append(e.out, `\r`...)
		case '\t':
			e.out = append(e.out, `\t`...)
		default:
			if c >= utf8.RuneSelf {
				e.out = append(e.out, "\ufffd"...)
			} else {
				e.out = append(e.out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
		}
		i++
		start = i
	}
	e.out = append(e.out, s[start:]...)
	e.out = append(e.out, '"')
}
