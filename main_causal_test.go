//go:build !js

package main

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure that a read in a read-only transaction on a replica sees what others have
// written before it, as far as causal_reads promises that: it waits, and is an error
// when that takes too long, which the transaction survives.
func TestRealCausalReadsInTransaction(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	root(t, primary, "CREATE TABLE t (a INT)")
	primary.WaitReplicated(t, replica)
	root(t, replica, "STOP SLAVE", "CHANGE MASTER TO master_delay=2", "START SLAVE")
	p := start(t, "-config", splitting(t, map[string]string{
		"local": "causal_reads=local", "global": "causal_reads=global", "universal": "causal_reads=universal",
		"impatient": "causal_reads=universal\ncausal_reads_timeout=100ms", "none": "",
	}, primary, replica))
	for number, tt := range []struct {
		service, writer string
		want            string
	}{
		{"local", "local", "0 of 2"},
		{"global", "global", "1 of 2"},
		{"universal", "none", "1 of 2"},
		{"impatient", "none", "error 1792"},
	} {
		t.Run(tt.service, func(t *testing.T) {
			c, other := p.connect(t, tt.service+"-Listener", appUser("reader")), p.connect(t, tt.writer+"-Listener", appUser("writer"))
			run(t, c, "START TRANSACTION READ ONLY")
			run(t, other, fmt.Sprintf("INSERT INTO t VALUES (%d)", number))
			get := func() (got string) {
				err := c.QueryRowContext(t.Context(), fmt.Sprintf("SELECT CONCAT(COUNT(*), ' of ', @@server_id) FROM t WHERE a = %d", number)).Scan(&got)
				if n := errorNumber(err); n != 0 {
					return fmt.Sprint("error ", n)
				}
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			if got := get(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			run(t, c, "COMMIT")
		})
	}
}

// Ensure that causal_reads=universal asks the primary once for each read, over the
// session's own connection, and fast_universal reads from whichever replica has what
// the answer says, before it falls back to the primary.
func TestRealCausalReadsUniversal(t *testing.T) {
	primary, late, good := enginetest.StartTrio(t)
	root(t, primary, "CREATE TABLE t (a INT)")
	primary.WaitReplicated(t, late)
	root(t, late, "STOP SLAVE", "CHANGE MASTER TO master_delay=3600", "START SLAVE")
	file := splitting(t, map[string]string{"universal": "causal_reads=universal\ncausal_reads_timeout=100ms", "fast": "causal_reads=fast_universal"}, primary, late, good)
	edit(t, file, "servers=server1,server2\n", "servers=server1,server2,server3\n")
	p := start(t, "-config", file)
	root(t, primary, "SET GLOBAL log_output='TABLE'", "SET GLOBAL general_log=1")
	const read = "SELECT CONCAT(COUNT(*), ' of ', @@server_id) FROM t"
	for number, tt := range []struct{ service, want string }{{"fast", "1 of 3"}, {"universal", "2 of 1"}} {
		t.Run(tt.service, func(t *testing.T) {
			c := p.connect(t, tt.service+"-Listener", appUser("reader"))
			id := threadOf(t, p, c)
			run(t, c, fmt.Sprintf("INSERT INTO t VALUES (%d)", number))
			primary.WaitReplicated(t, good)
			time.Sleep(time.Second) // until the monitor has seen that
			if got := query[string](t, c, read); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			var asked int
			err := primary.Open(t, "root", "").QueryRow("SELECT COUNT(*) FROM mysql.general_log WHERE thread_id = ? AND argument LIKE 'SELECT @@%gtid%'", id).Scan(&asked)
			if err != nil || asked != 1 {
				t.Errorf("the primary was asked %d times, want once: %v", asked, err)
			}
		})
	}
}

// threadOf returns the thread of the primary that executes what c writes.
func threadOf(t *testing.T, p *program, c *sql.Conn) uint64 {
	t.Helper()
	s, err := p.engine.Session(query[uint64](t, c, "SELECT CONNECTION_ID()"))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range s.Info().Backends {
		if b.Primary {
			return b.ConnectionID
		}
	}
	t.Fatal("the session has no primary")
	return 0
}
