package mariadbmon

import (
	"bufio"
	"context"
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

// catchUp waits until the server has executed everything up to a position. It
// looks at gtid_current_pos, for what the server wrote itself when it was the
// primary is not in gtid_slave_pos, which MASTER_GTID_WAIT looks at.
func (h *hand) catchUp(ctx context.Context, text string) error {
	want := parsePosition(text)
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		has, err := h.value(ctx, "SELECT @@GLOBAL.gtid_current_pos")
		if err == nil && parsePosition(has).covers(want) {
			return nil
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("%s has not reached %s in time", h.name, text)
		}
	}
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
