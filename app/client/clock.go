package client

import (
	"time"

	"github.com/signalbox/signalbox/api"
)

// clock estimates the server's clock from the frames that come in: of the
// recent ones the fastest, which was on its way for the shortest time, is the
// least wrong. Its error is that time.
type clock struct {
	offsets [32]time.Duration // local minus server, at arrival
	heard   int               // frames, of which the last len(offsets) count
	newest  time.Time         // the server's time in the newest frame
}

// hear takes the server's time from a frame that has come at the instant now.
func (c *clock) hear(stamp api.Time, now time.Time) {
	server, err := time.Parse(time.RFC3339, string(stamp))
	if err != nil {
		return
	}
	c.offsets[c.heard%len(c.offsets)] = now.Sub(server)
	c.heard++
	c.newest = server
}

// server returns the server's clock at the local instant now.
func (c *clock) server(now time.Time) time.Time {
	if c.heard == 0 {
		return now
	}
	offset := c.offsets[0]
	for _, o := range c.offsets[:min(c.heard, len(c.offsets))] {
		offset = min(offset, o)
	}
	return now.Add(-offset)
}

// behind returns how old the newest frame is, 0 when none has come.
func (c *clock) behind(now time.Time) time.Duration {
	if c.heard == 0 {
		return 0
	}
	return max(0, c.server(now).Sub(c.newest))
}

// budget paces the messages to the server.
type budget struct {
	used float64
	last time.Time
}

// take tells whether one more message may be sent now.
func (b *budget) take(now time.Time) bool {
	b.used = max(0, b.used-float64(now.Sub(b.last))/float64(sendPause))
	b.last = now
	if b.used > maxBurst-1 {
		return false
	}
	b.used++
	return true
}
