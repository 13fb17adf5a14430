package regexfilter

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// template makes of MaxScale's replacement text, where \1 and $1 stand for a
// group, $name or ${name} for a named one, and \\ and $$ for themselves, a
// template for regexp.Expand. A group that re does not have is an error.
func template(replace string, re *regexp.Regexp) ([]byte, error) {
	var out []byte
	for i := 0; i < len(replace); i++ {
		c := replace[i]
		if c != '\\' && c != '$' || i+1 == len(replace) {
			out = appendLiteral(out, c)
			continue
		}
		rest := replace[i+1:]
		if rest[0] == c {
			out = appendLiteral(out, c)
			i++
			continue
		}
		name, n := groupName(rest, c == '$')
		if n == 0 {
			out = appendLiteral(out, c)
			continue
		}
		if !hasGroup(re, name) {
			return nil, fmt.Errorf("%s%s: the pattern %s has no such group", string(c), rest[:n], re)
		}
		out = append(out, "${"+name+"}"...)
		i += n
	}
	return out, nil
}

// appendLiteral appends c so that Expand leaves it as it is.
func appendLiteral(dst []byte, c byte) []byte {
	if c == '$' {
		dst = append(dst, '$')
	}
	return append(dst, c)
}

// groupName returns the name or number of a group at the start of s, and how
// many bytes of s it takes.
func groupName(s string, named bool) (name string, n int) {
	if !named { // \1: one digit
		if s[0] >= '0' && s[0] <= '9' {
			return s[:1], 1
		}
		return "", 0
	}
	if s[0] == '{' {
		end := strings.IndexByte(s, '}')
		if end < 2 {
			return "", 0
		}
		return s[1:end], end + 1
	}
	digits := s[0] >= '0' && s[0] <= '9'
	for n < len(s) {
		c := s[n]
		digit := c >= '0' && c <= '9'
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !digit && (digits || !letter) {
			break
		}
		n++
	}
	return s[:n], n
}

func hasGroup(re *regexp.Regexp, name string) bool {
	if number, err := strconv.Atoi(name); err == nil {
		return number >= 0 && number <= re.NumSubexp()
	}
	return re.SubexpIndex(name) >= 0
}
