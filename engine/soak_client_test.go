package engine_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
)

// This file has the clients of TestSoak, which check their answers.

// soakClient is one client with what it knows of its rows.
type soakClient struct {
	*soak
	number   int
	db       *sql.DB
	rand     *rand.Rand
	last     int          // the newest row that it has tried to write
	doubtful int          // rows of which nobody will know any more
	steps    atomic.Int64 // that it has begun
	promised map[int]bool // rows: true when acknowledged, false when that is not known
}

// startClient starts a client that works until ctx is done.
func (s *soak) startClient(ctx context.Context, number int, wg *sync.WaitGroup) {
	c := &soakClient{soak: s, number: number, rand: rand.New(rand.NewPCG(uint64(number), 7)), promised: map[int]bool{}, db: s.open()}
	s.all = append(s.all, c)
	wg.Go(func() { c.run(ctx) })
}

// allSteps returns how many steps each client has begun.
func (s *soak) allSteps() []int64 {
	steps := make([]int64, len(s.all))
	for i, c := range s.all {
		steps[i] = c.steps.Load()
	}
	return steps
}

// run works until ctx is done.
func (c *soakClient) run(ctx context.Context) {
	for ctx.Err() == nil {
		c.steps.Add(1)
		err := c.session(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		during := c.during.Load()
		if during != nil {
			c.excused.Add(1)
		} else {
			c.failures.Add(1)
		}
		if !expected(err) && (during == nil || !(*during)(err)) {
			c.t.Errorf("client %d: %v", c.number, err)
		}
		select { // a primary may be missing for a moment
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// expected reports whether err is how a client sees a kill or a lost server. The
// driver calls its buffer busy when the error comes in with the reply before it.
func expected(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number == 1927 || e.Number == 1317 || e.Number == 2002
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, mysql.ErrBusyBuffer) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// session works on one connection until something goes wrong.
func (c *soakClient) session(ctx context.Context) error {
	conn, err := c.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for ctx.Err() == nil {
		step := []func(context.Context, *sql.Conn) error{c.echo, c.rows, c.insert, c.transaction}[c.rand.IntN(4)]
		if len(c.promised)-c.doubtful > 200 {
			step = c.settle
		}
		c.steps.Add(1)
		if err := step(ctx, conn); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // its state is not known
			return err
		}
		c.answers.Add(1)
	}
	return nil
}

// check notes a wrong answer.
func (c *soakClient) check(what string, got, want int) {
	if got != want {
		c.wrong.Add(1)
		c.t.Errorf("client %d: %s: got %d, want %d", c.number, what, got, want)
	}
}

func (c *soakClient) echo(ctx context.Context, conn *sql.Conn) error {
	want, got := c.number*1_000_000+c.rand.IntN(1_000_000), 0
	if err := conn.QueryRowContext(ctx, fmt.Sprintf("SELECT %d", want)).Scan(&got); err != nil {
		return err
	}
	c.check("echo", got, want)
	if err := conn.QueryRowContext(ctx, "SELECT ? + 1", want).Scan(&got); err != nil {
		return err
	}
	c.check("prepared echo", got, want+1)
	return nil
}

func (c *soakClient) rows(ctx context.Context, conn *sql.Conn) error {
	n := 1 + c.rand.IntN(2000)
	rows, err := conn.QueryContext(ctx, fmt.Sprintf("SELECT seq + %d FROM seq_1_to_%d", c.number, n))
	if err != nil {
		return err
	}
	defer rows.Close()
	seen := 0
	for rows.Next() {
		var got int
		if err := rows.Scan(&got); err != nil {
			return err
		}
		seen++
		c.check("row", got, seen+c.number)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	c.check("rows", seen, n)
	return nil
}

func (c *soakClient) insert(ctx context.Context, conn *sql.Conn) error {
	c.last++
	c.promised[c.last] = false
	if _, err := conn.ExecContext(ctx, "INSERT INTO soak VALUES (?, ?)", c.number, c.last); err != nil {
		return err
	}
	c.promised[c.last] = true
	return nil
}

func (c *soakClient) transaction(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	first := c.last + 1
	for range 3 {
		c.last++
		c.promised[c.last] = false
		if _, err := conn.ExecContext(ctx, fmt.Sprintf("INSERT INTO soak VALUES (%d, %d)", c.number, c.last)); err != nil {
			return err
		}
	}
	var got int
	if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM soak WHERE client = ? AND n >= ?", c.number, first).Scan(&got); err != nil {
		return err
	}
	c.check("rows of its transaction", got, 3)
	if c.rand.IntN(4) == 0 {
		if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
			return err
		}
		for n := first; n <= c.last; n++ {
			delete(c.promised, n)
		}
		return nil
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		return err
	}
	for n := first; n <= c.last; n++ {
		c.promised[n] = true
	}
	return nil
}

// settle compares what is in the table with what the client was promised, and
// begins with an empty table.
func (c *soakClient) settle(ctx context.Context, conn *sql.Conn) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := c.verify(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM soak WHERE client = ?", c.number); err != nil {
		return err
	}
	known := maps.Clone(c.promised)
	for n := range c.promised { // until it is known that the rows are gone, they may be
		c.promised[n] = false
	}
	if err := tx.Commit(); err != nil {
		c.doubtful = len(c.promised)
		return err
	}
	maps.DeleteFunc(c.promised, func(n int, _ bool) bool { return known[n] })
	c.doubtful = len(c.promised)
	return nil
}

// verify compares what is in the table with what the client was promised.
func (c *soakClient) verify(ctx context.Context, db querier) error {
	rows, err := db.QueryContext(ctx, "SELECT n FROM soak WHERE client = ?", c.number)
	if err != nil {
		return err
	}
	defer rows.Close()
	there := map[int]bool{}
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return err
		}
		there[n] = true
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for n := range there {
		if _, ok := c.promised[n]; !ok {
			c.wrong.Add(1)
			c.t.Errorf("client %d: row %d is there, which was rolled back", c.number, n)
		}
	}
	for n, acknowledged := range c.promised {
		if acknowledged && !there[n] {
			c.wrong.Add(1)
			c.t.Errorf("client %d: row %d was acknowledged and is lost", c.number, n)
		}
	}
	return nil
}

// querier is what verify asks: a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}
