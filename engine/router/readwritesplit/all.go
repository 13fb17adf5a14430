package readwritesplit

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/wire"
)

// toAll sends a session command to every open server. The client sees the answer
// of the server with the open transaction, of the primary or, without one, of the
// first. A connection whose answer is another one is not like the others any more
// and is left: a new one becomes what they are, if the server can.
func (s *session) toAll(ctx context.Context, q *engine.Query, up engine.ReplyWriter) error {
	s.router.figures.toAll.Add(1)
	for attempt := 0; ; attempt++ {
		first, err := s.speaker(ctx, q)
		if err != nil {
			return s.withoutPrimary(q, up, err, false)
		}
		again := s.trx == nil && !s.autoOff && len(s.irreplaceable(first)) == 0
		err = s.together(q, up, first)
		if err == nil || !engine.Lost(err) {
			return err
		}
		again = again && !first.Delivered()
		s.session.Logf(slog.LevelWarn, "%v", err)
		s.lose(first)
		if !again || s.bereft != nil || attempt == len(s.router.service.Servers()) {
			return err
		}
	}
}

// speaker returns the connection whose answer to a session command the client
// sees.
func (s *session) speaker(ctx context.Context, q *engine.Query) (*engine.Backend, error) {
	if s.trx != nil {
		return s.trx, nil
	}
	if len(s.members) == 0 && s.router.options.lazy && !s.router.options.primaryReads {
		if b := s.forReads(ctx, q, target{lag: s.router.options.lag}); b != nil {
			return b, nil // the primary may not be needed
		}
	}
	b, err := s.forWrites(ctx)
	if err == nil {
		return b, nil
	}
	if s.router.primary() != nil {
		s.session.Logf(slog.LevelWarn, "%v", err)
	}
	for i := range s.members {
		if b := s.members[i].Backend; b.HasStatement(q) && b.Server().Status()&engine.StatusRunning != 0 {
			return b, nil
		}
	}
	if b := s.forReads(ctx, q, target{}); b != nil {
		return b, nil
	}
	return nil, err
}

// together has all servers execute a session command. What is refused in a
// read-only transaction need not be refused outside of it: there the others get it
// after it has succeeded.
func (s *session) together(q *engine.Query, up engine.ReplyWriter, first *engine.Backend) error {
	if err := engine.Regain(first); err != nil { // before others owe a reply
		return err
	}
	if q.Command() == wire.ComResetConnection {
		s.causal.forget()
	}
	ahead := s.trx != nil && s.trx != s.primary
	var others []*engine.Backend
	if !ahead {
		others = spread(s, q, first)
	}
	s.router.figures.servers.Of(first.Server()).Count(false)
	known := s.causal.announce(q, first)
	defer known()
	err := first.Execute(q, up)
	if err != nil && !engine.Lost(err) {
		return err
	}
	if err == nil {
		s.executed(q, first)
		if s.last == nil {
			s.last = first
		}
		if q.Command() == wire.ComResetConnection {
			s.nextTrx, s.trx = false, nil
		}
		if ahead && first.Response().Err == nil {
			others = spread(s, q, first)
		}
	}
	for _, b := range others {
		s.drain(q, b, first, err == nil)
	}
	return err
}

// spread sends a session command to all servers but first, and returns those that
// have got it.
func spread(s *session, q *engine.Query, first *engine.Backend) (others []*engine.Backend) {
	for _, m := range slices.Clone(s.members) {
		b := m.Backend
		if b == first || !b.HasStatement(q) || engine.Parked(b) {
			continue
		}
		if err := b.Send(q); err != nil {
			s.session.Logf(slog.LevelWarn, "%v", err)
			s.drop(b)
			continue
		}
		s.router.figures.servers.Of(b.Server()).Count(false)
		others = append(others, b)
	}
	return others
}

// drain takes b's answer to a session command that first has answered, if it
// has.
func (s *session) drain(q *engine.Query, b, first *engine.Backend, answered bool) {
	if !q.Command().HasReply() {
		return
	}
	err := b.Drain()
	if err == nil && (!answered || (b.Response().Err == nil) == (first.Response().Err == nil)) {
		return
	}
	if err == nil {
		err = fmt.Errorf("server %s: answers a session command unlike %s", b.Server().Name(), first.Server().Name())
	}
	s.session.Logf(slog.LevelWarn, "%v", err)
	s.drop(b)
}
