package push

import (
	"container/heap"
	"time"

	lang "github.com/signalbox/signalbox/api/view"
)

// agenda says which sessions are to be judged again when, because the passing of
// time changes what is said of them. It has at most one entry for a session.
// The zero value is empty.
type agenda struct {
	heap agendaHeap
}

// schedule is a filter with the agenda of sessions that it has to judge again.
type schedule struct {
	match  *lang.Filter
	agenda agenda
}

// appoint has s judged again when time alone changes what is said of it.
func (c *schedule) appoint(s *session, matches bool, lag time.Duration, now time.Time) {
	wait := c.match.Until(s.is, lag)
	if matches {
		wait = min(wait, lang.UntilLong(s.is, lag))
	}
	if wait == lang.Never {
		c.agenda.drop(s)
		return
	}
	c.agenda.set(s, now.Add(wait))
}

// agendaHeap has the next entry first.
type agendaHeap struct {
	entries []appointment
	places  map[*session]int // in entries
}

type appointment struct {
	due     time.Time
	session *session
}

// set has s judged again at due.
func (a *agenda) set(s *session, due time.Time) {
	if a.heap.places == nil {
		a.heap.places = make(map[*session]int)
	}
	if i, ok := a.heap.places[s]; ok {
		a.heap.entries[i].due = due
		heap.Fix(&a.heap, i)
		return
	}
	heap.Push(&a.heap, appointment{due, s})
}

// drop takes s from the agenda.
func (a *agenda) drop(s *session) {
	if i, ok := a.heap.places[s]; ok {
		heap.Remove(&a.heap, i)
	}
}

// next takes the next session that is due from the agenda, nil when none is.
func (a *agenda) next(now time.Time) *session {
	if len(a.heap.entries) == 0 || a.heap.entries[0].due.After(now) {
		return nil
	}
	return heap.Pop(&a.heap).(appointment).session
}

func (h *agendaHeap) Len() int           { return len(h.entries) }
func (h *agendaHeap) Less(i, j int) bool { return h.entries[i].due.Before(h.entries[j].due) }

func (h *agendaHeap) Swap(i, j int) {
	h.entries[i], h.entries[j] = h.entries[j], h.entries[i]
	h.places[h.entries[i].session], h.places[h.entries[j].session] = i, j
}

func (h *agendaHeap) Push(x any) {
	a := x.(appointment)
	h.places[a.session] = len(h.entries)
	h.entries = append(h.entries, a)
}

func (h *agendaHeap) Pop() any {
	last := h.entries[len(h.entries)-1]
	h.entries[len(h.entries)-1] = appointment{}
	h.entries = h.entries[:len(h.entries)-1]
	delete(h.places, last.session)
	return last
}
