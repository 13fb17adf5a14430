//go:build !nodemo

package demo

import (
	"context"
	"strings"

	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// statement is one command as the guard sees it.
type statement struct {
	text     string
	parsed   sqlparser.Statement // nil when it has a syntax error
	prepared *mysql.PrepareData  // nil for text
}

// effect is what a statement does to tables and transactions.
type effect int

const (
	reads effect = iota // or changes the session only
	writes
	defines // tables, accounts; LOAD DATA, which cannot be run twice
	commits // so does what begins a transaction
	rollsBack
)

// entry is a write of an open transaction.
type entry struct {
	statement
	schema string // that was in use
}

// guard runs exec, which runs s, in a way that leaves no other connection's
// rows behind. Package documentation, "Transactions", has the idea.
func (h *handler) guard(ctx context.Context, mc *mysql.Conn, s statement, reply mysql.ResultSpoolFn, exec func() error) (err error) {
	defer func() { err = sqlError(err) }()
	defer h.recover(mc, s.text, &err)
	if k, ok := s.parsed.(*sqlparser.Kill); ok {
		if done, err := h.kill(mc, k); err != nil || done {
			if err != nil {
				return err
			}
			return reply(&sqltypes.Result{}, false)
		}
	}
	if s.readsCatalog() {
		h.backend.catalog.Lock()
		defer h.backend.catalog.Unlock()
	}
	c := h.conn(mc)
	defer c.settled()
	open := mc.StatusFlags&mysql.ServerInTransaction != 0 || mc.StatusFlags&mysql.ServerStatusAutocommit == 0
	what := s.effect()
	switch {
	case what == writes && open:
		schema := ""
		if c.session != nil {
			schema = c.session.GetCurrentDatabase()
		}
		if err := h.alone(c, false, exec); err != nil {
			return err
		}
		c.journal = append(c.journal, entry{statement: s.clone(), schema: schema})
	case what == writes:
		return h.alone(c, true, exec)
	case what == defines:
		if err := h.settle(ctx, c, open); err != nil {
			return err
		}
		return h.alone(c, true, exec)
	case what == commits:
		if err := h.settle(ctx, c, open); err != nil {
			return err
		}
		return exec()
	case what == rollsBack:
		c.journal = nil
		return exec()
	default:
		if err := exec(); err != nil {
			return err
		}
	}
	if len(c.journal) > 0 && mc.StatusFlags&mysql.ServerInTransaction == 0 { // SET autocommit=1
		return h.settle(ctx, c, false)
	}
	return nil
}

// settled corrects what go-mysql-server says of the transaction: after some
// statements it goes on to report one that autocommit has ended.
func (c *conn) settled() {
	if c.idleTransaction() {
		c.StatusFlags &^= mysql.ServerInTransaction
		c.session.SetTransaction(nil)
	}
}

func (c *conn) idleTransaction() bool {
	return c.session != nil && !c.session.GetIgnoreAutoCommit() && c.StatusFlags&mysql.ServerStatusAutocommit != 0 &&
		c.StatusFlags&mysql.ServerInTransaction != 0
}

// alone runs exec while no other connection changes tables. With keep, what
// exec commits is there for all.
func (h *handler) alone(c *conn, keep bool, exec func() error) error {
	h.backend.writes.Lock()
	defer h.backend.writes.Unlock()
	if c.store == nil { // the first command of the connection makes the session
		if err := h.Handler.ComQuery(context.Background(), c.Conn, "SELECT 1", discard); err != nil {
			return err
		}
	}
	c.store.keep = keep
	defer func() { c.store.keep = false }()
	return exec()
}

// readsCatalog tells whether a statement is about the tables of information_schema,
// of which go-mysql-server has one for all connections that each planning changes.
func (s statement) readsCatalog() bool {
	_, show := s.parsed.(*sqlparser.Show)
	return show || strings.Contains(strings.ToLower(s.text), "information_schema")
}

// settle ends c's transaction: what it saw and wrote is dropped, and what it
// wrote is done again on the present tables, all of it or nothing.
func (h *handler) settle(ctx context.Context, c *conn, open bool) error {
	if open {
		if err := h.Handler.ComQuery(ctx, c.Conn, "ROLLBACK", discard); err != nil {
			return err
		}
	}
	if len(c.journal) == 0 {
		return nil
	}
	journal := c.journal
	c.journal = nil
	schema := c.session.GetCurrentDatabase()
	return h.alone(c, true, func() error {
		if err := h.Handler.ComQuery(ctx, c.Conn, "START TRANSACTION", discard); err != nil {
			return err
		}
		for _, e := range journal {
			if err := h.again(ctx, c, e); err != nil {
				h.use(c, schema)
				_ = h.Handler.ComQuery(ctx, c.Conn, "ROLLBACK", discard) // err says more
				return err
			}
		}
		h.use(c, schema)
		return h.Handler.ComQuery(ctx, c.Conn, "COMMIT", discard)
	})
}

// again runs a write of the journal.
func (h *handler) again(ctx context.Context, c *conn, e entry) error {
	h.use(c, e.schema)
	if e.prepared != nil {
		return h.Handler.ComStmtExecute(ctx, c.Conn, e.prepared, func(*sqltypes.Result) error { return nil })
	}
	return h.Handler.ComQuery(ctx, c.Conn, e.text, discard)
}

// use makes schema the session's own; one that has been dropped meanwhile
// fails in the statement that needs it.
func (h *handler) use(c *conn, schema string) {
	if schema != "" && schema != c.session.GetCurrentDatabase() {
		_ = h.Handler.ComInitDB(c.Conn, schema)
	}
}

func discard(*sqltypes.Result, bool) error { return nil }

// clone returns s with its own copy of the values, whose memory belongs to the
// connection.
func (s statement) clone() statement {
	s.text = strings.Clone(s.text)
	if s.prepared == nil {
		return s
	}
	p := *s.prepared
	p.BindVars = make(map[string]*querypb.BindVariable, len(s.prepared.BindVars))
	for name, v := range s.prepared.BindVars {
		p.BindVars[name] = &querypb.BindVariable{Type: v.Type, Value: append([]byte(nil), v.Value...)}
	}
	s.prepared = &p
	return s
}

func (s statement) effect() effect {
	switch s.parsed.(type) {
	case nil, *sqlparser.Select, *sqlparser.SetOp, *sqlparser.ParenSelect,
		*sqlparser.Show, *sqlparser.ShowGrants, *sqlparser.ShowPrivileges, *sqlparser.Flush, *sqlparser.Use, *sqlparser.Set, *sqlparser.Explain, *sqlparser.Kill,
		*sqlparser.Prepare, *sqlparser.Deallocate, *sqlparser.OtherRead, *sqlparser.Savepoint,
		*sqlparser.RollbackSavepoint, *sqlparser.ReleaseSavepoint, *sqlparser.LockTables, *sqlparser.UnlockTables:
		return reads
	case *sqlparser.Insert, *sqlparser.Update, *sqlparser.Delete, *sqlparser.Call, *sqlparser.Execute:
		return writes
	case *sqlparser.Begin, *sqlparser.Commit:
		return commits
	case *sqlparser.Rollback:
		return rollsBack
	}
	return defines
}

// store is where a session's COMMIT puts tables. go-mysql-server puts back
// every table that a transaction has looked at, changed or not; unless keep is
// set they go nowhere.
type store struct {
	*memory.DbProvider
	keep bool // used by the connection's own goroutine only
}

// Database implements sql.DatabaseProvider.
func (s *store) Database(ctx *sql.Context, name string) (sql.Database, error) {
	db, err := s.DbProvider.Database(ctx, name)
	if err != nil || s.keep {
		return db, err
	}
	nowhere := memory.NewDatabase(name)
	if m, ok := db.(memory.MemoryDatabase); ok {
		for table, t := range m.Database().Tables() {
			nowhere.AddTable(table, t.(memory.MemTable))
		}
	}
	return nowhere, nil
}
