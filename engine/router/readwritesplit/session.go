package readwritesplit

import (
	"context"
	"log/slog"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// session is the router's part of one session.
type session struct {
	connections
	autoOff bool            // autocommit is off
	nextTrx bool            // the primary knows something of the next transaction
	leaving *engine.Backend // has a read-only transaction that what is under way leaves
}

// Close closes the connections.
func (s *session) Close() error {
	for i := range s.members {
		s.close(&s.members[i])
	}
	s.members = nil
	return nil
}

// RouteQuery sends q where it belongs.
func (s *session) RouteQuery(ctx context.Context, q *engine.Query, up engine.ReplyWriter) error {
	s.router.figures.queries.Add(1)
	if s.tidy(q); s.bereft != nil {
		return s.bereft
	}
	if s.unshared != nil && !(q.SQL() != nil && q.Statement().Is(classify.FoundRows)) { // which asks about the last statement
		s.share()
	}
	if s.router.options.failure == "fail_instantly" && s.router.primary() == nil && !(s.primary != nil && s.primary.Server().Writes()) {
		return s.router.noPrimary(nil)
	}
	t := s.target(q)
	if s.session.Logs(slog.LevelInfo) {
		s.session.Logf(slog.LevelInfo, "route %s to %s: %s", q.Command(), t.kind, t.why)
	}
	switch {
	case t.on != nil:
		if s.causal != nil {
			if answered, err := s.causal.stay(ctx, q, up, t.on); answered {
				return err
			}
		}
		return s.stay(q, up, t.on)
	case t.server != nil:
		if b := s.named(ctx, t.server); b != nil {
			err := s.stay(q, up, b)
			if !engine.Lost(err) || !s.mayReadAgain(q, b) || len(s.irreplaceable(b)) > 0 {
				return err
			}
			s.session.Logf(slog.LevelWarn, "%v", err)
			if s.lose(b); s.bereft != nil {
				return s.bereft
			}
		}
		t = s.usual(q)
	}
	switch t.kind {
	case classify.TargetAll:
		return s.toAll(ctx, q, up)
	case classify.TargetReplica:
		return s.read(ctx, q, up, t)
	case classify.TargetLast:
		if s.last != nil {
			return s.stay(q, up, s.last)
		}
	}
	return s.write(ctx, q, up)
}

// stay sends q to the one server that can execute it.
func (s *session) stay(q *engine.Query, up engine.ReplyWriter, b *engine.Backend) error {
	write := b == s.primary && q.SQL() != nil && q.Statement().Target() != classify.TargetReplica
	return s.execute(q, up, b, write)
}

// execute sends q to b, and draws the consequences of the reply.
func (s *session) execute(q *engine.Query, up engine.ReplyWriter, b *engine.Backend, write bool) error {
	s.router.figures.count(b.Server(), write)
	s.last = b
	known := s.causal.announce(q, b)
	defer known()
	before := s.session.Pins().On(engine.PinVariable)
	if err := b.Execute(q, up); err != nil {
		return err
	}
	s.executed(q, b)
	if b != s.primary && q.SQL() != nil && q.Statement().Is(classify.SetsUserVar) && s.session.Pins().On(engine.PinVariable) == b {
		s.noteUnshared(q, b, before)
	}
	leave(s, b)
	return nil
}

// executed keeps what the reply of b says of the session.
func (s *session) executed(q *engine.Query, b *engine.Backend) {
	if response := b.Response(); !q.Command().HasReply() || !response.Told() {
		return
	}
	open := b.Status().Has(wire.StatusInTrans)
	switch {
	case open:
		if s.trx == nil {
			s.countTransaction(b)
		}
		s.trx = b
	case s.trx == b:
		s.trx = nil
		s.nextTrx = s.nextTrx && b != s.primary
	}
	s.autoOff = !b.Status().Has(wire.StatusAutocommit)
	if s.causal != nil && b == s.primary {
		s.causal.wrote(q, b)
	}
	if q.SQL() != nil {
		s.remember(q, b, open)
	}
}

func (s *session) countTransaction(b *engine.Backend) {
	if b != s.primary || b.Status().Has(wire.StatusInTransReadonly) {
		s.router.figures.readOnly.Add(1)
	} else {
		s.router.figures.transactions.Add(1)
	}
}

// remember keeps what later statements depend on.
func (s *session) remember(q *engine.Query, b *engine.Backend, inTrx bool) {
	statement := q.Statement()
	switch {
	case statement.Is(classify.NextTrx):
		s.nextTrx = true
	case !inTrx && b == s.primary && statement.Is(classify.Writes):
		s.nextTrx = false // a transaction of its own; a read is one only if it reads tables
	}
	switch {
	case statement.Is(classify.MultiStatement) && s.router.options.strictMulti:
		s.session.Pins().Add(engine.PinStrict, b, "strict_multi_stmt")
	case statement.Op == classify.OpCall && s.router.options.strictCalls:
		s.session.Pins().Add(engine.PinStrict, b, "strict_sp_calls")
	}
}
