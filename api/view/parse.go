package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits of a filter. They keep the work of one filter small, whoever
// wrote it.
const (
	MaxLength  = 1024 // bytes of text
	maxDepth   = 32   // groups and negations inside one another
	maxRegexps = 4    // regular expressions in one filter
	maxProgram = 500  // instructions of one compiled regular expression
)

// SyntaxError says what is wrong with a filter or a sort order, and where.
type SyntaxError struct {
	Offset  int    // of the first byte that is wrong; the length of the text when something is missing
	Problem string // a clause fit for the screen
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("character %d: %s", e.Offset+1, e.Problem)
}

// Parse reads a filter. The error is always a *SyntaxError. An empty text is
// the filter that matches every session.
func Parse(text string) (*Filter, error) {
	e, err := parse(text, keys)
	if err != nil {
		return nil, err
	}
	return &Filter{expr: e}, nil
}

// parse reads a filter in the language that has these keys; nil matches all.
func parse(text string, keys []*key) (expr, error) {
	if len(text) > MaxLength {
		return nil, &SyntaxError{MaxLength, fmt.Sprintf("a filter has at most %d bytes", MaxLength)}
	}
	if i := invalidUTF8(text); i >= 0 {
		return nil, &SyntaxError{i, "not valid UTF-8"}
	}
	p := parser{text: text, keys: keys}
	p.space()
	if p.rest() == "" {
		return nil, nil
	}
	e, err := p.anyOf()
	if err != nil {
		return nil, err
	}
	if p.rest() != "" {
		return nil, p.errorf(p.at, "this ) closes nothing")
	}
	return e, nil
}

func invalidUTF8(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			return i
		}
	}
	return -1
}

// parser reads a filter by recursive descent. Each method leaves at behind
// what it has read and behind the space that follows.
type parser struct {
	text    string
	keys    []*key
	at      int
	depth   int
	regexps int
}

func (p *parser) errorf(at int, format string, args ...any) error {
	return &SyntaxError{at, fmt.Sprintf(format, args...)}
}

func (p *parser) rest() string { return p.text[p.at:] }

func (p *parser) space() {
	p.at = len(p.text) - len(strings.TrimLeftFunc(p.rest(), unicode.IsSpace))
}

// next tells whether the next byte is c and reads it if so.
func (p *parser) next(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) anyOf() (expr, error) {
	var some anyOf
	for {
		e, err := p.allOf()
		if err != nil {
			return nil, err
		}
		if inner, ok := e.(anyOf); ok {
			some = append(some, inner...)
		} else {
			some = append(some, e)
		}
		if !p.next('|') {
			break
		}
		p.space()
	}
	if len(some) == 1 {
		return some[0], nil
	}
	return some, nil
}

func (p *parser) allOf() (expr, error) {
	var all allOf
	for len(all) == 0 || p.rest() != "" && p.rest()[0] != '|' && p.rest()[0] != ')' {
		e, err := p.negated()
		if err != nil {
			return nil, err
		}
		if inner, ok := e.(allOf); ok {
			all = append(all, inner...)
		} else {
			all = append(all, e)
		}
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

// negated reads a term, a group, or either behind exclamation marks.
func (p *parser) negated() (expr, error) {
	start := p.at
	if p.depth++; p.depth > maxDepth {
		return nil, p.errorf(start, "nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	switch {
	case p.rest() == "":
		return nil, p.errorf(start, "a term is missing")
	case p.rest()[0] == '|' || p.rest()[0] == ')':
		return nil, p.errorf(start, "a term is missing before this %c", p.rest()[0])
	case p.next('!'):
		e, err := p.negated()
		return not{e}, err
	case p.next('('):
		p.space()
		e, err := p.anyOf()
		if err != nil {
			return nil, err
		}
		if !p.next(')') {
			return nil, p.errorf(start, "this ( is not closed")
		}
		return e, p.end()
	}
	return p.term()
}

// end reads the space behind a term, or says that it is missing.
func (p *parser) end() error {
	if p.rest() == "" || p.rest()[0] == '|' || p.rest()[0] == ')' {
		return nil
	}
	start := p.at
	p.space()
	if p.at == start {
		return p.errorf(start, "a space is missing here; a text with spaces or signs goes into quotes")
	}
	return nil
}

func (p *parser) term() (expr, error) {
	start := p.at
	name := keyName(p.rest())
	if name == "" {
		v, err := p.value("")
		if err != nil {
			return nil, err
		}
		return anywhere{value: v}, p.end()
	}
	k := named(p.keys, name)
	if k == nil {
		return nil, p.errorf(start, "there is no key %s; a text that looks like one goes into quotes", name)
	}
	p.at += len(name)
	if p.next(':') {
		return p.list(k)
	}
	return p.comparison(k)
}

// keyName returns the letters and hyphens that text begins with when a colon
// or a comparison follows them, else "".
func keyName(text string) string {
	i := strings.IndexFunc(text, func(r rune) bool {
		return r != '-' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if i <= 0 || !strings.ContainsRune(":<>=", rune(text[i])) {
		return ""
	}
	return text[:i]
}

func (p *parser) list(k *key) (expr, error) {
	if k.texts == nil && k.figure != nil {
		return nil, p.errorf(p.at-1, "%s needs a comparison such as %s>%s", k.Name, k.Name, example(k.Unit))
	}
	l := list{key: k, not: p.next('!')}
	for {
		at := p.at
		v, err := p.value(",")
		if err != nil {
			return nil, err
		}
		if k.words != nil && (v.kind != plain || !slices.Contains(k.words, strings.ToLower(v.text))) {
			return nil, p.errorf(at, "there is no such %s; there are %s", k.Name, strings.Join(k.words, ", "))
		}
		if k.texts == nil && k.line == nil {
			v.text = strings.ToLower(v.text)
			if v.kind != plain || v.text != StatePending && Severity(v.text) == 0 {
				return nil, p.errorf(at, "there is no such state; the states are %s and %s", strings.Join(states[:], ", "), StatePending)
			}
		}
		l.values = append(l.values, v)
		if !p.next(',') {
			return l, p.end()
		}
	}
}

// value reads a word, which also ends at any of the bytes stop, a quoted text
// or a regular expression.
func (p *parser) value(stop string) (value, error) {
	start := p.at
	switch {
	case p.next('"'):
		text, ok := p.until('"', true)
		if !ok {
			return value{}, p.errorf(start, "this quote is not closed")
		}
		return value{kind: exact, text: text}, nil
	case p.next('/'):
		text, ok := p.until('/', false)
		if !ok {
			return value{}, p.errorf(start, "this regular expression is not closed by a /")
		}
		return p.regexp(start, text)
	}
	i := strings.IndexFunc(p.rest(), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(`()|"`+stop, r)
	})
	if i < 0 {
		i = len(p.rest())
	}
	if i == 0 {
		return value{}, p.errorf(start, "a value is missing")
	}
	text := p.rest()[:i]
	p.at += i
	return value{kind: plain, text: text, parts: strings.Split(text, "*")}, nil
}

// until reads up to the closing mark and past it. A backslash takes the next
// byte as it is and, when strip is set, falls away.
func (p *parser) until(mark byte, strip bool) (string, bool) {
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == mark:
			return b.String(), true
		case c == '\\' && p.at < len(p.text):
			if !strip {
				b.WriteByte(c)
			}
			b.WriteByte(p.text[p.at])
			p.at++
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

func (p *parser) regexp(start int, text string) (value, error) {
	if p.regexps++; p.regexps > maxRegexps {
		return value{}, p.errorf(start, "a filter has at most %d regular expressions", maxRegexps)
	}
	re, err := p.compile(start, text)
	if err != nil {
		return value{}, err
	}
	return value{kind: pattern, text: text, re: re}, nil
}

func (p *parser) comparison(k *key) (expr, error) {
	start := p.at
	for p.next('<') || p.next('>') || p.next('=') {
	}
	op := p.text[start:p.at]
	switch op {
	case "<", "<=", ">", ">=", "=":
	default:
		return nil, p.errorf(start, "there is no comparison %s", op)
	}
	if k.figure == nil {
		return nil, p.errorf(start, "%s has no figure to compare; write %s:value", k.Name, k.Name)
	}
	at := p.at
	v, err := p.value("")
	if err != nil {
		return nil, err
	}
	number, ok := parseFigure(v.text, k.Unit)
	if v.kind != plain || !ok {
		return nil, p.errorf(at, "%s needs a figure such as %s", k.Name, example(k.Unit))
	}
	return comparison{key: k, op: op, number: number, text: v.text}, p.end()
}

func example(unit string) string {
	switch unit {
	case "seconds":
		return "60s"
	case "bytes":
		return "10MB"
	}
	return "100"
}

// units are the factors of the endings of a figure, by its unit, in lower
// case.
var units = map[string]map[string]float64{
	"seconds": {"": 1, "ms": 1e-3, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400},
	"bytes": {
		"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
		"ki": 1 << 10, "kib": 1 << 10, "mi": 1 << 20, "mib": 1 << 20, "gi": 1 << 30, "gib": 1 << 30, "ti": 1 << 40, "tib": 1 << 40,
	},
	"count": {"": 1},
}

func parseFigure(text, unit string) (float64, bool) {
	digits := strings.TrimRightFunc(text, unicode.IsLetter)
	factor, ok := units[unit][strings.ToLower(text[len(digits):])]
	if !ok || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	number, err := strconv.ParseFloat(digits, 64)
	return number * factor, err == nil
}
