package server

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// quota bounds how often somebody may do what costs much, or what everybody may
// do. Each has a bucket of so many tokens, which fills up again with time; a
// request takes one. Nobody's requests count against another's.
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
	full map[string]time.Time // by who it is, when the bucket is full again
}

// The quotas of users. An operator in a hurry does not meet them; a script in a
// loop does.
func exportQuota() *quota  { return &quota{what: "exports", most: 10, every: 6 * time.Second} }
func jobQuota() *quota     { return &quota{what: "jobs", most: 20, every: 3 * time.Second} }
func previewQuota() *quota { return &quota{what: "previews of jobs", most: 60, every: time.Second} }

// perMinute bounds what may be done so many times a minute, all of them at once
// if one likes.
func perMinute(most int, what string) *quota {
	return &quota{what: what, most: most, every: time.Minute / time.Duration(most)}
}

// maxQuotaKeys is how many buckets are kept; of those that are full nothing is.
const maxQuotaKeys = 10_000

// take takes a token out of the bucket of the user who calls, or refuses and
// says when there is one again.
func (q *quota) take(c *call) error {
	if wait := q.wait(c.principal.User, c.now); wait > 0 {
		return later(wait, "too many %s: at most %d at once and one more every %s;", q.what, q.most, span(q.every))
	}
	return nil
}

// takeOfAddress takes a token out of the bucket of the address that calls.
func (q *quota) takeOfAddress(c *call) error {
	_, address := attemptKeys("", c.address())
	return q.takeOf(address, c)
}

// takeOf takes a token out of the bucket of key.
func (q *quota) takeOf(key string, c *call) error {
	if wait := q.wait(key, c.now); wait > 0 {
		return later(wait, "too many %s:", q.what)
	}
	return nil
}

// wait takes a token out of the bucket of key and returns 0, or how long it is
// until there is one.
func (q *quota) wait(key string, now time.Time) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	full, known := q.full[key]
	if full.Before(now) {
		full = now
	}
	full = full.Add(q.every)
	if wait := full.Sub(now) - time.Duration(q.most)*q.every; wait > 0 {
		return wait
	}
	if !known && len(q.full) >= maxQuotaKeys {
		q.forgetLocked(now)
	}
	if q.full == nil {
		q.full = make(map[string]time.Time)
	}
	q.full[key] = full
	return 0
}

// forgetLocked drops the buckets that are full, and all when none is: the table
// stays bounded whoever comes.
func (q *quota) forgetLocked(now time.Time) {
	for key, full := range q.full {
		if !full.After(now) {
			delete(q.full, key)
		}
	}
	if len(q.full) >= maxQuotaKeys {
		clear(q.full)
	}
}

// later refuses a call that may be made again after a wait. The format says why,
// up to the mark before "try again".
func later(wait time.Duration, format string, args ...any) error {
	seconds := int((wait + time.Second - 1) / time.Second)
	p := refuse(http.StatusTooManyRequests, "%s try again in %d s", fmt.Sprintf(format, args...), seconds)
	p.header = http.Header{"Retry-After": {strconv.Itoa(seconds)}}
	return p
}
