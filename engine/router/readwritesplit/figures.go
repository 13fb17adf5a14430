package readwritesplit

import (
	"sync/atomic"

	"github.com/signalbox/signalbox/engine"
)

// figures are what the router has done.
type figures struct {
	servers engine.RouterFigures

	_            [64]byte // what each statement changes shares no cache line with what it reads
	queries      atomic.Uint64
	toPrimary    atomic.Uint64
	toReplica    atomic.Uint64
	toAll        atomic.Uint64
	transactions atomic.Uint64 // read-write
	readOnly     atomic.Uint64 // read-only transactions
}

// count books a statement that one server gets.
func (f *figures) count(server *engine.Server, write bool) {
	f.servers.Of(server).Count(write)
	if server.Primary() {
		f.toPrimary.Add(1)
	} else {
		f.toReplica.Add(1)
	}
}

func (f *figures) diagnostics() map[string]any {
	return map[string]any{
		"queries": f.queries.Load(), "route_master": f.toPrimary.Load(), "route_slave": f.toReplica.Load(),
		"route_all": f.toAll.Load(), "rw_transactions": f.transactions.Load(), "ro_transactions": f.readOnly.Load(),
		"replayed_transactions": 0, "trx_max_size_exceeded": 0, "server_query_statistics": f.servers.Diagnostics(),
	}
}
