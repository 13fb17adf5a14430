//go:build !js

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/modules"
	"github.com/signalbox/signalbox/server"
)

// setup is what the program is made of: a configuration file and the flags, or
// the demo.
type setup struct {
	options options
	objects []module.Object
	log     *slog.Logger
	ring    *server.LogRing
	demo    *demonstration // nil with a configuration file

	persisted persistence
}

// newSetup reads the configuration, or starts the demo's SQL servers.
func newSetup(o options, errOut io.Writer) (setup, error) {
	s := setup{options: o}
	if o.config == "" {
		d, err := newDemonstration()
		if err != nil {
			return s, err
		}
		s.demo = d
	}
	objects, warnings, err := s.read()
	if err == nil && s.demo == nil {
		var more []config.Problem
		s.persisted, more, err = openPersistence(objects)
		warnings = append(warnings, more...)
	}
	for _, w := range warnings {
		fmt.Fprintln(errOut, "warning:", w.Error())
	}
	if err != nil {
		return s, errors.Join(err, s.close())
	}
	s.objects = objects
	s.logTo(errOut)
	s.logPersisted()
	return s, nil
}

// check says whether the configuration is good. It opens and changes nothing.
func check(o options, out, errOut io.Writer) error {
	s, err := newSetup(o, errOut)
	if err != nil {
		return err
	}
	name, number := o.config, map[module.Kind]int{}
	if name == "" {
		name = "the demo's configuration"
	}
	for _, object := range s.objects {
		number[object.Kind]++
	}
	maxscale, err := maxscaleOf(s.objects)
	if err == nil {
		err = s.delivery(maxscale).Check()
	}
	if err == nil {
		err = engine.Check(engine.Options{Objects: s.objects, Modules: modules.All()})
	}
	if err == nil {
		_, err = adminCertificate(maxscale)
	}
	if err != nil {
		return errors.Join(err, s.close())
	}
	_, err = fmt.Fprintf(out, "%s is good: servers %d, services %d, listeners %d, filters %d, monitors %d\n", name,
		number[module.Server], number[module.Service], number[module.Listener], number[module.Filter], number[module.Monitor])
	s.persisted.report(out)
	return errors.Join(err, s.close())
}

func (s *setup) read() ([]module.Object, []config.Problem, error) {
	declared := modules.All().Declarations()
	if s.demo != nil {
		return config.Parse("assets/demo.cnf", s.demo.configuration(), declared)
	}
	return config.ReadFile(s.options.config, declared)
}

// logTo makes the log: notices and what is worse are kept in memory for the
// console, whatever the flags and the configuration want written to w. Both get
// more when these want more, and what a session's own log levels let through.
func (s *setup) logTo(w io.Writer) {
	level, _ := parseLevel(s.options.logLevel) // parseFlags has checked it
	if s.options.logLevel == "" {
		level = s.configuredLevel()
	}
	kept := min(level, engine.LevelNotice)
	var text slog.Handler = slog.NewTextHandler(w, &slog.HandlerOptions{Level: kept})
	if level > kept {
		text = atLeast{text, level}
	}
	s.ring = server.NewLogRing(text, 0)
	s.log = slog.New(s.ring)
}

// configuredLevel is what [maxscale] says, or warnings only in the demo, whose
// terminal shows how to log in.
func (s *setup) configuredLevel() slog.Level {
	maxscale, err := maxscaleOf(s.objects)
	if err != nil {
		return engine.LevelNotice
	}
	switch v := maxscale.Values; {
	case v.Bool("log_debug"):
		return slog.LevelDebug
	case v.Bool("log_info"):
		return slog.LevelInfo
	case s.demo == nil && v.Bool("log_notice"):
		return engine.LevelNotice
	case v.Bool("log_warning"):
		return slog.LevelWarn
	}
	return slog.LevelError
}

// atLeast passes records on from a level on, and is enabled for what the
// Handler is enabled for.
type atLeast struct {
	slog.Handler
	level slog.Level
}

// Handle implements slog.Handler.
func (h atLeast) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < h.level {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h atLeast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(attrs), h.level}
}

// WithGroup implements slog.Handler.
func (h atLeast) WithGroup(name string) slog.Handler {
	return atLeast{h.Handler.WithGroup(name), h.level}
}

// httpLog is where net/http writes, which has nothing to say but that a browser
// went away or cannot speak TLS.
func (s *setup) httpLog() *log.Logger { return slog.NewLogLogger(s.log.Handler(), slog.LevelDebug) }

// listen opens a listener's socket.
func (s *setup) listen(network, address string) (net.Listener, error) {
	if s.options.freePorts && network == "tcp" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		address = net.JoinHostPort(host, "0")
	}
	return engine.Listen(network, address)
}

// adminAddress is where the REST API and the console listen.
func (s *setup) adminAddress(maxscale module.Object) (host, port string) {
	host, port = maxscale.Values.String("admin_host"), strconv.FormatInt(maxscale.Values.Int("admin_port"), 10)
	if s.options.adminHost != "" {
		host = s.options.adminHost
	}
	if s.options.adminPort >= 0 {
		port = strconv.Itoa(s.options.adminPort)
	}
	return host, port
}

func (s *setup) listenAdmin(maxscale module.Object) (net.Listener, error) {
	host, port := s.adminAddress(maxscale)
	if s.demo != nil {
		if err := onLoopback(host); err != nil {
			return nil, err
		}
	}
	listen := s.listen
	if s.options.adminPort > 0 {
		listen = net.Listen // a port that was asked for is not any free one
	}
	l, err := listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, inUse(fmt.Errorf("administration server: %w", err), "set another admin_port, or give -admin-port")
	}
	return l, nil
}

// inUse adds what to do to the error of an address that is in use.
func inUse(err error, advice string) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: stop the program that uses it, or %s; the demo has -demo-free-ports", err, advice)
	}
	return err
}

// delivery are the options of the administration server that say where it is to
// be found.
func (s *setup) delivery(maxscale module.Object) server.Options {
	v := maxscale.Values
	return server.Options{
		Prefix: s.basePath(maxscale), TLS: v.String("admin_ssl_cert") != "",
		FrameAncestors: v.List("admin_frame_ancestors"),
		Front:          server.Front{Proxies: v.List("admin_trusted_proxies"), Origins: v.List("admin_origins")},
	}
}

// basePath is the path that the console and the REST API are below.
func (s *setup) basePath(maxscale module.Object) string {
	return strings.TrimRight(cmp.Or(s.options.adminBasePath, maxscale.Values.String("admin_base_path")), "/")
}

// adminOptions are the options of the administration server.
func (s *setup) adminOptions(maxscale module.Object) (server.Options, error) {
	v := maxscale.Values
	o := s.delivery(maxscale)
	o.Version, o.Commit, o.Demo, o.Log, o.Logger = version, commit(), s.demo != nil, s.ring, s.log
	o.Environment = cmp.Or(s.options.environment, v.String("admin_environment"))
	if !v.Bool("admin_auth") {
		o.Authenticate = func(*http.Request) (server.Principal, error) {
			return server.Principal{User: "anyone", Role: server.RoleAdmin}, nil
		}
	}
	var err error
	if s.demo != nil {
		o.Users, err = s.demo.users()
	} else {
		o.Users, err = server.OpenUsers(usersFile(maxscale))
		if err == nil {
			o.Preferences, err = server.OpenPreferences(preferencesFile(maxscale))
		}
		if err == nil {
			o.Boards, err = server.OpenBoards(filepath.Join(maxscale.Values.String("datadir"), "boards"))
		}
		if err == nil {
			o.Grants, err = server.OpenGrants(grantsFile(maxscale))
		}
	}
	if err == nil && v.Bool("admin_audit") {
		o.Audit, err = server.OpenAudit(auditFile(maxscale), 0)
	}
	return o, err
}

// usersFile is the file with the accounts of the REST API and the console.
func usersFile(maxscale module.Object) string {
	return filepath.Join(maxscale.Values.String("datadir"), "users.json")
}

// grantsFile is the file with the displays and the embed keys.
func grantsFile(maxscale module.Object) string {
	return filepath.Join(maxscale.Values.String("datadir"), "grants.json")
}

// preferencesFile is the file with what the console keeps for its users.
func preferencesFile(maxscale module.Object) string {
	return filepath.Join(maxscale.Values.String("datadir"), "preferences.json")
}

func auditFile(maxscale module.Object) string {
	if f := maxscale.Values.String("admin_audit_file"); f != "" {
		return f
	}
	return filepath.Join(maxscale.Values.String("logdir"), "admin_audit.log")
}

// runClients runs the demo's clients until ctx ends.
func (s *setup) runClients(ctx context.Context, e *engine.Engine) {
	if s.demo != nil {
		s.demo.runClients(ctx, e, s.options.demoClients, s.log)
	}
}

func (s *setup) stopClients() {
	if s.demo != nil {
		s.demo.stopClients()
	}
}

func (s *setup) close() error {
	if s.demo == nil {
		return nil
	}
	return s.demo.close()
}

// onLoopback refuses an address that other machines can reach.
func onLoopback(host string) error {
	ips, err := net.LookupIP(host)
	if err != nil {
		return fmt.Errorf("administration server: %w", err)
	}
	for _, ip := range ips {
		if !ip.IsLoopback() {
			return fmt.Errorf("administration server: the demo has accounts that everybody knows and listens on loopback only, not on %s: write a configuration for %s (assets/signalbox.cnf is a beginning)", host, os.Args[0])
		}
	}
	return nil
}
