package engine

import (
	"slices"
	"strings"

	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// This file notices what pins a session to a server, from the commands that it
// has sent there.

// note draws the consequences of a good reply of b to q.
func (p *Pins) note(b *Backend, q *Query, r *wire.Response) {
	const says = classify.TempTable | classify.TakesLock | classify.SetsUserVar
	cursor := r.Status.Has(wire.StatusCursorExists)
	if command := q.Command(); command == wire.ComStmtFetch || command == wire.ComStmtReset {
		if p.held != nil {
			p.noteCursor(b, q, cursor)
			p.trim()
		}
		return
	}
	statement := q.Statement()
	if p.held == nil && !statement.Is(says) && !cursor && statement.Op != classify.OpLock {
		return
	}
	p.noteLocks(b, statement)
	p.noteCursor(b, q, cursor)
	switch {
	case statement.Is(classify.TempTable) && statement.Op == classify.OpCreate:
		p.created(b, q, statement)
	case statement.Is(classify.TempTable) && statement.Op != classify.OpDrop: // one of several statements
		p.own().anyTable = true
		p.tempTables(b)
	case p.On(PinTempTable) != nil:
		p.altered(b, q, statement)
	}
	if statement.Is(classify.SetsUserVar) && (q.alone || statement.Target() != classify.TargetAll) {
		p.Add(PinVariable, b, "")
	}
	p.trim()
}

// trim gives back the memory of pins that are gone.
func (p *Pins) trim() {
	if p.held != nil && len(p.held.pins) == 0 {
		p.held = nil
	}
}

// noteLocks follows GET_LOCK and LOCK TABLES.
func (p *Pins) noteLocks(b *Backend, statement *classify.Statement) {
	switch {
	case statement.Op == classify.OpLock:
		p.Add(PinTableLock, b, "")
	case statement.Op == classify.OpUnlock, statement.Is(classify.BeginTrx):
		p.Remove(PinTableLock)
	}
	if p.lockFailed || !statement.Is(classify.TakesLock|classify.FreesLock|classify.FreesLocks) {
		return
	}
	h := p.own()
	if statement.Is(classify.FreesLocks) {
		h.locks = 0
	}
	if statement.Is(classify.FreesLock) {
		h.locks = max(h.locks-1, 0)
	}
	if statement.Is(classify.TakesLock) {
		h.locks++
	}
	if h.locks == 0 {
		p.Remove(PinUserLock)
	} else {
		p.Add(PinUserLock, b, "")
	}
}

// noteCursor follows the cursors of prepared statements.
func (p *Pins) noteCursor(b *Backend, q *Query, open bool) {
	if q.prepared == nil {
		return
	}
	h, id := p.own(), q.prepared.id
	switch q.Command() {
	case wire.ComStmtExecute, wire.ComStmtBulkExecute:
	case wire.ComStmtFetch:
		open = !b.response.Status.Has(wire.StatusLastRowSent)
	case wire.ComStmtReset:
		delete(h.longData, id)
		open = false
	default:
		return
	}
	if open {
		if h.cursors == nil {
			h.cursors = make(map[uint32]*Backend)
		}
		h.cursors[id] = b
		p.Add(PinCursor, b, "")
	} else {
		delete(h.cursors, id)
	}
	p.settle()
}

// executed notes that an execution has used up what was sent ahead for it, in vain
// or not.
func (p *Pins) executed(q *Query) {
	if p.held == nil || q.prepared == nil || q.Command() != wire.ComStmtExecute && q.Command() != wire.ComStmtBulkExecute {
		return
	}
	delete(p.held.longData, q.prepared.id)
	p.settle()
	p.trim()
}

// sentLongData notes that b has a part of a parameter for the next execution.
func (p *Pins) sentLongData(b *Backend, q *Query) {
	if q.prepared == nil {
		return
	}
	h := p.own()
	if h.longData == nil {
		h.longData = make(map[uint32]*Backend)
	}
	h.longData[q.prepared.id] = b
	p.Add(PinLongData, b, "")
}

// closed forgets a prepared statement.
func (p *Pins) closed(id uint32) {
	if p.held == nil {
		return
	}
	delete(p.held.cursors, id)
	delete(p.held.longData, id)
	p.settle()
}

// settle takes away the pins for cursors and long data when there are none left.
func (p *Pins) settle() {
	h := p.held
	if len(h.cursors) == 0 {
		p.Remove(PinCursor)
	}
	if len(h.longData) == 0 {
		p.Remove(PinLongData)
	}
}

// created keeps the name of a new temporary table.
func (p *Pins) created(b *Backend, q *Query, statement *classify.Statement) {
	h, name := p.own(), string(statement.Table())
	if name == "" || statement.Is(classify.MultiStatement|classify.Unknown) || len(h.tables) >= maxTempTables {
		h.anyTable = true
	} else {
		database := databaseOf(p.session)
		for qualifier, other := range q.mode.Identifiers(q.body()) {
			if string(other) == name {
				if qualifier != nil {
					database = string(qualifier)
				}
				break
			}
		}
		h.tables = append(h.tables, tempTable{database, name})
	}
	p.tempTables(b)
}

// altered follows what becomes of the temporary tables.
func (p *Pins) altered(b *Backend, q *Query, statement *classify.Statement) {
	h := p.held
	switch statement.Op {
	case classify.OpDrop:
		present := databaseOf(p.session)
		for qualifier, name := range q.mode.Identifiers(q.body()) {
			database := present
			if qualifier != nil {
				database = string(qualifier)
			}
			h.tables = slices.DeleteFunc(h.tables, func(t tempTable) bool {
				return t.name == string(name) && t.database == database
			})
		}
	case classify.OpAlter, classify.OpRename: // perhaps to another name
		h.anyTable = h.anyTable || p.mentions(q)
	default:
		return
	}
	p.tempTables(b)
}

// tempTables makes the pin say which temporary tables there are.
func (p *Pins) tempTables(b *Backend) {
	h := p.held
	if len(h.tables) == 0 && !h.anyTable {
		p.Remove(PinTempTable)
		return
	}
	names := make([]string, 0, 4)
	for i := range h.tables[:min(len(h.tables), 3)] {
		names = append(names, h.tables[i].name)
	}
	if len(h.tables) > 3 || h.anyTable {
		names = append(names, "…")
	}
	p.Add(PinTempTable, b, strings.Join(names, ", "))
}
