package app

import (
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// flowsNote says what the server keeps of a session's I/O.
func flowsNote() string {
	return lang.T("I/O is kept in steps of 10 s for the last 10 minutes and of 15 minutes for the 12 hours before.")
}

// flowsOf are how much went by in a session at the instant now. The newest step
// is not over yet.
func flowsOf(history []api.SessionFlow, now time.Time) []ui.Flow {
	list := make([]ui.Flow, 0, len(history))
	for i := range history {
		h := &history[i]
		from := timeOf(h.At)
		to := from.Add(time.Duration(h.Seconds * float64(time.Second)))
		if to.After(now) {
			to = now
		}
		over := max(to.Sub(from).Seconds(), 1)
		list = append(list, ui.Flow{From: from, To: to, In: float64(h.In) / over, Out: float64(h.Out) / over})
	}
	return list
}
