package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/ui"
)

// pagelike is a page that takes some keys.
type pagelike struct {
	takes string
	got   []string
}

func (p *pagelike) key(_ app.Context, key string, _ bool) bool {
	if !strings.Contains(p.takes, key) {
		return false
	}
	p.got = append(p.got, key)
	return true
}

// onPage puts a page on the screen that takes the keys.
func onPage(t *testing.T, takes string) *pagelike {
	t.Helper()
	p := &pagelike{takes: takes}
	keys = p
	t.Cleanup(func() { keys = nil })
	return p
}

// Ensure keys go to who has a use for them, and to nobody while one types, while
// something lies over the page, or when they are switched off.
func TestKeysReach(t *testing.T) {
	type want struct {
		taken bool
		page  string
		over  overlay
	}
	for _, tt := range []struct {
		name   string
		press  keyPress
		before func()
		want   want
	}{
		{"page", keyPress{key: "j"}, nil, want{true, "j", overNothing}},
		{"page-repeated", keyPress{key: "j", repeated: true}, nil, want{true, "j", overNothing}},
		{"page-first", keyPress{key: "/"}, nil, want{true, "/", overNothing}},
		{"help", keyPress{key: "?", shift: true}, nil, want{true, "", overHelp}},
		{"help-repeated", keyPress{key: "?", shift: true, repeated: true}, nil, want{false, "", overNothing}},
		{"unknown", keyPress{key: "q"}, nil, want{false, "", overNothing}},
		{"typing", keyPress{key: "j", tag: "INPUT"}, nil, want{false, "", overNothing}},
		{"typing-help", keyPress{key: "?", tag: "TEXTAREA"}, nil, want{false, "", overNothing}},
		{"typing-palette", keyPress{key: "k", tag: "INPUT", command: true}, nil, want{true, "", overPalette}},
		{"palette", keyPress{key: "K", command: true}, nil, want{true, "", overPalette}},
		{"command-of-the-browser", keyPress{key: "j", command: true}, nil, want{false, "", overNothing}},
		{"button", keyPress{key: "Enter", tag: "BUTTON"}, nil, want{false, "", overNothing}},
		{"button-letter", keyPress{key: "j", tag: "BUTTON"}, nil, want{true, "j", overNothing}},
		{"off", keyPress{key: "j"}, func() { console.prefs.own.NoKeys = true }, want{false, "", overNothing}},
		{"off-kill", keyPress{key: "K", shift: true}, func() { console.prefs.own.NoKeys = true }, want{false, "", overNothing}},
		{"off-enter", keyPress{key: "Enter"}, func() { console.prefs.own.NoKeys = true }, want{true, "Enter", overNothing}},
		{"off-palette", keyPress{key: "k", command: true}, func() { console.prefs.own.NoKeys = true }, want{true, "", overPalette}},
		{"under-help", keyPress{key: "j"}, func() { console.layer.over = overHelp }, want{false, "", overHelp}},
		{"help-closes", keyPress{key: "?"}, func() { console.layer.over = overHelp }, want{true, "", overNothing}},
		{"escape-closes", keyPress{key: "Escape"}, func() { console.layer.over = overUser }, want{true, "", overNothing}},
		{"other-dialog", keyPress{key: "j", modal: true}, nil, want{false, "", overNothing}},
		{"other-dialog-palette", keyPress{key: "k", command: true, modal: true}, nil, want{false, "", overNothing}},
		{"kill-dialog", keyPress{key: "j"}, func() { console.kill.ID = "7" }, want{false, "", overNothing}},
		{"login", keyPress{key: "j"}, func() { console.gate = gateLogin }, want{false, "", overNothing}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reset(t)
			page := onPage(t, "j K / Enter")
			if tt.before != nil {
				tt.before()
			}
			var taken bool
			probe(t, func(ctx app.Context) { taken = tt.press.reach(ctx) })
			got := want{taken, strings.Join(page.got, ""), console.layer.over}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Ensure two keys lead somewhere only one soon after the other.
func TestKeysChord(t *testing.T) {
	var c chord
	at := time.Now()
	take := func(key string, later time.Duration, want string) {
		t.Helper()
		c = chord{"g", at}
		if got := c.take(key, at.Add(later)); got != want {
			t.Errorf("%s after %v: got %q, want %q", key, later, got, want)
		}
		if got := c.take(key, at.Add(later)); got != "" {
			t.Errorf("got %q again", got)
		}
	}
	take("s", time.Second, "g s")
	take("s", 2*time.Second, "")
}

// Ensure that keys are the same on keyboards of other scripts, and others are
// left as they are.
func TestKeysLatin(t *testing.T) {
	for _, tt := range []struct {
		key, code string
		shift     bool
		want      string
	}{
		{"j", "KeyJ", false, "j"},
		{"о", "KeyJ", false, "j"},
		{"Л", "KeyK", true, "K"},
		{"z", "KeyY", false, "z"}, // a German keyboard means what it says
		{"Enter", "Enter", false, "Enter"},
		{"?", "Slash", true, "?"},
		{"é", "Digit2", false, "é"},
		{"", "KeyJ", false, ""},
	} {
		if got := latin(tt.key, tt.code, tt.shift); got != tt.want {
			t.Errorf("%q at %s: got %q, want %q", tt.key, tt.code, got, tt.want)
		}
	}
}

// Ensure that no two of the console's keys are the same, and that each does
// something and says what.
func TestKeysTable(t *testing.T) {
	reset(t)
	seen := map[string]bool{}
	for _, s := range slices.Concat(everywhere(), places()) {
		if s.keys == "" || s.what == "" || s.do == nil || seen[s.keys] {
			t.Errorf("%q, %q: incomplete, or twice", s.keys, s.what)
		}
		seen[s.keys] = true
	}
}

// Ensure the palette finds what is meant, the best first.
func TestPaletteFind(t *testing.T) {
	reset(t)
	console.known.names = map[string][]string{"servers": {"db-primary", "replica-1"}, "services": {"RW-Split"}}
	console.prefs.own.Views = []api.SavedView{{Name: "Night jobs", Filter: "user:batch", Sort: "-age"}}
	for _, tt := range []struct{ query, first string }{
		{"serv", "Services"},
		{"primary", "db-primary"},
		{"rwsplit", "RW-Split"},
		{"4711", "Session 4711"},
		{"night", "Night jobs"},
		{"jobs", "Night jobs"},
		{"log out", "Log out"},
		{"user:batch age>5m", "Sessions: user:batch age>5m"},
	} {
		found := findItems(paletteItems(), tt.query)
		if len(found) == 0 || found[0].text != tt.first {
			t.Errorf("%q: got %v, want %q first", tt.query, texts(found), tt.first)
		}
	}
	console.who.HostLogin = true
	if got := texts(findItems(paletteItems(), "log out")); slices.Contains(got, "Log out") {
		t.Error("one can log out here where logins are made elsewhere")
	}
	if got := texts(findItems(paletteItems(), "age>>")); len(got) != 0 {
		t.Errorf("got %v for what is no filter and nothing's name", got)
	}
	if got := len(findItems(paletteItems(), strings.Repeat("x", 5000))); got != 0 {
		t.Errorf("got %d entries for a filter that is too long", got)
	}
}

func texts(items []paletteItem) []string {
	var list []string
	for _, item := range items {
		list = append(list, item.text)
	}
	return list
}

// Ensure a saved view becomes its address.
func TestPaletteViewPath(t *testing.T) {
	for _, tt := range []struct {
		view api.SavedView
		want string
	}{
		{api.SavedView{Name: "all"}, "/sessions"},
		{api.SavedView{Filter: "user:a&b", Sort: "-age", Columns: []string{"id", "user"}}, "/sessions?cols=id%2Cuser&q=user%3Aa%26b&sort=-age"},
	} {
		if got := viewPath(tt.view); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

// Ensure the palette goes by keys, and does the entry that is on the screen.
func TestPaletteKeys(t *testing.T) {
	reset(t)
	p := &palette{}
	done := ""
	keys = &acting{do: func(app.Context) { done = "acted" }}
	t.Cleanup(func() { keys = nil })
	probe(t, func(ctx app.Context) {
		console.layer.open(ctx, overPalette)
		p.Render()
		for _, key := range []string{"ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"} {
			if !p.key(ctx, key) {
				t.Errorf("%s does nothing", key)
			}
		}
		if p.at != 0 {
			t.Errorf("got entry %d, want 0", p.at)
		}
		p.key(ctx, "ArrowUp")
		if p.at != len(p.found)-1 {
			t.Errorf("got entry %d, want the last of %d", p.at, len(p.found))
		}
		p.key(ctx, "ArrowDown")
		p.key(ctx, "Enter")
	})
	if done != "acted" || console.layer.over != overNothing {
		t.Errorf("got %q and overlay %d, want the action of the page and none", done, console.layer.over)
	}
}

// acting is a page with one action.
type acting struct{ do func(app.Context) }

func (a *acting) key(app.Context, string, bool) bool { return false }
func (a *acting) actions() []action                  { return []action{{"Act", a.do}} }

// Ensure arrows go round in a menu.
func TestMenuSteps(t *testing.T) {
	for _, tt := range []struct {
		at   int
		key  string
		want int
		ok   bool
	}{
		{-1, "ArrowDown", 0, true},
		{2, "ArrowDown", 0, true},
		{0, "ArrowUp", 2, true},
		{-1, "ArrowUp", 2, true},
		{1, "Home", 0, true},
		{1, "End", 2, true},
		{1, "x", 0, false},
	} {
		if got, ok := stepInMenu(tt.at, 3, tt.key); got != tt.want || ok != tt.ok {
			t.Errorf("%s at %d: got %d, %v, want %d, %v", tt.key, tt.at, got, ok, tt.want, tt.ok)
		}
	}
}

// Ensure keys are drawn as one says them.
func TestKeyNames(t *testing.T) {
	for key, want := range map[string]string{"Space": "Space", "Mod+k": "Ctrl+K", "Shift+ArrowLeft": "Shift+←", "K": "Shift+K", "k": "k", "ArrowUp": "↑", "Esc": "Esc", "?": "?", "g s": "g s"} {
		if got := keyName(key); got != want {
			t.Errorf("%q: got %q, want %q", key, got, want)
		}
	}
	if got := app.HTMLString(app.Div().Body(renderKbd("j, ArrowDown")...)); !strings.Contains(got, "↓") || strings.Count(got, "<kbd>") != 2 {
		t.Errorf("got %s", got)
	}
	if ui.Mac() {
		t.Error("a test has no keyboard")
	}
}

func TestKeysThatWait(t *testing.T) {
	tests := []struct {
		name  string
		waits keysThatWait
		press keyPress
		want  bool
	}{
		{"letter", keysThatWait{arriving: true}, keyPress{key: "/", tag: "BODY"}, true},
		{"on_a_button", keysThatWait{arriving: true}, keyPress{key: "g", tag: "BUTTON"}, true},
		{"page_is_there", keysThatWait{}, keyPress{key: "/", tag: "BODY"}, false},
		{"typing", keysThatWait{arriving: true}, keyPress{key: "a", tag: "INPUT"}, false},
		{"command", keysThatWait{arriving: true}, keyPress{key: "r", tag: "BODY", command: true}, false},
		{"dialog", keysThatWait{arriving: true}, keyPress{key: "a", tag: "BODY", modal: true}, false},
		{"browsers_own", keysThatWait{arriving: true}, keyPress{key: "Tab", tag: "BODY"}, false},
		{"dialog_goes_away", keysThatWait{closing: true}, keyPress{key: "g", tag: "INPUT", modal: true}, true},
		{"dialog_goes_away_command", keysThatWait{closing: true}, keyPress{key: "r", tag: "INPUT", modal: true, command: true}, false},
		{"another_waits", keysThatWait{pressed: []keyPress{{key: "g"}}}, keyPress{key: "s", tag: "BODY"}, true},
		{"presses_control", keysThatWait{arriving: true}, keyPress{key: "Enter", tag: "A"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.waits.take(tt.press); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	w := keysThatWait{arriving: true}
	for range 2 * maxKeysThatWait {
		w.take(keyPress{key: "a"})
	}
	if len(w.pressed) != maxKeysThatWait {
		t.Errorf("%d keys wait, want at most %d", len(w.pressed), maxKeysThatWait)
	}
}
