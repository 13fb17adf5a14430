package api

// Session is one client connection with everything that belongs to it.
type Session = Resource[SessionAttributes]

// The states of a session, MaxScale's strings.
const (
	SessionCreated  = "Session created"
	SessionStarted  = "Session started"
	SessionStopping = "Stopping session"
	SessionFailed   = "Session creation failed"
)

// SessionAttributes are the attributes of a session. MaxScale's names and
// units throughout; fields marked "ours" are extensions.
type SessionAttributes struct {
	State           string  `json:"state"`
	User            string  `json:"user,omitempty"`
	Remote          string  `json:"remote"`                   // IP text, or the host name with rdns=true
	RemoteAddress   string  `json:"remote_address,omitempty"` // ours: the IP text, only with rdns=true
	Port            int     `json:"port"`
	Connected       string  `json:"connected"` // HTTP date, GMT
	ConnectedAt     Time    `json:"connected_at"`
	SecondsAlive    float64 `json:"seconds_alive"`
	Idle            float64 `json:"idle"`        // seconds since the client was last read or written, 0.1 steps, 0 while busy
	IOActivity      int     `json:"io_activity"` // I/O events in the last 30 seconds
	Thread          int     `json:"thread"`      // always 0: a session has no worker thread of its own
	Database        string  `json:"database"`
	DefaultDatabase string  `json:"default_database"`

	Client      SessionClient       `json:"client"`
	Connections []SessionConnection `json:"connections"`
	Queries     []SessionQuery      `json:"queries"` // newest first
	Log         []string            `json:"log"`     // oldest first
	Parameters  SessionParameters   `json:"parameters"`
	Memory      SessionMemory       `json:"memory"`

	Pending          SessionPending `json:"pending"`                      // ours
	LastRestartError string         `json:"last_restart_error,omitempty"` // ours
	Activity         Activity       `json:"activity"`                     // ours
	Chain            []ChainLink    `json:"chain"`                        // ours: running filters with their counters, in order
	ChainOutdated    bool           `json:"chain_outdated,omitempty"`     // ours: the service's default chain has changed since the session took it
	Pins             []SessionPin   `json:"pins"`                         // ours: what keeps it on one server, an open transaction first
	LogLines         uint64         `json:"log_lines"`                    // ours: lines logged since connect; Log holds the last of them
	LogUntil         Time           `json:"log_until,omitempty"`          // ours: when the levels set for the session go off by themselves
	EndedAt          Time           `json:"ended_at,omitempty"`           // ours: the session is over; only where ended sessions are shown
	EndReason        string         `json:"end_reason,omitempty"`         // ours: why it ended, in words
	EndedBy          string         `json:"ended_by,omitempty"`           // ours: who ended it, "" when nobody did
	Events           []SessionEvent `json:"events,omitempty"`             // ours: the timeline, oldest first; only in a GET of one session and its view
	IOHistory        []SessionFlow  `json:"io_history,omitempty"`         // ours: bytes of the past, oldest first; only where events are
}

// SessionPin is something that a session has on one of its servers alone, and that
// keeps it there.
type SessionPin struct {
	Kind    string `json:"kind"` // transaction, temporary_table, user_lock, table_lock, user_variable, cursor, long_data, strict
	Server  string `json:"server"`
	SinceAt Time   `json:"since_at"`
	Detail  string `json:"detail,omitempty"` // names of temporary tables, the parameter that is strict
}

// SessionFlow is how many bytes went by in a stretch of time. Of the last ten
// minutes they are of 10 seconds each, of the twelve hours before of 15 minutes;
// those of nothing are left out.
type SessionFlow struct {
	At      Time    `json:"at"` // its beginning
	Seconds float64 `json:"seconds"`
	In      uint64  `json:"in"` // bytes from the client
	Out     uint64  `json:"out"`
}

// Time is an instant as RFC 3339 text in UTC with milliseconds.
type Time string

// SessionClient is the client's side of a session.
type SessionClient struct {
	Cipher                      string            `json:"cipher"`                // "" without TLS
	ConnectionAttributes        map[string]string `json:"connection_attributes"` // null when the client sent none
	SescmdHistoryLen            *int              `json:"sescmd_history_len,omitempty"`
	SescmdHistoryStoredReplies  *int              `json:"sescmd_history_stored_responses,omitempty"`
	SescmdHistoryStoredMetadata *int              `json:"sescmd_history_stored_metadata,omitempty"`
}

// SessionConnection is one open backend connection.
type SessionConnection struct {
	Server       string `json:"server"`
	ConnectionID uint64 `json:"connection_id"` // thread id on that server, 0 before its handshake
	Cipher       string `json:"cipher"`
	Primary      bool   `json:"primary"` // ours: the server is the primary now
	Busy         bool   `json:"busy"`    // ours: it owes a reply
	Parked       bool   `json:"parked"`  // ours: it has no connection while the session is idle, see idle_session_pool_time
}

// SessionQuery is one retained statement.
type SessionQuery struct {
	Command   string          `json:"command"`
	Statement string          `json:"statement"`
	Received  string          `json:"received"` // local time with milliseconds, no zone, as MaxScale
	Completed string          `json:"completed,omitempty"`
	Responses []QueryResponse `json:"responses"`
	StartedAt Time            `json:"started_at"`      // ours
	Duration  float64         `json:"duration"`        // ours: seconds, so far while it runs
	Rows      uint64          `json:"rows"`            // ours: rows returned or affected
	Error     string          `json:"error,omitempty"` // ours: "1146 (42S02): Table ..." when it failed
}

// QueryResponse is one server's answer to a statement.
type QueryResponse struct {
	Server   string `json:"server"`
	Duration int64  `json:"duration"` // milliseconds
}

// SessionParameters are the session's log levels: set for the session or by
// its service.
type SessionParameters struct {
	LogError   bool `json:"log_error"`
	LogWarning bool `json:"log_warning"`
	LogNotice  bool `json:"log_notice"`
	LogInfo    bool `json:"log_info"`
	LogDebug   bool `json:"log_debug"`
}

// SessionMemory is what a session holds now, in bytes.
type SessionMemory struct {
	ConnectionBuffers ConnectionBuffers `json:"connection_buffers"`
	ExecMetadata      int64             `json:"exec_metadata"`
	LastQueries       int64             `json:"last_queries"`
	SescmdHistory     int64             `json:"sescmd_history"`
	Variables         int64             `json:"variables"`
	Total             int64             `json:"total"`
}

// ConnectionBuffers are the buffers of the client and of each backend, by
// server name.
type ConnectionBuffers struct {
	Client   BufferSizes            `json:"client"`
	Backends map[string]BufferSizes `json:"backends"`
	Total    int64                  `json:"total"`
}

// BufferSizes are capacities in bytes; Misc is the rest of the connection.
type BufferSizes struct {
	ReadQ  int64 `json:"readq"`
	WriteQ int64 `json:"writeq"`
	Misc   int64 `json:"misc"`
	Total  int64 `json:"total"`
}

// SessionPending holds what waits for its moment; an empty object when nothing
// does.
type SessionPending struct {
	Filters *[]string    `json:"filters,omitempty"` // the chain to come, in order; [] is a chain without filters
	Since   Time         `json:"since,omitempty"`   // when the filters or the restart were asked for
	Waits   string       `json:"waits,omitempty"`   // what they wait for: "statement" or "transaction"
	Restart bool         `json:"restart,omitempty"`
	Kill    *PendingKill `json:"kill,omitempty"`
}

// PendingKill is a kill that has not fired yet.
type PendingKill struct {
	At        Time   `json:"at"`                  // the deadline
	When      string `json:"when"`                // "deadline", or "idle": at the first idle point, at the latest at the deadline
	Otherwise string `json:"otherwise,omitempty"` // "keep": one that waits for idle is given up at the deadline
	By        string `json:"by"`
	Reason    string `json:"reason"`
}

// Activity is what a session is doing now.
type Activity struct {
	State          string  `json:"state"`    // connecting, running, idle, trx (idle inside a transaction), stopping
	InState        float64 `json:"in_state"` // seconds
	SinceAt        Time    `json:"since_at"`
	Trx            bool    `json:"trx"`
	TrxReadOnly    bool    `json:"trx_read_only,omitempty"`
	TrxSeconds     float64 `json:"trx_seconds,omitempty"`
	TrxSinceAt     Time    `json:"trx_since_at,omitempty"`
	TrxWrites      uint64  `json:"trx_writes,omitempty"` // writing statements in the open transaction
	Statement      string  `json:"statement,omitempty"`  // running, or else the last one; at most 1024 bytes
	Server         string  `json:"server,omitempty"`     // server that executes it, or did
	BlockedBy      string  `json:"blocked_by,omitempty"` // whose lock it waits for: the id of a session, or "thread 12 of server1" when that is not one of ours
	Blocks         int     `json:"blocks,omitempty"`     // sessions that wait for a lock of this one
	Statements     uint64  `json:"statements"`           // since connect
	Errors         uint64  `json:"errors"`               // statements that failed, since connect
	BytesIn        uint64  `json:"bytes_in"`             // from the client, since connect
	BytesOut       uint64  `json:"bytes_out"`            // to the client, since connect
	BytesInPerSec  float64 `json:"bytes_in_per_sec"`     // mean over the last 5 seconds
	BytesOutPerSec float64 `json:"bytes_out_per_sec"`
	LongAfter      float64 `json:"long_after"` // seconds in this state from which it is worth a look; 0 is never
}

// ChainLink is one running filter of a session.
type ChainLink struct {
	ID         string `json:"id"`
	Module     string `json:"module"`
	Statements uint64 `json:"statements"` // commands it has seen in this session
	Changed    uint64 `json:"changed"`    // commands it changed or answered itself
	Answered   uint64 `json:"answered"`   // of those, the ones that it answered itself: they got no further
	Nanos      uint64 `json:"nanos"`      // time spent in the filter itself on the way down, ns
	P50        uint64 `json:"p50_nanos"`  // of one command: half of them took at most this, ns
	P95        uint64 `json:"p95_nanos"`  // 95 of a hundred did
}

// SessionEvent is one entry of a session's timeline.
type SessionEvent struct {
	At     Time   `json:"at"`
	Kind   string `json:"kind"` // connect, auth, database, backend_open, backend_close, trx_begin, trx_end, filters_requested, filters, filters_cancelled, restart_requested, restart, restart_failed, restart_cancelled, log_level, kill_scheduled, kill_cancelled, kill, statement_cancelled, blocked, error, closed
	Detail string `json:"detail"`
	By     string `json:"by,omitempty"` // who asked for it
}

// Alike is how long statements took that are like the one that a session runs or
// ran last: the same but for their literals. Its id is the session's.
type Alike = Resource[AlikeAttributes]

// AlikeAttributes are the attributes of an Alike. Times are in seconds.
type AlikeAttributes struct {
	Statement string  `json:"statement"` // that the others are like, at most 1024 bytes; "" for none
	Count     int     `json:"count"`
	P50       float64 `json:"p50"`
	P95       float64 `json:"p95"`
	Longest   float64 `json:"longest"`
	Looked    int     `json:"looked"`   // statements that were looked at
	Complete  bool    `json:"complete"` // these were all that are kept of the service
}
