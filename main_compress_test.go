//go:build !js

package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure that clients that compress get the same as others, and fewer bytes.
func TestRealCompression(t *testing.T) {
	primary := enginetest.StartMariaDB(t)
	p := start(t, "-config", configuration(t, primary))
	relay := newRelay(t, listenerAddress(p.engine, "RW-Listener"))

	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)/app?compress=true&maxAllowedPacket=0", enginetest.AppUser, enginetest.AppPassword, relay.address))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run(t, c, "CREATE TABLE t (a INT PRIMARY KEY, b LONGBLOB)")
	const packet = 1<<24 - 1
	for i, size := range []int{1, 49, 50, 51, 100_000, packet - 40, packet, packet + 1} {
		want := bytes.Repeat([]byte("signal "), size/7+1)[:size]
		before := relay.bytes.Load()
		run(t, c, "REPLACE INTO t VALUES (?, ?)", i, want)
		if got := query[[]byte](t, c, "SELECT b FROM t WHERE a = ?", i); !bytes.Equal(got, want) {
			t.Errorf("%d bytes came back as %d", size, len(got))
		}
		if moved := relay.bytes.Load() - before; size > 1000 && moved > int64(size)/10 {
			t.Errorf("%d bytes each way took %d on the network", size, moved)
		}
	}
	realCompressedClient(t, relay.address)
	realCompressedKill(t, p, relay.address)
}

// compressedClient prepares the mariadb client, which compresses.
func compressedClient(t *testing.T, address, statements string) *exec.Cmd {
	t.Helper()
	host, port, _ := net.SplitHostPort(address)
	return exec.CommandContext(t.Context(), "mariadb", "--compress", "--local-infile", "-h"+host, "-P"+port,
		"-u"+enginetest.AppUser, "-p"+enginetest.AppPassword, "app", "-N", "-B", "-e", statements)
}

// realCompressedClient runs the mariadb client with what is large in both
// directions.
func realCompressedClient(t *testing.T, address string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rows")
	var rows strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&rows, "%d\tthe row of number %d\n", 1000+i, i)
	}
	if err := os.WriteFile(file, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := compressedClient(t, address, "LOAD DATA LOCAL INFILE '"+file+"' INTO TABLE t; SELECT * FROM t WHERE a >= 1000 ORDER BY a").CombinedOutput()
	if err != nil || string(out) != rows.String() {
		t.Errorf("got %d bytes of %d, %v: %.200s", len(out), rows.Len(), err, out)
	}
	out, err = compressedClient(t, address, "SELECT nonsense").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "ERROR 1054") {
		t.Errorf("got %v, %s, want error 1054", err, out)
	}
}

// realCompressedKill kills a client that compresses while its statement runs.
func realCompressedKill(t *testing.T, p *program, address string) {
	t.Helper()
	done := make(chan string, 1)
	go func() {
		out, err := compressedClient(t, address, "SELECT SLEEP(120)").CombinedOutput()
		done <- fmt.Sprint(string(out), err)
	}()
	var id uint64
	waitFor(t, "the statement", func() bool {
		for _, s := range p.engine.Sessions() {
			if i := s.Info(); i.Activity.Statement == "SELECT SLEEP(120)" {
				id = i.ID
			}
		}
		return id > 0
	})
	if status, body := p.call(t, p.firstAdmin(t), http.MethodDelete, fmt.Sprintf("/v1/sessions/%d", id), ""); status/100 != 2 {
		t.Fatalf("kill: %d %s", status, body)
	}
	if got := <-done; !strings.Contains(got, "ERROR 1927") {
		t.Errorf("the client got %s, want error 1927", got)
	}
}

// relay passes connections on and counts their bytes.
type relay struct {
	address string
	bytes   atomic.Int64
}

func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	r := &relay{address: l.Addr().String()}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = client.Close()
				continue
			}
			go r.pass(server, client)
			go r.pass(client, server)
		}
	}()
	return r
}

func (r *relay) pass(to, from net.Conn) {
	memory := make([]byte, 1<<16)
	for {
		n, err := from.Read(memory)
		r.bytes.Add(int64(n))
		if n > 0 {
			if _, werr := to.Write(memory[:n]); werr != nil {
				err = io.EOF
			}
		}
		if err != nil {
			_ = to.Close()
			return
		}
	}
}
