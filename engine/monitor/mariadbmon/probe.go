package mariadbmon

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine"
)

// timeouts are how long a server may take.
type timeouts struct {
	connect, read, write time.Duration
	attempts             int64
}

// prober looks at one server. It keeps one connection.
type prober struct {
	target   engine.MonitorTarget // with the user that it is probed as
	timeouts timeouts
	db       *sql.DB
	extra    *sql.DB // at the extra port; nil without one

	// Of the last probe that succeeded.
	seen  engine.MonitoredServer
	blind bool // the user may not see replication

	handlesEvents bool               // whether to look for events
	events        map[eventName]bool // that were enabled when it last told

	cooperates bool  // whether to look for locks
	locks      locks // of the last probe

	limits  engine.DiskLimits
	diskDue bool   // whether to look at disks
	full    string // which disk is too full, "" for none

	// Of the last probe.
	waits  []engine.LockWait
	notice string // why the user may not see who waits
}

func newProber(target engine.MonitorTarget, t timeouts) (*prober, error) {
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr = target.Network, target.Address
	cfg.User, cfg.Passwd = target.User, target.Password
	cfg.TLS = target.TLS
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = t.connect, t.read, t.write
	cfg.Logger = &mysql.NopLogger{} // what matters comes back as an error
	cfg.ConnectionAttributes = "program_name:signalbox-monitor"
	p := &prober{target: target, timeouts: t, seen: unseen}
	var err error
	if p.limits, err = engine.ParseDiskLimits(target.DiskLimits); err != nil {
		return nil, err
	}
	if p.db, err = open(cfg); err == nil && target.Extra != "" {
		cfg.Addr = target.Extra
		p.extra, err = open(cfg)
	}
	return p, err
}

func open(cfg *mysql.Config) (*sql.DB, error) {
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	return db, nil
}

// unseen is what is known of a server that was never reached.
var unseen = engine.MonitoredServer{ServerID: -1, MasterID: -1, Lag: -1}

// probe looks at the server. One that lets the monitor in is running: a look that
// takes too long is tried once more over another connection, and if that fails
// too, what was seen before still counts. MaxScale: the same, with a ping for the
// first look (MariaServer::ping_or_connect_to_db). The error is that of a server
// that is down or refuses the user.
func (p *prober) probe(ctx context.Context) (engine.MonitoredServer, error) {
	p.waits, p.notice, p.locks = nil, "", locks{}
	var slow error
	for range 2 {
		conn, err := p.connect(ctx)
		if err != nil {
			return p.seen, err
		}
		if slow = p.look(ctx, conn); slow == nil {
			return p.seen, nil
		}
	}
	seen := p.seen
	seen.Details = "what was seen of it is old: " + slow.Error()
	return seen, nil
}

// look asks the server over conn, which it closes. What a server does not tell,
// because it does not know the question or the user lacks the right, stays
// unknown; the error is that of a connection that has failed.
func (p *prober) look(ctx context.Context, conn *sql.Conn) error {
	defer conn.Close()
	seen, waiting, blind := unseen, int64(0), p.blind
	p.blind = false
	for _, look := range []func(context.Context, *sql.Conn, *engine.MonitoredServer) error{
		p.variables,
		func(ctx context.Context, conn *sql.Conn, seen *engine.MonitoredServer) (err error) {
			waiting, err = p.status(ctx, conn, seen)
			return err
		},
		p.replication,
	} {
		err := look(ctx, conn, &seen)
		if _, answered := errors.AsType[*mysql.MySQLError](err); err != nil && !answered {
			p.blind = blind
			return err
		}
	}
	p.seen = seen
	if waiting > 0 {
		p.lockWaits(ctx, conn)
	}
	if p.handlesEvents {
		p.enabledEvents(ctx, conn)
	}
	if p.cooperates {
		p.readLocks(ctx, conn)
	}
	if p.diskDue && len(p.limits) > 0 {
		p.disks(ctx, conn)
	}
	return nil
}

// connect connects to the extra port, or else to the other one.
func (p *prober) connect(ctx context.Context) (*sql.Conn, error) {
	if p.extra != nil {
		limited, cancel := context.WithTimeout(ctx, p.timeouts.connect)
		conn, err := p.extra.Conn(limited)
		cancel()
		if err == nil {
			return conn, nil
		}
	}
	for attempt := int64(1); ; attempt++ {
		limited, cancel := context.WithTimeout(ctx, p.timeouts.connect)
		conn, err := p.db.Conn(limited)
		cancel()
		if err == nil {
			return conn, nil
		}
		if attempt >= p.timeouts.attempts || ctx.Err() != nil || refused(err) {
			return nil, fmt.Errorf("connect: %w", err)
		}
	}
}

// refused reports whether the server runs, but does not let the user in.
func refused(err error) bool {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return false
	}
	switch e.Number {
	case 1044, 1045, 1130, 1698, 1862, 3118, 4151:
		// Access denied (database, user, host, no password), password
		// expired, account locked (MySQL, MariaDB).
		return true
	}
	return false
}

// variables reads what SHOW VARIABLES has of these; servers leave out what they
// do not know.
func (p *prober) variables(ctx context.Context, conn *sql.Conn, seen *engine.MonitoredServer) error {
	rows, err := p.query(ctx, conn, p.timeouts.read, `SHOW GLOBAL VARIABLES WHERE Variable_name IN
		('version', 'server_id', 'read_only', 'max_allowed_packet', 'gtid_current_pos', 'gtid_binlog_pos', 'gtid_executed',
		'gtid_binlog_state', 'gtid_domain_id', 'log_bin', 'log_slave_updates')`)
	for _, row := range rows {
		value := row["value"].String
		switch strings.ToLower(row["variable_name"].String) {
		case "version":
			seen.Version = value
		case "server_id":
			seen.ServerID = number(value, -1)
		case "read_only":
			// MariaDB 12 has more values than ON and OFF; they are all kinds of ON.
			seen.ReadOnly = value != "" && value != "0" && !strings.EqualFold(value, "OFF")
		case "gtid_domain_id":
			seen.GtidDomain = number(value, 0)
		case "log_bin":
			seen.BinlogOff = strings.EqualFold(value, "OFF")
		case "log_slave_updates":
			seen.LogsReplicated = strings.EqualFold(value, "ON")
		case "max_allowed_packet":
			seen.MaxPacket = number(value, 0)
		case "gtid_current_pos", "gtid_executed":
			seen.GtidCurrent = value
		case "gtid_binlog_pos":
			seen.GtidBinlog = value
		case "gtid_binlog_state":
			seen.GtidState = value
		}
	}
	return err
}

// status reads for how long the server has been running, and how many
// transactions wait for row locks.
func (p *prober) status(ctx context.Context, conn *sql.Conn, seen *engine.MonitoredServer) (waiting int64, err error) {
	rows, err := p.query(ctx, conn, p.timeouts.read, "SHOW GLOBAL STATUS WHERE Variable_name IN ('Uptime', 'Innodb_row_lock_current_waits')")
	for _, row := range rows {
		value := number(row["value"].String, 0)
		switch strings.ToLower(row["variable_name"].String) {
		case "uptime":
			seconds := min(max(value, 0), math.MaxInt64/int64(time.Second))
			seen.Uptime = time.Duration(seconds) * time.Second
		case "innodb_row_lock_current_waits":
			waiting = value
		}
	}
	return waiting, err
}

// replication reads the replication connections in the server's own dialect.
func (p *prober) replication(ctx context.Context, conn *sql.Conn, seen *engine.MonitoredServer) error {
	statements := []string{"SHOW REPLICA STATUS", "SHOW SLAVE STATUS"}
	if strings.Contains(strings.ToLower(seen.Version), "mariadb") {
		statements = []string{"SHOW ALL SLAVES STATUS"}
	}
	var err error
	for _, statement := range statements {
		var rows []row
		rows, err = p.query(ctx, conn, p.timeouts.read, statement)
		if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
			if e.Number == 1227 { // ER_SPECIFIC_ACCESS_DENIED_ERROR
				p.blind = true
				seen.Details = "the monitor user may not see replication: " + e.Message
				return err
			}
			continue // a server that does not know the statement
		}
		if err != nil {
			return err
		}
		for _, row := range rows {
			seen.Replication = append(seen.Replication, row.replica())
		}
		break
	}
	if len(seen.Replication) > 0 {
		seen.MasterID = seen.Replication[0].MasterServerID
	}
	return err
}

// row is a row of a SHOW statement by the names of its columns in lower case.
type row map[string]sql.NullString

// maxRows is more than any of the statements returns; a server that sends more
// is not one.
const maxRows = 1000

func (p *prober) query(ctx context.Context, conn *sql.Conn, timeout time.Duration, statement string) ([]row, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return readRows(ctx, conn, statement)
}

// readRows runs a statement and reads all of its rows.
func readRows(ctx context.Context, conn *sql.Conn, statement string) ([]row, error) {
	rows, err := conn.QueryContext(ctx, statement)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", statement, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", statement, err)
	}
	values := make([]sql.NullString, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	var list []row
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
		if len(list) == maxRows {
			return nil, fmt.Errorf("%s: more than %d rows", statement, maxRows)
		}
		r := make(row, len(columns))
		for i, column := range columns {
			r[strings.ToLower(column)] = values[i]
		}
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", statement, err)
	}
	return list, nil
}

// replica reads a row of SHOW ALL SLAVES STATUS (MariaDB) or SHOW REPLICA
// STATUS (MySQL, which has other words for the same columns).
func (r row) replica() engine.ReplicaInfo {
	text := func(names ...string) string {
		for _, name := range names {
			if value, ok := r[name]; ok {
				return value.String
			}
		}
		return ""
	}
	info := engine.ReplicaInfo{
		Name:           text("connection_name", "channel_name"),
		MasterHost:     text("master_host", "source_host"),
		MasterPort:     int(number(text("master_port", "source_port"), 0)),
		MasterServerID: number(text("master_server_id", "source_server_id"), -1),
		IORunning:      text("slave_io_running", "replica_io_running"),
		SQLRunning:     text("slave_sql_running", "replica_sql_running"),
		GtidIOPos:      text("gtid_io_pos", "retrieved_gtid_set"),
		Heartbeats:     number(text("slave_received_heartbeats", "slave_heartbeats"), 0),
		UsingGtid:      text("using_gtid", "auto_position"),
		LastIOError:    text("last_io_error"),
		LastSQLError:   text("last_sql_error"),
	}
	if behind := number(text("seconds_behind_master", "seconds_behind_source"), -1); behind >= 0 {
		behind = min(behind, math.MaxInt64/int64(time.Second))
		info.SecondsBehind = &behind
	}
	return info
}

// number reads a number, or returns other for text that is none.
func number(text string, other int64) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return other
	}
	return n
}

func (p *prober) close() error {
	if p.extra != nil {
		_ = p.extra.Close()
	}
	return p.db.Close()
}
