package app

import (
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// ioKept is how many seconds of a session's I/O the page keeps.
const ioKept = 600

// ioRing is how many bytes a second went in and out of a session while its page
// was open: the server keeps only the sums.
type ioRing struct {
	since time.Time // of the first sample
	flows []ui.Flow // oldest first, at most ioKept

	at      time.Time // of the last sample, zero when the next one has nothing to compare with
	in, out uint64
}

// sample takes what has gone in and out until now, at most once a second. What
// is not known, because the data are old, stays a gap.
func (r *ioRing) sample(s *api.Session, ended, now time.Time) {
	if r == nil {
		return
	}
	if s == nil || !ended.IsZero() || console.stale() {
		r.at = time.Time{}
		return
	}
	if r.since.IsZero() {
		r.since = now
	}
	past := now.Sub(r.at)
	if !r.at.IsZero() && past >= 0 && past < time.Second {
		return
	}
	a := &s.Attributes.Activity
	if !r.at.IsZero() && past > 0 && a.BytesIn >= r.in && a.BytesOut >= r.out {
		r.flows = append(r.flows, ui.Flow{
			From: r.at, To: now, In: float64(a.BytesIn-r.in) / past.Seconds(), Out: float64(a.BytesOut-r.out) / past.Seconds(),
		})
		if n := len(r.flows); n > ioKept {
			r.flows = append(r.flows[:0], r.flows[n-ioKept:]...)
		}
	}
	r.at, r.in, r.out = now, a.BytesIn, a.BytesOut
}

// list returns the flows.
func (r *ioRing) list() []ui.Flow {
	if r == nil {
		return nil
	}
	return r.flows
}

// note says what the ring holds.
func (r *ioRing) note() string {
	if r == nil || r.since.IsZero() {
		return ""
	}
	return lang.T("The server keeps no history of I/O: this page has measured it since {since} and keeps 10 minutes.", "since", sinceWhen(timeText(r.since)))
}
