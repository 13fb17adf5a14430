package server

import (
	"net/netip"
	"sync"
	"time"
)

// attempts slows down guessing: after five failures a key may try again only
// after a wait, which doubles with each further failure. Failures are forgiven
// one by one with time, and all at once by a success. Nothing is locked: the
// longest wait is bounded, for an account more than for an address, since
// whoever knows an account's name could otherwise keep its owner out.
type attempts struct {
	now func() time.Time

	mu   sync.Mutex // guards what follows
	keys map[string]*failures
}

type failures struct {
	count   float64
	changed time.Time // when count was right
	until   time.Time // no attempt before
}

const (
	freeFailures   = 5
	forgiveEvery   = 12 * time.Second // five a minute
	firstWait      = 2 * time.Second
	maxWaitAddress = 15 * time.Minute
	maxWaitAccount = 30 * time.Second
	maxAttemptKeys = 10_000
)

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, keys: map[string]*failures{}}
}

// attemptKeys are what a failed login counts against. An IPv6 client has a
// whole /64 to call from.
func attemptKeys(account string, address netip.Addr) (byAccount, byAddress string) {
	if address.Is6() {
		if prefix, err := address.Prefix(64); err == nil {
			address = prefix.Addr()
		}
	}
	return "account " + account, "address " + address.String()
}

// wait returns how long to wait before the next attempt, 0 when it may be made
// now.
func (a *attempts) wait(keys ...string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	var longest time.Duration
	for _, key := range keys {
		if f := a.keys[key]; f != nil {
			longest = max(longest, f.until.Sub(a.now()))
		}
	}
	return longest
}

// failed counts a failure against an account and an address.
func (a *attempts) failed(byAccount, byAddress string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.countLocked(byAccount, maxWaitAccount)
	a.countLocked(byAddress, maxWaitAddress)
}

func (a *attempts) countLocked(key string, longest time.Duration) {
	now := a.now()
	f := a.keys[key]
	if f == nil {
		if len(a.keys) >= maxAttemptKeys {
			a.forgetLocked(now)
		}
		f = &failures{changed: now}
		a.keys[key] = f
	}
	f.count = max(0, f.count-float64(now.Sub(f.changed))/float64(forgiveEvery)) + 1
	f.changed = now
	if f.count <= freeFailures {
		return
	}
	wait := firstWait
	for over := f.count - freeFailures; over > 1 && wait < longest; over-- {
		wait *= 2
	}
	f.until = now.Add(min(wait, longest))
}

// forgetLocked drops what is forgiven, and everything when nothing is: the
// table stays bounded whoever knocks.
func (a *attempts) forgetLocked(now time.Time) {
	for key, f := range a.keys {
		if now.After(f.until) && float64(now.Sub(f.changed)) > f.count*float64(forgiveEvery) {
			delete(a.keys, key)
		}
	}
	if len(a.keys) >= maxAttemptKeys {
		clear(a.keys)
	}
}

// succeeded forgives everything that was counted against the account. The
// address stays: it may be guessing at other accounts with one right login.
func (a *attempts) succeeded(byAccount string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.keys, byAccount)
}
