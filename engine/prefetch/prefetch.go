// Package prefetch has the processor fetch memory into its caches ahead of use.
//
// With hundreds of busy sessions nothing of one is in the caches any more when its
// next bytes come: the kernel, the database and other sessions have used them in
// between. Touched one after the other, its 70 lines cost a wait for memory each;
// asked for all at once, right before the kernel copies the bytes, they cost next to
// none.
//
// A prefetch changes nothing, and one of an address that is no longer in use does no
// harm. So a Set holds mere addresses, and keeps nothing alive.
package prefetch

import (
	"reflect"
	"syscall"
)

// lineSize is the size of what is fetched at once, in bytes.
const lineSize = 64

// places is how many objects a Set has room for.
const places = 15

// Set is memory that is used together. The zero Set is empty. It belongs to one
// goroutine.
type Set struct {
	at    [places]uintptr
	lines [places]uint8
}

// Put makes the object that p points to number place of the set, of 15. A place has
// one object: the last one that was put there.
func (s *Set) Put(place int, p any) {
	v := reflect.ValueOf(p)
	s.at[place], s.lines[place] = v.Pointer(), linesOf(v)
}

// linesOf returns how many lines the object takes that the pointer v points to.
func linesOf(v reflect.Value) uint8 {
	return uint8(min((v.Type().Elem().Size()+lineSize-1)/lineSize, 255))
}

// SocketPlaces is how many places a Socket takes.
const SocketPlaces = 4

// Socket is the memory that a socket is used through.
type Socket struct {
	at    [SocketPlaces]uintptr
	lines [SocketPlaces]uint8
}

// SocketOf returns the memory of raw, which is package net's or os's, of what they keep
// of the socket, one pointing to the next, and of what the runtime does, with which it
// waits. None of it is there when they are not as they were in Go 1.26, which costs the
// time that this saves and nothing else.
func SocketOf(raw syscall.RawConn) (s Socket) {
	v := reflect.ValueOf(raw)
	for i := 0; i < SocketPlaces && v.Kind() == reflect.Pointer && !v.IsNil(); i++ {
		s.at[i], s.lines[i] = v.Pointer(), linesOf(v)
		for v = v.Elem(); v.Kind() == reflect.Struct && v.NumField() > 0; v = v.Field(0) {
			if v.Type().String() != "poll.FD" {
				continue
			}
			if wait := v.FieldByName("pd"); wait.Kind() == reflect.Struct && wait.NumField() > 0 && wait.Field(0).Kind() == reflect.Uintptr {
				s.at[SocketPlaces-1], s.lines[SocketPlaces-1] = uintptr(wait.Field(0).Uint()), 2
			}
			return s
		}
	}
	return s
}

// PutSocket puts a socket at place and those behind it.
func (s *Set) PutSocket(place int, socket *Socket) {
	copy(s.at[place:], socket.at[:])
	copy(s.lines[place:], socket.lines[:])
}

// Stack is which part of the goroutine's stack will be used.
type Stack uint8

const (
	Below Stack = iota // calls are about to be made
	Above              // calls are about to be returned from
)

// The parts of the stack in bytes, from the caller's place in it: what serving a
// statement was seen to use.
const (
	callsBelow, callersBelow = 1536, 512
	callersAbove             = 1792
)

// Fetch has all objects of the set, and a part of the caller's stack, fetched. It
// waits for nothing.
func (s *Set) Fetch(stack Stack) {
	if stack == Below {
		fetch(s, callsBelow, (callsBelow+callersBelow)/lineSize)
	} else {
		fetch(s, 0, callersAbove/lineSize)
	}
}
