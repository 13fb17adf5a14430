package server

import (
	"net/http"
	"slices"
	"strings"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/server/push"
)

// access says who may call a route, or subscribe to a topic: it is a set, and
// whoever is not in it may not.
type access uint8

const (
	public        access = 1 << iota // anybody, logged in or not
	admin                            // who has the role admin
	reader                           // who has the role basic
	display                          // a paired screen
	sessionsScope                    // an embedded page with the scope sessions:read
	objectsScope                     // … objects:read
	statsScope                       // … stats:read

	basic  = admin | reader                            // who is logged in
	embed  = sessionsScope | objectsScope | statsScope // an embedded page with any scope
	anyone = basic | display | embed                   // who has proved anything
)

// scopes are the sets of embed tokens.
var scopes = map[string]access{
	api.ScopeSessions: sessionsScope,
	api.ScopeObjects:  objectsScope,
	api.ScopeStats:    statsScope,
}

// topicAccess is who may subscribe to the topics of the push feed. What is not
// here is for nobody but users.
var topicAccess = map[string]access{
	api.TopicSessions:  basic | display | sessionsScope,
	api.TopicGroups:    basic | display | sessionsScope,
	api.TopicPending:   basic | display | sessionsScope,
	api.TopicSession:   basic | sessionsScope,
	api.TopicServices:  basic | display | objectsScope,
	api.TopicServers:   basic | display | objectsScope,
	api.TopicListeners: basic | objectsScope,
	api.TopicFilters:   basic | objectsScope,
	api.TopicMonitors:  basic | objectsScope,
	api.TopicStats:     basic | display | statsScope,
	api.TopicJobs:      basic,
	api.TopicJob:       basic,
}

// rights are the sets that a principal is in.
func (p *Principal) rights() access {
	switch p.Role {
	case RoleDisplay:
		return display
	case RoleEmbed:
		var all access
		for _, scope := range p.scopes {
			all |= scopes[scope]
		}
		return all
	case RoleAdmin, RoleBasic, "":
		switch {
		case p.Locked != "":
			return sessionsScope
		case p.Redact:
			return embed
		case p.Role == RoleAdmin:
			return admin
		}
		return reader
	}
	return 0
}

// authenticate finds out who makes a call: by a ticket for the push feed, by a
// token that this server has given, by what users have, and last by the cookie
// of a display, whose screen somebody may have logged in at.
func (a *Admin) authenticate(c *call, feed bool) error {
	if secret, ok := ticketOf(c.Request); ok && feed {
		if !a.tickets.redeem(c, secret) || !a.stillValid(c.pushPrincipal()) {
			return denied(c)
		}
		return nil
	}
	if token, ok := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer "); ok {
		switch {
		case strings.HasPrefix(token, displaySecret):
			return deniedUnless(c, a.displays.authenticate(c, token))
		case strings.HasPrefix(token, embedSecret):
			return deniedUnless(c, a.embeds.authenticate(c, token))
		}
	}
	err := a.login.authenticate(c)
	if err == nil || c.Header.Get("Authorization") != "" {
		return err
	}
	if cookie, none := c.Cookie(displayCookie(c.tls)); none == nil && a.displays.authenticate(c, cookie.Value) {
		c.cookie = true
		return nil
	}
	return err
}

func deniedUnless(c *call, ok bool) error {
	if ok {
		return nil
	}
	return withoutChallenge(denied(c)) // whoever has a token asks for no password
}

// limit works out what the caller may see of what the route shows. A filter of a
// host application that is none lets nobody in.
func (c *call) limit() error {
	switch c.principal.Role {
	case "":
		c.principal.Role = RoleBasic
	case RoleDisplay:
		c.principal.Redact = true // whoever has found out that it is one
	}
	if c.principal.Locked == "" {
		c.locked = &view.Filter{}
		return nil
	}
	var err error
	if c.locked, err = view.Parse(c.principal.Locked); err != nil || c.locked.Empty() {
		return refuse(http.StatusForbidden, "what this login is locked to is not a filter")
	}
	return nil
}

// pushPrincipal is the caller as the push feed knows it.
func (c *call) pushPrincipal() push.Principal {
	p := &c.principal
	who := push.Principal{User: p.User, Role: string(p.Role), Login: c.login, Cookie: c.cookie}
	rights := p.rights()
	if rights&basic != 0 {
		return who
	}
	who.Limits = &push.Limits{Topics: map[string]bool{}, Service: p.service, Redact: p.Redact}
	for topic, may := range topicAccess {
		who.Limits.Topics[topic] = may&rights != 0
	}
	if c.locked != nil && !c.locked.Empty() {
		who.Limits.Locked = c.locked
	}
	return who
}

// stillValid says whether whoever is connected to the push feed may stay.
func (a *Admin) stillValid(p push.Principal) bool {
	switch {
	case strings.HasPrefix(p.Login, "embed:"):
		return a.embeds.valid(p.Login)
	case strings.HasPrefix(p.Login, displayLogin("")):
		return a.displays.valid(p.Login)
	case a.options.Authenticate != nil:
		return true // the host application's business
	}
	return a.login.valid(p)
}

// whoami serves GET /v1/whoami.
func (a *Admin) whoami(c *call) (answer, error) {
	p := &c.principal
	who := api.Whoami{
		User: p.User, Role: string(p.Role), ReadOnly: a.options.ReadOnly || p.rights()&basic == 0,
		Version: a.options.Version, Build: a.console.version, Demo: a.options.Demo,
		Redact: p.Redact, Locked: p.Locked, View: p.view, Scope: p.scopes,
	}
	if id, ok := strings.CutPrefix(c.login, displayLogin("")); ok {
		s, _ := a.options.Grants.screen(id)
		who.Name, who.Board = s.Name, s.Board
	}
	return object(c, who), nil
}

// sees says whether the caller may see an object: whoever is locked to one
// service sees that and what is part of it.
func (c *call) sees(resource any) bool {
	return c.principal.service == "" || belongs(resource, c.principal.service)
}

// belongs says whether a configured object, or figures of one, are of a service.
func belongs(resource any, service string) bool {
	related := func(r api.Relationships) bool { return slices.Contains(r.IDs("services"), service) }
	switch r := resource.(type) {
	case api.Service:
		return r.ID == service
	case api.Server:
		return related(r.Relationships)
	case api.Listener:
		return related(r.Relationships)
	case api.Filter:
		return related(r.Relationships)
	case api.Stats:
		return r.ID == statsKinds[engine.ServiceObject]+service
	}
	return false
}
