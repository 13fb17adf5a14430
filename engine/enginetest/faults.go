package enginetest

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// End is how a connection ends before its time.
type End byte

// The ends.
const (
	NoEnd End = iota
	Close     // what was sent still arrives, and then the end, as when a program ends
	Reset     // at once; what has not been read is lost
	Stall     // nothing arrives any more, and nobody is told
)

// String names the end as a test's name does.
func (e End) String() string { return [...]string{"none", "close", "reset", "stall"}[e] }

// Fault is what is wrong with one direction of a connection; the zero Fault is
// nothing.
type Fault struct {
	Ends    End           // how the connection ends, in both directions
	After   int           // how many bytes arrive before that
	Latency time.Duration // how long bytes are under way
	Rate    int           // bytes a second that get through, 0 for all
}

// slow reports whether bytes take their time.
func (f *Fault) slow() bool { return f.Latency > 0 || f.Rate > 0 }

// Faults are what is wrong with a connection. One Faults is for one connection.
type Faults struct {
	Up, Down Fault // from the side that dials, and to it
	NoAnswer bool  // dialling takes until its context ends
	Refused  error // that dialling fails with

	up, down *half
}

// Carried returns how many bytes have been sent in each direction and not lost.
func (f *Faults) Carried() (up, down int) {
	if f.up == nil {
		return 0, 0
	}
	count := func(h *half) int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.carried
	}
	return count(f.up), count(f.down)
}

// join puts the faults into a connection.
func (f *Faults) join(client *conn) {
	f.up, f.down = client.out, client.in
	client.out.fault, client.in.fault = f.Up, f.Down
	for _, h := range []*half{f.up, f.down} {
		if h.fault.Ends != NoEnd && h.fault.After == 0 {
			client.end(h.fault.Ends)
		}
	}
}

// take puts b into the half, as far as it gets, and tells whether the
// connection ends by that.
func (h *half) take(b []byte) (ends End) {
	n := len(b)
	if left := h.fault.After - h.carried; h.fault.Ends != NoEnd && n >= left {
		n, ends = max(left, 0), h.fault.Ends
		h.lost += len(b) - n
	}
	h.carried += n
	if n > 0 && h.fault.slow() {
		h.delay(n)
	}
	h.data = append(h.data, b[:n]...)
	h.change.Broadcast()
	return ends
}

// arrival is when some bytes arrive.
type arrival struct {
	at time.Time
	n  int
}

// delay says when the next n bytes arrive.
func (h *half) delay(n int) {
	now := time.Now()
	if h.free.Before(now) {
		h.free = now
	}
	if h.fault.Rate > 0 {
		h.free = h.free.Add(time.Duration(n) * time.Second / time.Duration(h.fault.Rate))
	}
	at := h.free.Add(h.fault.Latency)
	h.arrivals = append(h.arrivals, arrival{at, n})
	time.AfterFunc(time.Until(at), func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.change.Broadcast()
	})
}

// arrived returns how many bytes can be read now.
func (h *half) arrived() int {
	if !h.fault.slow() {
		return len(h.data)
	}
	n, now := 0, time.Now()
	for _, a := range h.arrivals {
		if a.at.After(now) {
			break
		}
		n += a.n
	}
	return n
}

// read takes up to len(b) of the n bytes that have arrived.
func (h *half) read(b []byte, n int) int {
	n = copy(b, h.data[:n])
	h.data = h.data[n:]
	for rest := n; rest > 0 && len(h.arrivals) > 0; {
		first := &h.arrivals[0]
		taken := min(rest, first.n)
		rest -= taken
		if first.n -= taken; first.n == 0 {
			h.arrivals = h.arrivals[1:]
		}
	}
	h.change.Broadcast()
	return n
}

// end ends both directions of the connection.
func (c *conn) end(how End) {
	for _, h := range []*half{c.in, c.out} {
		h.mu.Lock()
		if h.ended != Reset {
			h.ended = how
		}
		switch how {
		case Reset:
			h.data, h.arrivals = nil, nil
		case Stall:
			h.fault.Ends, h.fault.After = Stall, h.carried
		}
		h.change.Broadcast()
		h.mu.Unlock()
	}
}

// readEnd is the error of a read of a connection that has ended.
func (h *half) readEnd() error {
	switch {
	case h.ended == Reset:
		return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	case h.ended == Close || h.closed && h.ended != Stall:
		return io.EOF
	}
	return nil
}

// writeEnd is the error of a write to a connection that has ended.
func (h *half) writeEnd() error {
	number := syscall.EPIPE
	switch {
	case h.ended == Reset:
		number = syscall.ECONNRESET
	case h.ended != Close && !h.broken:
		return nil
	}
	return &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", number)}
}
