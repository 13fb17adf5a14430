//go:build !nodemo

package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/vt/log"
	"github.com/sirupsen/logrus"
)

// version is what the handshake announces; @@version and version() say what
// go-mysql-server is compatible with and cannot be changed.
const version = "8.0.31-signalbox-demo"

// closeWait is how long close waits for connections to end.
const closeWait = 900 * time.Millisecond

// node is one of the two servers.
type node struct {
	engine   *sqle.Engine
	listener net.Listener
	server   *server.Server
	handler  *handler
	ended    chan struct{} // closed when the accept loop has returned
}

func newEngine(pro *memory.DbProvider, accounts *mysql_db.MySQLDb) *sqle.Engine {
	e := sqle.NewDefault(pro)
	e.Analyzer.Catalog.MySQLDb = accounts
	return e
}

// listen starts to serve e on a free port of 127.0.0.1.
func (b *Backend) listen(e *sqle.Engine, pro *memory.DbProvider) (*node, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &node{engine: e, listener: l, ended: make(chan struct{})}
	n.handler = newHandler(b, e, pro)
	c := server.Config{Listener: l, Version: version}
	c.Options = append(c.Options, func(e *sqle.Engine, sm *server.SessionManager, h mysql.Handler) (*sqle.Engine, *server.SessionManager, mysql.Handler) {
		n.handler.Handler = h
		return e, sm, n.handler
	})
	if n.server, err = server.NewServer(c, e, sql.NewContext, n.handler.newSession, nil); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	go func() { // ends when close closes the listener
		defer close(n.ended)
		n.server.Listener.Accept()
	}()
	return n, nil
}

func (n *node) addr() string { return n.listener.Addr().String() }

// close stops accepting, interrupts what runs, cuts the connections and waits.
func (n *node) close() error {
	n.server.Listener.Close()
	<-n.ended
	gone := make(chan struct{})
	go func() { // ends with the last connection
		defer close(gone)
		n.handler.cut()
	}()
	select {
	case <-gone:
		if err := n.engine.Close(); !errors.Is(err, context.Canceled) { // which only says that it was open
			return err
		}
		return nil
	case <-time.After(closeWait):
		return fmt.Errorf("demo: server %s: connections did not end within %v", n.addr(), closeWait)
	}
}

// runScript runs a script with all rights.
func runScript(e *sqle.Engine, pro *memory.DbProvider, accounts *mysql_db.MySQLDb, script string) error {
	const name, host = "script", "localhost"
	edit := func(f func(*mysql_db.Editor)) {
		ed := accounts.Editor()
		defer ed.Close()
		f(ed)
	}
	edit(func(ed *mysql_db.Editor) { accounts.AddLockedSuperUser(ed, name, host, "") })
	defer edit(func(ed *mysql_db.Editor) { ed.RemoveUser(mysql_db.UserPrimaryKey{User: name, Host: host}) })

	s := memory.NewSession(sql.NewBaseSessionWithClientServer("", sql.Client{User: name, Address: host}, 0), pro)
	ctx := sql.NewContext(context.Background(), sql.WithSession(s))
	for _, statement := range statements(script) {
		if err := run(ctx, e, statement); err != nil {
			return fmt.Errorf("script: %w in: %.200s", err, statement)
		}
	}
	return nil
}

func run(ctx *sql.Context, e *sqle.Engine, statement string) error {
	_, rows, _, err := e.Query(ctx, statement)
	if err != nil {
		return err
	}
	for {
		if _, err = rows.Next(ctx); err != nil {
			break
		}
	}
	if err == io.EOF {
		err = nil
	}
	return errors.Join(err, rows.Close(ctx))
}

// statements splits a script at semicolons that end a line and drops lines
// that are comments.
func statements(script string) []string {
	var list []string
	var b strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, " \t\r\n")
		if strings.HasPrefix(strings.TrimSpace(line), "--") {
			continue
		}
		text, end := strings.CutSuffix(line, ";")
		b.WriteString(text)
		b.WriteByte('\n')
		if end {
			list = append(list, strings.TrimSpace(b.String()))
			b.Reset()
		}
	}
	if rest := strings.TrimSpace(b.String()); rest != "" {
		list = append(list, rest)
	}
	return list
}

// quiet keeps go-mysql-server, which logs through two package-level loggers,
// from writing to the terminal.
var quiet = sync.OnceFunc(func() {
	logrus.SetOutput(io.Discard)
	logrus.SetLevel(logrus.PanicLevel)
	line := func(...any) {}
	format := func(string, ...any) {}
	log.Info, log.Warning, log.Error = line, line, line
	log.Infof, log.Warningf, log.Errorf = format, format, format
})
