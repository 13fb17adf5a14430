package demo

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
)

// passwords are those of the accounts that the demo's script makes.
var passwords = map[string]string{
	"signalbox": "signalbox-demo",
	"monitor":   "monitor-demo",
	"demo":      "demo",
	"webshop":   "webshop-demo",
	"teller":    "teller-demo",
	"collector": "collector-demo",
	"analyst":   "analyst-demo",
}

// ClientOptions says who the demo clients are and where they connect.
type ClientOptions struct {
	ReadWrite string // address of a listener that takes reads and writes
	ReadOnly  string // address of a listener that takes reads; "" means ReadWrite
	Count     int    // number of clients
	// Speed divides the time that clients pause; 0 means 1.
	Speed float64
	// Logger hears why a client lost its connection, at debug level; nil is
	// silence.
	Logger *slog.Logger
}

// client is one demo client.
type client struct {
	name    string // program_name of its connection attributes
	role    role
	address string
	speed   float64
	log     *slog.Logger

	// Owned by run.
	conn  *sql.Conn
	dice  *rand.Rand
	turns int
}

// role is what a kind of client does.
type role struct {
	user, schema string
	reads        bool // it connects to ReadOnly
	turn         func(*client, context.Context) error
}

var roles = []role{
	{user: "webshop", schema: "shop", turn: (*client).shop},
	{user: "teller", schema: "bank", turn: (*client).bank},
	{user: "analyst", schema: "shop", reads: true, turn: (*client).report},
	{user: "collector", schema: "metrics", turn: (*client).collect},
	{user: "webshop", schema: "shop", turn: (*client).shop},
	{user: "analyst", schema: "metrics", reads: true, turn: (*client).watch},
}

// Clients runs demo clients until ctx ends and returns when the last of them
// has closed its connection. Each is labelled by a program_name that begins
// with demo-, and comes back some seconds after it loses its connection.
func Clients(ctx context.Context, o ClientOptions) {
	if o.ReadOnly == "" {
		o.ReadOnly = o.ReadWrite
	}
	if o.Speed <= 0 {
		o.Speed = 1
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	var wg sync.WaitGroup
	for i := range o.Count {
		r := roles[i%len(roles)]
		c := &client{
			name: fmt.Sprintf("demo-%s-%d", r.user, i+1), role: r, address: o.ReadWrite,
			speed: o.Speed, log: o.Logger, dice: rand.New(rand.NewPCG(uint64(i), 1)),
		}
		if r.reads {
			c.address = o.ReadOnly
		}
		wg.Go(func() { c.run(ctx) }) // ends with ctx
	}
	wg.Wait()
}

// run connects again and again until ctx ends.
func (c *client) run(ctx context.Context) {
	c.pause(ctx, 0, 3*time.Second)
	for ctx.Err() == nil {
		if err := c.connected(ctx); err != nil && ctx.Err() == nil {
			c.log.Debug("demo client lost its connection", "client", c.name, "error", err)
		}
		c.pause(ctx, 2*time.Second, 6*time.Second)
	}
}

// connected is the life of one connection. It ends with an error, or without
// one when the client has done enough.
func (c *client) connected(ctx context.Context) error {
	connector, err := c.connector()
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if c.conn, err = db.Conn(ctx); err != nil {
		return err
	}
	defer c.conn.Close()
	for range 30 + c.dice.IntN(60) {
		c.turns++
		if err := c.role.turn(c, ctx); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) connector() (driver.Connector, error) {
	m := mysql.NewConfig()
	m.User, m.Passwd, m.DBName = c.role.user, passwords[c.role.user], c.role.schema
	m.Net, m.Addr = "tcp", c.address
	m.ConnectionAttributes = "program_name:" + c.name
	m.Logger = &mysql.NopLogger{}
	m.Timeout = 5 * time.Second
	connector, err := mysql.NewConnector(m)
	if err != nil {
		return nil, fmt.Errorf("demo client %s: %w", c.name, err)
	}
	return connector, nil
}

// pause waits between least and most, divided by speed, or until ctx ends.
func (c *client) pause(ctx context.Context, least, most time.Duration) {
	d := least + time.Duration(c.dice.Int64N(int64(most-least)+1))
	t := time.NewTimer(time.Duration(float64(d) / c.speed))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// exec runs statements without arguments in turn.
func (c *client) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := c.conn.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// query runs a statement and reads all rows.
func (c *client) query(ctx context.Context, statement string, args ...any) error {
	rows, err := c.conn.QueryContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		continue
	}
	return rows.Err()
}

// every says whether this turn is one of n.
func (c *client) every(n int) bool { return c.turns%n == n-1 }
