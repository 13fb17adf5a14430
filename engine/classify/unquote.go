package classify

import "bytes"

// unquoteName returns the identifier that b writes.
func unquoteName(b []byte) []byte {
	if len(b) < 2 || b[0] != '`' {
		return b
	}
	b = b[1 : len(b)-1]
	if bytes.IndexByte(b, '`') < 0 {
		return b
	}
	return bytes.ReplaceAll(b, []byte("``"), []byte("`"))
}

// unquoteString returns the value of the literal b.
func unquoteString(b []byte, m Mode) []byte {
	if len(b) < 2 {
		return nil
	}
	q := b[0]
	b = b[1 : len(b)-1]
	escapes := m&NoBackslashEscapes == 0
	if bytes.IndexByte(b, q) < 0 && (!escapes || bytes.IndexByte(b, '\\') < 0) {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == q:
			i++ // a quote within is doubled
		case c == '\\' && escapes && i+1 < len(b):
			i++
			c = unescape(b[i])
		}
		out = append(out, c)
	}
	return out
}

func unescape(c byte) byte {
	switch c {
	case '0':
		return 0
	case 'b':
		return '\b'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'Z':
		return 26
	}
	return c
}
