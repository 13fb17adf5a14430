package prefetch_test

import (
	"testing"
	"unsafe"

	"github.com/signalbox/signalbox/engine/prefetch"
)

// Ensure that nothing is harmed, whatever the addresses: those of nothing, of what
// is gone and of the ends of the memory.
func TestFetch(t *testing.T) {
	var s prefetch.Set
	s.Fetch(prefetch.Below)
	s.Fetch(prefetch.Above)
	var none *[100]int
	s.Put(0, none)
	s.Put(1, new(byte))
	s.Put(2, new([1 << 20]byte))
	end := ^uintptr(0) - 100
	s.Put(7, *(**[4096]byte)(unsafe.Pointer(&end)))
	s.Fetch(prefetch.Below)
	s.Fetch(prefetch.Above)
}

// A fetch of what is in the caches already is all that it can cost for nothing.
func BenchmarkFetch(b *testing.B) {
	var s prefetch.Set
	for i := range 7 {
		s.Put(i, new([512]byte))
	}
	for b.Loop() {
		s.Fetch(prefetch.Below)
	}
}
