package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/filter/hintfilter"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/router/readconnroute"
	"github.com/signalbox/signalbox/engine/router/readwritesplit"
	"github.com/signalbox/signalbox/engine/wire"
)

// proxy is an engine in front of two scripted servers on a network in memory.
type proxy struct {
	*engine.Engine
	t                testing.TB
	net              enginetest.Transport
	primary, replica *enginetest.Server
	monitor          *roles
	level            slog.LevelVar // of what is logged
	log              *logText
}

// logText is what a proxy has logged.
type logText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logText) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

const (
	splitAddress = "127.0.0.1:4006"
	connAddress  = "127.0.0.1:4008"
)

const configuration = `
[maxscale]
retain_last_statements=5
[server1]
type=server
address=127.0.0.1
port=3001
[server2]
type=server
address=127.0.0.1
port=3002
[Monitor]
type=monitor
module=roles
servers=server1,server2
user=service
password=service
monitor_interval=1s
[Tag]
type=filter
module=tag
[Mark]
type=filter
module=tag
[Refuse]
type=filter
module=refuse
[Hint]
type=filter
module=hintfilter
[Split]
type=service
router=readwritesplit
servers=server1,server2
user=service
password=service
[Conn]
type=service
router=readconnroute
router_options=master
servers=server1,server2
user=service
password=service
[Split-Listener]
type=listener
service=Split
address=127.0.0.1
port=4006
[Conn-Listener]
type=listener
service=Conn
address=127.0.0.1
port=4008
`

// roles is a monitor that says what a test wants it to say.
type roles struct {
	status [3]atomic.Uint32
	lag    [3]atomic.Int64
	waits  atomic.Pointer[[]engine.LockWait] // on server1
	during atomic.Pointer[func()]            // called by each Tick
}

func (r *roles) Tick(_ context.Context, servers []engine.MonitorTarget) []engine.Probe {
	probes := make([]engine.Probe, len(servers))
	for i := range probes {
		probes[i] = engine.Probe{Status: engine.ServerStatus(r.status[i].Load()), Seen: engine.MonitoredServer{MaxPacket: 1 << 20, MasterID: -1, Lag: time.Duration(r.lag[i].Load())}}
	}
	if during := r.during.Load(); during != nil {
		(*during)()
	}
	if waits := r.waits.Load(); waits != nil {
		probes[0].Waits = *waits
	}
	return probes
}

func (r *roles) Close() error { return nil }

// tag is a filter that puts its name in front of every statement, as a comment,
// so that a test can see the order of a chain; panics are to be survived.
type tag struct{ name string }

type tagSession struct {
	name string
	next engine.Handler
}

func (t tag) NewSession(_ *engine.Session, next engine.Handler) (engine.FilterSession, error) {
	return &tagSession{t.name, next}, nil
}

func (t *tagSession) RouteQuery(ctx context.Context, q *engine.Query, up engine.ReplyWriter) error {
	if strings.Contains(string(q.SQL()), "PANIC") {
		panic("as asked")
	}
	q.SetSQL([]byte("/*" + t.name + "*/" + string(q.SQL())))
	return t.next.RouteQuery(ctx, q, up)
}

func (t *tagSession) Close() error { return nil }

type refuse struct{}

func (refuse) NewSession(*engine.Session, engine.Handler) (engine.FilterSession, error) {
	return nil, errors.New("not today")
}

func modules(monitor engine.Monitor) engine.Modules {
	return engine.Modules{
		Routers: []engine.RouterModule{readwritesplit.Module, readconnroute.Module},
		Filters: []engine.FilterModule{
			{
				Module: module.Module{Name: "tag", Kind: module.Filter},
				New:    func(o module.Object) (engine.Filter, error) { return tag{o.Name}, nil },
			},
			hintfilter.Module,
			{
				Module: module.Module{Name: "refuse", Kind: module.Filter},
				New:    func(module.Object) (engine.Filter, error) { return refuse{}, nil },
			},
		},
		Monitors: []engine.MonitorModule{{
			Module: module.Module{Name: "roles", Kind: module.Monitor},
			New:    func(module.Object) (engine.Monitor, error) { return monitor, nil },
		}},
	}
}

// start starts a proxy with the configuration, changed by pairs of old and new
// text. In tests it must be called in a synctest bubble.
func start(t testing.TB, changes ...string) *proxy {
	t.Helper()
	return startOn(t, &enginetest.Network{}, changes...)
}

// startOn is start on another network than that in memory.
func startOn(t testing.TB, n enginetest.Transport, changes ...string) *proxy {
	t.Helper()
	p := newProxy(t, n)
	p.begin(testLogger(p), changes...)
	return p
}

// startQuiet is start over real TCP with no more in the log than warnings.
func startQuiet(t testing.TB, changes ...string) *proxy {
	t.Helper()
	p := newProxy(t, &enginetest.Loopback{})
	p.level.Set(slog.LevelWarn)
	p.begin(testLogger(p), changes...)
	return p
}

// testLogger logs to the test's output and to p.log.
func testLogger(p *proxy) *slog.Logger {
	return slog.New(slog.NewTextHandler(io.MultiWriter(p.t.Output(), p.log), &slog.HandlerOptions{Level: &p.level}))
}

// startLogging is start with another log than the test's.
func startLogging(t testing.TB, logger *slog.Logger, changes ...string) *proxy {
	t.Helper()
	p := newProxy(t, &enginetest.Network{})
	p.begin(logger, changes...)
	return p
}

// begin starts the engine.
func (p *proxy) begin(logger *slog.Logger, changes ...string) {
	t := p.t
	t.Helper()
	text := strings.NewReplacer(changes...).Replace(configuration)
	all := modules(p.monitor)
	objects, _, err := config.Parse("test.cnf", strings.NewReader(text), all.Declarations())
	if err != nil {
		t.Fatal(err)
	}
	p.Engine, err = engine.New(engine.Options{
		Objects: objects, Modules: all, Version: "1.2.3", Logger: logger,
		Dial: p.net.Dial, Listen: p.net.Listen,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// newProxy returns a proxy without its engine, and starts its servers.
func newProxy(t testing.TB, n enginetest.Transport) *proxy {
	t.Helper()
	p := &proxy{t: t, net: n, primary: enginetest.NewServer("server1"), replica: enginetest.NewServer("server2"), monitor: &roles{}, log: &logText{}}
	p.monitor.status[0].Store(uint32(engine.StatusRunning | engine.StatusMaster))
	p.monitor.status[1].Store(uint32(engine.StatusRunning | engine.StatusSlave))
	for i, s := range []*enginetest.Server{p.primary, p.replica} {
		if err := s.Serve(p.net, fmt.Sprintf("127.0.0.1:300%d", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// stop ends the proxy and its servers; nothing of them is left then.
func (p *proxy) stop() {
	p.close()
	synctest.Wait()
}

// close is stop outside of a bubble.
func (p *proxy) close() {
	if err := p.Close(); err != nil {
		p.t.Error(err)
	}
	p.primary.Close()
	p.replica.Close()
}

// breaks says what is wrong with each connection that is made from now on.
func (p *proxy) breaks(faults func(address string) *enginetest.Faults) {
	p.net.(*enginetest.Network).Break(faults)
}

func (p *proxy) connect(address string) *enginetest.Client {
	p.t.Helper()
	c, err := enginetest.Connect(p.t.Context(), p.net, address, enginetest.ClientOptions{User: "app", Password: "app"})
	if err != nil {
		p.t.Fatal(err)
	}
	synctest.Wait()
	return c
}

func (p *proxy) session(c *enginetest.Client) *engine.Session {
	p.t.Helper()
	s, err := p.Session(uint64(c.ID))
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *proxy) query(c *enginetest.Client, sql string) enginetest.Result {
	p.t.Helper()
	r, err := c.Query(sql)
	if err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
	synctest.Wait()
	return r
}

// last returns the last statement that s has executed.
func last(s *enginetest.Server) string {
	list := s.Statements()
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

func bubble(t *testing.T, test func(t *testing.T, p *proxy), changes ...string) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, changes...)
		defer p.stop()
		test(t, p)
	})
}

// split are the changes of a configuration that give readwritesplit parameters.
func split(parameters string) []string {
	return []string{"router=readwritesplit", "router=readwritesplit\n" + parameters}
}

// Ensure a client gets through, and the session resource shows it.
func TestSessionLife(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		s := p.session(c)
		if got := p.query(c, "SELECT 1").Value; got != "server2" {
			t.Errorf("a read was answered by %q, want server2", got)
		}
		if got := p.query(c, "INSERT INTO t VALUES (1)"); got.Affected != 1 || last(p.primary) != "app: INSERT INTO t VALUES (1)" {
			t.Errorf("got %+v, last on server1 %q", got, last(p.primary))
		}
		time.Sleep(3 * time.Second)
		info := s.Info()
		if info.State != engine.SessionStarted || info.User != "app" || info.Service != "Split" || info.Idle != 3*time.Second {
			t.Errorf("got state %v, user %q, service %q, idle %v", info.State, info.User, info.Service, info.Idle)
		}
		if len(info.Queries) != 2 || info.Queries[0].Statement != "INSERT INTO t VALUES (1)" || info.Queries[0].Completed.IsZero() {
			t.Errorf("got queries %+v", info.Queries)
		}
		if len(info.Backends) != 2 || info.Activity.Statements != 2 || info.IOActivity == 0 {
			t.Errorf("got %d backends, activity %+v, io %d", len(info.Backends), info.Activity, info.IOActivity)
		}
		if info.Memory.Client.ReadQ != 0 {
			t.Errorf("an idle session holds a buffer of %d bytes", info.Memory.Client.ReadQ)
		}
		_ = c.Close()
		synctest.Wait()
		if _, err := p.Session(info.ID); engine.KindOf(err) != engine.NotFound {
			t.Errorf("got %v after the client has left", err)
		}
		if n := len(p.Sessions()); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

// Ensure a new chain is in effect at once on an idle session, and waits for the
// end of a statement and of a transaction on a busy one.
func TestSetFilters(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(connAddress)
		s := p.session(c)
		if err := s.SetFilters("Tag", "Mark"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		p.query(c, "SELECT 1")
		if got, want := last(p.primary), "app: /*Mark*//*Tag*/SELECT 1"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := s.Info().Filters; len(got) != 2 || got[0].Filter != "Tag" || got[0].Statements != 1 || got[0].Changed != 1 {
			t.Errorf("got %+v", got)
		}

		p.query(c, "BEGIN")
		if err := s.SetFilters("Mark"); err != nil {
			t.Fatal(err)
		}
		p.query(c, "SELECT 2")
		if got, want := last(p.primary), "app: /*Mark*//*Tag*/SELECT 2"; got != want {
			t.Errorf("in the transaction: got %q, want %q", got, want)
		}
		if pending := s.Info().Pending; pending.Filters == nil || pending.Waits != "transaction" {
			t.Errorf("got pending %+v", pending)
		}
		p.query(c, "COMMIT")
		p.query(c, "SELECT 3")
		if got, want := last(p.primary), "app: /*Mark*/SELECT 3"; got != want {
			t.Errorf("after the transaction: got %q, want %q", got, want)
		}
		if pending := s.Info().Pending; pending.Filters != nil {
			t.Errorf("still pending: %+v", pending)
		}
	})
}

// Ensure a chain with one bad filter changes nothing.
func TestSetFiltersRefused(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(connAddress)
		s := p.session(c)
		for _, names := range [][]string{{"Tag", "nope"}, {"Tag", "Refuse"}} {
			if err := s.SetFilters(names...); engine.KindOf(err) != engine.Invalid {
				t.Errorf("%v: got %v, want an invalid error", names, err)
			}
		}
		err := s.Alter(engine.Alteration{Filters: &[]string{"Tag"}, LogLevels: map[string]bool{"log_loud": true}})
		if engine.KindOf(err) != engine.Invalid {
			t.Errorf("got %v, want an invalid error", err)
		}
		p.query(c, "SELECT 1")
		if got, want := last(p.primary), "app: SELECT 1"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// Ensure a kill with a TTL fires at its time, can be replaced and taken back,
// and says why.
func TestKillTTL(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		s := p.session(c)
		if err := s.Kill(engine.KillOptions{TTL: 10 * time.Second, By: "ann", Reason: "test"}); err != nil {
			t.Fatal(err)
		}
		if k := s.Info().Pending.Kill; k == nil || time.Until(k.At) != 10*time.Second || k.By != "ann" {
			t.Errorf("got pending kill %+v", k)
		}
		if err := s.CancelKill("bob"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Second)
		p.query(c, "SELECT 1")
		_ = s.Kill(engine.KillOptions{TTL: time.Hour})
		_ = s.Kill(engine.KillOptions{TTL: 30 * time.Second, By: "ann", Reason: "lock"})
		time.Sleep(30*time.Second - time.Millisecond)
		synctest.Wait()
		p.session(c)
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if _, err := p.Session(uint64(c.ID)); err == nil {
			t.Error("the session lives after its deadline")
		}
		c.Conn.SetSequence(0) // an answer to nothing
		packet, err := c.Conn.ReadPacket(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		if want := "\xff\x87\x07#70100Connection was killed: lock"; string(packet) != want {
			t.Errorf("got %q, want %q", packet, want)
		}
	})
}

// Ensure a kill stops the statement that runs, on its server, and the client is
// told within 100 ms.
func TestKillBusy(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		s := p.session(c)
		_ = c.Send([]byte("\x03SELECT SLEEP(1000)"))
		synctest.Wait()
		if a := s.Info().Activity; a.Doing != engine.Running || a.Server != "server2" || a.Statement != "SELECT SLEEP(1000)" {
			t.Errorf("got activity %+v", a)
		}
		begun := time.Now()
		if err := s.Kill(engine.KillOptions{By: "ann", Reason: "runaway"}); err != nil {
			t.Fatal(err)
		}
		_, err := c.Receive(wire.ComQuery)
		e, ok := errors.AsType[*wire.Error](err)
		if !ok || e.Code != 1927 || e.State != "70100" || !strings.Contains(e.Message, "runaway") {
			t.Errorf("got %v, want error 1927", err)
		}
		if d := time.Since(begun); d > 100*time.Millisecond {
			t.Errorf("it took %v", d)
		}
		synctest.Wait()
		if got := last(p.replica); !strings.HasPrefix(got, "app: KILL QUERY") {
			t.Errorf("server2 was last told %q", got)
		}
		if err := s.Kill(engine.KillOptions{}); engine.KindOf(err) != engine.NotFound {
			t.Errorf("a second kill: got %v, want not found", err)
		}
	})
}

// Ensure a kill "when idle" waits for the end of the transaction.
func TestKillIdle(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		s := p.session(c)
		p.query(c, "BEGIN")
		if err := s.Kill(engine.KillOptions{Idle: true, TTL: time.Minute}); err != nil {
			t.Fatal(err)
		}
		p.query(c, "SELECT 1")
		p.query(c, "COMMIT")
		if _, err := p.Session(uint64(c.ID)); err == nil {
			t.Error("the session lives after its transaction")
		}
	})
}

// Ensure a kill "when idle" that may be given up ends nobody who is not idle in
// time, and leaves nothing behind.
func TestKillIdleOrKeep(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		s := p.session(c)
		p.query(c, "BEGIN")
		if err := s.Kill(engine.KillOptions{Idle: true, Keep: true, TTL: time.Minute}); err != nil {
			t.Fatal(err)
		}
		if k := s.Info().Pending.Kill; k == nil || !k.Keep {
			t.Errorf("got %+v, want a kill that may be given up", k)
		}
		time.Sleep(2 * time.Minute)
		p.query(c, "COMMIT")
		if k := s.Info().Pending.Kill; k != nil {
			t.Errorf("got %+v, want no kill after its time", k)
		}
		p.query(c, "BEGIN")
		if err := s.Kill(engine.KillOptions{Idle: true, Keep: true, TTL: time.Minute}); err != nil {
			t.Fatal(err)
		}
		p.query(c, "COMMIT")
		if _, err := p.Session(uint64(c.ID)); err == nil {
			t.Error("the session lives after its transaction")
		}
	})
}

// Ensure a restart opens everything anew and brings the session's state along.
func TestRestart(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		s := p.session(c)
		p.query(c, "SET NAMES utf8mb4")
		prepared, err := c.Prepare("SELECT 42")
		if err != nil {
			t.Fatal(err)
		}
		before := s.Info().Backends
		if err := s.Restart("ann"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		after := s.Info()
		if len(after.Backends) != 2 || after.Backends[0].ConnectionID == before[0].ConnectionID {
			t.Errorf("got backends %+v, before %+v", after.Backends, before)
		}
		if p.primary.Connections() != 1 || p.replica.Connections() != 1 {
			t.Errorf("%d and %d connections are open", p.primary.Connections(), p.replica.Connections())
		}
		list := p.replica.Statements()
		if got := strings.Join(list[len(list)-2:], "; "); got != "app: SET NAMES utf8mb4; app: PREPARE SELECT 42" {
			t.Errorf("replayed: %s", got)
		}
		if r, err := c.Execute(prepared.ID); err != nil || r.Value != "server2" {
			t.Errorf("execute after the restart: got %+v, %v", r, err)
		}
	})
}

// Ensure a restart that cannot be done leaves the session as it was.
func TestRestartFails(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(connAddress)
		s := p.session(c)
		p.set(engine.StatusRunning, slave)
		if err := s.Restart("ann"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := s.Info().RestartErr; !strings.Contains(got, "no server is master") {
			t.Errorf("got last_restart_error %q", got)
		}
		p.set(master, slave)
		p.query(c, "SELECT 1")
	})
}

// Ensure one session's trouble is its own: each of these ends one session with
// the error that it should get, and another one does not notice.
func TestTrouble(t *testing.T) {
	for _, tt := range []struct {
		name    string
		sql     string
		want    string
		filters []string
	}{
		{"panic", "PANIC", "1927 (08S01): Connection was closed by the proxy: session 2: internal error: as asked", []string{"Tag"}},
		{"server-hangs-up", "HANGUP INSERT", "1927 (08S01): Connection was closed by the proxy: server server1: lost connection: EOF; the statement may have been executed", nil},
		{"half-a-packet", "HALF INSERT", "1927 (08S01): Connection was closed by the proxy: server server1: lost connection: EOF; the statement may have been executed", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, p *proxy) {
				bystander := p.connect(connAddress)
				c := p.connect(connAddress)
				if err := p.session(c).SetFilters(tt.filters...); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				_, err := c.Query(tt.sql)
				if err == nil || err.Error() != tt.want {
					t.Errorf("got %v, want %s", err, tt.want)
				}
				synctest.Wait()
				if _, err := p.Session(uint64(c.ID)); err == nil {
					t.Error("the session lives")
				}
				p.query(bystander, "SELECT 1")
			})
		})
	}
}

// Ensure bytes that are no protocol end a session with words, before and after
// the login.
func TestGarbage(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		nc, err := p.net.Dial(t.Context(), "tcp", splitAddress)
		if err != nil {
			t.Fatal(err)
		}
		conn := wire.NewConn(nc)
		if _, err := conn.ReadPacket(1 << 20); err != nil {
			t.Fatal(err)
		}
		_, _ = nc.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
		packet, err := conn.ReadPacket(1 << 20)
		if err == nil && packet[0] != 0xff {
			t.Errorf("got %q, want an error packet", packet)
		}
		c := p.connect(splitAddress)
		_, _ = c.Conn.NetConn().Write([]byte{1, 0, 0, 9, 3})
		synctest.Wait()
		if n := len(p.Sessions()); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

// Ensure a client that sends nothing is thrown out.
func TestLoginTimeout(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		nc, err := p.net.Dial(t.Context(), "tcp", splitAddress)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if n := len(p.Sessions()); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

// Ensure a statement beyond max_allowed_packet gets the server's error.
func TestTooLarge(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		go func() { _ = c.Send(append([]byte("\x03SELECT '"), make([]byte, 64<<20)...)) }()
		_, err := c.Receive(wire.ComQuery)
		e, ok := errors.AsType[*wire.Error](err)
		if !ok || e.Code != 1153 {
			t.Errorf("got %v, want error 1153", err)
		}
		time.Sleep(3 * time.Second) // it reads on for a while what still comes
		synctest.Wait()
		if n := len(p.Sessions()); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

// Ensure a client that goes away in the middle of a result costs nothing.
func TestClientVanishes(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		_ = c.Send([]byte("\x03SELECT ROWS 10000 SIZE 1000"))
		synctest.Wait()
		_ = c.Conn.Close()
		synctest.Wait()
		if n := len(p.Sessions()); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
		if n := p.replica.Connections(); n != 0 {
			t.Errorf("%d connections to the server are left", n)
		}
	})
}

// Ensure results larger than any buffer go through whole, in both forms.
func TestLargeResult(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		old, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{
			User: "app", Password: "app",
			Caps: wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientMultiResults,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, client := range []*enginetest.Client{c, old} {
			if r := p.query(client, "SELECT ROWS 20 SIZE 1000000"); r.Rows != 20 || r.Bytes != 20*1000004 {
				t.Errorf("got %d rows, %d bytes", r.Rows, r.Bytes)
			}
			if r := p.query(client, "SELECT ROWS 1 SIZE 17000000"); r.Rows != 1 {
				t.Errorf("got %d rows, %d bytes", r.Rows, r.Bytes)
			}
		}
	})
}

// Ensure a read whose server is lost is answered by another one, and a
// transaction stays on the primary.
func TestSplit(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		for _, tt := range []struct{ sql, want string }{
			{"SELECT 1", "server2"},
			{"SELECT 1 FOR UPDATE", "server1"},
			{"BEGIN", ""},
			{"SELECT 1", "server1"},
			{"COMMIT", ""},
			{"SELECT 1", "server2"},
			{"SET autocommit=0", ""},
			{"SELECT 1", "server1"},
			{"SET autocommit=1", ""},
			{"START TRANSACTION READ ONLY", ""},
			{"SELECT 1", "server2"},
			{"COMMIT", ""},
		} {
			if r := p.query(c, tt.sql); tt.want != "" && r.Value != tt.want {
				t.Errorf("%s: answered by %s, want %s", tt.sql, r.Value, tt.want)
			}
		}
		p.replica.Disconnect()
		p.monitor.status[1].Store(0)
		time.Sleep(2 * time.Second)
		if r := p.query(c, "SELECT 1"); r.Value != "server1" {
			t.Errorf("without the replica: answered by %s", r.Value)
		}
		p.monitor.status[1].Store(uint32(engine.StatusRunning | engine.StatusSlave))
		time.Sleep(2 * time.Second)
		if r := p.query(c, "SELECT 1"); r.Value != "server2" {
			t.Errorf("with the replica again: answered by %s", r.Value)
		}
	})
}

// Ensure KILL takes the ids of sessions, of the own user only.
func TestKillStatement(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c, victim := p.connect(splitAddress), p.connect(splitAddress)
		other, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{User: "other", Password: "other"})
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			sql  string
			code uint16
		}{
			{"KILL 4711", 1094},
			{fmt.Sprintf("KILL %d", other.ID), 1095},
			{fmt.Sprintf("KILL CONNECTION %d", victim.ID), 0},
		} {
			_, err := c.Query(tt.sql)
			e, _ := errors.AsType[*wire.Error](err)
			if (e == nil) != (tt.code == 0) || e != nil && e.Code != tt.code {
				t.Errorf("%s: got %v, want %d", tt.sql, err, tt.code)
			}
		}
		_ = other.Send([]byte("\x03SELECT SLEEP(100)"))
		synctest.Wait()
		admin, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{User: "service", Password: "service"})
		if err != nil {
			t.Fatal(err)
		}
		p.query(admin, fmt.Sprintf("KILL QUERY %d", other.ID))
		if _, err := other.Receive(wire.ComQuery); err == nil || !strings.Contains(err.Error(), "1317") {
			t.Errorf("got %v, want error 1317", err)
		}
		p.query(other, "SELECT 1")
		if _, err := c.Query(fmt.Sprintf("KILL %d", c.ID)); err == nil || !strings.Contains(err.Error(), "1927") {
			t.Errorf("got %v, want error 1927", err)
		}
	})
}

// Ensure KILL USER means the users of a host when it names one, and KILL QUERY ID
// nobody: the ids of statements are the servers'.
func TestKillStatementOfOthers(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		admin, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{User: "service", Password: "service"})
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			sql  string
			left int
		}{
			{"KILL USER nobody", 1},
			{"KILL USER app@'10.0.0.1'", 1},
			{"KILL USER app@'127.0.0.1'", 0},
			{"KILL USER app@'%'", 0},
			{"KILL USER app", 0},
		} {
			c := p.connect(splitAddress)
			p.query(admin, tt.sql)
			if left := len(p.Sessions()) - 1; left != tt.left {
				t.Errorf("%s: %d are left, want %d", tt.sql, left, tt.left)
			}
			_ = c.Close()
			synctest.Wait()
		}
		busy := p.connect(splitAddress)
		_ = busy.Send([]byte("\x03SELECT SLEEP(10)"))
		synctest.Wait()
		_, err = admin.Query(fmt.Sprintf("KILL QUERY ID %d", busy.ID))
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != 1957 {
			t.Errorf("got %v, want error 1957", err)
		}
		if _, err := busy.Receive(wire.ComQuery); err != nil {
			t.Errorf("a statement of another id was stopped: %v", err)
		}
	})
}

// Ensure who may not come in is told so.
func TestRefused(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		for _, tt := range []struct{ user, password, want string }{
			{"app", "wrong", "1045 (28000): Access denied for user 'app'@'127.0.0.1' (using password: YES)"},
			{"nobody", "", "1045 (28000): Access denied for user 'nobody'@'127.0.0.1' (using password: NO)"},
		} {
			_, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{User: tt.user, Password: tt.password})
			if err == nil || err.Error() != tt.want {
				t.Errorf("%s: got %v, want %s", tt.user, err, tt.want)
			}
			synctest.Wait()
		}
		c := p.connect(splitAddress)
		_, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{User: "app", Password: "app"})
		if err == nil || !strings.HasPrefix(err.Error(), "1040") {
			t.Errorf("got %v, want error 1040", err)
		}
		p.query(c, "SELECT 1")
	}, split("max_connections=1")...)
}

// Ensure who is refused is told once.
func TestRefusedOnce(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		nc, err := p.net.Dial(t.Context(), "tcp", splitAddress)
		if err != nil {
			t.Fatal(err)
		}
		c, err := enginetest.ConnectOver(nc, enginetest.ClientOptions{User: "app", Password: "wrong"})
		if err == nil {
			t.Fatal("a wrong password was accepted")
		}
		if packet, err := c.Conn.ReadPacket(1 << 20); err != io.EOF {
			t.Errorf("got %q and %v after the error, want the end", packet, err)
		}
	})
}

// Ensure idle clients are closed after wait_timeout.
func TestWaitTimeout(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		time.Sleep(59 * time.Second)
		p.query(c, "SELECT 1")
		time.Sleep(62 * time.Second)
		synctest.Wait()
		if _, err := c.Conn.ReadPacket(1 << 20); !errors.Is(err, io.EOF) {
			t.Errorf("got %v, want the end of the connection", err)
		}
	}, split("wait_timeout=60s")...)
}

// Ensure a session can be looked at while it ends, filters and all.
func TestInfoAtTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		s := p.session(c)
		if err := s.SetFilters("Tag"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := len(s.LightInfo().Filters); got != 1 {
			t.Fatalf("got %d filters, want 1", got)
		}
		_ = c.Conn.Close()
		synctest.Wait()
		if got := len(s.LightInfo().Filters); got != 1 {
			t.Errorf("got %d filters of a session that has ended, want 1", got)
		}
	})
}
