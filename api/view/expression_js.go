package view

import (
	"strings"
	"syscall/js"
)

// expression is a regular expression of the browser, because package regexp would
// be a twentieth of the console. The syntaxes differ a little, and the browser's
// may take for ever. So filters of sessions are left to the server, which alone
// matches them and says what is wrong with one; lines of logs are matched here, by
// expressions that are tame.
type expression struct{ re js.Value }

// maxTame is how much of a text an expression is looked for in, in bytes.
const maxTame = 4 << 10

// compile makes the expression that stands at start.
func (p *parser) compile(start int, text string) (_ *expression, err error) {
	if !p.lines() {
		return nil, nil
	}
	flags := "u"
	if rest, ok := strings.CutPrefix(text, "(?i)"); ok {
		text, flags = rest, "iu"
	}
	if !tame(text) {
		return nil, p.errorf(start, "this regular expression is too costly here: use at most two of * and +, no groups that repeat what repeats or chooses, and no lookaround")
	}
	defer func() {
		if wrong := recover(); wrong != nil {
			err = p.errorf(start, "regular expression: %v", wrong)
		}
	}()
	return &expression{js.Global().Get("RegExp").New(text, flags)}, nil
}

// lines tells whether the filter is one of lines of a log.
func (p *parser) lines() bool { return len(p.keys) > 0 && p.keys[0].line != nil }

// within tells whether the expression occurs in text.
func (e *expression) within(text string) bool {
	from, _ := e.find(text)
	return from >= 0
}

// find returns where it occurs first; from is -1 when it does not.
func (e *expression) find(text string) (from, to int) {
	if e == nil {
		return -1, -1
	}
	whole := js.ValueOf(text[:min(len(text), maxTame)])
	found := e.re.Call("exec", whole)
	if found.IsNull() {
		return -1, -1
	}
	before := js.Global().Get("String").Get("prototype").Get("slice").Call("call", whole, 0, found.Get("index"))
	from = len(before.String()) // the browser counts otherwise
	return from, from + len(found.Index(0).String())
}
