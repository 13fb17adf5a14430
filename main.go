//go:build !js

// Signalbox is a proxy for MariaDB and MySQL with a console that shows its
// sessions live. Started without a configuration it brings its own database
// servers and clients along; see README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/modules"
	"github.com/signalbox/signalbox/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // from then on a second signal ends the program at once
	if err := command(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "signalbox:", err)
		os.Exit(1)
	}
}

// program is the whole program: what main runs, and what its tests run.
type program struct {
	// Set by New, then constant.
	setup  setup
	out    io.Writer
	engine *engine.Engine
	admin  *server.Admin
	http   *http.Server
	ready  chan struct{} // closed when Run has printed where everything listens

	// Set by Run before ready is closed, then constant.
	listener net.Listener

	ending sync.Once
	wg     sync.WaitGroup // of what Run starts
}

// New reads the configuration and makes everything that it asks for. Nothing
// listens yet but the SQL servers of the demo.
func New(o options, out, errOut io.Writer) (_ *program, err error) {
	p := &program{out: out, ready: make(chan struct{})}
	if p.setup, err = newSetup(o, errOut); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	s := &p.setup
	if p.engine, err = engine.New(engine.Options{
		Objects: s.objects, Modules: modules.All(), Logger: s.log, Version: version, Listen: s.listen, Keep: s.persisted.keep(),
	}); err != nil {
		return nil, err
	}
	admin, err := s.adminOptions(p.engine.MaxScale())
	if err != nil {
		return nil, err
	}
	certificate, err := adminCertificate(p.engine.MaxScale())
	if err != nil {
		return nil, err
	}
	admin.ReloadTLS = certificate.reload
	if p.admin, err = server.New(p.engine, admin); err != nil {
		return nil, err
	}
	p.http = &http.Server{
		Handler: p.admin, ErrorLog: s.httpLog(), TLSConfig: certificate.config(),
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	return p, nil
}

// Run listens until ctx ends or listening fails.
func (p *program) Run(ctx context.Context) (err error) {
	if p.listener, err = p.setup.listenAdmin(p.engine.MaxScale()); err != nil {
		return err
	}
	if err := p.engine.Start(ctx); err != nil {
		return errors.Join(inUse(err, "set another port for this listener"), p.listener.Close())
	}
	failed := make(chan error, 1)
	p.wg.Go(func() { failed <- p.serve() }) // ends with the listener
	p.banner()
	p.wg.Go(func() { p.setup.runClients(ctx, p.engine) }) // ends with ctx
	close(p.ready)
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("administration server: %w", err)
	}
}

func (p *program) serve() error {
	if p.http.TLSConfig != nil {
		return p.http.ServeTLS(p.listener, "", "")
	}
	return p.http.Serve(p.listener)
}

// Close ends everything and waits, browsers first and the demo's SQL servers
// last.
func (p *program) Close() (err error) {
	p.ending.Do(func() {
		if p.admin != nil {
			err = p.admin.Close()
		}
		if p.http != nil {
			ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
			defer cancel()
			if p.http.Shutdown(ctx) != nil {
				err = errors.Join(err, p.http.Close())
			}
		}
		if p.engine != nil {
			err = errors.Join(err, p.engine.Close())
		}
		p.setup.stopClients()
		p.wg.Wait()
		err = errors.Join(err, p.setup.close())
	})
	return err
}
