package classify

import "bytes"

// This file reads SET.

func (p *parser) set() {
	if p.accept(keyStatement) { // SET STATEMENT assignments FOR statement
		p.scan(stopFor)
		if p.accept(keyFor) {
			p.openings()
			p.verb()
			return
		}
		p.op(OpSet, Unknown)
		return
	}
	p.op(OpSet, 0)
	switch p.key() {
	case keyPassword, keyDefault: // SET PASSWORD, SET DEFAULT ROLE
		p.simple(OpSet, Writes)
		return
	}
	for {
		p.assignment()
		if !p.is(',') {
			break
		}
		p.next()
	}
	p.rest()
}

// assignment reads one of the assignments of SET, and what looks like one:
// NAMES, ROLE, TRANSACTION.
func (p *parser) assignment() {
	f, scoped := SessionCommand, false
	switch p.key() {
	case keyGlobal, keyPersist, keyPersistOnly:
		// MaxScale: sends SET GLOBAL to every server of the session; we change
		// the primary alone, for nobody expects SET GLOBAL read_only elsewhere.
		f = Writes
		p.next()
	case keySession, keyLocal:
		scoped = true
		p.next()
	}
	k := p.key()
	if k == keyTransaction && f != Writes && !scoped {
		f = NextTrx
	}
	switch p.tok.kind {
	case tokVar:
		f |= SetsUserVar
	case tokSysVar:
		global, name := splitScope(p.text()[2:])
		if global {
			f = Writes
		}
		k = words.lookup(name, hash(name)).key
		if (k == keyTransactionIsolation || k == keyTransactionReadOnly) && bytes.IndexByte(p.text(), '.') < 0 {
			f = NextTrx // SET @@tx_isolation, unlike SET tx_isolation
		}
	}
	p.next()
	p.s.Flags |= f
	if f&Writes == 0 {
		p.sessionVariable(k)
	}
	p.scan(stopComma)
}

// sessionVariable reads what is assigned to the variable k.
func (p *parser) sessionVariable(k keyword) {
	if k == keyTransaction {
		p.transaction()
		return
	}
	if p.is(':') {
		p.next()
	}
	if p.is('=') {
		p.next()
	}
	on, known := p.boolean()
	switch k {
	case keyAutocommit:
		switch {
		case known && on:
			p.s.Flags |= AutocommitOn
		case known:
			p.s.Flags |= AutocommitOff
		}
	case keyTransactionReadOnly:
		if on {
			p.s.Flags |= ReadOnlyTrx
		}
	case keyTransactionIsolation:
		p.s.Flags |= Isolation
		if b := p.text(); len(b) > 2 && (equalFold(b, "serializable") || equalFold(b[1:len(b)-1], "serializable")) {
			p.s.Flags |= Serializable
		}
	}
}

// transaction reads the characteristics after SET TRANSACTION.
func (p *parser) transaction() {
	for !p.atEnd() {
		switch {
		case p.accept(keyIsolation):
			p.s.Flags |= Isolation
		case p.accept(keySerializable):
			p.s.Flags |= Serializable
		case p.accept(keyRead):
			if p.accept(keyOnly) {
				p.s.Flags |= ReadOnlyTrx
			}
		default:
			p.next()
		}
	}
}

// boolean returns the value that stands here, and whether it is a constant.
func (p *parser) boolean() (on, known bool) {
	b := p.text()
	if p.tok.kind == tokString && len(b) > 2 {
		b = b[1 : len(b)-1]
	}
	switch {
	case equalFold(b, "1"), equalFold(b, "on"), equalFold(b, "true"), equalFold(b, "default"):
		return true, true
	case equalFold(b, "0"), equalFold(b, "off"), equalFold(b, "false"):
		return false, true
	}
	return false, false
}
