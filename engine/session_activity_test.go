package engine

import (
	"testing"
	"time"
)

// Ensure that rates stay what they are exactly as long as they say.
func TestRatesUntil(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	var l load
	if in, out, until := l.rates(start); in != 0 || out != 0 || !until.IsZero() {
		t.Errorf("got %v, %v until %v of a session that has done nothing", in, out, until)
	}
	l.book(at(100.2), 1, 50, 10)
	l.book(at(103.9), 2, 60, 10)
	type figures struct {
		in, out float64
		until   time.Time
	}
	for _, tt := range []struct {
		now  float64
		want figures
	}{
		{103.95, figures{10, 2, at(104)}},
		{104, figures{12, 2, at(106)}},
		{105.99, figures{12, 2, at(106)}},
		{106, figures{2, 0, at(109)}},
		{109, figures{}},
	} {
		in, out, until := l.rates(at(tt.now))
		if got := (figures{in, out, until}); got != tt.want {
			t.Errorf("after %v s: got %+v, want %+v", tt.now, got, tt.want)
		}
	}
	for now := 100.2; now < 112; now += 0.1 { // nothing changes before it is said to
		in, out, until := l.rates(at(now))
		laterIn, laterOut, _ := l.rates(at(now + 0.1))
		if changes := in != laterIn || out != laterOut; changes && (until.IsZero() || until.After(at(now+0.1))) {
			t.Errorf("after %.1f s the rates change, which was said to be at %v", now, until)
		}
	}
}
