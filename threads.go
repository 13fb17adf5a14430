//go:build !js

package main

import (
	"context"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	"github.com/signalbox/signalbox/engine/module"
)

// How long the threads are watched between two looks, how long work may wait for one,
// at how many looks in a row it has waited longer when there are to be more, and how
// long it must not have when there are to be fewer.
const (
	threadsEvery = 100 * time.Millisecond
	threadsWait  = time.Millisecond
	threadsLate  = 2
	threadsCalm  = time.Second
	maxCalm      = time.Minute
)

// setThreads has the program's code run by as many threads at a time as the
// configuration says: by a number of them or, with auto, by as many as it needs, of
// those that the system allows it. What it returns ends the watch.
//
// A thread that is not needed costs: it is woken for work that another one would
// have done a moment later, looks for more, and sleeps again. Measured on two
// processors that were shared with the servers and the clients, one thread instead of
// two took 0.94 of the CPU a statement with 16 clients and 0.86 with 256, and nothing
// waited longer.
func setThreads(maxscale module.Object) (stop func()) {
	most := int(maxscale.Values.Int("threads_max"))
	if n := int(maxscale.Values.Int("threads")); n > 0 { // 0 is auto
		runtime.GOMAXPROCS(min(n, most))
		return func() {}
	}
	allowed := runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") != "" || allowed == 1 { // the runtime has followed it; there is no choice
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { adaptThreads(ctx, min(allowed, most)) })
	return func() {
		cancel()
		wg.Wait()
	}
}

// adaptThreads has at most so many threads run the program's code, and no more than
// it needs, until ctx ends.
func adaptThreads(ctx context.Context, most int) {
	t := threads{n: most, most: most, hold: threadsCalm}
	runtime.GOMAXPROCS(t.n)
	var waits waits
	waits.longest()
	ticker := time.NewTicker(threadsEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if before := t.n; t.next(waits.longest()) != before {
			runtime.GOMAXPROCS(t.n)
		}
	}
}

// threads finds out how many threads are needed.
type threads struct {
	n, most int
	fewer   bool          // the last change was for fewer
	since   time.Duration // the last change
	late    int           // looks in a row that work has waited too long at
	calm    time.Duration // for how long it has not
	hold    time.Duration // how much calm there must be for fewer
}

// next takes how long work has waited for a thread since the last look, and returns
// how many threads there are to be. Those that were taken away too early stay longer
// the next time.
func (t *threads) next(waited time.Duration) int {
	t.since += threadsEvery
	if waited > threadsWait {
		t.late++
		if t.late >= threadsLate {
			t.more()
		}
		t.calm = 0
		return t.n
	}
	t.late = 0
	t.calm += threadsEvery
	if t.calm >= t.hold && t.n > 1 {
		t.n, t.calm, t.since, t.fewer = t.n*3/4, 0, 0, true
	}
	if t.calm >= maxCalm {
		t.hold = threadsCalm
	}
	return t.n
}

func (t *threads) more() {
	if t.n == t.most {
		return
	}
	if t.fewer && t.since < t.hold {
		t.hold = min(2*t.hold, maxCalm)
	}
	t.n, t.since, t.fewer, t.late = min(2*t.n, t.most), 0, false, 0
}

// waits tells how long what was ready to run has waited for a thread.
type waits struct {
	sample [1]metrics.Sample
	before []uint64
}

// longest returns how long work has waited at most since it was last called, but for
// the longest twentieth of the waits.
func (w *waits) longest() time.Duration {
	w.sample[0].Name = "/sched/latencies:seconds"
	metrics.Read(w.sample[:])
	if w.sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return 0
	}
	h := w.sample[0].Value.Float64Histogram()
	if w.before == nil {
		w.before = slices.Clone(h.Counts)
	}
	var all uint64
	for i, n := range h.Counts {
		h.Counts[i], w.before[i] = n-w.before[i], n // the next Read writes all of them
		all += h.Counts[i]
	}
	above := all / 20
	for i, n := range slices.Backward(h.Counts) {
		if n > above {
			return time.Duration(max(h.Buckets[i], 0) * float64(time.Second))
		}
		above -= n
	}
	return 0
}
