package mariadbmon

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// This file turns scheduled events on and off, so that they run on the primary
// alone.

// eventName is a scheduled event. Events of the same name on several servers are
// the same one.
type eventName struct{ schema, name string }

// maxEvents is how many events of a server are looked after.
const maxEvents = maxRows

// enabledEvents notes which scheduled events run on the server. What a server
// does not tell stays as it was: a scheduler that is disabled has no events.
func (p *prober) enabledEvents(ctx context.Context, conn *sql.Conn) {
	rows, err := p.query(ctx, conn, p.timeouts.read, fmt.Sprintf("SELECT event_schema, event_name FROM information_schema.EVENTS WHERE status = 'ENABLED' LIMIT %d", maxEvents))
	if err != nil {
		return
	}
	p.events = make(map[eventName]bool, len(rows))
	for _, r := range rows {
		p.events[eventName{r["event_schema"].String, r["event_name"].String}] = true
	}
}

// enableEvents turns on the scheduled events of a server that were enabled on
// another one when that was last looked at. Those that were not there stay off.
func enableEvents(o *operation, h *hand, as int) error {
	p := o.probers[o.cluster.name(as)]
	if !o.settings.handleEvents || p == nil {
		return nil
	}
	return h.alterEvents(o.ctx, "ENABLE", "'SLAVESIDE_DISABLED', 'DISABLED'", func(e eventName) bool { return p.events[e] })
}

// disableEvents turns off the scheduled events of a server, as those of a
// replica are.
func disableEvents(o *operation, h *hand) error {
	if !o.settings.handleEvents {
		return nil
	}
	return h.alterEvents(o.ctx, "DISABLE ON SLAVE", "'ENABLED'", func(eventName) bool { return true })
}

// alterEvents has a server turn the scheduled events in one of the states that
// are meant into another one, without telling its replicas. They keep their
// definers and character sets, which would be ours otherwise.
func (h *hand) alterEvents(ctx context.Context, to, states string, meant func(eventName) bool) error {
	list, err := h.rows(ctx, fmt.Sprintf("SELECT event_schema, event_name, definer, character_set_client, collation_connection"+
		" FROM information_schema.EVENTS WHERE status IN (%s) LIMIT %d", states, maxEvents))
	if err != nil {
		return err
	}
	var statements []string
	for _, r := range list {
		name := eventName{r["event_schema"].String, r["event_name"].String}
		if !meant(name) {
			continue
		}
		user, host, _ := cutLast(r["definer"].String, "@")
		statements = append(statements,
			fmt.Sprintf("SET NAMES %s COLLATE %s", quoted(r["character_set_client"].String), quoted(r["collation_connection"].String)),
			fmt.Sprintf("ALTER DEFINER=%s@%s EVENT %s.%s %s", quoted(user), quoted(host), identifier(name.schema), identifier(name.name), to))
	}
	if len(statements) == 0 {
		return nil
	}
	return h.unlogged(ctx, func() error { return h.exec(ctx, append(statements, "SET NAMES utf8mb4")...) })
}

// unlogged has what fn does on the server stay there: nothing comes into its
// binary log.
func (h *hand) unlogged(ctx context.Context, fn func() error) error {
	if err := h.exec(ctx, "SET SESSION sql_log_bin=0"); err != nil {
		return err
	}
	return errors.Join(fn(), h.exec(ctx, "SET SESSION sql_log_bin=1"))
}

func cutLast(text, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[:i], text[i+len(separator):], true
	}
	return text, "", false
}
