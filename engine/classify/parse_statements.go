package classify

import "bytes"

// This file reads the statements that need more than their first word.

// with reads WITH [RECURSIVE] name [(columns)] AS (query), … statement.
func (p *parser) with() {
	p.accept(keyRecursive)
	for {
		p.next() // name
		if p.is('(') {
			for !p.atEnd() && !p.is(')') {
				p.next()
			}
			p.next()
		}
		if !p.accept(keyAs) || !p.is('(') {
			p.simple(OpUnknown, Unknown)
			return
		}
		p.scan(stopParen)
		if p.accept(keyCycle) { // columns RESTRICT
			for !p.atEnd() && !p.accept(keyRestrict) {
				p.next()
			}
		}
		if !p.is(',') {
			break
		}
		p.next()
	}
	p.openings()
	if !p.key().readsOrWrites() {
		p.simple(OpUnknown, Unknown)
		return
	}
	p.verb()
}

// readsOrWrites reports whether k begins a statement on tables' rows, other
// than WITH.
func (k keyword) readsOrWrites() bool {
	switch k {
	case keySelect, keyValues, keyTable, keyInsert, keyReplace, keyUpdate, keyDelete:
		return true
	}
	return false
}

// load reads LOAD DATA [LOW_PRIORITY] [LOCAL] INFILE and LOAD INDEX.
func (p *parser) load() {
	p.op(OpLoad, Writes)
	for range 3 {
		if p.accept(keyLocal) {
			p.s.Flags |= LoadLocal
			break
		}
		if p.tok.kind != tokWord {
			break
		}
		p.next()
	}
	p.rest()
}

// create reads CREATE [OR REPLACE] [TEMPORARY TABLE name].
func (p *parser) create() {
	if p.accept(keyOr) {
		p.accept(keyReplace)
	}
	if p.accept(keyTemporary) {
		p.temporary(OpCreate)
		return
	}
	p.define(OpCreate)
}

// temporary reads TABLE or SEQUENCE, [IF [NOT] EXISTS] and a name, after CREATE
// TEMPORARY and DROP TEMPORARY.
func (p *parser) temporary(op Op) {
	p.op(op, Writes|TempTable)
	if p.tok.kind == tokWord {
		p.next()
	}
	if p.accept(keyIf) {
		p.accept(keyNot)
		p.accept(keyExists)
	}
	p.name()
	p.rest()
}

// define reads CREATE and ALTER, which may hold the body of a stored program.
func (p *parser) define(op Op) {
	p.simple(op, Writes)
	p.compound = false
}

func (p *parser) drop() {
	switch {
	case p.accept(keyPrepare):
		p.op(OpDeallocate, SessionCommand)
		p.name()
		p.rest()
	case p.accept(keyTemporary):
		p.temporary(OpDrop)
	default:
		p.simple(OpDrop, Writes)
	}
}

// begin reads BEGIN [WORK]; BEGIN NOT ATOMIC and Oracle mode's BEGIN open a
// compound statement.
func (p *parser) begin() {
	p.accept(keyWork)
	if p.atEnd() {
		p.op(OpBegin, BeginTrx)
		return
	}
	p.op(OpCall, Writes)
	p.compound = true
	p.rest()
	p.compound = false
	p.mayAssign()
}

// mayAssign notes that the user variables which the statement names may be set by
// it: those for OUT parameters, and those in the body of a stored program.
func (p *parser) mayAssign() {
	if p.s.Is(UsesUserVar) {
		p.s.Flags |= SetsUserVar
	}
}

// start reads START TRANSACTION [characteristics]; START SLAVE is
// administration.
func (p *parser) start() {
	if !p.accept(keyTransaction) {
		p.simple(OpAdmin, Writes)
		return
	}
	p.op(OpBegin, BeginTrx)
	for !p.atEnd() {
		if p.accept(keyRead) && p.accept(keyOnly) {
			p.s.Flags |= ReadOnlyTrx
			continue
		}
		p.next()
	}
}

// endTrx reads COMMIT and ROLLBACK [WORK] [TO savepoint] [AND [NO] CHAIN]
// [[NO] RELEASE].
func (p *parser) endTrx(op Op) {
	p.accept(keyWork)
	if op == OpRollback && p.key() == keyTo {
		p.simple(OpSavepoint, PrimaryOnly)
		return
	}
	p.op(op, EndTrx)
	if p.accept(keyAnd) && p.accept(keyChain) {
		p.s.Flags |= BeginTrx
	}
	p.rest()
}

// prepare reads PREPARE name FROM literal or expression.
func (p *parser) prepare() {
	p.op(OpPrepare, SessionCommand)
	p.name()
	if !p.accept(keyFrom) {
		p.simple(OpPrepare, Unknown)
		return
	}
	literal, end := p.tok.kind == tokString, p.tok.end
	body := p.text()
	p.rest()
	if literal && len(bytes.TrimSpace(p.lex.src[end:p.tok.start])) == 0 {
		p.s.body = body
	}
}

// execute reads EXECUTE name [USING …] and EXECUTE IMMEDIATE, which does what its
// literal says.
func (p *parser) execute() {
	p.op(OpExecute, 0)
	if p.accept(keyImmediate) {
		p.s.Flags |= Writes
		if p.tok.kind == tokString {
			p.s.Flags |= p.s.mode.Parse(unquoteString(p.text(), p.s.mode)).Flags
		}
		p.rest()
		return
	}
	p.name()
	p.rest()
}

func (p *parser) deallocate() {
	p.op(OpDeallocate, SessionCommand)
	p.accept(keyPrepare)
	p.name()
	p.rest()
}

// show reads SHOW. What it tells of the primary alone, or of connections to
// one server, is for the primary.
func (p *parser) show() {
	f := Reads
	switch p.key() {
	case keyWarnings, keyErrors, keyCount:
		f |= FoundRows
	case keyMaster, keyBinlog, keyBinary, keyExplain, keyAnalyze:
		f |= PrimaryOnly
	}
	p.simple(OpShow, f)
}

// explain reads EXPLAIN [EXTENDED | PARTITIONS | FORMAT=name] statement and
// DESCRIBE table. The explained statement is not executed; a server that is
// read only refuses to explain a write all the same.
func (p *parser) explain() {
	if p.accept(keyAnalyze) {
		p.analyze()
		return
	}
	p.op(OpExplain, Reads)
	if !p.accept(keyExtended) && !p.accept(keyPartitions) {
		p.format()
	}
	p.openings()
	switch p.key() {
	case keyInsert, keyReplace, keyUpdate, keyDelete:
		p.s.Flags |= PrimaryOnly
	case keyFor: // CONNECTION id
		p.s.Flags |= PrimaryOnly
	case keyWith: // it may be WITH … DELETE
		writes := p.s.Flags & Writes
		p.next()
		p.with()
		if p.s.Flags&Writes != writes {
			p.s.Flags = p.s.Flags&^Writes | writes | PrimaryOnly
		}
		return
	}
	p.rest()
}

// analyze reads ANALYZE [FORMAT=name] statement, which executes it, and
// ANALYZE TABLE.
func (p *parser) analyze() {
	p.format()
	p.openings()
	switch k := p.key(); {
	case k == keyTable:
		p.simple(OpAdmin, Writes)
	case k == keyWith || k.readsOrWrites():
		p.op(OpAnalyze, 0)
		p.verb()
	default:
		p.simple(OpAdmin, Writes)
	}
}

// format skips FORMAT=name.
func (p *parser) format() {
	if !p.accept(keyFormat) {
		return
	}
	if p.is('=') {
		p.next()
	}
	p.next()
}

func (p *parser) xa() {
	switch p.key() {
	case keyStart, keyBegin:
		p.simple(OpBegin, BeginTrx|PrimaryOnly)
	case keyCommit, keyRollback:
		p.simple(OpXA, EndTrx|PrimaryOnly)
	default:
		p.simple(OpXA, PrimaryOnly)
	}
}
