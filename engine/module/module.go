// Package module describes what can be configured: the modules, their kinds
// and their parameters, and turns configured text into checked values. It
// knows no engine object and no file format.
package module

import (
	"slices"
	"time"
)

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
	StringList Type = "stringlist"    // []string
	EnumList   Type = "enum list"     // []string
)

// Parameter is one parameter of a module.
type Parameter struct {
	Name        string
	Type        Type
	Default     string // as it would stand in a file; "" with Mandatory false means the type's zero
	Description string // one sentence
	Mandatory   bool
	Modifiable  bool     // may change while running
	Enum        []string // values of Enum, EnumMask and EnumList; words for 0 of a Count
	Alias       []string // other names for the same parameter
	Deprecated  bool
	// Min is the least value of a number, 0 for most of them. It is in
	// milliseconds for a Duration.
	Min int64
	// Max is the greatest value of a number, in Min's unit; 0 for no limit.
	Max int64
	// Unit is the unit of a Duration that is written as a plain number. Zero
	// means seconds.
	Unit time.Duration
	// NotImplemented marks a parameter of MaxScale that is read and checked
	// but has no effect yet; another value than the default is a warning.
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
	Commands    []Command
}

// Command is something that an object of a module can be told to do.
type Command struct {
	Name        string
	Description string
	Reads       bool // it changes nothing
	Arguments   []Argument
}

// Argument is one argument of a Command. They stand in order, and those that
// may be left out come last.
type Argument struct {
	Type        Type // MonitorRef for the object itself, which is the first one, or ServerRef
	Description string
	Optional    bool
}

// AllParameters returns what a section that names the module may contain: the
// parameters that all objects of its Kind have, then the module's own.
func (m *Module) AllParameters() []Parameter {
	switch {
	case m.Kind == Service && m.Name != ServiceModule.Name:
		return slices.Concat(ServiceModule.Parameters, m.Parameters)
	case m.Kind == Monitor && m.Name != MonitorModule.Name:
		return slices.Concat(MonitorModule.Parameters, m.Parameters)
	}
	return m.Parameters
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

// NewObject checks raw, the configured parameters by name, against what m
// declares and makes an object of it. The error is Parse's.
func NewObject(name string, m *Module, raw map[string]string) (Object, []Warning, error) {
	values, warnings, err := Parse(name, m.AllParameters(), raw)
	return Object{Name: name, Kind: m.Kind, Module: m.Name, Values: values}, warnings, err
}

// Display returns the parameters of the object as the REST API shows them:
// those of Values.Display and, where MaxScale has them, the type and the
// module.
func (o Object) Display() map[string]any {
	shown := o.Values.Display()
	switch o.Kind {
	case Service:
		shown["type"], shown["router"] = string(o.Kind), o.Module
	case Filter, Monitor:
		shown["type"], shown["module"] = string(o.Kind), o.Module
	case Listener:
		shown["type"] = string(o.Kind)
	}
	return shown
}

// Warning is something that is accepted but should be seen.
type Warning struct {
	Object    string
	Parameter string
	Text      string
}
