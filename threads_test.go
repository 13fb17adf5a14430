//go:build !js

package main

import (
	"runtime"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/module"
)

// Ensure threads come when work waits for them and go when none has for a while, and
// that those that are needed again and again are not taken away each second.
func TestThreads(t *testing.T) {
	const short, long = 100 * time.Microsecond, 20 * time.Millisecond
	threads := threads{n: 4, most: 4, hold: threadsCalm}
	look := func(waited time.Duration, times int) (n int) {
		for range times {
			n = threads.next(waited)
		}
		return n
	}
	second := int(time.Second / threadsEvery)
	for _, step := range []struct {
		name   string
		waited time.Duration
		looks  int
		want   int
	}{
		{"calm for less than a second", short, second - 1, 4},
		{"calm for a second", short, 1, 3},
		{"for two", short, second, 2},
		{"for three", short, second, 1},
		{"for long", short, 5 * second, 1},
		{"work waits once", long, 1, 1},
		{"it goes on waiting", long, 1, 2},
		{"and on", long, threadsLate, 4},
		{"there are no more", long, 50, 4},
		{"calm again", short, 2 * second, 2},
		{"missed at once", long, threadsLate, 4},
		{"calm for a second, which does not do any more", short, second, 4},
		{"calm for two", short, second, 3},
	} {
		if n := look(step.waited, step.looks); n != step.want {
			t.Fatalf("%s: %d threads, want %d", step.name, n, step.want)
		}
	}
	for look(short, 1) == 3 { // up to the next change
	}
	for range 20 { // each time it is one too few
		before := look(long, 2*threadsLate)
		for look(short, 1) == before {
		}
	}
	look(long, 2*threadsLate)
	if n := look(short, int(maxCalm/threadsEvery)-1); n != 4 {
		t.Errorf("%d threads after they have been too few often", n)
	}
	if n := look(short, 10*int(maxCalm/threadsEvery)); n != 1 {
		t.Errorf("%d threads after a long calm", n)
	}
	look(long, 2*threadsLate)
	if n := look(short, second); n != 3 {
		t.Errorf("%d threads a second after work has waited for the first time in long", n)
	}
}

// Ensure the time that work waits for a thread is seen, and only once.
func TestWaits(t *testing.T) {
	var waits waits
	waits.longest()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	done := make(chan time.Time)
	for range 64 { // the runtime takes the time of one in eight
		go func() {
			for began := time.Now(); time.Since(began) < time.Millisecond; {
			}
			done <- time.Now()
		}()
	}
	for range 64 {
		<-done
	}
	if waited := waits.longest(); waited < time.Millisecond {
		t.Errorf("waited for %v at most", waited)
	}
	if waited := waits.longest(); waited > 50*time.Millisecond {
		t.Errorf("%v is told again", waited)
	}
}

// Ensure the threads that are configured are those that there are.
func TestSetThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, tt := range []struct {
		raw  map[string]string
		want int
	}{
		{map[string]string{"threads": "3"}, 3},
		{map[string]string{"threads": "7", "threads_max": "5"}, 5},
	} {
		maxscale, _, err := module.NewObject("maxscale", &module.MaxScaleModule, tt.raw)
		if err != nil {
			t.Fatal(err)
		}
		setThreads(maxscale)()
		if n := runtime.GOMAXPROCS(0); n != tt.want {
			t.Errorf("%v: %d threads", tt.raw, n)
		}
	}
}
