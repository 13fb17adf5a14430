package push

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/signalbox/signalbox/api"
)

// BenchmarkRound measures one round in which all of 1,000 sessions have
// changed, for 50 viewers with the same 40 rows on their screens, and for 50
// with views of their own.
func BenchmarkRound(b *testing.B) {
	for _, views := range []int{1, 50} {
		b.Run(fmt.Sprintf("views-%d", views), func(b *testing.B) {
			const sessions, viewers = 1000, 50
			s := newStore()
			for id := range uint64(sessions) {
				s.sessions[id+1] = idle(id+1, "app")
			}
			h := New(Options{Source: s})
			s.Watch(h.changes.add)
			var clients []*Client
			for i := range viewers {
				c := newClient(Principal{}, nil)
				q, err := parseQuery(api.Subscribe{Topic: api.TopicSessions, Filter: "user:app", Sort: "-state", Offset: i % views, Limit: 40})
				if err != nil {
					b.Fatal(err)
				}
				h.subscribe(c, "table", q)
				clients = append(clients, c)
			}
			n := 0
			for b.Loop() {
				b.StopTimer()
				n++
				for id := range uint64(sessions) {
					s.set(running(idle(id+1, "app"), fmt.Sprint("SELECT ", n)), false)
				}
				b.StartTimer()
				h.round(true)
				for _, c := range clients {
					for next := c.box.take(); next != (item{}); next = c.box.take() {
					}
				}
			}
		})
	}
}

// BenchmarkFiftyViewers measures how long it takes from a change to its
// arrival at the last of 50 viewers over loopback.
func BenchmarkFiftyViewers(b *testing.B) {
	s := newStore()
	for id := range uint64(1000) {
		s.sessions[id+1] = idle(id+1, "app")
	}
	_, url := serve(b, Options{Source: s})
	ask := table
	ask.Limit = 40
	var arrived sync.WaitGroup
	var ended sync.WaitGroup
	for range 50 {
		conn := dial(b, url)
		next(b, conn)
		if err := conn.WriteJSON(ask); err != nil {
			b.Fatal(err)
		}
		next(b, conn)
		conn.SetReadDeadline(time.Time{})
		ended.Go(func() {
			for {
				var f api.Frame
				if conn.ReadJSON(&f) != nil {
					return
				}
				if f.Type == api.FramePatch {
					arrived.Done()
				}
			}
		})
		b.Cleanup(func() { conn.Close(); ended.Wait() })
	}
	n := 0
	for b.Loop() {
		n++
		arrived.Add(50)
		s.set(running(idle(1, "app"), fmt.Sprint("SELECT ", n)), true)
		arrived.Wait()
	}
}
