package engine

import (
	"time"

	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// Query is one command of a client on its way down the chain. It is valid
// during RouteQuery only, and belongs to the session's goroutine.
type Query struct {
	payload    []byte       // command byte and arguments
	command    wire.Command // the command byte: the payload itself is long cold when the reply comes
	parsed     bool
	alone      bool          // it goes to one server though others could execute it
	mode       classify.Mode // how the session's SQL is to be read
	received   time.Time
	framed     []byte // the payload as it came from the client, nil when it was changed or joined
	prepared   *prepared
	statements *statements // of the session; nil for a query of the proxy's own
	changes    int
	hint       *classify.Hint // nil for none
	statement  classify.Statement
}

// take makes q the query of the command in p.
func (q *Query) take(p wire.Packet, received time.Time, c *conversation) {
	q.payload, q.framed, q.received, q.mode, q.statements = p.Payload, p.Framed, received, c.mode, &c.statements
	q.command = commandOf(p.Payload)
}

// release ends the use of q, which lets go of the command's memory.
func (q *Query) release() { *q = Query{} }

// queryOf makes a query of the proxy's own.
func queryOf(payload []byte) *Query { return &Query{payload: payload, command: commandOf(payload)} }

// preparedQuery makes one that works on a prepared statement.
func preparedQuery(payload []byte, p *prepared) *Query {
	q := queryOf(payload)
	q.prepared = p
	return q
}

func commandOf(payload []byte) wire.Command {
	if len(payload) == 0 {
		return wire.ComSleep
	}
	return wire.Command(payload[0])
}

// NewQuery makes a query that runs sql, for filters and tests that send one of
// their own.
func NewQuery(sql string) *Query {
	q := queryOf(append([]byte{byte(wire.ComQuery)}, sql...))
	q.received = time.Now()
	return q
}

// Command returns what is asked for.
func (q *Query) Command() wire.Command { return q.command }

// Payload returns the command byte and its arguments. It must not be changed.
func (q *Query) Payload() []byte { return q.payload }

// SQL returns the text of a COM_QUERY or COM_STMT_PREPARE, and for commands
// that work on a prepared statement the text that it was prepared from; nil
// for all others.
func (q *Query) SQL() []byte {
	switch q.Command() {
	case wire.ComQuery, wire.ComStmtPrepare:
		return q.payload[1:]
	}
	if q.prepared != nil {
		return q.prepared.sql
	}
	return nil
}

// SetSQL replaces the text of a COM_QUERY or COM_STMT_PREPARE. It has no
// effect on other commands.
func (q *Query) SetSQL(sql []byte) {
	command := q.Command()
	if command != wire.ComQuery && command != wire.ComStmtPrepare {
		return
	}
	rewritten := make([]byte, 0, len(sql)+1)
	q.payload, q.framed = append(append(rewritten, byte(command)), sql...), nil
	q.parsed = false
	q.changes++
}

// Statement returns what the query's SQL does; it is not to be changed. It is
// parsed at most once; a prepared statement was parsed when it was prepared. EXECUTE
// does what was prepared under its name.
func (q *Query) Statement() *classify.Statement {
	if q.prepared != nil && q.Command() != wire.ComStmtPrepare {
		return &q.prepared.statement
	}
	if !q.parsed {
		q.parse()
	}
	return &q.statement
}

func (q *Query) parse() {
	q.parsed = true
	q.statement = q.mode.Parse(q.SQL())
	if q.statement.Op == classify.OpExecute && q.statements != nil {
		q.statements.executed(&q.statement)
	}
}

// body returns the text of the statement that is executed: for EXECUTE, what was
// prepared under its name.
func (q *Query) body() []byte {
	if q.Command() == wire.ComQuery && q.statements != nil && q.statements.texts != nil {
		if statement := q.mode.Parse(q.SQL()); statement.Op == classify.OpExecute {
			if text := q.statements.text(&statement); text != nil {
				return text.sql
			}
		}
	}
	return q.SQL()
}

// Alone says that q, a session command, is sent to one server only: others are
// not to be told of it, neither now nor later.
func (q *Query) Alone() { q.alone = true }

// Hint returns where a filter, or the statement that was prepared, wants the
// query to go.
func (q *Query) Hint() classify.Hint {
	switch {
	case q.hint != nil:
		return *q.hint
	case q.prepared != nil && q.prepared.hint != nil:
		return *q.prepared.hint
	}
	return classify.Hint{}
}

// SetHint tells the router where the query should go.
func (q *Query) SetHint(h classify.Hint) { q.hint = &h }

// Received returns when the query came in.
func (q *Query) Received() time.Time { return q.received }

// StatementID returns the client's id of the prepared statement that the query
// works on; false when it works on none, or on one that does not exist.
func (q *Query) StatementID() (uint32, bool) {
	if q.prepared == nil {
		return 0, false
	}
	return q.prepared.id, true
}
