package bench

import (
	"database/sql/driver"
	"fmt"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// TestIdleSessions opens sessions that run one query and then do nothing, and
// prints what each of them adds to the proxy's resident memory.
func TestIdleSessions(t *testing.T) {
	sessions := number(t, "SESSIONS", 2000)
	server := enginetest.StartMariaDB(t)
	fmt.Printf("\nresident memory of a proxy, %d idle sessions that have run one query\n\n", sessions)
	fmt.Printf("%-16s %12s %12s %14s\n", "", "before KiB", "after KiB", "KiB a session")
	for _, start := range []func() proxy{
		func() proxy { return startHAProxy(t, server) },
		func() proxy { return startSignalbox(t, server, "readconnroute") },
		func() proxy { return startSignalbox(t, server, "readwritesplit") },
	} {
		p := start()
		closeAll := open(t, p, 50) // what the first sessions cost once
		closeAll()
		before := p.resident(t)
		closeAll = open(t, p, sessions)
		time.Sleep(3 * time.Second) // for the proxy to give back what it needed to connect
		after := p.resident(t)
		closeAll()
		fmt.Printf("%-16s %12d %12d %14.1f\n", p.name, before, after, float64(after-before)/float64(sessions))
	}
	fmt.Println("\ntarget: at most 12 KiB")
}

// open opens sessions that have run one query.
func open(t *testing.T, p proxy, n int) (closeAll func()) {
	t.Helper()
	c := mysql.NewConfig()
	c.User, c.Passwd, c.DBName = enginetest.AppUser, enginetest.AppPassword, "app"
	c.Net, c.Addr, c.Logger = "tcp", fmt.Sprint("127.0.0.1:", p.port), &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	var list []driver.Conn
	for i := range n {
		conn, err := connector.Connect(t.Context())
		if err != nil {
			t.Fatalf("%s: session %d: %v", p.name, i+1, err)
		}
		if err := query(t.Context(), conn, "SELECT 1"); err != nil {
			t.Fatalf("%s: session %d: %v", p.name, i+1, err)
		}
		list = append(list, conn)
	}
	return func() {
		for _, c := range list {
			_ = c.Close()
		}
	}
}
