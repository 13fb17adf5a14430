//go:build !js

package view

import (
	"regexp"
	"regexp/syntax"
)

// expression is a regular expression in the syntax of package regexp.
type expression struct{ re *regexp.Regexp }

// compile makes the expression that stands at start.
func (p *parser) compile(start int, text string) (*expression, error) {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		problem := err.Error()
		if bad, ok := err.(*syntax.Error); ok {
			problem = bad.Code.String() + ": " + bad.Expr
		}
		return nil, p.errorf(start, "regular expression: %s", problem)
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil || len(program.Inst) > maxProgram {
		return nil, p.errorf(start, "this regular expression is too large")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, p.errorf(start, "regular expression: %v", err)
	}
	return &expression{re}, nil
}

// within tells whether the expression occurs in text.
func (e *expression) within(text string) bool { return e.re.MatchString(text) }

// find returns where it occurs first; from is -1 when it does not.
func (e *expression) find(text string) (from, to int) {
	if at := e.re.FindStringIndex(text); at != nil {
		return at[0], at[1]
	}
	return -1, -1
}
