// Package site is a whole proxy with its administration server in front of a
// generated load, for the benchmarks of the console and its feed. Nothing of it
// but the console's port touches the network.
package site

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/modules"
	"github.com/signalbox/signalbox/server"
)

// The account of the site, the demo's.
const (
	User     = "admin"
	Password = "admin-demo"
)

const configuration = `
[maxscale]
retain_last_statements=5
session_trace=20
[server1]
type=server
address=127.0.0.1
port=3306
[Monitor]
type=monitor
module=alwaysup
servers=server1
user=service
password=service
monitor_interval=10s
[Statements]
type=filter
module=maxrows
max_resultset_rows=100000
[Shop]
type=service
router=readconnroute
router_options=running
servers=server1
filters=Statements
user=service
password=service
max_connections=0
[Shop-Listener]
type=listener
service=Shop
address=127.0.0.1
port=4006
`

// alwaysUp is a monitor for which every server runs.
type alwaysUp struct{}

func (alwaysUp) Tick(_ context.Context, servers []engine.MonitorTarget) []engine.Probe {
	probes := make([]engine.Probe, len(servers))
	for i := range probes {
		probes[i] = engine.Probe{
			Status: engine.StatusRunning | engine.StatusMaster,
			Seen:   engine.MonitoredServer{ServerID: int64(i + 1), MasterID: -1},
		}
	}
	return probes
}

func (alwaysUp) Close() error { return nil }

// Site is a running proxy.
type Site struct {
	Load   *enginetest.Load
	Engine *engine.Engine
	Admin  *server.Admin
	Users  *server.Users
}

// Open starts a site with so many sessions, each of which is logged in.
func Open(ctx context.Context, sessions int) (_ *Site, err error) {
	s := &Site{Load: enginetest.NewLoad()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	all := modules.All()
	all.Monitors = append(all.Monitors, engine.MonitorModule{
		Module: module.Module{Name: "alwaysup", Kind: module.Monitor, Description: "Knows that every server runs."},
		New:    func(module.Object) (engine.Monitor, error) { return alwaysUp{}, nil },
	})
	objects, _, err := config.Parse("signalbox.cnf", strings.NewReader(configuration), all.Declarations())
	if err != nil {
		return s, err
	}
	logger := slog.New(slog.DiscardHandler)
	s.Engine, err = engine.New(engine.Options{
		Objects: objects, Modules: all, Logger: logger, Dial: s.Load.Dial, Listen: s.Load.Listen,
	})
	if err != nil {
		return s, err
	}
	if s.Users, err = server.OpenUsers(""); err != nil {
		return s, err
	}
	if err := s.Users.Create(User, Password, server.RoleAdmin); err != nil {
		return s, err
	}
	if s.Admin, err = server.New(s.Engine, server.Options{Users: s.Users, About: server.About{Version: "bench"}, Logger: logger}); err != nil {
		return s, err
	}
	if err := s.Engine.Start(ctx); err != nil {
		return s, err
	}
	for s.Engine.Servers()[0].State == "Down" || !s.Engine.Servers()[0].Usable {
		select {
		case <-ctx.Done():
			return s, fmt.Errorf("site: the monitor has not seen the server: %w", ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return s, s.Load.Connect(ctx, sessions)
}

// Serve serves the console on a port of the loopback interface, 0 for any that is
// free, until ctx is done.
func (s *Site) Serve(ctx context.Context, port int, ready func(url string)) error {
	l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
	if err != nil {
		return err
	}
	h := &http.Server{Handler: s.Admin, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = h.Close() })
	defer stop()
	ready("http://" + l.Addr().String())
	if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close ends everything.
func (s *Site) Close() error {
	var err error
	if s.Admin != nil {
		err = s.Admin.Close()
	}
	if s.Engine != nil {
		err = errors.Join(err, s.Engine.Close())
	}
	return err
}
