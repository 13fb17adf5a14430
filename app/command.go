package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// The names of what is done to monitors and their servers: those of commands of
// the monitor's module, and the console's own.
const (
	doSwitchover  = "switchover"
	doFailover    = "failover"
	doRejoin      = "rejoin"
	doReset       = "reset-replication"
	doMaintenance = "maintenance"
	doDrain       = "drain"
	doClear       = "clear" // whichever of the two it is in
	doStop        = "stop"
	doStart       = "start"
)

// commander is the module whose monitors change servers.
const commander = "mariadbmon"

// commandState is what an operator is about to do to a monitor or a server. It is
// filled when the dialog opens: what happens on the screen behind it cannot make
// it mean another one.
type commandState struct {
	do      string // "" while no dialog is open
	monitor string
	server  string // that it is about, "" for all of the monitor's
	choice  string // server that is to be the primary; anyServer for the monitor's choice
	typed   string // name that confirms what is dangerous
	force   bool
	reason  string
	failed  []string
	busy    bool
	opener  app.Value // has had the keyboard before

	order *commandOrder // that a monitor is at, also when the dialog is closed
}

// commandOrder is a command that a monitor is at.
type commandOrder struct {
	client.Order
	done   string    // what to say when it has succeeded
	begun  time.Time // by our clock
	asking bool      // what has become of it
}

// anyServer stands for the server that the monitor chooses.
const anyServer = "*"

// The views of the dialog.
const (
	commandServers  = "command-servers"
	commandMonitors = "command-monitors"
)

func monitorCalls() client.Monitors { return client.Monitors{Client: console.client} }

// askCommand opens the dialog, or does at once what needs no question.
func askCommand(do, monitor, server, state string) {
	if !console.mayAct() || console.stale() {
		return
	}
	switch do {
	case doStart:
		console.change(lang.T("Monitor {monitor} was started.", "monitor", monitor), func(ctx context.Context) error {
			return monitorCalls().Turn(ctx, monitor, true, "")
		})
		return
	case doClear:
		console.change(lang.T("{server} is in use again.", "server", server), func(ctx context.Context) error { return clearServer(ctx, server, state) })
		return
	}
	c := &console.layer.command
	*c = commandState{do: do, monitor: monitor, server: server, choice: anyServer, opener: ui.Focused(), order: c.order}
	if do == doSwitchover && server != "" {
		c.choice = server
	}
	console.watch(api.Subscribe{View: commandServers, Topic: api.TopicServers})
	console.watch(api.Subscribe{View: commandMonitors, Topic: api.TopicMonitors})
	onceDrawn(func() { ui.Focus("command-keep") })
	console.rev++
}

// clearServer ends maintenance and drain of a server in a state.
func clearServer(ctx context.Context, server, state string) error {
	if strings.Contains(state, "Maintenance") {
		if err := monitorCalls().ServerState(ctx, server, "maintenance", client.StateChange{}); err != nil {
			return err
		}
	}
	if strings.Contains(state, "Drain") {
		return monitorCalls().ServerState(ctx, server, "drain", client.StateChange{})
	}
	return nil
}

// close closes the dialog. What a monitor has begun goes on, and a notice says what
// becomes of it.
func (c *commandState) close() {
	opener := c.opener
	*c = commandState{order: c.order}
	console.unwatch(commandServers)
	console.unwatch(commandMonitors)
	console.rev++
	console.layer.waits.close()
	onceDrawn(func() { ui.FocusBack(opener, "h1") })
}

// atIt reports whether the monitor is at what the dialog has asked for.
func (c *commandState) atIt() bool {
	return c.order != nil && c.order.Monitor == c.monitor && c.order.Command == c.do
}

// ready reports whether what the dialog says can be asked for.
func (c *commandState) ready() bool {
	if c.busy || c.order != nil || console.stale() {
		return false
	}
	return c.do != doReset || c.typed == c.newPrimary()
}

// newPrimary is the server that is to be the primary, "" when the monitor chooses.
func (c *commandState) newPrimary() string {
	switch {
	case c.choice != anyServer:
		return c.choice
	case c.do == doReset:
		return c.oldPrimary()
	}
	return ""
}

// oldPrimary is the primary, or when it is down the server that was, as far as the
// console can tell.
func (c *commandState) oldPrimary() string {
	if m, ok := model.Row[api.MonitorAttributes](console.store.View(commandMonitors), c.monitor); ok {
		return primaryOf(m)
	}
	return ""
}

// servers are those of the monitor, in their order.
func (c *commandState) servers() []*api.Server {
	rows := model.Rows[api.ServerAttributes](console.store.View(commandServers))
	return slices.DeleteFunc(slices.Clone(rows), func(s *api.Server) bool { return !slices.Contains(s.Relationships.IDs("monitors"), c.monitor) })
}

// about is the server that the dialog is about, as it is now.
func (c *commandState) about() (*api.Server, bool) {
	return model.Row[api.ServerAttributes](console.store.View(commandServers), c.server)
}

// ask sends what the dialog says.
func (c *commandState) ask() {
	if !c.ready() {
		return
	}
	asked, reason := *c, strings.TrimSpace(c.reason)
	c.busy, c.failed = true, nil
	switch c.do {
	case doMaintenance, doDrain:
		done := lang.T("{server} is in maintenance.", "server", c.server)
		if c.do == doDrain {
			done = lang.T("{server} takes no new connections.", "server", c.server)
		}
		c.send(done, func(ctx context.Context) error {
			return monitorCalls().ServerState(ctx, asked.server, asked.do, client.StateChange{Set: true, Force: asked.force, Reason: reason})
		})
	case doStop:
		c.send(lang.T("Monitor {monitor} was stopped.", "monitor", c.monitor), func(ctx context.Context) error {
			return monitorCalls().Turn(ctx, asked.monitor, false, reason)
		})
	default:
		c.begin(commandOrder{Order: client.Order{Module: commander, Command: c.do, Monitor: c.monitor, Servers: c.arguments(), Reason: reason}, done: commandTexts[c.do].done(c)})
	}
}

// arguments are those of the command, behind the monitor.
func (c *commandState) arguments() []string {
	switch server := c.newPrimary(); {
	case c.do == doRejoin:
		return []string{c.server}
	case c.do != doFailover && server != "":
		return []string{server}
	}
	return nil
}

// send makes a call that is done when it is answered.
func (c *commandState) send(done string, fn func(ctx context.Context) error) {
	console.async(func(ctx context.Context) func() {
		err := fn(ctx)
		return func() {
			if c.busy = false; err != nil {
				c.failed = []string{err.Error()}
				return
			}
			c.close()
			console.say(done, false)
		}
	})
}

// begin has the monitor begin with a command.
func (c *commandState) begin(o commandOrder) {
	console.async(func(ctx context.Context) func() {
		err := monitorCalls().Begin(ctx, o.Order)
		return func() {
			if c.busy = false; err != nil {
				c.failed = []string{err.Error()}
				return
			}
			o.begun = time.Now()
			c.order = &o
		}
	})
}

// tick asks once a second what has become of the command that a monitor is at.
func (c *commandState) tick() {
	o := c.order
	if o == nil || o.asking {
		return
	}
	o.asking = true
	console.async(func(ctx context.Context) func() {
		result, err := monitorCalls().Result(ctx, o.Order)
		return func() {
			if o.asking = false; err == nil && result.Done && c.order == o {
				c.finished(result.Errors)
			}
		}
	})
}

// finished says what has become of the command: in the dialog, if that is still
// open and something went wrong.
func (c *commandState) finished(failed []string) {
	o, shown := c.order, c.atIt()
	c.order = nil
	switch {
	case len(failed) == 0:
		if shown {
			c.close()
		}
		console.say(o.done, false)
	case shown:
		c.failed = failed
	default:
		console.say(o.Monitor+": "+strings.Join(failed, " "), true)
	}
}

// giveUp cancels the command that a monitor is at.
func (c *commandState) giveUp() {
	if o := c.order; o != nil && !console.stale() {
		console.change("", func(ctx context.Context) error { return monitorCalls().GiveUp(ctx, o.Order) })
	}
}
