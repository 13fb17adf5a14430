package readwritesplit

import (
	"context"
	"errors"
	"log/slog"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// read sends q to a replica; to the primary when there is none. A read whose
// server is lost before it has answered goes to another one.
func (s *session) read(ctx context.Context, q *engine.Query, up engine.ReplyWriter, t target) error {
	if !s.causal.aim(ctx) {
		return s.write(ctx, q, up)
	}
	for range len(s.router.service.Servers()) + 1 {
		b := s.forReads(ctx, q, t)
		if b == nil {
			break
		}
		sees, err := s.causal.catchUp(ctx, b)
		if err == nil && !sees {
			break
		}
		if err == nil {
			s.memberOf(b).selects++
			if err = s.execute(q, up, b, false); err == nil {
				s.router.figures.servers.Of(b.Server()).Measured(b)
				return nil
			}
		}
		if stopped, is := errors.AsType[*wire.Error](err); is && !engine.Lost(err) {
			return up.ClientReply(engine.ErrorReply(stopped))
		}
		if !engine.Lost(err) {
			return err
		}
		again := (engine.Unsent(err) && engine.Parked(b) || s.mayReadAgain(q, b)) && len(s.irreplaceable(b)) == 0
		s.session.Logf(slog.LevelWarn, "%v", err)
		s.lose(b)
		if !again || s.bereft != nil {
			return err
		}
	}
	return s.write(ctx, q, up)
}

// mayReadAgain reports whether q, whose server b is lost, may be sent to another
// one: a read that nothing of has been answered.
func (s *session) mayReadAgain(q *engine.Query, b *engine.Backend) bool {
	return s.router.options.retryReads && !b.Delivered() && s.trx == nil && !s.autoOff &&
		q.SQL() != nil && q.Statement().Target() == classify.TargetReplica
}
