// Package conformance runs other people's tests and clients against a real
// MariaDB, directly and through each router of a running Signalbox, and
// compares what they say line by line. Whatever differs is a fault of the
// proxy, unless differences.txt explains it.
//
// SIGNALBOX names the program to test; without it everything is skipped.
// .ci/conformance.sh installs what is needed and sets it.
package conformance

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// Accounts and schema that the suites use.
const (
	root     = "root"
	password = "root-pw"
	schema   = "test"
)

// way is a way to the database: directly, or through a service.
type way struct {
	name    string
	addr    string // host:port
	dir     string // of what the server and the tests of MariaDB share, if it is one for those
	service string // "" for the direct way
	server  *enginetest.MariaDB
}

func (w way) host() string { host, _, _ := net.SplitHostPort(w.addr); return host }
func (w way) port() string { _, port, _ := net.SplitHostPort(w.addr); return port }

// open opens a pool as root. It is closed when the test ends.
func (w way) open(t testing.TB, schema, parameters string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)/%s?%s", root, password, w.addr, schema, parameters))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// bench is what all suites run on: database servers and the proxy in front.
//
// The suites expect to read what they have written at once, which a replica
// does not promise. So the servers between which "split" splits are one server
// under two addresses; "pair" has a real replica, for what can wait for it.
type bench struct {
	direct, conn, split way   // one server
	pairDirect, pair    way   // a primary with a replica
	main                []way // servers for MariaDB's main suite, one for each way
	primary, replica    *enginetest.MariaDB
	results             string // folder for what the suites have printed
}

// Ensure that every client and every suite sees through each router what it
// sees without a proxy.
func TestConformance(t *testing.T) {
	program := os.Getenv("SIGNALBOX")
	if program == "" {
		t.Skip("SIGNALBOX names no program; .ci/conformance.sh does")
	}
	_ = mysql.SetLogger(&mysql.NopLogger{})
	newBench(t, program).compare(t, suites)
}

// compare runs suites on all ways.
func (b *bench) compare(t *testing.T, suites []suite) {
	t.Helper()
	known := readDifferences(t)
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) {
			began := time.Now()
			ways := s.waysOf(b)
			said := s.transcripts(t, b, ways)
			want := said[0]
			if len(want) < s.least {
				t.Fatalf("%s says %d things directly, want %d or more: see %s", s.name, len(want), s.least, b.results)
			}
			for i, w := range ways[1:] {
				t.Run(w.name, func(t *testing.T) { compare(t, s, w.name, want, said[i+1], known) })
			}
			for _, d := range known {
				if d.suite == s.name && !d.seen {
					t.Logf("differences.txt: %s %s %s did not happen", d.suite, d.way, d.line)
				}
			}
			t.Logf("%d results compared in %d s", len(want), int(time.Since(began).Seconds()))
		})
	}
}

// suite is a set of tests of somebody else's, or a client that does a day's
// work.
type suite struct {
	name      string
	run       func(t *testing.T, b *bench, w way) []byte // everything that it prints
	lines     func(output []byte) []string               // what of that is to be equal; nil for all of it
	least     int                                        // lines there are at least, or something is wrong
	ways      func(*bench) []way                         // the direct way and those through the proxy; nil for one server
	sequences bool                                       // what stands before ", " is a sequence, of which only the first difference says anything
	apart     bool                                       // each way has a server of its own, so that they are gone together
}

// waysOf returns the direct way and those to compare it with.
func (s suite) waysOf(b *bench) []way {
	if s.ways == nil {
		return []way{b.direct, b.conn, b.split}
	}
	return s.ways(b)
}

// transcripts returns what s says on each way.
func (s suite) transcripts(t *testing.T, b *bench, ways []way) [][]string {
	t.Helper()
	said := make([][]string, len(ways))
	t.Run("run", func(t *testing.T) {
		for i, w := range ways {
			t.Run(w.name, func(t *testing.T) {
				if s.apart {
					t.Parallel()
				}
				said[i] = s.transcript(t, b, w)
			})
		}
	})
	return said
}

// transcript runs s from an empty schema and returns what it says.
func (s suite) transcript(t *testing.T, b *bench, w way) []string {
	t.Helper()
	db := w.server.Open(t, root, "")
	defer db.Close() // there may be thousands of transcripts
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + schema, "CREATE DATABASE " + schema + " CHARACTER SET utf8mb4"} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if w.server == b.primary {
		b.primary.WaitReplicated(t, b.replica)
	}
	output := s.run(t, b, w)
	if err := os.WriteFile(filepath.Join(b.results, s.name+"-"+w.name+".log"), output, 0o644); err != nil {
		t.Fatal(err)
	}
	if s.lines != nil {
		return s.lines(output)
	}
	return strings.Split(strings.TrimSuffix(string(output), "\n"), "\n")
}

func (b *bench) mainWays() []way { return b.main }
func (b *bench) pairWays() []way { return []way{b.pairDirect, b.pair} }

// newBench starts the servers and the proxy.
func newBench(t *testing.T, program string) *bench {
	t.Helper()
	alone := enginetest.StartMariaDB(t)
	primary, replica := enginetest.StartPair(t)
	b := &bench{
		primary: primary, replica: replica, results: resultsFolder(t),
		direct:     way{name: "direct", addr: alone.Addr(), server: alone},
		pairDirect: way{name: "direct", addr: primary.Addr(), server: primary},
		conn:       way{name: "readconnroute", service: "Conn", addr: free(t), server: alone},
		split:      way{name: "readwritesplit", service: "Split", addr: free(t), server: alone},
		pair:       way{name: "readwritesplit", service: "Pair", addr: free(t), server: primary},
	}
	b.main = startMain(t)
	startProxy(t, b, program, configuration(t, b, t.TempDir()), append([]way{b.conn, b.split, b.pair}, b.main[1:]...))
	return b
}

// resultsFolder makes the folder for what the suites print.
func resultsFolder(t *testing.T) string {
	t.Helper()
	results, err := filepath.Abs("../test-results/conformance")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(results, 0o755); err != nil {
		t.Fatal(err)
	}
	return results
}

// free returns a TCP address on which nobody listens now.
func free(t *testing.T) string {
	t.Helper()
	return fmt.Sprint("127.0.0.1:", enginetest.FreePort(t))
}

// configuration is a MaxScale-style configuration for b. A server is there
// under two addresses, so that readwritesplit has something to split.
func configuration(t *testing.T, b *bench, dir string) string {
	t.Helper()
	c := newSetup(t, dir)
	const master = "readconnroute\nrouter_options=master"
	alone := c.twice("alone", b.direct.server)
	c.service(b.conn, master, alone)
	c.service(b.split, "readwritesplit", alone)
	c.server("primary", tcp(b.primary))
	c.server("replica", tcp(b.replica))
	c.monitor("pair", "primary,replica")
	c.service(b.pair, "readwritesplit\ncausal_reads=local", "primary,replica")
	c.service(b.main[1], master, c.twice("main1", b.main[1].server))
	c.service(b.main[2], "readwritesplit", c.twice("main2", b.main[2].server))
	return c.write(t, dir)
}

// setup is a configuration in the making.
type setup struct {
	strings.Builder
	listener string // what all listeners have
}

func newSetup(t *testing.T, dir string) *setup {
	t.Helper()
	c := &setup{}
	_, admin, _ := net.SplitHostPort(free(t))
	fmt.Fprintf(c, "[maxscale]\nadmin_host=127.0.0.1\nadmin_port=%s\ndatadir=%s\nlogdir=%s\nusers_refresh_time=0s\nmax_auth_errors_until_block=0\n", admin, dir, dir)
	return c
}

func tcp(m *enginetest.MariaDB) string { return fmt.Sprintf("address=%s\nport=%d", m.Host, m.Port) }

func (c *setup) server(name, where string) { fmt.Fprintf(c, "[%s]\ntype=server\n%s\n", name, where) }

func (c *setup) monitor(name, servers string) {
	fmt.Fprintf(c, "[%s-Monitor]\ntype=monitor\nmodule=mariadbmon\nservers=%s\nuser=%s\npassword=%s\nmonitor_interval=500ms\n", name, servers, enginetest.MonitorUser, enginetest.MonitorPassword)
	fmt.Fprint(c, "backend_connect_timeout=60s\nbackend_read_timeout=60s\n") // a busy machine is no dead server
}

// twice adds a server under two addresses and returns their names.
func (c *setup) twice(name string, m *enginetest.MariaDB) string {
	c.server(name, tcp(m))
	c.server(name+"-again", "socket="+m.Socket())
	servers := name + "," + name + "-again"
	c.monitor(name, servers+"\nassume_primary="+name)
	return servers
}

func (c *setup) service(w way, router, servers string) {
	fmt.Fprintf(c, "[%s]\ntype=service\nrouter=%s\nservers=%s\nuser=%s\npassword=%s\nenable_root_user=true\n", w.service, router, servers, enginetest.ServiceUser, enginetest.ServicePassword)
	fmt.Fprintf(c, "[%s-Listener]\ntype=listener\nservice=%s\naddress=%s\nport=%s\n%s", w.service, w.service, w.host(), w.port(), c.listener)
}

// write writes the file and returns its name.
func (c *setup) write(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "signalbox.cnf")
	if err := os.WriteFile(file, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// startProxy starts program, configured by file, until the test ends, and waits
// until its services, the ways, answer.
func startProxy(t *testing.T, b *bench, program, file string, ways []way) {
	t.Helper()
	log, err := os.Create(filepath.Join(b.results, "signalbox.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	command := exec.Command(program, "-config", file)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("signalbox: %v: see %s", err, log.Name())
		}
		text, _ := os.ReadFile(log.Name())
		if bytes.Contains(text, []byte("panic")) {
			t.Errorf("signalbox panicked: see %s", log.Name())
		}
	})
	for _, w := range ways {
		db := w.open(t, "", "")
		for deadline := time.Now().Add(30 * time.Second); db.Ping() != nil; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("service %s does not answer: %v: see %s", w.service, db.Ping(), log.Name())
			}
		}
		_ = db.Close()
	}
}

// commandTimeout ends what waits forever.
const commandTimeout = 3 * time.Minute

// command runs a program to its end and returns what it prints. A program that
// fails says so in its last line.
func command(t *testing.T, dir string, env []string, name string, arguments ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	c := exec.CommandContext(ctx, name, arguments...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	c.WaitDelay = time.Second
	out, err := c.CombinedOutput()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		out = append(out, "exit status: "+strconv.Itoa(e.ExitCode())+"\n"...)
	} else if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}
