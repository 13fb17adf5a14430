package server

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
)

// Ensure that nothing stays of what a session was before when its resource is
// brought up to date, whatever has changed.
func TestDescribeAgain(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	bare := engine.SessionInfo{ID: 7, Connected: now.Add(-time.Hour), Remote: netip.MustParseAddrPort("10.0.0.1:4711")}
	full := bare
	full.State, full.User, full.Database, full.Cipher = engine.SessionStarted, "app", "shop", "TLS_AES_128_GCM_SHA256"
	full.Attributes = map[string]string{"program_name": "billing"}
	full.Backends = []engine.BackendInfo{{Server: "server1", ConnectionID: 4}, {Server: "server2", Busy: true}}
	full.Outdated, full.RestartErr, full.LogUntil, full.LogLevels.Info = true, "no", now, true
	full.Memory.LastQueries, full.Idle = 100, time.Second
	full.Activity = engine.ActivityInfo{
		Doing: engine.IdleInTrx, Since: now, Trx: true, TrxSince: now, TrxWrites: 3, Statement: "SELECT 1", Server: "server1",
		Statements: 5, Errors: 1, BytesIn: 2, InPerSec: 3, BlockedBy: "9", Blocks: 1, LongAfter: time.Minute,
	}
	full.Pending = engine.PendingInfo{Filters: new([]string), Restart: true, Since: now, Kill: &engine.KillInfo{At: now}}
	other := full
	other.Backends = []engine.BackendInfo{{Server: "server1", ConnectionID: 4}, {Server: "server2"}}
	other.Activity.Since = now.Add(time.Second)
	infos := map[string]engine.SessionInfo{"bare": bare, "full": full, "other": other}
	for before, first := range infos {
		for after, second := range infos {
			var got, want api.Session
			describe(&got, &first, now)
			kept := got.Attributes.Connections
			describe(&got, &second, now)
			describe(&want, &second, now)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s after %s (-want +got):\n%s", after, before, diff)
			}
			if same := before == after; same && len(kept) > 0 && &kept[0] != &got.Attributes.Connections[0] {
				t.Errorf("%s: connections that are the same are made again", after)
			}
		}
	}
}

// Ensure the resource of a session says what keeps it on which server, and to
// those who must not see SQL text not by which names.
func TestSessionPins(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		if got := s.session(c.ID).Attributes.Pins; got == nil || len(got) > 0 {
			t.Errorf("got pins %+v of a new session, want an empty list", got)
		}
		for _, sql := range []string{"CREATE TEMPORARY TABLE x (a INT)", "BEGIN"} {
			if _, err := c.Query(sql); err != nil {
				t.Fatal(err)
			}
		}
		attributes := s.session(c.ID).Attributes
		got := attributes.Pins
		for i := range got {
			if got[i].SinceAt == "" {
				t.Errorf("since when? %+v", got[i])
			}
			got[i].SinceAt = ""
		}
		want := []api.SessionPin{{Kind: "transaction", Server: "server1"}, {Kind: "temporary_table", Server: "server1", Detail: "x"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		redactSession(&attributes)
		if hidden := attributes.Pins; hidden[1].Detail != "" || hidden[1].Kind != "temporary_table" || got[1].Detail != "x" {
			t.Errorf("redacted: %+v", hidden)
		}
	})
}
