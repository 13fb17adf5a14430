// Package config reads MaxScale's configuration files. It knows the format and
// what belongs together, checks everything against the declarations of the
// modules and says what is wrong where; it makes no engine object.
//
// A file is made of sections: a line [name], then lines of key=value. Space
// around both is dropped, and so are quotes around a value. A line that begins
// with # or ; is a comment; any other line that begins with white space
// continues the value before it. The section [maxscale] is the program itself,
// any other one says by type= what it is.
package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/signalbox/signalbox/engine/module"
)

// maxFile is the size in bytes from which on a file is refused.
const maxFile = 8 << 20

// programSection is the name of the section of the program itself.
const programSection = string(module.MaxScale)

// ReadFile reads and checks the configuration file at path like Parse. It warns
// of a file that holds passwords and that everyone can read.
func ReadFile(path string, decls []*module.Module) (objects []module.Object, warnings []Problem, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	objects, warnings, err = Parse(path, f, decls)
	if err != nil {
		return nil, warnings, err
	}
	if info, err := f.Stat(); err == nil && info.Mode().Perm()&0o004 != 0 && holdPassword(objects, decls) {
		text := fmt.Sprintf("has passwords and can be read by everyone (mode %#o); use chmod 640", info.Mode().Perm())
		warnings = append([]Problem{{File: path, Text: text}}, warnings...)
	}
	return objects, warnings, nil
}

// Parse reads a configuration file from r and checks it against the
// declarations. Objects come in the order of the file; [maxscale] is among
// them only if the file has it. An error in the file is a Problems with all
// that is wrong; file is the name that problems are told with.
func Parse(file string, r io.Reader, decls []*module.Module) (objects []module.Object, warnings []Problem, err error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("configuration: %s: %w", file, err)
	case len(data) > maxFile:
		return nil, nil, Problems{{File: file, Text: fmt.Sprintf("is larger than %d MiB; it cannot be a configuration file", maxFile>>20)}}
	}
	sections, problems := readSections(file, data)
	c := &checker{file: file, decls: decls, problems: problems, lines: map[string]map[string]int{}}
	c.substitute(sections)
	for _, s := range sections {
		c.section(s)
	}
	c.relations()
	warnings = shortened(file, c.warnings)
	if len(c.problems) > 0 {
		return nil, warnings, Problems(shortened(file, c.problems))
	}
	return c.objects, warnings, nil
}

func holdPassword(objects []module.Object, decls []*module.Module) bool {
	for _, o := range objects {
		m := findModule(decls, o.Kind, o.Module)
		if m == nil {
			continue
		}
		for _, p := range m.AllParameters() {
			if p.Type == module.Password && o.Values.Set(p.Name) {
				return true
			}
		}
	}
	return false
}

// checker makes objects of sections and gathers what is wrong.
type checker struct {
	file     string
	decls    []*module.Module
	objects  []module.Object
	lines    map[string]map[string]int // where each parameter of each object stands
	problems []Problem
	warnings []Problem
}

// at is a problem of an object, in the line of the parameter or else in that of
// the section.
func (c *checker) at(o *module.Object, parameter, text string) Problem {
	line := c.lines[o.Name][parameter]
	if line == 0 {
		line = o.Line
	}
	return Problem{c.file, line, o.Name, parameter, text}
}

func (c *checker) wrong(o *module.Object, parameter, format string, args ...any) {
	c.problems = append(c.problems, c.at(o, parameter, fmt.Sprintf(format, args...)))
}

func (c *checker) warn(o *module.Object, parameter, format string, args ...any) {
	c.warnings = append(c.warnings, c.at(o, parameter, fmt.Sprintf(format, args...)))
}

// substitute replaces values such as $NAME by environment variables, if
// [maxscale] says substitute_variables=true.
func (c *checker) substitute(sections []*section) {
	if !substitutes(sections) {
		return
	}
	for _, s := range sections {
		for i := range s.entries {
			e := &s.entries[i]
			name, isVariable := strings.CutPrefix(e.value, "$")
			if !isVariable {
				continue
			}
			value, ok := os.LookupEnv(name)
			if !ok {
				text := fmt.Sprintf("there is no environment variable '%s'; set it, or set substitute_variables=false", short(name))
				c.problems = append(c.problems, Problem{c.file, e.line, s.name, e.key, text})
				continue
			}
			e.value = value
		}
	}
}

func substitutes(sections []*section) bool {
	for _, s := range sections {
		if s.name != programSection {
			continue
		}
		if e := s.find("substitute_variables"); e != nil {
			v, _, err := module.Parse(s.name, module.MaxScaleModule.Parameters, map[string]string{e.key: e.value})
			return err == nil && v.Bool(e.key)
		}
	}
	return false
}

// section checks one section and makes an object of it. A section without a
// module that is known makes an object without values, so that references to
// it are not wrong too.
func (c *checker) section(s *section) {
	o := module.Object{Name: s.name, File: c.file, Line: s.line}
	lines := make(map[string]int, len(s.entries))
	raw := make(map[string]string, len(s.entries))
	for _, e := range s.entries {
		lines[e.key] = e.line
		raw[e.key] = e.value
	}
	c.lines[s.name] = lines
	m := c.module(&o, s)
	if m == nil {
		c.objects = append(c.objects, o)
		return
	}
	if o.Kind != module.MaxScale {
		delete(raw, "type")
		delete(raw, moduleKey(o.Kind))
	}
	checked, warnings, err := module.NewObject(s.name, m, raw)
	for _, w := range warnings {
		c.warn(&o, w.Parameter, "%s", w.Text)
	}
	for _, err := range unjoin(err) {
		if e, ok := errors.AsType[*module.ParameterError](err); ok {
			text := e.Problem
			if e.Want != "" {
				text += "; " + e.Want
			}
			c.wrong(&o, e.Parameter, "%s", text)
		} else {
			c.wrong(&o, "", "%v", err)
		}
	}
	checked.File, checked.Line = o.File, o.Line
	c.objects = append(c.objects, checked)
}

// unjoin returns the errors that errors.Join has joined.
func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

// types are the values of type, which all sections but the program's have.
var types = []string{
	string(module.Server), string(module.Service), string(module.Listener),
	string(module.Filter), string(module.Monitor),
}

// moduleKey is the parameter that names the module of an object, "" for kinds
// that have only one.
func moduleKey(k module.Kind) string {
	switch k {
	case module.Service:
		return "router"
	case module.Filter, module.Monitor:
		return "module"
	}
	return ""
}

// module finds the declaration of the section's module, sets the Kind and the
// Module of o and tells what is wrong when it returns nil.
func (c *checker) module(o *module.Object, s *section) *module.Module {
	if s.name == programSection {
		o.Kind, o.Module = module.MaxScale, programSection
		return &module.MaxScaleModule
	}
	kind, ok := c.oneOf(o, s, "type", types)
	if !ok {
		return nil
	}
	o.Kind = module.Kind(kind)
	key := moduleKey(o.Kind)
	if key == "" {
		o.Module = kind
		return findModule(c.decls, o.Kind, kind)
	}
	var names []string
	for _, m := range c.decls {
		if m.Kind == o.Kind && m.Name != kind {
			names = append(names, m.Name)
		}
	}
	o.Module, ok = c.oneOf(o, s, key, names)
	if !ok {
		return nil
	}
	return findModule(c.decls, o.Kind, o.Module)
}

// oneOf returns the value of a key that must be there and have one of the
// values.
func (c *checker) oneOf(o *module.Object, s *section, key string, values []string) (string, bool) {
	list := strings.Join(values, ", ")
	e := s.find(key)
	if e == nil || e.value == "" {
		text := "is missing; one of " + list
		if near := module.Nearest(key, unknownKeys(s)); near != "" && e == nil {
			text += fmt.Sprintf(" (is it '%s'?)", near)
		}
		c.wrong(o, key, "%s", text)
		return "", false
	}
	for _, value := range values {
		if strings.EqualFold(value, e.value) {
			return value, true
		}
	}
	if near := module.Nearest(strings.ToLower(e.value), values); near != "" {
		list += fmt.Sprintf(" (did you mean '%s'?)", near)
	}
	c.wrong(o, key, "there is no %s '%s'; one of %s", key, short(e.value), list)
	return "", false
}

// unknownKeys are the keys of a section that could be a misspelt type, router
// or module.
func unknownKeys(s *section) []string {
	var keys []string
	for _, e := range s.entries {
		switch e.key {
		case "type", "router", "module":
		default:
			keys = append(keys, e.key)
		}
	}
	return keys
}

// findModule returns the declaration of a module. Those of the kinds with only
// one implementation are always there.
func findModule(decls []*module.Module, kind module.Kind, name string) *module.Module {
	switch kind {
	case module.MaxScale:
		return &module.MaxScaleModule
	case module.Server:
		return &module.ServerModule
	case module.Listener:
		return &module.ListenerModule
	}
	for _, m := range decls {
		if m.Kind == kind && m.Name == name {
			return m
		}
	}
	return nil
}
