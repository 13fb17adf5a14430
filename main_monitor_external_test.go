//go:build !js

package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// This file has the monitor look after clusters of real MariaDB servers that are
// not as they should be.

// replicateFrom is the statement that has a server replicate from another one.
func replicateFrom(name string, m *enginetest.MariaDB) string {
	return fmt.Sprintf("CHANGE MASTER '%s' TO master_host='127.0.0.1', master_port=%d, master_user='replica', master_password='replica-pw', master_use_gtid=slave_pos", name, m.Port)
}

// waitSource waits until a server replicates from source and from nobody else.
func waitSource(t *testing.T, m, source *enginetest.MariaDB) {
	t.Helper()
	want := []string{fmt.Sprintf(":%d io=Yes sql=Yes tls=No", source.Port)}
	waitFor(t, fmt.Sprint("replication from ", want), func() bool { return cmp.Equal(want, sources(t, m)) })
}

// Ensure that replication from a server outside of the cluster goes with the
// primary, in a switchover, in a failover and in one that is undone.
func TestRealExternalSource(t *testing.T) {
	external := enginetest.StartMariaDB(t, "--server-id=9", "--gtid-domain-id=9")
	promote := sqlFile(t, "promote.sql", "DO 1")
	p, servers := trio(t, "promotion_sql_file="+promote, "servers_no_promotion=server3")
	admin := p.firstAdmin(t)
	p.waitStates(t, healthyTrio)
	must(t, external, "CREATE TABLE app.outside (n INT)")
	must(t, servers[0], replicateFrom("from outside", external), "START SLAVE 'from outside'")
	p.waitStates(t, "Master, Slave of External Server, Running | Slave, Running | Slave, Running")
	written := 0
	arrives := func(at ...*enginetest.MariaDB) {
		t.Helper()
		written++
		must(t, external, fmt.Sprintf("INSERT INTO app.outside VALUES (%d)", written))
		for _, m := range at {
			waitFor(t, "a row from outside", func() bool { return ask(t, m, "SELECT COUNT(*) FROM app.outside")[0] == strconv.Itoa(written) })
		}
	}
	outside := []string{fmt.Sprintf("from outside:%d io=Yes sql=Yes tls=No", external.Port)}
	arrives(servers[:]...)

	p.orderDone(t, admin, "switchover", "Monitor", "server2")
	p.waitStates(t, "Slave, Running | Master, Slave of External Server, Running | Slave, Running")
	if diff := cmp.Diff(outside, sources(t, servers[1])); diff != "" {
		t.Errorf("the new primary (-want +got):\n%s", diff)
	}
	waitSource(t, servers[0], servers[1])
	waitSource(t, servers[2], servers[1])
	arrives(servers[:]...)

	if err := os.WriteFile(promote, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, body := p.order(t, admin, http.MethodPost, "switchover", "Monitor", "server1")
	for _, want := range []string{"line 1 of " + promote, "undone: server1 is a replica again", "undone: server2 replicates as before", "undone: server2 is writable again"} {
		if status != http.StatusBadRequest || !strings.Contains(body, want) {
			t.Errorf("got %d %s, want %q", status, body, want)
		}
	}
	p.waitStates(t, "Slave, Running | Master, Slave of External Server, Running | Slave, Running")
	arrives(servers[:]...)
	if err := os.WriteFile(promote, nil, 0o600); err != nil {
		t.Fatal(err)
	}

	servers[1].Stop(t)
	p.waitStates(t, "Slave, Running | Down | Slave, Running")
	p.orderDone(t, admin, "failover", "Monitor")
	p.waitStates(t, "Master, Slave of External Server, Running | Down | Slave, Running")
	if diff := cmp.Diff(outside, sources(t, servers[0])); diff != "" {
		t.Errorf("after the failover (-want +got):\n%s", diff)
	}
	arrives(servers[0], servers[2])
	servers[1].Start(t)
	p.waitStates(t, "Master, Slave of External Server, Running | Slave of External Server, Running | Slave, Running")
	p.orderDone(t, admin, "rejoin", "Monitor", "server2")
	p.waitStates(t, "Master, Slave of External Server, Running | Slave, Running | Slave, Running")
	waitSource(t, servers[1], servers[0])
	arrives(servers[:]...)
}

// Ensure that enforce_simple_topology puts servers where they belong, that
// read_only is then as the parameters want it, and that a primary that was down
// before the monitor started is replaced too.
func TestRealSimpleTopology(t *testing.T) {
	var servers [3]*enginetest.MariaDB
	servers[0], servers[1], servers[2] = enginetest.StartTrio(t)
	external := enginetest.StartMariaDB(t, "--server-id=9", "--gtid-domain-id=9")
	readOnly := func(t *testing.T, i int, want string) {
		t.Helper()
		waitFor(t, fmt.Sprintf("read_only of server%d to be %s", i+1, want), func() bool { return ask(t, servers[i], "SELECT @@read_only")[0] == want })
	}
	// One below another, and one with two sources.
	must(t, servers[2], "STOP SLAVE", replicateFrom("", servers[1]), "START SLAVE", "SET GLOBAL read_only=0")
	must(t, servers[1], replicateFrom("more", external), "START SLAVE 'more'", "SET GLOBAL read_only=0")
	file := monitored(t, servers[:], "enforce_simple_topology=true", "enforce_read_only_servers=true", "enforce_writable_master=true", "failcount=2")
	t.Run("put-right", func(t *testing.T) {
		p := start(t, "-config", file)
		p.waitStates(t, healthyTrio)
		waitSource(t, servers[1], servers[0])
		waitSource(t, servers[2], servers[0])
		readOnly(t, 0, "0")
		readOnly(t, 1, "1")
		readOnly(t, 2, "1")
		must(t, servers[0], "SET GLOBAL read_only=1")
		must(t, servers[1], "SET GLOBAL read_only=0")
		readOnly(t, 0, "0")
		readOnly(t, 1, "1")
		// One that replicates from nobody is brought in, and read-only at once.
		must(t, servers[2], "STOP SLAVE", "RESET SLAVE ALL", "SET GLOBAL read_only=0")
		readOnly(t, 2, "1")
		waitSource(t, servers[2], servers[0])
	})
	servers[0].Stop(t)
	t.Run("primary-never-seen", func(t *testing.T) {
		p := start(t, "-config", file)
		p.waitStates(t, "Down | Master, Running | Slave, Running")
		readOnly(t, 1, "0")
		waitSource(t, servers[2], servers[1])
	})
}

// Ensure that a primary that the monitor does not reach stays the primary as long
// as replicas hear of it, and no longer.
func TestRealVerifiedFailure(t *testing.T) {
	var servers [3]*enginetest.MariaDB
	servers[0], servers[1], servers[2] = enginetest.StartTrio(t)
	for _, m := range servers[1:] {
		must(t, m, "STOP SLAVE", "CHANGE MASTER TO master_heartbeat_period=0.2", "START SLAVE")
	}
	file := monitored(t, servers[:], "auto_failover=true", "failcount=2", "master_failure_timeout=3s")
	between := enginetest.StartFaultProxy(t, net.JoinHostPort("127.0.0.1", strconv.Itoa(servers[0].Port)))
	edit(t, file, fmt.Sprintf("\nport=%d\n", servers[0].Port), fmt.Sprintf("\nport=%d\n", between.Port))
	p := start(t, "-config", file)
	p.waitStates(t, healthyTrio)
	between.Cut()
	p.waitStates(t, "Down | Slave, Running | Slave, Running")
	waitFor(t, "the reason why nothing is done", func() bool {
		return strings.Contains(p.out.(*output).String(), "no failover: server2 still hears of the primary server1")
	})
	ticks := func() int64 { return p.engine.Monitors()[0].Ticks }
	until := ticks() + 20 // more than three seconds
	waitFor(t, "ticks", func() bool { return ticks() >= until })
	if got := p.states(t); got != "Down | Slave, Running | Slave, Running" {
		t.Errorf("got %s: a failover in spite of what replicas hear", got)
	}
	servers[0].Stop(t)
	p.waitStates(t, "Down | Master, Running | Slave, Running")
}
