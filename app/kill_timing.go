package app

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
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
var killTimes = []choice{{"now", lang.Mark("Now")}, {"30s", lang.Mark("In 30 s")}, {"5m", lang.Mark("In 5 min")}, {"idle", lang.Mark("When idle")}, {"custom", lang.Mark("Custom…")}}

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
		day = lang.T(" tomorrow")
	}
	return lang.T("at {format}{day}, in {d}", "format", at.Format("15:04:05"), "day", day, "d", ui.Duration(d)), nil
}

// note says how long the kill can be taken back.
func (t *killTiming) note() string {
	switch t.when {
	case "now":
		return lang.T("You can undo it for 5 s. Hold Shift to kill without.")
	case "idle":
		return lang.T("You can cancel until then.")
	}
	return lang.T("You can cancel until the countdown ends.")
}

// button is what the button says that asks for it.
func (t *killTiming) button() string {
	switch t.when {
	case "now":
		return lang.T("Kill now")
	case "30s":
		return lang.T("Kill in 30 s")
	case "5m":
		return lang.T("Kill in 5 min")
	case "idle":
		return lang.T("Kill when idle")
	}
	now := console.now()
	d, err := after(t.custom, now)
	switch {
	case err != nil:
		return lang.T("Kill later")
	case strings.Contains(t.custom, ":"):
		return lang.T("Kill at {format}", "format", inZone(now.Add(d)).Format("15:04"))
	}
	return lang.T("Kill in {d}", "d", whole(d))
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
		return 0, errors.New(lang.T("say how long from now, up to a day, or a time of day: 90s, 5m or 14:30"))
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
	return 0, errors.New(lang.T("a time of day is written as 14:30 or 14:30:15"))
}

// consequence says what a kill does to the session as it is now; gone is a
// session that has ended.
func consequence(s *api.Session, gone bool, now time.Time) string {
	a := &s.Attributes.Activity
	since := view.Lag(s, now)
	on := onServer(a.Server)
	running := elapsed(view.InState(s, since))
	switch {
	case gone:
		return lang.T("This session has ended in the meantime. There is nothing left to kill.")
	case a.Trx && a.TrxWrites > 0:
		return lang.T("Open transaction ({trxWrites}, {s}) will be rolled back{on}.", "trxWrites", lang.N(int(a.TrxWrites), "{n} write|{n} writes"), "s", elapsed(view.TrxAge(s, since)), "on", on)
	case a.Trx:
		return lang.T("Open transaction (no writes, {s}) will be rolled back{on}.", "s", elapsed(view.TrxAge(s, since)), "on", on)
	case a.State == "running" && reads(a.Statement):
		return lang.T("A read that has run for {running} will stop{on}. Nothing to roll back.", "running", running, "on", on)
	case a.State == "running":
		return lang.T("A statement that has run for {running} will be stopped and rolled back{on}.", "running", running, "on", on)
	}
	return lang.T("Nothing is running.")
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
