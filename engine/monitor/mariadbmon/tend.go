package mariadbmon

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// Tend does what the parameters let the monitor do by itself: a failover when
// the primary has been down for failcount ticks, bringing servers back to the
// cluster, and setting read_only as it should be. After a failure it does
// nothing for failcount ticks.
func (m *Monitor) Tend(ctx context.Context, log engine.MonitorLog) (changed bool) {
	for _, n := range m.news {
		log(n.level, n.text)
	}
	m.news = nil
	if m.cooperation.on() && !m.cooperation.owns {
		return false
	}
	if m.pause > 0 {
		m.pause--
		return false
	}
	if m.settings.autoFailover {
		if changed := m.tendPrimary(ctx, log); changed {
			return true
		}
	}
	if m.settings.lowDisk.switchover && m.tendDisk(ctx, log) {
		return true
	}
	if m.settings.autoRejoin {
		changed = m.tendReplicas(ctx, log)
	}
	return m.tendReadOnly(ctx, log) || changed
}

// report logs what became of something that was done without being asked for.
func (m *Monitor) report(log engine.MonitorLog, what string, err error) {
	if err == nil {
		m.said = ""
		return
	}
	m.pause = m.settings.failcount
	log(slog.LevelError, fmt.Sprintf("%s: %s; disabling automatic cluster operations for %d monitor ticks",
		what, strings.Join(engine.Details(err), "; "), m.pause))
}

// hold says once why nothing is done yet.
func (m *Monitor) hold(log engine.MonitorLog, format string, args ...any) {
	if text := fmt.Sprintf(format, args...); text != m.said {
		m.said = text
		log(slog.LevelWarn, text)
	}
}

func (m *Monitor) tendPrimary(ctx context.Context, log engine.MonitorLog) (changed bool) {
	old := m.topology.root
	if m.cluster.primary() >= 0 || old < 0 || m.cluster.nodes[old].running {
		return false
	}
	name := m.cluster.nodes[old].name
	known := m.topology.primary == name
	if m.cluster.targets[old].Status&engine.StatusMaint != 0 || !known && !m.settings.simple {
		return false // it is meant to be down, or never was the primary as far as we know
	}
	if known && m.topology.missing < m.settings.failcount || m.topology.without < m.settings.failcount {
		m.hold(log, "the primary %s is down; failover when it is so for %d ticks", name, m.settings.failcount)
		return false
	}
	if m.settings.verifyFailure {
		if replica := m.hasLife(old, time.Now()); replica != "" {
			m.hold(log, "no failover: %s still hears of the primary %s, or did within master_failure_timeout (%v)", replica, name, m.settings.failureTimeout)
			return false
		}
	}
	err := m.operate(ctx, m.settings.failoverTimeout, log, func(o *operation) error { return o.failover() })
	m.report(log, "automatic failover", err)
	return err == nil
}

// tendDisk moves the primary when its disk is full and there is a replica with
// room.
func (m *Monitor) tendDisk(ctx context.Context, log engine.MonitorLog) (changed bool) {
	root := m.topology.root
	if root < 0 || !m.cluster.usable(root) || m.cluster.nodes[root].full == "" {
		return false
	}
	if _, err := m.election().best(root, true); err != nil {
		m.hold(log, "no switchover, though %s: %v", m.cluster.nodes[root].full, strings.Join(engine.Details(err), " "))
		return false
	}
	name := m.cluster.name(root)
	err := m.operate(ctx, m.settings.switchoverTimeout, log, func(o *operation) error { return o.switchover("", name, false) })
	m.report(log, "automatic switchover", err)
	return err == nil
}

func (m *Monitor) tendReplicas(ctx context.Context, log engine.MonitorLog) (changed bool) {
	primary := m.cluster.primary()
	if primary < 0 || m.cluster.unsupported() != "" {
		return false
	}
	for i := range m.cluster.nodes {
		if !m.suspect(i, primary) {
			continue
		}
		name := m.cluster.nodes[i].name
		if reason := m.diverged(i, primary); reason != "" {
			m.hold(log, "%s does not rejoin: %s", name, reason)
			continue
		}
		err := m.operate(ctx, m.settings.switchoverTimeout, log, func(o *operation) error { return o.join(i, primary) })
		m.report(log, "automatic rejoin of "+name, err)
		changed = changed || err == nil
	}
	return changed
}

// tendReadOnly sets read_only where the enforce_ parameters want it otherwise.
func (m *Monitor) tendReadOnly(ctx context.Context, log engine.MonitorLog) (changed bool) {
	for i := range m.cluster.nodes {
		n, status := &m.cluster.nodes[i], m.cluster.roles[i].status
		if !m.cluster.usable(i) {
			continue
		}
		isPrimary := status&engine.StatusMaster != 0
		isReplica := status&engine.StatusSlave != 0
		statement := ""
		switch {
		case i == m.topology.root && n.seen.ReadOnly && m.settings.writablePrimary && (isPrimary || len(n.seen.Replication) == 0):
			statement = "SET GLOBAL read_only=0"
		case !n.seen.ReadOnly && m.cluster.primary() >= 0 && !isPrimary && (m.settings.readOnlyAll || m.settings.readOnlyReplicas && isReplica):
			statement = "SET GLOBAL read_only=1"
		default:
			continue
		}
		err := m.operate(ctx, m.settings.switchoverTimeout, log, func(o *operation) error {
			h, err := o.hand(i)
			if err != nil {
				return err
			}
			return h.exec(o.ctx, statement)
		})
		if err == nil {
			log(engine.LevelNotice, n.name+": "+statement)
		}
		m.report(log, "enforcing read_only", err)
		changed = changed || err == nil
	}
	return changed
}
