//go:build !nodemo

package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
)

// Backend is two SQL servers over one database in memory.
type Backend struct {
	// Set by Start, then constant.
	primary, replica *node
	log              *slog.Logger

	writes  sync.Mutex // held while tables are changed
	catalog sync.Mutex // held by those who read the catalog, whose tables are everybody's
}

// Start runs the script and then listens on two free ports of 127.0.0.1. The
// script is not interrupted by ctx, only not begun. One process may have one
// Backend at a time, because go-mysql-server has package-level state.
func Start(ctx context.Context, o Options) (*Backend, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	quiet()
	b := &Backend{log: o.Logger}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	pro := memory.NewDBProvider()
	pro.WithOption(memory.NativeIndexProvider(true))
	accounts := mysql_db.CreateEmptyMySQLDb()
	accounts.SetPersister(&mysql_db.NoopPersister{})
	accounts.SetEnabled(true)

	primary, replica := newEngine(pro, accounts), newEngine(pro, accounts)
	replica.ReadOnly.Store(true)
	if err := runScript(primary, pro, accounts, o.Script); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	var err error
	if b.primary, err = b.listen(primary, pro); err != nil {
		return nil, fmt.Errorf("demo: primary: %w", err)
	}
	if b.replica, err = b.listen(replica, pro); err != nil {
		return nil, fmt.Errorf("demo: replica: %w", errors.Join(err, b.primary.close()))
	}
	return b, nil
}

// Primary returns the address of the server that takes writes.
func (b *Backend) Primary() string { return b.primary.addr() }

// Replica returns the address of the server that refuses writes.
func (b *Backend) Replica() string { return b.replica.addr() }

// Close ends every statement and connection and returns when they have ended,
// within a second. The error says when they have not.
func (b *Backend) Close() error { return errors.Join(b.primary.close(), b.replica.close()) }
