//go:build !linux

package engine

import (
	"sync"
	"syscall"
)

// resting is where no session rests, for want of epoll.
type resting struct{ once sync.Once }

func (*resting) open(func(uint64)) error       { return nil }
func (*resting) close()                        {}
func (*resting) add(uint64, syscall.Conn) bool { return false }
func (*resting) remove(syscall.Conn)           {}
