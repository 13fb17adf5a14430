package module

// ServerModule declares the sections of database servers.
var ServerModule = Module{
	Name:        string(Server),
	Kind:        Server,
	Description: "A database server.",
	Parameters: withTLS([]Parameter{
		{
			Name: "address", Type: String, Modifiable: true,
			Description: "Host name or IP address of the database server.",
		},
		{
			Name: "port", Type: Count, Default: "3306", Min: 1, Max: 65535, Modifiable: true,
			Description: "TCP port of the database server.",
		},
		{
			Name: "socket", Type: String, Modifiable: true,
			Description: "UNIX socket of the database server, instead of address.",
		},
		{
			Name: "priority", Type: Int, Default: "0", Min: -1 << 31, Modifiable: true, NotImplemented: true,
			Description: "Order of preference among servers that could be the primary; less comes first, 0 and below last.",
		},
		{
			Name: "rank", Type: Enum, Default: "primary", Enum: []string{"primary", "secondary"}, Modifiable: true,
			Description: "A server of rank secondary is used only while no server of rank primary can be.",
		},
		{
			Name: "monitoruser", Type: String, Modifiable: true,
			Description: "User that monitors this server, instead of the monitor's user.",
		},
		{
			Name: "monitorpw", Type: Password, Modifiable: true,
			Description: "Password of monitoruser.",
		},
		{
			Name: "private_address", Type: String, Modifiable: true,
			Description: "Address that other servers replicate from, when it is not address.",
		},
		{
			Name: "extra_port", Type: Count, Default: "0", Max: 65535, Modifiable: true,
			Description: "Port that is tried before port by monitors, for reading accounts and for stopping statements: the server's own extra_port, which works when it has too many connections on port.",
		},
		{
			Name: "max_routing_connections", Type: Count, Default: "0", Modifiable: true,
			Description: "Most connections that all sessions together have to this server, those that are kept for reuse among them; 0 means no limit.",
		},
		{
			Name: "persistpoolmax", Type: Count, Default: "0", Modifiable: true,
			Description: "Most connections that are kept open for reuse, when persistmaxtime is set too.",
		},
		{
			Name: "persistmaxtime", Type: Duration, Default: "0s", Modifiable: true,
			Description: "How long a connection is kept open for reuse; 0s means not at all.",
		},
		{
			Name: "proxy_protocol", Type: Bool, Default: "false", Modifiable: true,
			Description: "Tell the server the client's address in a PROXY protocol header.",
		},
		{
			Name: "disk_space_threshold", Type: String, Modifiable: true,
			Description: "How full the server's disks may be.",
		},
		{
			Name: "replication_custom_options", Type: String, Modifiable: true, NotImplemented: true,
			Description: "More options for CHANGE MASTER TO on this server.",
		},
		{
			Name: "protocol", Type: String, Deprecated: true, NotImplemented: true,
			Description: "Protocol of the server. There is only MariaDB's.",
		},
		{
			Name: "authenticator", Type: String, Deprecated: true, NotImplemented: true,
			Description: "Authentication module for the server. It is found out by itself.",
		},
	}...),
}
