package engine_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/enginetest"
	allmodules "github.com/signalbox/signalbox/engine/modules"
)

// soakEnv is the environment variable that says how long TestSoak runs, as 15m.
const soakEnv = "SIGNALBOX_SOAK"

const soakConfiguration = `
[maxscale]
[server1]
type=server
address=%s
port=%d
[server2]
type=server
address=%s
port=%d
[Monitor]
type=monitor
module=mariadbmon
servers=server1,server2
user=%s
password=%s
monitor_interval=500ms
%s
replication_user=%s
replication_password=%s
[Hint]
type=filter
module=hintfilter
[Rows]
type=filter
module=maxrows
max_resultset_rows=100000
[Split]
type=service
router=readwritesplit
servers=server1,server2
user=%s
password=%s
[Listener]
type=listener
service=Split
address=127.0.0.1
port=%d
`

// soak is a proxy in front of real servers with clients that check their answers.
type soak struct {
	*engine.Engine
	t                *testing.T
	primary, replica *enginetest.MariaDB // of the moment; owned by disturb
	first            *enginetest.MariaDB // the one that is server1
	address          string
	all              []*soakClient // constant once disturb has been started

	answers, wrong    atomic.Int64
	failures, excused atomic.Int64
	blame             atomic.Int64                     // statements that what was done may have cost
	during            atomic.Pointer[func(error) bool] // while every client may fail: what else it may fail with

	// Owned by disturb.
	changes map[string]int
	root    map[string]*sql.DB // by the server's name
}

// clients is how many there are.
const clients = 50

// soakLevel is what the process uses: the heap without what is kept of sessions
// that have ended, which has a limit of its own.
type soakLevel struct {
	heap, goroutines, files, sessions int
}

func (s *soak) level() soakLevel {
	return soakLevel{heap: heapInUse() - int(engine.EndedBytes(s.Engine)), goroutines: runtime.NumGoroutine(), files: openFiles(s.t), sessions: len(s.Sessions())}
}

// heapInUse is how many bytes are in use after a collection.
func heapInUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// openFiles is how many descriptors the process has, 0 where nobody can say it.
func openFiles(t *testing.T) int {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Log(err)
	}
	return len(files)
}

func (l soakLevel) String() string {
	return fmt.Sprintf("%d KiB of heap, %d goroutines, %d files, %d sessions", l.heap>>10, l.goroutines, l.files, l.sessions)
}

// mean returns the mean of levels.
func mean(levels []soakLevel) (l soakLevel) {
	n := max(len(levels), 1)
	for _, one := range levels {
		l.heap, l.goroutines, l.files, l.sessions = l.heap+one.heap, l.goroutines+one.goroutines, l.files+one.files, l.sessions+one.sessions
	}
	return soakLevel{l.heap / n, l.goroutines / n, l.files / n, l.sessions / n}
}

// startReal starts a proxy in front of real servers, of which it reaches the
// replica at replicaPort. parameters are further ones of the monitor.
func startReal(t *testing.T, primary, replica *enginetest.MariaDB, replicaPort int, parameters ...string) *soak {
	t.Helper()
	s := &soak{t: t, changes: map[string]int{}, primary: primary, replica: replica, first: primary}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = free.Addr().String()
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	all := allmodules.All()
	text := fmt.Sprintf(soakConfiguration, s.primary.Host, s.primary.Port, s.replica.Host, replicaPort,
		enginetest.MonitorUser, enginetest.MonitorPassword, strings.Join(parameters, "\n"), enginetest.ReplicaUser, enginetest.ReplicaPassword, enginetest.ServiceUser, enginetest.ServicePassword, port)
	objects, _, err := config.Parse("soak.cnf", strings.NewReader(text), all.Declarations())
	if err != nil {
		t.Fatal(err)
	}
	if s.Engine, err = engine.New(engine.Options{Objects: objects, Modules: all, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// open returns a pool of one connection through the proxy.
func (s *soak) open() *sql.DB {
	s.t.Helper()
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.DBName, cfg.Net, cfg.Addr = enginetest.AppUser, enginetest.AppPassword, "app", "tcp", s.address
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	s.t.Cleanup(func() { _ = db.Close() })
	return db
}

// nameOf is the proxy's name for a server.
func (s *soak) nameOf(m *enginetest.MariaDB) string {
	if m == s.first {
		return "server1"
	}
	return "server2"
}

// Ensure clients of real servers get right answers and lose nothing that they
// were promised, whatever is done to other sessions and to servers, and that the
// proxy uses no more memory, goroutines and files for it as time goes by.
func TestSoak(t *testing.T) {
	long := 10 * time.Second
	if text := os.Getenv(soakEnv); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("%s: %v", soakEnv, err)
		}
		long = d
	}
	primary, replica := enginetest.StartPair(t)
	primary.LetMonitorChange(t)
	s := startReal(t, primary, replica, replica.Port, "backend_connect_timeout=10s") // the machine may be busy
	s.root = map[string]*sql.DB{"server1": primary.Open(t, "root", "app"), "server2": replica.Open(t, "root", "app")}
	if _, err := s.root["server1"].Exec("CREATE TABLE soak (client INT, n INT, PRIMARY KEY (client, n))"); err != nil {
		t.Fatal(err)
	}
	primary.WaitReplicated(t, replica)
	defer s.Watch(func(c engine.Change) {
		if states := s.states(); c.Kind == engine.ServerObject && c.Notable && strings.Contains(states, "Down") {
			t.Logf("the servers are %s", states)
		}
	})()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	var wg sync.WaitGroup
	for i := range clients {
		s.startClient(ctx, i+1, &wg)
	}
	wg.Go(func() { s.disturb(ctx) })
	levels := s.watch(ctx, long)
	wg.Wait()
	for _, c := range s.all {
		_ = c.db.Close()
		if err := c.verify(t.Context(), s.root[s.nameOf(s.primary)]); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%s; done: %v", s.tally(), s.changes)
	if failures, blame := s.failures.Load(), s.blame.Load(); failures > blame {
		t.Errorf("%d statements failed, though what was done can have cost %d only", failures, blame)
	}
	third := len(levels) / 3
	before, after := mean(levels[third:2*third]), mean(levels[2*third:])
	t.Logf("mean of the second third: %v; of the last: %v", before, after)
	if after.heap > before.heap+4<<20 || after.goroutines > before.goroutines+30 || after.files > before.files+30 {
		t.Errorf("it has grown: %v in the second third, %v in the last", before, after)
	}
	s.checkNothingLeft()
}

// tally says what the clients have seen so far.
func (s *soak) tally() string {
	return fmt.Sprintf("%d answers, %d failures of at most %d, %d more while servers changed their parts, %d wrong",
		s.answers.Load(), s.failures.Load(), s.blame.Load(), s.excused.Load(), s.wrong.Load())
}

// checkNothingLeft checks that nothing is left of sessions whose clients have
// gone.
func (s *soak) checkNothingLeft() {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); len(s.Sessions()) > 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			s.t.Fatalf("%d sessions are left", len(s.Sessions()))
		}
	}
	for _, server := range s.Servers() {
		if server.Connections != 0 || server.ActiveOperations != 0 {
			s.t.Errorf("%s shows %d connections and %d operations", server.Object.Name, server.Connections, server.ActiveOperations)
		}
	}
}

// watch returns the levels of all along, and says from time to time how things
// are.
func (s *soak) watch(ctx context.Context, long time.Duration) (levels []soakLevel) {
	tick := time.NewTicker(long / 60)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			levels = append(levels, s.level())
			if n := len(levels); n%2 == 0 {
				s.t.Logf("%v: %s, %v", long/60*time.Duration(n), s.tally(), levels[n-1])
			}
		case <-ctx.Done():
			return levels
		}
	}
}
