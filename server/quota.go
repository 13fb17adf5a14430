package server

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// quota bounds how often one user may ask for what costs much. Each user has a
// bucket of so many tokens, which fills up again with time; a request takes one.
// Nobody's requests count against another's.
//
// # Concurrency
//
// All methods may be called concurrently.
type quota struct {
	// Set by its maker, then constant.
	what  string        // that is bounded, in the plural
	most  int           // tokens of a full bucket
	every time.Duration // until there is one more

	mu   sync.Mutex           // guards what follows
	full map[string]time.Time // by user, when the bucket is full again
}

// The quotas. An operator in a hurry does not meet them; a script in a loop does.
func exportQuota() *quota  { return &quota{what: "exports", most: 10, every: 6 * time.Second} }
func jobQuota() *quota     { return &quota{what: "jobs", most: 20, every: 3 * time.Second} }
func previewQuota() *quota { return &quota{what: "previews of jobs", most: 60, every: time.Second} }

// maxQuotaUsers is how many users are kept; of those whose buckets are full
// nothing is.
const maxQuotaUsers = 10_000

// take takes a token out of the bucket of who calls, or refuses and says when
// there is one again.
func (q *quota) take(c *call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	user := c.principal.User
	full := q.full[user]
	if full.Before(c.now) {
		full = c.now
	}
	full = full.Add(q.every)
	if wait := full.Sub(c.now) - time.Duration(q.most)*q.every; wait > 0 {
		seconds := int((wait + time.Second - 1) / time.Second)
		p := refuse(http.StatusTooManyRequests, "too many %s: at most %d at once and one more every %s; try again in %d s", q.what, q.most, span(q.every), seconds)
		p.header = http.Header{"Retry-After": {strconv.Itoa(seconds)}}
		return p
	}
	if len(q.full) >= maxQuotaUsers {
		q.forgetLocked(c.now)
	}
	if q.full == nil {
		q.full = make(map[string]time.Time)
	}
	q.full[user] = full
	return nil
}

// forgetLocked drops those whose buckets are full, and everybody when nobody's
// is: the table stays bounded whoever comes.
func (q *quota) forgetLocked(now time.Time) {
	for user, full := range q.full {
		if !full.After(now) {
			delete(q.full, user)
		}
	}
	if len(q.full) >= maxQuotaUsers {
		clear(q.full)
	}
}
