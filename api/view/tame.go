package view

import "strings"

// The most that a tame expression has.
const (
	tameRepeats = 2  // of what has no end
	tameChoices = 12 // all in all
)

// tame tells whether an engine that tries one way after the other is done with a
// regular expression in a time that grows with the square of a text at most.
func tame(text string) bool {
	repeats, choices := 0, 0
	var groups []int // choices before each group that is open
	inner := 0       // choices in the group that has just been closed, 0 for any other atom
	for i := 0; i < len(text); i++ {
		group := inner
		inner = 0
		switch text[i] {
		case '\\':
			if i++; i < len(text) && '0' <= text[i] && text[i] <= '9' || i < len(text) && text[i] == 'k' {
				return false // what was found before
			}
		case '[':
			end := classEnd(text[i:])
			if end < 0 {
				return false
			}
			i += end
		case '(':
			if rest := text[i+1:]; strings.HasPrefix(rest, "?") && !strings.HasPrefix(rest, "?:") {
				return false
			} else if rest != "" && rest[0] == '?' {
				i += 2
			}
			groups = append(groups, choices)
		case ')':
			if len(groups) == 0 {
				return false
			}
			inner = choices - groups[len(groups)-1]
			groups = groups[:len(groups)-1]
		case '|':
			choices++
		case '?':
			if choices++; group > 0 {
				choices += group // it may be left out, with all its ways
			}
		case '*', '+', '{':
			repeats++
			if choices++; group > 0 {
				return false
			}
			if text[i] == '{' {
				end := strings.IndexByte(text[i:], '}')
				if end < 0 {
					return false
				}
				i += end
			}
			if i+1 < len(text) && text[i+1] == '?' {
				i++ // as little as possible
			}
		}
	}
	return repeats <= tameRepeats && choices <= tameChoices
}

// classEnd returns where the class that text begins with ends, -1 when it does
// not.
func classEnd(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case ']':
			if i > 1 {
				return i
			}
		}
	}
	return -1
}
