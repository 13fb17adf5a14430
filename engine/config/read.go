package config

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// section is one [name] of a file with its lines of key=value.
type section struct {
	name    string
	line    int
	entries []entry
	index   map[string]int // of the entry of a key
}

// entry is one key=value.
type entry struct {
	key, value string
	line       int
}

// find returns the entry with the key, nil when there is none.
func (s *section) find(key string) *entry {
	if i, ok := s.index[key]; ok {
		return &s.entries[i]
	}
	return nil
}

// reader takes a file apart into sections.
type reader struct {
	file     string
	sections []*section
	byName   map[string]*section
	current  *section // nil before the first section and in one that is refused
	refused  bool     // the lines of the current section are skipped
	open     *entry   // takes the next continuation line
	problems []Problem
}

// sectionName is what an object may be called: letters that need no escaping
// in a URL.
var sectionName = regexp.MustCompile(`^[A-Za-z0-9_.~-]+$`)

func readSections(file string, data []byte) ([]*section, []Problem) {
	r := &reader{file: file, byName: map[string]*section{}}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	number := 0
	for line := range bytes.Lines(data) {
		number++
		r.line(number, bytes.TrimRight(line, "\r\n"))
	}
	for _, s := range r.sections {
		for i := range s.entries {
			s.entries[i].value = unquoted(s.entries[i].value)
		}
	}
	return r.sections, r.problems
}

func (r *reader) problem(line int, format string, args ...any) {
	p := Problem{File: r.file, Line: line, Text: fmt.Sprintf(format, args...)}
	if r.current != nil {
		p.Object = r.current.name
	}
	r.problems = append(r.problems, p)
}

// line reads one line.
func (r *reader) line(number int, line []byte) {
	switch {
	case !utf8.Valid(line):
		r.problem(number, "is not UTF-8; save the file in UTF-8")
		return
	case bytes.IndexByte(line, 0) >= 0:
		r.problem(number, "has a NUL byte; the file must be plain text")
		return
	}
	text := strings.TrimSpace(string(line))
	switch {
	case text == "" || text[0] == '#' || text[0] == ';':
	case line[0] == ' ' || line[0] == '\t':
		r.continuation(number, text)
	case text[0] == '[':
		r.header(number, text)
	default:
		r.entry(number, text)
	}
}

// continuation adds an indented line to the value before it.
func (r *reader) continuation(number int, text string) {
	switch {
	case r.open != nil:
		r.open.value += text
	case !r.refused:
		r.problem(number, "is indented, but there is no value that it could continue; begin it in the first column")
	}
}

// header begins a section.
func (r *reader) header(number int, text string) {
	r.current, r.open, r.refused = nil, nil, true
	name, rest, closed := strings.Cut(text[1:], "]")
	name = strings.TrimSpace(name)
	switch {
	case !closed:
		r.problem(number, "the name of the section has no end; write [name]")
		return
	case rest != "":
		r.problem(number, "there is text after [%s]; write it in a line of its own", short(name))
		return
	case !sectionName.MatchString(name):
		r.problem(number, "'%s' cannot be the name of a section; use letters, digits and _ . ~ -", short(name))
		return
	}
	if strings.EqualFold(name, programSection) {
		name = programSection
	}
	if first := r.byName[name]; first != nil {
		r.problem(number, "there are two sections [%s], the first at line %d; rename one of them", short(name), first.line)
		return
	}
	r.current, r.refused = &section{name: name, line: number, index: map[string]int{}}, false
	r.byName[name] = r.current
	r.sections = append(r.sections, r.current)
}

// entry reads a line of key=value.
func (r *reader) entry(number int, text string) {
	r.open = nil
	if r.refused {
		return
	}
	key, value, found := strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	switch {
	case r.current == nil:
		r.problem(number, "stands before the first section; begin one with [name]")
		return
	case !found || key == "":
		r.problem(number, "is not a parameter; write name=value")
		return
	}
	if first := r.current.find(key); first != nil {
		r.problem(number, "param '%s': is set twice, first at line %d; keep one of them", short(key), first.line)
		return
	}
	r.current.index[key] = len(r.current.entries)
	r.current.entries = append(r.current.entries, entry{key, strings.TrimSpace(value), number})
	r.open = &r.current.entries[len(r.current.entries)-1]
}

// unquoted returns a value without the quotes around it.
func unquoted(value string) string {
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		return value[1 : n-1]
	}
	return value
}

// short makes hostile names fit for a message.
func short(name string) string {
	if len(name) > 80 {
		return strings.ToValidUTF8(name[:80], "") + "…"
	}
	return name
}
