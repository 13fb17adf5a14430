package classify

import "bytes"

// Mode is how a session reads quotes.
type Mode uint8

// NoBackslashEscapes is the sql_mode of that name, which the server also
// reports in its status flags. ANSI_QUOTES needs no Mode: "…" is a string to
// the lexer, and where a string cannot stand the statement goes to the primary.
const NoBackslashEscapes Mode = 1 << 0

type tokenKind uint8

const (
	tokEnd    tokenKind = iota
	tokWord             // identifier, keyword or function name without quotes
	tokName             // `identifier`
	tokString           // 'literal' or "literal"
	tokNumber           // 12, 1.5e3, 0xff
	tokVar              // @name, @'name', @`name`
	tokSysVar           // @@name; scope and name in one: @@session.autocommit
	tokPunct            // one byte
	tokOpen             // opening of an executable comment with its version: /*!40101, /*M!
	tokClose            // its */
)

// token is a piece of the text. It is filled in place and not copied, which
// would take as long as finding it.
type token struct {
	kind       tokenKind
	space      bool // white space or a comment stands before it
	word       word // of a tokWord that the word table holds
	start, end int
}

func (t *token) set(kind tokenKind, start, end int) {
	t.kind, t.start, t.end = kind, start, end
	t.word = word{}
}

// lexer cuts a statement into tokens. Comments that the server executes,
// /*! … */ and /*M! … */, are read as text; other comments are skipped.
type lexer struct {
	src     []byte
	pos     int
	mode    Mode
	marks   bool   // return tokOpen and tokClose
	inExec  bool   // within an executable comment
	broken  bool   // a literal, name or comment without its end
	strange bool   // text whose meaning depends on whether an executable comment is executed
	comment []byte // the last comment skipped
}

const (
	classSpace = 1 << iota
	classWord  // may stand in an unquoted identifier
	classDigit
	classHex
)

var class = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c == ' ' || c >= '\t' && c <= '\r':
			t[c] = classSpace
		case c >= '0' && c <= '9':
			t[c] = classWord | classDigit | classHex
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			t[c] = classWord | classHex
		case c|0x20 >= 'g' && c|0x20 <= 'z', c == '_', c == '$', c >= 0x80:
			t[c] = classWord
		}
	}
	return t
}()

func (l *lexer) at(i int) byte {
	if i < len(l.src) {
		return l.src[i]
	}
	return 0
}

// next reads the next token into t.
func (l *lexer) next(t *token) {
	start := l.pos
	for {
		for l.pos < len(l.src) && class[l.src[l.pos]]&classSpace != 0 {
			l.pos++
		}
		if l.pos >= len(l.src) {
			if l.inExec {
				l.broken = true
			}
			t.set(tokEnd, len(l.src), len(l.src))
			t.space = l.pos > start
			return
		}
		switch l.src[l.pos] {
		case '#':
			l.skipLine()
			continue
		case '-':
			if l.at(l.pos+1) == '-' && l.commentSpace(l.pos+2) {
				l.skipLine()
				continue
			}
		case '/':
			if l.at(l.pos+1) != '*' {
				break
			}
			if n := l.execOpening(); n > 0 && !l.inExec {
				t.set(tokOpen, l.pos, l.pos+n)
				t.space = l.pos > start
				l.pos += n
				l.inExec = true
				if l.marks {
					return
				}
				continue
			}
			l.skipComment()
			continue
		case '*':
			if l.inExec && l.at(l.pos+1) == '/' {
				t.set(tokClose, l.pos, l.pos+2)
				t.space = l.pos > start
				l.pos += 2
				l.inExec = false
				if l.marks {
					return
				}
				continue
			}
		}
		break
	}
	t.space = l.pos > start
	l.scan(t)
}

// commentSpace reports whether what stands at i makes the two dashes before it
// a comment.
func (l *lexer) commentSpace(i int) bool {
	return i >= len(l.src) || l.src[i] <= ' '
}

func (l *lexer) skipLine() {
	start := l.pos
	if l.src[start] == '-' {
		start++
	}
	l.pos = len(l.src)
	if n := bytes.IndexByte(l.src[start:], '\n'); n >= 0 {
		l.pos = start + n
	}
	l.comment = l.src[start+1 : l.pos]
}

func (l *lexer) skipComment() {
	start := l.pos + 2
	if n := bytes.Index(l.src[start:], []byte("*/")); n >= 0 {
		l.comment = l.src[start : start+n]
		l.pos = start + n + 2
		return
	}
	l.pos = len(l.src)
	l.broken = true
}

// execOpening returns the length of the opening of an executable comment at
// the position: /*! or /*M! and a version of five or six digits.
func (l *lexer) execOpening() int {
	n := 2
	if l.at(l.pos+n) == 'M' {
		n++
	}
	if l.at(l.pos+n) != '!' {
		return 0
	}
	n++
	digits := 0
	for digits < 6 && class[l.at(l.pos+n+digits)]&classDigit != 0 {
		digits++
	}
	if digits >= 5 {
		n += digits
	}
	return n
}

// scan reads the token that begins at the position.
func (l *lexer) scan(t *token) {
	start := l.pos
	c := l.src[start]
	switch {
	case class[c]&classDigit != 0:
		l.number(t)
		return
	case class[c]&classWord != 0:
		l.word(t)
		return
	}
	kind := tokPunct
	switch c {
	case '\'', '"':
		l.quoted(start, c)
		kind = tokString
	case '`':
		l.quoted(start, c)
		kind = tokName
	case '@':
		kind = l.variable()
	case '.':
		if class[l.at(start+1)]&classDigit != 0 && !l.qualifies(start) {
			l.number(t)
			return
		}
		l.pos++
	default:
		l.pos++
	}
	t.set(kind, start, l.pos)
}

// qualifies reports whether the dot at i stands right after a name, or after
// the question mark that replaced a literal.
func (l *lexer) qualifies(i int) bool {
	if i == 0 {
		return false
	}
	c := l.src[i-1]
	return class[c]&classWord != 0 || c == '`' || c == '?'
}

// word reads an unquoted word and looks it up.
func (l *lexer) word(t *token) {
	b := l.src[l.pos:]
	h := uint32(hashSeed)
	n := 0
	for n < len(b) && class[b[n]]&classWord != 0 {
		h = (h ^ uint32(b[n]|0x20)) * hashPrime
		n++
	}
	t.kind, t.start, t.end = tokWord, l.pos, l.pos+n
	l.pos += n
	t.word = words.lookup(b[:n], h)
}

// number reads a number, or a word that begins with a digit.
func (l *lexer) number(t *token) {
	start, i := l.pos, l.pos
	for class[l.at(i)]&classDigit != 0 && i < len(l.src) {
		i++
	}
	if c := l.at(i); i < len(l.src) && class[c]&classWord != 0 && !l.exponent(i) {
		for i < len(l.src) && class[l.src[i]]&classWord != 0 {
			i++
		}
		l.pos = i
		kind := tokWord
		if isHexOrBits(l.src[start:i]) {
			kind = tokNumber
		}
		t.set(kind, start, i)
		return
	}
	if l.at(i) == '.' {
		i++
		for i < len(l.src) && class[l.src[i]]&classDigit != 0 {
			i++
		}
	}
	if l.exponent(i) {
		i++
		if c := l.at(i); c == '+' || c == '-' {
			i++
		}
		for i < len(l.src) && class[l.src[i]]&classDigit != 0 {
			i++
		}
	}
	l.pos = i
	t.set(tokNumber, start, i)
}

// exponent reports whether an exponent stands at i.
func (l *lexer) exponent(i int) bool {
	if l.at(i)|0x20 != 'e' {
		return false
	}
	if c := l.at(i + 1); c == '+' || c == '-' {
		i++
	}
	return class[l.at(i+1)]&classDigit != 0
}

func isHexOrBits(b []byte) bool {
	if len(b) < 3 || b[0] != '0' {
		return false
	}
	for _, c := range b[2:] {
		switch {
		case b[1] == 'x' && class[c]&classHex != 0:
		case b[1] == 'b' && (c == '0' || c == '1'):
		default:
			return false
		}
	}
	return b[1] == 'x' || b[1] == 'b'
}

// quoted moves behind the literal or name that opens with q at i. A doubled
// quote does not end it.
func (l *lexer) quoted(i int, q byte) {
	start := i
	escapes := q != '`' && l.mode&NoBackslashEscapes == 0
	i++
	end := -1 // of the next q, once found
	for {
		if end < i {
			end = len(l.src)
			if n := bytes.IndexByte(l.src[i:], q); n >= 0 {
				end = i + n
			}
		}
		if escapes {
			if n := bytes.IndexByte(l.src[i:end], '\\'); n >= 0 {
				i = min(i+n+2, len(l.src))
				continue
			}
		}
		if end == len(l.src) {
			l.broken = true
			l.pos = end
			break
		}
		i = end + 1
		if l.at(i) != q {
			l.pos = i
			break
		}
		i++
	}
	if l.inExec && bytes.Contains(l.src[start:l.pos], []byte("*/")) {
		l.strange = true
	}
}

// variable moves behind @name or @@name and returns which of the two it is.
func (l *lexer) variable() tokenKind {
	kind := tokVar
	i := l.pos + 1
	if l.at(i) == '@' {
		kind = tokSysVar
		i++
	}
	if c := l.at(i); kind == tokVar && (c == '\'' || c == '"' || c == '`') {
		l.quoted(i, c)
		return kind
	}
	name := i
	for i < len(l.src) && (class[l.src[i]]&classWord != 0 || l.src[i] == '.') {
		i++
	}
	l.pos = i
	if kind == tokVar && i == name {
		return tokPunct
	}
	return kind
}
