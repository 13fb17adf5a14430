package engine

import (
	"slices"
	"sync/atomic"
	"time"
)

// RouterFigures are what a router has done with each of its servers.
type RouterFigures struct {
	servers []*Server
	each    []ServerFigures // of servers
}

// NewRouterFigures returns figures for servers, in their order.
func NewRouterFigures(servers []*Server) RouterFigures {
	return RouterFigures{servers, make([]ServerFigures, len(servers))}
}

// Of returns the figures of one of the servers.
func (f *RouterFigures) Of(s *Server) *ServerFigures { return &f.each[slices.Index(f.servers, s)] }

// Diagnostics are MaxScale's server_query_statistics.
func (f *RouterFigures) Diagnostics() []map[string]any {
	statistics := make([]map[string]any, len(f.servers))
	for i, server := range f.servers {
		statistics[i] = f.each[i].Diagnostics(server)
	}
	return statistics
}

// ServerFigures are what a router has done with one server, for its diagnostics.
// They may be used by any goroutine.
type ServerFigures struct {
	reads, writes atomic.Uint64
	connections   atomic.Int64 // that are open
	response      atomic.Int64 // moving mean of how long a read takes, in ns; 0 before the first
	ended         atomic.Int64 // connections that are closed, and of those in all:
	lifetime      atomic.Int64 // how long their sessions had been there, in ns
	active        atomic.Int64 // how long they worked, in ns
	selects       atomic.Int64 // reads
}

// Count books a statement that the server gets.
func (f *ServerFigures) Count(write bool) {
	if write {
		f.writes.Add(1)
	} else {
		f.reads.Add(1)
	}
}

// Opened books a new connection.
func (f *ServerFigures) Opened() { f.connections.Add(1) }

// Closed books the end of a connection of a session that began then and there.
func (f *ServerFigures) Closed(b *Backend, began time.Time, selects uint32) {
	f.connections.Add(-1)
	f.ended.Add(1)
	f.lifetime.Add(int64(time.Since(began)))
	f.active.Add(int64(b.active))
	f.selects.Add(int64(selects))
}

// Connections returns how many connections are open.
func (f *ServerFigures) Connections() int64 { return f.connections.Load() }

// meanOver is how many reads the moving mean of response times goes over.
const meanOver = 32

// Measured takes the time of the read that b has answered last into the mean. Of
// two at once one may be lost.
func (f *ServerFigures) Measured(b *Backend) {
	took, mean := int64(b.took), f.response.Load()
	if mean == 0 {
		mean = took
	} else {
		mean += (took - mean) / meanOver
	}
	f.response.Store(max(mean, 1))
}

// Response returns the moving mean of how long reads take, 0 before the first.
func (f *ServerFigures) Response() time.Duration { return time.Duration(f.response.Load()) }

// Diagnostics are the figures under MaxScale's names. As there, the share of time
// that sessions were active is there only once there is something to divide by.
func (f *ServerFigures) Diagnostics(s *Server) map[string]any {
	reads, writes := f.reads.Load(), f.writes.Load()
	d := map[string]any{
		"id": s.Name(), "total": reads + writes, "read": reads, "write": writes,
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
