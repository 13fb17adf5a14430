package app

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
)

// wallOf makes the console a wall with one view of these tiles.
func wallOf(t *testing.T, tiles ...api.BoardTile) *wall {
	t.Helper()
	reset(t)
	lagAlarms = alarms{}
	w := newWall("b", noon)
	console.wall = w
	w.show(api.BoardPlan{Title: "B", Views: []api.BoardView{{Title: "V", Tiles: tiles}}}, "")
	return w
}

// fillView puts rows into a view of the board.
func fillView[A any](t *testing.T, w *wall, ask api.Subscribe, f api.Frame, rows ...api.Resource[A]) {
	t.Helper()
	name, ok := api.NameOf(w.asks, ask)
	if !ok {
		t.Fatalf("the board does not need %+v", ask)
	}
	ask.View = name
	putIn(t, ask, rows...)
	v := console.store.View(name)
	v.Total, v.All = max(f.Total, len(rows)), max(f.All, len(rows))
	if f.Summary != nil {
		v.Summary = *f.Summary
	}
}

// Ensure tiles ask the server for little, and the same for the same.
func TestWallAsks(t *testing.T) {
	w := wallOf(t,
		api.BoardTile{Kind: api.TileSessions}, api.BoardTile{Kind: api.TileRunning}, api.BoardTile{Kind: api.TileStatements}, api.BoardTile{Kind: api.TileErrors},
		api.BoardTile{Kind: api.TileLong}, api.BoardTile{Kind: api.TileLong, Filter: "user:a | user:b"}, api.BoardTile{Kind: api.TileServices})
	want := []api.Subscribe{
		{View: "wall-0", Topic: "sessions", Sort: "id", Limit: 1},
		{View: "wall-1", Topic: "stats"},
		{View: "wall-2", Topic: "services"},
		{View: "wall-3", Topic: "sessions", Filter: "state:long", Sort: "-in-state", Limit: 1},
		{View: "wall-4", Topic: "sessions", Filter: "state:long (user:a | user:b)", Sort: "-in-state", Limit: 1},
	}
	if diff := cmp.Diff(want, w.asks); diff != "" {
		t.Error(diff)
	}
	if n := len(console.store.Asks()); n != len(want) {
		t.Errorf("%d views are asked for, want %d", n, len(want))
	}
	w.show(api.BoardPlan{}, "")
	if n := len(console.store.Asks()); n != 0 {
		t.Errorf("%d views are asked for that nothing shows", n)
	}
}

func TestWallReadings(t *testing.T) {
	kill := busy("1", "running", 3)
	kill.Attributes.Pending.Kill = &api.PendingKill{At: instant(noon.Add(27 * time.Second)), By: "ops-1"}
	later := busy("2", "running", 3)
	later.Attributes.Pending.Kill = &api.PendingKill{At: instant(noon.Add(time.Minute)), By: "ops-2"}
	swap := busy("3", "idle", 3)
	long := busy("4", "running", 108)
	long.Relationships = api.Relationships{"services": {Data: []api.Reference{{ID: "ro-pool"}}}}
	blocked := busy("5", "running", 192)
	blocked.Attributes.Activity.BlockedBy = "7"
	series := &api.Series{Step: 10, Sessions: make([]float64, 40), Statements: []float64{1, 9400, 8200}, P95: []float64{0, 0.004, 0.012}}
	for i := range series.Sessions {
		series.Sessions[i] = 1243
	}
	stats := []api.Stats{
		{ID: api.StatsTotal, Attributes: api.StatsAttributes{Statements: 8200, P95: 0.012, Series: series}},
		{ID: "service:rw", Attributes: api.StatsAttributes{Statements: 12300}},
	}
	limited := func(id, state string, limit float64) api.Service {
		return api.Service{ID: id, Attributes: api.ServiceAttributes{State: state, Parameters: api.Parameters{"max_connections": limit}, Statistics: api.ServiceStatistics{Connections: 41}}}
	}
	server := func(id, state string, lag int64) api.Server {
		return api.Server{ID: id, Attributes: api.ServerAttributes{State: state, ReplicationLag: lag, Statistics: api.ServerStatistics{Connections: 412}}}
	}
	group := func(sessions, running int, values ...string) api.Group {
		return api.Group{ID: "g" + values[0], Attributes: api.GroupAttributes{Values: values, Sessions: sessions, Running: running}}
	}
	tests := []struct {
		name  string
		tile  api.BoardTile
		fill  func(t *testing.T, w *wall, tile *api.BoardTile)
		want  reading
		level int
	}{
		{"sessions", api.BoardTile{Kind: api.TileSessions}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView[api.SessionAttributes](t, w, tile.Asks()[0], api.Frame{Total: 1284, All: 1284})
			fillView(t, w, tile.Asks()[1], api.Frame{}, stats...)
			fillView(t, w, tile.Asks()[2], api.Frame{}, limited("rw", "Started", 1500), limited("ro", "Started", 500))
		}, reading{known: true, figure: 1284, attention: 1600, critical: 1900, value: "1\u202f284", note: "▲ 41 in 5 min · limit 2\u202f000", line: series.Sessions}, 0},
		{"sessions-near-the-limit", api.BoardTile{Kind: api.TileSessions}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView[api.SessionAttributes](t, w, tile.Asks()[0], api.Frame{Total: 96, All: 96})
			fillView(t, w, tile.Asks()[2], api.Frame{}, limited("rw", "Started", 100))
		}, reading{known: true, figure: 96, attention: 80, critical: 95, value: "96", note: "limit 100"}, 2},
		{"sessions-of-some", api.BoardTile{Kind: api.TileSessions, Filter: "user:app"}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView[api.SessionAttributes](t, w, tile.Asks()[0], api.Frame{Total: 12, All: 96})
		}, reading{known: true, figure: 12, value: "12"}, 0},
		{"running", api.BoardTile{Kind: api.TileRunning}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView[api.SessionAttributes](t, w, tile.Asks()[0], api.Frame{Summary: &api.Summary{Running: 37}})
			fillView(t, w, tile.Asks()[1], api.Frame{}, stats...)
		}, reading{known: true, figure: 37, value: "37", note: "p95 12 ms"}, 0},
		{"long", api.BoardTile{Kind: api.TileLong}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView(t, w, tile.Asks()[0], api.Frame{Total: 6}, long)
		}, reading{known: true, figure: 6, attention: 1, critical: 10, value: "6", note: "longest 1m 48s · app@ro-pool"}, 1},
		{"blocked", api.BoardTile{Kind: api.TileBlocked}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView(t, w, tile.Asks()[0], api.Frame{}, blocked)
		}, reading{known: true, figure: 1, critical: 1, value: "1", note: "3m 12s · app waits for session 7"}, 2},
		{"statements", api.BoardTile{Kind: api.TileStatements}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView(t, w, tile.Asks()[0], api.Frame{}, stats...)
		}, reading{known: true, figure: 8200, value: "8\u202f200", note: "highest 9\u202f400 in the last hour", line: series.Statements}, 0},
		{"latency", api.BoardTile{Kind: api.TileLatency}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView(t, w, tile.Asks()[0], api.Frame{}, stats...)
		}, reading{known: true, figure: 0.012, value: "12", unit: "ms", note: "highest 12 ms in the last hour"}, 0},
		{"no-statistics", api.BoardTile{Kind: api.TileErrors}, func(*testing.T, *wall, *api.BoardTile) {}, reading{attention: 1, critical: 10}, 0},
		{"kills", api.BoardTile{Kind: api.TileKills}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView(t, w, tile.Asks()[0], api.Frame{}, later, kill, swap)
		}, reading{known: true, figure: 2, value: "2", note: "next in 0:27 · by ops-1"}, 0},
		{"outdated", api.BoardTile{Kind: api.TileOutdated}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView(t, w, tile.Asks()[0], api.Frame{All: 15}, group(12, 0, "rw"), group(3, 0, "ro"))
		}, reading{known: true, figure: 15, attention: 1, value: "15", note: "rw 12 · ro 3"}, 1},
		{"servers", api.BoardTile{Kind: api.TileServers}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView(t, w, tile.Asks()[0], api.Frame{}, server("a", "Master, Running", 0), server("b", "Slave, Running", 14), server("c", "Maintenance, Running", 40), server("d", "Slave, Running", -1))
		}, reading{known: true, figure: 1, attention: 1, critical: 2, total: 4, rows: []wallRow{
			{"primary", "a", "", "", "412 conn", "0 s lag"},
			{"long", "b", "Lagging", "attn", "412 conn", "14 s lag"},
			{"maint", "c", "Maintenance", "info", "412 conn", "40 s lag"},
			{"replica", "d", "", "", "412 conn", "—"},
		}}, 1},
		{"server-down", api.BoardTile{Kind: api.TileServers}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView(t, w, tile.Asks()[0], api.Frame{}, server("a", "Down", -1))
		}, reading{known: true, figure: 2, attention: 1, critical: 2, total: 1, rows: []wallRow{{"down", "a", "Down", "crit", "412 conn", "—"}}}, 2},
		{"services", api.BoardTile{Kind: api.TileServices}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView(t, w, tile.Asks()[0], api.Frame{}, limited("rw", "Started", 100), limited("ro", "Stopped", 0))
			fillView(t, w, tile.Asks()[1], api.Frame{}, stats...)
		}, reading{known: true, figure: 1, attention: 1, critical: 2, total: 2, rows: []wallRow{
			{"running", "rw", "", "", "41 / 100 sessions", "12.3k/s"},
			{"down", "ro", "Stopped", "attn", "41 sessions", ""},
		}}, 1},
		{"users", api.BoardTile{Kind: api.TileUsers}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView(t, w, tile.Asks()[0], api.Frame{Total: 40}, group(310, 4, "app"), group(1, 0, ""))
		}, reading{known: true, figure: 310, total: 40, rows: []wallRow{
			{"running", "app", "", "", "310 sessions", "4 running"},
			{"idle", "—", "", "", "1 session", "0 running"},
		}}, 0},
		{"session-list", api.BoardTile{Kind: api.TileList}, func(t *testing.T, w *wall, tile *api.BoardTile) {
			fillView(t, w, tile.Asks()[0], api.Frame{Total: 90}, kill, blocked, swap)
		}, reading{known: true, figure: 90, total: 90, rows: []wallRow{
			{"kill", "1  app@10.0.0.1", "Kill 0:27", "hatch", "db1", "3.0 s"},
			{"blocked", "5  app@10.0.0.1", "Blocked", "crit", "db1", "3m 12s"},
			{"idle", "3  app@10.0.0.1", "Idle", "quiet", "db1", "3.0 s"},
		}}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := wallOf(t, tt.tile)
			tt.fill(t, w, &tt.tile)
			w.judge(noon, noon)
			got := w.tiles[0][0]
			if tt.name == "latency" {
				got.last.line = nil // has a gap, which equals nothing
			}
			if diff := cmp.Diff(tt.want, got.last, cmp.AllowUnexported(reading{}, wallRow{})); diff != "" {
				t.Error(diff)
			}
			if got.level != tt.level {
				t.Errorf("level %d, want %d", got.level, tt.level)
			}
			if text := app.HTMLString(renderWallTile(&tt.tile, &w.tiles[0][0], noon)); strings.Contains(text, "SELECT") {
				t.Errorf("the tile shows a statement: %s", text)
			}
		})
	}
}

func TestCompact(t *testing.T) {
	for figure, want := range map[float64]string{
		0: "0", 7: "7", 1284: "1\u202f284", 9999: "9\u202f999", 12840: "12.8k", 99940: "99.9k", 128400: "128k", 999400: "999k", 3.4e6: "3.4M",
	} {
		if got := compact(figure); got != want {
			t.Errorf("%g: got %s, want %s", figure, got, want)
		}
	}
}

// Ensure what is old is not judged, says how old it is, and is judged again when
// it is known.
func TestWallGoesStale(t *testing.T) {
	tile := api.BoardTile{Kind: api.TileBlocked}
	w := wallOf(t, tile)
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	blocked := busy("5", "running", 192)
	blocked.Attributes.Activity.BlockedBy = "7"
	fillView(t, w, tile.Asks()[0], api.Frame{}, blocked)
	w.ages.hear(api.Frame{Type: api.FrameSnapshot, View: "wall-0", Now: instant(noon)})
	w.judge(at(1), at(1))
	draw := func(s int) string { return app.HTMLString(renderWallTile(&tile, &w.tiles[0][0], at(s))) }
	if got := w.tiles[0][0]; got.level != 2 || !w.turn.pinned {
		t.Fatalf("got level %d, pinned %v, want critical and pinned", got.level, w.turn.pinned)
	}
	if text := draw(1); !strings.Contains(text, "pulsing") || !strings.Contains(text, "Critical") {
		t.Errorf("a new critical tile does not pulse, or lacks the word: %s", text)
	}
	console.state.Connected = false
	w.connection(client.State{Connected: true}, client.State{})
	fillView[api.SessionAttributes](t, w, tile.Asks()[0], api.Frame{}) // whatever comes: it is not known to be so
	w.judge(at(33), noon)
	if got := w.tiles[0][0]; got.level != 2 {
		t.Errorf("what is old was judged: level %d", got.level)
	}
	if text := draw(33); !strings.Contains(text, "STALE 0:33") || !strings.Contains(text, " old") || strings.Contains(text, "pulsing") {
		t.Errorf("the tile does not say that it is old: %s", text)
	}
	if text := app.HTMLString(w.renderBody(at(33))); strings.Contains(text, "wall-out") {
		t.Error("the banner comes too soon")
	}
	w.judge(at(75), noon)
	if text := app.HTMLString(w.renderBody(at(75))); !strings.Contains(text, "wall-out") || !strings.Contains(text, "This screen is not current") {
		t.Error("there is no banner after a minute")
	}
	console.state.Connected = true
	w.ages.hear(api.Frame{Type: api.FrameSnapshot, View: "wall-0", Now: instant(at(80))})
	w.judge(at(80), at(80))
	if got := w.tiles[0][0]; got.level != 0 {
		t.Errorf("what is known again was not judged: level %d", got.level)
	}
	if text := app.HTMLString(w.renderBody(at(80))); strings.Contains(text, "STALE") || strings.Contains(text, "wall-out") {
		t.Error("it still looks old")
	}
}

// Ensure no key does anything at a wall but show the way out.
func TestWallKeys(t *testing.T) {
	w := wallOf(t, api.BoardTile{Kind: api.TileRunning})
	probe(t, func(ctx app.Context) {
		if (keyPress{key: "k", command: true}).reach(ctx) || console.layer.over != overNothing {
			t.Error("a shortcut of the console works")
		}
		if !(keyPress{key: "g"}).reach(ctx) || !time.Now().Before(w.bar) || console.layer.chord.key != "" {
			t.Error("a key does not show the way out")
		}
		if (keyPress{key: "Tab"}).reach(ctx) || (keyPress{key: "Enter", tag: "BUTTON"}).reach(ctx) {
			t.Error("the bar's buttons cannot be reached")
		}
		if !(keyPress{key: "Escape"}).reach(ctx) || time.Now().Before(w.bar) {
			t.Error("Escape does not take the bar away")
		}
	})
}

func TestWallOn(t *testing.T) {
	for path, want := range map[string]string{"/wall": "", "/wall/noc": "noc", "/wall/a%2Fb": "a/b"} {
		if got, ok := wallOn(path); !ok || got != want {
			t.Errorf("%s: got %q %v", path, got, ok)
		}
	}
	if _, ok := wallOn("/wallet"); ok {
		t.Error("/wallet is a wall")
	}
	w := wallOf(t)
	w.asked = "noc"
	if got := w.name(); got != "noc" {
		t.Errorf("got %q, want the board of the address", got)
	}
	console.who = api.Whoami{Role: roleDisplay, Board: "left"}
	if got := w.name(); got != "left" {
		t.Errorf("got %q, want the display's board", got)
	}
	console.who.Board = ""
	if got := w.name(); got != api.FirstBoard {
		t.Errorf("got %q, want the first board", got)
	}
}

// Ensure a screen whose access has ended says so until it is let in again, also
// when a beat comes between.
func TestEndedAccessIsSaid(t *testing.T) {
	w := wallOf(t, api.BoardTile{Kind: api.TileRunning})
	w.board.asked, w.shown, w.board.ready = time.Now(), w.name(), true
	w.ended()
	w.tick(time.Now()) // still open: nobody has answered yet
	console.gate = gateLogin
	if text := app.HTMLString(w.renderBody(noon)); !strings.Contains(text, "The access of this screen ended at") {
		t.Errorf("got %s", text)
	}
}
