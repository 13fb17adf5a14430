package app

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
)

// pend puts sessions with pending kills into the view of what is pending: each
// as "id by seconds".
func pend(t *testing.T, kills ...string) {
	t.Helper()
	f := api.Frame{Type: api.FrameSnapshot, View: "pending"}
	for _, text := range kills {
		part := strings.Fields(text)
		left, err := time.ParseDuration(part[2])
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(api.Session{ID: part[0], Type: "sessions", Attributes: api.SessionAttributes{
			ConnectedAt: api.Time("2026-11-21T12:00:00.000Z"), User: "app",
			Pending: api.SessionPending{Kill: &api.PendingKill{
				At: api.Time(console.now().Add(left).UTC().Format(time.RFC3339Nano)), When: "deadline", By: part[1],
			}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		f.IDs, f.Upserts = append(f.IDs, part[0]), append(f.Upserts, raw)
	}
	console.store.Open(api.Subscribe{View: "pending", Topic: api.TopicPending})
	console.store.Apply(f)
}

// Ensure a time of day is the next one, in the zone that the user sees.
func TestAfterClock(t *testing.T) {
	reset(t)
	console.prefs.own.Time = "utc"
	now := time.Date(2026, 11, 21, 14, 29, 30, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"14:30": 30 * time.Second, "14:29:31": time.Second, "14:29": 24*time.Hour - 30*time.Second, "0:00": 9*time.Hour + 30*time.Minute + 30*time.Second,
		"24:00": 0, "14:60": 0, "1:2:3:4": 0, ":": 0, "14:3x": 0,
	} {
		got, err := after(text, now)
		if (err == nil) != (want > 0) || got != want && want > 0 {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	k := killTiming{when: "custom", custom: "14:29"}
	if at, err := k.at(now); err != nil || at != "at 14:29:00 tomorrow, in 23h 59m" {
		t.Errorf("got %q, %v", at, err)
	}
}

// Ensure what is chosen of "when idle" is what is asked for.
func TestKillIdleChoices(t *testing.T) {
	reset(t)
	var asked string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.String() + " " + r.Header.Get("If-Match")
		w.WriteHeader(204)
	}))
	defer s.Close()
	console.client = client.New(s.URL)
	k := &console.kill
	*k = killState{ID: "7", Connected: "2026-11-21T12:00:00.000Z", timing: killTiming{when: "idle"}, quiet: true}
	k.timing.choose("15m")
	k.timing.choose("keep")
	probe(t, func(ctx app.Context) {
		console.ctx = ctx
		k.ask(false)
	})
	if want := `DELETE /v1/sessions/7?otherwise=keep&tell=no&ttl=900&when=idle "2026-11-21T12:00:00.000Z"`; asked != want {
		t.Errorf("got  %s\nwant %s", asked, want)
	}
	if k.ID != "" {
		t.Error("the dialog is still open")
	}
}

// Ensure the consequence names what is lost.
func TestConsequence(t *testing.T) {
	reset(t)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		a    api.Activity
		gone bool
		want string
	}{
		{"idle", api.Activity{State: "idle"}, false, "Nothing is running."},
		{"writes", api.Activity{State: "trx", Trx: true, TrxWrites: 3, TrxSeconds: 108, Server: "db-1"}, false, "Open transaction (3 writes, 1m 48s) will be rolled back on db-1."},
		{"one", api.Activity{State: "running", Trx: true, TrxWrites: 1, TrxSeconds: 20}, false, "Open transaction (1 write, 20 s) will be rolled back."},
		{"no_writes", api.Activity{State: "trx", Trx: true, TrxSeconds: 20, Server: "db-1"}, false, "Open transaction (no writes, 20 s) will be rolled back on db-1."},
		{"read", api.Activity{State: "running", InState: 108, Statement: " (select 1", Server: "r-2"}, false, "A read that has run for 1m 48s will stop on r-2. Nothing to roll back."},
		{"write", api.Activity{State: "running", InState: 108, Statement: "UPDATE t SET a=1", Server: "r-2"}, false, "A statement that has run for 1m 48s will be stopped and rolled back on r-2."},
		{"selective", api.Activity{State: "running", InState: 10, Statement: "SELECTED"}, false, "A statement that has run for 10 s will be stopped and rolled back."},
		{"gone", api.Activity{State: "running"}, true, "This session has ended in the meantime. There is nothing left to kill."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := api.Time(now.Add(-time.Duration(tt.a.InState * 1e9)).Format(time.RFC3339Nano))
			tt.a.SinceAt = at
			if got := consequence(&api.Session{Attributes: api.SessionAttributes{Activity: tt.a}}, tt.gone, now); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Ensure what the server answers decides whether the dialog closes, and what is
// said.
func TestKillAnswered(t *testing.T) {
	for _, tt := range []struct {
		name  string
		asked askedKill
		err   error
		ended string
		open  bool
		want  string
	}{
		{"grace", askedKill{Grace: true, KillOptions: client.KillOptions{TTL: killGrace}}, nil, "", false, ""},
		{"now", askedKill{}, nil, "", false, "Session 7 was killed."},
		{"idle", askedKill{KillOptions: client.KillOptions{TTL: time.Minute, Idle: true}}, nil, "", false, "Session 7 will be killed when it is idle."},
		{"gone", askedKill{}, &client.Error{Status: 404}, " (client quit, 14:02:07)", false, "Session 7 had already ended (client quit, 14:02:07)."},
		{"replaced", askedKill{}, &client.Error{Status: 412}, "", false, "Session 7 was replaced by a new client since you looked. Nothing was killed."},
		{"failed", askedKill{}, &client.Error{Detail: "The server did not answer."}, "", true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reset(t)
			console.kill = killState{ID: "7", Connected: "x", busy: true}
			tt.asked.ID, tt.asked.IfMatch = "7", "x"
			probe(t, func(app.Context) { tt.asked.answered(tt.err, tt.ended) })
			if open := console.kill.ID != ""; open != tt.open || console.kill.busy {
				t.Errorf("the dialog is open: %v, busy: %v", open, console.kill.busy)
			}
			said := ""
			if n := len(console.toasts); n > 0 {
				said = console.toasts[n-1].text
			}
			if said != tt.want {
				t.Errorf("got %q, want %q", said, tt.want)
			}
			if tt.open && console.kill.failed == "" {
				t.Error("the dialog does not say what is wrong")
			}
		})
	}
}

// Ensure an answer about one session does not close the dialog for another.
func TestKillAnsweredLate(t *testing.T) {
	reset(t)
	console.kill = killState{ID: "8", Connected: "x"}
	probe(t, func(ctx app.Context) {
		askedKill{ID: "7", KillOptions: client.KillOptions{IfMatch: "x"}}.answered(nil, "")
	})
	if console.kill.ID != "8" {
		t.Error("the dialog for session 8 is closed")
	}
}

// Ensure the countdown is told at its marks, once, and only to who asked.
func TestCountdownIsTold(t *testing.T) {
	reset(t)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	console.still = now
	pend(t, "7 ann 61.5s", "9 bob 31s", "8 ann 400s")
	var said []string
	for range 65 {
		console.layer.said = ""
		console.mine.tick()
		if console.layer.said != "" {
			said = append(said, console.still.Sub(now).String()+" "+console.layer.said)
		}
		console.still = console.still.Add(time.Second)
	}
	want := "2s Session 7 will be killed in 60 seconds, and 1 more after it.\n" +
		"32s Session 7 will be killed in 30 seconds, and 1 more after it.\n" +
		"52s Session 7 will be killed in 10 seconds, and 1 more after it.\n" +
		"57s Session 7 will be killed in 5 seconds, and 1 more after it."
	if got := strings.Join(said, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Ensure the latest kill is the one that was asked for last here, and never
// another user's.
func TestLatestKill(t *testing.T) {
	reset(t)
	latest := func() string {
		if s := console.mine.latest(); s != nil {
			return s.ID
		}
		return "none"
	}
	pend(t, "1 bob 900s")
	if got := latest(); got != "none" {
		t.Errorf("got %s, want none", got)
	}
	pend(t, "1 bob 900s", "2 ann 30s", "3 ann 60s", "4 ann 10s")
	if got := latest(); got != "3" {
		t.Errorf("got %s, want 3, the one due last", got)
	}
	console.mine.asked(askedKill{ID: "4"})
	console.mine.asked(askedKill{ID: "2"})
	if got := latest(); got != "2" {
		t.Errorf("got %s, want 2", got)
	}
	pend(t, "1 bob 900s", "3 ann 60s", "4 ann 10s")
	if got := latest(); got != "4" {
		t.Errorf("got %s, want 4", got)
	}
}

// Ensure only a kill of one's own, asked for at once, looks like one.
func TestGrace(t *testing.T) {
	reset(t)
	pend(t, "1 ann 5s", "2 ann 5s", "3 bob 5s", "4 ann 60s")
	const connected = "2026-11-21T12:00:00.000Z"
	for _, id := range []string{"1", "3", "4"} {
		console.mine.asked(askedKill{ID: id, Grace: true, KillOptions: client.KillOptions{IfMatch: connected}})
	}
	console.mine.asked(askedKill{ID: "2", KillOptions: client.KillOptions{IfMatch: connected}})
	for id, want := range map[string]bool{"1": true, "2": false, "3": false, "4": false} {
		s, _ := sessionRow("pending", id)
		if got := console.mine.grace(s); got != want {
			t.Errorf("session %s: got %v, want %v", id, got, want)
		}
	}
}

// Ensure who may not act, and nobody on stale data, does anything to what waits.
func TestPendingNeedsRights(t *testing.T) {
	for name, spoil := range map[string]func(){
		"viewer": func() { console.who.Role = "basic" },
		"stale":  func() { console.state.Connected = false },
	} {
		t.Run(name, func(t *testing.T) {
			reset(t)
			pend(t, "7 ann 60s")
			probe(t, func(ctx app.Context) { actOnPending(ctx, "7", "now") })
			if console.kill.ID != "7" || console.kill.timing.when != "now" {
				t.Fatalf("got %+v, want the dialog for 7", console.kill)
			}
			reset(t)
			pend(t, "7 ann 60s")
			spoil()
			probe(t, func(ctx app.Context) { actOnPending(ctx, "7", "now") })
			probe(t, func(ctx app.Context) { console.askBulk(ctx, bulk{Action: api.JobKill, Filter: "id:*"}) })
			if console.kill.ID != "" || console.many.open {
				t.Error("a dialog is open")
			}
		})
	}
}
