package prefetch_test

import (
	"net"
	"slices"
	"syscall"
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

// Ensure that all is found that a socket is used through, of package net's and of a
// file's, and nothing of what is none.
func TestPutSocket(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const socket, after = 3, 3 + prefetch.SocketPlaces
	for _, tt := range []struct {
		from syscall.Conn
		want []int // places
	}{
		{conn.(syscall.Conn), []int{socket, socket + 1, after - 1}},
		{file, []int{socket, socket + 1, socket + 2, after - 1}},
		{nil, nil},
	} {
		var s prefetch.Set
		s.Put(socket, new([512]byte)) // of which nothing is to be left
		s.Put(after-1, new([512]byte))
		var raw syscall.RawConn
		if tt.from != nil {
			if raw, err = tt.from.SyscallConn(); err != nil {
				t.Fatal(err)
			}
		}
		found := prefetch.SocketOf(raw)
		s.PutSocket(socket, &found)
		if got := s.Taken(); !slices.Equal(got, tt.want) {
			t.Errorf("%T takes the places %v, want %v", tt.from, got, tt.want)
		}
		s.Fetch(prefetch.Below)
	}
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
