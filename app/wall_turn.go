package app

import "time"

// This file is the clockwork of a wall: what is where on the screen at which
// instant. It knows no browser.

// turn is which view of a board is on the screen. The zero value shows the first.
type turn struct {
	at     int
	since  time.Time // when it came on the screen
	grave  []bool    // by view, whether it had a critical tile at the last step
	held   time.Time // when there was a critical tile last; zero when there has been none
	pinned bool      // the views do not take turns: one is critical, or was until a moment ago
}

// pinnedAfter is how long a view stays after its last critical tile is quiet
// again.
const pinnedAfter = 60 * time.Second

// step goes to the view that is to be shown now. Views take turns; one with a
// critical tile stays, several of them take turns among each other, and a newly
// critical one comes at once.
func (t *turn) step(now time.Time, every time.Duration, critical []bool) {
	if t.at >= len(critical) || t.since.IsZero() {
		t.show(0, now)
	}
	fresh, others := -1, false
	for i, c := range critical {
		others = others || c
		if c && fresh < 0 && (i >= len(t.grave) || !t.grave[i]) {
			fresh = i
		}
	}
	t.grave = append(t.grave[:0], critical...)
	if others {
		t.held = now
	}
	t.pinned = !t.held.IsZero() && now.Sub(t.held) < pinnedAfter
	switch {
	case fresh >= 0 && !critical[t.at], fresh > t.at:
		t.show(fresh, now)
	case now.Sub(t.since) < every, len(critical) < 2, t.pinned && !others:
	default:
		for i := 1; i <= len(critical); i++ {
			if next := (t.at + i) % len(critical); critical[next] || !others {
				t.show(next, now)
				return
			}
		}
	}
}

func (t *turn) show(view int, now time.Time) { t.at, t.since = view, now }

// tileWatch is how grave a tile is. The zero value is quiet.
type tileWatch struct {
	alarm alarm
	worst float64   // the highest figure since it became critical
	solid time.Time // since when the critical figure has not grown worse
	lags  alarms    // of the servers in it
}

// The times of a critical tile.
const (
	pulseTime = 2400 * time.Millisecond // its border pulses, three times 600 ms
	solidTime = 10 * time.Minute        // all of it is lit; after that only its edge, for the sake of the screen
)

// judge takes the figure as it is now and returns the level. A threshold of 0 is
// never reached.
func (w *tileWatch) judge(figure, attention, critical float64, now time.Time) int {
	before := w.alarm.level
	level := w.alarm.judge(figure, threshold(attention), threshold(critical), now)
	if level == 2 && (before < 2 || figure > w.worst) {
		w.worst, w.solid = figure, now
	}
	return level
}

// threshold turns the 0 that stands for never into a figure that is never
// reached.
func threshold(t float64) float64 {
	if t <= 0 {
		return 1e300
	}
	return t
}

// pulsing reports whether the tile has become critical just now.
func (w *tileWatch) pulsing(now time.Time) bool {
	return w.alarm.level == 2 && now.Sub(w.alarm.at) < pulseTime
}

// edged reports whether the tile has been critical for so long, without growing
// worse, that only its edge is lit.
func (w *tileWatch) edged(now time.Time) bool {
	return w.alarm.level == 2 && now.Sub(w.solid) >= solidTime
}

// What spares the pixels of a screen that shows the same for months.
const (
	driftSteps = 8
	driftEvery = 2 * time.Minute
	swapEvery  = 30 * time.Minute
)

// driftAt is the step of the ring on which everything drifts.
func driftAt(now time.Time) int { return int(now.Unix()/int64(driftEvery/time.Second)) % driftSteps }

// flippedAt reports whether header and footer have changed places.
func flippedAt(now time.Time) bool { return now.Unix()/int64(swapEvery/time.Second)%2 == 1 }

// nightAt reports whether an hour of the clock is in the night between two.
func nightAt(hour, from, to int) bool {
	if from < to {
		return hour >= from && hour < to
	}
	return hour >= from || hour < to
}

// pageEvery is how long a page of a list is shown.
const pageEvery = 8 * time.Second

// pageAt is the page of so many that is shown.
func pageAt(now time.Time, pages int) int {
	return int(now.Unix()/int64(pageEvery/time.Second)) % max(pages, 1)
}

// renewHour is the hour of the night in which walls load themselves anew.
const renewHour = 4

// renewAt is when a wall that was loaded at an instant loads itself anew: in the
// night, and a while after the hour, so that not all do at once.
func renewAt(loaded time.Time, after time.Duration) time.Time {
	at := time.Date(loaded.Year(), loaded.Month(), loaded.Day(), renewHour, 0, 0, 0, loaded.Location())
	for at.Sub(loaded) < time.Hour { // not twice in one night
		at = time.Date(at.Year(), at.Month(), at.Day()+1, renewHour, 0, 0, 0, at.Location())
	}
	return at.Add(after)
}

// listRows is how many rows of a list fit into a tile that is so many cells high,
// on a screen of this size. wall.css has the same sizes, in hundredths of the
// screen's shorter side.
func listRows(width, height, cells int) int {
	const around, gap, inside, row = 13.4, 1.6, 9.2, 4.3
	unit := float64(min(width, height)) / 100
	if unit <= 0 {
		return 1
	}
	rows := 2.0
	if height > width {
		rows = 4
	}
	cell := (float64(height)/unit - around - (rows-1)*gap) / rows
	return max(int((cell*float64(cells)+gap*float64(cells-1)-inside)/row), 1)
}
