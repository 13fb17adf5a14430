package module

import (
	"maps"
	"regexp"
	"strings"
	"time"
)

// Values are the effective values of an object's parameters, defaults
// included. The getters return the zero value for a name that the module does
// not declare with that type. Values do not change once made: With returns a
// changed copy.
type Values struct {
	parameters []Parameter
	values     map[string]any
	set        map[string]string // what was configured, as text
}

// Bool returns the value of a Bool parameter.
func (v Values) Bool(name string) bool { b, _ := v.values[name].(bool); return b }

// Int returns the value of an Int, Count or Size parameter.
func (v Values) Int(name string) int64 { n, _ := v.values[name].(int64); return n }

// Duration returns the value of a Duration parameter.
func (v Values) Duration(name string) time.Duration {
	d, _ := v.values[name].(time.Duration)
	return d
}

// String returns the value of any parameter whose value is one string.
func (v Values) String(name string) string { s, _ := v.values[name].(string); return s }

// List returns the value of any parameter whose value is a list of names. The
// caller must not change it.
func (v Values) List(name string) []string { l, _ := v.values[name].([]string); return l }

// Regexp returns the value of a Regex parameter, nil when there is none.
func (v Values) Regexp(name string) *regexp.Regexp {
	re, _ := v.values[name].(*regexp.Regexp)
	return re
}

// Set reports whether the parameter was configured, even if to its default.
func (v Values) Set(name string) bool { _, ok := v.set[name]; return ok }

// Text returns the parameter as it was configured, "" when it was not.
func (v Values) Text(name string) string { return v.set[name] }

// Display returns the values as the REST API shows them: durations as
// "300000ms", sizes in bytes, a password as "*****", lists of names in one
// string, and nil for text and names that are not set. Deprecated parameters
// are shown only when they were configured.
func (v Values) Display() map[string]any {
	shown := make(map[string]any, len(v.parameters))
	for _, p := range v.parameters {
		if !p.Deprecated || v.Set(p.Name) {
			shown[p.Name] = display(p.Type, v.values[p.Name])
		}
	}
	return shown
}

// With returns a copy of v in which one parameter has a new value, or is back
// at its default when text is empty. The error is a *ParameterError: an
// unknown parameter, one that cannot change while running, or a bad value.
func With(v Values, name, text string) (Values, error) {
	p := find(v.parameters, name)
	if p == nil {
		return v, unknownParameter(name, v.parameters)
	}
	if !p.Modifiable {
		return v, &ParameterError{
			Parameter: name, Value: p.shown(text),
			Problem: "cannot be changed while running",
			Want:    "change it in the configuration file and restart",
		}
	}
	if text == "" && p.Mandatory {
		return v, p.missing()
	}
	value, _, err := p.parse(text)
	if err != nil {
		return v, err
	}
	changed := Values{v.parameters, maps.Clone(v.values), maps.Clone(v.set)}
	changed.values[p.Name] = value
	if text == "" {
		delete(changed.set, p.Name)
	} else {
		changed.set[p.Name] = text
	}
	return changed, nil
}

// display is how the REST API shows a value of the type.
func display(t Type, value any) any {
	switch value := value.(type) {
	case time.Duration:
		return formatDuration(value)
	case *regexp.Regexp:
		if value == nil {
			return nil
		}
		return "/" + value.String() + "/"
	case string:
		switch {
		case value == "" && t != Enum:
			return nil
		case t == Password:
			return "*****"
		}
	case []string:
		switch {
		case t == StringList || t == EnumList:
			return append([]string{}, value...)
		case t == FilterList && len(value) > 0:
			return strings.Join(value, "|")
		case t == EnumMask || len(value) > 0:
			return strings.Join(value, ",")
		}
		return nil
	}
	return value
}
