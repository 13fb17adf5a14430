//go:build !js

package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/demo"
	"github.com/signalbox/signalbox/server"
)

//go:embed assets/demo.cnf
var demoConfiguration string

//go:embed assets/demo.sql
var demoScript string

// demoAccounts are the accounts of the demo's console. Everybody knows them,
// so the demo listens on loopback only.
var demoAccounts = []struct {
	name, password string
	role           server.Role
}{
	{"admin", "admin-demo", server.RoleAdmin},
	{"viewer", "viewer-demo", server.RoleBasic},
}

// demonstration is what the program brings along when it has no configuration.
type demonstration struct {
	backend *demo.Backend
	dir     string // of its logs, removed at the end

	ctx  context.Context // ends the clients, which may outlive the ctx of Run for a moment
	stop context.CancelFunc
}

func newDemonstration() (*demonstration, error) {
	b, err := demo.Start(context.Background(), demo.Options{Script: demoScript})
	if err != nil {
		return nil, err
	}
	d := &demonstration{backend: b}
	d.ctx, d.stop = context.WithCancel(context.Background())
	if d.dir, err = os.MkdirTemp("", "signalbox-demo-"); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// configuration is the demo's configuration for the ports that its SQL servers
// have got.
func (d *demonstration) configuration() io.Reader {
	_, primary, _ := net.SplitHostPort(d.backend.Primary())
	_, replica, _ := net.SplitHostPort(d.backend.Replica())
	return strings.NewReader(strings.NewReplacer("@server1@", primary, "@server2@", replica, "@dir@", d.dir).Replace(demoConfiguration))
}

// users makes the accounts of the console, which live in memory.
func (d *demonstration) users() (*server.Users, error) {
	u, err := server.OpenUsers("")
	if err != nil {
		return nil, err
	}
	for _, a := range demoAccounts {
		if err := u.Create(a.name, a.password, a.role); err != nil {
			return nil, fmt.Errorf("demo account: %w", err)
		}
	}
	return u, nil
}

// runClients runs n clients until ctx ends or stopClients is called.
func (d *demonstration) runClients(ctx context.Context, e *engine.Engine, n int, log *slog.Logger) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.ctx, cancel)()
	demo.Clients(ctx, demo.ClientOptions{
		ReadWrite: listenerAddress(e, "RW-Split-Listener"), ReadOnly: listenerAddress(e, "Read-Connection-Listener"),
		Count: n, Logger: log,
	})
}

func listenerAddress(e *engine.Engine, name string) string {
	l, err := e.Listener(name)
	if err != nil {
		return "" // a client that cannot connect says so in the log
	}
	return l.Addr
}

func (d *demonstration) stopClients() { d.stop() }

func (d *demonstration) close() error {
	d.stop()
	err := d.backend.Close()
	if d.dir != "" {
		err = errors.Join(err, os.RemoveAll(d.dir))
	}
	return err
}
