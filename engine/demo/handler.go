//go:build !nodemo

package demo

import (
	"context"
	"fmt"
	"runtime/debug"
	"strconv"
	"sync"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// handler stands in front of go-mysql-server's own handler: it makes
// concurrent writes safe, lets accounts kill their own connections and gives
// errors the numbers that clients know.
type handler struct {
	mysql.Handler

	// Set by newHandler, then constant.
	backend *Backend
	engine  *sqle.Engine
	pro     *memory.DbProvider

	mu    sync.Mutex
	conns map[uint32]*conn

	open sync.WaitGroup // connections
}

// conn is what the handler knows of a connection. Everything but user is used
// by the connection's own goroutine only.
type conn struct {
	*mysql.Conn
	user    string // guarded by handler.mu
	session *memory.Session
	store   *store
	journal []entry
}

func newHandler(b *Backend, e *sqle.Engine, pro *memory.DbProvider) *handler {
	return &handler{backend: b, engine: e, pro: pro, conns: map[uint32]*conn{}}
}

// newSession is called by go-mysql-server at a connection's first command and
// when it is reset.
func (h *handler) newSession(_ context.Context, mc *mysql.Conn, addr string) (sql.Session, error) {
	client := sql.Client{Capabilities: mc.Capabilities}
	if u, ok := mc.UserData.(sql.MysqlConnectionUser); ok {
		client.User, client.Address = u.User, u.Host
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.conns[mc.ConnectionID]
	if c == nil {
		return nil, fmt.Errorf("connection %d has ended", mc.ConnectionID)
	}
	c.user = mc.User
	c.store = &store{DbProvider: h.pro}
	c.session = memory.NewSession(sql.NewBaseSessionWithClientServer(addr, client, mc.ConnectionID), c.store)
	c.journal = nil
	return c.session, nil
}

func (h *handler) conn(mc *mysql.Conn) *conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.conns[mc.ConnectionID]
}

// NewConnection implements mysql.Handler.
func (h *handler) NewConnection(mc *mysql.Conn) {
	mc.StatusFlags |= mysql.ServerStatusAutocommit
	h.open.Add(1)
	h.mu.Lock()
	h.conns[mc.ConnectionID] = &conn{Conn: mc}
	h.mu.Unlock()
	h.Handler.NewConnection(mc)
}

// ConnectionClosed implements mysql.Handler.
func (h *handler) ConnectionClosed(mc *mysql.Conn) {
	h.Handler.ConnectionClosed(mc)
	h.mu.Lock()
	delete(h.conns, mc.ConnectionID)
	h.mu.Unlock()
	h.open.Done()
}

// cut ends every connection and waits.
func (h *handler) cut() {
	h.mu.Lock()
	for id, c := range h.conns {
		h.engine.ProcessList.Kill(id)
		c.Close()
	}
	h.mu.Unlock()
	h.open.Wait()
}

// ComQuery implements mysql.Handler.
func (h *handler) ComQuery(ctx context.Context, mc *mysql.Conn, query string, callback mysql.ResultSpoolFn) error {
	s, _ := sqlparser.Parse(query)
	callback = h.conn(mc).reply(s, callback)
	return h.guard(ctx, mc, statement{text: query, parsed: s}, callback, func() error {
		return h.Handler.ComQuery(ctx, mc, query, callback)
	})
}

// ComMultiQuery implements mysql.Handler.
func (h *handler) ComMultiQuery(ctx context.Context, mc *mysql.Conn, query string, callback mysql.ResultSpoolFn) (string, error) {
	s, end, _ := sqlparser.ParseOne(ctx, query)
	first := query
	if end > 0 && end <= len(query) {
		first = query[:end]
	}
	callback = h.conn(mc).reply(s, callback)
	var rest string
	err := h.guard(ctx, mc, statement{text: first, parsed: s}, callback, func() error {
		var err error
		rest, err = h.Handler.ComMultiQuery(ctx, mc, query, callback)
		return err
	})
	return rest, err
}

// reply corrects results on their way to callback: an OK packet must not speak
// of a transaction that autocommit has ended, and PREPARE and DEALLOCATE are
// answered by an OK packet, as in MariaDB, where go-mysql-server would send a
// result set that clients cannot read.
func (c *conn) reply(s sqlparser.Statement, callback mysql.ResultSpoolFn) mysql.ResultSpoolFn {
	return func(r *sqltypes.Result, more bool) error {
		switch s.(type) {
		case *sqlparser.Prepare, *sqlparser.Deallocate:
			r = &sqltypes.Result{}
		}
		if len(r.Fields) == 0 && c.idleTransaction() {
			c.StatusFlags &^= mysql.ServerInTransaction
		}
		return callback(r, more)
	}
}

// ComStmtExecute implements mysql.Handler.
func (h *handler) ComStmtExecute(ctx context.Context, mc *mysql.Conn, p *mysql.PrepareData, callback func(*sqltypes.Result) error) error {
	s, _ := sqlparser.Parse(p.PrepareStmt)
	reply := h.conn(mc).reply(s, func(r *sqltypes.Result, _ bool) error { return callback(r) })
	return h.guard(ctx, mc, statement{text: p.PrepareStmt, parsed: s, prepared: p}, reply, func() error {
		return h.Handler.ComStmtExecute(ctx, mc, p, func(r *sqltypes.Result) error { return reply(r, false) })
	})
}

// ComPrepare implements mysql.Handler.
func (h *handler) ComPrepare(ctx context.Context, mc *mysql.Conn, query string, p *mysql.PrepareData) (fields []*querypb.Field, err error) {
	defer h.recover(mc, query, &err)
	fields, err = h.Handler.ComPrepare(ctx, mc, query, p)
	return fields, sqlError(err)
}

// ComInitDB implements mysql.Handler.
func (h *handler) ComInitDB(mc *mysql.Conn, schema string) error {
	return sqlError(h.Handler.ComInitDB(mc, schema))
}

// recover turns a panic of go-mysql-server into an error of the statement.
func (h *handler) recover(mc *mysql.Conn, query string, err *error) {
	if p := recover(); p != nil {
		h.backend.log.Warn("demo: statement panicked", "connection", mc.ConnectionID, "statement", query, "panic", p, "stack", string(debug.Stack()))
		*err = mysql.NewSQLError(mysql.ERUnknownError, mysql.SSUnknownSQLState, "the demo server cannot run this statement: %v", p)
	}
}

// kill runs a KILL. An account may kill its own connections, as in MariaDB;
// go-mysql-server wants SUPER for them too, so only the others are left to it.
func (h *handler) kill(mc *mysql.Conn, k *sqlparser.Kill) (done bool, err error) {
	literal, ok := k.ConnID.(*sqlparser.SQLVal)
	if !ok {
		return false, nil
	}
	id, err := strconv.ParseUint(string(literal.Val), 10, 32)
	if err != nil {
		return false, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	victim := h.conns[uint32(id)]
	if victim == nil {
		return true, mysql.NewSQLError(mysql.ERNoSuchThread, mysql.SSUnknownSQLState, "Unknown thread id: %d", id)
	}
	if victim.user != mc.User {
		return false, nil
	}
	h.engine.ProcessList.Kill(uint32(id))
	if k.Connection {
		victim.Close()
	}
	return true, nil
}
