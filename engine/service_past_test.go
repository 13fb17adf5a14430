package engine_test

import (
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// Ensure that a service tells what its sessions have been that are over.
func TestServicePast(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		a, b := p.connect(connAddress), p.connect(connAddress)
		p.query(a, "SET a = 1")
		time.Sleep(10 * time.Second)
		p.leave(a)
		time.Sleep(20 * time.Second)
		p.leave(b)
		info, err := p.Service("Conn")
		if err != nil {
			t.Fatal(err)
		}
		if want := (engine.PastInfo{AvgLifetime: 20 * time.Second, MaxLifetime: 30 * time.Second, AvgHistory: 0.5, MaxHistory: 1}); info.Past != want {
			t.Errorf("got %+v, want %+v", info.Past, want)
		}
	})
}
