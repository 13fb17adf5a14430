package engine_test

import (
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure that real servers are told of the end of each session, so that none of them
// counts as a client that was lost.
func TestRealGoodbye(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	s := startReal(t, primary, replica, replica.Port)
	for _, server := range []*enginetest.MariaDB{primary, replica} {
		root := server.Open(t, "root", "")
		status := func(name string) (n int) {
			if err := root.QueryRow("SELECT variable_value FROM information_schema.global_status WHERE variable_name = ?", name).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		lost, connected, open := status("ABORTED_CLIENTS"), status("CONNECTIONS"), status("THREADS_CONNECTED")
		for range 20 {
			db := s.open()
			if err := db.PingContext(t.Context()); err != nil {
				t.Fatal(err)
			}
			_ = db.Close()
		}
		for begin := time.Now(); status("THREADS_CONNECTED") > open && time.Since(begin) < 5*time.Second; {
			time.Sleep(10 * time.Millisecond)
		}
		if now := status("CONNECTIONS"); now < connected+20 {
			t.Errorf("%d connections, want 20 more than %d", now, connected)
		}
		if now := status("ABORTED_CLIENTS"); now != lost {
			t.Errorf("%d of them were lost", now-lost)
		}
	}
}
