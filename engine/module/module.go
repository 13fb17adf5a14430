// Package module describes what can be configured: the modules, their kinds
// and their parameters, and turns configured text into checked values. It
// knows no engine object and no file format.
package module

import "time"

// Kind is what a module is, and the `type` of its section in a configuration
// file.
type Kind string

// The kinds.
const (
	MaxScale Kind = "maxscale"
	Server   Kind = "server"
	Monitor  Kind = "monitor"
	Filter   Kind = "filter"
	Service  Kind = "service" // its modules are routers
	Listener Kind = "listener"
)

// Type is the type of a parameter's value.
type Type string

// The types, MaxScale's words. The Go type that Values holds stands beside it.
const (
	Bool       Type = "bool"          // bool
	Int        Type = "int"           // int64
	Count      Type = "count"         // int64, never negative
	Duration   Type = "duration"      // time.Duration
	Size       Type = "size"          // int64, bytes
	String     Type = "string"        // string
	QuotedText Type = "quoted string" // string
	Password   Type = "password"      // string; shown as *****
	Path       Type = "path"          // string
	Regex      Type = "regex"         // *regexp.Regexp, or nil
	Enum       Type = "enum"          // string
	EnumMask   Type = "enum_mask"     // []string
	ServerRef  Type = "server"        // string
	ServerList Type = "serverlist"    // []string
	ServiceRef Type = "service"       // string
	MonitorRef Type = "monitor"       // string
	FilterList Type = "filterlist"    // []string, in order, separated by |
	TargetList Type = "targetlist"    // []string, servers or services
)

// Parameter is one parameter of a module.
type Parameter struct {
	Name        string
	Type        Type
	Default     string // as it would stand in a file; "" with Mandatory false means the type's zero
	Description string // one sentence
	Mandatory   bool
	Modifiable  bool     // may change while running
	Enum        []string // values of Enum and EnumMask
	Alias       []string // other names for the same parameter
	Deprecated  bool
	// NotImplemented marks a parameter of MaxScale that is read and checked
	// but has no effect yet; using it is a warning.
	NotImplemented bool
}

// Module is a named implementation of a Kind. The objects that have only one
// implementation (servers, listeners, the program itself) have a Module too;
// its Name is then the Kind's.
type Module struct {
	Name        string
	Kind        Kind
	Description string
	Parameters  []Parameter
}

// Values are the effective values of an object's parameters, defaults
// included. The getters return the zero value for a name that the module does
// not declare with that type.
type Values struct {
	values map[string]any
	set    map[string]string // what was configured, as text
}

// Object is a configured object: a checked section of the configuration.
type Object struct {
	Name   string
	Kind   Kind
	Module string // router, filter or monitor module; the Kind's name otherwise
	Values Values
	File   string // where it was configured, "" when made in memory
	Line   int
}

// Warning is something that is accepted but should be seen.
type Warning struct {
	Object    string
	Parameter string
	Text      string
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

// List returns the value of any parameter whose value is a list of names.
func (v Values) List(name string) []string { l, _ := v.values[name].([]string); return l }
