package server

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// throttle bounds how often somebody may do something: perMinute times, all of
// them at once if they like.
type throttle struct {
	what      string // in the answer, as "pairings"
	perMinute float64
	now       func() time.Time

	mu   sync.Mutex // guards what follows
	used map[string]allowance
}

type allowance struct {
	used float64
	at   time.Time
}

const maxThrottled = 10_000 // keys

func newThrottle(what string, perMinute float64, now func() time.Time) *throttle {
	return &throttle{what: what, perMinute: perMinute, now: now, used: map[string]allowance{}}
}

// wait counts one more for key and returns 0, or how long to wait before it may
// be.
func (t *throttle) wait(key string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	a, known := t.used[key]
	if !known && len(t.used) >= maxThrottled {
		t.forgetLocked(now)
	}
	a = allowance{t.leftLocked(a, now) + 1, now}
	if a.used > t.perMinute {
		return time.Duration((a.used - t.perMinute) / t.perMinute * float64(time.Minute))
	}
	t.used[key] = a
	return 0
}

func (t *throttle) leftLocked(a allowance, now time.Time) float64 {
	return max(0, a.used-now.Sub(a.at).Minutes()*t.perMinute)
}

// forgetLocked drops what is forgiven, and everything when nothing is: the table
// stays bounded whoever knocks.
func (t *throttle) forgetLocked(now time.Time) {
	for key, a := range t.used {
		if t.leftLocked(a, now) == 0 {
			delete(t.used, key)
		}
	}
	if len(t.used) >= maxThrottled {
		clear(t.used)
	}
}

// admit counts a call from its address, or refuses it.
func (t *throttle) admit(c *call) error {
	_, address := attemptKeys("", c.address())
	return t.admitKey(address)
}

func (t *throttle) admitKey(key string) error {
	wait := t.wait(key)
	if wait <= 0 {
		return nil
	}
	return later(wait, "too many "+t.what)
}

// later refuses a call that may be made again after a wait.
func later(wait time.Duration, why string) error {
	seconds := int((wait + time.Second - 1) / time.Second)
	p := refuse(http.StatusTooManyRequests, "%s: try again in %d s", why, seconds)
	p.header = http.Header{"Retry-After": {strconv.Itoa(seconds)}}
	return p
}
