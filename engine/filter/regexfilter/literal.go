package regexfilter

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"strings"
)

// literal is a text that is in whatever an expression matches: most statements do
// not have it, and are then done with in a fraction of the time that the expression
// takes. None is in everything.
type literal struct {
	text string // in lower case when case does not matter
	fold bool   // case does not matter
}

// literalOf returns the longest literal that re is known to need.
func literalOf(re *regexp.Regexp) literal {
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return literal{}
	}
	return required(parsed)
}

func required(re *syntax.Regexp) (best literal) {
	switch re.Op {
	case syntax.OpLiteral:
		return literalRunes(re.Rune, re.Flags&syntax.FoldCase != 0)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if l := required(sub); len(l.text) > len(best.text) {
				best = l
			}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	}
	return best
}

// literalRunes returns the longest part of runes that is ASCII. Without regard to
// case, K and S have a third form, which is not.
func literalRunes(runes []rune, fold bool) literal {
	plain := func(r rune) rune {
		if r >= 0x80 || fold && (r|0x20 == 'k' || r|0x20 == 's') {
			return 0
		}
		return r
	}
	best := ""
	for part := range strings.SplitSeq(strings.Map(plain, string(runes)), "\x00") {
		if len(part) > len(best) {
			best = part
		}
	}
	if fold {
		best = strings.ToLower(best)
	}
	return literal{best, fold}
}

// in reports whether text has the literal in it.
func (l literal) in(text []byte) bool {
	if !l.fold || l.text == "" {
		return bytes.Contains(text, []byte(l.text))
	}
	for at := 0; at+len(l.text) <= len(text); at++ {
		if lower(text[at]) == l.text[0] && l.begins(text[at:]) {
			return true
		}
	}
	return false
}

func (l literal) begins(text []byte) bool {
	for i := range len(l.text) {
		if lower(text[i]) != l.text[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}
