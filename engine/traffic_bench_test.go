package engine_test

import (
	"testing"

	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// BenchmarkTraffic is a day's work over real TCP: reads and small transactions of 16
// clients of each router, each client's and server's own work among it. The profile
// that the program is compiled with comes from here.
func BenchmarkTraffic(b *testing.B) {
	p := startQuiet(b, "retain_last_statements=5", "retain_last_statements=0")
	defer func() {
		_ = p.Close()
		p.primary.Close()
		p.replica.Close()
	}()
	type exchange struct{ command, reply []byte }
	var day []exchange
	for _, s := range []*enginetest.Server{p.primary, p.replica} {
		s.Canned = map[string][]byte{}
	}
	does := func(sql string, reply []byte) {
		payload := "\x03" + sql
		p.primary.Canned[payload], p.replica.Canned[payload] = reply, reply
		day = append(day, exchange{append(wire.AppendHeader(nil, len(payload), 0), payload...), reply})
	}
	alone, inTrx := wire.StatusAutocommit, wire.StatusAutocommit|wire.StatusInTrans
	does("SELECT c FROM sbtest1 WHERE id=4711", cannedRows(1, alone))
	does("SELECT DISTINCT c FROM sbtest2 WHERE id BETWEEN 1 AND 100 ORDER BY c", cannedRows(100, alone))
	does("BEGIN", cannedOK(inTrx))
	does("SELECT SUM(k) FROM sbtest1 WHERE id BETWEEN 4711 AND 4811", cannedRows(1, inTrx))
	does("UPDATE sbtest1 SET k=k+1 WHERE id=4711", cannedOK(inTrx))
	does("INSERT INTO sbtest1 (id, k, c, pad) VALUES (0, 4992833, '83868641912-28773972837', '67847967377-48000963322')", cannedOK(inTrx))
	does("COMMIT", cannedOK(alone))
	b.SetParallelism(16)
	for _, address := range []string{connAddress, splitAddress} {
		b.Run(address, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				c, err := enginetest.Connect(b.Context(), p.net, address, enginetest.ClientOptions{User: "app", Password: "app"})
				if err != nil {
					b.Error(err)
					return
				}
				defer func() { _ = c.Conn.Close() }()
				for i := 0; pb.Next(); i++ {
					e := day[i%len(day)]
					if err := c.Conn.Write(e.command); err != nil {
						b.Error(err)
						return
					}
					for len(c.Conn.Unread()) < len(e.reply) {
						if err := c.Conn.Fill(); err != nil {
							b.Error(err)
							return
						}
					}
					c.Conn.Discard(len(e.reply))
				}
			})
		})
	}
}

// cannedOK is the reply to a statement without rows.
func cannedOK(status wire.Status) []byte {
	payload := (&wire.OK{Status: status}).Append(nil, 0)
	return append(wire.AppendHeader(nil, len(payload), 1), payload...)
}

// cannedRows is a reply with one column and n rows, for a client that wants no EOF
// packets.
func cannedRows(n int, status wire.Status) []byte {
	reply := []byte{1, 0, 0, 1, 1}
	column := (&wire.Column{Catalog: "def", Name: "c", Charset: 63, Length: 120, Type: wire.TypeString}).Append(nil, 0)
	reply = append(wire.AppendHeader(reply, len(column), 2), column...)
	sequence := byte(3)
	for range n {
		row := wire.AppendLenencString(nil, "83868641912-28773972837-60736120486-75162659906-27563526494-20381887404")
		reply = append(wire.AppendHeader(reply, len(row), sequence), row...)
		sequence++
	}
	end := (&wire.OK{End: true, Status: status}).Append(nil, 0)
	return append(wire.AppendHeader(reply, len(end), sequence), end...)
}
