package view

import (
	"math"
	"time"

	"github.com/signalbox/signalbox/api"
)

// The words for the state of a session, most severe first.
const (
	StateKill       = "kill"       // a kill is pending
	StateBlocked    = "blocked"    // waits for a lock of another session
	StateLong       = "long"       // running for LongAfter or longer
	StateTrxLong    = "trx-long"   // idle inside a transaction for LongAfter or longer
	StateSwap       = "swap"       // new filters wait for their moment
	StateRestart    = "restart"    // a restart waits for its moment
	StateTrx        = "trx"        // idle inside a transaction
	StateRunning    = "running"    // a statement is being executed
	StateIdle       = "idle"       // waiting for the client
	StateConnecting = "connecting" // logging in
	StateEnded      = "ended"      // stopping, or failed to start
)

// StatePending is true of every session that has something pending. It is a
// word of filters only: no session shows it.
const StatePending = "pending"

// states are the words of State, most severe first.
var states = [...]string{
	StateKill, StateBlocked, StateLong, StateTrxLong, StateSwap, StateRestart,
	StateTrx, StateRunning, StateIdle, StateConnecting, StateEnded,
}

// State returns the one word that a session shows at the instant now: the most
// severe that is true of it, but StateEnded before all others. With a zero now
// the figures of s are taken as they stand.
func State(s *api.Session, now time.Time) string {
	return StateAfter(s, Lag(s, now))
}

// StateAfter is State with the clocks of s run on by lag.
func StateAfter(s *api.Session, lag time.Duration) string {
	if Is(s, StateEnded, lag) {
		return StateEnded
	}
	for _, word := range states {
		if Is(s, word, lag) {
			return word
		}
	}
	return StateIdle
}

// Severity ranks the words of State: 1 for StateEnded and more for what is
// more severe. It is 0 for any other word.
func Severity(word string) int {
	for i, w := range states {
		if w == word {
			return len(states) - i
		}
	}
	return 0
}

// Is tells whether the word is true of s, with the clocks of s run on by lag.
// Several words may be true of one session.
func Is(s *api.Session, word string, lag time.Duration) bool {
	a := &s.Attributes
	switch word {
	case StateKill:
		return a.Pending.Kill != nil
	case StateSwap:
		return a.Pending.Filters != nil
	case StateRestart:
		return a.Pending.Restart
	case StatePending:
		return a.Pending.Kill != nil || a.Pending.Filters != nil || a.Pending.Restart
	case StateBlocked:
		return a.Activity.BlockedBy != ""
	case StateLong:
		return a.Activity.State == "running" && long(s, lag)
	case StateTrxLong:
		return a.Activity.State == "trx" && long(s, lag)
	case StateTrx:
		return a.Activity.State == "trx"
	case StateRunning:
		return a.Activity.State == "running"
	case StateIdle:
		return a.Activity.State == "idle"
	case StateConnecting:
		return a.Activity.State == "connecting"
	case StateEnded:
		return a.Activity.State == "stopping" || a.State == api.SessionStopping || a.State == api.SessionFailed
	}
	return false
}

// LongAfter returns how long s may be in its present state before it is worth a
// look; 0 is for ever.
func LongAfter(s *api.Session) time.Duration { return seconds(s.Attributes.Activity.LongAfter) }

func long(s *api.Session, lag time.Duration) bool {
	after := LongAfter(s)
	return after > 0 && InState(s, lag) >= after
}

// Never is further in the future than any instant that is waited for.
const Never = time.Duration(math.MaxInt64)

// UntilLong returns how long it takes from lag until s is long or trx-long all
// by itself; Never when it is already, or will not be.
func UntilLong(s *api.Session, lag time.Duration) time.Duration {
	state := s.Attributes.Activity.State
	if after := LongAfter(s); after > 0 && (state == "running" || state == "trx") {
		if left := after - InState(s, lag); left > 0 {
			return left
		}
	}
	return Never
}

// Marks are what a Summary counts of one session.
type Marks uint16

const (
	markRunning Marks = 1 << 0
	markIdle    Marks = 1 << 1
	markTrx     Marks = 1 << 2
	markLong    Marks = 1 << 3
	markTrxLong Marks = 1 << 4
	markPending Marks = 1 << 5
	markBlocked Marks = 1 << 6
	markKilling Marks = 1 << 7
)

// MarksAfter returns the marks of s with its clocks run on by lag.
func MarksAfter(s *api.Session, lag time.Duration) Marks {
	var m Marks
	switch s.Attributes.Activity.State {
	case "running":
		m = markRunning
		if long(s, lag) {
			m |= markLong
		}
	case "idle":
		m = markIdle
	case "trx":
		m = markTrx
		if long(s, lag) {
			m |= markTrxLong
		}
	}
	if Is(s, StatePending, lag) {
		m |= markPending
	}
	if Is(s, StateKill, lag) {
		m |= markKilling
	}
	if Is(s, StateBlocked, lag) {
		m |= markBlocked
	}
	return m
}

// Add counts n more sessions with these marks; n may be negative.
func (m Marks) Add(sum *api.Summary, n int) {
	m.add(markRunning, &sum.Running, n)
	m.add(markIdle, &sum.Idle, n)
	m.add(markTrx, &sum.Trx, n)
	m.add(markLong, &sum.Long, n)
	m.add(markTrxLong, &sum.TrxLong, n)
	m.add(markPending, &sum.Pending, n)
	m.add(markBlocked, &sum.Blocked, n)
	m.add(markKilling, &sum.Killing, n)
}

func (m Marks) add(bit Marks, count *int, n int) {
	if m&bit != 0 {
		*count += n
	}
}

// Count adds s to sum, with the clocks of s run on by lag.
func Count(sum *api.Summary, s *api.Session, lag time.Duration) { MarksAfter(s, lag).Add(sum, 1) }

// Lag returns how long before now the figures of s were true. It is 0 when now
// is zero or s does not say, and never negative.
func Lag(s *api.Session, now time.Time) time.Duration {
	if now.IsZero() {
		return 0
	}
	since, err := time.Parse(time.RFC3339, string(s.Attributes.Activity.SinceAt))
	if err != nil {
		return 0
	}
	return max(0, now.Sub(since)-seconds(s.Attributes.Activity.InState))
}

// InState returns how long s has been in its state of activity, lag after its
// figures were true.
func InState(s *api.Session, lag time.Duration) time.Duration {
	return seconds(s.Attributes.Activity.InState) + lag
}

// Age returns how long s has been connected, lag after its figures were true.
func Age(s *api.Session, lag time.Duration) time.Duration {
	return seconds(s.Attributes.SecondsAlive) + lag
}

// TrxAge returns how long the transaction of s has been open, lag after its
// figures were true; 0 when none is.
func TrxAge(s *api.Session, lag time.Duration) time.Duration {
	if !s.Attributes.Activity.Trx {
		return 0
	}
	return seconds(s.Attributes.Activity.TrxSeconds) + lag
}

// Idle returns how long the client of s has been silent, lag after its figures
// were true; 0 while it is busy.
func Idle(s *api.Session, lag time.Duration) time.Duration {
	switch s.Attributes.Activity.State {
	case "idle", "trx":
		return seconds(s.Attributes.Idle) + lag
	}
	return seconds(s.Attributes.Idle)
}

func seconds(f float64) time.Duration { return time.Duration(f * float64(time.Second)) }
