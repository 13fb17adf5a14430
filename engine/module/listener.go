package module

// ListenerModule declares the sections of listeners.
var ListenerModule = Module{
	Name:        string(Listener),
	Kind:        Listener,
	Description: "Where clients connect to a service.",
	Parameters: withTLS([]Parameter{
		{
			Name: "service", Type: ServiceRef, Mandatory: true,
			Description: "Service that clients get.",
		},
		{
			// MaxScale: all addresses.
			Name: "address", Type: String, Default: "127.0.0.1",
			Description: "IP address to listen on; :: means all, of IPv4 too.",
		},
		{
			Name: "port", Type: Count, Default: "0", Max: 65535,
			Description: "TCP port to listen on.",
		},
		{
			Name: "socket", Type: String,
			Description: "UNIX socket to listen on, instead of port.",
		},
		{
			Name: "protocol", Type: Enum, Default: "MariaDBProtocol", Enum: []string{"MariaDBProtocol", "MariaDB", "MariaDBClient", "MySQLClient"},
			Description: "Protocol of the clients; all names mean MariaDB's.",
		},
		{
			Name: "authenticator", Type: EnumMask, Enum: []string{
				"mysql_native_password", "ed25519", "caching_sha2_password", "mysql_clear_password", "passthrough",
				"MariaDBAuth", "MySQLAuth", "Ed25519Auth",
			},
			Description: "Ways to log in that are allowed; empty for mysql_native_password, which MariaDBAuth means too. passthrough leaves the proof to the servers.",
		},
		{
			Name: "authenticator_options", Type: String,
			Description: "Options of the authenticator, as name=value with commas between them: ed_mode, ed_rsa_privkey_path, clear_pw_passthrough, match_host.",
		},
		{
			Name: "allow_replication", Type: Bool, Default: "true", NotImplemented: true,
			Description: "Let replicas replicate through the listener.",
		},
		{
			Name: "connection_init_sql_file", Type: Path, Modifiable: true,
			Description: "File with statements, one on each line, that every new backend connection of the listener's sessions begins with. All of them must succeed.",
		},
		{
			Name: "connection_metadata", Type: StringList, Modifiable: true,
			Default:     "character_set_client=auto,character_set_connection=auto,character_set_results=auto,max_allowed_packet=auto,system_time_zone=auto,time_zone=auto,tx_isolation=auto,maxscale=auto",
			Description: "Variables that clients are told when they connect, as NAME=VALUE. auto stands for the value that the variable has on the primary; as the value of maxscale, for the version.",
		},
		{
			Name: "proxy_protocol_networks", Type: String, Modifiable: true,
			Description: "Networks whose PROXY protocol headers are believed; localhost means UNIX sockets, * everybody.",
		},
		{
			Name: "sql_mode", Type: Enum, Default: "default", Enum: []string{"default", "oracle"}, Modifiable: true, NotImplemented: true,
			Description: "Dialect of the statements.",
		},
		{
			Name: "ssl_crl", Type: Path, Modifiable: true,
			Description: "File with the lists of revoked certificates of clients.",
		},
		{
			Name: "user_mapping_file", Type: Path, Modifiable: true,
			Description: "JSON file that says as whom, and with which password, the sessions of a user log in to servers.",
		},
	}...),
}
