package mariadbmon

import (
	"slices"

	"github.com/signalbox/signalbox/engine"
)

// conditions are what a server needs beside its place in the topology to be the
// primary (master_conditions) or a replica (slave_conditions). A replica is always
// linked to the primary.
type conditions struct{ primary, replica []string }

// bars reports whether a server cannot be the primary because the monitor that may
// change servers does not take it for that.
func (c conditions) bars(n *node) bool {
	return n.unmarked && slices.Contains(c.primary, "primary_monitor_master")
}

// apply takes roles away whose conditions are not met, and marks servers that
// replicate from elsewhere.
func (c conditions) apply(root int, nodes []node, links []link, roles []role) {
	if root >= 0 && roles[root].status&engine.StatusMaster != 0 {
		if unmet := c.unmetByPrimary(root, nodes, links); unmet != "" {
			roles[root].status &^= engine.StatusMaster
			roles[root].lag = -1
			roles[root].details = "is not the primary: " + unmet + " (master_conditions)"
		}
	}
	unmet := ""
	switch {
	case root < 0:
	case slices.Contains(c.replica, "writable_master") && roles[root].status&engine.StatusMaster == 0:
		unmet = nodes[root].name + " is not a writable primary"
	case slices.Contains(c.replica, "running_master") && !nodes[root].running:
		unmet = "the primary " + nodes[root].name + " is down"
	case slices.Contains(c.replica, "primary_monitor_master") && nodes[root].unmarked:
		unmet = "the monitor that holds the locks does not take " + nodes[root].name + " for the primary"
	}
	common := unmet
	for i := range roles {
		if unmet = common; unmet == "" && slices.Contains(c.replica, "disk_space_ok") {
			unmet = nodes[i].full
		}
		if unmet != "" && roles[i].status&engine.StatusSlave != 0 {
			roles[i].status &^= engine.StatusSlave | engine.StatusRelay
			roles[i].lag = -1
			roles[i].details = "is not a replica: " + unmet + " (slave_conditions)"
		}
		if nodes[i].running && replicatesFromElsewhere(nodes, i) {
			roles[i].status |= engine.StatusExtern
		}
	}
}

// unmetByPrimary says which of the conditions of the primary is not met, "" for
// none. One connection that meets all of them is enough.
func (c conditions) unmetByPrimary(root int, nodes []node, links []link) string {
	if full := nodes[root].full; full != "" && slices.Contains(c.primary, "disk_space_ok") {
		return full
	}
	connected := slices.Contains(c.primary, "connected_slave")
	connects := slices.Contains(c.primary, "connecting_slave")
	running := slices.Contains(c.primary, "running_slave")
	if !connected && !connects && !running {
		return ""
	}
	for _, l := range links {
		if l.from != root {
			continue
		}
		io := l.info.IORunning
		if (!connected || yes(io)) && (!connects || yes(io) || connecting(io)) && (!running || nodes[l.to].running) {
			return ""
		}
	}
	return "no replica meets the conditions"
}

// replicatesFromElsewhere reports whether a server has a running connection to a
// server that is none of ours.
func replicatesFromElsewhere(nodes []node, i int) bool {
	replication := nodes[i].seen.Replication
	for k := range replication {
		if yes(replication[k].IORunning) && source(nodes, i, &replication[k]) < 0 {
			return true
		}
	}
	return false
}
