package engine

import (
	"slices"
	"sync"
	"time"
	"unsafe"
)

// The limits of what is kept of sessions that have ended.
const (
	endedBytes = 8 << 20        // of all of them
	endedFor   = 24 * time.Hour // of each
)

// EndedInfo is a session that has ended, as it was then.
type EndedInfo struct {
	Session SessionInfo
	At      time.Time
	Reason  string // why it ended, in words
	By      string // who ended it, "" when nobody did
}

// ended are the sessions that ended last. The zero value has none.
type ended struct {
	mu    sync.Mutex  // guards what follows
	list  []endedItem // oldest first; seldom looked into, so that no index is kept for it
	bytes int64       // of all of them
}

// endedItem is a session with what it holds, which is not to be counted again when
// its memory is no longer in any of the processor's caches.
type endedItem struct {
	*EndedInfo
	bytes int64
}

// add keeps a session, and forgets the oldest ones for it. The info must not be
// changed from now on.
func (e *ended) add(info *EndedInfo) {
	item := endedItem{info, info.size()}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, item)
	e.bytes += item.bytes
	for len(e.list) > 0 {
		oldest := e.list[0]
		if e.bytes <= endedBytes && info.At.Sub(oldest.At) <= endedFor {
			return
		}
		e.bytes -= oldest.bytes
		e.list[0] = endedItem{}
		e.list = e.list[1:] // append moves what is left to new memory from time to time
	}
}

func (e *ended) get(id uint64, now time.Time) (EndedInfo, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, item := range slices.Backward(e.list) {
		if item.Session.ID == id {
			return *item.EndedInfo, now.Sub(item.At) <= endedFor
		}
	}
	return EndedInfo{}, false
}

// queries returns the statements of the sessions of a service, those of the newest
// session first. They must not be changed.
func (e *ended) queries(service string) [][]QueryInfo {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list [][]QueryInfo
	for _, item := range slices.Backward(e.list) {
		if s := &item.Session; s.Service == service && len(s.Queries) > 0 {
			list = append(list, s.Queries)
		}
	}
	return list
}

// size is what an entry holds, in bytes.
func (i *EndedInfo) size() int64 {
	s := &i.Session
	n := int64(unsafe.Sizeof(*i)) + int64(len(s.User)+len(s.Database)+len(i.Reason)+len(i.By)+len(s.Activity.Statement))
	for name, value := range s.Attributes {
		n += 64 + int64(len(name)+len(value))
	}
	for j := range s.Queries {
		n += queryBytes(&s.Queries[j]) + int64(len(s.Queries[j].Error)) +
			int64(len(s.Queries[j].Responses))*int64(unsafe.Sizeof(ResponseInfo{}))
	}
	for _, line := range s.Log {
		n += int64(unsafe.Sizeof(line)) + int64(len(line))
	}
	for _, event := range s.Events {
		n += int64(unsafe.Sizeof(event)) + int64(len(event.Kind)+len(event.Detail)+len(event.By))
	}
	n += int64(len(s.Flows)) * int64(unsafe.Sizeof(FlowInfo{}))
	return n + int64(len(s.Backends))*int64(unsafe.Sizeof(BackendInfo{})) + int64(len(s.Filters))*int64(unsafe.Sizeof(FilterCounters{}))
}

// Ended returns a session that has ended, false when there was none with the id
// or it is forgotten: sessions that got as far as being logged in are kept for a
// day, in 8 MiB at the most.
func (e *Engine) Ended(id uint64) (EndedInfo, bool) { return e.ended.get(id, time.Now()) }

// keepEnded puts a session that has just ended among the ended ones. What last says
// of it was taken before its chain was closed.
func keepEnded(c *conversation, last *EndedInfo, cause error) {
	last.At, last.Reason, last.By = time.Now(), endText(cause), killer(cause)
	info := &last.Session
	c.mu.Lock()
	info.State, info.Pending = c.seen.state, PendingInfo{}
	info.Activity.Doing = Stopping
	info.Events = append(c.seen.timeline.list(), Event{At: last.At, Kind: "closed", Detail: last.Reason, By: last.By})
	c.mu.Unlock()
	info.Log, info.LogLines = c.log.tail()
	c.engine.ended.add(last)
}
