package mariadbmon

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// switchover makes the server that to names the primary in place of the one that
// from names; "" lets the monitor choose. With force the old primary need not
// be reachable, nor the new one have all that it has.
//
// Nothing that the old primary has acknowledged is lost: it becomes read-only
// and is locked, the new one gets everything up to then, and only then takes
// writes. Until the new one does, every step is undone when one fails.
func (o *operation) switchover(to, from string, force bool) error {
	old, err := o.election().demotionTarget(from, force)
	if err != nil {
		return err
	}
	next, err := o.election().promotionTarget(to, old, force)
	if err != nil {
		return err
	}
	if reason := o.cluster.unsupported(); reason != "" {
		return refusef("Switchover is not possible: %s", reason)
	}
	o.logf("switchover: %s is to be the primary in place of %s", o.cluster.name(next), o.cluster.name(old))
	steps, err := o.swap(old, next, force)
	if err != nil {
		//lint:ignore ST1005 MaxScale's words
		return o.undo(errors.Join(fmt.Errorf("Switchover %s -> %s failed.", o.cluster.name(old), o.cluster.name(next)), err), steps)
	}
	o.topology.primary = o.cluster.name(next)
	moved := o.redirectOthers(old, next)
	if err := o.demoted(old, next); err != nil {
		o.warnf("%s does not replicate from the new primary: %v", o.cluster.name(old), err)
	} else {
		moved = append(moved, old)
	}
	o.confirm(moved)
	o.logf("Switchover '%s' -> '%s' performed.", o.cluster.name(old), o.cluster.name(next))
	return nil
}

// swap takes the writes from old and gives them to next. steps undo what was
// done; there are none that are of use once it has succeeded.
func (o *operation) swap(old, next int, force bool) (steps []undoStep, err error) {
	steps, position, err := o.demote(old, force)
	if err != nil {
		if !force {
			return steps, err
		}
		o.warnf("%v; going on without, because of force", err)
	}
	if position != "" {
		h, err := o.hand(next)
		if err == nil {
			err = h.catchUp(o.ctx, position)
		}
		if err != nil {
			if !force {
				return steps, err
			}
			o.warnf("%v; going on without, because of force", err)
		}
	}
	steps = append(steps, replicaAgain(o, next, o.cluster.nodes[next].seen.ReadOnly))
	return steps, o.promote(next, old)
}

// replicaAgain takes back that a replica was promoted: it replicates from where it
// does now, is read-only if it is to be, and runs no scheduled events.
func replicaAgain(o *operation, server int, readOnly bool) undoStep {
	replication := slices.Clone(o.cluster.nodes[server].seen.Replication)
	return undoStep{guards: true, what: o.cluster.name(server) + " is a replica again", run: func(o *operation) error {
		h, err := o.hand(server)
		if err != nil {
			return err
		}
		if readOnly {
			if err := h.exec(o.ctx, "SET GLOBAL read_only=1"); err != nil {
				return err
			}
		}
		if err := disableEvents(o, h); err != nil {
			return err
		}
		for _, r := range replication {
			if err := h.exec(o.ctx, "STOP SLAVE"+connectionName(r.Name)); err != nil {
				o.logf("%v", err) // it is gone already, and is made again
			}
			if err := h.change(o.ctx, &o.settings, again(&r)); err != nil {
				return err
			}
		}
		return nil
	}}
}

// demote takes the writes from the primary: it becomes read-only, those whom
// that does not keep from writing are thrown out, and it is locked for the time
// being. What it has committed by then is the position.
func (o *operation) demote(old int, force bool) (steps []undoStep, position string, err error) {
	h, err := o.hand(old)
	if err != nil {
		return nil, "", err
	}
	step := func(what string, run func(*operation, *hand) error) {
		steps = append(steps, undoStep{what: what, run: func(o *operation) error {
			h, err := o.hand(old)
			if err != nil {
				return err
			}
			return run(o, h)
		}})
	}
	for _, r := range o.cluster.nodes[old].seen.Replication {
		name := connectionName(r.Name)
		step(o.cluster.name(old)+" replicates as before", func(o *operation, h *hand) error { return h.exec(o.ctx, "START SLAVE"+name) })
		if err := h.exec(o.ctx, "STOP SLAVE"+name); err != nil && !force {
			return steps, "", err
		}
	}
	if !o.cluster.nodes[old].seen.ReadOnly {
		step(o.cluster.name(old)+" is writable again", func(o *operation, h *hand) error { return h.exec(o.ctx, "SET GLOBAL read_only=0") })
	}
	if err := h.exec(o.ctx, "SET GLOBAL read_only=1"); err != nil {
		return steps, "", err
	}
	if err := o.throwOut(h, o.probers[o.cluster.name(old)].target.User); err != nil && !force {
		return steps, "", err
	}
	if o.settings.handleEvents {
		step("scheduled events of "+o.cluster.name(old)+" are enabled again", func(o *operation, h *hand) error {
			return enableEvents(o, h, old)
		})
	}
	if err := disableEvents(o, h); err != nil && !force {
		return steps, "", err
	}
	if o.settings.demotionFile != "" {
		step("the statements of demotion_sql_file", func(*operation, *hand) error {
			return errors.New("they were run on " + o.cluster.name(old) + ", and only you know what takes them back")
		})
	}
	if err := h.runFile(o.ctx, o.settings.demotionFile); err != nil && !force {
		return steps, "", err
	}
	// The lock ends with the connection: nothing need undo it.
	if err := h.exec(o.ctx, "FLUSH TABLES WITH READ LOCK"); err != nil && !force {
		return steps, "", err
	}
	position, err = h.value(o.ctx, "SELECT @@GLOBAL.gtid_binlog_pos")
	return steps, position, err
}

// privileged finds connections of accounts whose access has one of the bits of
// a mask, but for those of a user.
const privileged = `SELECT DISTINCT p.id AS id, p.user AS user FROM information_schema.PROCESSLIST p
	JOIN (SELECT user, CAST(JSON_VALUE(priv, '$.access') AS UNSIGNED) AS access FROM mysql.global_priv) u ON u.user = p.user
	WHERE u.access & %d > 0 AND p.command <> 'Binlog Dump' AND p.user <> 'system user' AND p.user <> %s`

// privilegesOf returns the bits of the access of accounts that read_only does
// not keep from writing: READ_ONLY ADMIN, and before MariaDB 10.11 SUPER too.
func privilegesOf(version string) uint64 {
	const super, readOnlyAdmin = 1 << 15, 1 << 33
	var major, minor int
	if n, _ := fmt.Sscanf(version, "%d.%d", &major, &minor); n == 2 && (major < 10 || major == 10 && minor < 11) {
		return super | readOnlyAdmin
	}
	return readOnlyAdmin
}

// throwOutRounds are how often privileged users are thrown out before the
// operation gives up: somebody keeps logging in.
const throwOutRounds = 5

// throwOut ends the connections of users whom read_only does not keep from
// writing, but for the monitor's own. Without the right to read who they are
// the lock that follows must do.
func (o *operation) throwOut(h *hand, own string) error {
	version, err := h.value(o.ctx, "SELECT VERSION()")
	if err != nil {
		return err
	}
	for range throwOutRounds {
		list, err := h.rows(o.ctx, fmt.Sprintf(privileged, privilegesOf(version), quoted(own)))
		if err != nil {
			o.warnf("connections of privileged users stay, because the monitor user may not see who they are: %v", err)
			return nil
		}
		if len(list) == 0 {
			return nil
		}
		for _, r := range list {
			if err := h.exec(o.ctx, "KILL SOFT CONNECTION "+r["id"].String); err != nil && !gone(err) {
				o.warnf("user %s: %v", r["user"].String, err)
			}
		}
		o.logf("%s: ended %d connections of users that read_only does not keep from writing", h.name, len(list))
		select {
		case <-time.After(pollInterval):
		case <-o.ctx.Done():
			return o.ctx.Err()
		}
	}
	return fmt.Errorf("%s: users that read_only does not keep from writing keep logging in", h.name)
}

// promote makes a server the primary: it replicates no more and takes writes.
// Replication of old from elsewhere goes on there.
func (o *operation) promote(next, old int) error {
	h, err := o.hand(next)
	if err != nil {
		return err
	}
	if err := o.leave(next); err != nil {
		return err
	}
	if err := h.exec(o.ctx, "SET GLOBAL read_only=0"); err != nil {
		return err
	}
	if err := enableEvents(o, h, old); err != nil {
		return err
	}
	if err := h.runFile(o.ctx, o.settings.promotionFile); err != nil {
		return err
	}
	for _, r := range o.cluster.nodes[old].seen.Replication {
		if source(o.cluster.nodes, old, &r) >= 0 || stopped(&r) {
			continue
		}
		if err := h.change(o.ctx, &o.settings, again(&r)); err != nil {
			return err
		}
	}
	return nil
}

// demoted has the old primary follow the new one.
func (o *operation) demoted(old, next int) error {
	h, err := o.hand(old)
	if err != nil {
		return err
	}
	if err := h.exec(o.ctx, "UNLOCK TABLES"); err != nil {
		return err
	}
	if err := o.leave(old); err != nil {
		return err
	}
	return o.follow(old, next, "", "current_pos")
}
