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
