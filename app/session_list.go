package app

import (
	"slices"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
)

// sessionList is the order of sessions that the keys [ and ] follow: that of the
// table that one has come from, as it was then, or else that of all sessions. It
// stands still, so that stepping through it ends.
type sessionList struct {
	ids     []string
	waiting int // step to take when the list has come
}

// neighboursView is the view that is asked for a list when there is none.
const neighboursView = "neighbours"

// lastTable is the order of the table of sessions as it was left.
var lastTable []string

// take keeps the order of the table that one has come from, when the session id
// was in it.
func (l *sessionList) take(id string) {
	if slices.Contains(lastTable, id) {
		l.ids = lastTable
	}
}

func (l *sessionList) close() {
	if l.waiting != 0 {
		console.unwatch(neighboursView)
	}
}

// step returns the session so many places from the session id; "" when there is
// none, or the list must be asked for first.
func (l *sessionList) step(id string, by int) string {
	if l.ids == nil {
		l.waiting = by
		console.watch(api.Subscribe{View: neighboursView, Topic: api.TopicSessions, Sort: "-state", Limit: api.MaxWindow})
		return ""
	}
	at := slices.Index(l.ids, id)
	switch {
	case at < 0 && len(l.ids) > 0:
		return l.ids[0]
	case at+by < 0:
		console.say(lang.T("This is the first session of the list."), false)
		return ""
	case at+by >= len(l.ids):
		console.say(lang.T("This is the last session of the list."), false)
		return ""
	}
	return l.ids[at+by]
}

// found takes the list that was asked for, once it has come, and returns the
// session that the step leads to.
func (l *sessionList) found(id string) string {
	v := console.store.View(neighboursView)
	if l.waiting == 0 || !v.Ready && v.Refused == "" {
		return ""
	}
	by := l.waiting
	l.waiting, l.ids = 0, slices.Clone(v.IDs)
	console.unwatch(neighboursView)
	if l.ids == nil {
		return ""
	}
	return l.step(id, by)
}
