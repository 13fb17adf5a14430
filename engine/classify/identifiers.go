package classify

import "iter"

// Identifiers yields what may be a name in sql, read in mode m, in order and
// without its quotes: words, quoted names and, because of ANSI_QUOTES, strings
// in double quotes. With each comes the name before it and a dot, if there is
// one. Keywords are among them.
func (m Mode) Identifiers(sql []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(qualifier, name []byte) bool) {
		l := lexer{src: sql, mode: m}
		var qualifier, last []byte
		for t := (token{}); ; {
			l.next(&t)
			text := sql[t.start:t.end]
			switch {
			case t.kind == tokEnd:
				return
			case t.kind == tokPunct && text[0] == '.':
				qualifier = last
				continue
			case t.kind == tokWord, t.kind == tokName:
				last = unquoteName(text)
			case t.kind == tokString && text[0] == '"':
				last = unquoteString(text, m)
			default:
				last, qualifier = nil, nil
				continue
			}
			if !yield(qualifier, last) {
				return
			}
			qualifier = nil
		}
	}
}

// Variables yields the user variables in sql, read in mode m, as they are written.
func (m Mode) Variables(sql []byte) iter.Seq[[]byte] {
	return func(yield func(variable []byte) bool) {
		l := lexer{src: sql, mode: m}
		for t := (token{}); ; {
			l.next(&t)
			if t.kind == tokEnd || t.kind == tokVar && !yield(sql[t.start:t.end]) {
				return
			}
		}
	}
}
