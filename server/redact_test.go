package server

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
)

// fill sets everything in v that can hold a text to it, but for links and
// relationships, which are names.
func fill(v reflect.Value, text string) {
	switch v.Interface().(type) {
	case api.Relationships, *api.Links:
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), text)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), text)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, name := range []string{text, "program_name", "address", "match"} {
			value := reflect.New(v.Type().Elem()).Elem()
			fill(value, text)
			v.SetMapIndex(reflect.ValueOf(name), value)
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf(text))
	}
}

// holding lists where in v, as JSON, text is.
func holding(v any, text, path string) []string {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, text) {
			return []string{path}
		}
	case []any:
		var all []string
		for _, element := range v {
			all = append(all, holding(element, text, path+"[]")...)
		}
		return all
	case map[string]any:
		var all []string
		for name, member := range v {
			if strings.Contains(name, text) {
				all = append(all, path+" has a member")
			}
			all = append(all, holding(member, text, path+"."+name)...)
		}
		return all
	}
	return nil
}

// TestRedacted fills everything with a text and keeps where it is still found
// in what those see who must not see SQL text: it has to be a name. A field that
// is new shows up here.
func TestRedacted(t *testing.T) {
	const text = "xyzzy"
	var lines []string
	for _, resource := range []any{
		&api.Session{}, &api.Service{}, &api.Server{}, &api.Listener{}, &api.Filter{}, &api.Monitor{}, &api.Stats{},
	} {
		v := reflect.ValueOf(resource)
		fill(v.Elem(), text)
		before, err := json.Marshal(resource)
		if err != nil {
			t.Fatal(err)
		}
		hidden, err := json.Marshal(redacted(v.Elem().Interface()))
		if err != nil {
			t.Fatal(err)
		}
		if session, ok := resource.(*api.Session); ok {
			pointer, err := json.Marshal(redacted(session))
			if err != nil || string(pointer) != string(hidden) {
				t.Errorf("a session and a pointer to it differ: %s", cmp.Diff(string(pointer), string(hidden)))
			}
		}
		if after, err := json.Marshal(resource); err != nil || string(after) != string(before) {
			t.Errorf("the original has changed: %s", cmp.Diff(string(before), string(after)))
		}
		var decoded any
		if err := json.Unmarshal(hidden, &decoded); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(strings.Split(fmt.Sprintf("%T", resource), "[")[1], "Attributes]")
		found := holding(decoded, text, name[strings.LastIndexByte(name, '.')+1:])
		if len(found) == 0 {
			t.Errorf("nothing is left of %T", resource)
		}
		lines = append(lines, found...)
	}
	slices.Sort(lines)
	golden(t, "redacted.txt", strings.Join(lines, "\n")+"\n")
	if redacted(api.Job{}) != nil || redacted("text") != nil {
		t.Error("something is left of what nobody has judged")
	}
}
