package app

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// keyHandler is a page that has keys of its own.
type keyHandler interface {
	// key does what the key stands for, by its name in KeyboardEvent.key, and
	// returns whether it stands for anything.
	key(ctx app.Context, key string, shift bool) bool
}

// keyTeller is a page that says which keys it has, for those who ask.
type keyTeller interface{ tellKeys() []keyHelp }

// keyHelp says what keys do. Several that do the same are parted by commas.
type keyHelp struct{ keys, what string }

// keys is the page on the screen, when it has keys of its own.
var keys keyHandler

// shortcut is a key of the console itself, or two that are pressed one after the
// other: "g s". The same table serves the keys, their help and the palette.
type shortcut struct {
	keys, what string
	do         func(ctx app.Context)
}

// everywhere are the keys that every page has.
func everywhere() []shortcut {
	return []shortcut{
		{"?", lang.T("Keys of this page"), func(ctx app.Context) { console.layer.toggle(ctx, overHelp) }},
		{"/", lang.T("Go to the filter"), func(app.Context) { ui.Focus("filter") }},
		{"Space", holdWords(), func(app.Context) { toggleHold() }},
		{"r", lang.T("Ask for everything again"), func(app.Context) { refreshAll() }},
		{"y", lang.T("Copy a link to this page"), copyLink},
		{"t", lang.T("Light or dark"), func(ctx app.Context) { switchTheme(ctx, app.Event{}) }},
		{"T", lang.T("Times local, in UTC, relative"), nextTimeFormat},
		{"U", lang.T("Take my latest kill back"), console.mine.cancelLatest},
	}
}

// places are where one can go, with the keys that lead there.
func places() []shortcut {
	list := make([]shortcut, 0, len(railItems)+3)
	for _, item := range railItems {
		list = append(list, goTo(item.keys, lang.T(item.label), item.path))
	}
	return append(list,
		goTo("g p", lang.T("Pending"), "/pending"),
		goTo("g ,", lang.T("Settings"), "/settings/profile"),
		goTo("g k", lang.T("Shortcuts"), "/settings/shortcuts"),
	)
}

func goTo(keys, what, path string) shortcut {
	return shortcut{keys, what, func(ctx app.Context) { ctx.Navigate(href(path)) }}
}

// copyLink puts the address of the page on the clipboard.
func copyLink(app.Context) {
	ui.Copy(ui.Address())
	console.say(lang.T("Copied a link to this page."), false)
}

// chord is a first key that waits for the second.
type chord struct {
	key string
	at  time.Time
}

const chordTime = 1500 * time.Millisecond

// take returns the chord that a key completes, "" when it completes none.
func (c *chord) take(key string, now time.Time) string {
	first := *c
	*c = chord{}
	if first.key == "" || now.Sub(first.at) > chordTime {
		return ""
	}
	return first.key + " " + key
}

// keyPress is a key that was pressed.
type keyPress struct {
	key      string // its name in KeyboardEvent.key
	tag      string // of the element that has the keyboard
	shift    bool
	command  bool // Ctrl, or ⌘
	repeated bool // it is held down
	modal    bool // something lies over the page that is not of the layer
}

// letter reports whether the key is a single character, which those who speak to
// their computer may press without meaning to.
func (k keyPress) letter() bool { return utf8.RuneCountInString(k.key) == 1 && k.key != " " }

func (k keyPress) typing() bool { return k.tag == "INPUT" || k.tag == "TEXTAREA" || k.tag == "SELECT" }

// pressesControl reports whether the key presses the button or follows the link
// that has the keyboard.
func (k keyPress) pressesControl() bool {
	return (k.key == " " || k.key == "Enter") && (k.tag == "BUTTON" || k.tag == "A" || k.tag == "SUMMARY")
}

// listenKeys takes the keys that no input and no control has a use for. The
// browser calls it while the goroutine that draws waits.
func listenKeys(ctx app.Context) {
	if app.IsServer {
		return
	}
	app.Window().Get("document").Call("addEventListener", "keydown", app.FuncOf(func(_ app.Value, args []app.Value) any {
		e := args[0]
		if !e.Get("key").Truthy() {
			return nil // a browser that fills in a form calls that a key, but it is none
		}
		if e.Get("defaultPrevented").Bool() || e.Get("isComposing").Bool() || e.Get("altKey").Bool() && !thirdLevel(e) {
			return nil
		}
		if k := keyOf(e); console.layer.waits.take(k) || k.reach(ctx) {
			e.Call("preventDefault")
			console.later(func() {})
		}
		return nil
	}))
}

// keysThatWait are keys that were pressed after another page had been asked for
// and before it was there: they are meant for that page. So are those that come
// while a dialog that has been closed is still on the screen.
type keysThatWait struct {
	arriving bool // another page has been asked for
	closing  bool // a dialog has been closed
	pressed  []keyPress
}

// maxKeysThatWait is more than anybody presses in so short a time.
const maxKeysThatWait = 32

// take keeps a key for the page that is to come, and reports whether it did.
func (w *keysThatWait) take(k keyPress) bool {
	if !w.arriving && !w.closing && len(w.pressed) == 0 || !k.letter() || k.command || len(w.pressed) == maxKeysThatWait {
		return false
	}
	if !w.closing && (k.typing() || k.modal) {
		return false
	}
	w.pressed = append(w.pressed, k)
	return true
}

// arrived does what the keys stand for, as soon as the page is there. They come
// one by one, because one may ask for a further page.
func (w *keysThatWait) arrived(ctx app.Context) {
	w.arriving = false
	w.next(ctx)
}

// close has keys wait until a dialog that has been closed is off the screen.
func (w *keysThatWait) close() {
	if w.closing || app.IsServer {
		return
	}
	w.closing = true
	console.later(func() {
		onceDrawn(func() {
			w.closing = false
			console.ctx.Dispatch(w.next)
		})
	})
}

func (w *keysThatWait) next(ctx app.Context) {
	if w.arriving || w.closing || len(w.pressed) == 0 {
		return
	}
	k := w.pressed[0]
	w.pressed = w.pressed[1:]
	k.modal = modalShown()
	if k.tag = tagOf(ui.Focused()); k.typing() {
		ui.Type(k.key) // the key before has led to an input
	} else if k.reach(ctx) {
		console.rev++
	}
	ctx.Dispatch(w.next)
}

// thirdLevel reports whether the key was pressed with AltGr, as brackets are on
// many keyboards. Some systems say that it is Ctrl and Alt.
func thirdLevel(e app.Value) bool { return e.Call("getModifierState", "AltGraph").Bool() }

// keyOf reads an event of the browser.
func keyOf(e app.Value) keyPress {
	k := keyPress{
		key: e.Get("key").String(), tag: tagOf(e.Get("target")), shift: e.Get("shiftKey").Bool(),
		command: (e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool()) && !thirdLevel(e), repeated: e.Get("repeat").Bool(),
		modal: modalShown(),
	}
	k.key = latin(k.key, e.Get("code").String(), k.shift)
	return k
}

// modalShown tells whether something lies over the page that is not of the layer.
func modalShown() bool {
	return app.Window().Get("document").Call("querySelector", "[aria-modal=true]:not(.layer)").Truthy()
}

// tagOf is the tag of the element that a key is pressed in, by what can be done
// there; "" of none.
func tagOf(element app.Value) string {
	if element == nil || !element.Truthy() {
		return ""
	}
	if element.Get("isContentEditable").Truthy() {
		return "TEXTAREA"
	}
	switch element.Get("type").String() {
	case "checkbox", "radio", "button", "submit":
		return "BUTTON" // nothing can be typed there
	}
	return element.Get("tagName").String()
}

// latin returns the letter of a key that a layout of another script has
// something else on, by its place on the keyboard, as in KeyboardEvent.code.
func latin(key, code string, shift bool) string {
	letter, ok := strings.CutPrefix(code, "Key")
	if !ok || len(letter) != 1 || utf8.RuneCountInString(key) != 1 || key[0] < utf8.RuneSelf {
		return key
	}
	if shift {
		return letter
	}
	return strings.ToLower(letter)
}

// reach does what the key stands for, and reports whether it stands for
// anything.
func (k keyPress) reach(ctx app.Context) bool {
	l := console
	own := l.prefs.own.Keys.meant(k.name())
	switch {
	case l.wall != nil:
		return l.wall.press(ctx, k)
	case l.gate != gateOpen:
		return false
	case catching != nil:
		return catching.take(k)
	case l.kill.ID != "":
		if k.key == "Escape" {
			l.kill.close()
			return true
		}
		return false
	case l.many.open:
		if k.key == "Escape" {
			l.many.close()
			return true
		}
		return false
	case l.layer.command.do != "":
		if k.key == "Escape" {
			l.layer.command.close()
			return true
		}
		return false
	case k.modal:
		return false
	case embedded != nil && (k.command || k.key == "g" || k.key == "?" || k.key == "t" || k.key == "T" || k.key == "U" || k.key == "y"):
		return false // the keys of pages work, those of the console are of the page around
	case k.command:
		if own == "Mod+k" && !k.shift {
			l.layer.toggle(ctx, overPalette)
			return true
		}
		return false
	case l.layer.over != overNothing:
		if k.key == "Escape" || own == "?" && l.layer.over == overHelp {
			return l.layer.close(ctx)
		}
		return false
	case k.typing(), k.pressesControl(), k.letter() && l.prefs.own.NoKeys:
		return false
	}
	if pair := l.layer.chord.take(k.key, time.Now()); pair != "" {
		return runShortcut(ctx, places(), l.prefs.own.Keys.meant(pair))
	}
	if own == "" {
		return false
	}
	k = k.as(own)
	switch {
	case k.key == "g":
		l.layer.chord = chord{"g", time.Now()}
		return true
	case keys != nil && keys.key(ctx, k.key, k.shift):
		return true
	case k.repeated:
		return false
	case k.key == "Escape":
		return escape(ctx)
	}
	return runShortcut(ctx, everywhere(), k.name())
}

// runShortcut does what keys stand for in a table.
func runShortcut(ctx app.Context, table []shortcut, keys string) bool {
	for _, s := range table {
		if s.keys == keys {
			s.do(ctx)
			return true
		}
	}
	return false
}

// escape dismisses the newest notice, or goes from the page of one object to the
// list of all.
func escape(ctx app.Context) bool {
	if n := len(console.toasts); n > 0 {
		answerToast(ctx, console.toasts[n-1].id, "dismiss")
		return true
	}
	if app.IsServer {
		return false
	}
	if embedded != nil {
		return false // what is around is another application
	}
	section, id, _ := strings.Cut(strings.TrimPrefix(pagePath(app.Window().URL()), "/"), "/")
	if id == "" || section == "settings" {
		return false
	}
	ctx.Navigate(href("/" + section))
	return true
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func until(t time.Time) time.Duration { return max(time.Until(t), 0) }
