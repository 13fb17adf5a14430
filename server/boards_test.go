package server

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/api"
)

func TestBuiltInBoards(t *testing.T) {
	b, err := OpenBoards("")
	if err != nil {
		t.Fatal(err)
	}
	all, err := b.all()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, board := range all {
		ids = append(ids, board.ID)
		if a := board.Attributes; a.Problem != "" || a.Source.Type != "static" {
			t.Errorf("%s: got %+v", board.ID, a)
		}
	}
	if diff := cmp.Diff([]string{"attention", "overview", "servers", "sessions"}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestParseBoard(t *testing.T) {
	tile := func(text string) string {
		return `{"title":"B","views":[{"title":"V","tiles":[{"kind":"running"},` + text + `]}]}`
	}
	tests := []struct{ name, text, want string }{
		{"good", tile(`{"kind":"long","filter":"user:app","attention":2,"critical":5,"title":"Long ones"}`), ""},
		{"thresholds-off", tile(`{"kind":"long","attention":0,"critical":0}`), ""},
		{"night", `{"title":"B","night":{"from":22,"to":6},"views":[{"title":"V","tiles":[{"kind":"kills"}]}]}`, ""},
		{"no-object", `[]`, "board: an object is expected here, not a array"},
		{"no-json", "{\n  \"title\": \"B\",,\n}", "board: line 2, character 16: invalid character ',' looking for beginning of object key string"},
		{"more-behind", `{"title":"B"} {}`, "board: there is more behind the object"},
		{"bracket-behind", `{"title":"B"}}`, "board: there is more behind the object"},
		{"misspelt", `{"titel":"B"}`, `board: unknown field "titel"`},
		{"misspelt-in-a-tile", tile(`{"kind":"long","atention":2}`), `view 1, tile 2: unknown field "atention"`},
		{"wrong-type", tile(`{"kind":"long","attention":"2"}`), "view 1, tile 2: attention: a string is not what belongs here"},
		{"no-title", `{"views":[]}`, "title: there is none"},
		{"long-title", `{"title":"` + strings.Repeat("x", 61) + `"}`, "title: it has more than 60 bytes"},
		{"lines-in-a-title", `{"title":"a\nb"}`, "title: it has several lines, or spaces around it"},
		{"no-views", `{"title":"B"}`, "views: there are 1 to 12, not 0"},
		{"fast", `{"title":"B","rotate":5}`, "rotate: 5 is not a number of seconds from 10 to 300, or 0 for 20"},
		{"bad-night", `{"title":"B","night":{"from":22,"to":25}}`, "night: from and to are different hours from 0 to 23"},
		{"no-tiles", `{"title":"B","views":[{"title":"V"}]}`, "view 1: there are no tiles"},
		{"unknown-kind", tile(`{"kind":"cpu"}`), `view 1, tile 2: kind: "cpu" is none of sessions, running, `},
		{"bad-filter", tile(`{"kind":"long","filter":"user:("}`), "view 1, tile 2: filter: "},
		{"filter-of-nothing", tile(`{"kind":"errors","filter":"user:a"}`), "view 1, tile 2: filter: errors does not take one"},
		{"bad-sort", tile(`{"kind":"session-list","sort":"colour"}`), `view 1, tile 2: sort: character 1: there is no key "colour"`},
		{"sort-of-a-figure", tile(`{"kind":"running","sort":"user"}`), "view 1, tile 2: sort: running does not take one"},
		{"odd-width", tile(`{"kind":"long","width":3}`), "view 1, tile 2: width: 3 is not 1, 2 or 4 cells"},
		{"odd-height", tile(`{"kind":"long","height":3}`), "view 1, tile 2: height: 3 is not 1 or 2 cells"},
		{"narrow-list", tile(`{"kind":"users","width":1}`), "view 1, tile 2: width: a list needs 2 cells"},
		{"negative", tile(`{"kind":"long","attention":-1}`), "view 1, tile 2: attention: -1 is not a figure from 0"},
		{"the-wrong-way-round", tile(`{"kind":"long","attention":5,"critical":2}`), "view 1, tile 2: attention: 5 is not below critical, which is 2"},
		{"above-the-usual", tile(`{"kind":"long","attention":10}`), "view 1, tile 2: attention: 10 is not below critical, which is 10"},
		{"thresholds-of-services", tile(`{"kind":"services","critical":2}`), "view 1, tile 2: services has no thresholds"},
		{"too-many-tiles", tile(`{"kind":"session-list","width":4,"height":2}`), "view 1, tile 2: there is no place for its 4 × 2 cells on a screen of 4 × 2"},
		{"fills-every-cell", `{"title":"B","views":[{"title":"V","tiles":[{"kind":"running"},{"kind":"running","height":2},{"kind":"users"},{"kind":"running"},{"kind":"users"}]}]}`, ""},
		{"does-not-fit", `{"title":"B","views":[{"title":"V","tiles":[{"kind":"running"},{"kind":"users"},{"kind":"running"},{"kind":"users","height":2}]}]}`, "view 1, tile 4: there is no place for its 2 × 2 cells on a screen of 4 × 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseBoard([]byte(tt.text))
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v, want it to be good", err)
			case tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	many := make([]api.BoardView, 7)
	for i := range many {
		letter := string(rune('a' + i))
		many[i] = api.BoardView{Title: "V", Tiles: []api.BoardTile{
			{Kind: api.TileRunning, Filter: "user:" + letter}, {Kind: api.TileLong, Filter: "user:" + letter},
		}}
	}
	if err := checkBoard(&api.BoardPlan{Title: "B", Views: many}); err == nil || !strings.HasPrefix(err.Error(), "the tiles need 15 different views") {
		t.Errorf("got %v, want too many views of the feed", err)
	}
}

func FuzzParseBoard(f *testing.F) {
	for _, text := range []string{`{}`, `{"title":"B","views":[{"title":"V","tiles":[{"kind":"users","width":2}]}]}`, `{"night":null,"views":[null,{"tiles":[null]}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		plan, err := parseBoard(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		same, err := parseBoard(again)
		if err != nil {
			t.Fatalf("%s does not read what it wrote: %v", again, err)
		}
		if diff := cmp.Diff(plan, same); diff != "" {
			t.Error(diff)
		}
	})
}

const smallBoard = `{"title":"Small","rotate":30,"views":[{"title":"One","tiles":[{"kind":"running","attention":5}]}]}`

func TestBoards(t *testing.T) {
	for _, tt := range []struct{ name, dir string }{{"memory", ""}, {"files", filepath.Join(t.TempDir(), "data", "boards")}} {
		t.Run(tt.name, func(t *testing.T) {
			inSite(t, func(o *Options) {
				var err error
				if o.Boards, err = OpenBoards(tt.dir); err != nil {
					t.Fatal(err)
				}
			}, func(s *site) {
				s.wants(s.ask(basicUser, "GET", "/v1/boards", ""), 200, `"id": "attention"`, `"id": "overview"`)
				s.wants(s.ask(basicUser, "GET", "/v1/boards/small", ""), 404, "small is not a board")
				s.wants(s.ask(basicUser, "PUT", "/v1/boards/small", smallBoard), 403)
				s.wants(s.ask(adminUser, "PUT", "/v1/boards/small", `{"title":"x"}`), 400, "views: there are 1 to 12, not 0")
				s.wants(s.ask(adminUser, "PUT", "/v1/boards/Small", smallBoard), 400, "Small cannot be the name of a board")
				s.wants(s.ask(adminUser, "PUT", "/v1/boards/.small", smallBoard), 400, "cannot be the name")
				s.wants(s.ask(adminUser, "PUT", "/v1/boards/"+strings.Repeat("a", 41), smallBoard), 400, "cannot be the name")
				s.wants(s.ask(adminUser, "PUT", "/v1/boards/..%2Fsmall", smallBoard), 404)
				s.wants(s.ask(adminUser, "PUT", "/v1/boards/small", smallBoard), 204)
				s.wants(s.ask(basicUser, "GET", "/v1/boards/small", ""), 200, `"title": "Small"`, `"attention": 5`, `"type": "runtime"`)

				s.wants(s.ask(adminUser, "PUT", "/v1/boards/overview", smallBoard), 204)
				s.wants(s.ask(basicUser, "GET", "/v1/boards/overview", ""), 200, `"title": "Small"`)
				s.wants(s.ask(adminUser, "DELETE", "/v1/boards/overview", ""), 204)
				s.wants(s.ask(basicUser, "GET", "/v1/boards/overview", ""), 200, `"title": "Overview"`, `"type": "static"`)
				s.wants(s.ask(adminUser, "DELETE", "/v1/boards/overview", ""), 409, "part of the program")
				s.wants(s.ask(adminUser, "DELETE", "/v1/boards/nosuch", ""), 404, "nosuch is not a board")
				s.wants(s.ask(basicUser, "DELETE", "/v1/boards/small", ""), 403)

				tag := func() string { return s.ask(basicUser, "GET", "/v1/boards/small", "").Header.Get("ETag") }
				seen, other := tag(), strings.Replace(smallBoard, "Small", "Other", 1)
				s.wants(s.ask(adminUser, "PUT", "/v1/boards/small", other, "If-Match", seen), 204)
				s.wants(s.ask(adminUser, "PUT", "/v1/boards/small", smallBoard, "If-Match", seen), 412, "small is not what it was when you looked")
				s.wants(s.ask(adminUser, "DELETE", "/v1/boards/small", "", "If-Match", seen), 412, "nothing was done")
				s.wants(s.ask(adminUser, "PUT", "/v1/boards/gone", smallBoard, "If-Match", seen), 412)
				s.wants(s.ask(basicUser, "GET", "/v1/boards/small", ""), 200, `"title": "Other"`)
				s.wants(s.ask(adminUser, "PUT", "/v1/boards/small", other, "If-Match", tag()), 204)

				if tt.dir != "" { // by hand, or by a tool
					if err := os.WriteFile(filepath.Join(tt.dir, "hand.json"), []byte(`{"title":"By hand"}`), 0o600); err != nil {
						t.Fatal(err)
					}
					s.wants(s.ask(basicUser, "GET", "/v1/boards/hand", ""), 200, `"problem": "views: there are 1 to 12, not 0"`)
					s.wants(s.ask(basicUser, "GET", "/v1/boards", ""), 200, `"id": "hand"`, "hand.json")
				}
				s.wants(s.ask(adminUser, "DELETE", "/v1/boards/small", ""), 204)
				s.wants(s.ask(basicUser, "GET", "/v1/boards/small", ""), 404)

				saved := 0
				for _, r := range s.options.Audit.newest() {
					if r.Action == "board.save" && r.Status == 204 && !strings.Contains(fmt.Sprint(r.After), "Other") {
						saved++
						if diff := cmp.Diff(map[string]any{"title": "Small", "views": []string{"One: running"}}, r.After); diff != "" {
							t.Error(diff)
						}
					}
				}
				if saved != 2 {
					t.Errorf("the audit log has %d boards that were saved, want 2", saved)
				}
			})
		})
	}
}

func TestTooManyBoards(t *testing.T) {
	b, err := OpenBoards("")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := parseBoard([]byte(smallBoard))
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxBoards {
		if err := b.keep("b"+strings.Repeat("x", i/10)+string(rune('0'+i%10)), plan, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.keep("one-more", plan, ""); problemOf(err).status != 507 {
		t.Errorf("got %v, want 507", err)
	}
	if err := b.keep("b0", plan, ""); err != nil {
		t.Errorf("one that is there can still be changed: %v", err)
	}
}

// Ensure a display reads the board that it is to show and no other.
func TestDisplaysBoard(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.wants(s.ask(adminUser, "PUT", "/v1/boards/small", smallBoard), 204)
		_, small := s.wall("small")
		s.wants(s.bearer(small, "GET", "/v1/boards/small", ""), 200, `"title": "Small"`)
		s.wants(s.bearer(small, "GET", "/v1/boards/overview", ""), 403, "overview is not the board of this display")
		s.wants(s.bearer(small, "GET", "/v1/boards", ""), 403)
		s.wants(s.bearer(small, "DELETE", "/v1/boards/small", ""), 403)
		_, first := s.wall("")
		s.wants(s.bearer(first, "GET", "/v1/boards/overview", ""), 200)
	})
}
