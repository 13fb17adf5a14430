package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// prepared is a statement that the client has prepared. The client knows it by
// an id of the session's own, each server by one of its own.
type prepared struct {
	id        uint32
	sql       []byte
	statement classify.Statement
	hint      classify.Hint
	params    int
	// types are the parameter types of the last COM_STMT_EXECUTE that brought
	// any: clients send them once, and a server that was not there then must be
	// told. The generation counts their changes.
	types      []byte
	generation int
}

// newPrepared readies a statement for the COM_STMT_PREPARE in q. It becomes one
// of the session's when the server has accepted it.
func (s *Session) newPrepared(q *Query) *prepared {
	s.history.lastID++
	p := &prepared{id: s.history.lastID, sql: bytes.Clone(q.payload[1:])}
	p.statement = classify.Parse(p.sql)
	return p
}

// accepted completes p with what the filters have made of it and with what the
// server says of it.
func (p *prepared) accepted(q *Query, params int) {
	p.params, p.hint = params, q.hint
	if q.changes > 0 {
		p.sql = bytes.Clone(q.payload[1:])
		p.statement = classify.Parse(p.sql)
	}
}

// bindPrepared finds the statement that q works on. When there is none, it
// answers in the server's words.
func (s *Session) bindPrepared(q *Query) (answered bool, err error) {
	id, ok := wire.StatementID(q.payload)
	if ok && id == wire.LastStatement {
		id = s.history.lastID
	}
	q.prepared = s.prepared[id]
	if ok && q.prepared != nil {
		if q.Command() == wire.ComStmtExecute {
			q.prepared.noteTypes(q.payload)
		}
		return false, nil
	}
	if !q.Command().HasReply() {
		return true, nil
	}
	return true, s.replies.ClientReply(ErrorReply(&wire.Error{
		Code: 1243, State: "HY000",
		Message: fmt.Sprintf("Unknown prepared statement handler (%d) given to %s", id, q.Command()),
	}))
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
	return q.prepared == nil || b.statements[q.prepared.id] != nil
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
func (s *Session) noteReply(b *Backend, q *Query, r *wire.Response) {
	s.replied(b, q, r)
	if r.Err != nil || !r.Complete {
		return
	}
	if name, ok := r.Schema(); ok {
		s.setDatabase(name)
	}
	switch q.Command() {
	case wire.ComInitDB:
		s.setDatabase(string(q.payload[1:]))
		s.history.add(q.payload, s.service.historyLimit())
	case wire.ComQuery:
		statement := q.Statement()
		if statement.Op == classify.OpUse {
			s.setDatabase(string(statement.Database()))
		}
		if statement.Target() == classify.TargetAll {
			s.history.add(q.payload, s.service.historyLimit())
		}
	case wire.ComSetOption:
		s.history.add(q.payload, s.service.historyLimit())
	case wire.ComStmtPrepare:
		if q.prepared != nil {
			q.prepared.accepted(q, int(r.Params))
			if s.prepared == nil {
				s.prepared = make(map[uint32]*prepared)
			}
			s.prepared[q.prepared.id] = q.prepared
			s.history.addPrepared(q.prepared)
		}
	case wire.ComResetConnection:
		s.forgetState()
	}
}

// closePrepared forgets the statement that a COM_STMT_CLOSE has closed.
func (s *Session) closePrepared(q *Query) {
	delete(s.prepared, q.prepared.id)
	s.history.remove(q.prepared.id)
	s.mu.Lock()
	backends := slices.Clone(s.seen.backends)
	s.mu.Unlock()
	for _, b := range backends {
		delete(b.statements, q.prepared.id)
	}
}

// forgetState drops what was built up in the session: after
// COM_RESET_CONNECTION and COM_CHANGE_USER the server has dropped it too.
func (s *Session) forgetState() {
	s.history.clear()
	s.prepared = nil
	s.mu.Lock()
	backends := slices.Clone(s.seen.backends)
	s.mu.Unlock()
	for _, b := range backends {
		b.statements = nil
	}
}

func (q *Query) writes() bool { return q.SQL() != nil && q.Statement().Is(classify.Writes) }
