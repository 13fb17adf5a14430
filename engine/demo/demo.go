// Package demo is a small SQL server inside the process, so that the program
// shows everything it can on a machine that has nothing but the program: two
// listeners over one database in memory, a primary that takes writes and a
// replica that sees the same data and refuses them. It also has the clients
// that make the console alive at first sight.
//
// It is go-mysql-server behind its own wire protocol on loopback, so the proxy
// talks to it exactly as to MariaDB. Only main imports this package; the build
// tag nodemo leaves go-mysql-server out, and Start then says so.
//
// # What the proxy may rely on
//
// Accounts use mysql_native_password only, and the proxy's service user reads
// them with
//
//	SELECT user, host, plugin, authentication_string FROM mysql.user
//	SELECT user, host, db FROM mysql.db
//
// where authentication_string is MySQL's *HEX form; there is no
// mysql.global_priv. A host is either an exact address or %, and loopback
// counts as localhost. An account may KILL its own connections, one with SUPER
// all of them; connection ids are those of the handshake and each of the two
// servers counts its own. KILL QUERY ends a running statement at once with
// error 1317.
//
// # Transactions
//
// The store under go-mysql-server copies whole tables at BEGIN and puts whole
// tables back at COMMIT, so that of two clients the later one would undo the
// other's rows. This package therefore journals the writes of a transaction
// and, at COMMIT, runs them again on the present tables, one transaction after
// the other. A transaction sees its own writes and a snapshot of everything
// else; its COMMIT fails with the error of a statement that no longer works;
// savepoints are refused. Secondary indexes of the store do not follow a
// ROLLBACK: a table that has one may show wrong rows through it afterwards.
//
// # What it cannot do
//
// version() says 8.0.31 whatever the handshake says, there is no
// COM_CHANGE_USER, no TLS, no compression, no session tracking and no
// replication status.
//
// # Concurrency
//
// A Backend has one goroutine for each listener and one for each connection;
// Close ends all of them and waits. Clients has one for each client and returns
// when all have ended.
package demo

import "log/slog"

// Options says what a Backend holds.
type Options struct {
	// Script is SQL that makes the accounts, schemas and rows: statements
	// that each end with a semicolon at the end of a line. It runs with all
	// rights.
	Script string
	// Logger hears of trouble inside the server; nil is silence.
	Logger *slog.Logger
}
