package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// thread returns the thread id that s has on server1.
func thread(s *engine.Session) uint64 {
	for _, b := range s.Info().Backends {
		if b.Server == "server1" {
			return b.ConnectionID
		}
	}
	return 0
}

// Ensure it can be seen who waits for whose lock, from both sides, for as long
// as it is so.
func TestLocks(t *testing.T) {
	const stranger = 99_999 // a thread that is not ours
	type want struct {
		by     []string // of each session; "0" stands for the first one's id, "1" for the second's, ...
		blocks []int
	}
	tests := []struct {
		name  string
		waits [][2]int // indices of sessions, -1 for the stranger
		idle  []int    // sessions that run nothing
		want  want
	}{
		{"nobody", nil, nil, want{[]string{"", "", ""}, []int{0, 0, 0}}},
		{"one", [][2]int{{1, 0}}, []int{0}, want{[]string{"", "0", ""}, []int{1, 0, 0}}},
		{"two_for_one", [][2]int{{1, 0}, {2, 0}}, []int{0}, want{[]string{"", "0", "0"}, []int{2, 0, 0}}},
		{"twice_the_same", [][2]int{{1, 0}, {1, 0}}, []int{0}, want{[]string{"", "0", ""}, []int{1, 0, 0}}},
		{"a_chain", [][2]int{{1, 0}, {2, 1}}, []int{0}, want{[]string{"", "0", "1"}, []int{1, 1, 0}}},
		{"the_root_is_named", [][2]int{{2, 1}, {2, 0}, {1, 0}}, []int{0}, want{[]string{"", "0", "0"}, []int{2, 1, 0}}},
		{"the_root_comes_first", [][2]int{{2, 0}, {2, 1}, {1, 0}}, []int{0}, want{[]string{"", "0", "0"}, []int{2, 1, 0}}},
		{"a_stranger", [][2]int{{1, -1}, {-1, 2}}, nil, want{[]string{"", "thread 99999 of server1", ""}, []int{0, 0, 0}}},
		{"who_runs_nothing_waits_for_nothing", [][2]int{{1, 0}}, []int{0, 1}, want{[]string{"", "", ""}, []int{1, 0, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, p *proxy) {
				var sessions []*engine.Session
				for i := range 3 {
					c := p.connect(connAddress)
					sessions = append(sessions, p.session(c))
					if !slices.Contains(tt.idle, i) {
						_ = c.Send([]byte("\x03SELECT SLEEP(1000)"))
					}
				}
				waits := []engine.LockWait{}
				of := func(i int) uint64 {
					if i < 0 {
						return stranger
					}
					return thread(sessions[i])
				}
				for _, w := range tt.waits {
					waits = append(waits, engine.LockWait{Waiting: of(w[0]), Blocking: of(w[1])})
				}
				p.monitor.waits.Store(&waits)
				time.Sleep(1100 * time.Millisecond) // a tick
				synctest.Wait()
				for i, s := range sessions {
					a, by := s.Info().Activity, tt.want.by[i]
					if len(by) == 1 {
						by = fmt.Sprint(sessions[by[0]-'0'].ID())
					}
					if a.BlockedBy != by || a.Blocks != tt.want.blocks[i] {
						t.Errorf("session %d waits for %q and blocks %d, want %q and %d", i, a.BlockedBy, a.Blocks, by, tt.want.blocks[i])
					}
				}
				p.monitor.waits.Store(nil)
				time.Sleep(1100 * time.Millisecond)
				synctest.Wait()
				for i, s := range sessions {
					if a := s.Info().Activity; a.BlockedBy != "" || a.Blocks != 0 {
						t.Errorf("session %d is still marked: %q, %d", i, a.BlockedBy, a.Blocks)
					}
				}
			})
		})
	}
}

// Ensure people hear when a session begins to wait, once, and that it waits no
// more when its statement is over.
func TestLocksTell(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		holder, waiter := p.session(p.connect(connAddress)), p.connect(connAddress)
		s := p.session(waiter)
		_ = waiter.Send([]byte("\x03SELECT SLEEP(1000)"))
		p.monitor.waits.Store(&[]engine.LockWait{{Waiting: thread(s), Blocking: thread(holder)}})
		before := s.Revision()
		time.Sleep(5500 * time.Millisecond) // five ticks
		synctest.Wait()
		if got := s.Revision() - before; got != 1 {
			t.Errorf("got %d notable changes, want 1", got)
		}
		events := s.Info().Events
		if e := events[len(events)-1]; e.Kind != "blocked" || e.Detail != fmt.Sprintf("waits for a lock of session %d", holder.ID()) {
			t.Errorf("got the event %+v", e)
		}
		if err := s.CancelStatement("ann"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if by := s.Info().Activity.BlockedBy; by != "" {
			t.Errorf("after its statement it waits for %s", by)
		}
	})
}

// Ensure a session that ends while it waits leaves nothing behind.
func TestLocksEnd(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		holder, waiter := p.session(p.connect(connAddress)), p.connect(connAddress)
		s := p.session(waiter)
		_ = waiter.Send([]byte("\x03SELECT SLEEP(1000)"))
		p.monitor.waits.Store(&[]engine.LockWait{{Waiting: thread(s), Blocking: thread(holder)}})
		time.Sleep(1100 * time.Millisecond)
		_ = s.Kill(engine.KillOptions{})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if a := holder.Info().Activity; a.Blocks != 0 {
			t.Errorf("a session that has ended is still counted: %d", a.Blocks)
		}
	})
}

// Ensure a statement that comes in while the server is asked does not count as
// the one that waits.
func TestLocksOfTheStatementBefore(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		holder, waiter := p.session(p.connect(connAddress)), p.connect(connAddress)
		s := p.session(waiter)
		during := func() {
			if s.Info().Activity.Doing != engine.Running {
				time.Sleep(time.Millisecond)
				_ = waiter.Send([]byte("\x03SELECT SLEEP(1000)"))
				time.Sleep(time.Millisecond)
			}
		}
		p.monitor.during.Store(&during)
		p.monitor.waits.Store(&[]engine.LockWait{{Waiting: thread(s), Blocking: thread(holder)}})
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if a := s.Info().Activity; a.Doing != engine.Running || a.BlockedBy != "" {
			t.Errorf("got %+v", a)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if a := s.Info().Activity; a.BlockedBy != fmt.Sprint(holder.ID()) {
			t.Errorf("with the next tick: got %+v", a)
		}
	})
}
