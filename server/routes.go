package server

import (
	"net/http"
	"strings"

	"github.com/signalbox/signalbox/engine"
)

// route is one entry of the API.
type route struct {
	method  string
	pattern string // below /v1/; ":name" stands for any one segment
	access  access // who may call it
	action  string // the audit log's word for it; "" for what changes nothing
	handle  handler
}

// routes is the whole API: whatever is not here does not exist, and what a
// caller needs is here and nowhere else. Of two patterns that fit, the first
// one counts.
func (a *Admin) routes() []route {
	const get, post, put, patch, remove = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	s := sessions{a.engine, a.names, a.exports, a.jobs.starts}
	o := objects{a.engine}
	m := program{a.engine, a.options, a.load}
	l := logs{a.engine, a.options.Log}
	j := a.jobs
	u := accounts{a.options.Users, a.Revoke, a.options.Preferences.forget}
	p := preferences{a.options.Preferences, a.setThresholds}
	b := boards{a.options.Boards, a.options.Grants}
	n := a.login
	w := a.displays
	v := audits{a.options.Audit, a.exports}
	k := embedKeys{a.options.Grants, a.embeds.sweep}
	return []route{
		{get, "", basic, "", alive},

		{get, "sessions", basic | display | sessionsScope, "", s.all},
		{post, "sessions/restart", admin, "session.restart_all", s.restartAll},
		{post, "sessions/kill", admin, "job.start", j.kill},
		{get, "sessions/:id", basic | sessionsScope, "", s.one},
		{get, "sessions/:id/alike", basic, "", s.alike},
		{patch, "sessions/:id", admin, "session.alter", s.alter},
		{remove, "sessions/:id", admin, "session.kill", s.kill},
		{patch, "sessions/:id/relationships/filters", admin, "session.alter", s.alterFilters},
		{post, "sessions/:id/restart", admin, "session.restart", s.restart},
		{post, "sessions/:id/cancel-statement", admin, "session.cancel_statement", s.cancelStatement},
		{remove, "sessions/:id/pending/:what", admin, "session.cancel_pending", s.cancelPending},

		{get, "stats", basic | display | statsScope, "", a.stats.all},
		{get, "jobs", basic, "", j.all},
		{post, "jobs", admin, "job.start", j.create},
		{get, "jobs/:id", basic, "", j.one},
		{remove, "jobs/:id", admin, "job.stop", j.stopOne},

		{get, "services", basic | display | objectsScope, "", o.services},
		{get, "services/:id", basic | display | objectsScope, "", o.service},
		{patch, "services/:id", admin, "service.alter", o.alterService},
		{patch, "services/:id/relationships/filters", admin, "service.alter", o.alterServiceFilters},
		{get, "services/:id/listeners", basic, "", o.serviceListeners},
		{get, "services/:id/listeners/:listener", basic, "", o.serviceListener},
		{put, "services/:id/start", admin, "service.start", turn(a.engine, engine.ServiceObject, true)},
		{put, "services/:id/stop", admin, "service.stop", turn(a.engine, engine.ServiceObject, false)},
		{get, "servers", basic | display | objectsScope, "", o.servers},
		{get, "servers/:id", basic | display | objectsScope, "", o.server},
		{put, "servers/:id/set", admin, "server.set", o.setServer},
		{put, "servers/:id/clear", admin, "server.clear", o.clearServer},
		{get, "listeners", basic | objectsScope, "", o.listeners},
		{get, "listeners/:id", basic | objectsScope, "", o.listener},
		{put, "listeners/:id/start", admin, "listener.start", turn(a.engine, engine.ListenerObject, true)},
		{put, "listeners/:id/stop", admin, "listener.stop", turn(a.engine, engine.ListenerObject, false)},
		{get, "filters", basic | objectsScope, "", o.filters},
		{get, "filters/:id", basic | objectsScope, "", o.filter},
		{get, "monitors", basic | objectsScope, "", o.monitors},
		{get, "monitors/:id", basic | objectsScope, "", o.monitor},
		{put, "monitors/:id/start", admin, "monitor.start", turn(a.engine, engine.MonitorObject, true)},
		{put, "monitors/:id/stop", admin, "monitor.stop", turn(a.engine, engine.MonitorObject, false)},

		{get, "maxscale", basic, "", m.maxscale},
		{get, "maxscale/modules", basic, "", m.modules},
		{get, "maxscale/modules/:id", basic, "", m.module},
		{get, "maxscale/modules/:id/:command", basic, "", m.readCommand},
		{post, "maxscale/modules/:id/:command", admin, "module.command", m.runCommand},
		{get, "maxscale/threads", basic, "", m.threads},
		{get, "maxscale/threads/:id", basic, "", m.thread},
		{get, "maxscale/logs", basic, "", l.about},
		{get, "maxscale/logs/data", basic, "", l.data},
		{post, "maxscale/tls/reload", admin, "tls.reload", m.reloadTLS},
		{get, "maxscale/query_classifier", basic, "", m.queryClassifier},
		{get, "maxscale/query_classifier/cache", basic, "", m.queryClassifierCache},

		{get, "users", basic, "", u.all},
		{get, "users/inet", basic, "", u.all},
		{get, "users/unix", basic, "", u.unix},
		{get, "users/inet/:id", basic, "", u.one},
		{post, "users/inet", admin, "user.create", u.create},
		{patch, "users/inet/:id", admin, "user.alter", u.alter},
		{remove, "users/inet/:id", admin, "user.delete", u.remove},

		{get, "auth", public, "", n.token},
		{get, "setup", public, "", n.setupNeeded},
		{post, "setup", public, "user.setup", n.setup},
		{post, "login", public, "login", n.login},
		{post, "logout", public, "logout", n.logout},
		{get, "whoami", anyone, "", a.whoami},
		{get, "preferences", basic, "", p.read},
		{put, "preferences", basic, "", p.keep}, // whoever chooses columns leaves no trace
		{put, "preferences/shared", admin, "preferences.share", p.share},
		{get, "boards", basic, "", b.all},
		{get, "boards/:id", basic | display, "", b.one},
		{put, "boards/:id", admin, "board.save", b.keep},
		{remove, "boards/:id", admin, "board.delete", b.remove},
		{get, "audit", basic, "", v.all},
		{get, "audit/verify", basic, "", v.verify},
		{get, feedPath, anyone, "", alive}, // ServeHTTP hands it on to the push feed
		{post, ticketPath, anyone, "", a.tickets.issue},

		{get, "displays", admin, "", w.all},
		{post, "displays", admin, "display.approve", w.approve},
		{patch, "displays/:id", admin, "display.alter", w.alter},
		{remove, "displays/:id", admin, "display.revoke", w.revoke},
		{post, "displays/pairing", public, "", w.pair},      // whoever is let in says so to the audit log
		{post, "displays/pairing/poll", public, "", w.poll}, // the same
		{get, "embed-keys", admin, "", k.all},
		{post, "embed-keys", admin, "embed_key.create", k.create},
		{remove, "embed-keys/:id", admin, "embed_key.revoke", k.revoke},
		{post, "embed/exchange", public, "embed.exchange", a.embeds.exchange},
	}
}

// feedPath is the path of the push feed, ticketPath that of the tickets for it.
const (
	feedPath   = "ws"
	ticketPath = "ws-ticket"
)

// alive answers a health check, with nothing, as MaxScale does.
func alive(*call) (answer, error) { return answer{status: http.StatusOK}, nil }

// match finds the route of a method and a path, and the methods that the path
// has. HEAD is GET without the body.
func match(routes []route, method, path string) (found *route, values map[string]string, allowed []string) {
	wanted := method
	if wanted == http.MethodHead {
		wanted = http.MethodGet
	}
	segments := strings.Split(path, "/")
	for i := range routes {
		v, ok := fit(routes[i].pattern, segments)
		if !ok {
			continue
		}
		if routes[i].method == wanted && found == nil {
			found, values = &routes[i], v
		}
		if allowed = append(allowed, routes[i].method); routes[i].method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	if len(allowed) > 0 {
		allowed = append(allowed, http.MethodOptions)
	}
	return found, values, allowed
}

// fit returns what the names of pattern stand for in segments.
func fit(pattern string, segments []string) (map[string]string, bool) {
	var values map[string]string
	i := 0
	for part := range strings.SplitSeq(pattern, "/") {
		if i == len(segments) {
			return nil, false
		}
		name, variable := strings.CutPrefix(part, ":")
		switch {
		case variable && segments[i] != "":
			if values == nil {
				values = map[string]string{}
			}
			values[name] = segments[i]
		case part != segments[i]:
			return nil, false
		}
		i++
	}
	return values, i == len(segments)
}
