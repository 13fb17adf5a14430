package readwritesplit

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// session is the router's part of one session.
type session struct {
	router   *router
	session  *engine.Session
	backends []*engine.Backend // open ones
	primary  *engine.Backend   // one of them, nil without a primary
	readOnly *engine.Backend   // that runs the open read-only transaction
	last     *engine.Backend   // that executed the last statement

	inTrx     bool                          // the last reply said so
	autoOff   bool                          // the last reply said that autocommit is off
	sticky    string                        // why everything goes to the primary from now on, "" when it does not
	temporary bool                          // the session has made a temporary table
	variables bool                          // user variables were set on the primary alone
	texts     map[string]classify.Statement // statements prepared as text, by name
}

// maxTexts is how many statements prepared as text are remembered by name. The
// others go to the primary.
const maxTexts = 1000

func (s *session) add(b *engine.Backend) {
	s.backends = append(s.backends, b)
	if b.Server().Primary() {
		s.primary = b
	}
}

// drop closes a backend that is of no use any more.
func (s *session) drop(b *engine.Backend) {
	_ = b.Close()
	s.backends = slices.DeleteFunc(s.backends, func(x *engine.Backend) bool { return x == b })
	for _, p := range []**engine.Backend{&s.primary, &s.readOnly, &s.last} {
		if *p == b {
			*p = nil
		}
	}
}

// replicas counts the open connections to servers that are not the primary.
func (s *session) replicas() int {
	n := len(s.backends)
	if s.primary != nil {
		n--
	}
	return n
}

// Close closes the backends.
func (s *session) Close() error {
	for _, b := range s.backends {
		_ = b.Close()
	}
	s.backends = nil
	return nil
}

// RouteQuery sends q where it belongs.
func (s *session) RouteQuery(ctx context.Context, q *engine.Query, up engine.ReplyWriter) error {
	s.router.queries.Add(1)
	target, why := s.target(q)
	if s.session.Logs(slog.LevelInfo) {
		s.session.Logf(slog.LevelInfo, "route %s to %s: %s", q.Command(), target.kind, why)
	}
	switch target.kind {
	case classify.TargetAll:
		return s.toAll(ctx, q, up)
	case classify.TargetReplica:
		return s.read(ctx, q, up, target.server)
	case classify.TargetLast:
		if s.last != nil {
			return s.execute(q, up, s.last, false)
		}
	}
	return s.write(ctx, q, up)
}

// target is where a query is to go.
type target struct {
	kind   classify.Target
	server string // with TargetReplica: the server that a hint names
}

// target decides where q goes, and says why.
func (s *session) target(q *engine.Query) (target, string) {
	switch q.Command() {
	case wire.ComQuery, wire.ComStmtPrepare, wire.ComStmtExecute, wire.ComStmtBulkExecute:
	case wire.ComStmtFetch:
		return target{kind: classify.TargetLast}, "cursor"
	case wire.ComInitDB, wire.ComPing, wire.ComResetConnection, wire.ComSetOption,
		wire.ComStmtClose, wire.ComStmtReset, wire.ComStmtSendLongData:
		return target{kind: classify.TargetAll}, "session command"
	default:
		return target{kind: classify.TargetPrimary}, "command"
	}
	if q.Command() == wire.ComStmtPrepare {
		return target{kind: classify.TargetAll}, "prepare"
	}
	if t, ok := s.hinted(q.Hint()); ok {
		return t, "hint"
	}
	statement := s.effective(q)
	switch {
	case statement.Target() == classify.TargetAll && !s.onlyPrimary(statement):
		return target{kind: classify.TargetAll}, "session command"
	case s.readOnly != nil:
		return target{kind: classify.TargetReplica}, "read-only transaction"
	case s.inTrx || s.autoOff:
		return target{kind: classify.TargetPrimary}, "transaction"
	case s.sticky != "":
		return target{kind: classify.TargetPrimary}, s.sticky
	case s.temporary && statement.Target() == classify.TargetReplica:
		return target{kind: classify.TargetPrimary}, "temporary tables"
	case statement.Is(classify.UsesUserVar) && (s.variables || !s.router.options.variablesInAll):
		return target{kind: classify.TargetPrimary}, "user variable"
	}
	return target{kind: statement.Target()}, "statement"
}

// onlyPrimary reports whether a session command is for the primary alone.
func (s *session) onlyPrimary(statement classify.Statement) bool {
	return statement.Is(classify.SetsUserVar) && !s.router.options.variablesInAll
}

// effective returns what q does: for EXECUTE, what was prepared under its name.
func (s *session) effective(q *engine.Query) classify.Statement {
	statement := q.Statement()
	name, _ := statement.Prepared()
	if statement.Op == classify.OpExecute && name != nil {
		if prepared, ok := s.texts[strings.ToLower(string(name))]; ok {
			statement.Op = prepared.Op
			statement.Flags |= prepared.Flags
		}
	}
	return statement
}

// hinted returns where a hint wants a query to go; false when there is none, or
// one that cannot be followed.
func (s *session) hinted(h classify.Hint) (target, bool) {
	switch h.Kind {
	case classify.HintMaster:
		return target{kind: classify.TargetPrimary}, true
	case classify.HintSlave:
		return target{kind: classify.TargetReplica}, true
	case classify.HintLast:
		return target{kind: classify.TargetLast}, true
	case classify.HintAll:
		return target{kind: classify.TargetAll}, true
	case classify.HintServer:
		known := slices.ContainsFunc(s.router.service.Servers(), func(x *engine.Server) bool { return x.Name() == h.Value })
		return target{kind: classify.TargetReplica, server: h.Value}, known
	}
	return target{}, false
}

// write sends q to the primary.
func (s *session) write(ctx context.Context, q *engine.Query, up engine.ReplyWriter) error {
	b, err := s.forWrites(ctx)
	if err != nil {
		if s.router.options.failure == "error_on_write" && !s.inTrx {
			return up.ClientReply(engine.ErrorReply(&wire.Error{
				Code: 1290, State: "HY000", Message: "The statement cannot be executed: " + err.Error(),
			}))
		}
		return err
	}
	if err := s.execute(q, up, b, true); err != nil {
		if engine.Lost(err) {
			return fmt.Errorf("%w; the statement may have been executed", err)
		}
		return err
	}
	return nil
}

// forWrites returns the connection to the present primary. One to a server that
// is the primary no more is left, outside of transactions.
func (s *session) forWrites(ctx context.Context) (*engine.Backend, error) {
	if s.primary != nil && (s.inTrx || s.primary.Server().Writes()) {
		return s.primary, nil
	}
	if s.inTrx {
		return nil, engine.Errorf(engine.Unavailable, "service %s: the primary was lost in a transaction", s.router.service.Name())
	}
	server := s.router.primary()
	if server == nil {
		return nil, s.router.noPrimary(nil)
	}
	for _, b := range s.backends { // a replica has become the primary
		if b.Server() == server {
			s.primary = b
			return b, nil
		}
	}
	if s.primary != nil {
		s.drop(s.primary)
	}
	b, err := s.session.Connect(ctx, server)
	if err != nil {
		return nil, err
	}
	s.add(b)
	s.primary = b
	return b, nil
}

// read sends q to a replica, or to the server that a hint names; to the primary
// when there is none. A read whose server is lost before it has answered goes
// to another one.
func (s *session) read(ctx context.Context, q *engine.Query, up engine.ReplyWriter, hinted string) error {
	for {
		b := s.readOnly
		if b == nil {
			b = s.forReads(ctx, q, hinted)
		}
		if b == nil {
			return s.write(ctx, q, up)
		}
		err := s.execute(q, up, b, false)
		if err == nil || !engine.Lost(err) {
			return err
		}
		again := s.router.options.retryReads && !b.Delivered() && s.readOnly == nil && !s.inTrx
		s.session.Logf(slog.LevelWarn, "%v", err)
		s.drop(b)
		if !again {
			return err
		}
		hinted = ""
	}
}

// forReads returns the best connection for a read, nil when only the primary is
// left and not open.
func (s *session) forReads(ctx context.Context, q *engine.Query, hinted string) *engine.Backend {
	var best *engine.Backend
	for _, b := range s.backends {
		if hinted != "" {
			if b.Server().Name() == hinted {
				return b
			}
			continue
		}
		if b == s.primary && !s.router.options.primaryReads || b != s.primary && !s.router.reads(b.Server()) || !b.HasStatement(q) {
			continue
		}
		if best == nil || s.router.compare(b.Server(), best.Server()) < 0 {
			best = b
		}
	}
	if best != nil {
		return best
	}
	if hinted == "" && s.replicas() >= s.router.options.maxReplicas {
		return nil
	}
	for _, server := range s.router.replicas(s.backends) {
		if hinted != "" && server.Name() != hinted {
			continue
		}
		b, err := s.session.Connect(ctx, server)
		if err == nil {
			s.add(b)
			return b
		}
		s.session.Logf(slog.LevelWarn, "%v", err)
	}
	return nil
}

// execute sends q to b, and draws the consequences of the reply.
func (s *session) execute(q *engine.Query, up engine.ReplyWriter, b *engine.Backend, write bool) error {
	s.router.count(b.Server(), write)
	s.last = b
	if err := b.Execute(q, up); err != nil {
		return err
	}
	s.executed(q, b)
	return nil
}

// executed keeps what the reply of b says of the session.
func (s *session) executed(q *engine.Query, b *engine.Backend) {
	if !q.Command().HasReply() || b.Response().Err != nil {
		return
	}
	was := s.inTrx
	s.inTrx = b.Status().Has(wire.StatusInTrans)
	s.autoOff = !b.Status().Has(wire.StatusAutocommit)
	switch {
	case s.inTrx && !was && b != s.primary:
		s.readOnly = b
		s.router.readOnly.Add(1)
	case s.inTrx && !was:
		s.router.transactions.Add(1)
	case !s.inTrx:
		s.readOnly = nil
	}
	if q.SQL() != nil {
		s.remember(q)
	}
}

// remember keeps what later statements depend on.
func (s *session) remember(q *engine.Query) {
	statement := s.effective(q)
	if statement.Is(classify.SetsUserVar) && statement.Target() == classify.TargetPrimary {
		s.variables = true
	}
	switch {
	case statement.Is(classify.TempTable):
		s.temporary = true
	case statement.Is(classify.MultiStatement) && s.router.options.strictMulti:
		s.sticky = "several statements in one (strict_multi_stmt)"
	case statement.Op == classify.OpCall && s.router.options.strictCalls:
		s.sticky = "stored procedure (strict_sp_calls)"
	case statement.Op == classify.OpPrepare:
		name, body := statement.Prepared()
		if s.texts == nil {
			s.texts = make(map[string]classify.Statement)
		}
		if len(s.texts) < maxTexts {
			s.texts[strings.ToLower(string(name))] = classify.Parse(slices.Clone(body))
		}
	case statement.Op == classify.OpDeallocate:
		name, _ := statement.Prepared()
		delete(s.texts, strings.ToLower(string(name)))
	}
}

// toAll sends a session command to every open server. The client sees the
// answer of the primary or, without one, of the first. A server that answers
// otherwise is not like the others any more and is left.
func (s *session) toAll(ctx context.Context, q *engine.Query, up engine.ReplyWriter) error {
	s.router.toAll.Add(1)
	if s.primary == nil && s.router.primary() != nil {
		if _, err := s.forWrites(ctx); err != nil {
			s.session.Logf(slog.LevelWarn, "%v", err)
		}
	}
	first := s.primary
	if first == nil && len(s.backends) > 0 {
		first = s.backends[0]
	}
	if first == nil {
		return s.router.noServer(nil)
	}
	if len(s.backends) == 1 {
		return s.execute(q, up, first, true)
	}
	var others []*engine.Backend
	for _, b := range slices.Clone(s.backends) {
		if b == first || !b.HasStatement(q) {
			continue
		}
		if err := b.Send(q); err != nil {
			s.session.Logf(slog.LevelWarn, "%v", err)
			s.drop(b)
			continue
		}
		others = append(others, b)
	}
	err := s.execute(q, up, first, true)
	if err != nil {
		return err
	}
	for _, b := range others {
		s.drain(q, b, first)
	}
	return nil
}

// drain takes b's answer to a session command that first has answered.
func (s *session) drain(q *engine.Query, b, first *engine.Backend) {
	if !q.Command().HasReply() {
		return
	}
	err := b.Drain()
	if err == nil && (b.Response().Err == nil) == (first.Response().Err == nil) {
		return
	}
	if err == nil {
		err = fmt.Errorf("server %s: answers a session command unlike %s", b.Server().Name(), first.Server().Name())
	}
	s.session.Logf(slog.LevelWarn, "%v", err)
	s.drop(b)
}
