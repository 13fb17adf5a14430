package engine_test

import (
	"encoding/binary"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// garbageEnv is the environment variable that says how many garbage handshakes
// TestGarbageHandshakes makes; 100000 takes some seconds.
const garbageEnv = "SIGNALBOX_GARBAGE"

// garbage is what comes in place of the answer to a greeting.
func garbage(r *rand.Rand, good []byte) []byte {
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	framed := func(sequence byte, payload []byte) []byte {
		return append(wire.AppendHeader(nil, len(payload), sequence), payload...)
	}
	switch r.IntN(8) {
	case 0:
		return random(r.IntN(400))
	case 1: // half of a good one
		whole := framed(1, good)
		return whole[:r.IntN(len(whole))]
	case 2: // out of order
		return framed(byte(2+r.IntN(250)), good)
	case 3: // longer than anything
		return append([]byte{0xff, 0xff, byte(0x10 + r.IntN(0xf0)), 1}, random(100)...)
	case 4: // bytes that are not good ones
		b := append([]byte(nil), good...)
		for range 1 + r.IntN(8) {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		return framed(1, b)
	case 5: // a request for TLS and what is none
		request := binary.LittleEndian.AppendUint32(nil, uint32(wire.ClientSSL|wire.ClientProtocol41))
		return append(framed(1, append(request, make([]byte, 28)...)), random(300)...)
	case 6:
		return []byte("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
	}
	return framed(1, nil)
}

// lineCounter is a log that counts its lines.
type lineCounter struct{ lines atomic.Int64 }

func (c *lineCounter) Write(b []byte) (int, error) {
	c.lines.Add(int64(strings.Count(string(b), "\n")))
	return len(b), nil
}

// Ensure garbage in place of handshakes costs nobody anything: other sessions
// are answered, nothing is left, and the log is not flooded.
func TestGarbageHandshakes(t *testing.T) {
	count := 3000
	if text := os.Getenv(garbageEnv); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		count = n
	}
	cert, key := certificate(t)
	log := &lineCounter{}
	synctest.Test(t, func(t *testing.T) {
		p := startLogging(t, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: engine.LevelNotice})), "port=4008", "port=4008\nssl=true\nssl_cert="+cert+"\nssl_key="+key)
		defer p.stop()
		bystander := p.connect(splitAddress)
		r := rand.New(rand.NewPCG(1, 2))
		good := (&wire.HandshakeResponse{
			Capabilities: wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientConnectAttrs,
			MaxPacket:    1 << 24, Collation: 45, User: "app", Plugin: "mysql_native_password", Auth: make([]byte, 20),
			Attributes: []wire.Attribute{{Name: "program_name", Value: "garbage"}},
		}).Append(nil)
		var before runtime.MemStats
		goroutines, started := 0, time.Now()
		for i := range count {
			if i == count/10 { // pools and maps are as large as they get
				synctest.Wait()
				runtime.GC()
				runtime.ReadMemStats(&before)
				goroutines = runtime.NumGoroutine()
			}
			nc, err := p.net.Dial(t.Context(), "tcp", [2]string{splitAddress, connAddress}[i%2])
			if err != nil {
				t.Fatal(err)
			}
			_, _ = nc.Write(garbage(r, good)) // it may have been closed already
			if i%100 == 0 {
				p.query(bystander, "SELECT 1")
			}
			_ = nc.Close()
			synctest.Wait()
			if n := len(p.Sessions()); n != 1 {
				t.Fatalf("%d sessions after handshake %d, want 1", n, i)
			}
		}
		var after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
			t.Errorf("%d bytes more are held after %d handshakes", grown, count)
		}
		if n := runtime.NumGoroutine(); n > goroutines+5 { // the runtime's own come and go
			t.Errorf("%d goroutines, %d before", n, goroutines)
		}
		lines := log.lines.Load()
		const kinds, often = 5, 10 // of lines, and log_throttling
		took := time.Since(started)
		if most := kinds * often * int64(1+took/(10*time.Second)); lines > most {
			t.Errorf("%d lines in the log in %v, want %d at most", lines, took, most)
		}
		t.Logf("%d handshakes in %v: %d lines in the log, %d goroutines, %d KiB", count, took, lines, runtime.NumGoroutine(), after.HeapAlloc>>10)
		if r := p.query(bystander, "SELECT 1"); r.Value != "server2" {
			t.Errorf("got %+v", r)
		}
		if _, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{User: "app", Password: "app"}); err != nil {
			t.Error(err)
		}
	})
}
