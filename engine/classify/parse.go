package classify

// Parse says what the statement sql does, read in mode m.
func (m Mode) Parse(sql []byte) Statement {
	if s, is := m.plain(sql); is {
		return s
	}
	return m.parse(sql)
}

// parse is Parse for statements of all kinds.
func (m Mode) parse(sql []byte) Statement {
	p := parser{lex: lexer{src: sql, mode: m}}
	p.s.mode = m
	p.next()
	for {
		for p.is(';') {
			p.next()
		}
		if p.tok.kind == tokEnd {
			break
		}
		if p.statements > 0 {
			p.s.Flags |= MultiStatement
		}
		p.statements++
		p.statement()
	}
	if p.lex.broken || p.lex.strange || p.statements == 0 {
		p.s.Flags |= Unknown
	}
	return p.s
}

// parser goes through the tokens of a text once. p.tok is the token that has
// not been used yet.
type parser struct {
	lex        lexer
	tok        token
	s          Statement
	statements int
	depth      int  // of statements within statements
	compound   bool // in the body of a stored program: semicolons end nothing
}

// maxDepth is how many statements may hold each other: SET STATEMENT … FOR.
const maxDepth = 4

func (p *parser) next() { p.lex.next(&p.tok) }

// is reports whether the token is the byte c.
func (p *parser) is(c byte) bool {
	return p.tok.kind == tokPunct && p.lex.src[p.tok.start] == c
}

func (p *parser) key() keyword {
	if p.tok.kind != tokWord {
		return keyNone
	}
	return p.tok.word.key
}

// accept skips the keyword k and reports whether it was there.
func (p *parser) accept(k keyword) bool {
	if p.key() != k {
		return false
	}
	p.next()
	return true
}

// text returns what the token is written as.
func (p *parser) text() []byte { return p.lex.src[p.tok.start:p.tok.end] }

// atEnd reports whether the statement ends here.
func (p *parser) atEnd() bool { return p.tok.kind == tokEnd || p.is(';') }

// op records the statement's kind; the first statement's counts.
func (p *parser) op(op Op, f Flags) {
	if p.s.Op == OpUnknown {
		p.s.Op = op
	}
	p.s.Flags |= f
}

// name records the name that stands here, the last part of a qualified one.
func (p *parser) name() {
	for p.tok.kind == tokWord || p.tok.kind == tokName {
		p.s.name = p.text()
		p.next()
		if !p.is('.') {
			return
		}
		p.next()
	}
}

// statement reads one statement and the semicolon after it.
func (p *parser) statement() {
	p.openings()
	inExec := p.lex.inExec
	before := p.s.Flags
	p.depth = 0
	p.verb()
	if inExec && p.s.Flags&^before&Reads != 0 {
		// A server that does not execute the comment sees another statement.
		p.s.Flags |= PrimaryOnly
	}
}

// openings skips opening parentheses.
func (p *parser) openings() {
	for p.is('(') {
		p.next()
	}
}

// verb reads a statement from its first word.
func (p *parser) verb() {
	k := p.key()
	if p.depth++; p.depth > maxDepth {
		k = keyNone
	}
	p.next()
	switch k {
	case keySelect, keyValues, keyTable:
		p.simple(OpSelect, Reads)
	case keyWith:
		p.with()
	case keyInsert:
		p.simple(OpInsert, Writes)
	case keyReplace:
		p.simple(OpReplace, Writes)
	case keyUpdate:
		p.simple(OpUpdate, Writes)
	case keyDelete:
		p.simple(OpDelete, Writes)
	case keyLoad:
		p.load()
	case keyCall:
		p.simple(OpCall, Writes)
		p.mayAssign()
	case keyDo:
		p.simple(OpDo, Reads|PrimaryOnly)
	case keyHandler:
		p.simple(OpHandler, Reads|PrimaryOnly)
	case keyCreate:
		p.create()
	case keyAlter:
		p.define(OpAlter)
	case keyDrop:
		p.drop()
	case keyRename:
		p.simple(OpRename, Writes)
	case keyTruncate:
		p.simple(OpTruncate, Writes)
	case keyBegin:
		p.begin()
	case keyStart:
		p.start()
	case keyCommit:
		p.endTrx(OpCommit)
	case keyRollback:
		p.endTrx(OpRollback)
	case keySavepoint, keyRelease:
		p.simple(OpSavepoint, PrimaryOnly)
	case keySet:
		p.set()
	case keyUse:
		p.op(OpUse, SessionCommand)
		p.name()
		p.rest()
	case keyPrepare:
		p.prepare()
	case keyExecute:
		p.execute()
	case keyDeallocate:
		p.deallocate()
	case keyShow:
		p.show()
	case keyExplain, keyDescribe, keyDesc:
		p.explain()
	case keyAnalyze:
		p.analyze()
	case keyHelp:
		p.simple(OpShow, Reads)
	case keyGet: // DIAGNOSTICS
		p.simple(OpShow, Reads|FoundRows)
	case keyKill:
		p.simple(OpKill, Kill)
	case keyLock:
		p.simple(OpLock, Locks)
	case keyUnlock:
		p.simple(OpUnlock, Locks)
	case keyFlush:
		p.simple(OpFlush, Writes)
	case keyXA:
		p.xa()
	case keyGrant, keyRevoke, keyPurge, keyReset, keyChange, keyCheck, keyBinlog:
		p.simple(OpAdmin, Writes)
	default:
		p.simple(OpUnknown, Unknown)
	}
}

// simple reads a statement that is told by its first word alone.
func (p *parser) simple(op Op, f Flags) {
	p.op(op, f)
	p.rest()
}
