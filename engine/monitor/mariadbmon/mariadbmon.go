// Package mariadbmon is the monitor for MariaDB and MySQL servers that
// replicate from each other. With each tick it asks every server for its
// version, its replication connections and whether it is read-only, and decides
// from all answers together which server is the primary and which are replicas.
// When transactions wait for row locks it also asks who waits for whom.
//
// It changes servers only when it is told to (Command: switchover, failover,
// rejoin, reset-replication) or when a parameter lets it (Tend: auto_failover,
// auto_rejoin, the enforce_ parameters). All of that is for MariaDB servers that
// replicate by GTID.
//
// # Concurrency
//
// Tick probes all servers at the same time and returns when all probes have
// ended, which the timeouts of the monitor see to. Tick, Command, Tend and Close
// are not called at the same time.
package mariadbmon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
)

// Module declares the monitor.
var Module = engine.MonitorModule{
	Module: module.Module{
		Name:        "mariadbmon",
		Kind:        module.Monitor,
		Description: "Finds the primary and the replicas among MariaDB or MySQL servers.",
		Parameters:  parameters,
		Commands:    commands,
	},
	New: func(o module.Object) (engine.Monitor, error) { return New(o) },
}

// Monitor is one configured monitor.
type Monitor struct {
	// Set by New, then constant.
	user, password string
	timeouts       timeouts

	settings settings
	interval time.Duration // between looks
	disks    time.Duration // between looks at disks, 0 for never

	// Owned by Tick, Command and Tend.
	topology    topology
	probers     map[string]*prober // by name of the server
	cluster     cluster            // as the last Tick has seen it
	alive       map[string]signOfLife
	cooperation cooperation
	news        []news // that Tend writes to the log
	lastDisks   time.Time
	pause       int64  // ticks for which nothing is done by itself
	said        string // the last reason for doing nothing that was logged
}

// New makes a monitor of its configuration. It opens nothing.
func New(o module.Object) (*Monitor, error) {
	v := o.Values
	assumed := v.String("assume_primary")
	if assumed != "" && !slices.Contains(v.List("servers"), assumed) {
		return nil, fmt.Errorf("assume_primary: '%s' is not one of its servers; name it in servers too", assumed)
	}
	return &Monitor{
		user:     v.String("user"),
		password: v.String("password"),
		timeouts: timeouts{
			connect:  v.Duration("backend_connect_timeout"),
			read:     v.Duration("backend_read_timeout"),
			write:    v.Duration("backend_write_timeout"),
			attempts: v.Int("backend_connect_attempts"),
		},
		settings:    newSettings(v),
		interval:    v.Duration("monitor_interval"),
		disks:       v.Duration("disk_space_check_interval"),
		cooperation: cooperation{mode: v.String("cooperative_monitoring_locks"), stay: max(lockWait, 3*v.Duration("monitor_interval"))},
		alive:       map[string]signOfLife{},
		topology:    topology{wanted: conditions{v.List("master_conditions"), v.List("slave_conditions")}, assumed: assumed, failcount: v.Int("failcount")},
		probers:     map[string]*prober{},
	}, nil
}

// Tick probes the servers and decides what each of them is.
func (m *Monitor) Tick(ctx context.Context, servers []engine.MonitorTarget) []engine.Probe {
	nodes := make([]node, len(servers))
	probes := make([]engine.Probe, len(servers))
	probers := make([]*prober, len(servers)) // nil where there is none
	now := time.Now()
	disksDue := m.disks > 0 && now.Sub(m.lastDisks) >= m.disks
	if disksDue {
		m.lastDisks = now
	}
	var wg sync.WaitGroup
	for i, target := range servers {
		nodes[i] = node{name: target.Name, address: target.Address, seen: unseen}
		p, err := m.prober(target)
		if err != nil {
			probes[i].Err = err
			continue
		}
		probers[i], p.diskDue = p, disksDue
		wg.Go(func() { nodes[i].seen, probes[i].Err = p.probe(ctx) })
	}
	wg.Wait()
	for i := range nodes {
		nodes[i].running = probes[i].Err == nil
		if p := probers[i]; p != nil {
			nodes[i].blind, nodes[i].full = p.blind, p.full
		}
	}
	if ctx.Err() != nil { // the probes have failed for a reason that says nothing of the servers
		return probes
	}
	m.cooperate(ctx, now, nodes, probers)
	decided := m.topology.decide(nodes)
	m.cluster = newCluster(servers, nodes, decided)
	m.mark(ctx, m.cluster.primary(), probers)
	m.listen(nodes)
	for i, role := range decided {
		probe := &probes[i]
		probe.Status = role.status
		if refused(probe.Err) {
			probe.Status |= engine.StatusAuthErr
		}
		_, probe.Answers = errors.AsType[*mysql.MySQLError](probe.Err)
		probe.Seen = nodes[i].seen
		probe.Seen.Lag = role.lag
		if p := probers[i]; p != nil {
			probe.Waits, probe.Notice = p.waits, p.notice
			if m.cooperation.on() && p.locks.server.known {
				probe.Seen.LockHeld = new(p.locks.server.ours)
			}
		}
		if m.settings.lowDisk.maintenance && nodes[i].full != "" && i != m.topology.root && m.cluster.usable(i) && role.status&engine.StatusRelay == 0 {
			probe.Maintain = nodes[i].full
		}
		switch {
		case probe.Err != nil:
			probe.Seen.Details = probe.Err.Error()
		case probe.Seen.Details == "":
			probe.Seen.Details = role.details
		}
	}
	return probes
}

// prober returns the prober of a target, a new one when the target is new or
// changed.
func (m *Monitor) prober(target engine.MonitorTarget) (*prober, error) {
	target.Status = 0 // it changes, and is nothing to a prober
	if target.User == "" {
		target.User, target.Password = m.user, m.password
	}
	if p := m.probers[target.Name]; p != nil {
		if p.target == target {
			return p, nil
		}
		delete(m.probers, target.Name)
		_ = p.close()
	}
	p, err := newProber(target, m.timeouts)
	if err != nil {
		return nil, err
	}
	p.handlesEvents, p.cooperates = m.settings.handleEvents, m.cooperation.on()
	m.probers[target.Name] = p
	return p, nil
}

// Close closes the connections to the servers.
func (m *Monitor) Close() error {
	m.cooperation.owns = false
	var errs []error
	for name, p := range m.probers {
		errs = append(errs, p.close())
		delete(m.probers, name)
	}
	return errors.Join(errs...)
}
