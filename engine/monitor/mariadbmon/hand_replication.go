package mariadbmon

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// master is where a replication connection leads to, and from where it goes on:
// current_pos or slave_pos.
type master struct{ name, host, port, using string }

// change sets a replication connection up and starts it.
func (h *hand) change(ctx context.Context, s *settings, m master) error {
	options := []string{
		"MASTER_HOST=" + quoted(m.host), "MASTER_PORT=" + m.port, "MASTER_USE_GTID=" + m.using,
		"MASTER_USER=" + quoted(s.replicaUser), "MASTER_PASSWORD=" + quoted(s.replicaPassword),
	}
	if s.replicationTLS {
		options = append(options, "MASTER_SSL=1")
	}
	if s.replicationOptions != "" {
		options = append(options, s.replicationOptions)
	}
	what := fmt.Sprintf("CHANGE MASTER%s TO %s:%s", connectionName(m.name), m.host, m.port)
	if err := h.execAs(ctx, what, "CHANGE MASTER"+connectionName(m.name)+" TO "+strings.Join(options, ", ")); err != nil {
		return err
	}
	return h.exec(ctx, "START SLAVE"+connectionName(m.name))
}

// catchUp waits until the server has executed everything up to position.
func (h *hand) catchUp(ctx context.Context, position string) error {
	deadline, _ := ctx.Deadline()
	// Not all of the time: what is undone must have some too.
	seconds := max(time.Until(deadline).Seconds()-1, 0)
	reached, err := h.value(ctx, fmt.Sprintf("SELECT MASTER_GTID_WAIT(%s, %.3f)", quoted(position), seconds))
	switch {
	case err != nil:
		return err
	case reached != "0":
		return fmt.Errorf("%s has not reached %s in time", h.name, position)
	}
	return nil
}

// runFile runs the statements of a file, one in each line. Empty lines and
// those that begin with # are left out. The statements are not logged: they may
// hold secrets.
func (h *hand) runFile(ctx context.Context, path string) error {
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		statement := strings.TrimSpace(lines.Text())
		if statement == "" || statement[0] == '#' {
			continue
		}
		if err := h.execAs(ctx, fmt.Sprintf("line %d of %s", number, path), statement); err != nil {
			return err
		}
	}
	return lines.Err()
}

// events has a server turn scheduled events from one state into another, without
// telling its replicas.
func (h *hand) events(ctx context.Context, from, to string) (err error) {
	list, err := h.rows(ctx, "SELECT event_schema, event_name, definer, status FROM information_schema.EVENTS WHERE status = "+quoted(from))
	if err != nil || len(list) == 0 {
		return err
	}
	if err := h.exec(ctx, "SET SESSION sql_log_bin=0"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.exec(ctx, "SET SESSION sql_log_bin=1")) }()
	for _, event := range list {
		user, host, _ := cutLast(event["definer"].String, "@")
		statement := fmt.Sprintf("ALTER DEFINER=%s@%s EVENT %s.%s %s", quoted(user), quoted(host),
			identifier(event["event_schema"].String), identifier(event["event_name"].String), to)
		if err := h.exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func cutLast(text, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[:i], text[i+len(separator):], true
	}
	return text, "", false
}
