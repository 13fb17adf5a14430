package engine_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
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
	primary, replica *enginetest.MariaDB
	address          string

	answers, failures, wrong atomic.Int64
	changes                  map[string]int // owned by disturb
}

// soakLevel is what the process uses.
type soakLevel struct {
	heap                   uint64
	goroutines, files, now int
}

func (s *soak) level() soakLevel {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		s.t.Log(err) // not on this system
	}
	return soakLevel{m.HeapAlloc, runtime.NumGoroutine(), len(files), len(s.Sessions())}
}

func (l soakLevel) String() string {
	return fmt.Sprintf("%d KiB of heap, %d goroutines, %d files, %d sessions", l.heap>>10, l.goroutines, l.files, l.now)
}

// startReal starts a proxy in front of real servers, of which it reaches the
// replica at replicaPort.
func startReal(t *testing.T, primary, replica *enginetest.MariaDB, replicaPort int) *soak {
	t.Helper()
	s := &soak{t: t, changes: map[string]int{}, primary: primary, replica: replica}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = free.Addr().String()
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	all := allmodules.All()
	text := fmt.Sprintf(soakConfiguration, s.primary.Host, s.primary.Port, s.replica.Host, replicaPort,
		enginetest.MonitorUser, enginetest.MonitorPassword, enginetest.ServiceUser, enginetest.ServicePassword, port)
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

// soakClient is one client with what it knows of its rows.
type soakClient struct {
	*soak
	number   int
	db       *sql.DB
	rand     *rand.Rand
	last     int          // the newest row that it has tried to write
	promised map[int]bool // rows: true when acknowledged, false when that is not known
}

// run works until ctx is done.
func (c *soakClient) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := c.session(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		c.failures.Add(1)
		if !expected(err) {
			c.t.Errorf("client %d: %v", c.number, err)
		}
	}
}

// expected reports whether err is how a client sees a kill or a lost server. The
// driver calls its buffer busy when the error comes in with the reply before it.
func expected(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number == 1927 || e.Number == 1317 || e.Number == 2002
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, mysql.ErrBusyBuffer) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// session works on one connection until something goes wrong.
func (c *soakClient) session(ctx context.Context) error {
	conn, err := c.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for ctx.Err() == nil {
		step := []func(context.Context, *sql.Conn) error{c.echo, c.rows, c.insert, c.transaction}[c.rand.IntN(4)]
		if err := step(ctx, conn); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // its state is not known
			return err
		}
		c.answers.Add(1)
	}
	return nil
}

// check notes a wrong answer.
func (c *soakClient) check(what string, got, want int) {
	if got != want {
		c.wrong.Add(1)
		c.t.Errorf("client %d: %s: got %d, want %d", c.number, what, got, want)
	}
}

func (c *soakClient) echo(ctx context.Context, conn *sql.Conn) error {
	want, got := c.number*1_000_000+c.rand.IntN(1_000_000), 0
	if err := conn.QueryRowContext(ctx, fmt.Sprintf("SELECT %d", want)).Scan(&got); err != nil {
		return err
	}
	c.check("echo", got, want)
	if err := conn.QueryRowContext(ctx, "SELECT ? + 1", want).Scan(&got); err != nil {
		return err
	}
	c.check("prepared echo", got, want+1)
	return nil
}

func (c *soakClient) rows(ctx context.Context, conn *sql.Conn) error {
	n := 1 + c.rand.IntN(2000)
	rows, err := conn.QueryContext(ctx, fmt.Sprintf("SELECT seq + %d FROM seq_1_to_%d", c.number, n))
	if err != nil {
		return err
	}
	defer rows.Close()
	seen := 0
	for rows.Next() {
		var got int
		if err := rows.Scan(&got); err != nil {
			return err
		}
		seen++
		c.check("row", got, seen+c.number)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	c.check("rows", seen, n)
	return nil
}

func (c *soakClient) insert(ctx context.Context, conn *sql.Conn) error {
	c.last++
	c.promised[c.last] = false
	if _, err := conn.ExecContext(ctx, "INSERT INTO soak VALUES (?, ?)", c.number, c.last); err != nil {
		return err
	}
	c.promised[c.last] = true
	return nil
}

func (c *soakClient) transaction(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	first := c.last + 1
	for range 3 {
		c.last++
		c.promised[c.last] = false
		if _, err := conn.ExecContext(ctx, fmt.Sprintf("INSERT INTO soak VALUES (%d, %d)", c.number, c.last)); err != nil {
			return err
		}
	}
	var got int
	if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM soak WHERE client = ? AND n >= ?", c.number, first).Scan(&got); err != nil {
		return err
	}
	c.check("rows of its transaction", got, 3)
	if c.rand.IntN(4) == 0 {
		if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
			return err
		}
		for n := first; n <= c.last; n++ {
			delete(c.promised, n)
		}
		return nil
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		return err
	}
	for n := first; n <= c.last; n++ {
		c.promised[n] = true
	}
	return nil
}

// verify compares what is in the table with what the client was promised.
func (c *soakClient) verify(db *sql.DB) {
	rows, err := db.Query("SELECT n FROM soak WHERE client = ?", c.number)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	there := map[int]bool{}
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			c.t.Fatal(err)
		}
		there[n] = true
		if _, ok := c.promised[n]; !ok {
			c.t.Errorf("client %d: row %d is there, which was rolled back", c.number, n)
		}
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	for n, acknowledged := range c.promised {
		if acknowledged && !there[n] {
			c.t.Errorf("client %d: row %d was acknowledged and is lost", c.number, n)
		}
	}
}

// disturb does what operators and accidents do, one thing a second.
func (s *soak) disturb(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	r := rand.New(rand.NewPCG(3, 4))
	for second := 1; ; second++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		sessions := s.Sessions()
		if len(sessions) == 0 {
			continue
		}
		victim := sessions[r.IntN(len(sessions))]
		what := [...]string{"kill", "filters", "restart", "chain", "statement", "pause"}[second%6]
		if second%60 == 0 {
			what = "crash"
		}
		s.changes[what]++
		chains := [][]string{{"Hint"}, {"Rows"}, {"Rows", "Hint"}, {}}
		chain := chains[r.IntN(len(chains))]
		switch what { // each may come too late for its session
		case "kill":
			_ = victim.Kill(engine.KillOptions{By: "soak", Reason: "soak"})
		case "filters":
			_ = victim.SetFilters(chain...)
		case "restart":
			_ = victim.Restart("soak")
		case "chain": // of the service, with a restart of all of its sessions
			if err := s.SetServiceFilters("Split", chain); err != nil {
				s.t.Error(err)
			}
			for _, session := range sessions {
				_ = session.Restart("soak")
			}
		case "statement":
			_ = victim.CancelStatement("soak")
		case "pause":
			s.replica.Pause(s.t)
			<-time.After(300 * time.Millisecond)
			s.replica.Resume(s.t)
		case "crash":
			s.replica.Stop(s.t)
			s.replica.Start(s.t)
		}
	}
}

// Ensure clients of real servers get right answers and lose nothing that they
// were promised, whatever is done to their sessions, and that the proxy uses no
// more memory, goroutines and files for it as time goes by.
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
	s := startReal(t, primary, replica, replica.Port)
	root := s.primary.Open(t, "root", "app")
	if _, err := root.Exec("CREATE TABLE soak (client INT, n INT, PRIMARY KEY (client, n))"); err != nil {
		t.Fatal(err)
	}
	s.primary.WaitReplicated(t, s.replica)
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	clients := make([]*soakClient, 50)
	var wg sync.WaitGroup
	for i := range clients {
		c := &soakClient{soak: s, number: i + 1, rand: rand.New(rand.NewPCG(uint64(i), 7)), promised: map[int]bool{}}
		cfg := mysql.NewConfig()
		cfg.User, cfg.Passwd, cfg.DBName, cfg.Net, cfg.Addr = enginetest.AppUser, enginetest.AppPassword, "app", "tcp", s.address
		cfg.Logger = &mysql.NopLogger{}
		connector, err := mysql.NewConnector(cfg)
		if err != nil {
			t.Fatal(err)
		}
		c.db = sql.OpenDB(connector)
		c.db.SetMaxOpenConns(1)
		clients[i] = c
		wg.Go(func() { c.run(ctx) })
	}
	wg.Go(func() { s.disturb(ctx) })
	first, last := s.watch(ctx, long)
	wg.Wait()
	for _, c := range clients {
		_ = c.db.Close()
		c.verify(root)
	}
	t.Logf("%d answers, %d failures, %d wrong; done: %v", s.answers.Load(), s.failures.Load(), s.wrong.Load(), s.changes)
	t.Logf("after warm-up: %v; at the end: %v", first, last)
	if last.heap > first.heap+16<<20 || last.goroutines > first.goroutines+100 || last.files > first.files+100 {
		t.Errorf("it has grown: %v after warm-up, %v at the end", first, last)
	}
	for deadline := time.Now().Add(10 * time.Second); len(s.Sessions()) > 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions are left", len(s.Sessions()))
		}
	}
	for _, server := range s.Servers() {
		if server.Connections != 0 || server.ActiveOperations != 0 {
			t.Errorf("%s shows %d connections and %d operations", server.Object.Name, server.Connections, server.ActiveOperations)
		}
	}
}

// watch says every ten seconds how things are, and returns the levels after
// warm-up and at the end.
func (s *soak) watch(ctx context.Context, long time.Duration) (first, last soakLevel) {
	warm := time.NewTimer(long / 3)
	defer warm.Stop()
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	end := time.NewTimer(long - long/10)
	defer end.Stop()
	for {
		select {
		case <-warm.C:
			first = s.level()
		case <-tick.C:
			s.t.Logf("%d answers, %d failures, %d wrong, %v", s.answers.Load(), s.failures.Load(), s.wrong.Load(), s.level())
		case <-end.C:
			return first, s.level()
		case <-ctx.Done():
			return first, s.level()
		}
	}
}
