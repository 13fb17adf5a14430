package app

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// This file finds what needs a person, in what the overview's views hold.

// The overview's own views. Pages do not share names: one that closes must not
// take a view from the one that opens.
const (
	concernSessions  = "overview-sessions"
	concernServers   = "overview-servers"
	concernServices  = "overview-services"
	concernListeners = "overview-listeners"
	concernMonitors  = "overview-monitors"
	concernOutdated  = "overview-outdated"
	overviewAll      = "overview-all"
	overviewStats    = "overview-stats"
)

// concernFilter selects the sessions that need a person.
const concernFilter = "state:kill,blocked,long,trx-long,swap,restart | restart:failed"

// How grave a concern is.
const (
	graveInfo = iota
	graveAttention
	graveCritical
)

// concern is one thing that needs a person: a line of the overview.
type concern struct {
	group int // index of concernGroups
	grave int
	id    string // of the session or the object
	path  string // of its page
	who   string // what it is, the text of the link to it
	what  string // what is the matter, in the words behind it
	sql   string // the statement that it is about, "" for none
	age   string // how long it has been so, or what is left
	order float64

	do    string // what its button does, "" for a link to its page
	label string // of the button or the link
}

// concernGroup is a kind of concerns.
type concernGroup struct {
	glyph, title string
	query        string // the filter that has all of them, "" for objects
	path         string // of the page that has all of them
}

// Kinds of concerns, as indices of concernGroups.
const (
	groupServers = iota
	groupServices
	groupListeners
	groupBlocked
	groupLong
	groupTrx
	groupFailed
	groupKills
	groupSwaps
	groupRestarts
	groupLag
	groupMaintenance
	groupOutdated
)

// concernGroups are in the order in which they are shown when they are equally
// grave.
var concernGroups = [...]concernGroup{
	groupServers:     {"down", lang.Mark("Servers that do not work"), "", "/servers"},
	groupServices:    {"blocked", lang.Mark("Services that do not run"), "", "/services"},
	groupListeners:   {"blocked", lang.Mark("Listeners that do not run"), "", "/listeners"},
	groupBlocked:     {"blocked", lang.Mark("Waiting for locks"), "state:blocked", ""},
	groupLong:        {"long", lang.Mark("Long queries"), "state:long", ""},
	groupTrx:         {"trx", lang.Mark("Idle in a transaction for too long"), "state:trx-long", ""},
	groupFailed:      {"blocked", lang.Mark("Restarts that failed"), "restart:failed", ""},
	groupKills:       {"kill", lang.Mark("Kills pending"), "state:kill", ""},
	groupSwaps:       {"swap", lang.Mark("Swaps of filters that wait"), "state:swap", ""},
	groupRestarts:    {"restart", lang.Mark("Restarts that wait"), "state:restart", ""},
	groupLag:         {"long", lang.Mark("Servers that lag behind"), "", "/servers"},
	groupMaintenance: {"maint", lang.Mark("Servers out of service"), "", "/servers"},
	groupOutdated:    {"swap", lang.Mark("Services with sessions on an older chain of filters"), "", "/services"},
}

// concerns are all that is known to need a person: the gravest group first, and
// in a group the gravest and the oldest first.
func concerns(now time.Time) []concern {
	var list []concern
	for _, s := range model.Rows[api.SessionAttributes](console.store.View(concernSessions)) {
		list = append(list, sessionConcerns(s, now)...)
	}
	for _, s := range model.Rows[api.ServerAttributes](console.store.View(concernServers)) {
		list = append(list, serverConcerns(s, now)...)
	}
	list = append(list, objectConcerns()...)
	for _, g := range model.Rows[api.GroupAttributes](console.store.View(concernOutdated)) {
		if len(g.Attributes.Values) == 1 && g.Attributes.Sessions > 0 {
			list = append(list, outdatedConcern(g))
		}
	}
	var gravest [len(concernGroups)]int
	for _, c := range list {
		gravest[c.group] = max(gravest[c.group], c.grave)
	}
	slices.SortStableFunc(list, func(a, b concern) int {
		return cmp.Or(
			cmp.Compare(gravest[b.group], gravest[a.group]), cmp.Compare(a.group, b.group),
			cmp.Compare(b.grave, a.grave), cmp.Compare(b.order, a.order), cmp.Compare(a.id, b.id),
		)
	})
	return list
}

// How many times the time from which a session is worth a look makes it
// critical, and that time where the server does not say.
const (
	graveLong    = 5
	graveTrx     = 10
	defaultAfter = 60 // seconds
)

// sessionConcerns are what is the matter with a session: it may be several
// things.
func sessionConcerns(s *api.Session, now time.Time) []concern {
	a := &s.Attributes
	since := view.Lag(s, now)
	one := func(group, grave int, what string) concern {
		return concern{
			group: group, grave: grave, id: s.ID, path: "/sessions/" + s.ID, who: s.ID,
			what: a.User + "@" + view.Client(s) + " " + what, label: lang.T("Open"),
		}
	}
	waiting := func(c concern) concern {
		if at := timeOf(a.Pending.Since); !at.IsZero() {
			c.age, c.order = elapsed(now.Sub(at)), now.Sub(at).Seconds()
		}
		return c
	}
	in := view.InState(s, since)
	from := cmp.Or(max(a.Activity.LongAfter, 0), defaultAfter)
	overdue := func(group int, what string, grave float64) concern { // grave in multiples of what is long
		c := one(group, graveAttention, what)
		c.sql, c.age, c.order, c.do, c.label = a.Activity.Statement, elapsed(in), in.Seconds(), "kill", lang.T("Kill…")
		if in.Seconds() >= grave*from {
			c.grave = graveCritical
		}
		return c
	}
	var list []concern
	if k := a.Pending.Kill; k != nil {
		left := timeOf(k.At).Sub(now)
		c := one(groupKills, graveAttention, lang.T("will be killed by {by}{reason}", "by", k.By, "reason", because(k.Reason)))
		c.age, c.order, c.do, c.label = lang.T("in {left}", "left", ui.Countdown(left)), -left.Seconds(), "cancel", lang.T("Cancel")
		if k.When == "idle" {
			c.what, c.age = lang.T("{user}@{s} will be killed when idle by {by}{reason}", "user", a.User, "s", view.Client(s), "by", k.By, "reason", because(k.Reason)), "≤ "+ui.Countdown(left)
		}
		list = append(list, c)
	}
	if by := a.Activity.BlockedBy; by != "" {
		c := one(groupBlocked, graveCritical, lang.T("waits for a lock of {by}", "by", blocker(by)))
		c.sql, c.age, c.order = a.Activity.Statement, elapsed(in), in.Seconds()
		if path := blockerPath(by); path != "" {
			c.path, c.label = path, lang.T("Who blocks")
		}
		list = append(list, c)
	}
	if view.Is(s, view.StateLong, since) {
		list = append(list, overdue(groupLong, lang.T("runs a statement")+onServer(a.Activity.Server), graveLong))
	}
	if view.Is(s, view.StateTrxLong, since) {
		list = append(list, overdue(groupTrx, lang.T("holds a transaction with {trxWrites}{server}", "trxWrites", lang.N(int(a.Activity.TrxWrites), "{n} write|{n} writes"), "server", onServer(a.Activity.Server)), graveTrx))
	}
	if a.Pending.Filters != nil {
		c := one(groupSwaps, graveInfo, lang.T("waits for its new filters{waits}", "waits", swapWaits(a.Pending.Waits)))
		c.path, c.label = "/sessions/"+s.ID+"/chain", lang.T("Chain")
		list = append(list, waiting(c))
	}
	if a.Pending.Restart {
		c := one(groupRestarts, graveInfo, lang.T("waits for its restart{waits}", "waits", swapWaits(a.Pending.Waits)))
		c.do, c.label = "cancel-restart", lang.T("Cancel")
		list = append(list, waiting(c))
	}
	if a.LastRestartError != "" {
		list = append(list, one(groupFailed, graveAttention, lang.T("was not restarted: {lastRestartError}", "lastRestartError", a.LastRestartError)))
	}
	return list
}

// blocker names who holds a lock: a session, or what the server knows of it.
func blocker(by string) string {
	if blockerPath(by) != "" {
		return lang.T("session {id}", "id", by)
	}
	return by
}

// blockerPath is the page of who holds a lock, "" when that is no session of
// ours.
func blockerPath(by string) string {
	if _, err := strconv.ParseUint(by, 10, 64); err != nil {
		return ""
	}
	return "/sessions/" + by
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ", “" + reason + "”"
}

func onServer(name string) string {
	if name == "" {
		return ""
	}
	return lang.T(" on {name}", "name", name)
}

// swapWaits says what a change waits for.
func swapWaits(what string) string {
	switch what {
	case "statement":
		return lang.T(" until its statement ends")
	case "transaction":
		return lang.T(" until its transaction ends")
	}
	return ""
}

// serverConcerns are what is the matter with a server.
func serverConcerns(s *api.Server, now time.Time) []concern {
	a := &s.Attributes
	glyph, word, level := role(a.State)
	one := func(group, grave int, what string) concern {
		c := concern{group: group, grave: grave, id: s.ID, path: objectPath("servers", s.ID), who: s.ID, what: what, label: lang.T("Open")}
		if at, err := time.Parse(time.RFC1123, a.TriggeredAt); err == nil && group != groupLag {
			c.age, c.order = elapsed(now.Sub(at)), now.Sub(at).Seconds()
		}
		return c
	}
	detail := ""
	if d := trouble(s); d != "" {
		detail = ": " + d
	}
	switch {
	case glyph == "down":
		return []concern{one(groupServers, graveCritical, lang.T("is down{detail}", "detail", detail))}
	case level == "attn":
		return []concern{one(groupServers, graveAttention, lang.T("refuses our login{detail}", "detail", detail))}
	case level == "info":
		return []concern{one(groupMaintenance, graveInfo, lang.T("is out of service ({word})", "word", word))}
	}
	if grave := lagLevel(s, now); grave > 0 {
		c := one(groupLag, grave, lang.T("is behind its primary"))
		c.age, c.order = seconds(a.ReplicationLag), float64(a.ReplicationLag)
		return []concern{c}
	}
	return nil
}

// objectConcerns are the services, listeners and monitors that do not run.
func objectConcerns() []concern {
	var list []concern
	for _, s := range model.Rows[api.ServiceAttributes](console.store.View(concernServices)) {
		if grave, what := stopped(s.Attributes.State, "Started"); what != "" {
			list = append(list, concern{
				group: groupServices, grave: grave, id: s.ID, path: objectPath("services", s.ID), who: s.ID, what: lang.T("{what}: its clients are refused", "what", what), label: lang.T("Open"),
			})
		}
	}
	for _, l := range model.Rows[api.ListenerAttributes](console.store.View(concernListeners)) {
		if grave, what := stopped(l.Attributes.State, "Running"); what != "" {
			list = append(list, concern{
				group: groupListeners, grave: grave, id: l.ID, path: objectPath("listeners", l.ID), who: l.ID,
				what: lang.T("{what}: nobody can connect to {parameters}", "what", what, "parameters", orDash(endpoint(l.Attributes.Parameters))), label: lang.T("Open"),
			})
		}
	}
	for _, m := range model.Rows[api.MonitorAttributes](console.store.View(concernMonitors)) {
		if grave, what := stopped(m.Attributes.State, "Running"); what != "" {
			list = append(list, concern{
				group: groupServers, grave: grave, id: m.ID, path: objectPath("monitors", m.ID), who: m.ID,
				what: lang.T("{what}: the states of its servers are not watched", "what", what), label: lang.T("Open"),
			})
		}
	}
	return list
}

// stopped says what is the matter with an object in a state, and how grave that
// is; "" when it runs.
func stopped(state, good string) (grave int, what string) {
	switch state {
	case good, "":
		return 0, ""
	case "Failed":
		return graveCritical, lang.T("has failed")
	case "Stopped":
		return graveAttention, lang.T("is stopped")
	}
	return graveAttention, lang.T("does not run ({state})", "state", state)
}

// outdatedConcern is about the sessions of a service that have an older chain.
func outdatedConcern(g *api.Group) concern {
	name, n := g.Attributes.Values[0], g.Attributes.Sessions
	what := lang.N(n, "{n} session runs with an older chain of filters than new ones get|{n} sessions run with an older chain of filters than new ones get")
	return concern{
		group: groupOutdated, grave: graveInfo, id: name, path: objectPath("services", name), who: orDash(name), what: what,
		do: "restart-outdated", label: lang.T("Restart…"), order: float64(n),
	}
}

// concernCount is how many concerns there are of a group: more than are listed
// when the window was too small for all of them.
func concernCount(group, listed int) int {
	s := console.store.View(concernSessions).Summary
	switch group {
	case groupKills:
		return max(listed, s.Killing)
	case groupLong:
		return max(listed, s.Long)
	case groupTrx:
		return max(listed, s.TrxLong)
	}
	return listed
}

// gravity writes how many concerns there are of each level, for those who hear
// the page: "1 critical, 3 need attention".
func gravity(list []concern) string {
	var n [3]int
	for _, c := range list {
		n[c.grave]++
	}
	switch {
	case n[graveCritical]+n[graveAttention] == 0:
		return lang.T("Nothing needs attention.")
	case n[graveCritical] == 0:
		return lang.N(n[graveAttention], "{n} needs attention.|{n} need attention.")
	}
	return lang.T("{n} critical, {n2} need attention.", "n", strconv.Itoa(n[graveCritical]), "n2", strconv.Itoa(n[graveAttention]))
}
