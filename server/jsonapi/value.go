package jsonapi

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// This file sees a Go value as the JSON that it stands for, so that filters,
// orders and fieldsets work on structs without a detour through maps.

// field is one member of a struct's JSON object.
type field struct {
	name      string
	index     int
	omitEmpty bool
}

// fields returns the members of struct type t, sorted by name.
func fields(t reflect.Type) []field {
	if cached, ok := fieldsOf.Load(t); ok {
		return cached.([]field)
	}
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		all = append(all, field{name: name, index: i, omitEmpty: strings.Contains(options, "omitempty")})
	}
	slices.SortFunc(all, func(a, b field) int { return strings.Compare(a.name, b.name) })
	fieldsOf.Store(t, all)
	return all
}

var fieldsOf sync.Map // reflect.Type to []field

// deref follows pointers and interfaces. The zero Value is JSON's null.
func deref(v reflect.Value) reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	return v
}

// absent says whether omitempty leaves v out.
func absent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// child returns the member of an object, or the element of an array by its
// number.
func child(v reflect.Value, name string) (reflect.Value, bool) {
	v = deref(v)
	switch v.Kind() {
	case reflect.Struct:
		all := fields(v.Type())
		i, ok := slices.BinarySearchFunc(all, name, func(f field, name string) int { return strings.Compare(f.name, name) })
		if !ok {
			return reflect.Value{}, false
		}
		member := v.Field(all[i].index)
		return member, !all[i].omitEmpty || !absent(member)
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String {
			return reflect.Value{}, false
		}
		member := v.MapIndex(reflect.ValueOf(name).Convert(v.Type().Key()))
		return member, member.IsValid()
	case reflect.Slice, reflect.Array:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < v.Len() {
			return v.Index(i), true
		}
	}
	return reflect.Value{}, false
}

// children returns all members or elements of v.
func children(v reflect.Value) []reflect.Value {
	v = deref(v)
	var all []reflect.Value
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range fields(v.Type()) {
			if member := v.Field(f.index); !f.omitEmpty || !absent(member) {
				all = append(all, member)
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			all = append(all, it.Value())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			all = append(all, v.Index(i))
		}
	}
	return all
}

// scalar returns v as nil, bool, string, int64, uint64 or float64. What has
// members is not a scalar.
func scalar(v reflect.Value) (any, bool) {
	v = deref(v)
	switch v.Kind() {
	case reflect.Invalid:
		return nil, true
	case reflect.Bool:
		return v.Bool(), true
	case reflect.String:
		if v.Type() == numberType {
			return number(v.String()), true
		}
		return v.String(), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return v.Uint(), true
	case reflect.Float32, reflect.Float64:
		return v.Float(), true
	case reflect.Map, reflect.Slice:
		if v.IsNil() {
			return nil, true
		}
	}
	return nil, false
}

var numberType = reflect.TypeFor[json.Number]()

// number reads a JSON number as int64, uint64 or float64, in this order.
func number(text string) any {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i
	}
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return u
	}
	f, _ := strconv.ParseFloat(text, 64)
	return f
}

// isNumber says whether x is one of number's types.
func isNumber(x any) bool {
	switch x.(type) {
	case int64, uint64, float64:
		return true
	}
	return false
}

// digits returns the number that an identifier such as "4711" spells.
func digits(s string) (any, bool) {
	if s == "" || len(s) > 20 || strings.Trim(s, "0123456789") != "" {
		return nil, false
	}
	return number(s), true
}

// compare orders two scalars. Integers and reals compare as numbers, and so
// does a string of digits with a number, because identifiers are strings of
// digits. It reports false when there is no order between them.
//
// MaxScale: compares values of the same JSON type only, so that gt(5) does not
// hold for 5.2, and calls le and ge true for values of different types.
func compare(a, b any) (int, bool) {
	if s, ok := a.(string); ok && isNumber(b) {
		if n, ok := digits(s); ok {
			a = n
		}
	} else if s, ok := b.(string); ok && isNumber(a) {
		if n, ok := digits(s); ok {
			b = n
		}
	}
	switch x := a.(type) {
	case nil:
		return 0, b == nil
	case bool:
		y, ok := b.(bool)
		switch {
		case !ok:
			return 0, false
		case x == y:
			return 0, true
		case y:
			return -1, true
		}
		return 1, true
	case string:
		y, ok := b.(string)
		return strings.Compare(x, y), ok
	}
	if !isNumber(a) || !isNumber(b) {
		return 0, false
	}
	return compareNumbers(a, b), true
}

func compareNumbers(a, b any) int {
	if x, ok := a.(float64); ok {
		return cmp.Compare(x, toFloat(b))
	}
	if y, ok := b.(float64); ok {
		return cmp.Compare(toFloat(a), y)
	}
	x, signed := a.(int64)
	y, signedToo := b.(int64)
	if signed && signedToo {
		return cmp.Compare(x, y)
	}
	if signed && x < 0 {
		return -1
	}
	if signedToo && y < 0 {
		return 1
	}
	return cmp.Compare(toUint(a), toUint(b))
}

func toFloat(x any) float64 {
	switch n := x.(type) {
	case int64:
		return float64(n)
	case uint64:
		return float64(n)
	case float64:
		return n
	}
	return 0
}

func toUint(x any) uint64 {
	if n, ok := x.(int64); ok {
		return uint64(n)
	}
	n, _ := x.(uint64)
	return n
}
