package api

// Job is one action over many sessions, carried out at a pace. It is ours:
// MaxScale has nothing like it.
type Job = Resource[JobAttributes]

// Actions of jobs.
const (
	JobKill            = "kill"
	JobRestart         = "restart"
	JobCancelStatement = "cancel-statement"
	JobAlter           = "alter"       // log levels, filters or both
	JobCancelKill      = "cancel-kill" // takes kills back that have not fired
)

// Modes of jobs: which sessions they are about.
const (
	JobList     = "list"     // the sessions that are named, or matched when the job was made; the default
	JobMatching = "matching" // whatever matches the filter when the job comes to it
)

// States of jobs.
const (
	JobRunning  = "running"
	JobDone     = "done"
	JobStopped  = "stopped"  // by somebody
	JobFailed   = "failed"   // too many errors
	JobPreview  = "preview"  // a dry run: nothing is done
	JobRefused  = "refused"  // outcome: may not be touched, as the session of who asks
	JobGone     = "gone"     // outcome: had ended before
	JobReplaced = "replaced" // outcome: another client has the id now
)

// JobRequest is the body of POST /v1/jobs. Sessions are named by Filter, in the
// language of package view, or by IDs; exactly one of them.
type JobRequest struct {
	Action string          `json:"action"`
	Filter string          `json:"filter,omitempty"`
	IDs    []string        `json:"ids,omitempty"`
	Seen   map[string]Time `json:"seen,omitempty"` // connected_at by id, as the caller saw it: another client with the id is left alone
	Mode   string          `json:"mode,omitempty"`
	DryRun bool            `json:"dry_run,omitempty"`

	// Of a kill.
	TTL       string `json:"ttl,omitempty"`       // as in DELETE
	When      string `json:"when,omitempty"`      // "idle", as in DELETE
	Otherwise string `json:"otherwise,omitempty"` // "keep" with when idle, as in DELETE
	Tell      *bool  `json:"tell,omitempty"`      // the reason to the client; true unless told otherwise

	// Of an alteration.
	Parameters map[string]bool `json:"parameters,omitempty"` // log levels
	LogFor     string          `json:"log_for,omitempty"`    // how long the log levels stay on
	Filters    *[]string       `json:"filters,omitempty"`    // the new chain

	Pace      float64 `json:"pace,omitempty"`       // sessions a second; 0 is all at once
	Max       int     `json:"max,omitempty"`        // at most so many sessions; 0 is no limit
	MaxErrors int     `json:"max_errors,omitempty"` // percent of failures above which the job stops; 0 is 5
	Count     int     `json:"count,omitempty"`      // how many sessions the caller means; needed above ConfirmAbove
	Reason    string  `json:"reason,omitempty"`
}

// ConfirmAbove is the number of sessions above which a job needs Count: whoever
// asks has to say how many they mean.
const ConfirmAbove = 50

// JobAttributes are the attributes of a job, or of the preview of one.
type JobAttributes struct {
	Action   string   `json:"action"`
	Filter   string   `json:"filter,omitempty"`
	Mode     string   `json:"mode"`
	State    string   `json:"state"`
	By       string   `json:"by"`
	Reason   string   `json:"reason"`
	Started  Time     `json:"started"`
	Finished Time     `json:"finished,omitempty"`
	Pace     float64  `json:"pace"`
	What     string   `json:"what"` // the action in words, as "kill in 30 s"
	Why      string   `json:"why,omitempty"`
	Total    int      `json:"total"` // sessions that it is about, as far as is known
	Counts   JobCount `json:"counts"`

	Groups   []JobGroup      `json:"groups,omitempty"`   // of a preview: most sessions to lose first
	Seen     map[string]Time `json:"seen,omitempty"`     // of a preview by filter: connected_at by id, which make the exact list for a request; none of more than JobOutcomes sessions
	Outcomes []JobOutcome    `json:"outcomes,omitempty"` // in a GET of one job and its view, newest last; at most JobOutcomes, in the view at most MaxWindow; in a preview those that would be left alone
}

// JobOutcomes is how many outcomes of a job are kept.
const JobOutcomes = 10_000

// JobCount counts outcomes.
type JobCount struct {
	Done    int `json:"done"`
	Gone    int `json:"gone"`    // had ended before, or was replaced by another client
	Refused int `json:"refused"` // may not be touched
	Failed  int `json:"failed"`
}

// JobGroup is a part of what a preview found.
type JobGroup struct {
	Service   string `json:"service"`
	User      string `json:"user"`
	Sessions  int    `json:"sessions"`
	Running   int    `json:"running"`    // statements that would be stopped
	Trx       int    `json:"trx"`        // open transactions
	TrxWrites int    `json:"trx_writes"` // writing statements in them
	Excluded  int    `json:"excluded"`   // of Sessions: would be left alone
}

// JobOutcome is what became of one session.
type JobOutcome struct {
	ID     string `json:"id"`
	User   string `json:"user"`
	Client string `json:"client"`
	At     Time   `json:"at"`
	Result string `json:"result"` // done, gone, replaced, refused, failed
	Detail string `json:"detail,omitempty"`
}
