package server

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/engine"
)

// target is a session that a job is about, as it was when the job was made.
type target struct {
	id        uint64
	connected api.Time
	user      string
	client    string
	result    string // what becomes of it, when that is certain already; else ""
	detail    string
}

func targetOf(id uint64, r *api.Session) target {
	return target{id: id, connected: r.Attributes.ConnectedAt, user: r.Attributes.User, client: view.Client(r)}
}

// survey is what a plan finds: the sessions, one by one and in groups.
type survey struct {
	plan     *plan
	targets  []target
	groups   map[groupKey]*api.JobGroup
	excluded []api.JobOutcome // at most api.MaxWindow
	counts   api.JobCount     // of what would be left alone
	now      api.Time
}

type groupKey struct{ service, user string }

// newSurvey finds the sessions that p is about now.
func newSurvey(p *plan, e *engine.Engine, now time.Time) *survey {
	s := &survey{plan: p, groups: map[groupKey]*api.JobGroup{}, now: apiTime(now)}
	all := e.Sessions()
	if p.filter != nil {
		for _, session := range all {
			if r := lightResource(session, now); p.filter.Match(&r) {
				s.add(session.ID(), &r)
			}
		}
		return s
	}
	byID := make(map[uint64]*engine.Session, len(all))
	for _, session := range all {
		byID[session.ID()] = session
	}
	for i, id := range p.ids {
		session := byID[id]
		if session == nil {
			s.leave(target{id: id, result: api.JobGone})
			continue
		}
		r := lightResource(session, now)
		if seen, ok := p.Seen[p.IDs[i]]; ok && seen != r.Attributes.ConnectedAt {
			s.leave(target{id: id, result: api.JobReplaced})
			continue
		}
		s.add(id, &r)
	}
	return s
}

// add takes in a session that is there.
func (s *survey) add(id uint64, r *api.Session) {
	t := targetOf(id, r)
	t.result, t.detail = untouchable(r)
	g := s.group(r)
	g.Sessions++
	if t.result != "" {
		g.Excluded++
		s.leave(t)
		return
	}
	s.targets = append(s.targets, t)
	if detail := s.plan.needless(r); detail != "" { // as it is now; it may be otherwise when its turn comes
		g.Excluded++
		s.exclude(t, api.JobRefused, detail)
		return
	}
	a := &r.Attributes.Activity
	if a.State == "running" {
		g.Running++
	}
	if a.Trx {
		g.Trx++
	}
	g.TrxWrites += int(a.TrxWrites)
}

// untouchable says what becomes of a session that no job touches, and why; ""
// for all others.
func untouchable(r *api.Session) (result, detail string) {
	switch r.Attributes.State {
	case api.SessionStarted:
		return "", ""
	case api.SessionCreated:
		return api.JobRefused, "it is still logging in"
	}
	return api.JobGone, "it is ending"
}

// needless says why there is nothing to do for a session as it is now; "" when
// there is.
func (p *plan) needless(r *api.Session) string {
	switch {
	case p.Action == api.JobCancelStatement && r.Attributes.Activity.State != "running":
		return "it runs no statement"
	case p.Action == api.JobCancelKill && r.Attributes.Pending.Kill == nil:
		return "no kill of it is pending"
	}
	return ""
}

// leave takes in a session that will be left alone, whatever comes.
func (s *survey) leave(t target) {
	s.targets = append(s.targets, t)
	s.exclude(t, t.result, t.detail)
}

func (s *survey) exclude(t target, result, detail string) {
	tally(&s.counts, result)
	if len(s.excluded) < api.MaxWindow {
		s.excluded = append(s.excluded, t.outcome(s.now, result, detail))
	}
}

func (t target) outcome(at api.Time, result, detail string) api.JobOutcome {
	return api.JobOutcome{ID: strconv.FormatUint(t.id, 10), User: t.user, Client: t.client, At: at, Result: result, Detail: detail}
}

// tally counts an outcome.
func tally(c *api.JobCount, result string) {
	switch result {
	case api.JobDone:
		c.Done++
	case api.JobGone, api.JobReplaced:
		c.Gone++
	case api.JobRefused:
		c.Refused++
	default:
		c.Failed++
	}
}

func (s *survey) group(r *api.Session) *api.JobGroup {
	key := groupKey{user: r.Attributes.User}
	for _, service := range r.Relationships["services"].Data {
		key.service = service.ID
	}
	g := s.groups[key]
	if g == nil {
		g = &api.JobGroup{Service: key.service, User: key.user}
		s.groups[key] = g
	}
	return g
}

// preview is the job that the plan would be. Of the groups it has the
// api.MaxWindow with most to lose.
func (s *survey) preview(by string) api.Job {
	p := s.plan
	groups := make([]api.JobGroup, 0, len(s.groups))
	for _, g := range s.groups {
		groups = append(groups, *g)
	}
	slices.SortFunc(groups, func(a, b api.JobGroup) int {
		return cmp.Or(
			-cmp.Compare(a.TrxWrites, b.TrxWrites), -cmp.Compare(a.Trx, b.Trx), -cmp.Compare(a.Running, b.Running),
			-cmp.Compare(a.Sessions, b.Sessions), strings.Compare(a.Service, b.Service), strings.Compare(a.User, b.User),
		)
	})
	a := api.JobAttributes{
		Action: p.Action, Filter: p.Filter, Mode: p.Mode, State: api.JobPreview, By: by, Reason: p.Reason, Started: s.now,
		Pace: p.Pace, What: p.what(), Total: len(s.targets), Counts: s.counts,
		Groups: groups[:min(len(groups), api.MaxWindow)], Outcomes: s.excluded,
	}
	if p.filter != nil && len(s.targets) <= api.JobOutcomes {
		a.Seen = make(map[string]api.Time, len(s.targets))
		for _, t := range s.targets {
			a.Seen[strconv.FormatUint(t.id, 10)] = t.connected
		}
	}
	if n := s.counts.Gone + s.counts.Refused; n > 0 {
		a.Why = fmt.Sprintf("%d of %d would be left alone", n, len(s.targets))
	}
	return api.Job{ID: api.JobPreview, Type: "jobs", Attributes: a}
}
