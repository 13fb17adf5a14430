package app

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signalbox/signalbox/app/lang"
)

// keymap is which keys a user has put in the place of the console's own: by the
// key as the console knows it, "" for none at all. A key is written as in the
// tables of keys: a letter or sign as it is typed, Space, Shift+Space, Mod+k with
// Ctrl or ⌘, "g s" for two that are pressed one after the other.
type keymap map[string]string

// of is the key in force for one of the console's own, "" when it is off.
func (m keymap) of(own string) string {
	if key, moved := m[own]; moved {
		return key
	}
	return own
}

// meant is the console's own key that a pressed one stands for, "" when it
// stands for none any more.
func (m keymap) meant(pressed string) string {
	for own, key := range m {
		if key == pressed {
			return own
		}
	}
	if _, moved := m[pressed]; moved {
		return ""
	}
	return pressed
}

// user is which of the console's own keys has a key now, "" when none has.
func (m keymap) user(key string) string {
	for _, own := range ownKeys() {
		if m.of(own) == key {
			return own
		}
	}
	return ""
}

// with is the map with another key for one of the console's own.
func (m keymap) with(own, key string) keymap {
	changed := make(keymap, len(m)+1)
	for o, k := range m {
		changed[o] = k
	}
	if changed[own] = key; own == key {
		delete(changed, own)
	}
	return changed
}

// swapped is the map in which two of the console's own have changed their keys.
func (m keymap) swapped(a, b string) keymap {
	was := m.of(a)
	return m.with(a, m.of(b)).with(b, was)
}

// clean takes out what cannot be: keys of nothing, keys that no keyboard has, and
// all of it when one key would mean two things.
func (m keymap) clean() keymap {
	owns := ownKeys()
	kept := keymap{}
	for own, key := range m {
		if slices.Contains(owns, own) && own != key && (key == "" || keyProblem(own, key) == "") {
			kept[own] = key
		}
	}
	used := map[string]bool{"": false}
	for _, own := range owns {
		key := kept.of(own)
		if key != "" && used[key] {
			return nil
		}
		used[key] = true
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// browserKeys are those that with Ctrl or ⌘ mean something to every browser.
const browserKeys = "acfhjlnopqrstvwxz"

// keyProblem says why a key cannot stand in the place of one of the console's
// own; "" when it can.
func keyProblem(own, key string) string {
	first, _, pair := strings.Cut(own, " ")
	letter, command := strings.CutPrefix(key, "Mod+")
	switch {
	case pair && (!strings.HasPrefix(key, first+" ") || !oneSign(key[len(first)+1:])):
		return lang.T("The second key is a letter, a digit or a sign.")
	case pair:
		return ""
	case strings.HasPrefix(own, "Mod+") && !command:
		return lang.T("It is a letter with {commandKey}, so that it works while one types.", "commandKey", commandKey())
	case strings.HasPrefix(own, "Mod+") && (!oneSign(letter) || strings.Contains(browserKeys, letter)):
		return lang.T("The browser has a use of its own for {commandKey}+{letter}.", "commandKey", commandKey(), "letter", strings.ToUpper(letter))
	case strings.HasPrefix(own, "Mod+"):
		return ""
	case !oneSign(key) && key != "Space" && key != "Shift+Space":
		return lang.T("Choose a letter, a digit, a sign or Space: other keys belong to the browser or to every table.")
	}
	return ""
}

// oneSign reports whether text is one letter, digit or sign.
func oneSign(text string) bool {
	r, n := utf8.DecodeRuneInString(text)
	return n == len(text) && n > 0 && r != utf8.RuneError && r != ' ' && unicode.IsPrint(r)
}

// remapped reports whether a key of the tables is one that can be another.
func remapped(own string) bool {
	first, second, pair := strings.Cut(own, " ")
	return pair && oneSign(first) && oneSign(second) || oneSign(own) || own == "Space" || own == "Shift+Space" || strings.HasPrefix(own, "Mod+")
}

// allKeys are the keys of the console and of all of its pages.
func allKeys() []keyGroup {
	return append(keyGroups(nil),
		keyGroup{lang.T("Table of sessions"), (&sessionsPage{}).tellKeys()},
		keyGroup{lang.T("Session"), sessionKeys()},
		keyGroup{lang.T("Log"), (&logPage{}).tellKeys()},
	)
}

// ownKeys are all keys that can be others, as the console knows them, each once.
func ownKeys() []string {
	var list []string
	for _, g := range allKeys() {
		for _, h := range g.keys {
			for own := range strings.SplitSeq(h.keys, ", ") {
				if remapped(own) && !slices.Contains(list, own) {
					list = append(list, own)
				}
			}
		}
	}
	return list
}

// keyLabel is how the key in force for one of the console's own is written on
// the screen, "" when it is off.
func keyLabel(own string) string {
	m := console.prefs.own.Keys
	key := m.of(own)
	if _, second, pair := strings.Cut(key, " "); pair {
		return keyLabel("g") + " " + keyName(second)
	}
	return keyName(key)
}

// keyHint is a key in parentheses behind what it does, "" when it is off.
func keyHint(own string) string {
	label := keyLabel(own)
	if key := console.prefs.own.Keys.of(own); oneSign(key) {
		label = key // short, as it is typed
	}
	if label == "" || console.prefs.own.NoKeys && label != "Space" {
		return ""
	}
	return " (" + label + ")"
}

// name is the key as the tables of keys have it.
func (k keyPress) name() string {
	switch {
	case k.command:
		return "Mod+" + strings.ToLower(k.key)
	case k.key == " " && k.shift:
		return "Shift+Space"
	case k.key == " ":
		return "Space"
	}
	return k.key
}

// as is the press as if it were that of one of the console's own keys.
func (k keyPress) as(own string) keyPress {
	if own == k.name() {
		return k
	}
	switch own {
	case "Space", "Shift+Space":
		k.key, k.shift = " ", own != "Space"
	default:
		k.key, k.shift = own, len(own) == 1 && own[0] >= 'A' && own[0] <= 'Z'
	}
	return k
}
