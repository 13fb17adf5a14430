package push

import (
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/api"
)

// One piece of the first reading of all sessions.
const (
	loadFor  = 10 * time.Millisecond // it takes
	loadPart = 64                    // sessions are read before somebody looks at the time
	loadMost = 4096                  // sessions are read by each core
)

// sessions are all sessions in their light form, with everything that is kept
// up from them. They are owned by Hub.Run.
type sessions struct {
	source   Source
	rows     map[uint64]*session
	slots    []*session // nil for those that are vacant
	vacant   []int32
	unread   []uint64        // sessions to read before there is something to show
	stale    map[uint64]bool // sessions that have changed while nobody looked
	came     uint64          // grows when a session comes or goes
	canon    canon
	orders   map[orderKey]*order
	groups   map[orderKey]*groups
	rates    map[int64][]*session // by the second in which their rates may be others; empty unless rated
	rated    int                  // followers that look at rates
	followed []follower
	is       api.Session // memory of refresh and of followers: the session that is looked at
}

// follower is kept up with the sessions.
type follower interface {
	// judge takes in s, which has changed and is what is says now.
	judge(s *session, is *api.Session, now time.Time)
	// forget takes out s, which has ended.
	forget(s *session)
	// build takes in all sessions at once, when there is nothing yet.
	build(now time.Time)
	// pass does what the passing of time has made due.
	pass(now time.Time)
}

func newSessions(source Source) *sessions {
	t := &sessions{
		source: source, unread: source.SessionIDs(), stale: make(map[uint64]bool),
		orders: make(map[orderKey]*order), groups: make(map[orderKey]*groups), rates: make(map[int64][]*session),
	}
	slices.Sort(t.unread) // those beside one another in memory are read one after another
	t.rows = make(map[uint64]*session, len(t.unread))
	return t
}

// loaded tells whether all sessions have been read: before, nothing is shown.
func (t *sessions) loaded() bool { return t.unread == nil }

// load reads sessions for a short while, and tells whether that were the last.
func (t *sessions) load() bool {
	now := time.Now()
	read := readFor(t.source, t.unread, now)
	for i, s := range read {
		known := t.rows[t.unread[i]]
		switch {
		case s == nil && known != nil:
			t.forget(known)
		case s != nil && known == nil:
			t.enter(s)
		case s != nil:
			known.become(s.kept, s.steady, now)
		}
	}
	if t.unread = t.unread[len(read):]; len(t.unread) > 0 {
		return false
	}
	t.unread = nil
	if t.rated > 0 {
		t.awaitAllRates()
	}
	for _, f := range t.followed {
		f.build(now)
	}
	return true
}

// readFor reads sessions on all cores for a while, and returns those that it has
// come to, nil for each that is not there any more.
func readFor(source Source, numbers []uint64, now time.Time) []*session {
	numbers = numbers[:min(len(numbers), loadMost*runtime.GOMAXPROCS(0))]
	read := make([]*session, len(numbers))
	var next atomic.Int64
	inParts(runtime.GOMAXPROCS(0), 1, func(int, int) {
		var is api.Session
		for time.Since(now) < loadFor {
			to := int(next.Add(loadPart))
			for i := to - loadPart; i < min(to, len(numbers)); i++ {
				is = api.Session{}
				if steady, ok := source.Session(numbers[i], &is); ok {
					read[i] = newSession(numbers[i], &is, steady, now)
				}
			}
			if to >= len(numbers) {
				return
			}
		}
	})
	return read[:min(int(next.Load()), len(numbers))]
}

// worthKeeping tells whether to wake is less work than to begin anew.
func (t *sessions) worthKeeping() bool { return t.loaded() && len(t.stale) <= len(t.rows) }

// rest does nothing any more but to remember what changes, as nobody looks.
func (t *sessions) rest(changed []uint64) {
	for _, number := range changed {
		t.stale[number] = true
	}
}

// wake has what has changed during the rest read again before anything is shown.
func (t *sessions) wake() {
	if t.loaded() {
		t.unread = slices.AppendSeq(make([]uint64, 0, len(t.stale)), maps.Keys(t.stale))
		slices.Sort(t.unread)
	}
	clear(t.stale)
}

// inParts calls do with parts of what is numbered from 0 to n, at least so many at
// a time, on all cores, and returns when all is done.
func inParts(n, least int, do func(from, to int)) {
	size := max(least, (n+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var parts sync.WaitGroup
	for from := size; from < n; from += size {
		parts.Go(func() { do(from, min(n, from+size)) })
	}
	do(0, min(n, size))
	parts.Wait()
}

// enter takes in a session that was not there before.
func (t *sessions) enter(s *session) {
	t.came++
	t.rows[s.number] = s
	if n := len(t.vacant); n > 0 {
		s.slot = t.vacant[n-1]
		t.vacant = t.vacant[:n-1]
		t.slots[s.slot] = s
		return
	}
	s.slot = int32(len(t.slots))
	t.slots = append(t.slots, s)
}

// follow keeps f up from now on.
func (t *sessions) follow(f follower, rated bool, now time.Time) {
	t.followed = append(t.followed, f)
	if rated {
		if t.rated++; t.rated == 1 && t.loaded() {
			t.awaitAllRates()
		}
	}
	if t.loaded() {
		f.build(now)
	}
}

// unfollow forgets f.
func (t *sessions) unfollow(f follower, rated bool) {
	for i, other := range t.followed {
		if other == f {
			t.followed = append(t.followed[:i], t.followed[i+1:]...)
			break
		}
	}
	if rated {
		t.rated--
	}
	if t.rated == 0 {
		clear(t.rates)
	}
}

// listing returns the sessions or the groups that a query chooses from, and what
// gives them back.
func (t *sessions) listing(q query) (listing, func()) {
	key, now := q.orderKey(), time.Now()
	if q.topic == api.TopicGroups {
		g := t.groups[key]
		if g == nil {
			g = newGroups(q, t)
			t.groups[key] = g
			t.follow(g, g.match.Rated(), now)
		}
		g.users++
		return g, func() {
			if g.users--; g.users == 0 {
				delete(t.groups, key)
				t.unfollow(g, g.match.Rated())
			}
		}
	}
	o := t.orders[key]
	if o == nil {
		o = newOrder(q, t)
		t.orders[key] = o
		t.follow(o, o.rated(), now)
	}
	o.users++
	return o, func() {
		if o.users--; o.users == 0 {
			delete(t.orders, key)
			t.unfollow(o, o.rated())
		}
	}
}

// unused tells whether nobody looks at sessions any more.
func (t *sessions) unused() bool { return len(t.followed) == 0 }

// refresh reads a session again.
func (t *sessions) refresh(number uint64, now time.Time) {
	s, is := t.rows[number], &t.is
	if s != nil {
		s.fill(is)
	} else {
		*is = api.Session{}
	}
	steady, ok := t.source.Session(number, is)
	switch {
	case !ok && s == nil:
		return
	case !ok:
		t.forget(s)
		return
	case s == nil:
		s = newSession(number, is, steady, now)
		t.enter(s)
	case !s.become(keep(is), steady, now):
		t.awaitRates(s)
		return
	}
	t.awaitRates(s)
	t.judge(s, now)
}

// judge has all followers take in s, which has changed to t.is.
func (t *sessions) judge(s *session, now time.Time) {
	if !t.loaded() {
		return
	}
	for _, f := range t.followed {
		f.judge(s, &t.is, now)
	}
}

func (t *sessions) forget(s *session) {
	if t.loaded() {
		for _, f := range t.followed {
			f.forget(s)
		}
	}
	delete(t.rows, s.number)
	t.slots[s.slot] = nil
	t.vacant = append(t.vacant, s.slot)
	t.came++
}

// pass does what the passing of time has made due.
func (t *sessions) pass(now time.Time) {
	if !t.loaded() {
		return
	}
	for _, f := range t.followed {
		f.pass(now)
	}
	for second, list := range t.rates {
		if second > now.Unix() {
			continue
		}
		delete(t.rates, second)
		for _, s := range list {
			if s.steady.Unix() == second && t.rows[s.number] == s { // else something has happened since
				t.rate(s, now)
			}
		}
	}
}

// awaitRates has the rates of s read again when they change by themselves.
func (t *sessions) awaitRates(s *session) {
	if t.rated > 0 && t.loaded() && !s.steady.IsZero() {
		second := s.steady.Unix()
		t.rates[second] = append(t.rates[second], s)
	}
}

// awaitAllRates does the same for all sessions.
func (t *sessions) awaitAllRates() {
	for _, s := range t.rows {
		t.awaitRates(s)
	}
}

// cool reads the rates of a session on a screen again if they have changed though
// nothing has happened.
func (t *sessions) cool(s *session, now time.Time) {
	if !s.steady.IsZero() && !s.steady.After(now) {
		t.rate(s, now)
	}
}

// rate reads the rates of s again.
func (t *sessions) rate(s *session, now time.Time) {
	in, out, steady := t.source.Rates(s.number)
	s.steady = steady
	t.awaitRates(s)
	if in == s.inPerSec && out == s.outPerSec {
		return
	}
	s.inPerSec, s.outPerSec = in, out
	s.set(s)
	s.fill(&t.is)
	t.judge(s, now)
}

// maxCanon is how many statements canon remembers.
const maxCanon = 4096

// canon remembers the fingerprints of statements. The zero value is empty.
type canon map[string]string

func (t *sessions) fingerprint(statement string) string {
	f, ok := t.canon[statement]
	if !ok {
		f = t.source.Fingerprint(statement)
		if t.canon == nil || len(t.canon) >= maxCanon {
			t.canon = make(canon)
		}
		t.canon[statement] = f
	}
	return f
}
