package classify

// IsLockCall reports whether sql, read in mode m, selects what one call of
// GET_LOCK or RELEASE_LOCK returns and nothing else, so that its one value says
// whether a lock was taken or freed.
func (m Mode) IsLockCall(sql []byte) bool {
	p := parser{lex: lexer{src: sql, mode: m}}
	p.next()
	if !p.accept(keySelect) || p.tok.kind != tokWord {
		return false
	}
	if c := p.tok.word.call; c != callTakeLock && c != callFreeLock {
		return false
	}
	p.next()
	if !p.is('(') {
		return false
	}
	p.scan(stopParen)
	if p.s.Is(TakesLock | FreesLock | FreesLocks) { // within the parentheses
		return false
	}
	p.accept(keyAs)
	if p.tok.kind == tokWord || p.tok.kind == tokName || p.tok.kind == tokString {
		p.next()
	}
	for p.is(';') {
		p.next()
	}
	return p.tok.kind == tokEnd && !p.lex.broken && !p.lex.strange
}
