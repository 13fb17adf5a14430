package readwritesplit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/classify"
	"github.com/signalbox/signalbox/engine/wire"
)

// write sends q to the primary. With delayed_retry it waits for one. What may be
// sent again when the primary is lost is sent once more.
func (s *session) write(ctx context.Context, q *engine.Query, up engine.ReplyWriter) error {
	until := time.Now().Add(s.router.options.delayedRetry)
	for sent := false; ; {
		b, err := s.forWrites(ctx)
		if err == nil {
			err = s.execute(q, up, b, q.SQL() == nil || q.Statement().Target() != classify.TargetReplica)
			if err == nil || !engine.Lost(err) {
				return err
			}
			again, why := s.lostPrimary(q, b, err)
			if !again || sent {
				return s.withoutPrimary(q, up, why, b.Delivered())
			}
			sent = true
			continue // its server may be there all the same
		}
		if _, final := errors.AsType[*finalError](err); final || !s.mayWait(q) || !s.await(ctx, until) {
			return s.withoutPrimary(q, up, err, false)
		}
	}
}

// finalError is why no other connection can take the place of the one that the
// session had to its primary.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// lostPrimary draws the consequences of the loss of b, the primary, while it had
// q to execute, and reports whether q may be sent again.
func (s *session) lostPrimary(q *engine.Query, b *engine.Backend, err error) (again bool, why error) {
	inTrx, lasting := s.trx == b || s.autoOff, s.irreplaceable(b)
	again = s.mayReadAgain(q, b) || engine.Unsent(err) && (s.mayWait(q) || engine.Parked(b))
	s.lose(b)
	again = again && s.bereft == nil
	switch {
	case inTrx:
		return false, &finalError{fmt.Errorf("%w; the transaction is lost with it", err)}
	case len(lasting) > 0:
		return false, &finalError{fmt.Errorf("%w; with it is lost what the session had there: %s", err, list(lasting))}
	case !again && engine.Unsent(err):
		return false, fmt.Errorf("%w; the statement was not executed", err)
	case !again:
		return false, fmt.Errorf("%w; the statement may have been executed", err)
	}
	s.session.Logf(slog.LevelWarn, "%v; the statement is sent again", err)
	return true, err
}

// mayWait reports whether q, a statement that was not sent to any server yet, may
// wait for a primary. One that was sent may have been executed, and must not be
// sent again: as in MaxScale since 24.02.4.
func (s *session) mayWait(q *engine.Query) bool {
	return s.router.options.delayedRetry > 0 && s.trx == nil && !s.autoOff && q.SQL() != nil
}

// retryPause is how long a session waits before it looks again for a primary.
const retryPause = 100 * time.Millisecond

// await waits a moment for a primary; false when the time is over.
func (s *session) await(ctx context.Context, until time.Time) bool {
	left := time.Until(until)
	if left <= 0 {
		return false
	}
	timer := time.NewTimer(min(left, retryPause))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// withoutPrimary says what becomes of a session that needs its primary and does
// not have it: by master_failure_mode the statement fails or the session ends.
func (s *session) withoutPrimary(q *engine.Query, up engine.ReplyWriter, err error, delivered bool) error {
	_, final := errors.AsType[*finalError](err)
	if s.router.options.failure != "error_on_write" || s.trx != nil || final || delivered || !q.Command().HasReply() {
		return err
	}
	return up.ClientReply(engine.ErrorReply(&wire.Error{
		Code: 1290, State: "HY000", Message: "The statement cannot be executed: " + err.Error(),
	}))
}

// list writes kinds of pins as text.
func list(kinds []engine.PinKind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = strings.ReplaceAll(string(k), "_", " ")
	}
	return strings.Join(words, ", ")
}
