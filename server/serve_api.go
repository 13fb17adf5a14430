package server

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/signalbox/signalbox/server/jsonapi"
)

// serveAPI answers one request to the REST API.
func (a *Admin) serveAPI(w http.ResponseWriter, r *http.Request, path string) {
	c := a.newCall(r)
	rest, versioned := strings.CutPrefix(path, "/v1")
	if versioned = versioned && (rest == "" || rest[0] == '/'); versioned {
		path = rest
		c.base += "/v1"
	}
	path = strings.Trim(path, "/")
	c.record.Target = clip(path)
	method := methodOf(r)

	found, values, allowed := match(a.table, method, path)
	for name, value := range values {
		r.SetPathValue(name, value)
	}
	c.intend = func() { a.intend(c, found) }
	result, err := a.run(c, method, found, allowed)
	if result.done != nil {
		defer result.done()
	}
	if found != nil && found.pattern == feedPath && err == nil {
		a.hub.Serve(w, r, c.pushPrincipal())
		return
	}
	if found != nil && (found.action != "" || c.record.Action != "") {
		a.audit(c, found, result.code(), err)
	}
	if err != nil {
		a.refuse(w, c, err)
		return
	}
	if result.then != nil {
		result.then()
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
	if found == nil || found.access&public == 0 {
		if err := a.authenticate(c, found != nil && found.pattern == feedPath); err != nil {
			return answer{}, err
		}
		if err := c.limit(); err != nil {
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
	case found.access&(public|c.principal.rights()) == 0 && found.access == admin:
		return answer{}, refuse(http.StatusForbidden, "Administrative access required")
	case found.access&(public|c.principal.rights()) == 0:
		return answer{}, refuse(http.StatusForbidden, "this is not for the role %s", clip(string(c.principal.Role)))
	case found.access&public == 0 && found.method != http.MethodGet && found.pattern != ticketPath && a.options.ReadOnly:
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
func (a *Admin) audit(c *call, found *route, status int, err error) {
	r := *c.record
	r.Action = cmp.Or(r.Action, found.action)
	r.Status, r.Result = status, "ok"
	if c.principal.User != "" {
		r.Actor, r.Role = c.principal.User, c.principal.Role
	}
	if err != nil {
		p := problemOf(err)
		r.Status, r.Result = p.status, strings.Join(p.details, "; ")
		if r.Actor == "" && (p.status == http.StatusUnauthorized || p.status == http.StatusTooManyRequests) {
			return
		}
	}
	a.keep(r)
}

// intend writes what is about to be done. What it becomes is written afterwards.
func (a *Admin) intend(c *call, found *route) {
	r := *c.record
	r.Action, r.Actor, r.Role, r.Result = found.action, c.principal.User, c.principal.Role, "begun"
	c.record.Intent = a.keep(r)
}

// keep writes a record and returns its id; when that fails, the log has it.
func (a *Admin) keep(r AuditRecord) uint64 {
	id, err := a.options.Audit.write(r)
	if err != nil {
		a.options.Logger.Error(err.Error(), "module", "admin", "action", r.Action, "target", r.Target)
	}
	return id
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
	if len(result.body) > 0 {
		if header.Get("Content-Type") == "" {
			header.Set("Content-Type", "application/json")
		}
		header.Set("Content-Length", fmt.Sprint(len(result.body)))
	}
	w.WriteHeader(result.code())
	switch {
	case method == http.MethodHead:
	case result.stream != nil:
		_ = result.stream(w) // whoever went away needs no rest
	default:
		_, _ = w.Write(result.body)
	}
}

// clip makes free text from outside fit to be stored and shown: one line, at
// most 256 bytes.
func clip(text string) string {
	const longest = 256
	if text = oneLine(text); len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "")
	}
	return text
}

// oneLine replaces what is not printable, so that text stays on its line.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
