package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/ui"
)

func refs(ids ...string) api.Relationship {
	var r api.Relationship
	for _, id := range ids {
		r.Data = append(r.Data, api.Reference{ID: id})
	}
	return r
}

// putTopology puts a small installation into the views of the topology: two
// services, one of them with two listeners, three servers behind a monitor.
func putTopology(t *testing.T) {
	t.Helper()
	lagAlarms = alarms{}
	putIn(t, topoAsks[1],
		api.Service{
			ID: "rw", Attributes: api.ServiceAttributes{State: "Started", Router: "readwritesplit"},
			Relationships: api.Relationships{"filters": refs("cache", "qla"), "monitors": refs("mon")},
		},
		api.Service{ID: "ro", Attributes: api.ServiceAttributes{State: "Stopped"}, Relationships: api.Relationships{"servers": refs("db2")}},
	)
	putIn(t, topoAsks[2],
		api.Listener{ID: "rw-l", Attributes: api.ListenerAttributes{State: "Running"}, Relationships: api.Relationships{"services": refs("rw")}},
		api.Listener{ID: "ro-b", Attributes: api.ListenerAttributes{State: "Failed"}, Relationships: api.Relationships{"services": refs("ro")}},
		api.Listener{ID: "ro-a", Attributes: api.ListenerAttributes{State: "Running"}, Relationships: api.Relationships{"services": refs("ro")}},
	)
	putIn(t, topoAsks[3],
		api.Server{ID: "db2", Attributes: api.ServerAttributes{State: "Slave, Running", ReplicationLag: 9}, Relationships: api.Relationships{"monitors": refs("mon")}},
		api.Server{ID: "db1", Attributes: api.ServerAttributes{State: "Slave, Running"}, Relationships: api.Relationships{"monitors": refs("mon")}},
		api.Server{ID: "db3", Attributes: api.ServerAttributes{State: "Master, Running"}, Relationships: api.Relationships{"monitors": refs("mon")}},
	)
	putIn(t, topoAsks[0],
		api.Group{ID: "1", Attributes: api.GroupAttributes{Values: []string{"rw", "db3"}, Sessions: 7}},
		api.Group{ID: "2", Attributes: api.GroupAttributes{Values: []string{"rw", ""}, Sessions: 2}},
	)
	putIn(t, topoAsks[4], api.Stats{ID: "server:db3", Attributes: api.StatsAttributes{Statements: 128}})
	putIn(t, api.Subscribe{View: topoClients, Topic: api.TopicGroups, Group: "user,service"},
		api.Group{ID: "1", Attributes: api.GroupAttributes{Values: []string{"app", "rw"}, Sessions: 6}},
		api.Group{ID: "2", Attributes: api.GroupAttributes{Values: []string{"<b>", "rw"}, Sessions: 3}},
		api.Group{ID: "3", Attributes: api.GroupAttributes{Values: []string{"app", "ro"}, Sessions: 4}},
	)
}

func told(g *graph) (boxes, lines []string) {
	for i, column := range g.columns {
		for _, n := range column {
			boxes = append(boxes, strings.TrimSpace(fmt.Sprint(i, " ", n.ID, " | ", n.Glyph, " ", n.Level, " | ", n.Note, " ", strings.Join(n.Inside, ">"))))
		}
	}
	for _, e := range g.edges {
		lines = append(lines, fmt.Sprint(e.From, " ", e.To, " ", e.Weight, " ", e.Loose))
	}
	return boxes, lines
}

// Ensure the graph has every box and every line, counted where it is known how
// many take it, in an order that does not depend on that of the views.
func TestTopologyGraph(t *testing.T) {
	reset(t)
	putTopology(t)
	boxes, lines := told(topology("user"))
	wantBoxes := []string{
		"0 client:app |   | 10 sessions", "0 client:<b> |   | 3 sessions",
		"1 listener:ro-a | running  |", "1 listener:ro-b | blocked crit | Failed", "1 listener:rw-l | running  |",
		"2 service:ro | blocked attn | Stopped · 4 sessions", "2 service:rw | running  | 9 sessions cache>qla",
		"3 server:db3 | primary  | Primary · 128/s", "3 server:db1 | replica  | Replica", "3 server:db2 | long attn | Lagging · lag 9 s",
	}
	if diff := cmp.Diff(wantBoxes, boxes); diff != "" {
		t.Error(diff)
	}
	wantLines := []string{
		"client:app listener:rw-l 6 false", "client:<b> listener:rw-l 3 false",
		"client:app listener:ro-a 4 true", "client:app listener:ro-b 4 true",
		"listener:ro-a service:ro 0 true", "listener:ro-b service:ro 0 true", "listener:rw-l service:rw 9 false",
		"service:ro server:db2 0 false",
		"service:rw server:db3 7 false", "service:rw server:db1 0 false", "service:rw server:db2 0 false",
	}
	if diff := cmp.Diff(wantLines, lines); diff != "" {
		t.Error(diff)
	}
}

// Ensure a column stays short, and what is folded away keeps its lines.
func TestTopologyFold(t *testing.T) {
	g := &graph{}
	for i := range 20 {
		g.add(columnClients, ui.TopoNode{ID: fmt.Sprint(i)})
		g.join(fmt.Sprint(i), "to", 1, false)
	}
	g.fold(columnClients, "/sessions")
	if n := len(g.columns[columnClients]); n != maxColumn+1 {
		t.Errorf("got %d boxes, want %d", n, maxColumn+1)
	}
	last := g.columns[columnClients][maxColumn]
	if last.Name != "and 8 more" || last.Href != "/sessions" {
		t.Errorf("got %+v", last)
	}
	total := 0
	for _, e := range g.edges {
		total += e.Weight
	}
	if len(g.edges) != maxColumn+1 || total != 20 {
		t.Errorf("got %d lines with %d sessions, want %d with 20", len(g.edges), total, maxColumn+1)
	}
	if got := inside(strings.Split("a b c d e f g h i j", " ")); len(got) != maxInside || got[maxInside-1] != "and 3 more" {
		t.Errorf("got %v", got)
	}
}

// Ensure the way of one session is that of its own chain and connections.
func TestTopologyFocus(t *testing.T) {
	reset(t)
	putTopology(t)
	s := busy("7", "running", 1)
	s.Attributes.Activity.Server = "db3"
	s.Attributes.Connections = []api.SessionConnection{{Server: "db3", Busy: true}, {Server: "db1"}, {Server: "gone"}}
	s.Relationships = api.Relationships{"services": refs("rw"), "filters": refs("qla")}
	putIn(t, api.Subscribe{View: topoSession, Topic: api.TopicSession, ID: "7"}, s)
	boxes, lines := told(sessionGraph(&s))
	wantBoxes := []string{
		"0 client:7 |   | app@10.0.0.1:7", "1 listener:rw-l | running  |", "2 service:rw | running  | this session's chain qla",
		"3 server:db3 | primary  | Primary · 128/s · at work", "3 server:db1 | replica  | Replica",
	}
	if diff := cmp.Diff(wantBoxes, boxes); diff != "" {
		t.Error(diff)
	}
	wantLines := []string{
		"client:7 listener:rw-l 1 false", "listener:rw-l service:rw 1 false", "service:rw server:db3 1 false", "service:rw server:db1 0 false",
	}
	if diff := cmp.Diff(wantLines, lines); diff != "" {
		t.Error(diff)
	}
	p := &topologyPage{by: "user", focus: "7"}
	if g, why := p.graph(); g == nil {
		t.Error(why)
	}
	p.focus = "8"
	if g, why := p.graph(); g != nil || why != "Session 8 has ended or never was." {
		t.Errorf("got %v, %q", g, why)
	}
}

// Ensure the page draws in every state, and its address says what it shows.
func TestTopologyPage(t *testing.T) {
	reset(t)
	if err := load(&topologyPage{}); err != nil {
		t.Fatal(err)
	}
	putTopology(t)
	for _, p := range []*topologyPage{{by: "user"}, {by: "user", lit: "service:rw"}, {by: "user", table: true}, {by: "user", focus: "9"}} {
		if err := load(p); err != nil {
			t.Error(err)
		}
	}
	for query, want := range map[string]string{
		"": "/topology", "view=table&by=address": "/topology?by=address&view=table", "focus=session:9": "/topology?focus=session%3A9",
		"focus=user:9&view=x": "/topology",
	} {
		p := &topologyPage{}
		p.take(query)
		if got := p.address(func(*topologyPage) {}); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}
