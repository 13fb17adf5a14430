package module

import "strings"

// maxEnvironment is the length of the longest name of an installation, in bytes.
const maxEnvironment = 16

// IsEnvironment reports whether text may be the value of admin_environment: a
// short word, or nothing.
func IsEnvironment(text string) bool {
	other := func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}
	return len(text) <= maxEnvironment && strings.IndexFunc(text, other) < 0
}

// MaxScaleModule declares the section of the program itself, [maxscale].
var MaxScaleModule = Module{
	Name:        string(MaxScale),
	Kind:        MaxScale,
	Description: "The program itself.",
	Parameters: []Parameter{
		{
			Name: "admin_host", Type: String, Default: "127.0.0.1",
			Description: "Address that the REST API and the console listen on.",
		},
		{
			Name: "admin_port", Type: Count, Default: "8989", Max: 65535,
			Description: "TCP port that the REST API and the console listen on.",
		},
		{
			Name: "admin_auth", Type: Bool, Default: "true",
			Description: "Ask users of the REST API and the console to log in.",
		},
		{
			Name: "admin_ssl_cert", Type: Path, Modifiable: true,
			Description: "File with the certificate of the REST API and the console, followed by its intermediate certificates.",
		},
		{
			Name: "admin_ssl_key", Type: Path, Modifiable: true,
			Description: "File with the private key of admin_ssl_cert.",
		},
		{
			Name: "admin_secure_gui", Type: Bool, Default: "true",
			Description: "Serve the console without TLS only on a loopback address.",
		},
		{
			// MaxScale: has none, and neither have the three below.
			Name: "admin_base_path", Type: String,
			Description: "Path that the console and the REST API are below, for a reverse proxy that has them beside other things, as /signalbox; empty for none.",
		},
		{
			Name: "admin_trusted_proxies", Type: StringList,
			Description: "Addresses and networks of reverse proxies in front of the console, as 192.0.2.7,10.0.0.0/8: what they say in X-Forwarded-For, -Host and -Proto counts.",
		},
		{
			Name: "admin_origins", Type: StringList,
			Description: "Origins besides its own address from which the console may be used, as https://console.example.com.",
		},
		{
			Name: "admin_frame_ancestors", Type: StringList,
			Description: "Origins of pages that may show the whole console in a frame, as https://portal.example.com; empty for none.",
		},
		{
			// MaxScale: false.
			Name: "admin_audit", Type: Bool, Default: "true", Modifiable: true,
			Description: "Write every change that users make to admin_audit_file.",
		},
		{
			Name: "admin_audit_file", Type: Path, Modifiable: true,
			Description: "File for the audit log; empty for admin_audit.log in logdir.",
		},
		{
			// MaxScale: has nothing like it.
			Name: "admin_environment", Type: String,
			Description: "Name of this installation, such as prod, that the console shows so that nobody takes it for another.",
		},
		{
			Name: "logdir", Type: Path, Default: "/var/log/signalbox",
			Description: "Directory of log files.",
		},
		{
			Name: "datadir", Type: Path, Default: "/var/lib/signalbox",
			Description: "Directory of what the program must remember, such as its users.",
		},
		{
			Name: "retain_last_statements", Type: Count, Default: "0", Modifiable: true,
			Description: "How many statements each session remembers.",
		},
		{
			Name: "session_trace", Type: Count, Default: "0", Modifiable: true,
			Description: "How many log messages each session remembers.",
		},
		{
			Name: "log_debug", Type: Bool, Default: "false", Modifiable: true,
			Description: "Log debug messages.",
		},
		{
			Name: "log_info", Type: Bool, Default: "false", Modifiable: true,
			Description: "Log info messages.",
		},
		{
			Name: "log_notice", Type: Bool, Default: "true", Modifiable: true,
			Description: "Log notices.",
		},
		{
			Name: "log_warning", Type: Bool, Default: "true", Modifiable: true,
			Description: "Log warnings.",
		},
		{
			Name: "skip_name_resolve", Type: Bool, Default: "false", Modifiable: true,
			Description: "Know clients by IP address only, and so match no account for a host name.",
		},
		{
			Name: "substitute_variables", Type: Bool, Default: "false",
			Description: "Replace a value such as $NAME by the environment variable NAME.",
		},
		{
			Name: "threads", Type: Count, Default: "auto", Enum: []string{"auto"},
			Description: "How many threads route statements at one time; auto for as many as the work needs, one on each processor at most.",
		},
		{
			Name: "threads_max", Type: Count, Default: "256",
			Description: "Most threads that there may be, whatever threads says.",
		},
		{
			Name: "syslog", Type: Bool, Default: "false", Modifiable: true, NotImplemented: true,
			Description: "Log to the system log.",
		},
		{
			Name: "maxlog", Type: Bool, Default: "true", Modifiable: true, NotImplemented: true,
			Description: "Log to a file in logdir.",
		},
		{
			Name: "ms_timestamp", Type: Bool, Default: "false", Modifiable: true, NotImplemented: true,
			Description: "Log times in milliseconds.",
		},
		{
			Name: "log_throttling", Type: String, Default: "10, 1000ms, 10000ms", Modifiable: true,
			Description: "How many equal warnings or errors of sessions are logged in what time before they are suppressed, and for how long; 0 for no limit.",
		},
		{
			Name: "log_warn_super_user", Type: Bool, Default: "false", NotImplemented: true,
			Description: "Log a warning when a user with the SUPER privilege logs in.",
		},
		{
			Name: "session_trace_match", Type: Regex, Modifiable: true, NotImplemented: true,
			Description: "Log the messages of a session that match when it ends.",
		},
		{
			Name: "dump_last_statements", Type: Enum, Default: "never", Enum: []string{"on_close", "on_error", "never"}, Modifiable: true, NotImplemented: true,
			Description: "When the remembered statements of a session are logged.",
		},
		{
			Name: "admin_enabled", Type: Bool, Default: "true", NotImplemented: true,
			Description: "Serve the REST API.",
		},
		{
			Name: "admin_gui", Type: Bool, Default: "true", NotImplemented: true,
			Description: "Serve the console.",
		},
		{
			Name: "admin_audit_exclude_methods", Type: EnumList, Enum: []string{"GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "CONNECT", "OPTIONS", "TRACE"}, Modifiable: true, NotImplemented: true,
			Description: "HTTP methods that are not written to the audit log.",
		},
		{
			Name: "admin_jwt_algorithm", Type: Enum, Default: "auto", Enum: []string{"auto", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "ED25519", "ED448"}, NotImplemented: true,
			Description: "Algorithm that tokens are signed with.",
		},
		{
			Name: "admin_jwt_issuer", Type: String, Default: "maxscale", NotImplemented: true,
			Description: "Issuer that tokens name.",
		},
		{
			Name: "admin_jwt_key", Type: String, NotImplemented: true,
			Description: "Key that tokens are signed with.",
		},
		{
			Name: "admin_jwt_max_age", Type: Duration, Default: "24h", Modifiable: true, NotImplemented: true,
			Description: "How long a token is valid.",
		},
		{
			Name: "admin_log_auth_failures", Type: Bool, Default: "true", Modifiable: true, NotImplemented: true,
			Description: "Log failed logins to the REST API.",
		},
		{
			Name: "admin_oidc_url", Type: String, Modifiable: true, NotImplemented: true,
			Description: "Where to get certificates that tokens of others are verified with.",
		},
		{
			Name: "admin_verify_url", Type: String, NotImplemented: true,
			Description: "Where to let others verify tokens.",
		},
		{
			Name: "admin_pam_readonly_service", Type: String, NotImplemented: true,
			Description: "PAM service of users that may read.",
		},
		{
			Name: "admin_pam_readwrite_service", Type: String, NotImplemented: true,
			Description: "PAM service of users that may change.",
		},
		{
			Name: "admin_readonly_hosts", Type: String, Default: "%", NotImplemented: true,
			Description: "Hosts from which users may read.",
		},
		{
			Name: "admin_readwrite_hosts", Type: String, Default: "%", NotImplemented: true,
			Description: "Hosts from which users may change.",
		},
		{
			Name: "admin_ssl_ca", Type: Path, Alias: []string{"admin_ssl_ca_cert"}, NotImplemented: true,
			Description: "File with the certificate authorities of client certificates.",
		},
		{
			Name: "admin_ssl_version", Type: EnumMask, Default: "MAX", Enum: tlsVersions, NotImplemented: true,
			Description: "TLS versions of the REST API.",
		},
		{
			Name: "auth_connect_timeout", Type: Duration, Default: "10s", Modifiable: true, NotImplemented: true,
			Description: "How long the connection to read accounts may take.",
		},
		{
			Name: "auth_read_timeout", Type: Duration, Default: "10s", Modifiable: true, NotImplemented: true,
			Description: "How long a server may take to send accounts.",
		},
		{
			Name: "auth_write_timeout", Type: Duration, Default: "10s", Modifiable: true, NotImplemented: true,
			Description: "How long a server may take to accept the query for accounts.",
		},
		{
			Name: "users_refresh_time", Type: Duration, Default: "30s", Min: -1000, Modifiable: true,
			Description: "Least time between two readings of the accounts because of a login that then fails all the same; 0s sets no limit, a negative time none are read.",
		},
		{
			Name: "users_refresh_interval", Type: Duration, Default: "0s", Modifiable: true,
			Description: "How often accounts are read again; 0s means when they are needed.",
		},
		{
			Name: "max_auth_errors_until_block", Type: Int, Default: "10", Modifiable: true,
			Description: "How many failed logins, with less than 60 s between them, block a host for 60 s; 0 means none.",
		},
		{
			Name: "auto_tune", Type: StringList, NotImplemented: true,
			Description: "Parameters that follow the variables of the servers.",
		},
		{
			Name: "config_sync_cluster", Type: String, Modifiable: true, NotImplemented: true,
			Description: "Monitor in whose servers the configuration is kept for all nodes.",
		},
		{
			Name: "config_sync_db", Type: String, Default: "mysql", NotImplemented: true,
			Description: "Database in which the configuration is kept.",
		},
		{
			Name: "config_sync_interval", Type: Duration, Default: "5s", Modifiable: true, NotImplemented: true,
			Description: "How often the configuration is synchronised.",
		},
		{
			Name: "config_sync_timeout", Type: Duration, Default: "10s", Modifiable: true, NotImplemented: true,
			Description: "How long synchronising may take.",
		},
		{
			Name: "config_sync_user", Type: String, Modifiable: true, NotImplemented: true,
			Description: "User that synchronises the configuration.",
		},
		{
			Name: "config_sync_password", Type: Password, Modifiable: true, NotImplemented: true,
			Description: "Password of config_sync_user.",
		},
		{
			Name: "persist_runtime_changes", Type: Bool, Default: "true",
			Description: "Save changes of the configuration that are made while running, in persistdir.",
		},
		{
			Name: "load_persisted_configs", Type: Bool, Default: "true",
			Description: "Load the saved changes at start; they count more than the configuration file.",
		},
		{
			Name: "passive", Type: Bool, Default: "false", Modifiable: true, NotImplemented: true,
			Description: "Leave failover to other nodes.",
		},
		{
			Name: "local_address", Type: String, NotImplemented: true,
			Description: "Address that connections to servers are made from.",
		},
		{
			Name: "sql_mode", Type: Enum, Default: "default", Enum: []string{"default", "oracle"}, NotImplemented: true,
			Description: "Dialect of the statements.",
		},
		{
			Name: "key_manager", Type: Enum, Default: "none", Enum: []string{"none", "file", "kmip", "vault"}, Modifiable: true, NotImplemented: true,
			Description: "Where encryption keys are kept.",
		},
		{
			Name: "secretsdir", Type: Path, NotImplemented: true,
			Description: "Directory of the key that passwords in this file are encrypted with.",
		},
		{
			Name: "query_retries", Type: Int, Default: "1", NotImplemented: true,
			Description: "How often an interrupted query of the program itself is tried again.",
		},
		{
			Name: "query_retry_timeout", Type: Duration, Default: "5s", Modifiable: true, NotImplemented: true,
			Description: "How long such a query may take with all its retries.",
		},
		{
			Name: "query_classifier_cache_size", Type: Size, Default: "0", Modifiable: true, NotImplemented: true,
			Description: "Memory for classified statements.",
		},
		{
			Name: "rebalance_period", Type: Duration, Default: "0s", Modifiable: true, NotImplemented: true,
			Description: "How often the load of the threads is balanced; 0s means never.",
		},
		{
			Name: "rebalance_threshold", Type: Int, Default: "20", Modifiable: true, NotImplemented: true,
			Description: "Difference of load, in percent, from which it is balanced.",
		},
		{
			Name: "rebalance_window", Type: Count, Default: "10", Modifiable: true, NotImplemented: true,
			Description: "Seconds of load that are looked at.",
		},
		{
			Name: "max_read_amount", Type: Size, Default: "0", NotImplemented: true,
			Description: "Most bytes that are read from one connection before the others have their turn.",
		},
		{
			Name: "writeq_high_water", Type: Size, Default: "64Ki", Modifiable: true, NotImplemented: true,
			Description: "Bytes waiting for a slow reader from which no more are read for it.",
		},
		{
			Name: "writeq_low_water", Type: Size, Default: "1Ki", Modifiable: true, NotImplemented: true,
			Description: "Bytes waiting for a slow reader below which reading goes on.",
		},
		{
			Name: "core_file", Type: Bool, Default: "true", NotImplemented: true,
			Description: "Write a core file on a crash.",
		},
		{
			Name: "debug", Type: String, NotImplemented: true,
			Description: "Options for developers.",
		},
		{
			Name: "cachedir", Type: Path, NotImplemented: true,
			Description: "Directory of caches.",
		},
		{
			Name: "connector_plugindir", Type: Path, NotImplemented: true,
			Description: "Directory of client plugins.",
		},
		{
			Name: "execdir", Type: Path, NotImplemented: true,
			Description: "Directory of programs.",
		},
		{
			Name: "language", Type: Path, NotImplemented: true,
			Description: "Directory of messages.",
		},
		{
			Name: "libdir", Type: Path, NotImplemented: true,
			Description: "Directory of modules.",
		},
		{
			Name: "module_configdir", Type: Path, NotImplemented: true,
			Description: "Directory of module configuration.",
		},
		{
			Name: "persistdir", Type: Path,
			Description: "Directory of saved changes; empty for signalbox.cnf.d in datadir.",
		},
		{
			Name: "piddir", Type: Path, NotImplemented: true,
			Description: "Directory of the process id file.",
		},
		{
			Name: "query_classifier", Type: String, Deprecated: true, NotImplemented: true,
			Description: "Query classifier to load. There is only one.",
		},
		{
			Name: "query_classifier_args", Type: String, Deprecated: true, NotImplemented: true,
			Description: "Arguments of the query classifier.",
		},
		{
			Name: "skip_permission_checks", Type: Bool, Default: "false", Modifiable: true, Deprecated: true, NotImplemented: true,
			Description: "Do not check the rights of users of services and monitors at start.",
		},
	},
}
