package server

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/signalbox/signalbox/api"
)

// job is one action over many sessions that has begun. Its goroutine does the
// work; everybody may read it and stop it.
type job struct {
	// Set by jobs.add, then constant.
	id      string
	plan    *plan
	record  AuditRecord // of who asked, for the record of its end
	started time.Time
	ctx     context.Context         // ends when it is stopped
	stop    context.CancelCauseFunc // with an *ending
	ended   chan struct{}           // closed at its end

	mu       sync.Mutex // guards what follows
	state    string
	why      string
	finished time.Time
	total    int
	counts   api.JobCount
	outcomes []api.JobOutcome // a ring when it is full: at most api.JobOutcomes
	oldest   int              // in the ring
}

// note keeps an outcome. Of more than api.JobOutcomes the newest are kept.
func (j *job) note(o api.JobOutcome) {
	j.mu.Lock()
	defer j.mu.Unlock()
	tally(&j.counts, o.Result)
	if len(j.outcomes) < api.JobOutcomes {
		j.outcomes = append(j.outcomes, o)
		return
	}
	j.outcomes[j.oldest] = o
	j.oldest = (j.oldest + 1) % len(j.outcomes)
}

// attempts counts the sessions for which the action has been tried.
func (j *job) attempts() (all, failed int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.counts.Done + j.counts.Failed, j.counts.Failed
}

// expect says how many sessions the job is about, as far as is known.
func (j *job) expect(total int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.total = total
}

// finish fixes how the job has ended; nil is that it was done to the end.
func (j *job) finish(end *ending, now time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.finished = now
	if j.state = api.JobDone; end != nil {
		j.state, j.why = end.state, end.why
	}
}

// over returns when the job ended, false while it runs.
func (j *job) over() (time.Time, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.finished, j.state != api.JobRunning
}

// forget gives up the outcomes, whose counts stay.
func (j *job) forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.outcomes, j.oldest = nil, 0
}

func (j *job) kept() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.outcomes)
}

// resource returns the job with its newest outcomes, at most as many as given.
func (j *job) resource(outcomes int) api.Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.plan
	a := api.JobAttributes{
		Action: p.Action, Filter: p.Filter, Mode: p.Mode, State: j.state, By: j.record.Actor, Reason: p.Reason,
		Started: apiTime(j.started), Pace: p.Pace, What: p.what(), Why: j.why, Total: j.total, Counts: j.counts,
	}
	if !j.finished.IsZero() {
		a.Finished = apiTime(j.finished)
	}
	if outcomes > 0 {
		all := slices.Concat(j.outcomes[j.oldest:], j.outcomes[:j.oldest])
		a.Outcomes = all[max(0, len(all)-outcomes):]
	}
	return api.Job{ID: j.id, Type: "jobs", Attributes: a}
}
