//go:build race

package server

import "runtime"

// The race detector of Go 1.26 has one context for all timers of a bubble of
// testing/synctest. Two threads that run timers of one at the same time, as the
// goroutines of a whole server do, end the process with a SIGSEGV in the runtime
// about once in ten runs of this package. Races are found on one processor as well:
// by what happens before what, not by chance.
func init() { runtime.GOMAXPROCS(1) }
