package engine_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// This file breaks connections to real servers, and real servers.

// realConn opens one connection through the proxy.
func (s *soak) realConn() *sql.Conn {
	s.t.Helper()
	db := s.open()
	conn, err := db.Conn(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// count reads rows of a sequence, each of which must be the next one.
func count(ctx context.Context, c *sql.Conn, n int, each func(row int)) (seen int, err error) {
	rows, err := c.QueryContext(ctx, fmt.Sprintf("SELECT seq, REPEAT('x', 100) FROM seq_1_to_%d", n))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var got int
		var pad string
		if err := rows.Scan(&got, &pad); err != nil {
			return seen, err
		}
		if seen++; got != seen {
			return seen, fmt.Errorf("row %d in place of %d", got, seen)
		}
		each(seen)
	}
	return seen, rows.Err()
}

func nothing(int) {}

// Ensure a real result that is cut anywhere is right as far as it goes, ends in
// an error that a driver understands, and harms nobody else.
func TestRealCut(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	broken := enginetest.StartFaultProxy(t, replica.Addr())
	s := startReal(t, primary, replica, broken.Port)
	bystander := s.realConn()
	for _, how := range []enginetest.End{enginetest.Close, enginetest.Reset} {
		for after := 600; after < 200_000; after += 9973 {
			broken.Break(enginetest.Fault{}, enginetest.Fault{Ends: how, After: after})
			c := s.realConn()
			n, err := count(t.Context(), c, 1000, nothing)
			if err == nil && n != 1000 || err != nil && !expected(err) {
				t.Errorf("%v after %d bytes: got %d rows and %v, want 1000 rows or an error", how, after, n, err)
			}
			_ = c.Close()
			if n, err := count(t.Context(), bystander, 100, nothing); n != 100 || err != nil {
				t.Fatalf("%v after %d bytes: another session got %d rows and %v", how, after, n, err)
			}
		}
	}
}

// Ensure a server that is killed in the middle of a result, and a primary that is
// lost outside and inside of a transaction, cost what was not acknowledged and no
// more.
func TestRealServersLost(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	s := startReal(t, primary, replica, replica.Port)
	root := primary.Open(t, "root", "app")
	if _, err := root.Exec("CREATE TABLE lost (a INT PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	primary.WaitReplicated(t, replica)

	reader, bystander := s.realConn(), s.realConn()
	n, err := count(t.Context(), reader, 3_000_000, func(row int) {
		if row == 1000 {
			replica.Stop(t)
		}
	})
	if err == nil || !expected(err) || n < 1000 {
		t.Errorf("killed in the middle: got %d rows and %v, want an error after 1000 or more", n, err)
	}
	if n, err := count(t.Context(), bystander, 100, nothing); n != 100 || err != nil {
		t.Errorf("another session got %d rows and %v", n, err)
	}

	writer, inside := s.realConn(), s.realConn()
	for _, statement := range []string{"INSERT INTO lost VALUES (1)", "BEGIN", "INSERT INTO lost VALUES (2)", "COMMIT"} {
		if _, err := writer.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{"BEGIN", "INSERT INTO lost VALUES (3)"} {
		if _, err := inside.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	primary.Stop(t)
	for _, tt := range []struct {
		name, sql string
		conn      *sql.Conn
	}{{"outside", "INSERT INTO lost VALUES (4)", writer}, {"inside", "COMMIT", inside}} {
		_, err := tt.conn.ExecContext(t.Context(), tt.sql)
		e, ok := errors.AsType[*mysql.MySQLError](err)
		if !ok || e.Number != 1927 || !strings.Contains(e.Message, "server1") && !strings.Contains(e.Message, "primary") {
			t.Errorf("%s a transaction: got %v, want error 1927 that says what was lost", tt.name, err)
		}
	}
	primary.Start(t)
	var got string
	if err := primary.Open(t, "root", "app").QueryRow("SELECT GROUP_CONCAT(a ORDER BY a) FROM lost").Scan(&got); err != nil || got != "1,2" {
		t.Errorf("got rows %q and %v, want 1,2", got, err)
	}
}

// Ensure a server that hangs is given up when the monitor finds it out: its read
// is answered by the other one.
func TestRealServerHangs(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	s := startReal(t, primary, replica, replica.Port)
	c := s.realConn()
	if n, err := count(t.Context(), c, 100, nothing); n != 100 || err != nil {
		t.Fatalf("got %d rows and %v", n, err)
	}
	replica.Pause(t)
	defer replica.Resume(t)
	begun := time.Now()
	n, err := count(t.Context(), c, 100, nothing)
	if took := time.Since(begun); n != 100 || err != nil || took > 20*time.Second {
		t.Errorf("got %d rows and %v after %v, want the primary's answer", n, err, took)
	}
}
