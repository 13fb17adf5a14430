package mariadbmon

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// election chooses which servers change their roles.
type election struct {
	*cluster
	settings *settings
	root     int // of the topology
}

func (m *Monitor) election() election { return election{&m.cluster, &m.settings, m.topology.root} }

// demotionTarget returns the primary that is to be one no more.
func (e election) demotionTarget(name string, force bool) (int, error) {
	primary := e.primary()
	if name != "" {
		i := e.index(name)
		switch {
		case i < 0:
			return -1, refusef("Server '%s' is not monitored by the monitor.", name)
		case i != primary && !e.full(i, primary) && !force:
			return -1, refusef("'%s' is not a valid demotion target for switchover: it is not the primary.", name)
		}
		return i, nil
	}
	if primary < 0 && (force || e.full(e.root, primary)) {
		primary = e.root
	}
	switch {
	case primary < 0:
		return -1, refusef("Can not autoselect a demotion target for switchover: cluster does not have a primary.")
	case !e.usable(primary) && !force:
		return -1, refusef("Can not autoselect '%s' as a demotion target for switchover because it is not running or it is in maintenance.", e.name(primary))
	case e.nodes[primary].seen.GtidBinlog == "" && !force:
		return -1, refusef("Can not autoselect '%s' as a demotion target for switchover because it does not have a 'gtid_binlog_pos'.", e.name(primary))
	}
	return primary, nil
}

// full reports whether a server would be the primary, but for its disk.
func (e election) full(i, primary int) bool {
	return primary < 0 && i >= 0 && i == e.root && e.usable(i) && e.nodes[i].full != ""
}

// promotionTarget returns the replica that is to be the primary.
func (e election) promotionTarget(name string, old int, force bool) (int, error) {
	if name != "" {
		i := e.index(name)
		if i < 0 {
			return -1, refusef("Server '%s' is not monitored by the monitor.", name)
		}
		if reason := e.unpromotable(i, old, !force); reason != "" {
			return -1, refusef("'%s' is not a valid promotion target for switchover because %s", name, reason)
		}
		return i, nil
	}
	return e.best(old, !force)
}

// unpromotable says why a server cannot be the primary in place of old, "" when
// it can. A switchover wants the replication to run.
func (e election) unpromotable(i, old int, running bool) string {
	n := &e.nodes[i]
	l := e.linkOf(i, old)
	switch {
	case i == old || e.roles[i].status&engine.StatusMaster != 0:
		return "it is already the primary."
	case !e.usable(i):
		return "it is down or in maintenance."
	case l == nil:
		return fmt.Sprintf("it is not replicating from '%s'.", e.name(old))
	case l.info.GtidIOPos == "" && n.seen.GtidCurrent == "":
		return fmt.Sprintf("its replica connection to '%s' is not using gtid.", e.name(old))
	case running && n.full != "":
		return n.full + "."
	case running && !yes(l.info.IORunning):
		return fmt.Sprintf("its replica connection to '%s' is broken.", e.name(old))
	case running && !yes(l.info.SQLRunning):
		return fmt.Sprintf("it does not execute what it gets from '%s'.", e.name(old))
	case n.seen.BinlogOff:
		return "its binary log is disabled."
	}
	behind := l.info.SecondsBehind
	if running && behind != nil && time.Duration(*behind)*time.Second > e.settings.switchoverTimeout {
		return fmt.Sprintf("its replication lag (%ds) is greater than switchover_timeout (%v).", *behind, e.settings.switchoverTimeout)
	}
	return ""
}

// best chooses the replica of old that is to be the primary: the one that has
// received most, then one that writes what it replicates to its own binary log,
// then the one that has executed most, then the first.
func (e election) best(old int, running bool) (int, error) {
	best, replicas := -1, 0
	var refused []error
	for i := range e.nodes {
		if e.linkOf(i, old) == nil {
			continue
		}
		replicas++
		reason := e.unpromotable(i, old, running)
		if reason == "" && slices.Contains(e.settings.noPromotion, e.name(i)) {
			reason = "it is excluded."
		}
		switch {
		case reason != "":
			refused = append(refused, refusef("'%s' cannot be selected because %s", e.name(i), reason))
		case best < 0 || e.better(i, best, old):
			best = i
		}
	}
	switch {
	case best >= 0:
		return best, nil
	case replicas == 0:
		return -1, refusef("'%s' does not have any slaves to promote.", e.name(old))
	}
	return -1, &engine.Error{Kind: engine.Invalid, Side: engine.ProxySide, Err: errors.Join(append([]error{refusef("No suitable promotion candidate found:")}, refused...)...)}
}

func (e election) better(a, b, old int) bool {
	received := func(i int) position { return parsePosition(e.linkOf(i, old).info.GtidIOPos) }
	more, less := received(b).missing(received(a)), received(a).missing(received(b))
	if more != less {
		return more > less
	}
	if x, y := e.nodes[a].full == "", e.nodes[b].full == ""; x != y {
		return x
	}
	if x, y := e.nodes[a].seen.LogsReplicated, e.nodes[b].seen.LogsReplicated; x != y {
		return x
	}
	return e.position(b).missing(e.position(a)) > e.position(a).missing(e.position(b))
}
