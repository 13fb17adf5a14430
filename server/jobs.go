package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/server/push"
)

// jobs are the actions over many sessions, those that run and those that have
// ended lately. They are ours.
//
// # Concurrency
//
// Each job has a goroutine of its own, which close ends and waits for.
type jobs struct {
	// Set by newJobs, then constant.
	engine   *engine.Engine
	herald   *herald
	keep     func(AuditRecord) uint64
	logger   *slog.Logger
	now      func() time.Time
	starts   *quota
	previews *quota
	ctx      context.Context // of all jobs
	stop     context.CancelCauseFunc

	running sync.WaitGroup

	mu     sync.Mutex // guards what follows
	list   []*job     // oldest first
	closed bool
}

const (
	maxJobs     = 100
	maxRunning  = 16 // jobs at one time
	jobFor      = 24 * time.Hour
	maxOutcomes = 10 * api.JobOutcomes // of all jobs together
	shownIDs    = 100                  // that the audit log has of a job
)

func newJobs(e *engine.Engine, h *herald, o Options, keep func(AuditRecord) uint64) *jobs {
	j := &jobs{engine: e, herald: h, keep: keep, logger: o.Logger, now: o.Now, starts: jobQuota(), previews: previewQuota()}
	j.ctx, j.stop = context.WithCancelCause(context.Background())
	return j
}

// close stops all jobs and waits for them.
func (j *jobs) close() {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.stop(serverStops)
	j.running.Wait()
}

// create serves POST /v1/jobs.
func (j *jobs) create(c *call) (answer, error) {
	var r api.JobRequest
	if err := c.decodeStrictly(&r, maxJobBody); err != nil {
		return answer{}, err
	}
	return j.begin(c, r)
}

// kill serves POST /v1/sessions/kill, a job whose action need not be named.
func (j *jobs) kill(c *call) (answer, error) {
	var r api.JobRequest
	if err := c.decodeStrictly(&r, maxJobBody); err != nil {
		return answer{}, err
	}
	if r.Action != "" && r.Action != api.JobKill {
		return answer{}, refuse(http.StatusBadRequest, "action=%s: what is posted here kills; other actions are posted to jobs", clip(r.Action))
	}
	r.Action = api.JobKill
	return j.begin(c, r)
}

// begin judges a request and, unless it is a dry run, starts the job as soon as
// the audit log has it.
func (j *jobs) begin(c *call, r api.JobRequest) (answer, error) {
	c.record.Reason = clip(r.Reason)
	bound := j.starts
	if r.DryRun {
		c.record.Action, bound = "job.preview", j.previews
	}
	p, err := makePlan(r, c.principal.User, j.engine)
	if err != nil {
		return answer{}, err
	}
	if err := bound.take(c); err != nil {
		return answer{}, err
	}
	found := newSurvey(p, j.engine, c.now)
	c.record.After = p.recorded(len(found.targets))
	if r.DryRun {
		return one(c, found.preview(c.principal.User), c.link("jobs")), nil
	}
	if err := p.confirm(len(found.targets)); err != nil {
		return answer{}, err
	}
	started, err := j.add(p, len(found.targets), c)
	if err != nil {
		return answer{}, err
	}
	resource := started.resource(0)
	self := c.link("jobs", started.id)
	link(c, &resource, "jobs", started.id)
	result := one(c, resource, self)
	result.status, result.header = http.StatusAccepted, http.Header{"Location": {self}}
	result.then = func() { j.run(started, found.targets) }
	return result, nil
}

// recorded is what the audit log keeps of a plan.
func (p *plan) recorded(sessions int) map[string]any {
	m := map[string]any{"what": p.what(), "mode": p.Mode, "sessions": sessions}
	if p.Filter != "" {
		m["filter"] = p.Filter
	}
	if p.ids != nil {
		m["ids"] = p.IDs[:min(len(p.IDs), shownIDs)]
	}
	if p.Pace > 0 {
		m["pace"] = p.Pace
	}
	if p.Max > 0 {
		m["max"] = p.Max
	}
	return m
}

// add makes a job that has yet to run.
func (j *jobs) add(p *plan, total int, c *call) (*job, error) {
	made := &job{
		id: strings.ToLower(rand.Text()[:12]), plan: p, started: c.now,
		ended: make(chan struct{}), state: api.JobRunning, total: total,
	}
	c.record.Target = "jobs/" + made.id
	made.record = AuditRecord{Actor: c.principal.User, Role: c.principal.Role, IP: c.record.IP, Target: c.record.Target, Reason: p.Reason}
	j.mu.Lock()
	defer j.mu.Unlock()
	running := 0
	for _, other := range j.list {
		if _, over := other.over(); !over {
			running++
		}
	}
	if running >= maxRunning {
		return nil, refuse(http.StatusTooManyRequests, "%d jobs run already: wait for one to end, or stop one", running)
	}
	made.ctx, made.stop = context.WithCancelCause(j.ctx)
	j.list = append(j.list, made)
	j.prune(c.now)
	return made, nil
}

// prune forgets jobs that have ended: those that are old, those that are too
// many, and the outcomes of the oldest where those are too many. j.mu is held.
func (j *jobs) prune(now time.Time) {
	spare := len(j.list) - maxJobs
	j.list = slices.DeleteFunc(j.list, func(old *job) bool {
		at, over := old.over()
		if !over || now.Sub(at) < jobFor && spare <= 0 {
			return false
		}
		spare--
		return true
	})
	kept := 0
	for _, old := range slices.Backward(j.list) {
		if kept += old.kept(); kept > maxOutcomes {
			if _, over := old.over(); over {
				old.forget()
			}
		}
	}
}

// run starts the goroutine of a job.
func (j *jobs) run(made *job, found []target) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed { // nobody waits for a goroutine any more
		j.end(made, serverStops)
		return
	}
	j.tell(made.id, true)
	j.running.Go(func() {
		r := &runner{job: made, all: j, handled: map[uint64]struct{}{}}
		j.end(made, r.run(made.ctx, found))
	})
}

// end fixes how a job has ended, and says so.
func (j *jobs) end(made *job, end *ending) {
	made.finish(end, j.now())
	made.stop(nil) // frees its context
	a := made.resource(0).Attributes
	record := made.record
	record.Time, record.Action, record.Status, record.Result = apiTime(j.now()), "job.end", http.StatusOK, a.State
	if a.Why != "" {
		record.Result += ": " + a.Why
	}
	if a.State == api.JobFailed {
		record.Status = http.StatusInternalServerError
	}
	record.After = map[string]any{"what": a.What, "sessions": a.Total, "counts": a.Counts}
	j.keep(record)
	close(made.ended)
	j.tell(made.id, true)
}

func (j *jobs) tell(id string, notable bool) {
	j.herald.tell(push.Change{Topic: api.TopicJobs, ID: id, Notable: notable})
}

// newest returns all jobs, newest first.
func (j *jobs) newest() []*job {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.prune(j.now())
	all := slices.Clone(j.list)
	slices.Reverse(all)
	return all
}

// find returns the job with an id, nil when there is none.
func (j *jobs) find(id string) *job {
	for _, made := range j.newest() {
		if made.id == id {
			return made
		}
	}
	return nil
}

// all serves GET /v1/jobs, newest first and without outcomes.
func (j *jobs) all(c *call) (answer, error) {
	rows := []api.Job{}
	for _, made := range j.newest() {
		r := made.resource(0)
		link(c, &r, "jobs", r.ID)
		rows = append(rows, r)
	}
	return many(c, rows, c.link("jobs")), nil
}

// named returns the job that the path names.
func (j *jobs) named(c *call) (*job, error) {
	if made := j.find(c.PathValue("id")); made != nil {
		return made, nil
	}
	return nil, refuse(http.StatusNotFound, "%s is not a job; jobs are forgotten a day after their end", clip(c.PathValue("id")))
}

// one serves GET /v1/jobs/:id, and with format=csv its outcomes as a table.
func (j *jobs) one(c *call) (answer, error) {
	made, err := j.named(c)
	if err != nil {
		return answer{}, err
	}
	r := made.resource(api.JobOutcomes)
	switch format := c.values.Get("format"); format {
	case "", "json":
	case "csv":
		return outcomeTable(&r), nil
	default:
		return answer{}, refuse(http.StatusBadRequest, "format=%s is not one of json, csv", clip(format))
	}
	link(c, &r, "jobs", r.ID)
	return one(c, r, c.link("jobs", r.ID)), nil
}

// outcomeTable is what became of each session of a job, as CSV.
func outcomeTable(r *api.Job) answer {
	a := &r.Attributes
	var b bytes.Buffer
	fmt.Fprintf(&b, "# job %s by %s, started %s: %s, %s; reason: %s; filter: %s\n",
		r.ID, oneLine(a.By), a.Started, oneLine(a.What), a.State, oneLine(a.Reason), oneLine(a.Filter))
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"id", "user", "client", "at", "result", "detail"}) // a Buffer takes everything
	for _, o := range a.Outcomes {
		_ = w.Write([]string{o.ID, plainCell(o.User), plainCell(o.Client), string(o.At), o.Result, plainCell(o.Detail)})
	}
	w.Flush()
	return answer{body: b.Bytes(), header: http.Header{
		"Content-Type": {"text/csv; charset=utf-8"}, "Content-Disposition": {`attachment; filename="job-` + r.ID + `.csv"`},
		"Cache-Control": {"no-store"},
	}}
}

// stopOne serves DELETE /v1/jobs/:id. What the job has done stays done. To stop
// a job that has ended is no mistake.
func (j *jobs) stopOne(c *call) (answer, error) {
	made, err := j.named(c)
	if err != nil {
		return answer{}, err
	}
	made.stop(&ending{api.JobStopped, "by " + c.principal.User})
	select {
	case <-made.ended:
	case <-c.Context().Done(): // its last session takes its time
	}
	counts := made.resource(0).Attributes.Counts
	c.record.After = map[string]any{"counts": counts}
	return answer{}, nil
}

// objects are all jobs as the push feed shows them, newest first.
func (j *jobs) objects() []push.Object {
	return pushed(j.newest(), func(made *job) api.Job { return made.resource(0) })
}

// object is one job as the push feed shows it.
func (j *jobs) object(id string) (push.Object, bool) {
	made := j.find(id)
	if made == nil {
		return push.Object{}, false
	}
	return push.Object{ID: id, Resource: made.resource(api.MaxWindow)}, true
}
