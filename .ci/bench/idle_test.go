package bench

import (
	"database/sql/driver"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// TestIdleSessions opens sessions that run one query and then do nothing, and
// prints what each of them adds to the proxy's resident memory.
func TestIdleSessions(t *testing.T) {
	// A machine may allow fewer files: readwritesplit has three a session.
	sessions := number(t, "SESSIONS", 10_000)
	primary, replica := enginetest.StartPair(t)
	for _, m := range []*enginetest.MariaDB{primary, replica} {
		if _, err := m.Open(t, "root", "").Exec("SET GLOBAL max_connections = 12000"); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Printf("\nresident memory of a proxy, idle sessions that have run one query\n\n")
	fmt.Printf("%-16s %10s %12s %12s %14s\n", "", "sessions", "before KiB", "after KiB", "KiB a session")
	for _, one := range []struct {
		start func() proxy
		files int // of the proxy, a session
	}{
		{func() proxy { return startHAProxy(t, primary) }, 3}, // it keeps some back: see its maxconn
		{func() proxy { return startSignalbox(t, configuration{router: "readconnroute", primary: primary}) }, 2},
		{func() proxy {
			return startSignalbox(t, configuration{router: "readwritesplit", primary: primary, replica: replica})
		}, 3},
	} {
		n := min(sessions, (files(t)-500)/one.files)
		p := one.start()
		closeAll := open(t, p, 50) // what the first sessions cost once
		closeAll()
		before := p.resident(t)
		closeAll = open(t, p, n)
		time.Sleep(15 * time.Second) // a session rests when it has been idle for ten seconds
		after := p.resident(t)
		closeAll()
		fmt.Printf("%-16s %10d %12d %12d %14.1f\n", p.name, n, before, after, float64(after-before)/float64(n))
	}
	fmt.Println("\ntargets: readconnroute at most 6 KiB, readwritesplit at most 9 KiB")
}

// files is how many files a process may have open.
func files(t *testing.T) int {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	return int(limit.Max)
}

// TestConnects prints what it costs a proxy when a client connects and leaves, four
// of them at a time.
func TestConnects(t *testing.T) {
	rounds, clients := number(t, "ROUNDS", 5), number(t, "CONNECTS", 2000)
	primary, replica := enginetest.StartPair(t)
	favour(primary.PID())
	favour(replica.PID())
	proxies := []proxy{
		startHAProxy(t, primary),
		startSignalbox(t, configuration{router: "readconnroute", primary: primary}),
		startSignalbox(t, configuration{router: "readwritesplit", primary: primary, replica: replica}),
	}
	used := make([][]result, len(proxies))
	for round := range rounds {
		for i := range proxies {
			i = (i + round) % len(proxies)
			connector, before := connectorOf(t, proxies[i]), proxies[i].cpu(t)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for range clients / 4 {
						conn, err := connector.Connect(t.Context())
						if err != nil {
							t.Error(err)
							return
						}
						_ = conn.Close()
					}
				})
			}
			wg.Wait()
			used[i] = append(used[i], result{cpu: (proxies[i].cpu(t) - before) / float64(clients)})
		}
	}
	fmt.Printf("\nconnect and close, four clients at a time, median of %d rounds of %d\n\n", rounds, clients)
	for i, p := range proxies {
		m := median(used[i]).cpu
		fmt.Printf("%-16s %10.0f µs of the proxy's CPU, %s of HAProxy's\n", p.name, m, ratio(m, median(used[0]).cpu))
	}
	fmt.Println("\ntarget: readconnroute at most 200 µs")
}

// connectorOf connects to p as the application.
func connectorOf(t *testing.T, p proxy) driver.Connector {
	t.Helper()
	c := mysql.NewConfig()
	c.User, c.Passwd, c.DBName = enginetest.AppUser, enginetest.AppPassword, "app"
	c.Net, c.Addr, c.Logger = "tcp", fmt.Sprint("127.0.0.1:", p.port), &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	return connector
}

// open opens sessions that have run one query.
func open(t *testing.T, p proxy, n int) (closeAll func()) {
	t.Helper()
	connector := connectorOf(t, p)
	var list []driver.Conn
	for i := range n {
		conn, err := connector.Connect(t.Context())
		if err == nil {
			err = query(t.Context(), conn, "SELECT 1")
		}
		if err != nil {
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
