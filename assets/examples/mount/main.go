// Mount is a small web application that has the console of Signalbox beside its
// own pages, below a path of its own and behind its own login. It is an example:
// copy what you need, the interesting part is newConsole. docs/EMBEDDING.md
// explains it.
//
//	go run ./assets/examples/mount            a proxy for two SQL servers in memory
//	go run ./assets/examples/mount -config F  the proxy that F describes
//
// Log in as ann / ann-portal, who may change things, or bob / bob-portal, who
// may look.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/demo"
	"github.com/signalbox/signalbox/engine/modules"
	"github.com/signalbox/signalbox/server"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "`address` of the application")
	prefix := flag.String("prefix", "/tools/proxy", "`path` of the console in the application")
	file := flag.String("config", "", "configuration `file` of the proxy")
	sql := flag.String("sql", "127.0.0.1:4006", "`address` of the proxy without a configuration file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *listen, *prefix, *file, *sql); err != nil {
		log.Fatal(err)
	}
}

// run is the application: a proxy, its console, and the application's own pages.
func run(ctx context.Context, listen, prefix, file, sql string) (err error) {
	proxy, stop, err := newProxy(file, sql)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := proxy.Start(ctx); err != nil {
		return err
	}
	p := &portal{prefix: strings.TrimRight(prefix, "/"), logins: map[string]string{}}
	if p.console, err = newConsole(proxy, p); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.console.Close()) }() // browsers first

	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	web := &http.Server{Handler: p.routes(), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = web.Close() })
	fmt.Printf("The application is on http://%s, the console on http://%[1]s%s\n", l.Addr(), p.prefix)
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// newConsole makes the console and its API: an http.Handler for everything below
// the prefix. Who is logged in to the portal is logged in to it, with the role
// that the portal gives.
func newConsole(proxy *engine.Engine, p *portal) (*server.Admin, error) {
	return server.New(proxy, server.Options{
		Prefix: p.prefix,
		Theme:  server.Theme{Accent: "6d28d9"},
		Authenticate: func(r *http.Request) (server.Principal, error) {
			user := p.user(r)
			if user == "" {
				return server.Principal{}, errors.New("nobody is logged in")
			}
			return server.Principal{User: user, Role: people[user].role}, nil
		},
	})
}

// newProxy makes the proxy that a file describes, or one in front of SQL servers
// in memory.
func newProxy(file, sql string) (proxy *engine.Engine, stop func() error, err error) {
	declared := modules.All().Declarations()
	if file != "" {
		objects, _, err := config.ReadFile(file, declared)
		if err != nil {
			return nil, nil, err
		}
		if proxy, err = engine.New(engine.Options{Objects: objects, Modules: modules.All()}); err != nil {
			return nil, nil, err
		}
		return proxy, proxy.Close, nil
	}
	backend, err := demo.Start(context.Background(), demo.Options{Script: accounts})
	if err != nil {
		return nil, nil, err
	}
	_, primary, _ := net.SplitHostPort(backend.Primary())
	_, replica, _ := net.SplitHostPort(backend.Replica())
	_, port, _ := net.SplitHostPort(sql)
	text := fmt.Sprintf(configuration, primary, replica, port)
	objects, _, err := config.Parse("example.cnf", strings.NewReader(text), declared)
	if err == nil {
		proxy, err = engine.New(engine.Options{Objects: objects, Modules: modules.All()})
	}
	if err != nil {
		return nil, nil, errors.Join(err, backend.Close())
	}
	return proxy, func() error { return errors.Join(proxy.Close(), backend.Close()) }, nil
}

// accounts are those of the SQL servers in memory.
const accounts = `
CREATE USER 'signalbox'@'%' IDENTIFIED WITH mysql_native_password BY 'signalbox-demo';
GRANT SELECT ON mysql.* TO 'signalbox'@'%';
GRANT SUPER ON *.* TO 'signalbox'@'%';
CREATE USER 'demo'@'%' IDENTIFIED WITH mysql_native_password BY 'demo';
GRANT ALL ON *.* TO 'demo'@'%';
CREATE DATABASE shop;
`

const configuration = `
[server1]
type=server
address=127.0.0.1
port=%s
[server2]
type=server
address=127.0.0.1
port=%s
[Monitor]
type=monitor
module=mariadbmon
servers=server1,server2
user=signalbox
password=signalbox-demo
assume_primary=server1
[Shop]
type=service
router=readwritesplit
servers=server1,server2
user=signalbox
password=signalbox-demo
[Shop-Listener]
type=listener
service=Shop
address=127.0.0.1
port=%s
`

// next is where a login leads to: a path of the application itself.
func next(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, `\`) {
		path = ""
	}
	return cmp.Or(path, "/")
}
