package mariadbmon

import (
	"context"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
)

// The arguments of commands.
var (
	theMonitor = module.Argument{Type: module.MonitorRef, Description: "Monitor name"}
	newPrimary = module.Argument{Type: module.ServerRef, Description: "New primary (optional)", Optional: true}
	oldPrimary = module.Argument{Type: module.ServerRef, Description: "Current primary (optional)", Optional: true}
	joining    = module.Argument{Type: module.ServerRef, Description: "Joining server"}
	anyPrimary = module.Argument{Type: module.ServerRef, Description: "Primary server (optional)", Optional: true}
)

// commands are those of MaxScale's of the same names, in its order and words.
//
// MaxScale: has commands for rebuilding servers and for ColumnStore.
var commands = []module.Command{
	{Name: "switchover", Description: "Switch primary server with replica", Arguments: []module.Argument{theMonitor, newPrimary, oldPrimary}},
	{Name: "switchover-force", Description: "Switch primary server with replica. Ignores most errors.", Arguments: []module.Argument{theMonitor, newPrimary, oldPrimary}},
	{Name: "async-switchover", Description: "Schedule primary switchover. Does not wait for completion.", Arguments: []module.Argument{theMonitor, newPrimary, oldPrimary}},
	{Name: "failover", Description: "Perform primary failover", Arguments: []module.Argument{theMonitor}},
	{Name: "async-failover", Description: "Schedule primary failover. Does not wait for completion.", Arguments: []module.Argument{theMonitor}},
	{Name: "rejoin", Description: "Rejoin server to a cluster", Arguments: []module.Argument{theMonitor, joining}},
	{Name: "async-rejoin", Description: "Rejoin server to a cluster. Does not wait for completion.", Arguments: []module.Argument{theMonitor, joining}},
	{Name: "reset-replication", Description: "Delete replica connections, delete binary logs and set up replication (dangerous)", Arguments: []module.Argument{theMonitor, anyPrimary}},
	{Name: "async-reset-replication", Description: "Delete replica connections, delete binary logs and set up replication (dangerous). Does not wait for completion.", Arguments: []module.Argument{theMonitor, anyPrimary}},
	{Name: "release-locks", Description: "Release any held server locks for 1 minute.", Arguments: []module.Argument{theMonitor}},
	{Name: "async-release-locks", Description: "Release any held server locks for 1 minute. Does not wait for completion.", Arguments: []module.Argument{theMonitor}},
	{Name: "fetch-cmd-result", Description: "Fetch result of the last scheduled command.", Reads: true, Arguments: []module.Argument{theMonitor}},
	{Name: "cancel-cmd", Description: "Cancel the last scheduled command.", Arguments: []module.Argument{theMonitor}},
}

// Command runs a command; see commands.
func (m *Monitor) Command(ctx context.Context, c engine.MonitorCommand) error {
	timeout := m.settings.switchoverTimeout
	if c.Name == "failover" {
		timeout = m.settings.failoverTimeout
	}
	argument := func(i int) string {
		if i < len(c.Servers) {
			return c.Servers[i]
		}
		return ""
	}
	if m.cooperation.on() && !m.cooperation.owns && c.Name != "release-locks" {
		return engine.Errorf(engine.Invalid, "%s was not begun: this monitor does not hold the locks of a majority of the servers, another one may change them (cooperative_monitoring_locks)", c.Name)
	}
	return m.operate(ctx, timeout, c.Log, func(o *operation) error {
		switch c.Name {
		case "release-locks":
			return releaseLocks(o)
		case "switchover":
			return o.switchover(argument(0), argument(1), false)
		case "switchover-force":
			return o.switchover(argument(0), argument(1), true)
		case "failover":
			return o.failover()
		case "rejoin":
			return o.rejoin(argument(0))
		case "reset-replication":
			return o.reset(argument(0))
		}
		return engine.Errorf(engine.NotFound, "there is no command %s", c.Name)
	})
}

// operate runs fn as an operation that may take timeout, and closes what it has
// opened.
func (m *Monitor) operate(ctx context.Context, timeout time.Duration, log engine.MonitorLog, fn func(*operation) error) error {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	o := &operation{Monitor: m, ctx: limited, whole: ctx, timeout: timeout, write: log, hands: map[int]*hand{}}
	defer o.close()
	return fn(o)
}
