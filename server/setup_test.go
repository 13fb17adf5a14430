package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/router/readconnroute"
	"github.com/signalbox/signalbox/engine/router/readwritesplit"
	"github.com/signalbox/signalbox/engine/wire"
)

const configuration = `
[maxscale]
retain_last_statements=5
session_trace=20
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
password=secret-of-the-monitor
monitor_interval=1s
[First]
type=filter
module=pass
[Second]
type=filter
module=pass
[Spare]
type=filter
module=pass
[Refuse]
type=filter
module=refuse
[RW-Split-Router]
type=service
router=readwritesplit
servers=server1,server2
filters=First|Second
user=service
password=service
[Read-Connection-Router]
type=service
router=readconnroute
servers=server1,server2
user=service
password=service
[RW-Split-Listener]
type=listener
service=RW-Split-Router
address=127.0.0.1
port=4006
[Read-Connection-Listener]
type=listener
service=Read-Connection-Router
address=127.0.0.1
port=4008
`

// roles is a monitor for which the first server is the primary.
type roles struct{}

func (roles) Tick(_ context.Context, servers []engine.MonitorTarget) []engine.Probe {
	probes := make([]engine.Probe, len(servers))
	for i := range probes {
		probes[i] = engine.Probe{
			Status: engine.StatusRunning | engine.StatusSlave,
			Seen:   engine.MonitoredServer{ServerID: int64(i + 1), MasterID: -1, GtidCurrent: "0-1-37", ReadOnly: i > 0},
		}
	}
	probes[0].Status = engine.StatusRunning | engine.StatusMaster
	probes[1].Seen.MasterID = 1
	probes[1].Seen.Replication = []engine.ReplicaInfo{{
		MasterHost: "127.0.0.1", MasterPort: 3001, MasterServerID: 1, IORunning: "Yes", SQLRunning: "Yes", UsingGtid: "Slave_Pos",
	}}
	return probes
}

func (roles) Close() error { return nil }

// Command succeeds for server2 after a minute, and for nobody else.
func (roles) Command(ctx context.Context, c engine.MonitorCommand) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Minute):
	}
	if c.Name == "switchover" && len(c.Servers) > 0 && c.Servers[0] == "server2" {
		return nil
	}
	return &engine.Error{Kind: engine.Invalid, Err: errors.Join(errors.New("no switchover"), errors.New("undone: everything"))}
}

func (roles) Tend(context.Context, engine.MonitorLog) bool { return false }

var (
	anyServer     = module.Argument{Type: module.ServerRef, Description: "New primary", Optional: true}
	monitorItself = module.Argument{Type: module.MonitorRef, Description: "Monitor name"}
	roleCommands  = []module.Command{
		{Name: "switchover", Description: "Switches.", Arguments: []module.Argument{monitorItself, anyServer}},
		{Name: "async-switchover", Description: "Switches some time.", Arguments: []module.Argument{monitorItself, anyServer}},
		{Name: "fetch-cmd-result", Description: "Fetches.", Reads: true, Arguments: []module.Argument{monitorItself}},
		{Name: "cancel-cmd", Description: "Cancels.", Arguments: []module.Argument{monitorItself}},
	}
)

// pass is a filter that lets everything through.
type pass struct{}

type passSession struct{ engine.Handler }

func (pass) NewSession(_ *engine.Session, next engine.Handler) (engine.FilterSession, error) {
	return passSession{next}, nil
}

func (passSession) Close() error { return nil }

type refuses struct{}

func (refuses) NewSession(*engine.Session, engine.Handler) (engine.FilterSession, error) {
	return nil, errors.New("not today")
}

var testModules = engine.Modules{
	Routers: []engine.RouterModule{readwritesplit.Module, readconnroute.Module},
	Filters: []engine.FilterModule{
		{
			Module: module.Module{Name: "pass", Kind: module.Filter, Description: "Lets everything through."},
			New:    func(module.Object) (engine.Filter, error) { return pass{}, nil },
		},
		{
			Module: module.Module{Name: "refuse", Kind: module.Filter, Description: "Refuses every session."},
			New:    func(module.Object) (engine.Filter, error) { return refuses{}, nil },
		},
	},
	Monitors: []engine.MonitorModule{{
		Module: module.Module{Name: "roles", Kind: module.Monitor, Description: "Knows the roles.", Commands: roleCommands},
		New:    func(module.Object) (engine.Monitor, error) { return roles{}, nil },
	}},
}

// The users of every test. Their passwords are as weak as they look.
const (
	adminUser = "ops"
	basicUser = "wall"
	thirdUser = "spare" // to be changed and removed
	password  = "a long password"
)

// testHash is made once: argon2id is slow on purpose.
var testHash = hashPassword(password)

// site is an administration server in front of an engine, on a network in
// memory. It must be made in a synctest bubble.
type site struct {
	*Admin
	t       *testing.T
	engine  *engine.Engine
	net     *enginetest.Network
	servers [2]*enginetest.Server
}

// open starts a site. change may change the options.
func open(t *testing.T, change func(*Options)) *site {
	t.Helper()
	s := &site{t: t, net: &enginetest.Network{}}
	for i := range s.servers {
		s.servers[i] = enginetest.NewServer(fmt.Sprintf("server%d", i+1))
		if err := s.servers[i].Serve(s.net, fmt.Sprintf("127.0.0.1:300%d", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	objects, _, err := config.Parse("/etc/signalbox.cnf", strings.NewReader(configuration), testModules.Declarations())
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(t.Output(), nil))
	s.engine, err = engine.New(engine.Options{
		Objects: objects, Modules: testModules, Logger: logger, Dial: s.net.Dial, Listen: s.net.Listen,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.engine.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	users, err := OpenUsers("")
	if err != nil {
		t.Fatal(err)
	}
	for name, role := range map[string]Role{adminUser: RoleAdmin, basicUser: RoleBasic, thirdUser: RoleBasic} {
		users.users[name] = &user{Name: name, Role: role, Hash: testHash}
		// As if they had just logged in.
		users.verified[users.fingerprint(name, password)] = verified{testHash, users.now().Add(time.Hour)}
	}
	options := Options{
		Users: users, About: About{Version: "1.2.3"}, Logger: logger, Console: fstest.MapFS{},
		LookupAddr: func(context.Context, string) ([]string, error) { return nil, errors.New("no names here") },
	}
	if change != nil {
		change(&options)
	}
	synctest.Wait()
	if s.Admin, err = New(s.engine, options); err != nil {
		t.Fatal(err)
	}
	return s
}

// close ends everything that open has started.
func (s *site) close() {
	if err := s.Admin.Close(); err != nil {
		s.t.Error(err)
	}
	if err := s.engine.Close(); err != nil {
		s.t.Error(err)
	}
	for _, server := range s.servers {
		server.Close()
	}
	synctest.Wait()
}

// inSite runs fn with a site of its own.
func inSite(t *testing.T, change func(*Options), fn func(s *site)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, change)
		defer s.close()
		fn(s)
	})
}

// connect makes a client session.
func (s *site) connect() *enginetest.Client {
	s.t.Helper()
	c, err := enginetest.Connect(s.t.Context(), s.net, "127.0.0.1:4006", enginetest.ClientOptions{
		User: "app", Password: "app", Attributes: []wire.Attribute{{Name: "_client_name", Value: "test"}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	synctest.Wait()
	return c
}

// ask sends a request as a user; headers are pairs of names and values.
func (s *site) ask(who, method, path, body string, headers ...string) *http.Response {
	s.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, reader)
	r.RemoteAddr = "127.0.0.1:50000"
	if who != "" {
		r.SetBasicAuth(who, password)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	synctest.Wait() // a client may have its reply before its session has said so
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	synctest.Wait()
	return w.Result()
}

// text returns the body of an answer.
func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wants fails the test unless an answer has the status and contains what it
// should.
func (s *site) wants(r *http.Response, status int, contains ...string) string {
	s.t.Helper()
	body := text(s.t, r)
	if r.StatusCode != status {
		s.t.Fatalf("got status %d, want %d: %s", r.StatusCode, status, body)
	}
	for _, part := range contains {
		if !strings.Contains(body, part) {
			s.t.Errorf("got %s, want it to contain %q", body, part)
		}
	}
	if status >= 400 && r.Header.Get("Content-Type") == "application/json" {
		var e api.Errors
		if err := json.Unmarshal([]byte(body), &e); err != nil || len(e.Errors) == 0 || e.Errors[0].Detail == "" {
			s.t.Errorf("got %q, want an error object", body)
		}
	}
	if status == http.StatusNoContent && body != "" {
		s.t.Errorf("got a 204 with a body: %s", body)
	}
	return body
}

// session returns a session as the API shows it.
func (s *site) session(id uint32) api.Session {
	s.t.Helper()
	body := s.wants(s.ask(adminUser, "GET", fmt.Sprintf("/v1/sessions/%d", id), ""), 200)
	r, err := api.DecodeOne[api.SessionAttributes]([]byte(body))
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}
