package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
)

// This file is what the goroutine of a job does.

// matchAgain is how long a job waits before it looks again what matches its
// filter.
const matchAgain = 500 * time.Millisecond

// ending is how a job ends. As an error it is the cause of the end of its
// context.
type ending struct{ state, why string }

func (e *ending) Error() string { return e.state + ": " + e.why }

var serverStops = &ending{api.JobStopped, "the server stops"}

// runner is a job in its goroutine.
type runner struct {
	*job
	all     *jobs
	due     time.Time           // when the next session may be touched
	handled map[uint64]struct{} // sessions with an outcome, while the filter is asked again
}

// run does the job, which begins with what the survey has found, and says how
// it ended.
func (r *runner) run(ctx context.Context, found []target) *ending {
	for {
		if end := r.each(ctx, found); end != nil || !r.matching() {
			return end
		}
		if end := pause(ctx, matchAgain); end != nil {
			return end
		}
		if found = r.match(); len(found) == 0 {
			r.expect(len(r.handled))
			return nil
		}
		if len(r.handled)+len(found) > maxTargets {
			return &ending{api.JobDone, fmt.Sprintf("a job may be about at most %d sessions", maxTargets)}
		}
		r.expect(len(r.handled) + len(found))
	}
}

func (r *runner) matching() bool { return r.plan.Mode == api.JobMatching }

// match returns the sessions that match now and have not been handled.
func (r *runner) match() []target {
	var found []target
	now := r.all.now()
	for _, session := range r.all.engine.Sessions() {
		if _, done := r.handled[session.ID()]; done {
			continue
		}
		s := lightResource(session, now)
		if result, _ := untouchable(&s); result == "" && r.plan.filter.Match(&s) && r.plan.needless(&s) == "" {
			found = append(found, targetOf(session.ID(), &s))
		}
	}
	return found
}

// each handles one session after the other.
func (r *runner) each(ctx context.Context, found []target) *ending {
	for _, t := range found {
		if end := stopped(ctx); end != nil {
			return end
		}
		if t.result != "" {
			r.settle(t, t.result, t.detail)
			continue
		}
		if tried, _ := r.attempts(); r.plan.Max > 0 && tried >= r.plan.Max {
			return &ending{api.JobDone, fmt.Sprintf("the limit of %d sessions is reached", r.plan.Max)}
		}
		if end := pause(ctx, time.Until(r.due)); end != nil {
			return end
		}
		r.handle(t)
		if tried, failed := r.attempts(); tried >= leastTried && failed*100 > r.plan.MaxErrors*tried {
			return &ending{api.JobFailed, fmt.Sprintf("%d of %d have failed, which is more than %d %%", failed, tried, r.plan.MaxErrors)}
		}
	}
	return nil
}

// handle does what is to be done to one session if it is still the one that was
// meant.
func (r *runner) handle(t target) {
	session, err := r.all.engine.Session(t.id)
	if err != nil {
		r.settle(t, api.JobGone, "")
		return
	}
	s := lightResource(session, r.all.now())
	if s.Attributes.ConnectedAt != t.connected {
		r.settle(t, api.JobReplaced, "")
		return
	}
	if r.matching() && !r.plan.filter.Match(&s) {
		return // not for good: it may match again
	}
	if detail := r.plan.needless(&s); detail != "" {
		r.settle(t, api.JobRefused, detail)
		return
	}
	result, detail := r.act(session)
	r.settle(t, result, detail)
	if r.plan.Pace > 0 {
		r.due = time.Now().Add(time.Duration(float64(time.Second) / r.plan.Pace))
	}
}

// settle keeps what became of a session. As long as the filter is asked again
// only what was done counts: whoever is left alone is asked again, too.
func (r *runner) settle(t target, result, detail string) {
	if r.matching() {
		if result != api.JobDone && result != api.JobFailed {
			return
		}
		r.handled[t.id] = struct{}{}
	}
	r.note(t.outcome(apiTime(r.all.now()), result, clip(detail)))
	r.all.tell(r.id, false)
}

// act does it. A filter or router that panics fails this session only.
func (r *runner) act(session *engine.Session) (result, detail string) {
	defer func() {
		if p := recover(); p != nil {
			r.all.logger.Error(fmt.Sprintf("job %s, session %d: panic: %v", r.id, session.ID(), p), "module", "admin")
			result, detail = api.JobFailed, "internal error: the log of the server says more"
		}
	}()
	err := actions[r.plan.Action](r.plan, session)
	if err == nil {
		return api.JobDone, ""
	}
	switch engine.KindOf(err) {
	case engine.NotFound:
		return api.JobGone, err.Error()
	case engine.Conflict, engine.Forbidden:
		return api.JobRefused, err.Error()
	case engine.Internal:
		r.all.logger.Error(fmt.Sprintf("job %s, session %d: %v", r.id, session.ID(), err), "module", "admin")
	}
	return api.JobFailed, problemOf(err).Error()
}

// pause waits; the ending is not nil when the job has been stopped meanwhile.
func pause(ctx context.Context, d time.Duration) *ending {
	if d <= 0 {
		return stopped(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return stopped(ctx)
}

// stopped returns the cause of the end of ctx, nil while it goes on.
func stopped(ctx context.Context) *ending {
	if end, ok := errors.AsType[*ending](context.Cause(ctx)); ok {
		return end
	}
	return nil
}

// actions are what is done to one session.
var actions = map[string]func(p *plan, s *engine.Session) error{
	api.JobKill:            func(p *plan, s *engine.Session) error { return s.Kill(p.kill) },
	api.JobRestart:         func(p *plan, s *engine.Session) error { return s.Restart(p.kill.By) },
	api.JobCancelStatement: func(p *plan, s *engine.Session) error { return s.CancelStatement(p.kill.By) },
	api.JobAlter:           func(p *plan, s *engine.Session) error { return s.Alter(p.alteration) },
	api.JobCancelKill:      func(p *plan, s *engine.Session) error { return s.CancelKill(p.kill.By) },
}
