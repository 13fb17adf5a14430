package engine

import (
	"net/netip"
	"time"

	"github.com/signalbox/signalbox/engine/module"
)

// SessionState is where a session stands in its life.
type SessionState uint8

// The states.
const (
	SessionCreated  SessionState = iota // logging in
	SessionStarted                      // ready for commands
	SessionStopping                     // ending
	SessionFailed                       // its login or its chain failed
)

// SessionInfo is a session at one moment: plain values, safe to keep.
type SessionInfo struct {
	ID         uint64
	State      SessionState
	Service    string
	Listener   string
	User       string
	Database   string
	Remote     netip.AddrPort // zero for a client without an IP address
	Connected  time.Time
	Cipher     string            // "" without TLS
	Attributes map[string]string // connection attributes, nil when none were sent; shared, not to be changed
	History    *HistoryInfo      // nil when the router keeps none
	Backends   []BackendInfo     // in the order they were opened
	Filters    []FilterCounters  // the running chain in order
	Outdated   bool              // the running chain was the service's default, and is no longer
	Queries    []QueryInfo       // newest first; holds at least the running one
	Log        []string          // oldest first
	LogLines   uint64            // lines since connect; Log has the last of them
	LogUntil   time.Time         // when the levels set for the session go off, zero for never
	LogLevels  LogLevels         // set for the session or by its service
	Memory     MemoryInfo
	Idle       time.Duration // since the client was last read or written, 0 while busy
	IOActivity int           // I/O events in the last 30 seconds
	Activity   ActivityInfo
	Pending    PendingInfo
	RestartErr string // why the last restart failed, "" when it did not
	Events     []Event
	Pins       []PinInfo  // what keeps it on one server; an open transaction first
	Flows      []FlowInfo // oldest first; times in which nothing went by are not there
}

// FlowInfo is how many bytes went by between two instants.
type FlowInfo struct {
	From, To time.Time
	In, Out  uint64 // from the client and to it
}

// HistoryInfo is the size of a session command history.
type HistoryInfo struct{ Commands, Responses, Metadata int }

// BackendInfo is one backend connection.
type BackendInfo struct {
	Server       string
	ConnectionID uint64
	Cipher       string
	Primary      bool
	Busy         bool
	Parked       bool // it has no connection while the session is idle: idle_session_pool_time
	Memory       BufferInfo
}

// FilterCounters is one running filter session. LightInfo leaves the quantiles
// out.
type FilterCounters struct {
	Filter string
	Module string
	Time   time.Duration // in the filter itself, on the way down, of all statements
	FilterFigures
}

// FilterFigures is what a filter has done with statements.
type FilterFigures struct {
	Statements uint64
	Changed    uint64        // those that it changed or answered
	Answered   uint64        // of those, the ones that it answered itself: they got no further
	P50, P95   time.Duration // in the filter itself, on the way down, of one statement
}

// QueryInfo is one retained statement.
type QueryInfo struct {
	Command   string
	Statement string
	Received  time.Time
	Completed time.Time // zero while it runs
	Responses []ResponseInfo
	Rows      uint64
	Error     string
}

// ResponseInfo is one server's answer.
type ResponseInfo struct {
	Server   string
	Duration time.Duration
}

// LogLevels are the levels that a session logs at.
type LogLevels struct{ Error, Warning, Notice, Info, Debug bool }

// MemoryInfo is what a session holds, in bytes.
type MemoryInfo struct {
	Client       BufferInfo
	ExecMetadata int64
	LastQueries  int64
	History      int64
	Variables    int64
}

// BufferInfo are capacities in bytes; Misc is the rest of the connection.
type BufferInfo struct{ ReadQ, WriteQ, Misc int64 }

// Doing is what a session is doing.
type Doing uint8

// What a session may be doing.
const (
	Connecting Doing = iota
	Running
	Idle
	IdleInTrx
	Stopping
)

// ActivityInfo is what a session is doing now.
type ActivityInfo struct {
	Doing       Doing
	Since       time.Time
	Trx         bool
	TrxReadOnly bool
	TrxSince    time.Time
	TrxWrites   uint64
	LongAfter   time.Duration // in what it does, from which it is worth a look; 0 is never
	Statement   string        // running or last, at most 1024 bytes
	Server      string        // that executes it, or did
	Statements  uint64
	Errors      uint64
	BytesIn     uint64
	BytesOut    uint64
	InPerSec    float64
	OutPerSec   float64
	RatesUntil  time.Time // when these two change though nothing happens, zero for never

	// Of locks.
	BlockedBy string // whose it waits for: the id of a session, or "thread 12 of server1"; "" for nobody's
	Blocks    int    // sessions that wait for one of its own
}

// PendingInfo is what waits for its moment.
type PendingInfo struct {
	Filters *[]string // chain to come; nil when none waits
	Restart bool
	Since   time.Time // when Filters or Restart was asked for
	Waits   string    // "statement" or "transaction"
	Kill    *KillInfo
}

// KillInfo is a kill that has not fired.
type KillInfo struct {
	At     time.Time
	Idle   bool // at the first idle point, at the latest at At
	Keep   bool // an Idle one is given up at At instead
	By     string
	Reason string
}

// Event is one entry of a session's timeline. Kinds are listed at
// api.SessionEvent.
type Event struct {
	At     time.Time
	Kind   string
	Detail string
	By     string
}

// ServiceInfo is a service at one moment.
type ServiceInfo struct {
	Object           module.Object
	State            string // Started, Stopped, Failed, Allocated
	Started          time.Time
	Servers          []string
	Filters          []string
	Listeners        []string
	Monitor          string // of `cluster`, "" when servers are listed
	Connections      int64
	TotalConnections int64
	MaxConnections   int64
	ActiveOperations int64
	RoutedPackets    uint64
	FailedAuths      uint64
	Past             PastInfo
	Diagnostics      map[string]any // the router's
	Users            []UserInfo
	UsersUpdated     time.Time
}

// PastInfo is what the sessions of a service have been that are over.
type PastInfo struct {
	AvgLifetime, MaxLifetime time.Duration
	AvgHistory               float64 // commands in their histories at the end
	MaxHistory               int64
}

// UserInfo is one database account that a service knows.
type UserInfo struct {
	User, Host, Plugin, DefaultRole string
	Super                           bool
}

// ServerInfo is a database server at one moment.
type ServerInfo struct {
	Object           module.Object
	State            string // "Master, Running", "Slave, Running", "Down", ...
	Primary          bool
	Usable           bool
	Services         []string
	Monitor          string
	Connections      int64
	TotalConnections int64
	MaxConnections   int64
	ActiveOperations int64
	RoutedPackets    uint64
	Pool             PoolInfo
	Monitored        MonitoredServer
	Event            string // last event: master_up, server_down, ...
	EventAt          time.Time
}

// PoolInfo are the connections to a server that are kept for sessions to come.
type PoolInfo struct {
	Kept   int64 // now
	Peak   int64 // the most there were
	Reused int64 // times that a session got one
	Empty  int64 // times that a session wanted one and got none
}

// MonitoredServer is what the last tick of a monitor saw of a server.
type MonitoredServer struct {
	Version     string
	Uptime      time.Duration
	ServerID    int64
	MasterID    int64 // -1 none
	ReadOnly    bool
	Lag         time.Duration // negative: unknown
	GtidCurrent string
	GtidBinlog  string
	GtidState   string // gtid_binlog_state: of each domain and server the last that is in its binary logs
	Details     string // why it is in its state, "" when there is nothing to say
	Replication []ReplicaInfo
	MaxPacket   int64 // max_allowed_packet, 0 unknown

	GtidDomain     int64 // gtid_domain_id, of its own writes
	LockHeld       *bool // the monitor's own lock on it; nil when it uses none
	LogsReplicated bool  // log_slave_updates: it writes what it replicates to its binary log
	BinlogOff      bool  // it says that it has no binary log
}

// ReplicaInfo is one replication connection of a server.
type ReplicaInfo struct {
	Name, MasterHost string
	MasterPort       int
	MasterServerID   int64
	IORunning        string
	SQLRunning       string
	SecondsBehind    *int64
	GtidIOPos        string
	Heartbeats       int64 // that it has received
	UsingGtid        string
	LastIOError      string
	LastSQLError     string
}

// ListenerInfo is a listener at one moment.
type ListenerInfo struct {
	Object  module.Object
	State   string // Running, Stopped, Failed
	Service string
	Addr    string // what it listens on, with the real port
}

// FilterInfo is a filter at one moment.
type FilterInfo struct {
	Object      module.Object
	Services    []string
	Diagnostics map[string]any
	Figures     FilterFigures // of all sessions since the program started
}

// MonitorInfo is a monitor at one moment.
type MonitorInfo struct {
	Object  module.Object
	State   string // Running, Stopped
	Ticks   int64
	Servers []string
	Owns    *bool // of several that look at the servers it is the one that may change them; nil when it does not look for others
}
