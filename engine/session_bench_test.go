package engine_test

import (
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// BenchmarkShortSession is what a client costs that connects, runs one statement
// and leaves: the network, the client and the servers of the test among it.
func BenchmarkShortSession(b *testing.B) {
	p := start(b)
	defer p.close()
	b.ReportAllocs()
	for b.Loop() {
		c, err := enginetest.Connect(b.Context(), p.net, connAddress, enginetest.ClientOptions{User: "app", Password: "app"})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Query("SELECT 1"); err != nil {
			b.Fatal(err)
		}
		_ = c.Conn.Close()
	}
	for deadline := time.Now().Add(10 * time.Second); len(p.Sessions()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("sessions are left")
		}
	}
}

// BenchmarkStatement is what a statement costs, with all that is counted of it.
func BenchmarkStatement(b *testing.B) { benchmarkStatement(b) }

// BenchmarkStatementFiltered is what it costs with a filter in the chain.
func BenchmarkStatementFiltered(b *testing.B) {
	benchmarkStatement(b, "router=readconnroute", "router=readconnroute\nfilters=Tag")
}

func benchmarkStatement(b *testing.B, changes ...string) {
	p := start(b, changes...)
	defer p.close()
	c, err := enginetest.Connect(b.Context(), p.net, connAddress, enginetest.ClientOptions{User: "app", Password: "app"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Query("SELECT 1"); err != nil {
			b.Fatal(err)
		}
	}
}
