package mariadbmon

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine"
)

// lockTimeout is how long a server may take to say who waits for whom: it has
// more important things to do when many do.
const lockTimeout = time.Second

// lockStatements ask for the thread ids of those that wait for row locks and of
// those that hold them: of MariaDB and MySQL 5.7, and of MySQL 8.
var lockStatements = []string{
	fmt.Sprintf(`SELECT r.trx_mysql_thread_id AS waiting, b.trx_mysql_thread_id AS blocking
		FROM information_schema.INNODB_LOCK_WAITS w
		JOIN information_schema.INNODB_TRX r ON r.trx_id = w.requesting_trx_id
		JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_trx_id LIMIT %d`, maxRows),
	fmt.Sprintf(`SELECT r.trx_mysql_thread_id AS waiting, b.trx_mysql_thread_id AS blocking
		FROM performance_schema.data_lock_waits w
		JOIN information_schema.INNODB_TRX r ON r.trx_id = w.requesting_engine_transaction_id
		JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_engine_transaction_id LIMIT %d`, maxRows),
}

// lockWaits reads who waits for whose row locks. A server that does not tell is
// no worse for it: what comes of it is nothing, or a notice for the log when the
// user lacks a right. Locks of tables and of users are not among them.
func (p *prober) lockWaits(ctx context.Context, conn *sql.Conn) {
	for _, statement := range lockStatements {
		rows, err := p.query(ctx, conn, lockTimeout, statement)
		if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
			switch e.Number {
			case 1142, 1227: // ER_TABLEACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR
				p.notice = "the monitor user may not see who waits for whose locks; it needs the privilege PROCESS: " + e.Message
				return
			}
			continue // a server that does not know the table
		}
		if err != nil {
			return // too slow
		}
		for _, row := range rows {
			waiting, err := strconv.ParseUint(row["waiting"].String, 10, 64)
			if err != nil {
				continue
			}
			blocking, err := strconv.ParseUint(row["blocking"].String, 10, 64)
			if err != nil || blocking == waiting {
				continue
			}
			p.waits = append(p.waits, engine.LockWait{Waiting: waiting, Blocking: blocking})
		}
		return
	}
}
