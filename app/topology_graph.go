package app

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// This file finds out who talks to whom, from what the topology's views hold.

// The page's own views.
const (
	topoClients   = "topology-clients"
	topoTargets   = "topology-targets"
	topoServices  = "topology-services"
	topoListeners = "topology-listeners"
	topoMonitors  = "topology-monitors"
	topoServers   = "topology-servers"
	topoStats     = "topology-stats"
	topoSession   = "topology-session"
)

// graph is who talks to whom: the boxes of each column, and the lines between
// them.
type graph struct {
	columns [4][]ui.TopoNode // clients, listeners, services, servers
	edges   []ui.TopoEdge
}

// Columns of a graph.
const (
	columnClients = iota
	columnListeners
	columnServices
	columnServers
)

func topoTitles() []string {
	return []string{lang.T("Clients"), lang.T("Listeners"), lang.T("Services"), lang.T("Servers")}
}

// topoPaths are the pages that have all of a column.
var topoPaths = []string{"/sessions", "/listeners", "/services", "/servers"}

// maxColumn is how many boxes a column has; the others are one box together.
const maxColumn = 12

// maxInside is how many filters are shown inside of a service.
const maxInside = 8

func (g *graph) add(column int, n ui.TopoNode) {
	if n.Path != "" {
		n.Href = href(n.Path)
	}
	g.columns[column] = append(g.columns[column], n)
}

func (g *graph) join(from, to string, weight int, loose bool) {
	for i := range g.edges {
		if e := &g.edges[i]; e.From == from && e.To == to {
			e.Weight += weight
			e.Loose = e.Loose && loose
			return
		}
	}
	g.edges = append(g.edges, ui.TopoEdge{From: from, To: to, Weight: weight, Loose: loose})
}

// fold makes one box of those of a column that are beyond the first maxColumn.
func (g *graph) fold(column int, path string) {
	nodes := g.columns[column]
	if len(nodes) <= maxColumn {
		return
	}
	more := "more:" + strconv.Itoa(column)
	gone := make(map[string]bool)
	for _, n := range nodes[maxColumn:] {
		gone[n.ID] = true
	}
	text := lang.T("and {n} more", "n", lang.Count(len(gone)))
	g.columns[column] = nodes[:maxColumn:maxColumn]
	g.add(column, ui.TopoNode{ID: more, Path: path, Name: text, Label: text})
	edges := g.edges
	g.edges = nil
	for _, e := range edges {
		if gone[e.From] {
			e.From = more
		}
		if gone[e.To] {
			e.To = more
		}
		g.join(e.From, e.To, e.Weight, e.Loose)
	}
}

// crowd is how many sessions two things have in common.
type crowd struct {
	from, to string
	sessions int
	running  int
}

// crowdsOf reads groups of two keys, in their order.
func crowdsOf(viewName string) []crowd {
	var list []crowd
	for _, g := range model.Rows[api.GroupAttributes](console.store.View(viewName)) {
		if a := &g.Attributes; len(a.Values) == 2 {
			list = append(list, crowd{a.Values[0], a.Values[1], a.Sessions, a.Running})
		}
	}
	return list
}

// topology is the whole graph. by is the key of the filter language that clients
// are grouped by.
func topology(by string) *graph {
	g := &graph{}
	services := model.Rows[api.ServiceAttributes](console.store.View(topoServices))
	slices.SortFunc(services, func(a, b *api.Service) int { return cmp.Compare(a.ID, b.ID) })
	clients, targets := crowdsOf(topoClients), crowdsOf(topoTargets)
	listeners := addListeners(g, services)
	addClients(g, clients, listeners, by)
	for _, s := range services {
		n := 0
		for _, c := range clients {
			if c.to == s.ID {
				n += c.sessions
			}
		}
		g.add(columnServices, serviceNode(s, s.Relationships.IDs("filters"), lang.N(n, "{n} session|{n} sessions")))
		for _, l := range listeners[s.ID] {
			only := len(listeners[s.ID]) == 1
			weight := 0
			if only {
				weight = n
			}
			g.join("listener:"+l, "service:"+s.ID, weight, !only)
		}
	}
	addServers(g, services, targets)
	return g
}

// folded is the graph with columns that are short enough for a picture.
func (g *graph) folded() *graph {
	for column, path := range topoPaths {
		g.fold(column, path)
	}
	return g
}

// addListeners adds the listeners in the order of their services, and returns
// those of each service.
func addListeners(g *graph, services []*api.Service) map[string][]string {
	of := make(map[string][]string)
	all := model.Rows[api.ListenerAttributes](console.store.View(topoListeners))
	slices.SortFunc(all, func(a, b *api.Listener) int { return cmp.Compare(a.ID, b.ID) })
	for _, s := range services {
		for _, l := range all {
			if slices.Contains(l.Relationships.IDs("services"), s.ID) {
				of[s.ID] = append(of[s.ID], l.ID)
				g.add(columnListeners, listenerNode(l))
			}
		}
	}
	return of
}

func listenerNode(l *api.Listener) ui.TopoNode {
	n := ui.TopoNode{
		ID: "listener:" + l.ID, Path: objectPath("listeners", l.ID), Name: l.ID, Note: endpoint(l.Attributes.Parameters), Glyph: "running",
		Label: lang.T("Listener {id}, {state}, {parameters}", "id", l.ID, "state", l.Attributes.State, "parameters", endpoint(l.Attributes.Parameters)),
	}
	if grave, what := stopped(l.Attributes.State, "Running"); what != "" {
		n.Glyph, n.Level, n.Note = "blocked", levelNames[grave], l.Attributes.State
	}
	return n
}

// addClients adds the groups of clients, those with most sessions first. How the
// sessions of a service are spread over its listeners is not known when there
// are several.
func addClients(g *graph, clients []crowd, listeners map[string][]string, by string) {
	total := make(map[string]int)
	for _, c := range clients {
		total[c.from] += c.sessions
	}
	names := make([]string, 0, len(total))
	for name := range total {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(total[b], total[a]), cmp.Compare(a, b)) })
	for _, name := range names {
		count := lang.N(total[name], "{n} session|{n} sessions")
		path := "/sessions"
		if name != "" {
			path += "?q=" + url.QueryEscape(by+":"+quoted(name))
		}
		g.add(columnClients, ui.TopoNode{
			ID: "client:" + name, Path: path, Name: orDash(name), Note: count, Label: lang.T("Clients {name}, {count}", "name", orDash(name), "count", count),
		})
	}
	for _, c := range clients {
		for _, l := range listeners[c.to] {
			only := len(listeners[c.to]) == 1
			g.join("client:"+c.from, "listener:"+l, c.sessions, !only)
		}
		if len(listeners[c.to]) == 0 {
			g.join("client:"+c.from, "service:"+c.to, c.sessions, false)
		}
	}
}

// serviceNode is the box of a service, with a chain inside of it.
func serviceNode(s *api.Service, chain []string, note string) ui.TopoNode {
	n := ui.TopoNode{ID: "service:" + s.ID, Path: objectPath("services", s.ID), Name: s.ID, Glyph: "running", Note: note, Inside: inside(chain)}
	if rate := rateOf(topoStats, n.ID); rate != "" {
		n.Note += " · " + rate
	}
	state := s.Attributes.State
	if grave, what := stopped(state, "Started"); what != "" {
		n.Glyph, n.Level, n.Note = "blocked", levelNames[grave], state+" · "+n.Note
	}
	n.Label = lang.T("Service {id}, {router}, {note}", "id", s.ID, "router", s.Attributes.Router, "note", n.Note)
	if len(chain) > 0 {
		n.Label += lang.T(", filters {chain}", "chain", strings.Join(chain, lang.T(", then ")))
	}
	return n
}

// inside is a chain as far as there is room for it.
func inside(chain []string) []string {
	if len(chain) <= maxInside {
		return chain
	}
	return append(slices.Clone(chain[:maxInside-1]), lang.T("and {n} more", "n", strconv.Itoa(len(chain)-maxInside+1)))
}

// addServers adds the servers, and the lines from the services: those that
// sessions take, and those that they could.
func addServers(g *graph, services []*api.Service, targets []crowd) {
	servers := serversByRole()
	for _, s := range servers {
		g.add(columnServers, serverNode(s))
	}
	for _, v := range services {
		for _, s := range servers {
			if targeted(v, s) {
				g.join("service:"+v.ID, "server:"+s.ID, 0, false)
			}
		}
	}
	for _, c := range targets {
		if c.to != "" {
			g.join("service:"+c.from, "server:"+c.to, c.sessions, false)
		}
	}
}

// serversByRole are the servers, primaries first.
func serversByRole() []*api.Server {
	servers := model.Rows[api.ServerAttributes](console.store.View(topoServers))
	rank := func(s *api.Server) int {
		glyph, _, _ := role(s.Attributes.State)
		if glyph == "primary" {
			return 0
		}
		return 1
	}
	slices.SortFunc(servers, func(a, b *api.Server) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.ID, b.ID)) })
	return servers
}

// targeted reports whether a service is configured to use a server, by name or
// by a monitor.
func targeted(v *api.Service, s *api.Server) bool {
	if slices.Contains(v.Relationships.IDs("servers"), s.ID) {
		return true
	}
	monitors := v.Relationships.IDs("monitors")
	return slices.ContainsFunc(s.Relationships.IDs("monitors"), func(m string) bool { return slices.Contains(monitors, m) })
}

// serverNode is the box of a server: its role, how far it is behind, and what it
// does.
func serverNode(s *api.Server) ui.TopoNode {
	glyph, word, level := serverSign(s, console.now())
	n := ui.TopoNode{ID: "server:" + s.ID, Path: objectPath("servers", s.ID), Name: s.ID, Glyph: glyph, Level: level, Note: word}
	if behind := s.Attributes.ReplicationLag; behind > 0 {
		n.Note += lang.T(" · lag {behind}", "behind", seconds(behind))
	}
	if rate := rateOf(topoStats, n.ID); rate != "" {
		n.Note += " · " + rate
	}
	n.Label = lang.T("Server {id}, {note}", "id", s.ID, "note", n.Note)
	return n
}

// sessionGraph is the way of one session: its client, listener, service with the
// session's own chain, and servers. Which of several listeners it has come
// through is not known.
func sessionGraph(s *api.Session) *graph {
	g := &graph{}
	a := &s.Attributes
	client := "client:" + s.ID
	g.add(columnClients, ui.TopoNode{
		ID: client, Path: "/sessions/" + s.ID, Name: s.ID, Note: a.User + "@" + view.Client(s), Label: lang.T("Session {id}, {user}@{s}", "id", s.ID, "user", a.User, "s", view.Client(s)),
	})
	name := service(s)
	services := slices.DeleteFunc(model.Rows[api.ServiceAttributes](console.store.View(topoServices)), func(v *api.Service) bool { return v.ID != name })
	listeners := addListeners(g, services)
	for _, l := range listeners[name] {
		loose := len(listeners[name]) > 1
		g.join(client, "listener:"+l, 1, loose)
		g.join("listener:"+l, "service:"+name, 1, loose)
	}
	if len(listeners[name]) == 0 {
		g.join(client, "service:"+name, 1, false)
	}
	for _, v := range services {
		g.add(columnServices, serviceNode(v, s.Relationships.IDs("filters"), lang.T("this session's chain")))
	}
	for _, server := range serversByRole() {
		for i := range a.Connections {
			c := &a.Connections[i]
			if c.Server != server.ID {
				continue
			}
			n := serverNode(server)
			weight := 0
			if c.Busy || c.Server == a.Activity.Server {
				weight = 1
			}
			if c.Busy {
				n.Note += lang.T(" · at work")
			}
			g.add(columnServers, n)
			g.join("service:"+name, n.ID, weight, false)
			break
		}
	}
	return g
}
