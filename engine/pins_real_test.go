package engine_test

import (
	"database/sql"
	"testing"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure real servers say in text and in binary whether a lock was got.
func TestRealLock(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	s := startReal(t, primary, replica, replica.Port)
	pins := func(c *sql.Conn) int {
		var id uint64
		if err := c.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
			t.Fatal(err)
		}
		session, err := s.Session(id)
		if err != nil {
			t.Fatal(err)
		}
		return len(session.Info().Pins)
	}
	holder, other := s.realConn(), s.realConn()
	for _, tt := range []struct {
		conn *sql.Conn
		sql  string
		args []any
		pins int
	}{
		{holder, "SELECT GET_LOCK(?, 0)", []any{"l"}, 1},
		{other, "SELECT GET_LOCK(?, 0)", []any{"l"}, 0},
		{other, "SELECT GET_LOCK('l', 0)", nil, 0},
		{holder, "SELECT RELEASE_LOCK('another')", nil, 1},
		{holder, "SELECT RELEASE_LOCK(?)", []any{"another"}, 1},
		{holder, "SELECT RELEASE_LOCK(?)", []any{"l"}, 0},
		{other, "SELECT GET_LOCK('l', 0)", nil, 1},
		{holder, "SELECT RELEASE_LOCK(?)", []any{"l"}, 0},
		{other, "SELECT RELEASE_LOCK('l')", nil, 0},
	} {
		var got sql.NullInt64
		if err := tt.conn.QueryRowContext(t.Context(), tt.sql, tt.args...).Scan(&got); err != nil {
			t.Fatalf("%s: %v", tt.sql, err)
		}
		if n := pins(tt.conn); n != tt.pins {
			t.Errorf("%s %v returned %v: %d pins, want %d", tt.sql, tt.args, got, n, tt.pins)
		}
	}
}

// Ensure what a read-only transaction on a real replica has put into variables
// comes to the primary as it is.
func TestRealVariables(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	s := startReal(t, primary, replica, replica.Port)
	c := s.realConn()
	exec := func(statement string) {
		t.Helper()
		if _, err := c.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	exec("CREATE TABLE v (name VARCHAR(10), value VARBINARY(20), charset VARCHAR(20))")
	primary.WaitReplicated(t, replica)
	exec("START TRANSACTION READ ONLY")
	var server int
	if err := c.QueryRowContext(t.Context(), "SELECT @@server_id").Scan(&server); err != nil || server != 2 {
		t.Fatalf("the transaction is on server %d: %v", server, err)
	}
	exec("SELECT -1.50, 'ä''', X'FF00', NULL, 18446744073709551615 INTO @d, @s, @`b b`, @n, @u")
	exec("SET @none = @none")
	exec("SELECT @a := _latin1 X'E4'")
	exec("COMMIT")
	exec("INSERT INTO v VALUES ('d', @d, CHARSET(@d)), ('s', @s, CHARSET(@s)), ('b', @`b b`, CHARSET(@`b b`)), ('n', @n, 'x'), ('u', @u, CHARSET(@u)), ('a', @a, CHARSET(@a))")
	var got string
	err := primary.Open(t, "root", "app").QueryRow("SELECT GROUP_CONCAT(CONCAT_WS(' ', name, HEX(value), charset) SEPARATOR '; ') FROM v").Scan(&got)
	if want := "d 2D312E3530 binary; s C3A427 utf8mb4; b FF00 binary; n x; u 3138343436373434303733373039353531363135 binary; a E4 latin1"; err != nil || got != want {
		t.Errorf("the primary wrote %q, %v, want %q", got, err, want)
	}
}
