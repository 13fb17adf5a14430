package server

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// TestMain fails when a test leaves goroutines behind.
//
// With the race detector the tests run on one processor. That of Go 1.26 has one
// context for all timers of a bubble of testing/synctest; two threads that run
// timers of one at the same time, as the goroutines of a whole server do, end the
// process with a SIGSEGV in the runtime about once in ten runs of this package.
// Races are found on one processor as well: by what happens before what, not by
// chance.
func TestMain(m *testing.M) {
	if enginetest.RaceDetector {
		runtime.GOMAXPROCS(1)
	}
	time.Local = time.UTC // of the times that MaxScale shows as local ones
	code := m.Run()
	deadline := time.Now().Add(5 * time.Second)
	for code == 0 && runtime.NumGoroutine() > 2 && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); code == 0 && n > 2 {
		fmt.Fprintf(os.Stderr, "%d goroutines are left:\n", n)
		_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
		code = 1
	}
	os.Exit(code)
}
