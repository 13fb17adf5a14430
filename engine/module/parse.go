package module

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// ParameterError says what is wrong with one parameter and what would be
// right.
type ParameterError struct {
	Parameter string
	Value     string // as configured; "*****" for a password
	Problem   string
	Want      string // "" when Problem says it all
}

func (e *ParameterError) Error() string {
	text := fmt.Sprintf("param '%s': %s", e.Parameter, e.Problem)
	if e.Want != "" {
		text += "; " + e.Want
	}
	return text
}

// Parse checks raw, the configured parameters of the object called name, and
// returns the effective values of all declared parameters. Empty text is the
// same as no parameter. The error joins one
// *ParameterError for each bad parameter, in the order of their names; values
// that are right are in the Values all the same.
func Parse(name string, params []Parameter, raw map[string]string) (Values, []Warning, error) {
	v := Values{params, make(map[string]any, len(params)), make(map[string]string, len(raw))}
	var warnings []Warning
	var errs []error
	for i := range params {
		p := &params[i]
		value, _, err := p.parse("")
		if err != nil {
			errs = append(errs, err)
		}
		v.values[p.Name] = value
	}
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		p := find(params, key)
		if p == nil {
			errs = append(errs, unknownParameter(key, params))
			continue
		}
		if v.Set(p.Name) {
			errs = append(errs, &ParameterError{
				Parameter: key, Value: p.shown(raw[key]),
				Problem: fmt.Sprintf("is another name of '%s', which is set too", otherName(p, key, raw)),
				Want:    "keep one of them",
			})
			continue
		}
		if raw[key] == "" {
			continue // the same as leaving it out
		}
		v.set[p.Name] = raw[key]
		value, warning, err := p.parse(raw[key])
		if err != nil {
			err.Parameter = key
			errs = append(errs, err)
			continue
		}
		v.values[p.Name] = value
		for _, text := range []string{warning, p.warning(key, value)} {
			if text != "" {
				warnings = append(warnings, Warning{Object: name, Parameter: key, Text: text})
			}
		}
	}
	for i := range params {
		if p := &params[i]; p.Mandatory && v.set[p.Name] == "" {
			errs = append(errs, p.missing())
		}
	}
	return v, warnings, errors.Join(errs...)
}

// find returns the parameter that has the name or the alias, nil when none
// has.
func find(params []Parameter, name string) *Parameter {
	for i := range params {
		if p := &params[i]; p.Name == name || slices.Contains(p.Alias, name) {
			return p
		}
	}
	return nil
}

// otherName returns the name other than key by which raw sets p.
func otherName(p *Parameter, key string, raw map[string]string) string {
	for _, name := range append([]string{p.Name}, p.Alias...) {
		if _, ok := raw[name]; ok && name != key {
			return name
		}
	}
	return p.Name
}

// warning is what should be known about setting the parameter to the value
// under the name.
func (p *Parameter) warning(name string, value any) string {
	standard, _, _ := p.parse("")
	switch {
	case p.NotImplemented && !reflect.DeepEqual(value, standard):
		return "is accepted, but has no effect in this version"
	case p.Deprecated:
		return "is deprecated"
	case name != p.Name:
		return fmt.Sprintf("is an old name; the new name is '%s'", p.Name)
	}
	return ""
}

// shown is text, or stars in place of a password.
func (p *Parameter) shown(text string) string {
	if p.Type == Password && text != "" {
		return "*****"
	}
	return text
}

func (p *Parameter) missing() *ParameterError {
	return &ParameterError{
		Parameter: p.Name, Problem: "is missing",
		Want: "it must be set: " + strings.TrimSuffix(p.Description, "."),
	}
}

func unknownParameter(name string, params []Parameter) *ParameterError {
	names := make([]string, len(params))
	for i := range params {
		names[i] = params[i].Name
	}
	e := &ParameterError{Parameter: name, Problem: "is unknown"}
	if near := Nearest(name, names); near != "" {
		e.Want = fmt.Sprintf("did you mean '%s'?", near)
	}
	return e
}
