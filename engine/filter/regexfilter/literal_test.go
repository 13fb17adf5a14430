package regexfilter

import (
	"regexp"
	"testing"
)

// Ensure that the literal of an expression is one that all which it matches has.
func TestLiteral(t *testing.T) {
	for _, tt := range []struct {
		re, want string
	}{
		{`never_there`, "never_there"},
		{`(?i)Never_There`, "never_there"},
		{`(?i)select`, "elect"},            // ſelect
		{`(?i)link token`, "lin"},          // the first longest part without k
		{`a|abc`, "a"},                     // both begin so
		{`abc|xyz`, ""},                    // either
		{`(abc)+x?`, "abc"},                // at least once
		{`(abc){0,3}de`, "de"},             // perhaps not
		{`(abc){2}`, "abc"},                //
		{`^\s*from\s+(\w+)`, "from"},       //
		{`grüße`, "gr"},                    //
		{`[ab]`, ""},                       //
		{``, ""},                           //
		{`(?i)x(?-i)ABCDEF`, "ABCDEF"},     //
		{`UPDATE.*WHERE (id|k)`, "UPDATE"}, // the first of equal length or more
	} {
		if got := literalOf(regexp.MustCompile(tt.re)); got.text != tt.want {
			t.Errorf("%s: got %q, want %q", tt.re, got.text, tt.want)
		}
	}
}

// Ensure that no statement is passed over that the expression matches.
func FuzzLiteral(f *testing.F) {
	f.Add(`(?i)never_there`, "select NEVER_there")
	f.Add(`(?i)selects?`, "ſELECT")
	f.Add(`(?i)k+`, "K") // the sign for kelvins
	f.Add(`(ab|cd)e{2,}`, "abeee")
	f.Add(`(?i:ab)CD`, "aBCD")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return
		}
		if l := literalOf(re); re.MatchString(text) && !l.in([]byte(text)) {
			t.Errorf("%s matches %q, which does not have %+v", pattern, text, l)
		}
	})
}
