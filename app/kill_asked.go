package app

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
)

// askedKill is a kill that this browser asks the server for.
type askedKill struct {
	ID    string // of the session
	Grace bool   // at once, but for the time to undo it
	client.KillOptions
}

// send asks for the kill in the background.
func (a askedKill) send() {
	console.async(func(c context.Context) func() {
		err := console.client.Kill(c, a.ID, a.KillOptions)
		ended := ""
		if e, ok := errors.AsType[*client.Error](err); ok && e.Status == 404 {
			ended = howItEnded(c, a.ID)
		}
		return func() { a.answered(err, ended) }
	})
}

// howItEnded asks how a session has ended: " (client quit, 14:02:07)", or ""
// when the server does not know any more.
func howItEnded(c context.Context, id string) string {
	s, err := console.client.Ended(c, id)
	if err != nil || s.Attributes.EndedAt == "" {
		return ""
	}
	return " (" + s.Attributes.EndReason + ", " + clockOf(timeOf(s.Attributes.EndedAt)) + ")"
}

// answered says how it went. The dialog closes unless the kill could not be
// arranged.
func (a askedKill) answered(err error, ended string) {
	k := &console.kill
	open := k.ID == a.ID && string(k.Connected) == a.IfMatch
	if open {
		k.busy = false
	}
	if a.Reason != "" && err == nil {
		console.prefs.change(func(o *ownPreferences) { o.remember(a.Reason) })
	}
	e, _ := errors.AsType[*client.Error](err)
	switch {
	case err == nil && a.Grace:
		console.mine.asked(a)
		console.layer.said = lang.T("Session {id} is killed in 5 seconds. Undo is in the tray.", "id", a.ID)
	case err == nil && a.TTL == 0:
		console.say(lang.T("Session {id} was killed.", "id", a.ID), false)
	case err == nil:
		console.mine.asked(a)
		text := lang.T("Session {id} will be killed at {ttl}.", "id", a.ID, "ttl", clockOf(console.now().Add(a.TTL)))
		if a.Idle {
			text = lang.T("Session {id} will be killed when it is idle.", "id", a.ID)
		}
		console.sayUndo(text, lang.T("Cancel"), func(app.Context) { console.cancelPending(a.ID, "kill") })
	case e != nil && e.Status == 404:
		console.say(lang.T("Session {id} had already ended{ended}.", "id", a.ID, "ended", ended), false)
	case e != nil && e.Status == 412:
		console.say(lang.T("Session {id} was replaced by a new client since you looked. Nothing was killed.", "id", a.ID), true)
	default:
		if open {
			k.failed = err.Error()
			return
		}
		console.say(err.Error(), true)
		return
	}
	if open {
		k.close()
	}
}

// ownKills are the kills that were asked for in this browser, as far as they may
// still be pending.
type ownKills struct {
	list []askedKill   // newest last, at most maxOwnKills
	left time.Duration // of the next kill of the user, when it was last looked at
	next string        // session of that kill
}

const maxOwnKills = 100

func (o *ownKills) asked(a askedKill) {
	o.list = slices.DeleteFunc(o.list, func(old askedKill) bool { return old.ID == a.ID })
	o.list = append(o.list, a)
	o.list = slices.Delete(o.list, 0, max(0, len(o.list)-maxOwnKills))
}

// grace reports whether the pending kill of a session is one that was asked for
// here, at once.
func (o *ownKills) grace(s *api.Session) bool {
	k := s.Attributes.Pending.Kill
	return k != nil && k.By == console.who.User && timeOf(k.At).Sub(console.now()) <= killGrace+time.Second &&
		slices.ContainsFunc(o.list, func(a askedKill) bool {
			return a.Grace && a.ID == s.ID && a.IfMatch == string(s.Attributes.ConnectedAt)
		})
}

// latest is the session whose pending kill was the last that the user asked for:
// in this browser, or else the one that is due last.
func (o *ownKills) latest() *api.Session {
	var last *api.Session
	at := -1
	for _, s := range model.Rows[api.SessionAttributes](console.store.View("pending")) {
		k := s.Attributes.Pending.Kill
		if k == nil || k.By != console.who.User {
			continue
		}
		i := slices.IndexFunc(o.list, func(a askedKill) bool { return a.ID == s.ID })
		if last == nil || i > at || i == at && k.At > last.Attributes.Pending.Kill.At {
			last, at = s, i
		}
	}
	return last
}

// cancelLatest takes the user's latest kill back.
func (o *ownKills) cancelLatest(app.Context) {
	s := o.latest()
	switch {
	case s == nil:
		console.say(lang.T("No kill of yours is pending."), false)
	case console.stale():
		console.say(staleTitle(), true)
	case console.mayAct():
		console.cancelPending(s.ID, "kill")
	}
}

// tick tells those who hear the console how the countdown of the user's own next
// kill goes: at 60, 30, 10 and 5 seconds. It is called once a second.
func (o *ownKills) tick() {
	var kills []*api.Session
	for _, s := range model.Rows[api.SessionAttributes](console.store.View("pending")) {
		if k := s.Attributes.Pending.Kill; k != nil && k.By == console.who.User && k.When != "idle" {
			kills = append(kills, s)
		}
	}
	next := first(kills)
	if next == nil {
		o.next, o.left = "", 0
		return
	}
	left := timeOf(next.Attributes.Pending.Kill.At).Sub(console.now())
	before := o.left
	if next.ID != o.next || left > before+time.Second {
		before = left + time.Nanosecond // it is new
	}
	o.next, o.left = next.ID, left
	for _, seconds := range []int{5, 10, 30, 60} {
		if mark := time.Duration(seconds) * time.Second; left <= mark && before > mark {
			console.layer.said = lang.T("Session {id} will be killed in {seconds} seconds{kills}.", "id", next.ID, "seconds", strconv.Itoa(seconds), "kills", others(len(kills)-1))
			return
		}
	}
}

// others says that there are more.
func others(n int) string {
	if n == 0 {
		return ""
	}
	return lang.N(n, ", and {n} more after it|, and {n} more after it")
}
