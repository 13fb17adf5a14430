package wire

import (
	"io"
	"testing"
	"time"
)

// Ensure that who may read ahead takes several packets with one read.
func TestReadAhead(t *testing.T) {
	for _, tr := range transports {
		a, b := tr.pair(t)
		c := NewConn(b)
		ReadAhead(c)
		go a.Write(append(frame([]byte("first"), 0), frame([]byte("second"), 1)...))
		for _, want := range []string{"first", "second"} {
			got, err := c.ReadPacket(1 << 16)
			if err != nil || string(got) != want {
				t.Fatalf("%s: got %q, %v, want %q", tr.name, got, err, want)
			}
		}
		if c.Events() != 1 {
			t.Errorf("%s: %d reads, want 1", tr.name, c.Events())
		}
	}
}

// Ensure that the peer gets the last command and then the end.
func TestLeave(t *testing.T) {
	for _, tr := range transports {
		a, b := tr.pair(t)
		left := make(chan error, 1)
		go func() { left <- Leave(NewConn(b), ComQuit) }()
		got, err := io.ReadAll(a)
		if want := string(frame([]byte{byte(ComQuit)}, 0)); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v, want %q", tr.name, got, err, want)
		}
		if err := <-left; err != nil {
			t.Errorf("%s: %v", tr.name, err)
		}
	}
}

// Ensure that a peer that takes nothing is not waited for.
func TestLeaveStuck(t *testing.T) {
	for _, tr := range transports {
		_, b := tr.pair(t)
		_ = b.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		for sent := make([]byte, 1<<20); ; {
			if _, err := b.Write(sent); err != nil {
				break
			}
		}
		_ = b.SetWriteDeadline(time.Time{})
		begin := time.Now()
		if err := Leave(NewConn(b), ComQuit); err != nil {
			t.Errorf("%s: %v", tr.name, err)
		}
		if took := time.Since(begin); took > 10*leaveTimeout {
			t.Errorf("%s: took %v", tr.name, took)
		}
	}
}
