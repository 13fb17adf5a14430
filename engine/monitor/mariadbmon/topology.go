package mariadbmon

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// node is what one tick has seen of one server.
type node struct {
	name    string
	address string // host:port that others may replicate from
	running bool
	blind   bool   // its replication cannot be seen
	full    string // which of its disks is too full, "" for none
	// unmarked says that another monitor may change servers, and does not take this
	// one for the primary.
	unmarked bool
	seen     engine.MonitoredServer // of an earlier tick when it is not running
}

// writable reports whether the server takes writes. One that does not say takes
// them.
func (n *node) writable() bool { return n.running && !n.seen.ReadOnly }

// eligible reports whether the server may be the primary of so many servers.
// One that may be a replica for all we know may not, unless it is the only one.
func (n *node) eligible(servers int) bool { return n.writable() && (!n.blind || servers == 1) }

// role is what a server is found to be.
type role struct {
	status  engine.ServerStatus
	lag     time.Duration // negative: unknown
	details string        // why it is no more than that, "" when there is nothing to say
}

// topology decides roles. It remembers the primary of the last decision.
type topology struct {
	wanted    conditions
	assumed   string // primary when no server reports replication, "" for none
	failcount int64

	primary string // "" when there is none
	missing int64  // decisions in a row in which it did not run
	without int64  // decisions in a row without a primary
	root    int    // of the last decision: the primary, or where it was; -1 for none
}

// link is a replication connection between two of the servers.
type link struct {
	from, to int // indices: to replicates from from
	info     *engine.ReplicaInfo
	healthy  bool
}

// decide returns the role of each of the nodes, in their order.
//
// The primary is the writable server with the most replicas below it that does
// not itself replicate from another of the servers, unless that one in turn
// replicates from it. Among equals it is the one that was, then the first. A
// primary that has gone down keeps its place for failcount decisions against
// servers without replicas. Replicas are the servers to which a chain of
// replication leads from the primary; when there is none, from where it was.
func (t *topology) decide(nodes []node) []role {
	roles := make([]role, len(nodes))
	for i := range nodes {
		roles[i].lag = -1
		if nodes[i].running {
			roles[i].status = engine.StatusRunning
		}
	}
	if t.assumed != "" && !replicates(nodes) {
		t.assume(nodes, roles)
		return roles
	}
	t.root = -1
	links := findLinks(nodes)
	below := descendants(len(nodes), links)
	primary := t.choose(nodes, links, below)
	root := primary
	t.without++
	if primary >= 0 {
		t.without = 0
		roles[primary].status |= engine.StatusMaster
		roles[primary].lag = 0
	} else {
		root = t.former(nodes, links, below)
	}
	t.root = root
	if root >= 0 {
		follow(root, nodes, links, roles)
	}
	t.wanted.apply(root, nodes, links, roles)
	explain(root, nodes, links, roles)
	return roles
}

// replicates reports whether any server has a replication connection.
func replicates(nodes []node) bool {
	for i := range nodes {
		if len(nodes[i].seen.Replication) > 0 {
			return true
		}
	}
	return false
}

// assume gives the fixed roles.
func (t *topology) assume(nodes []node, roles []role) {
	for i := range nodes {
		switch {
		case !nodes[i].running:
		case nodes[i].name == t.assumed:
			roles[i].status |= engine.StatusMaster
			roles[i].lag = 0
		default:
			roles[i].status |= engine.StatusSlave
			roles[i].details = "no server reports replication; a replica because assume_primary is " + t.assumed
		}
	}
}

// findLinks returns the replication connections between the servers, without
// those that are stopped.
func findLinks(nodes []node) []link {
	var links []link
	for to := range nodes {
		if !nodes[to].running {
			continue
		}
		replication := nodes[to].seen.Replication
		for i := range replication {
			info := &replication[i]
			from := source(nodes, to, info)
			if from < 0 || stopped(info) {
				continue
			}
			waits := !nodes[from].running && connecting(info.IORunning)
			links = append(links, link{from, to, info, yes(info.SQLRunning) && (yes(info.IORunning) || waits)})
		}
	}
	return links
}

// source returns the server that a replication connection of server to leads
// to, -1 when it is none of ours. The address decides, or else the server id,
// which is only a clue when several servers have the same.
func source(nodes []node, to int, info *engine.ReplicaInfo) int {
	address := net.JoinHostPort(info.MasterHost, strconv.Itoa(info.MasterPort))
	found := -1
	for i := range nodes {
		switch {
		case i == to:
		case strings.EqualFold(nodes[i].address, address):
			return i
		case info.MasterServerID > 0 && nodes[i].seen.ServerID == info.MasterServerID:
			if found >= 0 {
				found = len(nodes) // ambiguous
			} else {
				found = i
			}
		}
	}
	if found == len(nodes) {
		return -1
	}
	return found
}

// descendants returns for each server those that a chain of links leads to.
func descendants(n int, links []link) []map[int]bool {
	below := make([]map[int]bool, n)
	for root := range below {
		below[root] = map[int]bool{}
		reach(root, links, func(l *link) bool {
			if l.to == root || below[root][l.to] {
				return false
			}
			below[root][l.to] = true
			return true
		})
	}
	return below
}

// reach walks the links away from root. It goes on from where a link leads if
// visit returns true, which it must do once only for each server.
func reach(root int, links []link, visit func(*link) bool) {
	queue := []int{root}
	for len(queue) > 0 {
		from := queue[0]
		queue = queue[1:]
		for i := range links {
			if links[i].from == from && visit(&links[i]) {
				queue = append(queue, links[i].to)
			}
		}
	}
}

// choose returns the primary, -1 when there is none, and remembers it.
func (t *topology) choose(nodes []node, links []link, below []map[int]bool) int {
	best, previous := -1, -1
	for i := range nodes {
		if nodes[i].name == t.primary {
			previous = i
		}
		if !nodes[i].eligible(len(nodes)) || !isRoot(i, links, below) || t.wanted.bars(&nodes[i]) {
			continue
		}
		if best < 0 || len(below[i]) > len(below[best]) || len(below[i]) == len(below[best]) && i == previous {
			best = i
		}
	}
	if previous >= 0 && !nodes[previous].running {
		t.missing++
		if best >= 0 && len(below[best]) == 0 && t.missing < t.failcount {
			return -1
		}
	} else {
		t.missing = 0
	}
	if best >= 0 {
		t.primary, t.missing = nodes[best].name, 0
	}
	return best
}

// isRoot reports whether server i replicates from none of the servers but
// those that replicate from it.
func isRoot(i int, links []link, below []map[int]bool) bool {
	for _, l := range links {
		if l.to == i && !below[i][l.from] {
			return false
		}
	}
	return true
}

// former returns the server whose replicas are still replicas while there is
// no primary: the last primary, or else the root with the most below it; -1
// when nothing replicates.
func (t *topology) former(nodes []node, links []link, below []map[int]bool) int {
	best := -1
	for i := range nodes {
		if len(below[i]) == 0 || !isRoot(i, links, below) {
			continue
		}
		if nodes[i].name == t.primary {
			return i
		}
		if best < 0 || len(below[i]) > len(below[best]) {
			best = i
		}
	}
	return best
}

// follow makes replicas of all servers that healthy links lead to from root.
func follow(root int, nodes []node, links []link, roles []role) {
	reach(root, links, func(l *link) bool {
		to := &roles[l.to]
		if !l.healthy || l.to == root || to.status&engine.StatusSlave != 0 {
			return false
		}
		to.status |= engine.StatusSlave
		if s := l.info.SecondsBehind; s != nil {
			to.lag = time.Duration(*s) * time.Second
		}
		if l.from != root && nodes[l.from].running {
			roles[l.from].status |= engine.StatusRelay
		}
		return true
	})
}

// explain says of the servers that are neither primary nor replica why.
func explain(root int, nodes []node, links []link, roles []role) {
	for i := range nodes {
		if !nodes[i].running || roles[i].status&(engine.StatusMaster|engine.StatusSlave) != 0 {
			continue
		}
		if roles[i].details == "" {
			roles[i].details = reason(i, root, nodes, links)
		}
	}
}

func reason(i, root int, nodes []node, links []link) string {
	for _, l := range links {
		if l.to == i && !l.healthy {
			text := fmt.Sprintf("replication from %s does not run (I/O %s, SQL %s)", nodes[l.from].name, l.info.IORunning, l.info.SQLRunning)
			for _, cause := range []string{l.info.LastSQLError, l.info.LastIOError} {
				if cause != "" {
					return text + ": " + cause
				}
			}
			return text
		}
	}
	for _, l := range links {
		if l.to == i {
			return fmt.Sprintf("replicates from %s, which is neither the primary nor a replica", nodes[l.from].name)
		}
	}
	replication := nodes[i].seen.Replication
	for k := range replication {
		switch from := source(nodes, i, &replication[k]); {
		case from >= 0 && stopped(&replication[k]):
			return "replication from " + nodes[from].name + " is stopped"
		case from < 0:
			return fmt.Sprintf("replicates from %s, which is not monitored", net.JoinHostPort(replication[k].MasterHost, strconv.Itoa(replication[k].MasterPort)))
		}
	}
	switch {
	case nodes[i].unmarked && i == root:
		return "would be the primary, but the monitor that holds the locks has not marked it as that"
	case nodes[i].seen.ReadOnly && i == root:
		return "would be the primary, but is read-only"
	case nodes[i].seen.ReadOnly:
		return "is read-only and does not replicate"
	case root >= 0 && i != root:
		return "is writable, but does not replicate from " + nodes[root].name
	}
	return ""
}

func yes(thread string) bool { return strings.EqualFold(thread, "Yes") }

// connecting reports whether an I/O thread tries to reach its source.
// MariaDB has Preparing too, before the first attempt.
func connecting(thread string) bool {
	return strings.EqualFold(thread, "Connecting") || strings.EqualFold(thread, "Preparing")
}

// stopped reports whether a replication connection is stopped on purpose: both
// threads, without an error.
func stopped(info *engine.ReplicaInfo) bool {
	no := func(thread string) bool { return thread == "" || strings.EqualFold(thread, "No") }
	return no(info.IORunning) && no(info.SQLRunning) && info.LastIOError == "" && info.LastSQLError == ""
}
