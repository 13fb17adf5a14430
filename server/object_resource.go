package server

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
)

// This file translates what the engine knows of the configured objects into
// the resources that REST and push both send. Links are left out. A relation
// of an object that has no members is left out too, as in MaxScale.

func serviceResource(info engine.ServiceInfo, listeners []engine.ListenerInfo) api.Service {
	r := api.Service{
		ID: info.Object.Name, Type: "services",
		Attributes: api.ServiceAttributes{
			Router:           info.Object.Module,
			State:            info.State,
			Started:          httpDate(info.Started),
			Connections:      info.Connections,
			TotalConnections: info.TotalConnections,
			Statistics: api.ServiceStatistics{
				Connections:      info.Connections,
				TotalConnections: info.TotalConnections,
				MaxConnections:   info.MaxConnections,
				ActiveOperations: info.ActiveOperations,
				RoutedPackets:    info.RoutedPackets,
				FailedAuths:      info.FailedAuths,
				AvgLifetime:      seconds(info.Past.AvgLifetime),
				MaxLifetime:      int64(info.Past.MaxLifetime / time.Second),
				AvgHistory:       info.Past.AvgHistory,
				MaxHistory:       info.Past.MaxHistory,
			},
			RouterDiagnostics: info.Diagnostics,
			Parameters:        info.Object.Display(),
			Listeners:         []api.Listener{},
			Users:             make([]api.ServiceUser, len(info.Users)),
			UsersLastUpdate:   httpDate(info.UsersUpdated),
			Source:            sourceOf(info.Object),
		},
		Relationships: relations("filters", info.Filters, "listeners", info.Listeners),
	}
	r.Attributes.Parameters["filters"] = nil // of the configuration file; the present ones may be others
	if len(info.Filters) > 0 {
		r.Attributes.Parameters["filters"] = strings.Join(info.Filters, "|")
	}
	if info.Monitor != "" {
		r.Relationships["monitors"] = related("monitors", info.Monitor)
	} else if len(info.Servers) > 0 {
		r.Relationships["servers"] = related("servers", info.Servers...)
	}
	for _, l := range listeners {
		if l.Service == info.Object.Name {
			r.Attributes.Listeners = append(r.Attributes.Listeners, listenerResource(l))
		}
	}
	for i, u := range info.Users {
		r.Attributes.Users[i] = api.ServiceUser{
			User: u.User, Host: u.Host, Plugin: u.Plugin, SuperPriv: u.Super, GlobalPriv: u.Super, DefaultRole: u.DefaultRole,
		}
	}
	return r
}

func serverResource(info engine.ServerInfo) api.Server {
	seen := info.Monitored
	a := api.ServerAttributes{
		State: info.State,
		Statistics: api.ServerStatistics{
			Connections:           info.Connections,
			TotalConnections:      info.TotalConnections,
			MaxConnections:        info.MaxConnections,
			ActiveOperations:      info.ActiveOperations,
			RoutedPackets:         info.RoutedPackets,
			PersistentConnections: info.Pool.Kept,
			MaxPoolSize:           info.Pool.Peak,
			ReusedConnections:     info.Pool.Reused,
			ConnectionPoolEmpty:   info.Pool.Empty,
			AdaptiveAvgSelectTime: "0ns",
		},
		Parameters:       info.Object.Display(),
		ReplicationLag:   -1,
		Uptime:           int64(seen.Uptime / time.Second),
		VersionString:    seen.Version,
		NodeID:           seen.ServerID,
		MasterID:         seen.MasterID,
		LastEvent:        info.Event,
		TriggeredAt:      httpDate(info.EventAt),
		GtidCurrentPos:   seen.GtidCurrent,
		GtidBinlogPos:    seen.GtidBinlog,
		ReadOnly:         seen.ReadOnly,
		ServerID:         seen.ServerID,
		SlaveConnections: make([]api.SlaveConn, len(seen.Replication)),
		Source:           sourceOf(info.Object),
	}
	if seen.Details != "" {
		a.StateDetails = &seen.Details
	}
	if seen.Lag >= 0 {
		a.ReplicationLag = int64(seen.Lag / time.Second)
	}
	for i, replica := range seen.Replication {
		a.SlaveConnections[i] = slaveConnOf(replica)
	}
	r := api.Server{ID: info.Object.Name, Type: "servers", Attributes: a, Relationships: relations("services", info.Services)}
	if info.Monitor != "" {
		r.Relationships["monitors"] = related("monitors", info.Monitor)
	}
	return r
}

func slaveConnOf(r engine.ReplicaInfo) api.SlaveConn {
	return api.SlaveConn{
		ConnectionName: r.Name, MasterHost: r.MasterHost, MasterPort: r.MasterPort, MasterServerID: r.MasterServerID,
		SlaveIORunning: r.IORunning, SlaveSQLRunning: r.SQLRunning, SecondsBehindMaster: r.SecondsBehind,
		GtidIOPos: r.GtidIOPos, UsingGtid: r.UsingGtid, LastIOError: r.LastIOError, LastSQLError: r.LastSQLError,
	}
}

func listenerResource(info engine.ListenerInfo) api.Listener {
	parameters := info.Object.Display()
	if at, err := netip.ParseAddrPort(info.Addr); err == nil {
		parameters["port"] = at.Port() // the real one
	}
	return api.Listener{
		ID: info.Object.Name, Type: "listeners",
		Attributes: api.ListenerAttributes{
			State: info.State, Parameters: parameters, Source: sourceOf(info.Object),
		},
		Relationships: relations("services", []string{info.Service}),
	}
}

func filterResource(info engine.FilterInfo) api.Filter {
	return api.Filter{
		ID: info.Object.Name, Type: "filters",
		Attributes: api.FilterAttributes{
			Module: info.Object.Module, Parameters: info.Object.Display(),
			FilterDiagnostics: info.Diagnostics, Source: sourceOf(info.Object),
			Figures: api.FilterFigures{
				Statements: info.Figures.Statements, Changed: info.Figures.Changed, Answered: info.Figures.Answered,
				P50: uint64(info.Figures.P50), P95: uint64(info.Figures.P95),
			},
		},
		Relationships: relations("services", info.Services),
	}
}

func monitorResource(info engine.MonitorInfo, servers []engine.ServerInfo) api.Monitor {
	return api.Monitor{
		ID: info.Object.Name, Type: "monitors",
		Attributes: api.MonitorAttributes{
			Module: info.Object.Module, State: info.State, Ticks: info.Ticks,
			Parameters:         info.Object.Display(),
			MonitorDiagnostics: monitorDiagnostics(info, servers),
			Source:             sourceOf(info.Object),
		},
		Relationships: relations("servers", info.Servers),
	}
}

// monitorDiagnostics always has "server_info", which MaxCtrl's `show
// replication` needs.
//
// MaxScale: leaves the diagnostics of a stopped monitor out.
func monitorDiagnostics(info engine.MonitorInfo, servers []engine.ServerInfo) map[string]any {
	// primary is whether cooperative monitoring makes this the monitor that may
	// change servers; without it, null.
	diagnostics := map[string]any{"state": "Idle", "primary": info.Owns, "master": nil, "master_gtid_domain_id": nil}
	if info.State != "Running" {
		diagnostics["state"] = info.State
	}
	seen := []map[string]any{}
	for _, server := range servers {
		if !slices.Contains(info.Servers, server.Object.Name) {
			continue
		}
		if server.Primary {
			diagnostics["master"] = server.Object.Name
			diagnostics["master_gtid_domain_id"] = server.Monitored.GtidDomain
		}
		r := serverResource(server).Attributes
		for i := range r.SlaveConnections {
			r.SlaveConnections[i].MasterServerName = nameOfMaster(r.SlaveConnections[i], servers)
		}
		seen = append(seen, map[string]any{
			"name": server.Object.Name, "server_id": r.ServerID, "read_only": r.ReadOnly,
			"gtid_current_pos": r.GtidCurrentPos, "gtid_binlog_pos": r.GtidBinlogPos,
			"slave_connections": r.SlaveConnections,
			"lock_held":         server.Monitored.LockHeld, "master_group": nil,
		})
	}
	diagnostics["server_info"] = seen
	return diagnostics
}

// nameOfMaster returns our name of the server that a replica follows.
func nameOfMaster(c api.SlaveConn, servers []engine.ServerInfo) string {
	for _, server := range servers {
		v := server.Object.Values
		if id := server.Monitored.ServerID; id != 0 && id == c.MasterServerID ||
			v.String("address") == c.MasterHost && v.Int("port") == int64(c.MasterPort) {
			return server.Object.Name
		}
	}
	return ""
}

// relations makes relationships of pairs of a kind and names.
func relations(pairs ...any) api.Relationships {
	r := api.Relationships{}
	for i := 0; i+1 < len(pairs); i += 2 {
		kind, _ := pairs[i].(string)
		if names, _ := pairs[i+1].([]string); len(names) > 0 {
			r[kind] = related(kind, names...)
		}
	}
	return r
}

func sourceOf(o module.Object) api.Source {
	if o.File == "" {
		return api.Source{Type: "runtime"}
	}
	return api.Source{File: o.File, Type: "static"}
}

// byName puts resources in the order in which they are shown.
func byName[A any](rows []api.Resource[A]) []api.Resource[A] {
	slices.SortStableFunc(rows, func(a, b api.Resource[A]) int { return cmp.Compare(a.ID, b.ID) })
	return rows
}
