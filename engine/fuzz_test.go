package engine

import (
	"bytes"
	"testing"

	"github.com/signalbox/signalbox/engine/wire"
)

// FuzzTextRow reads arbitrary rows of a server that lies.
func FuzzTextRow(f *testing.F) {
	f.Add([]byte("\x03app\x01%\x15mysql_native_password\xfb"))
	f.Add([]byte("\xfe\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte("\xfc\x01"))
	f.Fuzz(func(t *testing.T, row []byte) {
		columns := textRow(row)
		size := 0
		for _, c := range columns {
			size += len(c)
		}
		if size > len(row) {
			t.Errorf("%d bytes in columns of a row of %d", size, len(row))
		}
	})
}

// FuzzExecute puts parameter types into arbitrary COM_STMT_EXECUTE packets.
func FuzzExecute(f *testing.F) {
	f.Add([]byte{0x17, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 0, 7, 0, 0, 0}, 1)
	f.Add([]byte{0x17, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 7, 0, 0, 0}, 1)
	f.Add([]byte{0x17}, 65535)
	f.Fuzz(func(t *testing.T, payload []byte, params int) {
		if params < 0 || params > 65535 {
			return
		}
		p := &prepared{params: params, types: bytes.Repeat([]byte{3, 0}, params)}
		before := bytes.Clone(payload)
		p.noteTypes(payload)
		if !bytes.Equal(before, payload) {
			t.Error("reading the types changed the packet")
		}
		if len(p.types) != 2*params {
			t.Errorf("%d bytes of types for %d parameters", len(p.types), params)
		}
		at, ok := p.boundAt(payload)
		if !ok || payload[at] != 0 {
			return
		}
		full := p.withTypes(payload, at)
		if len(full) != len(payload)+2*params || !bytes.Equal(full[:at], payload[:at]) || full[at] != 1 ||
			!bytes.Equal(full[at+1+2*params:], payload[at+1:]) {
			t.Errorf("got %x from %x", full, payload)
		}
	})
}

// FuzzProcessKill reads arbitrary COM_PROCESS_KILL packets.
func FuzzProcessKill(f *testing.F) {
	f.Add([]byte{byte(wire.ComProcessKill), 7, 0, 0, 0})
	f.Add([]byte{byte(wire.ComProcessKill)})
	f.Fuzz(func(t *testing.T, payload []byte) {
		if k := processKill(payload); len(payload) < 5 && k.ID != 0 {
			t.Errorf("got id %d from %x", k.ID, payload)
		}
	})
}
