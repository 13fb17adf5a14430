package conformance

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/wire"
)

// raw is a client that keeps the bytes of every reply as they came.
type raw struct {
	conn  *wire.Conn
	caps  wire.Capability
	reply wire.Response
}

// dialRaw logs in as root with those of the capabilities that are offered.
func dialRaw(t *testing.T, w way, caps wire.Capability) *raw {
	t.Helper()
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	r := &raw{conn: wire.NewConn(nc)}
	packet, err := r.conn.ReadPacket(1 << 16)
	if err != nil {
		t.Fatal(err)
	}
	var greeting wire.Handshake
	if err := greeting.Decode(packet); err != nil {
		t.Fatal(err)
	}
	r.caps = caps.Agreed(greeting.Capabilities)
	if missing := caps &^ r.caps; missing != 0 {
		t.Fatalf("%s does not offer capabilities %#x", w.name, uint64(missing))
	}
	response := wire.HandshakeResponse{
		Capabilities: r.caps, MaxPacket: 1 << 24, Collation: 45, User: root, Database: schema,
		Plugin: auth.NativePassword, Auth: auth.NativeScramble(password, greeting.Salt[:]),
	}
	if err := r.conn.WritePacket(response.Append(nil)); err != nil {
		t.Fatal(err)
	}
	if err := r.conn.Flush(); err != nil {
		t.Fatal(err)
	}
	if packet, err = r.conn.ReadPacket(1 << 16); err != nil || packet[0] != 0 {
		t.Fatalf("%s: login: %q, %v", w.name, packet, err)
	}
	return r
}

// command sends a command and returns the bytes of its reply.
func (r *raw) command(payload []byte) ([]byte, error) {
	r.conn.SetSequence(0)
	if err := r.conn.WritePacket(payload); err != nil {
		return nil, err
	}
	if err := r.conn.Flush(); err != nil {
		return nil, err
	}
	var all []byte
	for r.reply.Start(wire.Command(payload[0]), r.caps); !r.reply.Complete; {
		n, err := r.reply.Consume(r.conn.Unread())
		if err != nil {
			return all, fmt.Errorf("after %x: %w", all, err)
		}
		all = append(all, r.conn.Unread()[:n]...)
		r.conn.Discard(n)
		if r.reply.Complete {
			break
		}
		if err := r.conn.Fill(); err != nil {
			return all, err
		}
	}
	if r.reply.Kind == wire.RespPrepared { // its id is the session's own
		copy(all[5:9], "id..")
	}
	if more := r.conn.Unread(); len(more) > 0 {
		return all, fmt.Errorf("%d bytes after the end of the reply: %x", len(more), more)
	}
	return bytes.Clone(all), nil
}
