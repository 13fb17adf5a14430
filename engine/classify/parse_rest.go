package classify

import "bytes"

// This file reads what may stand anywhere in a statement: function calls,
// variables, locking clauses, INTO.

// Where scan stops, besides the end of the statement.
const (
	stopComma = 1 << iota // at a comma outside of parentheses
	stopFor               // at FOR
	stopParen             // behind the parenthesis that closes the first one
)

// rest reads to the end of the statement.
func (p *parser) rest() { p.scan(0) }

// seen is what scan remembers of a token.
type seen struct {
	kind  tokenKind
	call  call
	punct byte
}

// scan reads up to where stop says.
func (p *parser) scan(stop int) {
	var before, prev seen // the last two tokens
	depth := 0
	for p.tok.kind != tokEnd {
		this := seen{kind: p.tok.kind}
		key := keyNone
		switch this.kind {
		case tokPunct:
			this.punct = p.lex.src[p.tok.start]
			switch this.punct {
			case ';':
				if !p.compound {
					return
				}
			case ',':
				if depth == 0 && stop&stopComma != 0 {
					return
				}
			case '(':
				p.call(before, prev)
				depth++
			case ')':
				depth--
				if depth == 0 && stop&stopParen != 0 {
					p.next()
					return
				}
			}
		case tokWord:
			key, this.call = p.tok.word.key, p.tok.word.call
			if key == keyFor && stop&stopFor != 0 {
				return
			}
			if key == keySelect && p.s.Op == OpSet {
				p.s.Flags |= Reads // SET @a = (SELECT …)
			}
			if this.call == callSequence && prev.punct == '.' {
				p.s.Flags |= PrimaryOnly // sequence.NEXTVAL
			}
		case tokSysVar:
			p.sysVar()
		}
		before, prev = prev, this
		p.next()
		if this.kind == tokVar {
			p.userVar()
		}
		if key != keyNone && p.clause(key) {
			prev = seen{}
		}
	}
}

// call reads the opening parenthesis after the token t, before which another
// one stands.
func (p *parser) call(before, t seen) {
	c := t.call
	switch {
	case t.kind == tokName, t.kind == tokString: // "name"( is a call with ANSI_QUOTES
		c = callUnknown
	case t.kind != tokWord:
		return
	case before.punct == '.': // database.function
		c = callUnknown
	case c == callUnknown && (before.punct == ')' || before.kind == tokString):
		return // no expression begins there: MATCH (…) AGAINST (…), '$' COLUMNS (…)
	}
	switch c {
	case callUnknown:
		p.s.Flags |= PrimaryOnly
	case callLastInsertID:
		p.s.Flags |= LastInsertID
	case callFoundRows:
		p.s.Flags |= FoundRows
	case callLock:
		p.s.Flags |= Locks
	case callTakeLock:
		p.s.Flags |= Locks | TakesLock
	case callFreeLock:
		p.s.Flags |= Locks | FreesLock
	case callFreeLocks:
		p.s.Flags |= Locks | FreesLocks
	case callSequence:
		p.s.Flags |= PrimaryOnly
	}
}

// userVar reads what comes after a user variable in an expression.
func (p *parser) userVar() {
	if p.is(':') {
		// One server is to evaluate it: the values may differ elsewhere.
		p.s.Flags |= SetsUserVar | PrimaryOnly
		return
	}
	p.s.Flags |= UsesUserVar
}

// sysVar reads a system variable in an expression.
func (p *parser) sysVar() {
	_, name := splitScope(p.text()[2:])
	switch {
	case len(name) == 0: // @@`name`, @@session.`name`, @@session . name
		p.s.Flags |= PrimaryOnly
	case equalFold(name, "identity"), equalFold(name, "last_insert_id"):
		p.s.Flags |= LastInsertID
	case equalFold(name, "warning_count"), equalFold(name, "error_count"):
		p.s.Flags |= FoundRows
	}
}

// splitScope splits the name of a system variable, as in session.autocommit.
func splitScope(b []byte) (global bool, name []byte) {
	scope, name, dot := bytes.Cut(b, []byte("."))
	if equalFold(scope, "global") {
		return true, name
	}
	if equalFold(scope, "session") || equalFold(scope, "local") {
		return false, name
	}
	if dot {
		return false, nil // structured variable: @@cache.key_buffer_size
	}
	return false, b
}

// clause reads on after the keyword k and reports whether it went on.
func (p *parser) clause(k keyword) bool {
	switch k {
	case keyInto:
		return p.into()
	case keyFor:
		switch p.key() {
		case keyUpdate, keyShare:
			p.s.Flags |= Locks
		}
	case keyLock:
		if p.key() == keyIn { // LOCK IN SHARE MODE
			p.s.Flags |= Locks
		}
	case keyNext, keyPrevious:
		if p.key() == keyValue { // NEXT VALUE FOR sequence
			p.s.Flags |= PrimaryOnly
		}
	case keyWith:
		p.accept(keyRecursive)
		if p.tok.kind == tokWord || p.tok.kind == tokName {
			p.next() // of a common table expression, perhaps with columns: no call
			return true
		}
	case keyBegin:
		if p.s.Op == OpCreate || p.s.Op == OpAlter {
			p.compound = true
		}
	}
	return false
}

// into reads on after INTO.
func (p *parser) into() bool {
	switch {
	case p.tok.kind == tokVar:
		for p.tok.kind == tokVar {
			p.s.Flags |= SetsUserVar | SessionCommand
			p.next()
			if p.is(',') {
				p.next()
			}
		}
		return true
	case p.key() == keyOutfile || p.key() == keyDumpfile:
		p.s.Flags |= Writes
	default:
		p.s.Flags |= PrimaryOnly
	}
	return false
}
