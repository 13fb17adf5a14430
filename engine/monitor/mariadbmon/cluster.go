package mariadbmon

import (
	"cmp"
	"strings"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
)

// settings are the parameters of what the monitor does to servers.
type settings struct {
	autoFailover, autoRejoin      bool
	failoverTimeout               time.Duration
	switchoverTimeout             time.Duration
	verifyFailure                 bool
	failureTimeout                time.Duration
	noPromotion                   []string
	promotionFile, demotionFile   string
	handleEvents                  bool
	readOnlyReplicas, readOnlyAll bool
	writablePrimary               bool
	simple                        bool
	lowDisk                       lowDisk
	replicaUser, replicaPassword  string
	replicationTLS                bool
	replicationOptions            string
	failcount                     int64
}

// lowDisk is what the monitor does about a server whose disk is too full.
type lowDisk struct{ maintenance, switchover bool }

func newSettings(v module.Values) settings {
	simple := v.Bool("enforce_simple_topology") // which takes both of these for granted
	return settings{
		autoFailover: v.Bool("auto_failover") || simple, autoRejoin: v.Bool("auto_rejoin") || simple, simple: simple,
		failoverTimeout: v.Duration("failover_timeout"), switchoverTimeout: v.Duration("switchover_timeout"),
		verifyFailure: v.Bool("verify_master_failure"), failureTimeout: v.Duration("master_failure_timeout"),
		noPromotion:   v.List("servers_no_promotion"),
		promotionFile: v.String("promotion_sql_file"), demotionFile: v.String("demotion_sql_file"),
		handleEvents:     v.Bool("handle_events"),
		readOnlyReplicas: v.Bool("enforce_read_only_slaves"), readOnlyAll: v.Bool("enforce_read_only_servers"),
		writablePrimary: v.Bool("enforce_writable_master"),
		replicaUser:     cmp.Or(v.String("replication_user"), v.String("user")), replicaPassword: replicaPassword(v),
		replicationTLS: v.Bool("replication_master_ssl"), replicationOptions: v.String("replication_custom_options"),
		failcount: v.Int("failcount"), lowDisk: lowDisk{v.Bool("maintenance_on_low_disk_space"), v.Bool("switchover_on_low_disk_space")},
	}
}

// replicaPassword returns the password that belongs to the user that replicas
// replicate as.
func replicaPassword(v module.Values) string {
	if v.String("replication_user") == "" {
		return v.String("password")
	}
	return v.String("replication_password")
}

// cluster is what the last tick has seen.
type cluster struct {
	targets []engine.MonitorTarget
	nodes   []node
	roles   []role
	links   []link
}

func newCluster(targets []engine.MonitorTarget, nodes []node, roles []role) cluster {
	return cluster{targets, nodes, roles, findLinks(nodes)}
}

// name returns the name of a server.
func (c *cluster) name(i int) string { return c.nodes[i].name }

// index returns the server of a name, -1 for none.
func (c *cluster) index(name string) int {
	for i := range c.nodes {
		if c.nodes[i].name == name {
			return i
		}
	}
	return -1
}

// primary returns the primary, -1 for none.
func (c *cluster) primary() int {
	for i := range c.roles {
		if c.roles[i].status&engine.StatusMaster != 0 {
			return i
		}
	}
	return -1
}

// usable reports whether a server runs and is not in maintenance.
func (c *cluster) usable(i int) bool {
	return c.nodes[i].running && c.targets[i].Status&engine.StatusMaint == 0
}

// linkOf returns the replication connection of a server to another one, nil for
// none.
func (c *cluster) linkOf(to, from int) *link {
	for i := range c.links {
		if c.links[i].to == to && c.links[i].from == from {
			return &c.links[i]
		}
	}
	return nil
}

// position returns what a server has, of its own and from others.
func (c *cluster) position(i int) position {
	p := parsePosition(c.nodes[i].seen.GtidCurrent)
	for domain, sequence := range parsePosition(c.nodes[i].seen.GtidBinlog) {
		p[domain] = max(p[domain], sequence)
	}
	return p
}

// unsupported says why servers of the cluster cannot be switched over or failed
// over, "" when nothing speaks against it.
func (c *cluster) unsupported() string {
	var reasons []string
	for i := range c.nodes {
		if v := c.nodes[i].seen.Version; v != "" && !strings.Contains(strings.ToLower(v), "mariadb") {
			reasons = append(reasons, "The version of '"+c.nodes[i].name+"' ("+v+") is not supported. Failover/switchover requires MariaDB.")
		}
	}
	for i := range c.links {
		if using := c.links[i].info.UsingGtid; using == "" || strings.EqualFold(using, "No") {
			reasons = append(reasons, c.nodes[c.links[i].to].name+" is not using gtid-replication.")
		}
	}
	return strings.Join(reasons, " ")
}

// signOfLife is when a replica has last heard something of its source.
type signOfLife struct {
	position string
	beats    int64
	at       time.Time
}

// listen notes which replicas have heard something of their sources.
func (m *Monitor) listen(nodes []node) {
	for i := range nodes {
		for k := range nodes[i].seen.Replication {
			r := &nodes[i].seen.Replication[k]
			now := signOfLife{r.GtidIOPos, r.Heartbeats, time.Now()}
			before, known := m.alive[nodes[i].name]
			if !known || now.position != before.position || now.beats != before.beats {
				m.alive[nodes[i].name] = now
			}
		}
	}
}
