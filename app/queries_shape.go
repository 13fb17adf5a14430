package app

import "strings"

// shape reduces a statement to what it has in common with those that differ in
// their values: literals become question marks, and white space and comments
// fall away. It is coarser than the server's canonical text, whose shape is that
// of all statements that it stands for.
func shape(sql string) string {
	var b strings.Builder
	word := false // the last letter belongs to a name or a number
	for i := 0; i < len(sql); {
		c := sql[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			word = false
			continue
		case c == '\'' || c == '"':
			i = quotedEnd(sql, i)
			b.WriteByte('?')
			word = false
			continue
		case isComment(sql[i:]):
			i = commentEnd(sql, i)
			word = false
			continue
		case !word && (digit(c) || c == '.' && i+1 < len(sql) && digit(sql[i+1])):
			i = numberEnd(sql, i)
			b.WriteByte('?')
			continue
		}
		b.WriteByte(c)
		word = digit(c) || c == '_' || c == '$' || c == '`' || c == '@' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
		i++
	}
	return b.String()
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// quotedEnd is where the text in quotes that begins at i ends; one that does not
// end goes to the end of the statement.
func quotedEnd(sql string, i int) int {
	quote := sql[i]
	for i++; i < len(sql); i++ {
		switch {
		case sql[i] == '\\':
			i++
		case sql[i] != quote:
		case i+1 < len(sql) && sql[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return len(sql)
}

// isComment reports whether text begins with a comment that no server executes.
func isComment(text string) bool {
	switch {
	case strings.HasPrefix(text, "/*"):
		return !strings.HasPrefix(text, "/*!") && !strings.HasPrefix(text, "/*M!")
	case strings.HasPrefix(text, "--"):
		return len(text) == 2 || text[2] <= ' '
	}
	return strings.HasPrefix(text, "#")
}

func commentEnd(sql string, i int) int {
	end, skip := "\n", 1
	if sql[i] == '/' {
		end, skip = "*/", 2
	}
	from := min(i+skip, len(sql))
	at := strings.Index(sql[from:], end)
	if at < 0 {
		return len(sql)
	}
	return from + at + len(end)
}

// numberEnd is where the number that begins at i ends: 12, 1.5e-3, 0x1F.
func numberEnd(sql string, i int) int {
	for i++; i < len(sql); i++ {
		c := sql[i]
		sign := (c == '-' || c == '+') && (sql[i-1] == 'e' || sql[i-1] == 'E') && i+1 < len(sql) && digit(sql[i+1])
		if !digit(c) && c != '.' && !sign && (c|0x20 < 'a' || c|0x20 > 'z') {
			return i
		}
	}
	return i
}
