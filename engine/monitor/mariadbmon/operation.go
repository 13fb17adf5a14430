package mariadbmon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// operation is one change of the cluster on its way.
type operation struct {
	*Monitor
	ctx     context.Context // ends when the time of the operation is up
	whole   context.Context // ends with the program, or when the command is cancelled
	timeout time.Duration
	write   engine.MonitorLog
	hands   map[int]*hand // by index of the server
}

func (o *operation) logf(format string, args ...any) {
	o.write(engine.LevelNotice, fmt.Sprintf(format, args...))
}

func (o *operation) warnf(format string, args ...any) {
	o.write(slog.LevelWarn, fmt.Sprintf(format, args...))
}

func (o *operation) close() {
	for _, h := range o.hands {
		_ = h.close()
	}
}

// refusef is why an operation is not begun.
func refusef(format string, args ...any) error {
	return engine.Errorf(engine.Invalid, format, args...)
}

// hand returns the operation's connection to a server.
func (o *operation) hand(i int) (*hand, error) {
	if h := o.hands[i]; h != nil {
		return h, nil
	}
	p := o.probers[o.cluster.name(i)]
	if p == nil {
		return nil, fmt.Errorf("%s: there is no connection", o.cluster.name(i))
	}
	h, err := openHand(o.ctx, p.target, o.timeouts)
	if err != nil {
		return nil, err
	}
	o.hands[i] = h
	return h, nil
}

// undo takes back steps, the last one first, and reports in cause what was
// undone, and what could not be.
func (o *operation) undo(cause error, steps []undoStep) error {
	errs := []error{cause}
	if len(steps) == 0 {
		return cause
	}
	// With as much time again, new connections, and whether or not the command
	// was cancelled. Locks end with the old connections.
	o.close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(o.whole), min(o.timeout, 30*time.Second))
	defer cancel()
	again := &operation{Monitor: o.Monitor, ctx: ctx, whole: ctx, timeout: o.timeout, write: o.write, hands: map[int]*hand{}}
	defer again.close()
	for _, step := range slices.Backward(steps) {
		if err := step.run(again); err != nil {
			errs = append(errs, fmt.Errorf("could not undo: %s: %w", step.what, err))
			if step.guards {
				errs = append(errs, errors.New("what was done before that was left as it is, so that there are not two primaries: "+
					"the cluster may be without a primary, and needs your help"))
				break
			}
			continue
		}
		again.logf("undone: %s", step.what)
		errs = append(errs, fmt.Errorf("undone: %s", step.what))
	}
	return errors.Join(errs...)
}

// undoStep takes back one step of an operation.
type undoStep struct {
	what   string // that it does
	run    func(*operation) error
	guards bool // the steps before may be taken back only when this one was
}

// connectionName is how SQL names a replication connection, "" for the unnamed.
func connectionName(name string) string {
	if name == "" {
		return ""
	}
	return " " + quoted(name)
}

// follow has a server replicate from another one through the connection name.
// using is the position it goes on from, current_pos or slave_pos.
func (o *operation) follow(server, source int, name, using string) error {
	host, port, err := net.SplitHostPort(o.cluster.targets[source].ReplicationAddress)
	if err != nil {
		return fmt.Errorf("%s: the address that it is to be replicated from: %w", o.cluster.name(source), err)
	}
	h, err := o.hand(server)
	if err != nil {
		return err
	}
	return h.change(o.ctx, &o.settings, master{name, host, port, using})
}

// redirect has a replica that has a connection to another source follow source.
func (o *operation) redirect(replica, source int, name string) error {
	h, err := o.hand(replica)
	if err != nil {
		return err
	}
	if err := h.exec(o.ctx, "STOP SLAVE"+connectionName(name)); err != nil {
		return err
	}
	if err := o.follow(replica, source, name, "slave_pos"); err != nil {
		if again := h.exec(o.ctx, "START SLAVE"+connectionName(name)); again != nil {
			return errors.Join(err, again)
		}
		return err
	}
	o.logf("%s replicates from %s", o.cluster.name(replica), o.cluster.name(source))
	return nil
}

// redirectOthers redirects the replicas of old, but for those in but, to source.
// A replica that cannot be is left behind with a warning.
func (o *operation) redirectOthers(old, source int) (redirected []int) {
	for _, l := range o.cluster.links {
		if l.from != old || l.to == source || l.to == old || !o.cluster.usable(l.to) {
			continue
		}
		if err := o.redirect(l.to, source, l.info.Name); err != nil {
			o.warnf("%s was not redirected to %s: %v", o.cluster.name(l.to), o.cluster.name(source), err)
			continue
		}
		redirected = append(redirected, l.to)
	}
	return redirected
}

// leave ends all replication of a server.
func (o *operation) leave(server int) error {
	h, err := o.hand(server)
	if err != nil {
		return err
	}
	for _, r := range o.cluster.nodes[server].seen.Replication {
		name := connectionName(r.Name)
		if err := h.exec(o.ctx, "STOP SLAVE"+name, "RESET SLAVE"+name+" ALL"); err != nil {
			return err
		}
	}
	return nil
}

// again is a replication connection as it was.
func again(r *engine.ReplicaInfo) master {
	return master{r.Name, r.MasterHost, strconv.Itoa(r.MasterPort), "slave_pos"}
}

// confirmTime is how long replicas may take until they replicate. Nobody hears of
// the new primary before that.
const confirmTime = 3 * time.Second

// confirm waits until replicas replicate, and warns of those that do not.
func (o *operation) confirm(replicas []int) {
	limited, cancel := context.WithTimeout(o.ctx, confirmTime)
	defer cancel()
	for _, i := range replicas {
		if err := o.replicates(limited, i); err != nil {
			o.warnf("%v", err)
		}
	}
}

// replicates waits until a replica replicates.
func (o *operation) replicates(ctx context.Context, i int) error {
	if err := o.wait(ctx, i, func(rows []row) (bool, error) {
		for _, r := range rows {
			info := r.replica()
			if info.LastIOError != "" || info.LastSQLError != "" {
				return false, errors.New(info.LastIOError + info.LastSQLError)
			}
			if !yes(info.IORunning) || !yes(info.SQLRunning) {
				return false, nil
			}
		}
		return len(rows) > 0, nil
	}); err != nil {
		return fmt.Errorf("%s does not replicate: %w", o.cluster.name(i), err)
	}
	return nil
}

// pollInterval is how often a server is asked whether it is ready.
const pollInterval = 100 * time.Millisecond

// wait asks a server for its replication until ready says so, or ctx ends.
func (o *operation) wait(ctx context.Context, server int, ready func([]row) (bool, error)) error {
	h, err := o.hand(server)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		rows, err := h.rows(ctx, "SHOW ALL SLAVES STATUS")
		if err != nil {
			return err
		}
		if ok, err := ready(rows); ok || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
