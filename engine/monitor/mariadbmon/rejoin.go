package mariadbmon

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/signalbox/signalbox/engine"
)

// rejoin has a server replicate from the primary that does not.
func (o *operation) rejoin(name string) error {
	primary := o.cluster.primary()
	if primary < 0 {
		return refusef("The server cluster of the monitor is not in a valid state for joining. Either it has no primary or its gtid domain is unknown.")
	}
	i := o.cluster.index(name)
	if i < 0 {
		return refusef("%s is not monitored by the monitor, cannot rejoin.", name)
	}
	if i == primary || !o.cluster.usable(i) {
		return refusef("Server '%s' is primary or not running.", name)
	}
	replication := o.cluster.nodes[i].seen.Replication
	switch {
	case len(replication) > 1 && !o.settings.simple:
		return refusef("Server '%s' has multiple slave connections, cannot rejoin.", name)
	case !o.suspect(i, primary):
		return refusef("Server '%s' is already connected or trying to connect to the correct primary server.", name)
	}
	if reason := o.diverged(i, primary); reason != "" {
		return refusef("'%s' cannot replicate from primary server '%s': %s", name, o.cluster.name(primary), reason)
	}
	err := o.join(i, primary)
	if err == nil {
		limited, cancel := context.WithTimeout(o.ctx, confirmTime)
		defer cancel()
		err = o.replicates(limited, i)
	}
	if err != nil {
		//lint:ignore ST1005 MaxScale's words
		return errors.Join(errors.New("Rejoin attempted but failed."), err)
	}
	return nil
}

// suspect reports whether a server that is not the primary should replicate from
// it and does not try to.
func (m *Monitor) suspect(i, primary int) bool {
	n := &m.cluster.nodes[i]
	if !m.cluster.usable(i) || n.blind || i == primary {
		return false
	}
	replication := n.seen.Replication
	switch {
	case len(replication) == 0:
		return true
	case len(replication) > 1:
		return m.settings.simple
	}
	r := &replication[0]
	from := source(m.cluster.nodes, i, r)
	return from != primary && (yes(r.IORunning) || connecting(r.IORunning) || stopped(r))
}

// diverged says what a server has that the primary does not, "" for nothing.
func (m *Monitor) diverged(i, primary int) string {
	has, whole := &m.cluster.nodes[i].seen, &m.cluster.nodes[primary].seen
	stray := whole.LogsReplicated && whole.GtidState != "" && foreign(has.GtidCurrent, whole.GtidState, whole.GtidCurrent)
	if m.cluster.position(primary).covers(m.cluster.position(i)) && !stray {
		return ""
	}
	if stray {
		return fmt.Sprintf("gtid_current_pos of '%s' (%s) has transactions that '%s' (%s) never had.", m.cluster.nodes[i].name, has.GtidCurrent, m.cluster.nodes[primary].name, whole.GtidState)
	}
	return fmt.Sprintf("gtid_current_pos of '%s' (%s) is incompatible with gtid_binlog_pos of '%s' (%s).",
		m.cluster.nodes[i].name, has.GtidCurrent, m.cluster.nodes[primary].name, whole.GtidBinlog)
}

// join has a server follow the primary, as read-only as replicas are. What is done
// to it must not come into its binary log, which has what the primary has.
func (o *operation) join(i, primary int) error {
	h, err := o.hand(i)
	if err != nil {
		return err
	}
	o.logf("%s is to replicate from %s", o.cluster.name(i), o.cluster.name(primary))
	if err := h.exec(o.ctx, "SET GLOBAL read_only=1"); err != nil {
		return err
	}
	if err := disableEvents(o, h); err != nil {
		return err
	}
	if len(o.cluster.nodes[i].seen.Replication) == 0 { // it was a primary, by all appearances
		if err := h.unlogged(o.ctx, func() error { return h.runFile(o.ctx, o.settings.demotionFile) }); err != nil {
			return err
		}
	}
	if err := o.leave(i); err != nil {
		return err
	}
	return o.follow(i, primary, "", "current_pos")
}

// reset deletes the replication and the binary logs of all servers, and has them
// replicate from the primary, or from the server that name names, from nothing.
// Whether they hold the same is up to the one who asks for it.
func (o *operation) reset(name string) error {
	primary := o.cluster.primary()
	if name != "" {
		primary = o.cluster.index(name)
		if primary < 0 {
			return refusef("Server '%s' is not monitored by the monitor.", name)
		}
	}
	switch {
	case primary < 0:
		return refusef("Could not autoselect new master for replication reset because the cluster has no primary.")
	case !o.cluster.usable(primary):
		return refusef("Server '%s' is down or in maintenance and cannot be used as primary.", o.cluster.name(primary))
	}
	former := primary // whose scheduled events go on
	if o.topology.root >= 0 {
		former = o.topology.root
	}
	var usable []int
	for i := range o.cluster.nodes {
		if o.cluster.usable(i) {
			usable = append(usable, i)
		}
	}
	for _, i := range usable {
		if err := o.forget(i); err != nil {
			return errors.Join(fmt.Errorf("reset-replication stopped at %s; servers before it have no replication now", o.cluster.name(i)), err)
		}
	}
	h, err := o.hand(primary)
	if err != nil {
		return err
	}
	if err := enableEvents(o, h, former); err != nil {
		return err
	}
	domain, err := h.value(o.ctx, "SELECT @@GLOBAL.gtid_domain_id")
	if err != nil {
		return err
	}
	position := domain + "-" + strconv.FormatInt(o.cluster.nodes[primary].seen.ServerID, 10) + "-0"
	var replicas []int
	for _, i := range usable {
		if i == primary {
			continue
		}
		h, err := o.hand(i)
		if err != nil {
			return err
		}
		if err := h.exec(o.ctx, "SET GLOBAL gtid_slave_pos="+quoted(position)); err != nil {
			return err
		}
		if err := o.follow(i, primary, "", "current_pos"); err != nil {
			return err
		}
		replicas = append(replicas, i)
	}
	if err := h.exec(o.ctx, "SET GLOBAL read_only=0"); err != nil {
		return err
	}
	o.topology.primary = o.cluster.name(primary)
	o.confirm(replicas)
	o.write(engine.LevelNotice, "replication was reset; the primary is "+o.cluster.name(primary))
	return nil
}

// forget deletes the replication and the binary logs of a server.
func (o *operation) forget(i int) error {
	h, err := o.hand(i)
	if err != nil {
		return err
	}
	if err := h.exec(o.ctx, "SET GLOBAL read_only=1"); err != nil {
		return err
	}
	if err := o.leave(i); err != nil {
		return err
	}
	if err := disableEvents(o, h); err != nil {
		return err
	}
	return h.exec(o.ctx, "RESET MASTER", "SET GLOBAL gtid_slave_pos=''")
}
