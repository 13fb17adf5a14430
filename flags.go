//go:build !js

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/signalbox/signalbox/engine/module"
)

// version is set by the build: -ldflags "-X main.version=1.2.3".
var version = "0.0.0-dev"

// options are the command line.
type options struct {
	config      string // file, "" for the demo
	check       bool
	version     bool
	demoClients int
	freePorts   bool
	adminHost   string // "" for the configuration's
	adminPort   int    // -1 for the configuration's
	environment string // "" for the configuration's
	logLevel    string // "" for the configuration's

	adminBasePath string // "" for the configuration's
}

const usage = `signalbox is a proxy for MariaDB and MySQL with a console for its live sessions.

  signalbox                        a demo with its own database servers and clients
  signalbox -config FILE           the proxy that FILE describes, in MaxScale's format
  signalbox -config FILE -check    say what is wrong with FILE and end
  signalbox user create NAME -role admin|basic -password-stdin -config FILE
  signalbox user delete NAME -config FILE
  signalbox embed-key create NAME -origin https://admin.example -config FILE

Flags:
`

// command does what the arguments say.
func command(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) error {
	if len(args) > 0 && args[0] == "user" {
		return userCommand(args[1:], in, out)
	}
	if len(args) > 0 && args[0] == "embed-key" {
		return embedKeyCommand(args[1:], out)
	}
	o, err := parseFlags(args, errOut)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	case o.version:
		_, err := fmt.Fprintln(out, "signalbox", versionText())
		return err
	}
	if o.check {
		return check(o, out, errOut)
	}
	p, err := New(o, out, errOut)
	if err != nil {
		return err
	}
	defer setThreads(p.engine.MaxScale())()
	return errors.Join(p.Run(ctx), p.Close())
}

// parseFlags reads the command line. It prints help and what is wrong to w.
func parseFlags(args []string, w io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("signalbox", flag.ContinueOnError)
	f.SetOutput(w)
	f.Usage = func() {
		fmt.Fprint(w, usage)
		f.PrintDefaults()
	}
	f.StringVar(&o.config, "config", "", "configuration `file`; without it the demo runs")
	f.BoolVar(&o.check, "check", false, "check the configuration and end")
	f.BoolVar(&o.version, "version", false, "print the version and end")
	f.IntVar(&o.demoClients, "demo-clients", 12, "`number` of clients of the demo, 0 for none")
	f.BoolVar(&o.freePorts, "demo-free-ports", false, "let the demo listen on free ports, when its own are in use")
	f.StringVar(&o.adminHost, "admin-host", "", "`address` of the REST API and the console, instead of admin_host")
	f.IntVar(&o.adminPort, "admin-port", -1, "`port` of the REST API and the console, instead of admin_port; 0 for a free one")
	f.StringVar(&o.environment, "admin-environment", "", "`name` of this installation in the console, such as prod, instead of admin_environment")
	f.StringVar(&o.adminBasePath, "admin-base-path", "", "`path` that the console and the REST API are below, as /signalbox, instead of admin_base_path")
	f.StringVar(&o.logLevel, "log-level", "", "least `level` that is logged to the terminal: debug, info, notice, warn or error")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	return o, o.validate(f)
}

func (o options) validate(f *flag.FlagSet) error {
	var errs []error
	if f.NArg() > 0 {
		errs = append(errs, fmt.Errorf("%q is not a command; those are user and embed-key, and flags begin with -", f.Arg(0)))
	}
	if o.demoClients < 0 || o.demoClients > 1000 {
		errs = append(errs, fmt.Errorf("-demo-clients %d: give 0 to 1000", o.demoClients))
	}
	if o.adminPort < -1 || o.adminPort > 65535 {
		errs = append(errs, fmt.Errorf("-admin-port %d: give 0 to 65535", o.adminPort))
	}
	if !module.IsEnvironment(o.environment) {
		errs = append(errs, fmt.Errorf("-admin-environment %q: give one word of at most 16 letters, digits, - and _", o.environment))
	}
	if _, err := parseLevel(o.logLevel); err != nil {
		errs = append(errs, err)
	}
	if o.config != "" {
		f.Visit(func(g *flag.Flag) {
			if strings.HasPrefix(g.Name, "demo-") {
				errs = append(errs, fmt.Errorf("-%s is for the demo, which does not run with -config", g.Name))
			}
		})
	}
	return errors.Join(errs...)
}

// parseLevel reads the value of -log-level; "" is info.
func parseLevel(s string) (slog.Level, error) {
	switch s {
	case "notice":
		return slog.LevelInfo + 2, nil
	case "":
		return slog.LevelInfo, nil
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(s)); err != nil {
		return level, fmt.Errorf("-log-level %q: give debug, info, notice, warn or error", s)
	}
	return level, nil
}

// versionText is the version and what it was built from.
func versionText() string {
	if c := commit(); c != "" {
		return version + " (" + c + ")"
	}
	return version
}

// commit is the beginning of the id of the commit that the program was built
// from, "" when the build does not know.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return ""
}
