package engine_test

import (
	"testing"

	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// Ensure that a statement costs no allocation, from the client to a server and back,
// through each router.
func TestStatementDoesNotAllocate(t *testing.T) {
	if enginetest.RaceDetector {
		t.Skip("the race detector makes pools drop memory")
	}
	// One column of one byte, without the EOF packets that this client does not want.
	reply := []byte{1, 0, 0, 1, 1}
	column := (&wire.Column{Catalog: "def", Name: "1", Charset: 63, Length: 1, Type: wire.TypeLong}).Append(nil, 0)
	reply = append(wire.AppendHeader(reply, len(column), 2), column...)
	reply = append(reply, 2, 0, 0, 3, 1, '1')
	end := (&wire.OK{End: true, Status: wire.StatusAutocommit}).Append(nil, 0)
	reply = append(wire.AppendHeader(reply, len(end), 4), end...)
	const sql = "\x03SELECT c FROM sbtest1 WHERE id=4711"
	command := append(wire.AppendHeader(nil, len(sql), 0), sql...)

	p := startQuiet(t, "retain_last_statements=5", "retain_last_statements=0")
	defer p.close()
	for _, s := range []*enginetest.Server{p.primary, p.replica} {
		s.Canned = map[string][]byte{sql: reply}
	}
	for _, address := range []string{connAddress, splitAddress} {
		c, err := enginetest.Connect(t.Context(), p.net, address, enginetest.ClientOptions{User: "app", Password: "app"})
		if err != nil {
			t.Fatal(err)
		}
		got := testing.AllocsPerRun(2000, func() {
			if err := c.Conn.Write(command); err != nil {
				t.Fatal(err)
			}
			for len(c.Conn.Unread()) < len(reply) {
				if err := c.Conn.Fill(); err != nil {
					t.Fatal(err)
				}
			}
			c.Conn.Discard(len(reply))
		})
		if got != 0 {
			t.Errorf("%s: %v allocations for a statement, want none", address, got)
		}
	}
}
