package engine

import (
	"sync/atomic"
	"time"
)

// Thresholds say from when on a session is worth a look. A value of 0 is the
// default.
type Thresholds struct {
	LongQuery       time.Duration // that a statement runs
	LongTransaction time.Duration // that a transaction is idle
}

// The thresholds by default.
const (
	defaultLongQuery       = time.Minute
	defaultLongTransaction = time.Minute
)

// SetThresholds puts thresholds into effect for all sessions.
func (e *Engine) SetThresholds(t Thresholds) {
	e.thresholds.Store(&t)
	for _, s := range e.sessions.all() {
		s.boring()
	}
}

// thresholds are those in effect, the defaults while there are none.
type thresholds struct{ atomic.Pointer[Thresholds] }

// longAfter returns how long a session may do what it does before it is worth a
// look, 0 for ever.
func (chosen *thresholds) longAfter(d Doing) time.Duration {
	var t Thresholds
	if p := chosen.Load(); p != nil {
		t = *p
	}
	switch {
	case d == Running && t.LongQuery > 0:
		return t.LongQuery
	case d == Running:
		return defaultLongQuery
	case d == IdleInTrx && t.LongTransaction > 0:
		return t.LongTransaction
	case d == IdleInTrx:
		return defaultLongTransaction
	}
	return 0
}
