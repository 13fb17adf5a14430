package module

// ServiceModule declares the parameters that all services have. Those of its
// router come to them in the same section.
var ServiceModule = Module{
	Name:        string(Service),
	Kind:        Service,
	Description: "What clients connect to: a router with filters in front of servers.",
	Parameters: []Parameter{
		{
			Name: "user", Type: String, Mandatory: true, Modifiable: true,
			Description: "User that reads the database's accounts, to know who may log in.",
		},
		{
			Name: "password", Type: Password, Mandatory: true, Modifiable: true,
			Description: "Password of user.",
		},
		{
			Name: "servers", Type: ServerList,
			Description: "Servers that the service routes to.",
		},
		{
			Name: "targets", Type: TargetList,
			Description: "Servers that the service routes to; another way to say servers.",
		},
		{
			Name: "cluster", Type: MonitorRef,
			Description: "Monitor whose servers the service routes to.",
		},
		{
			Name: "filters", Type: FilterList, Modifiable: true,
			Description: "Filters that statements go through, the first one first.",
		},
		{
			Name: "max_connections", Type: Count, Default: "0", Modifiable: true,
			Description: "Most sessions at one time; 0 means no limit. More are refused with error 1040.",
		},
		{
			Name: "wait_timeout", Type: Duration, Default: "0s", Modifiable: true, Alias: []string{"connection_timeout"},
			Description: "How long a client may be idle before its session is closed; 0s means for ever.",
		},
		{
			Name: "net_write_timeout", Type: Duration, Default: "0s", Modifiable: true,
			Description: "How long a client may leave data unread before its session is closed; 0s means for ever.",
		},
		{
			Name: "max_sescmd_history", Type: Count, Default: "50", Modifiable: true,
			Description: "How many session commands are kept to bring a new backend connection up to date.",
		},
		{
			Name: "enable_root_user", Type: Bool, Default: "false", Modifiable: true,
			Description: "Let the user root log in.",
		},
		{
			Name: "auth_all_servers", Type: Bool, Default: "false", Modifiable: true,
			Description: "Read the accounts of all servers, not only of one.",
		},
		{
			Name: "localhost_match_wildcard_host", Type: Bool, Default: "true", Modifiable: true,
			Description: "Let a client on this host log in to an account for any host.",
		},
		{
			Name: "version_string", Type: String, Modifiable: true,
			Description: "Version that clients are told, instead of that of the servers.",
		},
		{
			Name: "retain_last_statements", Type: Int, Default: "-1", Min: -1, Modifiable: true,
			Description: "How many statements each session remembers; -1 takes the global value.",
		},
		{
			Name: "session_trace", Type: Bool, Default: "false", Modifiable: true,
			Description: "Keep a log of each session at all levels, as long as the global session_trace says.",
		},
		{
			Name: "log_debug", Type: Bool, Default: "false", Modifiable: true,
			Description: "Log debug messages of this service's sessions, even if they are off globally.",
		},
		{
			Name: "log_info", Type: Bool, Default: "false", Modifiable: true,
			Description: "Log info messages of this service's sessions, even if they are off globally.",
		},
		{
			Name: "log_notice", Type: Bool, Default: "false", Modifiable: true,
			Description: "Log notices of this service's sessions, even if they are off globally.",
		},
		{
			Name: "log_warning", Type: Bool, Default: "false", Modifiable: true,
			Description: "Log warnings of this service's sessions, even if they are off globally.",
		},
		{
			Name: "log_auth_warnings", Type: Bool, Default: "true", Modifiable: true,
			Description: "Log a warning when a client fails to log in.",
		},
		{
			Name: "rank", Type: Enum, Default: "primary", Enum: []string{"primary", "secondary"}, Modifiable: true, NotImplemented: true,
			Description: "Rank of the service as a target of another one.",
		},
		{
			Name: "connection_keepalive", Type: Duration, Default: "300s", Modifiable: true,
			Description: "How long a backend connection may be idle before it is pinged, unless the client is idle as long; 0s means never.",
		},
		{
			Name: "force_connection_keepalive", Type: Bool, Default: "false", Modifiable: true,
			Description: "Ping backend connections even if the client is idle as long.",
		},
		{
			Name: "prune_sescmd_history", Type: Bool, Default: "true", Modifiable: true,
			Description: "Forget the oldest session commands when there are more than max_sescmd_history.",
		},
		{
			Name: "disable_sescmd_history", Type: Bool, Default: "false", Modifiable: true,
			Description: "Keep no session commands.",
		},
		{
			Name: "idle_session_pool_time", Type: Duration, Default: "-1ms", Min: -1000, Modifiable: true,
			Description: "How long a session must be idle for others to get its backend connections, when a server has persistpoolmax or max_routing_connections; -1ms means for ever.",
		},
		{
			Name: "multiplex_timeout", Type: Duration, Default: "60s", Modifiable: true,
			Description: "How long a statement waits for a backend connection when max_routing_connections leaves none, with idle_session_pool_time.",
		},
		{
			Name: "user_accounts_file", Type: Path,
			Description: "JSON file with accounts that may log in.",
		},
		{
			Name: "user_accounts_file_usage", Type: Enum, Default: "add_when_load_ok", Enum: []string{"add_when_load_ok", "file_only_always"},
			Description: "Whether user_accounts_file comes to the accounts of the servers or instead of them.",
		},
		{
			Name: "strip_db_esc", Type: Bool, Default: "true", Modifiable: true, Deprecated: true, NotImplemented: true,
			Description: "Remove backslashes from database names in grants.",
		},
		{
			Name: "session_track_trx_state", Type: Bool, Default: "false", Modifiable: true, Deprecated: true, NotImplemented: true,
			Description: "Follow transactions by what the server reports. It is always done.",
		},
	},
}
