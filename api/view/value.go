package view

import (
	"strings"
	"unicode/utf8"
)

// value is what a text is compared with: a plain word, an exact text or a
// regular expression.
type value struct {
	kind  valueKind
	text  string
	parts []string    // of a plain word, between its asterisks
	re    *expression // of a regular expression
}

type valueKind int

const (
	plain valueKind = iota
	exact
	pattern
)

// within tells whether the value occurs in text.
func (v value) within(text string) bool {
	switch v.kind {
	case exact:
		return strings.Contains(text, v.text)
	case pattern:
		return v.re.within(text)
	}
	return indexFold(text, v.text) >= 0
}

// find returns where the value occurs first in text; from is -1 when it does not.
func (v value) find(text string) (from, to int) {
	switch v.kind {
	case exact:
		from = strings.Index(text, v.text)
	case pattern:
		return v.re.find(text)
	default:
		from = indexFold(text, v.text)
	}
	return from, from + len(v.text)
}

// whole tells whether the value is all of text; a regular expression need only
// occur in it.
func (v value) whole(text string) bool {
	switch v.kind {
	case exact:
		return text == v.text
	case pattern:
		return v.re.within(text)
	}
	return wildcard(v.parts, text)
}

// wildcard tells whether text is the parts in their order with anything
// between them, ignoring case.
func wildcard(parts []string, text string) bool {
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return strings.EqualFold(first, text)
	}
	if !prefixFold(text, first) {
		return false
	}
	text = text[len(first):]
	for _, part := range parts[1 : len(parts)-1] {
		i := indexFold(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return len(text) >= len(last) && strings.EqualFold(text[len(text)-len(last):], last)
}

func prefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

// indexFold is strings.Index ignoring case. Letters whose cases differ in
// length are taken as different.
func indexFold(text, part string) int {
	if part == "" {
		return 0
	}
	for i := 0; i+len(part) <= len(text); i++ {
		if lower(text[i]) != lower(part[0]) && part[0] < utf8.RuneSelf && text[i] < utf8.RuneSelf {
			continue
		}
		if strings.EqualFold(text[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// String returns the value as it is written in a filter.
func (v value) String() string {
	switch v.kind {
	case exact:
		return Quote(v.text)
	case pattern:
		return "/" + v.text + "/"
	}
	return v.text
}

// Quote writes text as a value of a filter that is that text exactly: between
// quotes, with a backslash before each quote and each backslash.
func Quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		if text[i] == '"' || text[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	b.WriteByte('"')
	return b.String()
}
