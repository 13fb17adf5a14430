package app

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/ui"
)

// killTiming is when a kill is to happen, as an operator says it.
type killTiming struct {
	when   string // one of killTimes
	custom string // what was typed
	limit  string // one of idleLimits, "" is the usual one
	keep   bool   // who is not idle within the limit is kept
}

// The choices of when to kill.
var killTimes = []choice{{"now", "Now"}, {"30s", "In 30 s"}, {"5m", "In 5 min"}, {"idle", "When idle"}, {"custom", "Custom…"}}

// The choices of how long to wait for a session to be idle.
var idleLimits = []choice{{"1m", "1 min"}, {"5m", "5 min"}, {"15m", "15 min"}, {"1h", "1 h"}}

const idleLimit = "5m"

// choose takes a value of one of the lists that belong to "when idle": how long
// to wait, or what happens then.
func (t *killTiming) choose(value string) {
	switch value {
	case "kill", "keep":
		t.keep = value == "keep"
	default:
		t.limit = value
	}
}

// ttl is how long after now the kill happens at the latest.
func (t *killTiming) ttl(now time.Time) (time.Duration, error) {
	switch t.when {
	case "30s", "5m":
		return time.ParseDuration(t.when)
	case "idle":
		return time.ParseDuration(cmp.Or(t.limit, idleLimit))
	case "custom":
		return after(t.custom, now)
	}
	return 0, nil
}

// at says at what time of day a custom time is.
func (t *killTiming) at(now time.Time) (string, error) {
	d, err := t.ttl(now)
	if err != nil {
		return "", err
	}
	at := inZone(now.Add(d))
	day := ""
	if at.YearDay() != inZone(now).YearDay() {
		day = " tomorrow"
	}
	return "at " + at.Format("15:04:05") + day + ", in " + ui.Duration(d), nil
}

// note says how long the kill can be taken back.
func (t *killTiming) note() string {
	switch t.when {
	case "now":
		return "You can undo it for 5 s. Hold Shift to kill without."
	case "idle":
		return "You can cancel until then."
	}
	return "You can cancel until the countdown ends."
}

// button is what the button says that asks for it.
func (t *killTiming) button() string {
	switch t.when {
	case "now":
		return "Kill now"
	case "30s":
		return "Kill in 30 s"
	case "5m":
		return "Kill in 5 min"
	case "idle":
		return "Kill when idle"
	}
	now := console.now()
	d, err := after(t.custom, now)
	switch {
	case err != nil:
		return "Kill later"
	case strings.Contains(t.custom, ":"):
		return "Kill at " + inZone(now.Add(d)).Format("15:04")
	}
	return "Kill in " + whole(d)
}

// after reads how long to wait: 90s, 5m, 1h, a number of seconds, or a time of
// day such as 14:30, which is the next one in the user's time zone.
func after(text string, now time.Time) (time.Duration, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), " ", "")
	if strings.Contains(text, ":") {
		return afterClock(text, inZone(now))
	}
	text = strings.TrimSuffix(text, "in") // 5min
	if text != "" && strings.Trim(text, "0123456789") == "" {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Millisecond || d > 24*time.Hour {
		return 0, errors.New("say how long from now, up to a day, or a time of day: 90s, 5m or 14:30")
	}
	return d.Truncate(time.Millisecond), nil
}

// afterClock reads a time of day.
func afterClock(text string, now time.Time) (time.Duration, error) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		clock, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		at := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, now.Location())
		if !at.After(now) {
			at = time.Date(now.Year(), now.Month(), now.Day()+1, clock.Hour(), clock.Minute(), clock.Second(), 0, now.Location())
		}
		return max(at.Sub(now).Truncate(time.Millisecond), time.Millisecond), nil
	}
	return 0, errors.New("a time of day is written as 14:30 or 14:30:15")
}

// consequence says what a kill does to the session as it is now; gone is a
// session that has ended.
func consequence(s *api.Session, gone bool, now time.Time) string {
	a := &s.Attributes.Activity
	since := view.Lag(s, now)
	on := ""
	if a.Server != "" {
		on = " on " + a.Server
	}
	running := elapsed(view.InState(s, since))
	switch {
	case gone:
		return "This session has ended in the meantime. There is nothing left to kill."
	case a.Trx && a.TrxWrites > 0:
		return "Open transaction (" + ui.Plural(int(a.TrxWrites), "write", "writes") + ", " + elapsed(view.TrxAge(s, since)) + ") will be rolled back" + on + "."
	case a.Trx:
		return "Open transaction (no writes, " + elapsed(view.TrxAge(s, since)) + ") will be rolled back" + on + "."
	case a.State == "running" && reads(a.Statement):
		return "A read that has run for " + running + " will stop" + on + ". Nothing to roll back."
	case a.State == "running":
		return "A statement that has run for " + running + " will be stopped and rolled back" + on + "."
	}
	return "Nothing is running."
}

// reads reports whether a statement changes nothing, as far as its first word
// tells.
func reads(statement string) bool {
	word := strings.TrimLeft(statement, " \t\r\n(")
	if end := strings.IndexFunc(word, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }); end >= 0 {
		word = word[:end]
	}
	return oneOf(strings.ToUpper(word), "SELECT", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "TABLE", "VALUES") != ""
}
