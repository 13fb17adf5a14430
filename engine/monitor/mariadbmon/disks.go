package mariadbmon

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine"
)

// exceeded says which disk is too full, "" for none. missing are paths of the
// limits that the server does not have.
func exceeded(l engine.DiskLimits, rows []row) (full, missing string) {
	seen := map[string]bool{}
	for _, r := range rows {
		path := r["path"].String
		seen[path] = true
		limit, own := l[path]
		if !own {
			if limit, own = l["*"]; !own {
				continue
			}
		}
		total, available := number(r["total"].String, 0), number(r["available"].String, 0)
		if total <= 0 {
			continue
		}
		if used := int((total - available) * 100 / total); used >= limit && full == "" {
			full = fmt.Sprintf("the disk of %s is %d%% full; disk_space_threshold is %d%%", path, used, limit)
		}
	}
	for path := range l {
		if path != "*" && !seen[path] {
			missing = fmt.Sprintf("disk_space_threshold names %s, where the server has no disk", path)
		}
	}
	return full, missing
}

// disks looks at the server's disks. What a server does not tell stays as it was,
// with a notice for the log.
func (p *prober) disks(ctx context.Context, conn *sql.Conn) {
	rows, err := p.query(ctx, conn, p.timeouts.read, "SELECT path, MIN(total) AS total, MIN(available) AS available FROM information_schema.DISKS GROUP BY path")
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		p.notice = "the disks of the server cannot be looked at: " + e.Message
		if e.Number == 1109 { // ER_UNKNOWN_TABLE
			p.notice = "the disks of the server cannot be looked at: it lacks the plugin DISKS (INSTALL SONAME 'disks')"
		}
		return
	}
	if err != nil {
		return
	}
	full, missing := exceeded(p.limits, rows)
	p.full = full
	if missing != "" {
		p.notice = missing
	}
}
