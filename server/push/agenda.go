package push

import (
	"container/heap"
	"time"

	"github.com/signalbox/signalbox/api"
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

// appoint has s, which is is, judged again when time alone changes what is said
// of it.
func (c *schedule) appoint(s *session, is *api.Session, matches bool, lag time.Duration, now time.Time) {
	if wait := c.wait(is, matches, lag); wait == lang.Never {
		c.agenda.drop(s)
	} else {
		c.agenda.set(s, now.Add(wait))
	}
}

// wait returns how long it takes until time alone changes what is said of a session.
func (c *schedule) wait(is *api.Session, matches bool, lag time.Duration) time.Duration {
	wait := c.match.Until(is, lag)
	if matches {
		wait = min(wait, lang.UntilLong(is, lag))
	}
	return wait
}

// agendaHeap has the next entry first.
type agendaHeap struct {
	entries []appointment
	places  []int32 // by slot of the session: in entries, from 1; 0 for none
}

type appointment struct {
	due     time.Time
	session *session
}

// place returns where the entry of s is, from 1; 0 when it has none.
func (a *agenda) place(s *session) int {
	if int(s.slot) < len(a.heap.places) {
		return int(a.heap.places[s.slot])
	}
	return 0
}

// set has s judged again at due.
func (a *agenda) set(s *session, due time.Time) {
	if at := a.place(s); at > 0 {
		if e := &a.heap.entries[at-1]; !e.due.Equal(due) {
			e.due = due
			heap.Fix(&a.heap, at-1)
		}
		return
	}
	heap.Push(&a.heap, appointment{due, s})
}

// drop takes s from the agenda.
func (a *agenda) drop(s *session) {
	if at := a.place(s); at > 0 {
		heap.Remove(&a.heap, at-1)
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
	h.places[h.entries[i].session.slot], h.places[h.entries[j].session.slot] = int32(i+1), int32(j+1)
}

func (h *agendaHeap) Push(x any) {
	a := x.(appointment)
	h.places = reach(h.places, a.session.slot)
	h.entries = append(h.entries, a)
	h.places[a.session.slot] = int32(len(h.entries))
}

func (h *agendaHeap) Pop() any {
	last := h.entries[len(h.entries)-1]
	h.entries[len(h.entries)-1] = appointment{}
	h.entries = h.entries[:len(h.entries)-1]
	h.places[last.session.slot] = 0
	return last
}

// reach returns list with a place for a slot.
func reach[E any](list []E, slot int32) []E {
	if n := int(slot) + 1 - len(list); n > 0 {
		list = append(list, make([]E, max(n, 1024))...)
	}
	return list
}
