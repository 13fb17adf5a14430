package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Ensure a key that was put in another's place does what that one did, the old
// one does nothing, and nobody's Shift is forgotten.
func TestKeymapReach(t *testing.T) {
	for _, tt := range []struct {
		name  string
		keys  keymap
		press []keyPress
		page  string // what the page got
		over  overlay
		held  bool
	}{
		{"moved", keymap{"j": "n"}, []keyPress{{key: "n"}}, "j", overNothing, false},
		{"old", keymap{"j": "n"}, []keyPress{{key: "j"}}, "", overNothing, false},
		{"swapped", keymap{"j": "k", "k": "j"}, []keyPress{{key: "j"}, {key: "k"}}, "kj", overNothing, false},
		{"off", keymap{"j": ""}, []keyPress{{key: "j"}}, "", overNothing, false},
		{"shift_comes", keymap{"K": "z"}, []keyPress{{key: "z"}}, "Shift+K", overNothing, false},
		{"shift_goes", keymap{"j": "Z"}, []keyPress{{key: "Z", shift: true}}, "j", overNothing, false},
		{"help", keymap{"?": "h", "h": "?"}, []keyPress{{key: "h"}}, "", overHelp, false},
		{"help_closes", keymap{"?": "q"}, []keyPress{{key: "q"}, {key: "q"}}, "", overNothing, false},
		{"palette", keymap{"Mod+k": "Mod+m"}, []keyPress{{key: "m", command: true}}, "", overPalette, false},
		{"palette_old", keymap{"Mod+k": "Mod+m"}, []keyPress{{key: "k", command: true}}, "", overNothing, false},
		{"letter_without_command", keymap{"Mod+k": "Mod+m"}, []keyPress{{key: "m"}}, "", overNothing, false},
		{"hold", keymap{"Space": "v"}, []keyPress{{key: "v"}}, "", overNothing, true},
		{"hold_old", keymap{"Space": "v"}, []keyPress{{key: " "}}, "", overNothing, false},
		{"still", keymap{"Shift+Space": "v"}, []keyPress{{key: "v"}}, "Shift+ ", overNothing, false},
		{"others_stay", keymap{"j": "n"}, []keyPress{{key: "k"}, {key: "Enter"}}, "kEnter", overNothing, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reset(t)
			console.held = false
			console.prefs.own.Keys = tt.keys
			page := &shifted{takes: "jkK Enter"}
			keys = page
			t.Cleanup(func() { keys, console.held = nil, false })
			probe(t, func(ctx app.Context) {
				for _, press := range tt.press {
					press.reach(ctx)
				}
			})
			if got := strings.Join(page.got, ""); got != tt.page || console.layer.over != tt.over || console.held != tt.held {
				t.Errorf("got %q, %v and held %v, want %q, %v and %v", got, console.layer.over, console.held, tt.page, tt.over, tt.held)
			}
		})
	}
}

// shifted is a page that takes keys, Space only with Shift.
type shifted struct {
	takes string
	got   []string
}

func (p *shifted) key(_ app.Context, key string, shift bool) bool {
	if !strings.Contains(p.takes, key) || key == " " && !shift {
		return false
	}
	if shift {
		key = "Shift+" + key
	}
	p.got = append(p.got, key)
	return true
}

// Ensure the second of two keys can be another, and the first.
func TestKeymapChord(t *testing.T) {
	reset(t)
	console.prefs.own.Keys = keymap{"g": "v", "g s": "g 1"}
	t.Cleanup(func() { console.layer.chord = chord{} })
	probe(t, func(ctx app.Context) {
		if !(keyPress{key: "v"}).reach(ctx) || console.layer.chord.key != "g" {
			t.Error("the first key does not wait for the second")
		}
		if (keyPress{key: "s"}).reach(ctx) {
			t.Error("the old second key leads somewhere")
		}
		(keyPress{key: "v"}).reach(ctx)
		if !(keyPress{key: "1"}).reach(ctx) {
			t.Error("the new second key leads nowhere")
		}
	})
}

// Ensure what was kept is believed only when every key means one thing.
func TestKeymapClean(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   keymap
		want keymap
	}{
		{"none", nil, nil},
		{"good", keymap{"j": "n", "n": "j", "Space": "v", "Mod+k": "Mod+m", "g s": "g 1", "c": ""}, keymap{"j": "n", "n": "j", "Space": "v", "Mod+k": "Mod+m", "g s": "g 1", "c": ""}},
		{"of_nothing", keymap{"Q": "j", "Enter": "v", "ArrowUp": "v", "": "v"}, nil},
		{"to_itself", keymap{"j": "j"}, nil},
		{"no_key", keymap{"j": "Enter", "k": "ab", "x": " ", "c": "\u202e", "l": "Mod+l"}, nil},
		{"of_the_browser", keymap{"Mod+k": "Mod+w"}, nil},
		{"chord_as_one", keymap{"g s": "z", "j": "g z"}, nil},
		{"twice", keymap{"j": "n"}, keymap{"j": "n"}},
		{"two_on_one", keymap{"j": "v", "k": "v"}, nil},
		{"on_another_s", keymap{"j": "k"}, nil},
		{"two_off", keymap{"j": "", "k": ""}, keymap{"j": "", "k": ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reset(t)
			if tt.name == "twice" {
				tt.in["n"] = "" // makes room
				tt.want["n"] = ""
			}
			if diff := cmp.Diff(tt.want, tt.in.clean()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Ensure the tables have every key once, as the map has it.
func TestOwnKeys(t *testing.T) {
	reset(t)
	own := ownKeys()
	for _, want := range []string{"?", "/", "Space", "Shift+Space", "Mod+k", "g", "g s", "j", "K", "U", "[", "]", "1", "5", "*", "o", "n", "G"} {
		if !slices.Contains(own, want) {
			t.Errorf("%q cannot be another", want)
		}
	}
	for _, never := range []string{"Enter", "Esc", "ArrowDown", "Home", "Shift+ArrowUp", "Alt+/"} {
		if slices.Contains(own, never) {
			t.Errorf("%q can be another", never)
		}
	}
}

// Ensure the editor changes keys, tells conflicts, swaps and takes back.
func TestKeyEditor(t *testing.T) {
	reset(t)
	d := &keyEditor{}
	t.Cleanup(func() { catching = nil })
	press := func(name string) {
		k := keyPress{key: name}
		if rest, ok := strings.CutPrefix(name, "Mod+"); ok {
			k = keyPress{key: rest, command: true}
		}
		probe(t, func(ctx app.Context) { console.ctx = ctx; k.reach(ctx) })
	}
	for _, step := range []struct {
		name    string
		do      func()
		want    keymap
		problem string
		waits   bool
	}{
		{"waits", func() { d.do("change", "j") }, nil, "", true},
		{"modifier", func() { press("Shift") }, nil, "", true},
		{"not_one", func() { press("F5") }, nil, "Choose a letter", true},
		{"in_use", func() { press("k") }, nil, "k is the key for “Row before”.", true},
		{"swap", func() { d.do("swap", "") }, keymap{"j": "k", "k": "j"}, "", false},
		{"escape", func() { d.do("change", "x"); press("Escape") }, keymap{"j": "k", "k": "j"}, "", false},
		{"off", func() { d.do("change", "x"); press("Backspace") }, keymap{"j": "k", "k": "j", "x": ""}, "", false},
		{"free", func() { d.do("change", "c"); press("x") }, keymap{"j": "k", "k": "j", "x": "", "c": "x"}, "", false},
		{"reset_in_use", func() { d.do("reset", "x") }, keymap{"j": "k", "k": "j", "x": "", "c": "x"}, "x is the key for “Copy its id” now.", true},
		{"leave", func() { d.do("leave", "") }, keymap{"j": "k", "k": "j", "x": "", "c": "x"}, "", false},
		{"reset_free", func() { d.do("reset", "c") }, keymap{"j": "k", "k": "j", "x": ""}, "", false},
		{"command", func() { d.do("change", "Mod+k"); press("Mod+m") }, keymap{"j": "k", "k": "j", "x": "", "Mod+k": "Mod+m"}, "", false},
		{"command_of_browser", func() { d.do("change", "Mod+k"); press("Mod+w") }, keymap{"j": "k", "k": "j", "x": "", "Mod+k": "Mod+m"}, "The browser has a use", true},
		{"chord", func() { d.do("change", "g s"); press("1") }, keymap{"j": "k", "k": "j", "x": "", "Mod+k": "Mod+m", "g s": "g 1"}, "", false},
		{"chord_in_use", func() { d.do("change", "g q"); press("1") }, keymap{"j": "k", "k": "j", "x": "", "Mod+k": "Mod+m", "g s": "g 1"}, "is the key for “Sessions”.", true},
		{"reset_all", func() { d.do("reset-all", "") }, nil, "", false},
	} {
		step.do()
		if diff := cmp.Diff(step.want, console.prefs.own.Keys); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
		if !strings.Contains(d.problem, step.problem) || (step.problem == "") != (d.problem == "") {
			t.Errorf("%s: got the problem %q, want %q", step.name, d.problem, step.problem)
		}
		if waits := catching != nil; waits != step.waits {
			t.Errorf("%s: waits is %v", step.name, waits)
		}
	}
}

// Ensure help and hints show what is in force.
func TestKeysInForce(t *testing.T) {
	reset(t)
	console.prefs.own.Keys = keymap{"K": "z", "c": "", "g": "v"}
	text := app.HTMLString((&help{}).Render())
	for _, want := range []string{"<kbd>v</kbd>"} {
		if !strings.Contains(strings.ReplaceAll(text, "\n", ""), want) {
			t.Errorf("the help does not show %s", want)
		}
	}
	for own, want := range map[string]string{"K": " (z)", "c": "", "n": " (n)", "Space": " (Space)", "G": " (G)", "g s": " (v s)"} {
		if got := keyHint(own); got != want {
			t.Errorf("%s: got %q, want %q", own, got, want)
		}
	}
	console.prefs.own.NoKeys = true
	if got := keyHint("n"); got != "" {
		t.Errorf("a key that is off is told: %q", got)
	}
}
