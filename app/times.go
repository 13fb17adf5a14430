package app

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// This file is how the console writes instants: all of them as the user has
// chosen, local, UTC or relative to now. Lines of a log keep their clocks when
// times are relative: they are compared with each other.

// inZone returns an instant in the user's time zone.
func inZone(t time.Time) time.Time {
	if console.prefs.own.Time == "utc" {
		return t.UTC()
	}
	return t.Local()
}

// clockOf writes the time of day of an instant, also when times are relative:
// inside of a sentence.
func clockOf(t time.Time) string { return inZone(t).Format("15:04:05") }

// when writes an instant with its day when that is not today, or how long ago
// it was. A dash stands for none.
func when(t time.Time) string {
	now := console.now()
	switch at := inZone(t); {
	case t.IsZero():
		return "—"
	case console.prefs.own.Time == "relative":
		return relative(t, now)
	case at.Format(time.DateOnly) != inZone(now).Format(time.DateOnly):
		return at.Format(time.DateTime)
	default:
		return at.Format("15:04:05")
	}
}

// full writes an instant with its day, or how long ago it was. A dash stands for
// none.
func full(t time.Time) string {
	switch {
	case t.IsZero():
		return "—"
	case timeFormat() == "relative":
		return relative(t, console.now())
	}
	return inZone(t).Format(time.DateTime)
}

// exact writes an instant for those who point at it: in UTC and in full.
func exact(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// renderInstant shows an instant, with its exact form on hover.
func renderInstant(t time.Time) app.UI {
	return app.Time().Class("tnum").DateTime(exact(t)).Title(exact(t)).Text(when(t))
}

// relative writes how long before or after now an instant is.
func relative(t, now time.Time) string {
	switch d := now.Sub(t); {
	case t.IsZero():
		return "—"
	case d <= -time.Second:
		return lang.T("in {left}", "left", whole(-d))
	case d < time.Second:
		return lang.T("now")
	default:
		return lang.T("{d} ago", "d", whole(d))
	}
}

// whole writes a time span without tenths.
func whole(d time.Duration) string {
	if d < 10*time.Second {
		return strconv.Itoa(int(d/time.Second)) + " s"
	}
	return ui.Duration(d)
}

// elapsed writes a time span that grows. While nothing is heard of the server it
// is only known that it is at least so long.
func elapsed(d time.Duration) string {
	if console.stale() {
		return "≥ " + ui.Duration(d)
	}
	return ui.Duration(d)
}

// timeFormats are what one can choose from. Preferences have "" for local.
var timeFormats = []choice{{"local", lang.Mark("Local")}, {"utc", "UTC"}, {"relative", lang.Mark("Relative")}}

// timeFormat is the one that is chosen.
func timeFormat() string { return cmp.Or(console.prefs.own.Time, "local") }

// nextTimeFormat goes from one to the next.
func nextTimeFormat(app.Context) {
	i := slices.IndexFunc(timeFormats, func(c choice) bool { return c.value == timeFormat() })
	next := timeFormats[(i+1)%len(timeFormats)]
	choosePreference("time", next.value)
	console.say(map[string]string{"local": lang.T("Times are local."), "utc": lang.T("Times are in UTC."), "relative": lang.T("Times are relative to now.")}[next.value], false)
}
