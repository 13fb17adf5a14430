package server

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/server/jsonapi"
)

// sessions serves the session resource.
type sessions struct {
	engine *engine.Engine
	names  *names
}

// find returns the started session that the path names. Sessions that are still
// logging in or ending are in the list only.
func (s sessions) find(c *call) (*engine.Session, error) {
	text := c.PathValue("id")
	id, err := strconv.ParseUint(text, 10, 64)
	if err != nil || id == 0 || strconv.FormatUint(id, 10) != text {
		return nil, refuse(http.StatusNotFound, "%s is not a session", clip(text))
	}
	session, err := s.engine.Session(id)
	if err == nil || engine.KindOf(err) != engine.NotFound {
		return session, err
	}
	if over, ok := s.engine.Ended(id); ok {
		return nil, refuse(http.StatusNotFound, "%d is not a session any more: it ended at %s: %s", id, apiTime(over.At), clip(over.Reason))
	}
	return nil, refuse(http.StatusNotFound, "%d is not a session", id)
}

// sessionTag changes with every notable change of a session.
func sessionTag(info engine.SessionInfo, revision uint64) string {
	return jsonapi.WeakTag("session", strconv.FormatUint(info.ID, 10), string(apiTime(info.Connected)), strconv.FormatUint(revision, 10))
}

// changeable returns the session of a request that would change it, once its
// If-Match holds: that is the session's entity tag, or its connected_at in
// quotes, which says "this very client, whatever else has changed".
//
// MaxScale: does the change first and answers 412 afterwards.
func (s sessions) changeable(c *call) (*engine.Session, engine.SessionInfo, error) {
	session, err := s.find(c)
	if err != nil {
		return nil, engine.SessionInfo{}, err
	}
	revision := session.Revision()
	info := session.Info()
	wanted := c.Header.Get("If-Match")
	if wanted != "" && !jsonapi.TagMatches(wanted, sessionTag(info, revision), `"`+string(apiTime(info.Connected))+`"`) {
		return nil, info, refuse(http.StatusPreconditionFailed,
			"session %d is not what it was when you looked (If-Match): nothing was done", info.ID)
	}
	return session, info, nil
}

// one serves GET /v1/sessions/:id.
func (s sessions) one(c *call) (answer, error) {
	session, err := s.find(c)
	if err != nil {
		if over, ok := s.over(c); ok {
			resource := endedResource(over)
			if !c.locked.Match(&resource) {
				return answer{}, unseen(c)
			}
			resource = redact(c, resource)
			link(c, &resource, "sessions", resource.ID)
			return one(c, resource, c.link("sessions", resource.ID)), nil
		}
		if c.principal.rights()&basic == 0 {
			err = unseen(c) // when and why it ended may be more than may be seen
		}
		return answer{}, err
	}
	revision := session.Revision() // before Info: a change in between makes the tag old, not the answer
	info := session.Info()
	resource := sessionResource(info, c.now, whole)
	if !c.locked.Match(&resource) {
		return answer{}, unseen(c)
	}
	resource = redact(c, resource)
	link(c, &resource, "sessions", resource.ID)
	if s.resolves(c) {
		known := s.names.of(c.Context(), []netip.Addr{info.Remote.Addr()})
		rename(&resource, known, info)
	}
	result := one(c, resource, c.link("sessions", resource.ID))
	if result.tag = sessionTag(info, revision); c.principal.Redact {
		result.tag = jsonapi.WeakTag(result.tag, "redacted")
	}
	return result, nil
}

// unseen is the answer for a session that the caller may not see: the same as
// for one that there is not.
func unseen(c *call) error {
	return refuse(http.StatusNotFound, "%s is not a session", clip(c.PathValue("id")))
}

// over returns the session of a request when it has ended and the request says
// ended=true, which is ours.
func (s sessions) over(c *call) (engine.EndedInfo, bool) {
	wanted, err := jsonapi.ParseBool(c.values.Get("ended"))
	text := c.PathValue("id")
	id, bad := strconv.ParseUint(text, 10, 64)
	if err != nil || !wanted || bad != nil || strconv.FormatUint(id, 10) != text {
		return engine.EndedInfo{}, false
	}
	return s.engine.Ended(id)
}

// all serves GET /v1/sessions. Its tag is one over the sessions and their
// revisions: figures that tick do not change it.
func (s sessions) all(c *call) (answer, error) {
	wanted, err := selectionOf(c)
	if err != nil {
		return answer{}, err
	}
	if c.ours() {
		if format := exportFormat(c); format != "" || c.values.Has("columns") {
			return s.export(c, wanted, format)
		}
		c.query.Unsorted()
	}
	list := wanted.find(s.engine, c.now)
	infos := make([]engine.SessionInfo, 0, len(list))
	rows := make([]api.Session, 0, len(list))
	tags := make([]string, 0, len(list)+1)
	for _, session := range list {
		revision := session.Revision()
		info := session.Info()
		r := sessionResource(info, c.now, row)
		if !wanted.still(&r) {
			continue
		}
		r = redact(c, r)
		link(c, &r, "sessions", r.ID)
		infos, rows = append(infos, info), append(rows, r)
		tags = append(tags, r.ID+"."+strconv.FormatUint(revision, 10))
	}
	if s.resolves(c) {
		addresses := make([]netip.Addr, len(infos))
		for i, info := range infos {
			addresses[i] = info.Remote.Addr()
		}
		known := s.names.of(c.Context(), addresses)
		for i := range rows {
			rename(&rows[i], known, infos[i])
		}
	}
	result := many(c, rows, c.link("sessions"))
	result.header = http.Header{"Vary": {"Accept"}}
	if c.principal.Redact {
		tags = append(tags, "redacted")
	}
	result.tag = jsonapi.WeakTag(append(tags, c.URL.RawQuery)...)
	return result, nil
}

// resolves says whether a request asks for host names and may have them.
func (s sessions) resolves(c *call) bool {
	wanted, err := jsonapi.ParseBool(c.values.Get("rdns"))
	return err == nil && wanted && !s.engine.MaxScale().Values.Bool("skip_name_resolve")
}

// rename puts a host name in the place of the address, which stays beside it.
func rename(r *api.Session, known map[netip.Addr]string, info engine.SessionInfo) {
	r.Attributes.RemoteAddress = r.Attributes.Remote
	if name := known[info.Remote.Addr()]; name != "" {
		r.Attributes.Remote = name
	}
}

// running returns the names of a session's filters in order.
func running(info engine.SessionInfo) []string {
	names := make([]string, len(info.Filters))
	for i, f := range info.Filters {
		names[i] = f.Filter
	}
	return names
}

// restart serves POST /v1/sessions/:id/restart.
func (s sessions) restart(c *call) (answer, error) {
	session, info, err := s.changeable(c)
	if err != nil {
		return answer{}, err
	}
	c.record.Before = summary(info)
	return answer{}, session.Restart(c.principal.User)
}

// restartAll serves POST /v1/sessions/restart: every session that can be
// restarted is, whatever becomes of the others.
func (s sessions) restartAll(c *call) (answer, error) {
	refused := []string{"Could not restart all sessions"}
	restarted := 0
	c.intend()
	for _, session := range s.engine.Sessions() {
		if session.Info().State != engine.SessionStarted {
			continue
		}
		switch err := session.Restart(c.principal.User); {
		case err == nil:
			restarted++
		case engine.KindOf(err) != engine.NotFound: // gone meanwhile: nothing to restart
			refused = append(refused, err.Error())
		}
	}
	c.record.After = map[string]any{"restarted": restarted}
	if len(refused) > 1 {
		return answer{}, &problem{status: http.StatusBadRequest, details: refused}
	}
	return answer{}, nil
}

// cancelStatement serves POST /v1/sessions/:id/cancel-statement, which is ours:
// the running statement is stopped and the session lives on.
func (s sessions) cancelStatement(c *call) (answer, error) {
	session, info, err := s.changeable(c)
	if err != nil {
		return answer{}, err
	}
	c.record.Before = summary(info)
	c.intend()
	return answer{}, session.CancelStatement(c.principal.User)
}

// cancelPending serves DELETE /v1/sessions/:id/pending/{kill,filters,restart},
// which is ours: what has not happened yet is taken back.
func (s sessions) cancelPending(c *call) (answer, error) {
	what := c.PathValue("what")
	if !slices.Contains([]string{"kill", "filters", "restart"}, what) {
		return answer{}, refuse(http.StatusNotFound, "%s is not a thing that can be pending: kill, filters or restart", clip(what))
	}
	session, info, err := s.changeable(c)
	if err != nil {
		return answer{}, err
	}
	c.record.Before = pendingOf(info.Pending)
	switch what {
	case "kill":
		err = session.CancelKill(c.principal.User)
	case "filters":
		err = session.CancelFilters(c.principal.User)
	case "restart":
		err = session.CancelRestart(c.principal.User)
	}
	return answer{}, err
}

// summary is what the audit log keeps of a session that is about to be changed.
// It holds no statement: those may hold anything.
func summary(info engine.SessionInfo) map[string]any {
	return map[string]any{
		"user": info.User, "remote": info.Remote.String(), "service": info.Service,
		"connected_at": apiTime(info.Connected), "activity": activities[info.Activity.Doing],
	}
}
