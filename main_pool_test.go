//go:build !js

package main

import (
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure that nothing of a session is left on its connection for the next one,
// by all that MariaDB knows of a session.
func TestRealPool(t *testing.T) {
	primary := enginetest.StartMariaDB(t)
	file := configuration(t, primary)
	edit(t, file, "type=server\n", "type=server\npersistpoolmax=5\npersistmaxtime=60s\n")
	root := primary.Open(t, "root", "")
	for _, statement := range []string{
		"CREATE TABLE app.t (a INT PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT=41", "CREATE TABLE app.locked (a INT)",
		"CREATE DATABASE other", "GRANT ALL ON other.* TO " + enginetest.AppUser, "CREATE USER second IDENTIFIED BY 'second-pw'", "GRANT ALL ON app.* TO second",
	} {
		if _, err := root.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	p := start(t, "-config", file)
	thread := func(name string) uint64 {
		return p.engine.AnySession(p.sessionID(t, name)).Info().Backends[0].ConnectionID
	}

	dirty := p.connect(t, "RW-Listener", appUser("dirty"))
	for _, statement := range []string{
		"CREATE TEMPORARY TABLE tmp (a INT)", "CREATE TEMPORARY TABLE t2 SELECT 1 AS a", "SET @a = 42", "PREPARE s FROM 'SELECT 1'",
		"SET NAMES latin1", "SET sql_mode = 'ANSI_QUOTES'", "SET time_zone = '+05:00'", "SELECT GET_LOCK('pool', 0)",
		"HANDLER t OPEN", "INSERT INTO t VALUES ()", "USE other", "SET autocommit = 0",
		"LOCK TABLES app.t WRITE, app.locked WRITE", "INSERT INTO app.t VALUES (1000)",
	} {
		run(t, dirty, statement)
	}
	if _, err := dirty.PrepareContext(t.Context(), "INSERT INTO app.t VALUES (?)"); err != nil {
		t.Fatal(err)
	}
	first := thread("dirty")
	left(t, p, dirty)

	var n int
	if err := root.QueryRow("SELECT COUNT(*) FROM app.t").Scan(&n); err != nil || n != 1 { // nothing is locked
		t.Errorf("the table has %d rows, %v, want 1", n, err)
	}
	user := mysql.Config{User: "second", Passwd: "second-pw", ConnectionAttributes: "program_name:clean"}
	clean := p.connect(t, "RW-Listener", user)
	if got := thread("clean"); got != first {
		t.Errorf("got thread %d, want the one that was kept: %d", got, first)
	}
	fresh := primary.Open(t, "root", "")
	for _, expression := range []string{
		"@a", "DATABASE()", "@@character_set_client", "@@character_set_results", "@@collation_connection", "@@sql_mode", "@@time_zone",
		"@@autocommit", "@@in_transaction", "LAST_INSERT_ID()", "@@session.tx_isolation", "CURRENT_ROLE()", "@@foreign_key_checks",
	} {
		var want sql.NullString
		if err := fresh.QueryRow("SELECT " + expression).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if got := query[sql.NullString](t, clean, "SELECT "+expression+" FROM DUAL FOR UPDATE"); got != want {
			t.Errorf("%s: got %v, on a new connection %v", expression, got, want)
		}
	}
	if got := query[string](t, clean, "SELECT CURRENT_USER() FROM DUAL FOR UPDATE"); got != "second@%" {
		t.Errorf("the user is %s", got)
	}
	if got := query[int](t, clean, "SELECT IS_FREE_LOCK('pool')"); got != 1 {
		t.Errorf("the lock is held")
	}
	for _, statement := range []string{"SELECT * FROM app.tmp", "SELECT * FROM app.t2", "EXECUTE s", "HANDLER t READ FIRST", "CREATE TABLE other.x (a INT)"} {
		if _, err := clean.ExecContext(t.Context(), statement); errorNumber(err) == 0 {
			t.Errorf("%s: got %v, want an error of the server", statement, err)
		}
	}
	run(t, clean, "INSERT INTO app.t VALUES (2000)")
	left(t, p, clean)
	if err := root.QueryRow("SELECT COUNT(*) FROM app.t").Scan(&n); err != nil || n != 2 {
		t.Errorf("the table has %d rows, %v, want 2", n, err)
	}
	// The same user again, who has lost the right to come in meanwhile.
	if _, err := root.Exec("DROP USER second"); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("mysql", "second:second-pw@tcp("+listenerAddress(p.engine, "RW-Listener")+")/app")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ping(); errorNumber(err) != 1045 {
		t.Errorf("a user that is gone: got %v, want error 1045", err)
	}
}

// left closes c and waits until its session is gone.
func left(t *testing.T, p *program, c *sql.Conn) {
	t.Helper()
	_ = c.Raw(func(any) error { return driver.ErrBadConn }) // which closes it
	waitFor(t, "the end of the session", func() bool { return len(p.engine.Sessions()) == 0 })
}
