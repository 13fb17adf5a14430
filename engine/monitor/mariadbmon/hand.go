package mariadbmon

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine"
)

// hand changes one server, through a connection of its own that may wait longer
// than a look may.
type hand struct {
	name string
	db   *sql.DB
	conn *sql.Conn
}

// openHand connects to a server. What it is told may take until ctx ends, and
// the server gives up then too.
func openHand(ctx context.Context, target engine.MonitorTarget, t timeouts) (*hand, error) {
	left := time.Hour
	if deadline, ok := ctx.Deadline(); ok {
		left = max(time.Until(deadline), time.Second)
	}
	t.read = left + t.read
	p, err := newProber(target, t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", target.Name, err)
	}
	conn, err := p.connect(ctx)
	if err != nil {
		_ = p.close()
		return nil, fmt.Errorf("%s: %w", target.Name, err)
	}
	h := &hand{name: target.Name, db: p.db, conn: conn}
	seconds := int64(left/time.Second) + 1
	limit := fmt.Sprintf("SET SESSION max_statement_time=%d, lock_wait_timeout=%d", seconds, seconds)
	if err := h.exec(ctx, limit); err != nil {
		_ = h.close()
		return nil, err
	}
	return h, nil
}

// exec runs statements, one after the other.
func (h *hand) exec(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if err := h.execAs(ctx, statement, statement); err != nil {
			return err
		}
	}
	return nil
}

// execAs runs a statement that an error calls what, because it holds a password
// or is long.
func (h *hand) execAs(ctx context.Context, what, statement string) error {
	if _, err := h.conn.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %s: %w", h.name, what, err)
	}
	return nil
}

// value runs a query that has one value; NULL is "".
func (h *hand) value(ctx context.Context, query string) (string, error) {
	var v sql.NullString
	if err := h.conn.QueryRowContext(ctx, query).Scan(&v); err != nil {
		return "", fmt.Errorf("%s: %s: %w", h.name, query, err)
	}
	return v.String, nil
}

// rows runs a query and returns its rows by the names of their columns.
func (h *hand) rows(ctx context.Context, query string) ([]row, error) {
	list, err := readRows(ctx, h.conn, query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.name, err)
	}
	return list, nil
}

// gone reports whether an error says that a thread that was to be killed has
// ended by itself.
func gone(err error) bool {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && e.Number == 1094 // ER_NO_SUCH_THREAD
}

func (h *hand) close() error { return errors.Join(h.conn.Close(), h.db.Close()) }

// quoted writes text as a string of SQL.
func quoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`, "\x00", `\0`).Replace(text) + "'"
}

// identifier writes a name as an identifier of SQL.
func identifier(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
