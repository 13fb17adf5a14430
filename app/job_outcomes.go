package app

import (
	"net/url"
	"slices"

	"github.com/signalbox/signalbox/api"
)

// jobView is the view of the job that a page shows.
const jobView = "job"

// jobOutcomes are the outcomes of a job as a page has seen them, oldest first.
// The push feed has the newest ones, which is all that is needed while one looks
// on; what was before is asked for once.
type jobOutcomes struct {
	list []api.JobOutcome
	seen int  // that there ever were: list ends with the last of these
	poll poll // of those from before
}

// take takes in what the feed says of the job.
func (o *jobOutcomes) take(a *api.JobAttributes) {
	n := handled(a) - o.seen
	switch {
	case n <= 0:
		return
	case n <= len(a.Outcomes):
		o.list = append(o.list, a.Outcomes[len(a.Outcomes)-n:]...)
	default: // there is a gap, or it is the first time
		o.list = slices.Clone(a.Outcomes)
	}
	o.seen = handled(a)
	o.bound()
}

// bound keeps as many as the server does.
func (o *jobOutcomes) bound() {
	o.list = slices.Delete(o.list, 0, max(0, len(o.list)-api.JobOutcomes))
}

// lacks reports whether the server has outcomes that are not here.
func (o *jobOutcomes) lacks() bool { return len(o.list) < min(o.seen, api.JobOutcomes) }

// ask asks for what is lacking, once.
func (o *jobOutcomes) ask(id string) {
	if !o.lacks() || o.poll.busy || o.poll.failed != "" || console.client == nil {
		return
	}
	o.poll.ask("/v1/jobs/"+url.PathEscape(id), func(answer []byte) error {
		job, err := api.DecodeOne[api.JobAttributes](answer)
		if err == nil {
			o.before(&job.Attributes)
		}
		return err
	})
}

// before puts all outcomes as they were at some time in front of those that have
// come since.
func (o *jobOutcomes) before(a *api.JobAttributes) {
	since := min(max(o.seen-handled(a), 0), len(o.list))
	o.list = append(slices.Clone(a.Outcomes), o.list[len(o.list)-since:]...)
	o.seen = max(o.seen, handled(a))
	o.bound()
}
