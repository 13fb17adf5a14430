package mariadbmon

import (
	"errors"
	"fmt"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// failover makes a replica the primary in place of one that is down. What the
// old primary had acknowledged and no replica had received is not there any
// more: that can be missing when it did not wait for replicas (semi-sync).
func (o *operation) failover() error {
	old := o.topology.root
	switch {
	case old < 0:
		return refusef("Can not select a demotion target for failover: cluster does not have a primary.")
	case o.cluster.roles[old].status&engine.StatusMaster != 0:
		return refusef("Can not select '%s' as a demotion target for failover because it is a running master.", o.cluster.name(old))
	case o.cluster.nodes[old].running:
		return refusef("Can not select '%s' as a demotion target for failover because it is running.", o.cluster.name(old))
	}
	if reason := o.cluster.unsupported(); reason != "" {
		return refusef("Failover is not possible: %s", reason)
	}
	next, err := o.election().best(old, false)
	if err != nil {
		return err
	}
	o.logf("failover: %s is to be the primary in place of %s, which is down", o.cluster.name(next), o.cluster.name(old))
	if err := o.takeOver(old, next); err != nil {
		//lint:ignore ST1005 MaxScale's words
		return errors.Join(fmt.Errorf("Failover '%s' -> '%s' failed.", o.cluster.name(old), o.cluster.name(next)), err)
	}
	o.topology.primary = o.cluster.name(next)
	o.confirm(o.redirectOthers(old, next))
	o.logf("Failover '%s' -> '%s' performed.", o.cluster.name(old), o.cluster.name(next))
	return nil
}

// takeOver promotes next once it has executed what it had received.
func (o *operation) takeOver(old, next int) error {
	h, err := o.hand(next)
	if err != nil {
		return err
	}
	// The other threads go on; nothing more may come in, should the old one return.
	l := o.cluster.linkOf(next, old)
	name := connectionName(l.info.Name)
	if err := h.exec(o.ctx, "STOP SLAVE"+name+" IO_THREAD"); err != nil {
		return err
	}
	if err := o.drainRelayLog(next, l.info.Name); err != nil {
		again := h.exec(o.ctx, "START SLAVE"+name)
		return errors.Join(err, again)
	}
	step := replicaAgain(o, next, true)
	if err := o.promote(next, old); err != nil {
		return o.undo(err, []undoStep{step})
	}
	return nil
}

// drainRelayLog waits until a replica has executed all that it had received.
func (o *operation) drainRelayLog(server int, name string) error {
	h, err := o.hand(server)
	if err != nil {
		return err
	}
	var left uint64
	err = o.wait(o.ctx, server, func(rows []row) (bool, error) {
		executed, err := h.value(o.ctx, "SELECT @@GLOBAL.gtid_current_pos")
		if err != nil {
			return false, err
		}
		for _, r := range rows {
			info := r.replica()
			if info.Name != name {
				continue
			}
			left = parsePosition(executed).missing(parsePosition(info.GtidIOPos))
			if left > 0 && !yes(info.SQLRunning) {
				return false, fmt.Errorf("the relay log of '%s' has %d unprocessed events, and its SQL thread does not run: %s", o.cluster.name(server), left, info.LastSQLError)
			}
			return left == 0, nil
		}
		return false, fmt.Errorf("%s does not replicate any more", o.cluster.name(server))
	})
	if o.ctx.Err() != nil {
		return fmt.Errorf("the relay log of '%s' has %d unprocessed events still; a failover now would lose them: %w", o.cluster.name(server), left, err)
	}
	return err
}

// hasLife returns a replica of old that has heard of it of late; "" for none.
func (m *Monitor) hasLife(old int, now time.Time) string {
	for _, l := range m.cluster.links {
		name := m.cluster.nodes[l.to].name
		if l.from == old && yes(l.info.IORunning) && now.Sub(m.alive[name].at) < m.settings.failureTimeout {
			return name
		}
	}
	return ""
}
