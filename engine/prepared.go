package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// prepared is a statement that the client has prepared. The client knows it by
// an id of the session's own, each server by one of its own.
type prepared struct {
	id        uint32
	sql       []byte
	statement classify.Statement
	hint      *classify.Hint // nil for none
	params    int
	database  string // that it was prepared in
	// types are the parameter types of the last COM_STMT_EXECUTE that brought
	// any: clients send them once, and a server that was not there then must be
	// told. The generation counts their changes.
	types      []byte
	generation int
}

// statements are the statements that the client has prepared.
type statements struct {
	byID    map[uint32]*prepared // by the client's id
	texts   map[string]*textStatement
	history *history
}

// textStatement is a statement that was prepared by PREPARE.
type textStatement struct {
	sql       []byte
	statement classify.Statement
}

// maxTexts is how many statements prepared as text are remembered by name, if
// they are not longer than maxKeptStatement. The others go to the primary.
const maxTexts = 1000

// noteText follows PREPARE and DEALLOCATE, and reports whether the history is to
// have the statement.
func (s *statements) noteText(q *Query) bool {
	statement := q.Statement()
	name, body := statement.Prepared()
	key := strings.ToLower(string(name))
	switch statement.Op {
	case classify.OpPrepare:
		if s.texts == nil {
			s.texts = make(map[string]*textStatement)
		}
		delete(s.texts, key)
		if len(s.texts) < maxTexts && body != nil && len(body) <= maxKeptStatement {
			sql := bytes.Clone(body)
			s.texts[key] = &textStatement{sql, q.mode.Parse(sql)}
		}
	case classify.OpDeallocate:
		delete(s.texts, key)
		return !s.history.deallocate(name)
	}
	return true
}

// text returns what an EXECUTE executes, nil when that is not known.
func (s *statements) text(execute *classify.Statement) *textStatement {
	name, _ := execute.Prepared()
	if name == nil || s.texts == nil {
		return nil
	}
	return s.texts[strings.ToLower(string(name))]
}

// executed makes of an EXECUTE what it does.
func (s *statements) executed(execute *classify.Statement) {
	if text := s.text(execute); text != nil {
		flags := execute.Flags
		*execute = text.statement
		execute.Flags |= flags
	}
}

// prepare readies a statement for the COM_STMT_PREPARE in q. It becomes one of
// the session's when the server has accepted it.
func (s *statements) prepare(q *Query) *prepared {
	s.history.lastID++
	p := &prepared{id: s.history.lastID, sql: bytes.Clone(q.payload[1:])}
	p.statement = q.mode.Parse(p.sql)
	return p
}

// add makes the statement that q has prepared in a default database one of the
// session's.
func (s *statements) add(q *Query, params int, database string) {
	if s.byID == nil {
		s.byID = make(map[uint32]*prepared)
	}
	q.prepared.accepted(q, params)
	q.prepared.database = database
	s.byID[q.prepared.id] = q.prepared
	s.history.addPrepared(q.prepared, database)
}

// remove forgets a statement.
func (s *statements) remove(id uint32) {
	delete(s.byID, id)
	s.history.remove(id)
}

// clear forgets all statements and the history.
func (s *statements) clear() {
	s.byID, s.texts = nil, nil
	s.history.clear()
}

// statementHandlers are what MariaDB calls the commands in its errors.
var statementHandlers = map[wire.Command]string{
	wire.ComStmtExecute: "mysqld_stmt_execute", wire.ComStmtFetch: "mysqld_stmt_fetch",
	wire.ComStmtReset: "mysqld_stmt_reset", wire.ComStmtBulkExecute: "mysqld_stmt_execute",
}

// bind finds the statement that q works on, if it is a command that works on
// one. When there is none, it returns the error that a server gives.
func (s *statements) bind(q *Query) *wire.Error {
	switch q.Command() {
	case wire.ComStmtExecute, wire.ComStmtFetch, wire.ComStmtClose, wire.ComStmtReset,
		wire.ComStmtSendLongData, wire.ComStmtBulkExecute:
	default:
		return nil
	}
	asked, ok := wire.StatementID(q.payload)
	id := asked
	if ok && id == wire.LastStatement {
		id = s.history.lastID
	}
	q.prepared = s.byID[id]
	if !ok || q.prepared == nil {
		return &wire.Error{
			Code: 1243, State: "HY000",
			Message: fmt.Sprintf("Unknown prepared statement handler (%d) given to %s", asked, statementHandlers[q.Command()]),
		}
	}
	if q.Command() == wire.ComStmtExecute {
		q.prepared.noteTypes(q.payload)
	}
	return nil
}

// noCursor is the error for a fetch from a statement without an open cursor. A
// server that had one before the statement was executed on another would still
// give its rows.
func noCursor(id uint32) *wire.Error {
	return &wire.Error{Code: 1421, State: "HY000", Message: fmt.Sprintf("The statement (%d) has no open cursor.", id)}
}

// accepted completes p with what the filters have made of it and with what the
// server says of it.
func (p *prepared) accepted(q *Query, params int) {
	p.params, p.hint = params, q.hint
	if q.changes > 0 {
		p.sql = bytes.Clone(q.payload[1:])
		p.statement = q.mode.Parse(p.sql)
	}
}

// Layout of COM_STMT_EXECUTE: command, statement id, flags, iteration count,
// and, with parameters, NULL bitmap, a byte that says whether types follow,
// types, values. Source: MariaDB knowledge base, COM_STMT_EXECUTE.
const executeHeader = 1 + 4 + 1 + 4

// boundAt returns where the byte that says whether types follow stands; false
// when the packet is too short to have one.
func (p *prepared) boundAt(payload []byte) (int, bool) {
	at := executeHeader + (p.params+7)/8
	return at, p.params > 0 && len(payload) > at
}

// noteTypes keeps the parameter types that a COM_STMT_EXECUTE brings.
func (p *prepared) noteTypes(payload []byte) {
	at, ok := p.boundAt(payload)
	if !ok || payload[at] != 1 || len(payload) < at+1+2*p.params {
		return
	}
	types := payload[at+1 : at+1+2*p.params]
	if !bytes.Equal(types, p.types) {
		p.types = bytes.Clone(types)
		p.generation++
	}
}

// parameterID returns the value of the first parameter in a COM_STMT_EXECUTE as
// digits, if it is a number without a sign or a text of digits.
func (p *prepared) parameterID(payload []byte) ([]byte, bool) {
	at, ok := p.boundAt(payload)
	if !ok || len(p.types) < 2 || payload[executeHeader]&1 != 0 { // NULL
		return nil, false
	}
	value := payload[at+1:]
	if payload[at] == 1 {
		if len(value) < 2*p.params {
			return nil, false
		}
		value = value[2*p.params:]
	}
	var number [8]byte
	switch size := map[byte]int{1: 1, 2: 2, 3: 4, 8: 8, 9: 4}[p.types[0]]; { // TINY, SHORT, LONG, LONGLONG, INT24
	case size == 0: // a text
		length, n := wire.LenencInt(value)
		if n == 0 || length == 0 || uint64(len(value)-n) != length {
			return nil, false
		}
		return value[n:], len(bytes.Trim(value[n:], "0123456789")) == 0
	case len(value) < size:
		return nil, false
	default:
		copy(number[:], value[:size])
		return strconv.AppendUint(nil, binary.LittleEndian.Uint64(number[:]), 10), true
	}
}

// withTypes returns payload with the types put in.
func (p *prepared) withTypes(payload []byte, at int) []byte {
	full := make([]byte, 0, len(payload)+len(p.types))
	full = append(append(full, payload[:at]...), 1)
	return append(append(full, p.types...), payload[at+1:]...)
}

// prepare makes q what this server is to get: with its id of the statement, and
// with the parameter types when it does not have them. It returns the framed
// bytes; nil when the payload must be framed anew.
func (b *Backend) prepare(q *Query) ([]byte, error) {
	p := q.prepared
	if p == nil || q.Command() == wire.ComStmtPrepare {
		return q.framed, nil
	}
	known := b.statements[p.id]
	if known == nil {
		return nil, serverError(fmt.Errorf("server %s: does not have prepared statement %d", b.server.Name(), p.id))
	}
	wire.SetStatementID(q.payload, known.id)
	if q.Command() != wire.ComStmtExecute || known.generation == p.generation {
		return q.framed, nil
	}
	if at, ok := p.boundAt(q.payload); ok && q.payload[at] == 0 && p.types != nil {
		q.payload, q.framed = p.withTypes(q.payload, at), nil
	}
	known.generation = p.generation
	return q.framed, nil
}

// HasStatement reports whether the server knows the prepared statement that q
// works on.
func (b *Backend) HasStatement(q *Query) bool {
	return q.prepared == nil || q.Command() == wire.ComStmtPrepare || b.conn == nil || b.statements[q.prepared.id] != nil
}

// noteStatement takes the server's id from the first packet of the answer to a
// COM_STMT_PREPARE, and puts the client's in its place.
func (b *Backend) noteStatement(q *Query, data []byte) {
	if q.Command() != wire.ComStmtPrepare || q.prepared == nil || len(data) < 9 || data[4] != 0 {
		return
	}
	if b.statements == nil {
		b.statements = make(map[uint32]*backendStatement)
	}
	b.statements[q.prepared.id] = &backendStatement{id: binary.LittleEndian.Uint32(data[5:])}
	binary.LittleEndian.PutUint32(data[5:], q.prepared.id)
}

// noteReply draws the consequences of a reply that the client has seen.
func (c *conversation) noteReply(b *Backend, q *Query, r *wire.Response) {
	c.replied(b, q, r)
	switch q.Command() {
	case wire.ComSetOption, wire.ComRegisterSlave, wire.ComBinlogDump, wire.ComBinlogDumpGTID:
		c.stained = true
	}
	if !r.Complete {
		return
	}
	c.pins.executed(q)
	if !r.Told() {
		return
	}
	name, told := r.Schema()
	if told {
		c.setDatabase(name)
	}
	switch q.Command() {
	case wire.ComInitDB: // not for the history, which knows the database of each command
		if !told { // the server has its own character set for names
			c.setDatabase(string(q.payload[1:]))
		}
	case wire.ComQuery, wire.ComStmtExecute:
		noteStatement(c, q, told)
		c.pins.note(b, q, r)
		c.sharing.note(b, q.Statement())
	case wire.ComStmtBulkExecute:
		c.pins.note(b, q, r)
		c.sharing.note(b, q.Statement())
	case wire.ComStmtFetch, wire.ComStmtReset:
		c.pins.note(b, q, r)
	case wire.ComSetOption: // which has nothing to do with a database
		c.history.add(q, "", c.service.historyLimits())
	case wire.ComStmtPrepare:
		if q.prepared != nil {
			c.statements.add(q, int(r.Params), databaseOf(c.Session))
		}
	case wire.ComResetConnection:
		c.forgetState()
	}
}

// noteStatement keeps what q, which has succeeded, has changed in the session of c,
// but for the database where the server has told it.
func noteStatement(c *conversation, q *Query, told bool) {
	statement := q.Statement()
	if statement.Op == classify.OpUse {
		if !told && !q.restores(databaseOf(c.Session)) {
			c.setDatabase(string(statement.Database()))
		}
		return
	}
	if statement.Target() != classify.TargetAll || q.alone || !c.statements.noteText(q) {
		return
	}
	if statement.Is(classify.Isolation) {
		c.pins.serializable = statement.Is(classify.Serializable)
	}
	c.history.add(q, databaseOf(c.Session), c.service.historyLimits())
}

// restores tells whether q, which has been executed while the default database was
// present, has left it as it was: a prepared statement is executed in the database
// that it was prepared in, and if that is another one the server goes back to the
// present one, even after USE.
func (q *Query) restores(present string) bool {
	return q.prepared != nil && q.prepared.database != "" && q.prepared.database != present
}

// closeStatement forgets the statement that a COM_STMT_CLOSE has closed.
func (c *conversation) closeStatement(q *Query) {
	c.statements.remove(q.prepared.id)
	c.pins.closed(q.prepared.id)
	for _, b := range c.openBackends() {
		delete(b.statements, q.prepared.id)
	}
}

// forgetState drops what was built up in the session: after
// COM_RESET_CONNECTION and COM_CHANGE_USER the server has dropped it too.
func (c *conversation) forgetState() {
	c.statements.clear()
	c.pins.clear()
	c.sharing.bound, c.sharing.nextTrx = false, false
	for _, b := range c.openBackends() {
		b.statements, b.insert = nil, insertID{}
	}
}

// openBackends returns the backends, those that are parked too.
func (c *conversation) openBackends() []*Backend {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen.all()
}

func (q *Query) writes() bool { return q.SQL() != nil && q.Statement().Is(classify.Writes) }
