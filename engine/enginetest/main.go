package enginetest

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"
)

// Main runs the tests of a package, for its TestMain, and returns the exit code: that
// of a failure too when they leave goroutines behind.
//
// With the race detector they run on one processor. That of Go 1.26 has one context
// for all timers of a bubble of testing/synctest; two threads that run timers of one
// at the same time, as the goroutines of a whole proxy do, end the process with a
// SIGSEGV in the runtime about once in ten runs. Races are found on one processor as
// well: by what happens before what, not by chance.
func Main(m *testing.M) int {
	if RaceDetector {
		runtime.GOMAXPROCS(1)
	}
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
	return code
}
