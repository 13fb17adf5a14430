package readwritesplit

import (
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// figures are what the router has done.
type figures struct {
	queries      atomic.Uint64
	toPrimary    atomic.Uint64
	toReplica    atomic.Uint64
	toAll        atomic.Uint64
	transactions atomic.Uint64 // read-write
	readOnly     atomic.Uint64 // read-only transactions
	servers      map[*engine.Server]*serverFigures
	order        []*engine.Server
}

// serverFigures are those of one server.
type serverFigures struct {
	reads, writes atomic.Uint64
	connections   atomic.Int64 // that are open
	response      atomic.Int64 // moving mean of how long a read takes, in ns; 0 before the first
	ended         atomic.Int64 // connections that are closed, and of those in all:
	lifetime      atomic.Int64 // how long their sessions had been there, in ns
	active        atomic.Int64 // how long they worked, in ns
	selects       atomic.Int64 // reads
}

// follow makes f ready for the servers.
func (f *figures) follow(servers []*engine.Server) {
	f.servers, f.order = make(map[*engine.Server]*serverFigures, len(servers)), servers
	for _, server := range servers {
		f.servers[server] = &serverFigures{}
	}
}

// count books a statement that one server gets.
func (f *figures) count(server *engine.Server, write bool) {
	f.onServer(server, write)
	if server.Primary() {
		f.toPrimary.Add(1)
	} else {
		f.toReplica.Add(1)
	}
}

func (f *figures) onServer(server *engine.Server, write bool) {
	if one := f.servers[server]; write {
		one.writes.Add(1)
	} else {
		one.reads.Add(1)
	}
}

// meanOver is how many reads the moving mean of response times goes over.
const meanOver = 32

// measured takes the time of a read into the mean. Of two at once one may be
// lost.
func (f *serverFigures) measured(took time.Duration) {
	mean := f.response.Load()
	if mean == 0 {
		mean = max(int64(took), 1)
	} else {
		mean = max(mean+(int64(took)-mean)/meanOver, 1)
	}
	f.response.Store(mean)
}

// closed books the end of a connection.
func (f *serverFigures) closed(lifetime, active time.Duration, selects uint32) {
	f.connections.Add(-1)
	f.ended.Add(1)
	f.lifetime.Add(int64(lifetime))
	f.active.Add(int64(active))
	f.selects.Add(int64(selects))
}

func (f *figures) diagnostics() map[string]any {
	statistics := make([]map[string]any, 0, len(f.order))
	for _, server := range f.order {
		statistics = append(statistics, f.servers[server].diagnostics(server.Name()))
	}
	return map[string]any{
		"queries": f.queries.Load(), "route_master": f.toPrimary.Load(), "route_slave": f.toReplica.Load(),
		"route_all": f.toAll.Load(), "rw_transactions": f.transactions.Load(), "ro_transactions": f.readOnly.Load(),
		"replayed_transactions": 0, "trx_max_size_exceeded": 0, "server_query_statistics": statistics,
	}
}

// diagnostics are a server's. As in MaxScale, the share of time that sessions
// were active is there only once there is something to divide by.
func (f *serverFigures) diagnostics(name string) map[string]any {
	reads, writes := f.reads.Load(), f.writes.Load()
	d := map[string]any{
		"id": name, "total": reads + writes, "read": reads, "write": writes,
		"avg_sess_duration": "0ns", "avg_selects_per_session": 0,
	}
	if n := f.ended.Load(); n > 0 {
		lifetime := f.lifetime.Load()
		d["avg_sess_duration"] = time.Duration(lifetime / n).String()
		d["avg_selects_per_session"] = f.selects.Load() / n
		if lifetime > 0 {
			d["avg_sess_active_pct"] = 100 * float64(f.active.Load()) / float64(lifetime)
		}
	}
	return d
}
