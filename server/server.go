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
// New starts one goroutine, the push hub's, which Close ends.
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
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/server/jsonapi"
	"github.com/signalbox/signalbox/server/push"
	"github.com/signalbox/signalbox/web"
)

// Options configure an Admin. The zero value serves at the root, without users.
type Options struct {
	// Delivery.

	Prefix         string   // path that everything is below, "/admin"; "" for the root
	FrameAncestors []string // origins of pages that may embed the console; none by default
	Origins        []string // origins besides the server's own from which a browser may make changes and open the push feed
	TLS            bool     // the server is reached over TLS, even if it does not speak it itself

	// Who may do what.

	Users        *Users                                 // nil: accounts in memory, of which the first one is made by setup
	Authenticate func(*http.Request) (Principal, error) // of a host application, in place of Users and logins
	ReadOnly     bool                                   // refuse every change, whoever asks

	// What is shown and written.

	Version string       // of the program
	Commit  string       // it was built from
	Demo    bool         // the console says that this is a demonstration
	Audit   *Audit       // nil: in memory
	Log     *LogRing     // for maxscale/logs/data; nil: empty
	Logger  *slog.Logger // nil: slog.Default

	// For tests.

	Console    fs.FS                                                       // nil: web.FS
	LookupAddr func(ctx context.Context, address string) ([]string, error) // nil: the system's resolver
	Now        func() time.Time                                            // nil: time.Now
}

// Admin is the administration server: an http.Handler.
type Admin struct {
	// Set by New, then constant.
	engine   *engine.Engine
	options  Options
	table    []route
	origins  *http.CrossOriginProtection
	login    *login
	names    *names
	load     *load
	console  *console
	hub      *push.Hub
	pushing  sync.WaitGroup // the hub
	closeAll sync.Once
}

// New makes an administration server for e and starts its push feed. It must be
// closed.
func New(e *engine.Engine, o Options) (*Admin, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	origins := http.NewCrossOriginProtection()
	for _, origin := range o.Origins {
		if err := origins.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("server: origin %q: %w", origin, err)
		}
	}
	c, err := newConsole(o.Console, o.Prefix)
	if err != nil {
		return nil, err
	}
	a := &Admin{
		engine: e, options: o, origins: origins, console: c,
		login: newLogin(o, c.version),
		names: newNames(o.LookupAddr, o.Now),
		load:  newLoad(o.Now),
	}
	a.table = a.routes()
	a.hub = push.New(push.Options{
		Source: source{e, o.Now}, Version: c.version, Origins: o.Origins, Valid: a.stillValid, Logger: o.Logger,
	})
	a.login.ended = a.hub.RevokeLogin
	a.pushing.Go(func() { _ = a.hub.Run(context.Background()) })
	return a, nil
}

// complete fills in what is not set and checks the rest.
func (o *Options) complete() (err error) {
	if o.Prefix = strings.TrimRight(o.Prefix, "/"); o.Prefix != "" && !strings.HasPrefix(o.Prefix, "/") {
		return fmt.Errorf("server: prefix %q does not begin with /", o.Prefix)
	}
	for _, ancestor := range o.FrameAncestors {
		if u, err := url.Parse(ancestor); err != nil || u.Host == "" || u.Path != "" || strings.ContainsAny(ancestor, " ;,'\"") {
			return fmt.Errorf("server: frame ancestor %q is not an origin such as https://admin.example.com", ancestor)
		}
	}
	if o.Users == nil {
		if o.Users, err = OpenUsers(""); err != nil {
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

// Close ends the push feed and closes the audit log. It does not wait for
// requests: that is the http.Server's.
func (a *Admin) Close() error {
	var err error
	a.closeAll.Do(func() {
		err = a.hub.Close()
		a.pushing.Wait()
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

// ServeHTTP answers a request to the API or for the console.
func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setHeaders(w.Header(), a.options)
	path, ok := strings.CutPrefix(r.URL.Path, a.options.Prefix)
	if !ok || path != "" && path[0] != '/' {
		http.NotFound(w, r)
		return
	}
	if a.console.wants(r, path) {
		a.console.serve(w, r, path)
		return
	}
	a.serveAPI(w, r, path)
}

// stillValid says whether whoever is connected to the push feed may stay.
func (a *Admin) stillValid(p push.Principal) bool {
	if a.options.Authenticate != nil {
		return true // the host application's business
	}
	return a.login.valid(p)
}

// rightsChanged ends what hangs on a user's former rights or password.
func (a *Admin) rightsChanged(user string) { a.hub.Revoke(user) }

// serveAPI answers one request to the REST API.
func (a *Admin) serveAPI(w http.ResponseWriter, r *http.Request, path string) {
	c := a.newCall(r)
	rest, versioned := strings.CutPrefix(path, "/v1")
	if versioned = versioned && (rest == "" || rest[0] == '/'); versioned {
		path = rest
		c.base += "/v1"
	}
	path = strings.Trim(path, "/")
	c.record.Target = path
	method := methodOf(r)

	found, values, allowed := match(a.table, method, path)
	for name, value := range values {
		r.SetPathValue(name, value)
	}
	result, err := a.run(c, method, found, allowed)
	if found != nil && found.pattern == feedPath && err == nil {
		a.hub.Serve(w, r, push.Principal{
			User: c.principal.User, Role: string(c.principal.Role), Login: c.login, Cookie: c.cookie,
		})
		return
	}
	if found != nil && found.action != "" {
		a.audit(c, found, err)
	}
	if err != nil {
		a.refuse(w, c, err)
		return
	}
	a.write(w, c, method, result)
}

func (a *Admin) newCall(r *http.Request) *call {
	c := &call{Request: r, now: a.options.Now(), query: &jsonapi.Query{Pretty: true}, tls: r.TLS != nil || a.options.TLS}
	scheme := "http"
	if c.tls {
		scheme = "https"
	}
	c.secure = c.tls || c.address().IsLoopback()
	c.base = scheme + "://" + r.Host + a.options.Prefix
	c.values, c.malformed = url.ParseQuery(r.URL.RawQuery)
	c.record = &AuditRecord{Time: apiTime(c.now), IP: c.address().String(), Reason: clip(c.values.Get("reason"))}
	return c
}

// methodOf returns the method of r, which a POST may override.
//
// MaxScale: lets any method be overridden; a GET that deletes is a hole.
func methodOf(r *http.Request) string {
	if override := strings.ToUpper(r.Header.Get("X-HTTP-Method-Override")); r.Method == http.MethodPost && override != "" {
		return override
	}
	return r.Method
}

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodOptions,
	http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
}

// run judges a call and, when nothing speaks against it, does it. The order is
// a promise: nothing is done before everything has been judged.
func (a *Admin) run(c *call, method string, found *route, allowed []string) (answer, error) {
	if a.engine.Draining() {
		return answer{}, refuse(http.StatusServiceUnavailable, "Signalbox is shutting down")
	}
	if !slices.Contains(methods, method) {
		return answer{}, notAllowed(method, methods)
	}
	if found == nil || found.access != public {
		if err := a.login.authenticate(c); err != nil {
			return answer{}, err
		}
	}
	if !bearer(c.Request) {
		if err := a.origins.Check(c.Request); err != nil {
			return answer{}, refuse(http.StatusForbidden, "a page of another origin may not make changes: %v", err)
		}
	}
	switch {
	case len(allowed) == 0:
		return answer{}, refuse(http.StatusNotFound, "%s is not a path of the API", c.URL.Path)
	case method == http.MethodOptions:
		return answer{status: http.StatusOK, header: http.Header{"Allow": {strings.Join(allowed, ", ")}}}, nil
	case found == nil:
		return answer{}, notAllowed(method, allowed)
	case found.access == admin && c.principal.Role != RoleAdmin:
		return answer{}, refuse(http.StatusForbidden, "Administrative access required")
	case found.access == admin && a.options.ReadOnly:
		return answer{}, refuse(http.StatusForbidden, "this server is read-only")
	}
	if c.malformed != nil {
		return answer{}, refuse(http.StatusBadRequest, "the query string is malformed: %v", c.malformed)
	}
	q, err := jsonapi.ParseQuery(c.values)
	if err != nil {
		return answer{}, refuse(http.StatusBadRequest, "%v", err)
	}
	c.query = q
	return found.handle(c)
}

func notAllowed(method string, allowed []string) *problem {
	p := refuse(http.StatusMethodNotAllowed, "%s is not a method of this path: %s", clip(method), strings.Join(allowed, ", "))
	p.header = http.Header{"Allow": {strings.Join(allowed, ", ")}}
	return p
}

// audit writes what was asked for and what became of it. A caller who showed
// no credentials at all is not worth a record.
func (a *Admin) audit(c *call, found *route, err error) {
	r := *c.record
	r.Action, r.Status, r.Result = found.action, http.StatusNoContent, "ok"
	if c.principal.User != "" {
		r.Actor, r.Role = c.principal.User, c.principal.Role
	}
	if err != nil {
		p := problemOf(err)
		r.Status, r.Result = p.status, strings.Join(p.details, "; ")
		if p.status == http.StatusUnauthorized && r.Actor == "" {
			return
		}
	}
	if err := a.options.Audit.write(r); err != nil {
		a.options.Logger.Error(err.Error(), "module", "admin", "action", r.Action, "target", r.Target)
	}
}

// refuse writes an error object.
func (a *Admin) refuse(w http.ResponseWriter, c *call, err error) {
	p := problemOf(err)
	if p.status == http.StatusInternalServerError {
		a.options.Logger.Error(err.Error(), "module", "admin", "method", c.Method, "path", c.URL.Path)
	}
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.status)
	if c.Method != http.MethodHead {
		_, _ = w.Write(jsonapi.Errors(c.query.Pretty, p.details...))
	}
}

// write writes an answer; that of a GET carries an entity tag.
func (a *Admin) write(w http.ResponseWriter, c *call, method string, result answer) {
	header := w.Header()
	for name, values := range result.header {
		header[name] = values
	}
	reading := method == http.MethodGet || method == http.MethodHead
	if reading && header.Get("Cache-Control") != "no-store" {
		if result.tag == "" {
			result.tag = jsonapi.WeakTag(string(result.body))
		}
		header.Set("ETag", result.tag)
		if wanted := c.Header.Get("If-None-Match"); wanted != "" && jsonapi.TagMatches(wanted, result.tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if result.status == 0 {
		result.status = http.StatusNoContent
		if len(result.body) > 0 {
			result.status = http.StatusOK
		}
	}
	if len(result.body) > 0 {
		header.Set("Content-Type", "application/json")
		header.Set("Content-Length", fmt.Sprint(len(result.body)))
	}
	w.WriteHeader(result.status)
	if method != http.MethodHead {
		_, _ = w.Write(result.body)
	}
}

// clip makes free text from outside fit to be stored and shown: one line, at
// most 256 bytes.
func clip(text string) string {
	const longest = 256
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "")
	}
	return text
}
