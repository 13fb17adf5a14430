package app

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
)

// editing opens a board in an editor.
func editing(t *testing.T, tiles ...api.BoardTile) *boardSettings {
	t.Helper()
	reset(t)
	b := &boardSettings{list: []api.Board{{ID: "noc", Attributes: api.BoardAttributes{Plan: api.BoardPlan{
		Title: "NOC", Views: []api.BoardView{{Title: "One", Tiles: tiles}, {Title: "Two", Tiles: []api.BoardTile{{Kind: api.TileKills}}}},
	}}}}}
	b.polled.ready = true
	b.edit("noc")
	return b
}

func limit(f float64) *float64 { return &f }

// Ensure fields and text are equals, whichever is typed in.
func TestBoardEditor(t *testing.T) {
	b := editing(t, api.BoardTile{Kind: api.TileLong}, api.BoardTile{Kind: api.TileErrors})
	for _, in := range [][2]string{
		{"board-title", "Left"},
		{"board-rotate", "30"},
		{"board-night", "22-6"},
		{"b.0.-1.title", "First"},
		{"b.0.1.kind", "session-list"},
		{"b.0.1.width", "4"},
		{"b.0.1.filter", "user:app"},
		{"b.0.0.attention", "2,5"},
		{"b.0.0.critical", "0"},
		{"b.7.0.title", "of a view that is gone"},
		{"b.0.9.title", "of a tile that is gone"},
	} {
		if b.enter(in[0], in[1]); b.wrong != "" {
			t.Errorf("%v: %s", in, b.wrong)
		}
	}
	want := api.BoardPlan{Title: "Left", Rotate: 30, Night: &api.BoardNight{From: 22, To: 6}, Views: []api.BoardView{
		{Title: "First", Tiles: []api.BoardTile{
			{Kind: api.TileLong, Attention: limit(2.5), Critical: limit(0)}, {Kind: api.TileList, Width: 4, Filter: "user:app"},
		}},
		{Title: "Two", Tiles: []api.BoardTile{{Kind: api.TileKills}}},
	}}
	if diff := cmp.Diff(want, b.plan); diff != "" {
		t.Error(diff)
	}
	if b.list[0].Attributes.Plan.Title != "NOC" || b.list[0].Attributes.Plan.Views[0].Tiles[0].Attention != nil {
		t.Error("what the server has was changed")
	}
	var typed api.BoardPlan
	if err := json.Unmarshal([]byte(planText(&b.plan)), &typed); err != nil || cmp.Diff(want, typed) != "" {
		t.Errorf("the text is another board: %v", err)
	}
	for _, in := range [][2]string{{"board-rotate", "soon"}, {"board-night", "late"}, {"b.0.0.width", "w"}, {"b.0.0.attention", "much"}, {"b.0.0.attention", "nan"}, {"b.0.0.critical", "1e999"}, {"board-text", `{"title": 5}`}, {"board-text", "{"}} {
		if b.enter(in[0], in[1]); b.wrong == "" {
			t.Errorf("%v is taken", in)
		}
	}
	b.enter("board-text", `{"title":"From text","views":[]}`)
	if b.plan.Title != "From text" || b.wrong != "" || !b.fresh {
		t.Errorf("got %+v, want the text taken and shown in the fields", b)
	}
	b.do("discard", 0, 0)
	if b.edit("noc"); b.plan.Title != "NOC" {
		t.Errorf("got %q after discarding", b.plan.Title)
	}
}

func TestBoardSteps(t *testing.T) {
	for _, tt := range []struct {
		name, do   string
		view, tile int
		want       string
	}{
		{"add-view", "add-view", 0, 0, "One: long errors; Two: kills; Sessions: sessions running"},
		{"view-down", "view-down", 0, 0, "Two: kills; One: long errors"},
		{"last-view-down", "view-down", 1, 0, "One: long errors; Two: kills"},
		{"view-remove", "view-remove", 0, 0, "Two: kills"},
		{"add-tile", "add-tile", 1, 0, "One: long errors; Two: kills sessions"},
		{"tile-up", "tile-up", 0, 1, "One: errors long; Two: kills"},
		{"first-tile-up", "tile-up", 0, 0, "One: long errors; Two: kills"},
		{"tile-remove", "tile-remove", 0, 0, "One: errors; Two: kills"},
		{"tile-of-no-view", "tile-remove", 9, 0, "One: long errors; Two: kills"},
		{"no-tile", "tile-remove", 0, 9, "One: long errors; Two: kills"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := editing(t, api.BoardTile{Kind: api.TileLong}, api.BoardTile{Kind: api.TileErrors})
			b.do(tt.do, tt.view, tt.tile)
			var views []string
			for _, v := range b.plan.Views {
				text := v.Title + ":"
				for _, tile := range v.Tiles {
					text += " " + tile.Kind
				}
				views = append(views, text)
			}
			if got := strings.Join(views, "; "); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// Ensure a file that is no board can be written anew, and the list says what is
// wrong with it.
func TestBrokenBoard(t *testing.T) {
	reset(t)
	b := &boardSettings{list: []api.Board{{ID: "hand", Attributes: api.BoardAttributes{Problem: "title: there is none"}}}}
	b.polled.ready = true
	if text := app.HTMLString(b.render("")); !strings.Contains(text, "title: there is none") {
		t.Errorf("the list does not say what is wrong: %s", text)
	}
	b.edit("hand")
	if b.wrong != "title: there is none" || len(b.plan.Views) != 1 || b.saved != "" {
		t.Errorf("got %+v", b)
	}
}

func TestDisplayStates(t *testing.T) {
	at := func(d time.Duration) api.Time { return instant(noon.Add(d)) }
	for _, tt := range []struct {
		name string
		a    api.DisplayAttributes
		want string
	}{
		{"on", api.DisplayAttributes{ExpiresAt: at(time.Hour), LastSeenAt: at(-time.Minute)}, "On"},
		{"paired", api.DisplayAttributes{ExpiresAt: at(time.Hour)}, "Not yet on"},
		{"off", api.DisplayAttributes{ExpiresAt: at(time.Hour), LastSeenAt: at(-time.Hour)}, "Not seen"},
		{"expired", api.DisplayAttributes{ExpiresAt: at(0), LastSeenAt: at(-time.Minute)}, "Expired"},
		{"revoked", api.DisplayAttributes{ExpiresAt: at(time.Hour), Revoked: true}, "Revoked"},
	} {
		if _, got, _ := displayState(&tt.a, noon); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Ensure a display is revoked only after it was asked for, and the one that was
// asked about.
func TestRevokeAsksFirst(t *testing.T) {
	reset(t)
	never := api.Time("2999-01-01T00:00:00.000Z")
	d := &displaySettings{list: []api.Display{
		{ID: "a", Attributes: api.DisplayAttributes{Name: "left", ExpiresAt: never}},
		{ID: "b", Attributes: api.DisplayAttributes{Name: "right", ExpiresAt: never}},
	}}
	probe(t, func(app.Context) {
		d.do("a", "revoke") // there is nobody to do it: it would crash
		d.do("a", "doubt")
		d.do("b", "revoke")
		if d.doubt != "a" {
			t.Errorf("got %q in doubt", d.doubt)
		}
		if text := app.HTMLString(d.renderList(nil, true)); !strings.Contains(text, "Revoke left") || strings.Contains(text, "Revoke right") {
			t.Errorf("the wrong display is asked about: %s", text)
		}
		d.do("a", "keep")
		if d.doubt != "" {
			t.Error("the doubt stays")
		}
	})
	d.typed = map[string]string{"pair-code": "ABC123", "pair-name": "left", "pair-days": "1000"}
	if d.approve(); !strings.Contains(d.failed, "Days") {
		t.Errorf("got %q", d.failed)
	}
	d.typed["pair-name"] = " "
	d.typed["pair-days"] = ""
	if d.approve(); d.failed == "" || d.busy {
		t.Errorf("got %q", d.failed)
	}
}
