package engine

import (
	"container/list"
	"errors"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// newcomers are the clients that have not logged in yet. There may be so many of
// them and no more, so that those that come only to say nothing leave files and
// memory to others: when there are too many, the oldest one has to go.
type newcomers struct {
	limit int // set by New, then constant

	mu   sync.Mutex // guards what follows
	list list.List  // of *Session, oldest first
	byID map[uint64]*list.Element
}

// newcomerTime is what each client has to log in, however many come.
const newcomerTime = time.Second

// errNewcomer is the cause of the end of a client that had to go.
var errNewcomer = errors.New("it has not logged in while too many others want to")

// defaultNewcomers is how many there may be: a quarter of the files that the
// program may open, but 10,000 at most.
func defaultNewcomers() int {
	const most, least = 10_000, 100
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return least
	}
	return int(min(max(limit.Cur/4, least), most))
}

func (n *newcomers) add(s *Session) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.byID == nil {
		n.byID = make(map[uint64]*list.Element)
	}
	n.byID[s.id] = n.list.PushBack(s)
}

// remove is for one that is logged in or gone; it may be called again.
func (n *newcomers) remove(s *Session) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.removeLocked(s)
}

func (n *newcomers) removeLocked(s *Session) {
	if element := n.byID[s.id]; element != nil {
		n.list.Remove(element)
		delete(n.byID, s.id)
	}
}

// room makes room for one more, by ending the oldest one if there are too many;
// false when that has not had its time.
func (n *newcomers) room(now time.Time) bool {
	oldest, full := n.oldest(now)
	if oldest != nil {
		oldest.end(clientError(errNewcomer))
	}
	return oldest != nil || !full
}

// oldest reports whether there are as many as there may be, and then takes out
// the one that has to go, nil for none.
func (n *newcomers) oldest(now time.Time) (oldest *Session, full bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.list.Len() < n.limit {
		return nil, false
	}
	oldest = n.list.Front().Value.(*Session)
	if now.Sub(oldest.connected) < newcomerTime {
		return nil, true
	}
	n.removeLocked(oldest)
	return oldest, true
}
