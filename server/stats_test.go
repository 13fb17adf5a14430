package server

import (
	"testing"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine/wire"
)

// Ensure statements become rates and a p95, and an hour of them is kept.
func TestStats(t *testing.T) {
	inSite(t, nil, func(s *site) {
		row := func(id string) api.StatsAttributes {
			t.Helper()
			for _, r := range s.stats.list() {
				if r.ID == id {
					return r.Attributes
				}
			}
			t.Fatalf("there is no row %s", id)
			return api.StatsAttributes{}
		}
		time.Sleep(1500 * time.Millisecond) // between two samples
		c := s.connect()
		for range 8 {
			if _, err := c.Query("SELECT 1"); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		total, service := row(api.StatsTotal), row("service:RW-Split-Router")
		if total.Sessions != 1 || total.Statements != 8 || total.Errors != 0 || service.Statements != 8 || service.Sessions != 1 {
			t.Errorf("got %+v, of the service %+v", total, service)
		}
		if got := row("server:server1").Statements + row("server:server2").Statements; got < 8 {
			t.Errorf("the servers got %v statements a second, want 8 at least", got)
		}
		if reads, writes := row("server:server2").P95, row("server:server1").P95; reads != total.P95 || reads == 0 || writes != 0 {
			t.Errorf("the reads took %v on server2, nothing took %v on server1, all took %v", reads, writes, total.P95)
		}
		time.Sleep(time.Second)
		if got := row(api.StatsTotal); got.Statements != 0 || got.P95 != total.P95 {
			t.Errorf("a second later: %+v", got)
		}
		time.Sleep(time.Hour + time.Minute)
		h := row(api.StatsHistory).Series
		if h == nil || h.Step != 10 || len(h.Sessions) != 360 || len(h.P95) != 360 || h.Sessions[0] != 1 || h.Statements[359] != 0 {
			t.Errorf("got the history %+v", h)
		}
		time.Sleep(time.Second)
		changes := 0
		for range 100 {
			time.Sleep(time.Second)
			if next := row(api.StatsHistory).Series; next != h {
				h = next
				changes++
			}
		}
		if changes < 10 || changes > 11 {
			t.Errorf("the history was another one %d times in 100 s, want one for each new point", changes)
		}
		s.wants(s.ask(basicUser, "GET", "/v1/stats", ""), 200, `"id": "total"`, `"id": "server:server2"`)
	})
}

// Ensure that commands without a reply, which take no time, do not make the others
// look quick.
func TestStatsOfPreparedStatements(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		time.Sleep(1500 * time.Millisecond)
		prepared, err := c.Prepare("SELECT 1")
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if err := c.Send([]byte{byte(wire.ComStmtClose), byte(prepared.ID), 0, 0, 0}); err != nil {
				t.Fatal(err)
			}
		}
		for range 4 {
			if _, err := c.Query("SELECT SLEEP(0.1)"); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		for _, r := range s.stats.list() {
			if r.ID == api.StatsTotal && (r.Attributes.P95 < 0.08 || r.Attributes.P95 > 0.12) {
				t.Errorf("p95 is %v s, want about 0.1", r.Attributes.P95)
			}
		}
	})
}

func TestRounded(t *testing.T) {
	for x, want := range map[float64]float64{0: 0, 1234567: 1230000, 0.0123456: 0.0123, -5.5555: -5.56, 7: 7} {
		if got := rounded(x); got != want {
			t.Errorf("%v: got %v, want %v", x, got, want)
		}
	}
}
