//go:build !nodemo

package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// script reads the demo's real script.
func script(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../../assets/demo.sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// start starts a Backend that is closed when the test ends.
func start(t testing.TB) *Backend {
	t.Helper()
	b, err := Start(t.Context(), Options{Script: script(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		began := time.Now()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("Close took %v", took)
		}
	})
	return b
}

// open opens a pool of one connection.
func open(t testing.TB, user, address, schema string) *sql.DB {
	t.Helper()
	c := mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr, c.DBName = user, passwords[user], "tcp", address, schema
	c.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func exec1(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func one[T any](t testing.TB, db *sql.DB, query string, args ...any) (v T) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// number returns the number of a server's error.
func number(err error) uint16 {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number
	}
	return 0
}

// Ensure that both servers show the same rows and only the primary takes writes.
func TestReplica(t *testing.T) {
	b := start(t)
	primary, replica := open(t, "demo", b.Primary(), "shop"), open(t, "demo", b.Replica(), "shop")
	if got := one[int](t, primary, "SELECT COUNT(*) FROM orders"); got != 1000 {
		t.Errorf("orders: got %d, want 1000", got)
	}
	exec1(t, primary, "INSERT INTO orders (customer_id) VALUES (7)")
	if got := one[int](t, replica, "SELECT COUNT(*) FROM orders"); got != 1001 {
		t.Errorf("orders at the replica: got %d, want 1001", got)
	}
	exec1(t, primary, "CREATE TABLE test.t (a INT PRIMARY KEY)")
	if got := one[int](t, replica, "SELECT COUNT(*) FROM test.t"); got != 0 {
		t.Errorf("new table at the replica: got %d rows, want 0", got)
	}
	if _, err := replica.Exec("INSERT INTO orders (customer_id) VALUES (7)"); number(err) != 1290 {
		t.Errorf("insert at the replica: got %v, want error 1290", err)
	}
}

// Ensure that the proxy's service user can read the accounts.
func TestAccounts(t *testing.T) {
	b := start(t)
	db := open(t, "signalbox", b.Primary(), "")
	rows, err := db.Query("SELECT User, Host, plugin, authentication_string, Super_priv, '', 'N' FROM mysql.user")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	got := map[string]string{}
	for rows.Next() {
		var user, host, plugin, auth, super, role, isRole string
		if err := rows.Scan(&user, &host, &plugin, &auth, &super, &role, &isRole); err != nil {
			t.Fatal(err)
		}
		got[user] = host + " " + plugin + " " + auth + " " + super
	}
	if got, want := got["demo"], "% mysql_native_password *C142FB215B6E05B7C134B1A653AD4B455157FD79 Y"; got != want {
		t.Errorf("demo: got %q, want %q", got, want)
	}
	if _, ok := got["script"]; ok {
		t.Error("the account that ran the script is still there")
	}
	for user := range passwords {
		if got[user] == "" {
			t.Errorf("account %s: missing", user)
		}
	}
	if got, want := one[string](t, db, "SELECT db FROM mysql.db WHERE user='webshop'"), "shop"; got != want {
		t.Errorf("webshop's schema: got %q, want %q", got, want)
	}
	var e *mysql.MySQLError
	wrong := open(t, "nobody", b.Primary(), "")
	if err := wrong.Ping(); !errors.As(err, &e) {
		t.Errorf("unknown account: got %v, want a server's error", err)
	}
}

// Ensure that a running statement is ended by KILL QUERY of its own account
// and of SUPER, not of another.
func TestKillQuery(t *testing.T) {
	b := start(t)
	for _, address := range []string{b.Primary(), b.Replica()} {
		victim := open(t, "webshop", address, "shop")
		id := one[int](t, victim, "SELECT CONNECTION_ID()")
		if _, err := open(t, "teller", address, "bank").Exec(fmt.Sprint("KILL QUERY ", id)); number(err) == 0 {
			t.Errorf("another account: got %v, want an error", err)
		}
		for _, query := range []string{
			"SELECT SLEEP(30)",
			"SELECT COUNT(*) FROM order_lines a JOIN order_lines b JOIN orders c WHERE a.quantity + b.quantity < c.id",
		} {
			for _, user := range []string{"webshop", "signalbox"} {
				killer := open(t, user, address, "")
				done := make(chan error, 1)
				go func() {
					var n int
					done <- victim.QueryRowContext(t.Context(), query).Scan(&n)
				}()
				waitFor(t, func() bool { return running(t, killer, address, id) })
				began := time.Now()
				exec1(t, killer, fmt.Sprint("KILL QUERY ", id))
				if err := <-done; number(err) != 1317 {
					t.Errorf("%s: got %v, want error 1317", query, err)
				}
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("%s: ended after %v", query, took)
				}
			}
		}
		if got := one[int](t, victim, "SELECT CONNECTION_ID()"); got != id {
			t.Errorf("the connection did not live on: got id %d, want %d", got, id)
		}
	}
}

func running(t *testing.T, db *sql.DB, _ string, id int) bool {
	return one[int](t, db, "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ? AND command = 'Query'", id) == 1
}

// waitFor polls until ok, at most 10 seconds.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatal("waited in vain")
		case <-tick.C:
		}
	}
}

// Ensure that concurrent transactions keep each other's rows.
func TestTransactions(t *testing.T) {
	b := start(t)
	a, c := open(t, "demo", b.Primary(), "bank"), open(t, "demo", b.Primary(), "bank")
	balance := func(db *sql.DB, id int) string {
		return one[string](t, db, fmt.Sprint("SELECT balance FROM accounts WHERE id = ", id))
	}
	before := balance(a, 1000)
	exec1(t, a, "BEGIN")
	exec1(t, a, "UPDATE accounts SET balance = balance + 1 WHERE id = 1000")
	exec1(t, a, "UPDATE accounts SET balance = balance + ? WHERE id = ?", 1, 1000)
	exec1(t, a, "INSERT INTO transfers (debtor, creditor, amount) VALUES (1001, 1000, 1)")
	if got := balance(a, 1000); got == before {
		t.Error("a transaction does not see its own write")
	}
	if got := balance(c, 1000); got != before {
		t.Errorf("another connection sees an open transaction: got %s, want %s", got, before)
	}
	exec1(t, c, "INSERT INTO transfers (debtor, creditor, amount) VALUES (1002, 1003, 5)")
	exec1(t, c, "UPDATE accounts SET balance = 7 WHERE id = 1001")
	exec1(t, a, "COMMIT")
	if got := one[int](t, c, "SELECT COUNT(*) FROM transfers"); got != 2 {
		t.Errorf("transfers: got %d, want 2", got)
	}
	if got := one[int](t, c, "SELECT balance - ? FROM accounts WHERE id = 1000", before); got != 2 {
		t.Errorf("balance grew by %d, want 2", got)
	}
	if got := balance(c, 1001); got != "7.00" {
		t.Errorf("the other connection's write: got %s, want 7.00", got)
	}

	exec1(t, a, "START TRANSACTION")
	exec1(t, a, "DELETE FROM transfers")
	exec1(t, a, "ROLLBACK")
	if got := one[int](t, c, "SELECT COUNT(*) FROM transfers"); got != 2 {
		t.Errorf("transfers after a rollback: got %d, want 2", got)
	}

	exec1(t, a, "SET autocommit = 0")
	exec1(t, a, "DELETE FROM transfers WHERE debtor = 1002")
	if got := one[int](t, c, "SELECT COUNT(*) FROM transfers"); got != 2 {
		t.Errorf("transfers before autocommit: got %d, want 2", got)
	}
	exec1(t, a, "SET autocommit = 1")
	if got := one[int](t, c, "SELECT COUNT(*) FROM transfers"); got != 1 {
		t.Errorf("transfers after autocommit: got %d, want 1", got)
	}

	exec1(t, a, "BEGIN")
	exec1(t, a, "INSERT INTO accounts VALUES (1, 'a', 1)")
	exec1(t, c, "INSERT INTO accounts VALUES (1, 'c', 1)")
	if _, err := a.Exec("COMMIT"); number(err) != 1062 {
		t.Errorf("commit of a duplicate: got %v, want error 1062", err)
	}
	if got := one[string](t, a, "SELECT owner FROM accounts WHERE id = 1"); got != "c" {
		t.Errorf("owner: got %q, want c", got)
	}
}

// Ensure that many clients at once lose nothing; the race detector watches.
func TestConcurrentWrites(t *testing.T) {
	b := start(t)
	const clients, rounds = 6, 20
	var wg sync.WaitGroup
	for i := range clients {
		db, replica := open(t, "demo", b.Primary(), "shop"), open(t, "demo", b.Replica(), "shop")
		wg.Go(func() {
			for n := range rounds {
				for _, q := range []string{
					"BEGIN",
					fmt.Sprint("SELECT * FROM customers WHERE id = ", n+1),
					"INSERT INTO orders (customer_id, status) VALUES (1, 'race')",
					"UPDATE products SET stock = stock + 1 WHERE id = 5",
					"COMMIT",
					"INSERT INTO orders (customer_id, status) VALUES (2, 'race')",
					fmt.Sprintf("CREATE TABLE test.t%d_%d (a INT)", i, n),
					fmt.Sprintf("DROP TABLE test.t%d_%d", i, n),
				} {
					if _, err := db.Exec(q); err != nil {
						t.Errorf("%s: %v", q, err)
						return
					}
				}
				if _, err := replica.Exec("SELECT status, COUNT(*) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY status"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	db := open(t, "demo", b.Primary(), "shop")
	if got, want := one[int](t, db, "SELECT COUNT(*) FROM orders WHERE status = 'race'"), 2*clients*rounds; got != want {
		t.Errorf("orders: got %d, want %d", got, want)
	}
	if got, want := one[int](t, db, "SELECT stock FROM products WHERE id = 5"), 20+4*13%400+clients*rounds; got != want {
		t.Errorf("stock: got %d, want %d", got, want)
	}
}

// Ensure that a connection may begin with a write.
func TestFirstCommandWrites(t *testing.T) {
	b := start(t)
	db := open(t, "demo", b.Primary(), "")
	exec1(t, db, "INSERT INTO shop.orders (customer_id) VALUES (3)")
	if got := one[int](t, db, "SELECT COUNT(*) FROM shop.orders"); got != 1001 {
		t.Errorf("orders: got %d, want 1001", got)
	}
}

// Ensure that the real client works, prepared statements in text included.
func TestMariadbClient(t *testing.T) {
	client, err := exec.LookPath("mariadb")
	if err != nil {
		t.Skip("the mariadb client is not installed")
	}
	b := start(t)
	host, port, _ := net.SplitHostPort(b.Primary())
	out, err := exec.CommandContext(t.Context(), client, "-h"+host, "-P"+port, "-udemo", "-pdemo", "shop", "-N", "-B", "-e",
		"SELECT 6*7; SHOW WARNINGS; USE bank; SELECT MIN(id) FROM accounts; PREPARE s FROM 'SELECT ? + 1'; SET @a = 4; EXECUTE s USING @a; DEALLOCATE PREPARE s; SELECT 1 FROM nowhere").CombinedOutput()
	if got, want := string(out), "42\n1000\n5\n"; err == nil || !strings.HasPrefix(got, want) || !strings.Contains(got, "ERROR 1146") {
		t.Errorf("got %q and %v, want %q and error 1146", got, err, want)
	}
}

// Ensure that a script's error names the statement.
func TestScriptError(t *testing.T) {
	_, err := Start(t.Context(), Options{Script: "-- a comment\nCREATE DATABASE a;\nCREATE\n TABLE nonsense;\n"})
	if err == nil || !strings.Contains(err.Error(), "TABLE nonsense") {
		t.Errorf("got %v, want the statement", err)
	}
}

// Ensure that connections may read the catalog at the same time.
func TestConcurrentCatalog(t *testing.T) {
	b := start(t)
	var wg sync.WaitGroup
	for _, address := range []string{b.Primary(), b.Replica(), b.Primary(), b.Replica()} {
		db := open(t, "demo", address, "shop")
		wg.Go(func() {
			for range 5 {
				for _, q := range []string{"SHOW COLLATION", "SELECT COUNT(*) FROM information_schema.tables"} {
					if _, err := db.Exec(q); err != nil {
						t.Errorf("%s: %v", q, err)
					}
				}
			}
		})
	}
	wg.Wait()
}
