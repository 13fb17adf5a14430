package conformance

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// raw is a client that keeps the bytes of every reply as they came.
type raw struct {
	conn  *wire.Conn
	caps  wire.Capability
	salt  []byte
	login []byte // the OK packet
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
	r.salt = bytes.Clone(greeting.Salt[:])
	r.caps = caps.Agreed(greeting.Capabilities)
	if missing := caps &^ r.caps; missing != 0 {
		t.Fatalf("%s does not offer capabilities %#x", w.name, uint64(missing))
	}
	response := wire.HandshakeResponse{
		Capabilities: r.caps, MaxPacket: 1 << 24, Collation: 45, User: root, Database: schema,
		Plugin: auth.NativePassword, Auth: auth.NativeScramble(password, r.salt),
	}
	if packet, err = r.ask(response.Append(nil)); err != nil || packet[0] != 0 {
		t.Fatalf("%s: login: %q, %v", w.name, packet, err)
	}
	r.login = bytes.Clone(packet)
	if r.caps.Has(wire.ClientCompress) {
		if err := wire.Compress(r.conn, wire.ClientCompress, 0); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// ask sends a packet and returns the one that comes back.
func (r *raw) ask(payload []byte) ([]byte, error) {
	if err := r.conn.WritePacket(payload); err != nil {
		return nil, err
	}
	if err := r.conn.Flush(); err != nil {
		return nil, err
	}
	return r.conn.ReadPacket(1 << 16)
}

// The users that changeUser knows.
var (
	passwords = map[string]string{root: password, enginetest.AppUser: enginetest.AppPassword}
	databases = map[string]string{root: schema, enginetest.AppUser: "app"}
)

// changeUser becomes another user and returns the last packet of the exchange:
// what is before it depends on the salt.
func (r *raw) changeUser(user string) ([]byte, error) {
	m := wire.ChangeUser{User: user, Database: databases[user], Collation: 45, Plugin: auth.NativePassword, Auth: auth.NativeScramble(passwords[user], r.salt)}
	r.conn.BeginCommand()
	packet, err := r.ask(m.Append(nil, r.caps))
	if err != nil || packet[0] != 0xfe {
		return bytes.Clone(packet), err
	}
	var change wire.AuthSwitch
	if err := change.Decode(packet); err != nil {
		return nil, err
	}
	r.salt = bytes.Clone(bytes.TrimSuffix(change.Data, []byte{0}))
	packet, err = r.ask(auth.NativeScramble(passwords[user], r.salt))
	return bytes.Clone(packet), err
}

// send sends a command.
func (r *raw) send(payload []byte) error {
	r.conn.BeginCommand()
	if err := r.conn.WritePacket(payload); err != nil {
		return err
	}
	return r.conn.Flush()
}

// file is what the server gets that asks for one.
const file = "101\tone\n102\ttwo\n103\tgröße\n"

// receive returns the bytes of the reply to a command.
func (r *raw) receive(command []byte) ([]byte, error) {
	r.reply.Start(wire.Command(command[0]), r.caps)
	before := r.reply.Place()
	var all []byte
	for !r.reply.Complete {
		n, err := r.reply.Consume(r.conn.Unread())
		if err != nil {
			return all, fmt.Errorf("after %x: %w", all, err)
		}
		all = append(all, r.conn.Unread()[:n]...)
		r.conn.Discard(n)
		switch {
		case r.reply.Complete:
		case r.reply.Infile:
			r.conn.SetSequence(lastSequence(all) + 1)
			err = errors.Join(r.conn.WritePacket([]byte(file)), r.conn.WritePacket(nil), r.conn.Flush())
			r.reply.ResumeInfile()
		default:
			err = r.conn.Fill()
		}
		if err != nil {
			return all, err
		}
	}
	if r.caps.Has(wire.ClientCompress) {
		withoutSequence(all)
	}
	withoutStateChanged(before, all)
	return r.comparable(command, before, all), nil
}

// headers yields the headers of whole packets.
func headers(packets []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(packets) > 0 && yield(packets[:4]) {
			packets = packets[4+int(packets[0])+int(packets[1])<<8+int(packets[2])<<16:]
		}
	}
}

// lastSequence is the sequence id of the last of some packets.
func lastSequence(packets []byte) (id byte) {
	for header := range headers(packets) {
		id = header[3]
	}
	return id
}

// withoutSequence takes the sequence ids off packets that came in compressed ones,
// where they leap and mean nothing.
func withoutSequence(packets []byte) {
	for header := range headers(packets) {
		header[3] = 0
	}
}

// withoutStateChanged takes a flag off EOF packets, which cannot tell what has
// changed: it is from a statement before, on the connection where that was.
func withoutStateChanged(before wire.Place, all []byte) {
	for p := range before.Parts(all) {
		if b := p.Payload(); p.Kind == wire.PartEOF && len(b) == 5 {
			b[4] &^= byte(wire.StatusSessionStateChanged >> 8)
		}
	}
}

// comparable returns a reply without what is every session's own: the ids of
// statements, and which column definitions the client is thought to know.
func (r *raw) comparable(command []byte, before wire.Place, all []byte) []byte {
	switch {
	case r.reply.Kind == wire.RespPrepared:
		copy(all[5:9], "id..")
	case r.reply.Kind == wire.RespError && len(command) >= 5:
		id := fmt.Sprintf("(%d)", binary.LittleEndian.Uint32(command[1:]))
		if e := r.reply.Err; strings.Contains(e.Message, id) {
			return fmt.Appendf(nil, "%d %s %s", e.Code, e.State, strings.ReplaceAll(e.Message, id, "(id)"))
		}
	case r.reply.Command() == wire.ComStmtExecute && r.caps.Has(wire.MariaDBCacheMetadata):
		var kept []byte
		for p := range before.Parts(all) {
			switch {
			case p.Kind == wire.PartColumnCount:
				kept = append(kept, p.Payload()[0])
			case p.Kind != wire.PartColumnDef:
				kept = append(kept, p.Payload()...)
			}
		}
		return kept
	}
	return all
}
