package api

// The resources of the configured objects. Parameters are the effective values
// by MaxScale's names: durations as "300000ms", passwords as "*****".
type (
	Service  = Resource[ServiceAttributes]
	Server   = Resource[ServerAttributes]
	Listener = Resource[ListenerAttributes]
	Filter   = Resource[FilterAttributes]
	Monitor  = Resource[MonitorAttributes]
	MaxScale = Resource[MaxScaleAttributes]
	Module   = Resource[ModuleAttributes]
	User     = Resource[UserAttributes]
)

// Parameters are configured and default values by name.
type Parameters map[string]any

// ServiceAttributes are the attributes of a service.
type ServiceAttributes struct {
	Router            string            `json:"router"`
	State             string            `json:"state"`   // Started, Stopped, Failed, Allocated
	Started           string            `json:"started"` // HTTP date
	Connections       int64             `json:"connections"`
	TotalConnections  int64             `json:"total_connections"`
	Statistics        ServiceStatistics `json:"statistics"`
	RouterDiagnostics map[string]any    `json:"router_diagnostics"`
	Parameters        Parameters        `json:"parameters"`
	Listeners         []Listener        `json:"listeners"`
	Users             []ServiceUser     `json:"users"`
	UsersLastUpdate   string            `json:"users_last_update"`
	Source            Source            `json:"source"`
}

// ServiceStatistics are a service's counters.
type ServiceStatistics struct {
	Connections      int64  `json:"connections"`
	TotalConnections int64  `json:"total_connections"`
	MaxConnections   int64  `json:"max_connections"` // most at one time
	ActiveOperations int64  `json:"active_operations"`
	RoutedPackets    uint64 `json:"routed_packets"`
	FailedAuths      uint64 `json:"failed_auths"`

	// Of sessions that are over.
	AvgLifetime float64 `json:"avg_session_lifetime"` // seconds
	MaxLifetime int64   `json:"max_session_lifetime"` // seconds
	AvgHistory  float64 `json:"avg_sescmd_history_length"`
	MaxHistory  int64   `json:"max_sescmd_history_length"`
}

// ServiceUser is one database account that the service knows.
type ServiceUser struct {
	User        string `json:"user"`
	Host        string `json:"host"`
	Plugin      string `json:"plugin"`
	SSL         bool   `json:"ssl"`
	SuperPriv   bool   `json:"super_priv"`
	GlobalPriv  bool   `json:"global_priv"`
	ProxyPriv   bool   `json:"proxy_priv"`
	DefaultRole string `json:"default_role"`
}

// ServerAttributes are the attributes of a database server.
type ServerAttributes struct {
	State            string           `json:"state"` // "Master, Running", "Slave, Running", "Down", ...
	StateDetails     *string          `json:"state_details"`
	Statistics       ServerStatistics `json:"statistics"`
	Parameters       Parameters       `json:"parameters"`
	ReplicationLag   int64            `json:"replication_lag"` // seconds, -1 unknown
	Uptime           int64            `json:"uptime"`          // seconds
	VersionString    string           `json:"version_string"`
	NodeID           int64            `json:"node_id"`
	MasterID         int64            `json:"master_id"` // -1 none
	LastEvent        string           `json:"last_event"`
	TriggeredAt      string           `json:"triggered_at"` // HTTP date
	GtidCurrentPos   string           `json:"gtid_current_pos"`
	GtidBinlogPos    string           `json:"gtid_binlog_pos"`
	ReadOnly         bool             `json:"read_only"`
	ServerID         int64            `json:"server_id"`
	SlaveConnections []SlaveConn      `json:"slave_connections"`
	Source           Source           `json:"source"`
}

// ServerStatistics are a server's counters.
type ServerStatistics struct {
	Connections           int64  `json:"connections"`
	TotalConnections      int64  `json:"total_connections"`
	MaxConnections        int64  `json:"max_connections"`
	ActiveOperations      int64  `json:"active_operations"`
	RoutedPackets         uint64 `json:"routed_packets"`
	FailedAuths           uint64 `json:"failed_auths"`
	PersistentConnections int64  `json:"persistent_connections"`
	MaxPoolSize           int64  `json:"max_pool_size"`
	ReusedConnections     int64  `json:"reused_connections"`
	ConnectionPoolEmpty   int64  `json:"connection_pool_empty"`
	AdaptiveAvgSelectTime string `json:"adaptive_avg_select_time"`
}

// SlaveConn is one replication connection of a server.
type SlaveConn struct {
	ConnectionName      string `json:"connection_name"`
	MasterHost          string `json:"master_host"`
	MasterPort          int    `json:"master_port"`
	MasterServerID      int64  `json:"master_server_id"`
	MasterServerName    string `json:"master_server_name,omitempty"`
	SlaveIORunning      string `json:"slave_io_running"`
	SlaveSQLRunning     string `json:"slave_sql_running"`
	SecondsBehindMaster *int64 `json:"seconds_behind_master"`
	GtidIOPos           string `json:"gtid_io_pos"`
	UsingGtid           string `json:"using_gtid"`
	LastIOError         string `json:"last_io_error"`
	LastSQLError        string `json:"last_sql_error"`
}

// ListenerAttributes are the attributes of a listener.
type ListenerAttributes struct {
	State      string     `json:"state"` // Running, Stopped, Failed, Created
	Parameters Parameters `json:"parameters"`
	Source     Source     `json:"source"`
}

// FilterAttributes are the attributes of a filter.
type FilterAttributes struct {
	Module            string         `json:"module"`
	Parameters        Parameters     `json:"parameters"`
	FilterDiagnostics map[string]any `json:"filter_diagnostics"`
	Figures           FilterFigures  `json:"figures"` // ours
	Source            Source         `json:"source"`
}

// FilterFigures is what a filter has done in all sessions since the program
// started.
type FilterFigures struct {
	Statements uint64 `json:"statements"` // commands that it has seen
	Changed    uint64 `json:"changed"`    // commands that it changed or answered itself
	Answered   uint64 `json:"answered"`   // of those, the ones that it answered itself: they got no further
	P50        uint64 `json:"p50_nanos"`  // time that a command spent in the filter itself on the way down, ns
	P95        uint64 `json:"p95_nanos"`
}

// MonitorAttributes are the attributes of a monitor.
type MonitorAttributes struct {
	Module             string         `json:"module"`
	State              string         `json:"state"` // Running, Stopped
	Ticks              int64          `json:"ticks"`
	Parameters         Parameters     `json:"parameters"`
	MonitorDiagnostics map[string]any `json:"monitor_diagnostics"` // always has "server_info"
	Source             Source         `json:"source"`
}

// MaxScaleAttributes are the attributes of the program itself.
type MaxScaleAttributes struct {
	Version     string         `json:"version"`
	Commit      string         `json:"commit"`
	StartedAt   string         `json:"started_at"`
	ActivatedAt string         `json:"activated_at"`
	Uptime      int64          `json:"uptime"` // seconds
	ConfigSync  *string        `json:"config_sync"`
	Parameters  Parameters     `json:"parameters"`
	System      map[string]any `json:"system"`
	Product     string         `json:"product"` // ours: "Signalbox"
}

// ModuleAttributes describe a module and its parameters.
type ModuleAttributes struct {
	ModuleType  string            `json:"module_type"` // Router, Filter, Monitor
	Version     string            `json:"version"`
	Maturity    string            `json:"maturity"`
	Description string            `json:"description"`
	Parameters  []ModuleParameter `json:"parameters"`
	Commands    []ModuleCommand   `json:"commands"`
}

// ModuleCommand is something that a module can be told to do.
type ModuleCommand = Resource[ModuleCommandAttributes]

// ModuleCommandAttributes are the attributes of a ModuleCommand.
type ModuleCommandAttributes struct {
	ArgMax      int                      `json:"arg_max"`
	ArgMin      int                      `json:"arg_min"`
	Description string                   `json:"description"`
	Method      string                   `json:"method"` // GET for one that changes nothing, POST
	Parameters  []ModuleCommandParameter `json:"parameters"`
}

// ModuleCommandParameter describes one argument of a command. They have no
// names: their order counts.
type ModuleCommandParameter struct {
	Description string `json:"description"`
	Required    bool   `json:"required"`
	Type        string `json:"type"` // MONITOR, SERVER; in brackets when it may be left out
}

// ModuleParameter describes one parameter.
type ModuleParameter struct {
	Name         string   `json:"name"`
	Type         string   `json:"type"`
	Description  string   `json:"description"`
	Mandatory    bool     `json:"mandatory"`
	Modifiable   bool     `json:"modifiable"`
	DefaultValue any      `json:"default_value,omitempty"`
	EnumValues   []string `json:"enum_values,omitempty"`
	Unit         string   `json:"unit,omitempty"`
	Implemented  bool     `json:"implemented"` // ours: false for a parameter that is known but has no effect yet
}

// UserAttributes are the attributes of an account of the REST API.
type UserAttributes struct {
	Name       string  `json:"name"`
	Account    string  `json:"account"` // admin or basic
	Created    string  `json:"created"`
	LastUpdate *string `json:"last_update"`
	LastLogin  *string `json:"last_login"`
}
