package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// past is a deadline that wakes at once.
var past = time.Unix(1, 0)

// tcpPair returns both ends of a connection over loopback.
func tcpPair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func pipePair(t testing.TB) (a, b net.Conn) {
	a, b = net.Pipe()
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// transports are the ways in which a Conn reads: around its net.Conn and
// through it.
var transports = []struct {
	name string
	pair func(testing.TB) (a, b net.Conn)
}{
	{"tcp", tcpPair},
	{"pipe", pipePair},
}

// frame returns payload as packets, split as the protocol says.
func frame(payload []byte, sequence byte) []byte {
	var out []byte
	for {
		n := min(len(payload), maxPiece)
		out = append(AppendHeader(out, n, sequence), payload[:n]...)
		payload = payload[n:]
		sequence++
		if n < maxPiece {
			return out
		}
	}
}

// waitRead waits until c has read n bytes in all.
func waitRead(c *Conn, n uint64) {
	for c.BytesRead() < n {
		runtime.Gosched()
	}
}

// pattern returns n bytes that repeat only after a prime number of them.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

func TestPacketsOfAllSizes(t *testing.T) {
	sizes := []int{0, 1, 5, bufferSize - headerSize, bufferSize, 100_000, maxPiece - 1, maxPiece, maxPiece + 1, 2*maxPiece + 3}
	for _, tr := range transports {
		for _, size := range sizes {
			if testing.Short() && size > maxPiece+1 {
				continue
			}
			a, b := tr.pair(t)
			w, r := NewConn(a), NewConn(b)
			want := pattern(size)
			errc := make(chan error, 2)
			go func() {
				for range 2 {
					w.SetSequence(0)
					err := w.WritePacket(want)
					if err == nil {
						err = w.Flush()
					}
					errc <- err
				}
			}()
			got, err := r.ReadPacket(1 << 30)
			if err != nil {
				t.Fatalf("%s: ReadPacket of %d bytes: %v", tr.name, size, err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s: ReadPacket of %d bytes differs", tr.name, size)
			}
			if got, want := r.Sequence(), byte(size/maxPiece+1); got != want {
				t.Errorf("%s: sequence after %d bytes: got %d, want %d", tr.name, size, got, want)
			}
			p, err := r.ReadCommand(1 << 30)
			if err != nil {
				t.Fatalf("%s: ReadCommand of %d bytes: %v", tr.name, size, err)
			}
			if !bytes.Equal(p.Payload, want) {
				t.Errorf("%s: ReadCommand of %d bytes differs", tr.name, size)
			}
			if size < maxPiece && !bytes.Equal(p.Framed, frame(want, 0)) {
				t.Errorf("%s: Framed of %d bytes differs", tr.name, size)
			}
			if size >= maxPiece && p.Framed != nil {
				t.Errorf("%s: Framed of %d bytes: got %d bytes, want none", tr.name, size, len(p.Framed))
			}
			for range 2 {
				if err := <-errc; err != nil {
					t.Fatalf("%s: write of %d bytes: %v", tr.name, size, err)
				}
			}
			if got, want := r.BytesRead(), w.BytesWritten(); got != want {
				t.Errorf("%s: bytes read %d, written %d", tr.name, got, want)
			}
		}
	}
}

// TestReadCommandGoesOnAfterDeadline stops the read at every byte of two
// commands that come in one go.
func TestReadCommandGoesOnAfterDeadline(t *testing.T) {
	wireBytes := append(frame([]byte("\x03SELECT 1"), 0), frame([]byte("\x0e"), 0)...)
	for _, tr := range transports {
		for cut := range len(wireBytes) + 1 {
			a, b := tr.pair(t)
			c := NewConn(b)
			var got []string
			read := func() error {
				p, err := c.ReadCommand(1 << 20)
				if err == nil {
					got = append(got, string(p.Payload))
				}
				return err
			}
			errc := make(chan error, 1)
			go func() {
				for {
					if err := read(); err != nil || len(got) == 2 {
						errc <- err
						return
					}
				}
			}()
			if _, err := a.Write(wireBytes[:cut]); err != nil {
				t.Fatal(err)
			}
			waitRead(c, uint64(cut))
			c.NetConn().SetReadDeadline(past)
			err := <-errc
			if cut < len(wireBytes) && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("%s: cut at %d: got %v, want a deadline exceeded", tr.name, cut, err)
			}
			c.NetConn().SetReadDeadline(time.Time{})
			go func() {
				a.Write(wireBytes[cut:])
			}()
			for len(got) < 2 {
				if err := read(); err != nil {
					t.Fatalf("%s: cut at %d: %v", tr.name, cut, err)
				}
			}
			if got[0] != "\x03SELECT 1" || got[1] != "\x0e" {
				t.Errorf("%s: cut at %d: got %q", tr.name, cut, got)
			}
			a.Close()
			b.Close()
		}
	}
}

func TestWaitsWithoutBuffer(t *testing.T) {
	for _, tr := range transports {
		a, b := tr.pair(t)
		c := NewConn(b)
		command := frame([]byte("\x03SELECT 1"), 0)
		errc := make(chan error, 1)
		read := func() { _, err := c.ReadCommand(1 << 20); errc <- err }
		go read()
		if _, err := a.Write(command); err != nil {
			t.Fatal(err)
		}
		if err := <-errc; err != nil {
			t.Fatal(err)
		}
		if got := c.BufferSize(); got != bufferSize {
			t.Errorf("%s: buffer with a command in hand: got %d bytes, want %d", tr.name, got, bufferSize)
		}
		go read()
		for c.BufferSize() != 0 {
			runtime.Gosched() // ends once the next command is waited for
		}
		c.NetConn().SetReadDeadline(past)
		if err := <-errc; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("%s: got %v, want a deadline exceeded", tr.name, err)
		}
		if got := c.BufferSize(); got != 0 {
			t.Errorf("%s: buffer when idle: got %d bytes, want 0", tr.name, got)
		}
	}
}

func TestFillGrowsOnlyWhenFull(t *testing.T) {
	a, b := pipePair(t)
	c := NewConn(b)
	sent := pattern(5 * bufferSize)
	go a.Write(sent)
	for len(c.Unread()) < bufferSize {
		if err := c.Fill(); err != nil {
			t.Fatal(err)
		}
		if got := c.BufferSize(); got != bufferSize {
			t.Fatalf("buffer: got %d bytes, want %d", got, bufferSize)
		}
	}
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	if got, want := c.BufferSize(), 2*bufferSize; got != want {
		t.Fatalf("buffer when full: got %d bytes, want %d", got, want)
	}
	var got []byte
	for {
		got = append(got, c.Unread()...)
		c.Discard(len(c.Unread()))
		if size := c.BufferSize(); size != 0 {
			t.Fatalf("buffer after all is discarded: got %d bytes, want 0", size)
		}
		if len(got) == len(sent) {
			break
		}
		if err := c.Fill(); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got, sent) {
		t.Error("bytes differ")
	}
}

func TestDiscardKeepsTheRest(t *testing.T) {
	a, b := pipePair(t)
	c := NewConn(b)
	sent := pattern(40 * bufferSize)
	go func() {
		a.Write(sent)
		a.Close()
	}()
	var got []byte
	for {
		err := c.Fill()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n := len(c.Unread()) - len(c.Unread())/3
		got = append(got, c.Unread()[:n]...)
		c.Discard(n)
	}
	got = append(got, c.Unread()...)
	if !bytes.Equal(got, sent) {
		t.Error("bytes differ")
	}
	if got, want := c.BufferSize(), 2*bufferSize; got > want {
		t.Errorf("buffer: got %d bytes, want at most %d", got, want)
	}
}

func TestReadErrors(t *testing.T) {
	long := frame(make([]byte, 100), 0)
	tests := []struct {
		name  string
		bytes string
		want  string
	}{
		{"nothing", "", "EOF"},
		{"half-header", "\x05\x00", "unexpected EOF"},
		{"header-only", "\x05\x00\x00\x00", "unexpected EOF"},
		{"half-payload", "\x05\x00\x00\x00\x03SE", "unexpected EOF"},
		{"out-of-order", "\x01\x00\x00\x03\x0e", "packets out of order: sequence id 3 where 0 was due"},
		{"too-long", string(long), "packet of 100 bytes or more: the limit is 64"},
		{"too-long-header-only", "\xff\xff\xff\x00", "packet of 16777215 bytes or more: the limit is 64"},
	}
	for _, tr := range transports {
		for _, tt := range tests {
			for _, how := range []string{"ReadPacket", "ReadCommand"} {
				a, b := tr.pair(t)
				c := NewConn(b)
				go func() {
					a.Write([]byte(tt.bytes))
					a.Close()
				}()
				var err error
				if how == "ReadPacket" {
					_, err = c.ReadPacket(64)
				} else {
					_, err = c.ReadCommand(64)
				}
				if err == nil || err.Error() != tt.want {
					t.Errorf("%s: %s of %s: got %v, want %s", tr.name, how, tt.name, err, tt.want)
				}
			}
		}
	}
	var tooLarge *TooLargeError
	var sequence *SequenceError
	one := byte(1)
	if _, _, err := (&buffer{b: long, w: len(long)}).packet(new(byte), 64); !errors.As(err, &tooLarge) {
		t.Errorf("got %T, want *TooLargeError", err)
	}
	if _, _, err := (&buffer{b: long, w: len(long)}).packet(&one, 64); !errors.As(err, &sequence) {
		t.Errorf("got %T, want *SequenceError", err)
	}
}

// TestReadPacketTakesNoMore is what lets TLS begin behind the client's request,
// whose packet and first TLS record often come together.
func TestReadPacketTakesNoMore(t *testing.T) {
	for _, tr := range transports {
		a, b := tr.pair(t)
		c := NewConn(b)
		request := frame(make([]byte, sslRequestSize), 1)
		go a.Write(append(request, "hello"...))
		c.SetSequence(1)
		if _, err := c.ReadPacket(1 << 16); err != nil {
			t.Fatal(err)
		}
		if err := c.Upgrade(c.NetConn()); err != nil {
			t.Errorf("%s: %v", tr.name, err)
		}
		rest := make([]byte, 5)
		if _, err := io.ReadFull(b, rest); err != nil || string(rest) != "hello" {
			t.Errorf("%s: left on the connection: %q, %v", tr.name, rest, err)
		}
	}
}

func TestUpgradeRefusesInjectedBytes(t *testing.T) {
	a, b := pipePair(t)
	c := NewConn(b)
	go a.Write([]byte("injected"))
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	err := c.Upgrade(b)
	if err == nil || !strings.Contains(err.Error(), "8 bytes in the clear") {
		t.Errorf("got %v", err)
	}
}

func TestWritePacketIsKeptUntilFlush(t *testing.T) {
	a, b := tcpPair(t)
	c := NewConn(a)
	for _, s := range []string{"one", "two", ""} {
		if err := c.WritePacket([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.BytesWritten(); got != 0 {
		t.Errorf("written before Flush: %d bytes", got)
	}
	if got := c.BufferSize(); got != bufferSize {
		t.Errorf("buffer before Flush: got %d bytes, want %d", got, bufferSize)
	}
	if err := c.Write([]byte("raw")); err != nil {
		t.Fatal(err)
	}
	const want = "\x03\x00\x00\x00one\x03\x00\x00\x01two\x00\x00\x00\x02raw"
	got := make([]byte, len(want))
	if _, err := io.ReadFull(b, got); err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	if got := c.BufferSize(); got != 0 {
		t.Errorf("buffer after Flush: got %d bytes, want 0", got)
	}
	if got := c.Sequence(); got != 3 {
		t.Errorf("sequence: got %d, want 3", got)
	}
}

func TestWriteAndFill(t *testing.T) {
	for _, tr := range transports {
		for _, size := range []int{1, 8 << 20} {
			a, b := tr.pair(t)
			c := NewConn(a)
			request := pattern(size)
			errc := make(chan error, 1)
			go func() {
				got := make([]byte, size)
				_, err := io.ReadFull(b, got)
				if err == nil && !bytes.Equal(got, request) {
					err = errors.New("request differs")
				}
				if err == nil {
					_, err = b.Write([]byte("answer"))
				}
				errc <- err
			}()
			if err := c.WriteAndFill(request); err != nil {
				t.Fatalf("%s: %d bytes: %v", tr.name, size, err)
			}
			if err := <-errc; err != nil {
				t.Errorf("%s: %d bytes: %v", tr.name, size, err)
			}
			for len(c.Unread()) < len("answer") {
				if err := c.Fill(); err != nil {
					t.Fatal(err)
				}
			}
			if got := string(c.Unread()); got != "answer" {
				t.Errorf("%s: got %q", tr.name, got)
			}
			if got := c.BytesWritten(); got != uint64(size) {
				t.Errorf("%s: bytes written: got %d, want %d", tr.name, got, size)
			}
		}
	}
}

func TestWriteAndFillWritesBeforeDeadline(t *testing.T) {
	a, b := tcpPair(t)
	c := NewConn(a)
	c.NetConn().SetReadDeadline(past)
	if err := c.WriteAndFill([]byte("request")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v, want a deadline exceeded", err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(b, got); err != nil || string(got) != "request" {
		t.Fatalf("got %q, %v", got, err)
	}
	c.NetConn().SetReadDeadline(time.Time{})
	go b.Write([]byte("answer"))
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	if got := string(c.Unread()); got != "answer" {
		t.Errorf("got %q", got)
	}
}

func TestCloseWakesRead(t *testing.T) {
	for _, tr := range transports {
		_, b := tr.pair(t)
		c := NewConn(b)
		errc := make(chan error, 1)
		go func() { _, err := c.ReadCommand(1 << 20); errc <- err }()
		c.Close()
		if err := <-errc; !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: got %v", tr.name, err)
		}
	}
}

func TestConnectionResetIsAnError(t *testing.T) {
	a, b := tcpPair(t)
	a.(*net.TCPConn).SetLinger(0)
	c := NewConn(b)
	a.Close()
	_, err := c.ReadCommand(1 << 20)
	if err == nil || !strings.Contains(err.Error(), "connection reset by peer") {
		t.Errorf("got %v", err)
	}
}

// echo answers every command with the same bytes until the connection ends.
func echo(c *Conn) {
	for {
		p, err := c.ReadCommand(1 << 20)
		if err != nil || c.Write(p.Framed) != nil {
			return
		}
	}
}

// exchange sends a command and waits for the answer.
func exchange(c *Conn, command []byte) error {
	if err := c.WriteAndFill(command); err != nil {
		return err
	}
	for len(c.Unread()) < len(command) {
		if err := c.Fill(); err != nil {
			return err
		}
	}
	c.Discard(len(c.Unread()))
	return nil
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool drop buffers")
	}
	for _, tr := range transports {
		a, b := tr.pair(t)
		go echo(NewConn(b))
		c := NewConn(a)
		command := frame([]byte("\x03SELECT c FROM sbtest1 WHERE id=4711"), 0)
		got := testing.AllocsPerRun(500, func() {
			if err := exchange(c, command); err != nil {
				t.Fatal(err)
			}
		})
		if got != 0 {
			t.Errorf("%s: %v allocations for a command and its answer, want 0", tr.name, got)
		}
	}
}

func BenchmarkExchange(b *testing.B) {
	for _, tr := range transports {
		b.Run(tr.name, func(b *testing.B) {
			x, y := tr.pair(b)
			go echo(NewConn(y))
			c := NewConn(x)
			command := frame([]byte("\x03SELECT c FROM sbtest1 WHERE id=4711"), 0)
			b.ReportAllocs()
			for b.Loop() {
				if err := exchange(c, command); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
