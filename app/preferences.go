package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// preferences are what who is logged in has chosen, and what administrators have
// chosen for everybody. The server keeps them; this browser keeps a copy of a
// user's own for the time before the login, and for servers that do not keep
// any. They belong to the goroutine that draws.
type preferences struct {
	own    ownPreferences // changed by change
	shared api.SharedPreferences
	kept   bool // by the server

	sending bool // the server has been asked to keep own
	dirty   bool // own has changed since
	failed  bool // the server could not keep it, which has been said

	look look // where the user has not chosen
}

// look is what the server's configuration or a page around the console wants it
// to look like.
type look struct {
	theme  string // light or dark; "" as the system has it
	accent string // colour as "1f5fbf"; "" for the console's own
}

// ownPreferences are what a user has chosen. The zero value is what the console
// does by itself. The server keeps them as they are written here.
type ownPreferences struct {
	Theme   string          `json:"theme,omitempty"`   // light or dark; "" as the system has it
	Density string          `json:"density,omitempty"` // compact or comfortable; "" in between
	Time    string          `json:"time,omitempty"`    // utc or relative; "" local
	Lang    string          `json:"lang,omitempty"`    // tag of a language; "" as the browser asks
	NoKeys  bool            `json:"no_keys,omitempty"` // keys of a single letter do nothing
	Keys    keymap          `json:"keys,omitempty"`    // that are others than the console's own
	Columns []string        `json:"columns,omitempty"` // of the sessions page, when not the usual ones
	Views   []api.SavedView `json:"views,omitempty"`   // of the sessions page
	Reasons []string        `json:"reasons,omitempty"` // of kills, newest first
}

// Bounds of what a user may have.
const (
	maxViews   = 50
	maxColumns = 32
	maxReasons = 5
)

// clean takes out what no version of the console would have written.
func (o ownPreferences) clean() ownPreferences {
	o.Theme = oneOf(o.Theme, "light", "dark")
	o.Density = oneOf(o.Density, "compact", "comfortable")
	o.Time = oneOf(o.Time, "utc", "relative")
	o.Keys = o.Keys.clean()
	o.Columns = o.Columns[:min(len(o.Columns), maxColumns)]
	o.Views = o.Views[:min(len(o.Views), maxViews)]
	o.Reasons = o.Reasons[:min(len(o.Reasons), maxReasons)]
	return o
}

// oneOf returns word if it is one of the words, otherwise "".
func oneOf(word string, words ...string) string {
	if slices.Contains(words, word) {
		return word
	}
	return ""
}

// remember puts a reason in front of those that were given before.
func (o *ownPreferences) remember(reason string) {
	if reason == "" {
		return
	}
	others := slices.DeleteFunc(slices.Clone(o.Reasons), func(r string) bool { return r == reason })
	o.Reasons = append([]string{reason}, others[:min(len(others), maxReasons-1)]...)
}

// rowHeight is the height of a row of a table in pixels; app.css has the same in
// --row.
func rowHeight() int {
	switch console.prefs.own.Density {
	case "compact":
		return 26
	case "comfortable":
		return 40
	}
	return 32
}

// copyOf is the copy that this browser keeps.
type copyOf struct {
	User string         `json:"user"` // "" for nobody yet
	Own  ownPreferences `json:"own"`
}

const copyName = "preferences"

// load takes over what this browser has kept, before anybody is known to be
// logged in.
func (p *preferences) load() {
	p.own = storedCopy().Own.clean()
	p.look = look{oneOf(app.Getenv("SIGNALBOX_THEME"), "light", "dark"), app.Getenv("SIGNALBOX_ACCENT")}
	p.apply()
}

func storedCopy() copyOf {
	var c copyOf
	if console.client != nil {
		_ = console.ctx.LocalStorage().Get(copyName, &c) // none or an unreadable one is none
	}
	return c
}

// read asks the server for what it keeps for who is logged in.
func (p *preferences) read() {
	user := console.who.User
	console.async(func(ctx context.Context) func() {
		answer, err := client.Preferences{Client: console.client}.Read(ctx)
		return func() {
			if console.who.User == user {
				p.take(user, answer, err)
			}
		}
	})
}

// take takes over the server's answer, unless the user has changed something
// meanwhile. What a browser has kept of another user is not the user's, but for
// what one needs to see.
func (p *preferences) take(user string, answer api.Preferences, err error) {
	if p.kept = err == nil; p.kept {
		p.shared = answer.Shared
	}
	if p.dirty || p.sending {
		return
	}
	var own ownPreferences
	if err == nil && len(answer.Own) > 0 && json.Unmarshal(answer.Own, &own) == nil {
		p.own = own.clean()
	} else if kept := storedCopy(); cmp.Or(kept.User, user) != user {
		p.own = ownPreferences{Theme: kept.Own.Theme, Density: kept.Own.Density}.clean()
	}
	p.apply()
	p.store()
}

// change changes what the user has chosen, puts it into effect and has it kept.
func (p *preferences) change(fn func(*ownPreferences)) {
	fn(&p.own)
	p.own = p.own.clean()
	p.apply()
	p.store()
	p.dirty = true
	p.send()
	console.rev++
}

// apply puts into effect what is not drawn by the pages.
func (p *preferences) apply() {
	ui.SetTheme(cmp.Or(p.own.Theme, p.look.theme))
	ui.SetAccent(p.look.accent)
	ui.SetRoot("data-density", p.own.Density)
	console.speech.change(nil)
}

// store keeps a copy in this browser.
func (p *preferences) store() {
	if console.client != nil && embedded == nil {
		_ = console.ctx.LocalStorage().Set(copyName, copyOf{console.who.User, p.own}) // the server has it too
	}
}

// send has the server keep what has changed. There is one call at a time, so
// that the last one to arrive is the newest.
func (p *preferences) send() {
	if !p.dirty || p.sending || console.client == nil || console.gate != gateOpen || embedded != nil {
		return
	}
	own, err := json.Marshal(p.own)
	if err != nil || len(own) > api.MaxPreferences {
		console.say(lang.T("Your settings have grown too large to be kept. Delete saved views that you no longer need."), true)
		return
	}
	p.sending, p.dirty = true, false
	console.async(func(ctx context.Context) func() {
		err := client.Preferences{Client: console.client}.Keep(ctx, own)
		return func() { p.sent(err) }
	})
}

func (p *preferences) sent(err error) {
	p.sending = false
	refused, answered := errors.AsType[*client.Error](err)
	switch {
	case err == nil:
		p.failed = false
	case answered && refused.Status == 404: // a server that keeps none: this browser does
	case !p.failed:
		p.failed = true
		console.say(lang.T("Only this browser keeps your settings. {error}", "error", err.Error()), true)
	}
	p.send()
}

// share changes what is everybody's, starting from what it is now, and says done
// when it is so. It is for administrators.
func (p *preferences) share(done string, fn func(*api.SharedPreferences)) {
	console.async(func(ctx context.Context) func() {
		calls := client.Preferences{Client: console.client}
		now, err := calls.Read(ctx)
		if err == nil {
			fn(&now.Shared)
			err = calls.Share(ctx, now.Shared)
		}
		return func() {
			if err != nil {
				console.say(err.Error(), true)
				return
			}
			p.shared = now.Shared
			console.say(done, false)
		}
	})
}
