// Package server is the administration server: the REST API, the push feed and
// the delivery of the console. It knows HTTP and the engine's public surface;
// of SQL connections it knows only what the engine tells.
//
// The REST API is MaxScale's, so that its clients work unchanged; what differs
// on purpose is in docs/maxscale-differences.md and marked "MaxScale:" where it
// happens.
//
// # Concurrency
//
// New starts three goroutines, the push hub's, that of the statistics and that of
// embedded pages, and each job has one; Close ends them.
// Handlers run in their requests' goroutines and share nothing but the types
// that say so.
package server

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/server/push"
	"github.com/signalbox/signalbox/web"
)

// Options configure an Admin. The zero value serves at the root, without users.
type Options struct {
	// Delivery.

	Prefix         string   // path that everything is below, "/admin"; "" for the root
	Theme          Theme    // what the console looks like where a user has not chosen
	FrameAncestors []string // origins of pages that may embed the console; none by default
	Front          Front    // what is between browsers and the server
	TLS            bool     // the server is reached over TLS, even if it does not speak it itself

	// Who may do what.

	Users        *Users                                 // nil: accounts in memory, of which the first one is made by setup
	Preferences  *Preferences                           // nil: in memory
	Boards       *Boards                                // nil: in memory
	Grants       *Grants                                // displays and embed keys; nil: in memory
	Authenticate func(*http.Request) (Principal, error) // of a host application, in place of Users and logins; asked for each request and, while a push feed is open, every 30 s for the request that has opened it
	ReadOnly     bool                                   // refuse every change, whoever asks

	// ReloadTLS reads the certificate again that the server is reached with; nil
	// when that is somebody else's. The engine's are read by the engine.
	ReloadTLS func() error

	// What is shown and written.

	About
	Audit  *Audit       // nil: in memory
	Log    *LogRing     // for maxscale/logs/data; nil: empty
	Logger *slog.Logger // nil: slog.Default

	// For tests.

	Console    fs.FS                                                       // nil: web.FS
	LookupAddr func(ctx context.Context, address string) ([]string, error) // nil: the system's resolver
	Now        func() time.Time                                            // nil: time.Now
}

// About is what the console and the REST API say of the program.
type About struct {
	Version     string
	Commit      string // it was built from
	Demo        bool   // this is a demonstration
	Environment string // name of the installation, such as prod; "" for none
}

// Front is what is between browsers and the server. The zero value is nothing.
type Front struct {
	Proxies []string // addresses and networks of reverse proxies whose X-Forwarded headers count
	Origins []string // besides the server's own, from which a browser may make changes and open the push feed
}

// Admin is the administration server: an http.Handler.
type Admin struct {
	// Set by New, then constant.
	engine   *engine.Engine
	options  Options
	table    []route
	origins  *http.CrossOriginProtection
	proxies  proxies
	login    *login
	displays *displays
	embeds   *embeds
	tickets  *tickets
	names    *names
	load     *load
	console  *console
	jobs     *jobs
	stats    *stats
	exports  *quota
	hub      *push.Hub
	herald   herald             // tells the hub of what is not the engine's
	running  sync.WaitGroup     // the hub, the statistics and the embedded pages
	stop     context.CancelFunc // ends the last two
	closeAll sync.Once
}

// New makes an administration server for e and starts its push feed. It must be
// closed.
func New(e *engine.Engine, o Options) (*Admin, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	trusted, err := parseProxies(o.Front.Proxies)
	if err != nil {
		return nil, err
	}
	origins := http.NewCrossOriginProtection()
	for _, origin := range o.Front.Origins {
		_ = origins.AddTrustedOrigin(origin) // checked
	}
	c, err := newConsole(o.Console, o.Prefix, o.Theme)
	if err != nil {
		return nil, err
	}
	a := &Admin{
		engine: e, options: o, origins: origins, proxies: trusted, console: c,
		login: newLogin(o, c.version),
		names: newNames(o.LookupAddr, o.Now),
		load:  newLoad(o.Now),
		stats: newStats(e, o.Now), exports: exportQuota(),
	}
	a.jobs = newJobs(e, &a.herald, o, a.keep)
	a.setThresholds(o.Preferences.of("").Shared.Thresholds)
	a.hub = push.New(push.Options{
		Source: a.source(), Version: c.version, Origins: o.Front.Origins, Valid: a.stillValid, Logger: o.Logger,
		Redact: redacted, Belongs: belongs,
	})
	a.login.ended = a.hub.RevokeLogin
	a.displays = newDisplays(o, a.login.attempts, a.hub.RevokeLogin)
	a.embeds = newEmbeds(o, a.hub.RevokeLogin)
	a.tickets = newTickets(o.Now)
	a.table = a.routes()
	ctx, cancel := context.WithCancel(context.Background())
	a.stop = cancel
	a.running.Go(func() { _ = a.hub.Run(context.Background()) })
	a.running.Go(func() { a.stats.run(ctx, &a.herald) })
	a.running.Go(func() { a.embeds.run(ctx) })
	return a, nil
}

// source is what the push feed gets its rows from.
func (a *Admin) source() source {
	return source{
		engine: a.engine, herald: &a.herald, now: a.options.Now, jobs: a.jobs, stats: a.stats, chains: new(chains),
	}
}

// Check says what is wrong with the options that are texts.
func (o Options) Check() error {
	if o.Prefix != "" && !prefixForm.MatchString(o.Prefix) {
		return fmt.Errorf("server: prefix %q is not a path such as /admin, of letters, digits and . _ ~ -", o.Prefix)
	}
	for _, ancestor := range o.FrameAncestors {
		if u, err := url.Parse(ancestor); err != nil || u.Host == "" || u.Path != "" || strings.ContainsAny(ancestor, " ;,'\"") {
			return fmt.Errorf("server: frame ancestor %q is not an origin such as https://admin.example.com", ancestor)
		}
	}
	if !module.IsEnvironment(o.Environment) {
		return fmt.Errorf("server: environment %q is not one short word", o.Environment)
	}
	for _, origin := range o.Front.Origins {
		if err := http.NewCrossOriginProtection().AddTrustedOrigin(origin); err != nil {
			return fmt.Errorf("server: origin %q: %w", origin, err)
		}
	}
	if _, err := parseProxies(o.Front.Proxies); err != nil {
		return err
	}
	return o.Theme.check()
}

// prefixForm is a path that means the same wherever it is written.
var prefixForm = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?$`)

// complete fills in what is not set.
func (o *Options) complete() (err error) {
	o.Prefix = strings.TrimRight(o.Prefix, "/")
	if o.Users == nil {
		if o.Users, err = OpenUsers(""); err != nil {
			return err
		}
	}
	if o.Preferences == nil {
		if o.Preferences, err = OpenPreferences(""); err != nil {
			return err
		}
	}
	if o.Boards == nil {
		if o.Boards, err = OpenBoards(""); err != nil {
			return err
		}
	}
	if o.Grants == nil {
		if o.Grants, err = OpenGrants(""); err != nil {
			return err
		}
	}
	if o.Audit == nil {
		if o.Audit, err = OpenAudit("", 0); err != nil {
			return err
		}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Console == nil {
		o.Console = web.FS
	}
	return nil
}

// Close stops all jobs, ends the push feed and closes the audit log. It does not
// wait for requests: that is the http.Server's.
func (a *Admin) Close() error {
	var err error
	a.closeAll.Do(func() {
		a.jobs.close()
		err = a.hub.Close()
		a.stop()
		a.running.Wait()
		if closed := a.options.Audit.Close(); err == nil {
			err = closed
		}
	})
	return err
}

// SetupCode returns the one-time code with which the first admin is made, "" when
// there is a user already.
func (a *Admin) SetupCode() string { return a.login.setupCode() }

// Build identifies the files of the console: it changes whenever they do.
func (a *Admin) Build() string { return a.console.version }

// ServeHTTP answers a request to the API or for the console. A path that is not
// below the prefix counts as one that a proxy has taken the prefix from.
func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = a.proxies.received(r)
	if a.options.TLS && r.TLS == nil {
		r = overTLS(r)
	}
	path, ok := strings.CutPrefix(r.URL.Path, a.options.Prefix)
	if !ok || path != "" && path[0] != '/' {
		path = r.URL.Path
	}
	setHeaders(w.Header(), r.TLS != nil)
	a.setFrame(w.Header(), r, path)
	if a.console.wants(r, path) {
		a.console.serve(w, r, path)
		return
	}
	a.serveAPI(w, r, path)
}

// Revoke ends what hangs on a user's former rights or password: the push feeds
// that are open. A host application calls it when a user has logged out there.
func (a *Admin) Revoke(user string) { a.hub.Revoke(user) }
