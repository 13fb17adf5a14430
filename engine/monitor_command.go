package engine

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/signalbox/signalbox/engine/module"
)

// Commander is a Monitor that changes its servers, when it is told to or by
// itself. Its methods and Tick are not called at the same time.
type Commander interface {
	Monitor
	// Command does what c says, on the servers as the last Tick has seen them.
	// The error says why it was not done, and what was undone.
	Command(ctx context.Context, c MonitorCommand) error
	// Tend does what the monitor does by itself, and reports whether it has
	// changed anything.
	Tend(ctx context.Context, log MonitorLog) (changed bool)
}

// MonitorCommand is a command of a monitor.
type MonitorCommand struct {
	Name    string   // as its module declares it, without "async-"
	Servers []string // the arguments behind the monitor
	Log     MonitorLog
}

// MonitorLog writes to the log on behalf of a monitor.
type MonitorLog func(level slog.Level, text string)

// The words before and the commands around those of the modules.
const (
	asyncPrefix  = "async-"
	fetchCommand = "fetch-cmd-result"
	endCommand   = "cancel-cmd"
)

// The states of an order, MaxScale's words.
const (
	orderPending = "pending"
	orderRunning = "running"
	orderDone    = "done"
)

// order is a command that was given to a monitor.
type order struct {
	command MonitorCommand
	done    chan struct{} // closed when it was served and the servers were looked at
	err     error         // before done

	// Guarded by desk.mu.
	state  string
	cancel context.CancelFunc // while it is running
}

// desk is where a monitor takes commands, one at a time.
type desk struct {
	monitor *monitorObject
	orders  chan *order // to the goroutine that looks at the servers

	mu     sync.Mutex
	last   *order // nil before the first
	closed bool
	paused bool // the monitor is stopped, and takes no commands
}

func (d *desk) open(m *monitorObject) {
	d.monitor, d.orders = m, make(chan *order, 1)
}

// close refuses what has not been begun.
func (d *desk) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	select {
	case o := <-d.orders:
		o.err, o.state = Errorf(Unavailable, "%s was not begun: Signalbox is shutting down", o.command.Name), orderDone
		close(o.done)
	default:
	}
}

// pause stops the monitor, or lets it go on. It is not stopped in the middle of a
// command.
func (d *desk) pause(stop bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if stop && d.last != nil && d.last.state != orderDone {
		return Errorf(Invalid, "Monitor '%s' cannot be stopped: command '%s' is %s; wait for it or cancel it with cancel-cmd", d.monitor.object.Name, d.last.command.Name, d.last.state)
	}
	d.paused = stop
	return nil
}

func (d *desk) isPaused() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.paused
}

// take queues a command; the error says why it cannot be.
func (d *desk) take(c MonitorCommand) (*order, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.paused || *d.monitor.state.Load() != "Running" {
		return nil, Errorf(Invalid, "The monitor is not running, cannot execute manual command.")
	}
	if d.last != nil && d.last.state != orderDone {
		return nil, Errorf(Invalid, "Cannot run manual %s, previous %s is still %s.", c.Name, d.last.command.Name, d.last.state)
	}
	o := &order{command: c, done: make(chan struct{}), state: orderPending}
	d.last = o
	d.orders <- o // there is room: the one before is done
	return o, nil
}

// serve runs an order, in the goroutine that looks at the servers.
func (d *desk) serve(ctx context.Context, o *order) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.mu.Lock()
	canceled := o.state != orderPending
	if !canceled {
		o.state, o.cancel = orderRunning, cancel
	}
	d.mu.Unlock()
	if canceled {
		return
	}
	commander, _ := d.monitor.monitor.(Commander)
	err := commander.Command(ctx, o.command)
	level, text := LevelNotice, o.command.Name+" completed successfully."
	if err != nil {
		level, text = slog.LevelError, o.command.Name+": "+strings.Join(Details(err), "; ")
	}
	o.command.Log(level, text)
	d.mu.Lock()
	o.state, o.err, o.cancel = orderDone, err, nil
	d.mu.Unlock()
}

// cancel ends the order that waits or runs.
func (d *desk) cancel() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := d.last
	switch {
	case o == nil || o.state == orderDone:
		return Errorf(Invalid, "No manual command is scheduled or running.")
	case o.state == orderRunning:
		o.cancel()
	default:
		o.state, o.err = orderDone, Errorf(Invalid, "%s was cancelled.", o.command.Name)
		select {
		case <-d.orders:
			close(o.done)
		default: // it has just been taken out, by the one who will close done
		}
	}
	return nil
}

// result says what became of the last command.
func (d *desk) result() (text string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch o := d.last; {
	case o == nil:
		return "", Errorf(Invalid, "No manual command results are available.")
	case o.state != orderDone: // the console of MaxScale knows the text
		return "", Errorf(Invalid, "No manual command results are available, %s is still %s.", o.command.Name, o.state)
	case o.err != nil:
		return "", o.err
	default:
		return o.command.Name + " completed successfully.", nil
	}
}

// tend lets the monitor do what it does by itself, and looks again when that
// was something.
func (m *monitorObject) tend(ctx context.Context) {
	commander, able := m.monitor.(Commander)
	if able && ctx.Err() == nil && commander.Tend(ctx, m.log) {
		m.tick(ctx)
	}
}

// log writes to the log on behalf of the monitor.
func (m *monitorObject) log(level slog.Level, text string) {
	m.engine.logger.Log(context.Background(), level, text, "monitor", m.object.Name)
}

// MonitorResult is what became of the last command of a monitor.
type MonitorResult struct {
	Text string // that it is done; "" when Err says why not, or not yet
	Err  error
}

// MonitorCall names a command of a monitor's module. Args are the monitor's name
// and the names of servers, as the command declares them.
type MonitorCall struct {
	Module, Command string
	Args            []string
}

// CallMonitor runs a command of a monitor's module. It returns when the
// command has ended, or was queued by the "async-" form, or ctx ends, after
// which the command goes on. The result is that of fetch-cmd-result, nil for
// any other command.
func CallMonitor(ctx context.Context, e *Engine, call MonitorCall) (*MonitorResult, error) {
	declared, err := monitorCommand(e, call)
	if err != nil {
		return nil, err
	}
	args := call.Args
	if err := checkArguments(e, declared, args); err != nil {
		return nil, err
	}
	m, err := e.monitors.get(args[0])
	if err != nil || m.object.Module != call.Module {
		return nil, Errorf(Invalid, "Argument 1, %s: monitor of module %s not found", args[0], call.Module)
	}
	switch call.Command {
	case fetchCommand:
		text, err := m.desk.result()
		return &MonitorResult{Text: text, Err: err}, nil
	case endCommand:
		return nil, m.desk.cancel()
	}
	plain, async := strings.CutPrefix(call.Command, asyncPrefix)
	o, err := m.desk.take(MonitorCommand{Name: plain, Servers: args[1:], Log: m.log})
	if err != nil || async {
		return nil, err
	}
	select {
	case <-o.done:
		return nil, o.err
	case <-ctx.Done():
		return nil, Errorf(Unavailable, "%s goes on; fetch-cmd-result says what becomes of it", plain)
	}
}

// monitorCommand returns the declaration of a command.
func monitorCommand(e *Engine, call MonitorCall) (*module.Command, error) {
	for i := range e.modules.Monitors {
		if m := &e.modules.Monitors[i]; m.Name == call.Module {
			for k := range m.Commands {
				if m.Commands[k].Name == call.Command {
					return &m.Commands[k], nil
				}
			}
		}
	}
	return nil, Errorf(NotFound, "Module '%s' has no command named '%s'.", call.Module, call.Command)
}

// checkArguments checks how many arguments there are and that they exist.
func checkArguments(e *Engine, c *module.Command, args []string) error {
	least := 0
	for _, a := range c.Arguments {
		if !a.Optional {
			least++
		}
	}
	if most := len(c.Arguments); len(args) < least || len(args) > most {
		if least == most {
			return Errorf(Invalid, "Expected %d arguments, got %d.", least, len(args))
		}
		return Errorf(Invalid, "Expected between %d and %d arguments, got %d.", least, most, len(args))
	}
	for i, arg := range args {
		if c.Arguments[i].Type != module.ServerRef {
			continue
		}
		if _, err := e.servers.get(arg); err != nil {
			return Errorf(Invalid, "Argument %d, %s: server not found", i+1, arg)
		}
	}
	return nil
}

// Details returns the messages of an error that joins several, or its own.
func Details(err error) []string {
	cause := err
	if e, ok := err.(*Error); ok { //nolint:errorlint // what wraps it has a message of its own
		cause = e.Err
	}
	joined, ok := cause.(interface{ Unwrap() []error })
	if !ok {
		return []string{err.Error()}
	}
	var list []string
	for _, one := range joined.Unwrap() {
		list = append(list, Details(one)...)
	}
	return list
}
