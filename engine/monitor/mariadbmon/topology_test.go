package mariadbmon

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine"
)

// parseNodes makes nodes of words, one for each server:
//
//	name[!][b][r] [source:io/sql/seconds]...
//
// Names are capitals. A server has the id of its place, from 1, and the address
// of its name. With ! it is down, with b blind, with r read-only. A source is the name of a server; io and sql
// are y (Yes), n (No), c (Connecting) or e (No, with an error).
func parseNodes(t *testing.T, lines ...string) []node {
	t.Helper()
	ids := map[string]int64{}
	for i, line := range lines {
		ids[strings.TrimRight(strings.Fields(line)[0], "!br")] = int64(i + 1)
	}
	threads := map[string]string{"y": "Yes", "n": "No", "c": "Connecting", "e": "No"}
	var nodes []node
	for _, line := range lines {
		words := strings.Fields(line)
		name := strings.TrimRight(words[0], "!br")
		flags := words[0][len(name):]
		n := node{name: name, address: name + ":3306", running: !strings.Contains(flags, "!"), seen: unseen}
		n.seen.ServerID = ids[name]
		n.blind = strings.Contains(flags, "b")
		n.seen.ReadOnly = strings.Contains(flags, "r")
		for _, word := range words[1:] {
			from, rest, _ := strings.Cut(word, ":")
			parts := strings.Split(rest, "/")
			info := engine.ReplicaInfo{
				MasterHost: from, MasterPort: 3306, MasterServerID: ids[from],
				IORunning: threads[parts[0]], SQLRunning: threads[parts[1]],
			}
			if parts[1] == "e" {
				info.LastSQLError = "duplicate key"
			}
			if parts[0] == "e" {
				info.LastIOError = "binlog is gone"
			}
			if len(parts) > 2 {
				seconds, err := strconv.ParseInt(parts[2], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				info.SecondsBehind = &seconds
			}
			n.seen.Replication = append(n.seen.Replication, info)
		}
		nodes = append(nodes, n)
	}
	return nodes
}

// roleText writes a role as "a Master 0s".
func roleText(n node, r role) string {
	words := []string{n.name}
	for _, bit := range []struct {
		status engine.ServerStatus
		word   string
	}{{engine.StatusMaster, "Master"}, {engine.StatusRelay, "Relay"}, {engine.StatusSlave, "Slave"}, {engine.StatusExtern, "External"}} {
		if r.status&bit.status != 0 {
			words = append(words, bit.word)
		}
	}
	switch {
	case r.status&engine.StatusRunning == 0:
		words = append(words, "Down")
	case len(words) == 1:
		words = append(words, "Running")
	}
	if r.lag >= 0 {
		words = append(words, r.lag.String())
	}
	if r.details != "" {
		words = append(words, "("+r.details+")")
	}
	return strings.Join(words, " ")
}

func TestDecide(t *testing.T) {
	tests := []struct {
		name     string
		topology topology
		nodes    []string
		want     []string
	}{
		{
			name:  "one_writable_server",
			nodes: []string{"A"},
			want:  []string{"A Master 0s"},
		},
		{
			name:  "one_read_only_server",
			nodes: []string{"Ar"},
			want:  []string{"A Running (is read-only and does not replicate)"},
		},
		{
			name:  "primary_and_replica",
			nodes: []string{"A", "Br A:y/y/3"},
			want:  []string{"A Master 0s", "B Slave 3s"},
		},
		{
			name:  "writable_replica",
			nodes: []string{"B A:y/y/0", "A"},
			want:  []string{"B Slave 0s", "A Master 0s"},
		},
		{
			name:  "lag_unknown",
			nodes: []string{"A", "Br A:y/y"},
			want:  []string{"A Master 0s", "B Slave"},
		},
		{
			name:  "most_replicas_win",
			nodes: []string{"X", "A", "Br A:y/y/0", "Cr A:y/y/0"},
			want:  []string{"X Running (is writable, but does not replicate from A)", "A Master 0s", "B Slave 0s", "C Slave 0s"},
		},
		{
			name:     "more_replicas_beat_the_previous_primary",
			topology: topology{primary: "X"},
			nodes:    []string{"X", "A", "Br A:y/y/0"},
			want:     []string{"X Running (is writable, but does not replicate from A)", "A Master 0s", "B Slave 0s"},
		},
		{
			name:     "tie_keeps_the_previous_primary",
			topology: topology{primary: "B"},
			nodes:    []string{"A", "B"},
			want:     []string{"A Running (is writable, but does not replicate from B)", "B Master 0s"},
		},
		{
			name:  "tie_without_previous_takes_the_first",
			nodes: []string{"A", "B"},
			want:  []string{"A Master 0s", "B Running (is writable, but does not replicate from A)"},
		},
		{
			name:  "only_one_is_writable",
			nodes: []string{"Ar", "B"},
			want:  []string{"A Running (is read-only and does not replicate)", "B Master 0s"},
		},
		{
			name:  "relay",
			nodes: []string{"A", "Br A:y/y/1", "Cr B:y/y/5"},
			want:  []string{"A Master 0s", "B Relay Slave 1s", "C Slave 5s"},
		},
		{
			name:  "replica_below_a_broken_relay",
			nodes: []string{"A", "Br A:y/e", "Cr B:y/y/5"},
			want: []string{
				"A Master 0s",
				"B Running (replication from A does not run (I/O Yes, SQL No): duplicate key)",
				"C Running (replicates from B, which is neither the primary nor a replica)",
			},
		},
		{
			name:  "broken_replication_of_a_writable_replica_makes_no_primary",
			nodes: []string{"B A:e/y", "A"},
			want:  []string{"B Running (replication from A does not run (I/O No, SQL Yes): binlog is gone)", "A Master 0s"},
		},
		{
			name:  "stopped_replica",
			nodes: []string{"A", "Br A:n/n"},
			want:  []string{"A Master 0s", "B Running (replication from A is stopped)"},
		},
		{
			name:     "primary_down_replicas_stay",
			topology: topology{primary: "A"},
			nodes:    []string{"A!", "B A:c/y", "Cr A:c/y"},
			want:     []string{"A Down", "B Slave", "C Slave"},
		},
		{
			name:  "primary_down_from_the_start",
			nodes: []string{"A!", "B A:c/y"},
			want:  []string{"A Down", "B Slave"},
		},
		{
			name:  "connecting_to_a_primary_that_runs",
			nodes: []string{"A", "Br A:c/y"},
			want:  []string{"A Master 0s", "B Running (replication from A does not run (I/O Connecting, SQL Yes))"},
		},
		{
			name:     "primary_has_become_read_only",
			topology: topology{primary: "A"},
			nodes:    []string{"Ar", "Br A:y/y/0"},
			want:     []string{"A Running (would be the primary, but is read-only)", "B Slave 0s"},
		},
		{
			name:     "failed_over_by_others",
			topology: topology{primary: "A", failcount: 5},
			nodes:    []string{"A!", "B", "Cr B:y/y/0"},
			want:     []string{"A Down", "B Master 0s", "C Slave 0s"},
		},
		{
			name:     "former_primary_comes_back",
			topology: topology{primary: "B"},
			nodes:    []string{"A", "B", "Cr B:y/y/0"},
			want:     []string{"A Running (is writable, but does not replicate from B)", "B Master 0s", "C Slave 0s"},
		},
		{
			name:     "lone_server_waits_for_failcount",
			topology: topology{primary: "A", failcount: 2},
			nodes:    []string{"A!", "B"},
			want:     []string{"A Down", "B Running"},
		},
		{
			name:     "lone_server_after_failcount",
			topology: topology{primary: "A", failcount: 2, missing: 1},
			nodes:    []string{"A!", "B"},
			want:     []string{"A Down", "B Master 0s"},
		},
		{
			name:  "ring_of_two_writable",
			nodes: []string{"A B:y/y/0", "B A:y/y/0"},
			want:  []string{"A Master 0s", "B Slave 0s"},
		},
		{
			name:     "ring_keeps_the_previous_primary",
			topology: topology{primary: "B"},
			nodes:    []string{"A B:y/y/0", "B A:y/y/0", "Cr A:y/y/2"},
			want:     []string{"A Relay Slave 0s", "B Master 0s", "C Slave 2s"},
		},
		{
			name:  "two_sources",
			nodes: []string{"A", "X!", "Br X:c/y A:y/y/4"},
			want:  []string{"A Master 0s", "X Down", "B Slave 4s"},
		},
		{
			name:     "no_connected_replica",
			topology: topology{wanted: conditions{primary: []string{"connected_slave"}}},
			nodes:    []string{"A", "Br A:c/y"},
			want: []string{
				"A Running (is not the primary: no replica meets the conditions (master_conditions))",
				"B Running (replication from A does not run (I/O Connecting, SQL Yes))",
			},
		},
		{
			name:     "connecting_replica_is_enough",
			topology: topology{wanted: conditions{primary: []string{"connecting_slave", "running_slave"}}},
			nodes:    []string{"A", "Br A:c/y"},
			want:     []string{"A Master 0s", "B Running (replication from A does not run (I/O Connecting, SQL Yes))"},
		},
		{
			name:     "replicas_want_a_running_primary",
			topology: topology{primary: "A", wanted: conditions{replica: []string{"running_master"}}},
			nodes:    []string{"A!", "Br A:c/y"},
			want:     []string{"A Down", "B Running (is not a replica: the primary A is down (slave_conditions))"},
		},
		{
			name:     "replicas_want_a_writable_primary",
			topology: topology{primary: "A", wanted: conditions{replica: []string{"writable_master"}}},
			nodes:    []string{"Ar", "Br A:y/y/0"},
			want: []string{
				"A Running (would be the primary, but is read-only)",
				"B Running (is not a replica: A is not a writable primary (slave_conditions))",
			},
		},
		{
			name:  "primary_that_replicates_from_elsewhere",
			nodes: []string{"A elsewhere:y/y/0", "Br A:y/y/1"},
			want:  []string{"A Master External 0s", "B Slave 1s"},
		},
		{
			name:  "source_that_is_not_monitored",
			nodes: []string{"Br elsewhere:y/y/0"},
			want:  []string{"B External (replicates from elsewhere:3306, which is not monitored)"},
		},
		{
			name:     "assumed_primary",
			topology: topology{assumed: "B"},
			nodes:    []string{"A", "B", "C!"},
			want: []string{
				"A Slave (no server reports replication; a replica because assume_primary is B)",
				"B Master 0s", "C Down",
			},
		},
		{
			name:     "assumed_primary_is_down",
			topology: topology{assumed: "B"},
			nodes:    []string{"A", "B!"},
			want:     []string{"A Slave (no server reports replication; a replica because assume_primary is B)", "B Down"},
		},
		{
			name:     "replication_overrules_the_assumption",
			topology: topology{assumed: "B"},
			nodes:    []string{"A", "B A:y/y/0"},
			want:     []string{"A Master 0s", "B Slave 0s"},
		},
		{
			name:  "blind_server_is_no_primary",
			nodes: []string{"Ab", "B"},
			want:  []string{"A Running (is writable, but does not replicate from B)", "B Master 0s"},
		},
		{
			name:  "all_are_blind",
			nodes: []string{"Ab", "Bb"},
			want:  []string{"A Running", "B Running"},
		},
		{
			name:  "only_server_is_blind",
			nodes: []string{"Ab"},
			want:  []string{"A Master 0s"},
		},
		{name: "no_servers"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			nodes := parseNodes(t, test.nodes...)
			var got []string
			for i, r := range test.topology.decide(nodes) {
				got = append(got, roleText(nodes[i], r))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestFailover follows one topology through the death of a primary.
func TestFailover(t *testing.T) {
	m := topology{failcount: 3}
	for i, step := range []struct {
		nodes   []string
		primary string
	}{
		{[]string{"A", "B"}, "A"},
		{[]string{"A!", "B"}, ""},
		{[]string{"A", "B"}, "A"},
		{[]string{"A!", "B"}, ""},
		{[]string{"A!", "B"}, ""},
		{[]string{"A!", "B"}, "B"},
		{[]string{"A", "B"}, "B"},
	} {
		nodes := parseNodes(t, step.nodes...)
		got := ""
		for k, r := range m.decide(nodes) {
			if r.status&engine.StatusMaster != 0 {
				got += nodes[k].name
			}
		}
		if got != step.primary {
			t.Errorf("step %d: got primary %q, want %q", i, got, step.primary)
		}
	}
}

func TestSource(t *testing.T) {
	server := func(address string, id int64) node {
		n := node{name: address, address: address, running: true, seen: unseen}
		n.seen.ServerID = id
		return n
	}
	tests := []struct {
		name   string
		nodes  []node // the last one asks
		source string
		id     int64
		want   int
	}{
		{"address", []node{server("a:1", 7), server("b:1", 8), server("c:1", 9)}, "b:1", 7, 1},
		{"address_in_another_case", []node{server("a:1", 7), server("c:1", 9)}, "A:1", 3, 0},
		{"server_id", []node{server("a:1", 7), server("b:1", 8), server("c:1", 9)}, "internal:1", 8, 1},
		{"same_server_ids", []node{server("a:1", 1), server("b:1", 1), server("c:1", 1)}, "internal:1", 1, -1},
		{"itself", []node{server("a:1", 7), server("c:1", 9)}, "internal:1", 9, -1},
		{"no_server_id", []node{server("a:1", 0), server("c:1", 9)}, "internal:1", 0, -1},
		{"unknown", []node{server("a:1", 7), server("c:1", 9)}, "x:1", 3, -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			host, port, err := net.SplitHostPort(test.source)
			if err != nil {
				t.Fatal(err)
			}
			info := engine.ReplicaInfo{MasterHost: host, MasterServerID: test.id}
			fmt.Sscan(port, &info.MasterPort)
			if got := source(test.nodes, len(test.nodes)-1, &info); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
