package readwritesplit

import (
	"slices"
	"strconv"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// This file decides where a query goes.

// target is where a query is to go, and why.
type target struct {
	kind   classify.Target
	why    string
	on     *engine.Backend // the only connection that will do, nil for one of the kind
	server *engine.Server  // that a hint names
	lag    time.Duration   // most that a replica may be behind, 0 for any
}

// target decides where q goes.
func (s *session) target(q *engine.Query) target {
	switch q.Command() {
	case wire.ComQuery, wire.ComStmtExecute, wire.ComStmtBulkExecute:
	case wire.ComStmtFetch:
		return target{kind: classify.TargetLast, why: "cursor", on: s.session.Pins().Statement(q)}
	case wire.ComStmtSendLongData:
		// MaxScale: sends it to all servers. Those that do not execute the
		// statement would add it to what they get for the next execution.
		return s.longData(q)
	case wire.ComInitDB, wire.ComPing, wire.ComResetConnection, wire.ComSetOption, wire.ComStmtPrepare,
		wire.ComStmtClose, wire.ComStmtReset:
		return target{kind: classify.TargetAll, why: "session command"}
	default:
		if s.trx != nil {
			return target{kind: classify.TargetLast, why: "transaction", on: s.trx}
		}
		return target{kind: classify.TargetPrimary, why: "command"}
	}
	if b := s.session.Pins().Statement(q); b != nil {
		if q.Statement().Is(classify.SetsUserVar) {
			q.Alone() // no other server has the data
		}
		return target{kind: classify.TargetLast, why: "long data", on: b}
	}
	if t, ok := s.hinted(q); ok {
		return t
	}
	t := s.usual(q)
	t.lag = s.lag(q.Hint())
	return t
}

// longData returns where a parameter goes that is sent ahead: to the server that
// will execute the statement.
func (s *session) longData(q *engine.Query) target {
	t := target{kind: classify.TargetPrimary, why: "long data", on: s.session.Pins().Statement(q)}
	switch {
	case t.on != nil:
	case s.trx != nil:
		t.on = s.trx
	case s.primary == nil && s.router.primary() == nil && len(s.members) > 0:
		t.on = s.members[0].Backend
	}
	return t
}

// usual decides where a statement goes without a hint.
func (s *session) usual(q *engine.Query) target {
	statement, pins := q.Statement(), s.session.Pins()
	onPrimary := func(why string) target { return target{kind: classify.TargetPrimary, why: why} }
	if statement.Target() == classify.TargetAll {
		switch {
		case statement.Is(classify.SetsUserVar) && !s.router.options.variablesInAll:
			return onPrimary("user variable")
		case statement.Is(classify.SetsUserVar) && statement.Is(classify.Reads) && (s.trx != nil || s.autoOff || s.causal != nil):
			// MaxScale: has all servers execute SELECT … INTO @variable here too,
			// though the others do not see what the transaction has done, or what
			// causal_reads promises.
			q.Alone()
		default:
			return target{kind: classify.TargetAll, why: "session command"}
		}
	}
	switch {
	case s.trx != nil && s.trx != s.primary && leaves(statement):
		return s.nextTransaction(q)
	case s.trx != nil:
		return target{kind: classify.TargetLast, why: "transaction", on: s.trx}
	case s.autoOff:
		return onPrimary("autocommit is off")
	case s.nextTrx:
		return onPrimary("SET TRANSACTION")
	case pins.Serializable():
		return onPrimary("serializable")
	case pins.On(engine.PinStrict) != nil:
		return onPrimary("strict")
	case pins.On(engine.PinTableLock) != nil:
		return onPrimary("LOCK TABLES")
	case statement.Is(classify.BeginTrx) && statement.Is(classify.ReadOnlyTrx) && s.primary != nil &&
		(pins.On(engine.PinTempTable) == s.primary || pins.On(engine.PinVariable) == s.primary):
		return onPrimary("transaction that may need what is there")
	case pins.TempTable(q) != nil:
		return s.where(pins.TempTable(q), "temporary table")
	case statement.Is(classify.Writes): // even if it asks for a variable that is on a replica
		return onPrimary("statement")
	case statement.Is(classify.UsesUserVar) && (pins.On(engine.PinVariable) != nil || !s.router.options.variablesInAll):
		return s.where(pins.On(engine.PinVariable), "user variable")
	}
	return target{kind: statement.Target(), why: "statement"}
}

// where returns the target of a statement about what is on b: the primary, unless
// a hint has put it on another server.
func (s *session) where(b *engine.Backend, why string) target {
	if b == nil || b == s.primary {
		return target{kind: classify.TargetPrimary, why: why}
	}
	return target{kind: classify.TargetLast, why: why, on: b}
}

// leaves reports whether a statement ends the transaction that is open and goes on
// outside of it or in another one. XA START does not: it is refused in one.
func leaves(statement *classify.Statement) bool {
	if statement.Is(classify.MultiStatement) {
		return statement.Is(classify.BeginTrx | classify.EndTrx)
	}
	switch statement.Op {
	case classify.OpCreate, classify.OpDrop:
		return !statement.Is(classify.TempTable)
	case classify.OpAlter, classify.OpRename, classify.OpTruncate, classify.OpLock, classify.OpFlush, classify.OpAdmin:
		return true
	}
	return statement.Is(classify.BeginTrx) && !statement.Is(classify.EndTrx) && !statement.Is(classify.PrimaryOnly)
}

// nextTransaction returns where a statement goes that leaves a read-only
// transaction, which is open on a replica. That one ends, as it does on one server.
func (s *session) nextTransaction(q *engine.Query) target {
	if statement := q.Statement(); statement.Is(classify.ReadOnlyTrx) && !statement.Is(classify.MultiStatement) {
		return target{kind: classify.TargetLast, why: "transaction", on: s.trx}
	}
	s.leaving, s.trx = s.trx, nil
	if !q.Statement().Is(classify.BeginTrx | classify.EndTrx) { // the primary is not to wait for its locks
		commit(s)
	}
	return target{kind: classify.TargetPrimary, why: "statement"}
}

// unparsed is the error of a statement that is none, which ends no transaction.
const unparsed = 1064

// leave ends the transaction that a statement of b has left, if it is not ended yet.
func leave(s *session, b *engine.Backend) {
	if s.leaving == nil {
		return
	}
	if response := b.Response(); !response.Told() && response.Err.Code == unparsed {
		s.trx, s.leaving = s.leaving, nil
		return
	}
	commit(s)
}

func commit(s *session) {
	left := s.leaving
	s.leaving = nil
	if _, err := left.Ask("COMMIT"); err != nil {
		s.drop(left)
	}
}

// hinted returns where a hint wants a query to go; false when there is none, or
// one that cannot be followed.
func (s *session) hinted(q *engine.Query) (target, bool) {
	t := target{why: "hint", lag: s.router.options.lag}
	switch h := q.Hint(); h.Kind {
	case classify.HintMaster:
		t.kind = classify.TargetPrimary
	case classify.HintSlave:
		t.kind = classify.TargetReplica
	case classify.HintLast:
		t.kind = classify.TargetLast
	case classify.HintAll:
		t.kind = classify.TargetAll
	case classify.HintServer:
		servers := s.router.service.Servers()
		i := slices.IndexFunc(servers, func(x *engine.Server) bool { return x.Name() == h.Value })
		if i < 0 {
			return t, false
		}
		t.kind, t.server = classify.TargetLast, servers[i]
	default:
		return t, false
	}
	return t, true
}

// lag returns how far behind a replica may be: what a hint says, and else what is
// configured.
func (s *session) lag(h classify.Hint) time.Duration {
	if h.Kind == classify.HintParam && (h.Param == "max_slave_replication_lag" || h.Param == "max_replication_lag") {
		if seconds, err := strconv.ParseUint(h.Value, 10, 31); err == nil {
			return time.Duration(seconds) * time.Second
		}
		if d, err := time.ParseDuration(h.Value); err == nil && d >= 0 {
			return d
		}
	}
	return s.router.options.lag
}
