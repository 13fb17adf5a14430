package enginetest

import (
	"sync"
	"testing"
)

// Ensure a connection may be killed and closed at once.
func TestInterruptTwice(t *testing.T) {
	s := NewServer("server1")
	c := &serverConn{server: s, killed: make(chan struct{})}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			c.interrupt()
		})
	}
	wg.Wait()
	<-c.killed
}
