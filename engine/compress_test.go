package engine_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// compressing are the capabilities of a client that compresses.
const compressing = wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientMultiResults |
	wire.ClientDeprecateEOF | wire.ClientLocalFiles

// makeEncoder has zstd's encoder made, which all connections share, outside of a
// synctest bubble: its channel belongs to the bubble that it is made in.
func makeEncoder(t *testing.T) {
	t.Helper()
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	go func() { _, _ = io.Copy(io.Discard, b) }()
	c := wire.NewConn(a)
	if err := wire.Compress(c, wire.ClientZstd, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
}

// Ensure a client that compresses can do all that others can, and that neither
// an idle session holds memory for it nor a server hears of it.
func TestCompression(t *testing.T) {
	makeEncoder(t)
	for _, how := range []wire.Capability{wire.ClientCompress, wire.ClientZstd, wire.Compression} {
		bubble(t, func(t *testing.T, p *proxy) {
			c, err := enginetest.Connect(t.Context(), p.net, connAddress, enginetest.ClientOptions{User: "app", Password: "app", Caps: compressing | how})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			s := p.session(c)
			if got := p.query(c, "SELECT ROWS 1000 SIZE 1000"); got.Rows != 1000 || got.Bytes < 1_000_000 {
				t.Errorf("got %d rows of %d bytes", got.Rows, got.Bytes)
			}
			long := "INSERT INTO t VALUES ('" + strings.Repeat("x", 500_000) + "')"
			if p.query(c, long); last(p.primary) != "app: "+long {
				t.Errorf("the server got %.100q", last(p.primary))
			}
			if err := s.SetFilters("Tag"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if p.query(c, "SELECT 1"); last(p.primary) != "app: /*Tag*/SELECT 1" {
				t.Errorf("the server got %q", last(p.primary))
			}
			file(t, c)
			synctest.Wait()
			if got := last(p.primary); got != "app: file of 200004 bytes" {
				t.Errorf("the server got %q", got)
			}
			changeUser(t, c)
			if p.query(c, "SELECT 1"); last(p.primary) != "other: /*Tag*/SELECT 1" {
				t.Errorf("the server got %q", last(p.primary))
			}
			if got := s.Info().Memory.Client.ReadQ; got != 0 {
				t.Errorf("an idle session holds a buffer of %d bytes", got)
			}
			if err := s.Kill(engine.KillOptions{Reason: "squeezed"}); err != nil {
				t.Fatal(err)
			}
			c.Conn.BeginCommand()
			if packet, err := c.Conn.ReadPacket(1 << 10); err != nil || !strings.Contains(string(packet), "squeezed") {
				t.Errorf("got %q, %v, want the reason of the kill", packet, err)
			}
		})
	}
}

// file answers the request for a file.
func file(t *testing.T, c *enginetest.Client) {
	t.Helper()
	if err := c.Send([]byte("\x03LOAD DATA LOCAL INFILE 'x' INTO TABLE t")); err != nil {
		t.Fatal(err)
	}
	if packet, err := c.Conn.ReadPacket(1 << 20); err != nil || string(packet) != "\xfbx" {
		t.Fatalf("got %q, %v, want a request for the file", packet, err)
	}
	for _, part := range []string{"1\n2\n", strings.Repeat("3\n", 100_000), ""} {
		if err := c.Conn.WritePacket([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Conn.Flush(); err != nil {
		t.Fatal(err)
	}
	if packet, err := c.Conn.ReadPacket(1 << 20); err != nil || packet[0] != 0 {
		t.Fatalf("got %q, %v, want OK", packet, err)
	}
}

// changeUser makes the client the user other.
func changeUser(t *testing.T, c *enginetest.Client) {
	t.Helper()
	if err := c.ChangeUser(enginetest.ClientOptions{User: "other", Password: "other"}); err != nil {
		t.Fatal(err)
	}
}

// Ensure that compression and TLS go together: TLS is outside.
func TestCompressionOverTLS(t *testing.T) {
	cert, key := certificate(t)
	bubble(t, func(t *testing.T, p *proxy) {
		nc, err := p.net.Dial(t.Context(), "tcp", connAddress)
		if err != nil {
			t.Fatal(err)
		}
		conn := wire.NewConn(nc)
		send := func(payload []byte) {
			t.Helper()
			if err := conn.WritePacket(payload); err != nil {
				t.Fatal(err)
			}
			if err := conn.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		packet, err := conn.ReadPacket(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		var greeting wire.Handshake
		if err := greeting.Decode(packet); err != nil || !greeting.Capabilities.Has(wire.ClientSSL|wire.Compression) {
			t.Fatalf("got %+v, %v, want TLS and compression to be offered", greeting, err)
		}
		response := wire.HandshakeResponse{Capabilities: compressing | wire.ClientSSL | wire.ClientCompress, Collation: 45, SSLRequest: true}
		send(response.Append(nil))
		if err := conn.Upgrade(tls.Client(nc, &tls.Config{InsecureSkipVerify: true})); err != nil {
			t.Fatal(err)
		}
		response.SSLRequest, response.User, response.Plugin = false, "app", auth.NativePassword
		response.Auth = auth.NativeScramble("app", greeting.Salt[:])
		send(response.Append(nil))
		if packet, err = conn.ReadPacket(1 << 20); err != nil || packet[0] != 0 {
			t.Fatalf("got %q, %v, want OK", packet, err)
		}
		if err := wire.Compress(conn, wire.ClientCompress, 0); err != nil {
			t.Fatal(err)
		}
		conn.BeginCommand()
		send([]byte("\x03INSERT INTO t VALUES ('" + strings.Repeat("x", 1000) + "')"))
		if packet, err = conn.ReadPacket(1 << 20); err != nil || packet[0] != 0 {
			t.Errorf("got %q, %v, want OK", packet, err)
		}
		synctest.Wait()
		s, err := p.Session(uint64(greeting.ConnectionID))
		if err != nil {
			t.Fatal(err)
		}
		if info := s.Info(); !strings.HasPrefix(info.Cipher, "TLS_") || info.Memory.Client.ReadQ != 0 {
			t.Errorf("got cipher %q, a buffer of %d bytes", info.Cipher, info.Memory.Client.ReadQ)
		}
		_ = conn.Close()
		synctest.Wait()
	}, "port=4008", "port=4008\nssl=true\nssl_cert="+cert+"\nssl_key="+key)
}

// noisy is a connection that damages what is written to it.
type noisy struct {
	net.Conn
	noise bool
}

func (n *noisy) Write(b []byte) (int, error) {
	if n.noise {
		b = bytes.Clone(b)
		b[len(b)-1] ^= 1
	}
	return n.Conn.Write(b)
}

// Ensure that a packet that cannot be decompressed ends its own session, with an
// error that says why.
func TestCompressionBroken(t *testing.T) {
	makeEncoder(t)
	for _, how := range []wire.Capability{wire.ClientCompress, wire.ClientZstd} {
		bubble(t, func(t *testing.T, p *proxy) {
			bystander := p.connect(connAddress)
			nc, err := p.net.Dial(t.Context(), "tcp", connAddress)
			if err != nil {
				t.Fatal(err)
			}
			line := &noisy{Conn: nc}
			c, err := enginetest.ConnectOver(line, enginetest.ClientOptions{User: "app", Password: "app", Caps: compressing | how})
			if err != nil {
				t.Fatal(err)
			}
			line.noise = true
			if _, err := c.Query("SELECT '" + strings.Repeat("x", 100) + "'"); err == nil || !strings.HasPrefix(err.Error(), "1157 (08S01): Couldn't uncompress communication packet") {
				t.Errorf("got %v, want error 1157", err)
			}
			synctest.Wait()
			if n := len(p.Sessions()); n != 1 {
				t.Errorf("%d sessions are left, want the other one", n)
			}
			p.query(bystander, "SELECT 1")
		})
	}
}
