package view

import (
	"strconv"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
)

// Key is one key of filters and sort orders.
type Key struct {
	Name string
	Help string // what its value is, a few words
	Unit string // "seconds", "bytes" or "count" when it compares with < and >, else ""
}

// Keys returns all keys in the order in which a person wants to read them.
func Keys() []Key {
	all := make([]Key, len(keys))
	for i := range keys {
		all[i] = keys[i].Key
	}
	return all
}

// key is a Key with its way to the value in a session.
type key struct {
	Key
	texts  func(s *api.Session, yield func(string) bool)           // calls yield with each value until it returns true
	figure func(s *api.Session, lag time.Duration) (float64, bool) // in Unit; false when the session has none
	clock  bool                                                    // its figure grows as time passes
	since  func(s *api.Session) api.Time                           // when such a clock began to run, for those that say so
	rate   bool                                                    // its figure sinks as time passes
	inside bool                                                    // key:v searches inside the value instead of comparing the whole of it
	many   func(s *api.Session, yield func(string) bool)           // texts to group by; nil: the first of texts
	line   func(l *Line) string                                    // of a key of logs, which has none of the others
	words  []string                                                // the only values; nil for any
}

// keys are in the order of Keys.
var keys = []*key{
	{Key: Key{Name: "id", Help: "session id", Unit: "count"}, texts: one(func(s *api.Session) string { return s.ID }), figure: id},
	{Key: Key{Name: "state", Help: "state: " + strings.Join(states[:], ", ") + ", " + StatePending}},
	{Key: Key{Name: "user", Help: "database user"}, texts: one(func(s *api.Session) string { return s.Attributes.User })},
	{Key: Key{Name: "client", Help: "address of the client, or address:port"}, texts: client},
	{Key: Key{Name: "schema", Help: "default database"}, texts: one(func(s *api.Session) string { return s.Attributes.Database })},
	{Key: Key{Name: "service", Help: "service"}, texts: related("services")},
	{Key: Key{Name: "server", Help: "server that the session is connected to"}, texts: servers, many: connected},
	{Key: Key{Name: "filter", Help: "filter in the session's chain"}, texts: related("filters"), many: related("filters")},
	{Key: Key{Name: "program", Help: "program_name of the client"}, texts: one(program)},
	{Key: Key{Name: "tls", Help: "cipher of the client, yes or no"}, texts: cipher},
	{Key: Key{Name: "node", Help: "node of the fleet"}, texts: one(node)},
	{Key: Key{Name: "stmt", Help: "text of the statement"}, texts: one(func(s *api.Session) string { return s.Attributes.Activity.Statement }), inside: true},
	{Key: Key{Name: "age", Help: "time since the client connected", Unit: "seconds"}, figure: clock(Age), clock: true, since: func(s *api.Session) api.Time { return s.Attributes.ConnectedAt }},
	{Key: Key{Name: "in-state", Help: "time in the present state", Unit: "seconds"}, figure: clock(InState), clock: true, since: sinceAt},
	{Key: Key{Name: "trx-age", Help: "age of the open transaction", Unit: "seconds"}, figure: trxAge, clock: true, since: func(s *api.Session) api.Time { return s.Attributes.Activity.TrxSinceAt }},
	{Key: Key{Name: "idle", Help: "silence of the client", Unit: "seconds"}, figure: clock(Idle), clock: true},
	{Key: Key{Name: "io", Help: "bytes per second, both ways", Unit: "bytes"}, figure: io, rate: true},
	{Key: Key{Name: "mem", Help: "memory held for the session", Unit: "bytes"}, figure: mem},
	{Key: Key{Name: "queries", Help: "statements since the client connected", Unit: "count"}, figure: statements},
	{Key: Key{Name: "errors", Help: "statements that failed", Unit: "count"}, figure: failed},
	{Key: Key{Name: "chain", Help: "outdated or current: whether the service has another chain of filters by now"}, texts: one(chain)},
	{Key: Key{Name: "restart", Help: "failed: the last restart could not be done"}, texts: one(restart)},
}

var inState = keyNamed("in-state")

func keyNamed(name string) *key { return named(keys, name) }

func named(keys []*key, name string) *key {
	for _, k := range keys {
		if strings.EqualFold(k.Name, name) {
			return k
		}
	}
	return nil
}

func one(value func(*api.Session) string) func(*api.Session, func(string) bool) {
	return func(s *api.Session, yield func(string) bool) { yield(value(s)) }
}

func related(name string) func(*api.Session, func(string) bool) {
	return func(s *api.Session, yield func(string) bool) {
		for _, ref := range s.Relationships[name].Data {
			if yield(ref.ID) {
				return
			}
		}
	}
}

func client(s *api.Session, yield func(string) bool) {
	a := &s.Attributes
	if yield(a.Remote) || yield(Client(s)) {
		return
	}
	if a.RemoteAddress != "" {
		yield(a.RemoteAddress)
	}
}

// Client returns the address of the client of s as address:port.
func Client(s *api.Session) string {
	remote, port := s.Attributes.Remote, strconv.Itoa(s.Attributes.Port)
	if strings.Contains(remote, ":") {
		return "[" + remote + "]:" + port
	}
	return remote + ":" + port
}

func servers(s *api.Session, yield func(string) bool) {
	if !yield(s.Attributes.Activity.Server) {
		connected(s, yield)
	}
}

func connected(s *api.Session, yield func(string) bool) {
	for i := range s.Attributes.Connections {
		if yield(s.Attributes.Connections[i].Server) {
			return
		}
	}
}

func chain(s *api.Session) string {
	if s.Attributes.ChainOutdated {
		return "outdated"
	}
	return "current"
}

func restart(s *api.Session) string {
	if s.Attributes.LastRestartError != "" {
		return "failed"
	}
	return ""
}

func program(s *api.Session) string { return s.Attributes.Client.ConnectionAttributes["program_name"] }

func cipher(s *api.Session, yield func(string) bool) {
	cipher := s.Attributes.Client.Cipher
	if cipher == "" {
		yield("no")
		return
	}
	_ = yield(cipher) || yield("yes")
}

// node is the part of a fleet's session id before its last dot.
func node(s *api.Session) string { return s.ID[:max(0, strings.LastIndexByte(s.ID, '.'))] }

func id(s *api.Session, _ time.Duration) (float64, bool) {
	n, err := strconv.ParseUint(s.ID[strings.LastIndexByte(s.ID, '.')+1:], 10, 64)
	return float64(n), err == nil
}

func sinceAt(s *api.Session) api.Time { return s.Attributes.Activity.SinceAt }

func clock(value func(*api.Session, time.Duration) time.Duration) func(*api.Session, time.Duration) (float64, bool) {
	return func(s *api.Session, lag time.Duration) (float64, bool) { return value(s, lag).Seconds(), true }
}

func trxAge(s *api.Session, lag time.Duration) (float64, bool) {
	return TrxAge(s, lag).Seconds(), s.Attributes.Activity.Trx
}

func io(s *api.Session, _ time.Duration) (float64, bool) {
	return s.Attributes.Activity.BytesInPerSec + s.Attributes.Activity.BytesOutPerSec, true
}

func mem(s *api.Session, _ time.Duration) (float64, bool) {
	return float64(s.Attributes.Memory.Total), true
}

func failed(s *api.Session, _ time.Duration) (float64, bool) {
	return float64(s.Attributes.Activity.Errors), true
}

func statements(s *api.Session, _ time.Duration) (float64, bool) {
	return float64(s.Attributes.Activity.Statements), true
}
