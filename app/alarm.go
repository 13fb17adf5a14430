package app

import "time"

// alarm is whether a figure is worth a look. It has two sides, so that a figure
// that swings around its threshold does not make it flap: it is raised at the
// threshold and cleared below 0.8 of it, and not within alarmHold of being
// raised.
type alarm struct {
	level int // 0 quiet, 1 attention, 2 critical
	at    time.Time
}

// alarmHold is how long an alarm stays at least.
const alarmHold = 10 * time.Second

// judge takes the figure as it is now and returns the level.
func (a *alarm) judge(figure, attention, critical float64, now time.Time) int {
	level := func(factor float64) int {
		switch {
		case figure >= critical*factor:
			return 2
		case figure >= attention*factor:
			return 1
		}
		return 0
	}
	switch raised, kept := level(1), min(level(0.8), a.level); {
	case raised > a.level:
		a.level, a.at = raised, now
	case kept < a.level && now.Sub(a.at) >= alarmHold:
		a.level, a.at = max(kept, raised), now
	}
	return a.level
}

// alarms are those of many things, by their ids.
type alarms map[string]*alarm

func (l alarms) of(id string) *alarm {
	a := l[id]
	if a == nil {
		a = &alarm{}
		l[id] = a
	}
	return a
}

// levelNames are the classes of the levels of alarms.
var levelNames = [...]string{"", "attn", "crit"}

// lagAlarms are about the lags of servers, the same on every page.
var lagAlarms = alarms{}
