package ui_test

import (
	"testing"
	"time"

	"github.com/signalbox/signalbox/app/ui"
)

// Ensure time spans are written as people say them.
func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 0: "0.0 s", 420 * time.Millisecond: "0.4 s", 9900 * time.Millisecond: "9.9 s",
		12 * time.Second: "12 s", 108 * time.Second: "1m 48s", 2*time.Hour + 14*time.Minute: "2h 14m", 74 * time.Hour: "3d 2h",
	} {
		if got := ui.Duration(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

// Ensure a countdown reaches zero with its end and not before.
func TestCountdown(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0:00", 0: "0:00", time.Millisecond: "0:01", 27 * time.Second: "0:27", 5 * time.Minute: "5:00",
		time.Hour + 2*time.Minute + 3*time.Second: "1:02:03",
	} {
		if got := ui.Countdown(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

// Ensure sizes are written for people.
func TestFigures(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{ui.Bytes(640), "640 B"},
		{ui.Bytes(12400), "12.4 kB"},
		{ui.Bytes(3100000), "3.1 MB"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a value is missing": "A value is missing.", "done.": "Done.", "élan": "Élan.",
	} {
		if got := ui.Sentence(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
