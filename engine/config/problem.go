package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong, or should be seen, in a configuration
// file.
type Problem struct {
	File      string
	Line      int    // 0: the file as a whole
	Object    string // section, "" when it is not about one
	Parameter string // "" when it is not about one
	Text      string // what is wrong; what would be right
}

// Error returns the problem in one line:
//
//	FILE:LINE: [section] param 'name': what is wrong; what would be right
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Object != "" {
		fmt.Fprintf(&b, "[%s] ", p.Object)
	}
	if p.Parameter != "" {
		fmt.Fprintf(&b, "param '%s': ", p.Parameter)
	}
	b.WriteString(p.Text)
	return b.String()
}

// Problems is the error of a file that cannot be used: everything that is
// wrong with it in the order of the lines, up to a limit.
type Problems []Problem

// Error returns the problems, one in each line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns each problem as an error.
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i := range p {
		errs[i] = p[i]
	}
	return errs
}

// maxProblems limits how many problems of a file are told.
const maxProblems = 100

// shortened puts the problems into the order of the lines and drops those
// above the limit.
func shortened(file string, all []Problem) []Problem {
	slices.SortStableFunc(all, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	if len(all) <= maxProblems {
		return all
	}
	more := fmt.Sprintf("and %d more", len(all)-maxProblems)
	return append(all[:maxProblems:maxProblems], Problem{File: file, Text: more})
}
