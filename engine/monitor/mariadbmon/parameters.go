package mariadbmon

import "github.com/signalbox/signalbox/engine/module"

// parameters are MaxScale 24.02's with its defaults, except where one says so.
var parameters = []module.Parameter{
	{
		Name: "assume_primary", Type: module.ServerRef, Modifiable: true,
		Description: "Server that is the primary as long as none of the servers reports replication; the others are replicas then. Not a parameter of MaxScale.",
	},
	{
		Name: "failcount", Type: module.Count, Default: "5", Min: 1, Modifiable: true,
		Description: "How many ticks a primary that is down keeps its place against servers without replicas.",
	},
	{
		Name: "auto_failover", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "Promote a replica when the primary is down.",
	},
	{
		Name: "auto_rejoin", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "Let servers that come back replicate from the primary.",
	},
	{
		Name: "failover_timeout", Type: module.Duration, Default: "90s", Modifiable: true,
		Description: "How long a failover may take.",
	},
	{
		Name: "switchover_timeout", Type: module.Duration, Default: "90s", Modifiable: true,
		Description: "How long a switchover may take.",
	},
	{
		Name: "verify_master_failure", Type: module.Bool, Default: "true", Modifiable: true,
		Description: "Before a failover, ask the replicas whether they have lost the primary too.",
	},
	{
		Name: "master_failure_timeout", Type: module.Duration, Default: "10s", Modifiable: true,
		Description: "How long replicas must have heard nothing of the primary for that.",
	},
	{
		Name: "servers_no_promotion", Type: module.ServerList, Modifiable: true,
		Description: "Servers that are never promoted.",
	},
	{
		Name: "promotion_sql_file", Type: module.Path, Modifiable: true,
		Description: "File with statements to run on a server that is promoted.",
	},
	{
		Name: "demotion_sql_file", Type: module.Path, Modifiable: true,
		Description: "File with statements to run on a server that is demoted.",
	},
	{
		Name: "handle_events", Type: module.Bool, Default: "true", Modifiable: true,
		Description: "Enable and disable scheduled events with the role of a server.",
	},
	{
		Name: "enforce_read_only_slaves", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "Make replicas read-only.",
	},
	{
		Name: "enforce_read_only_servers", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "Make all servers but the primary read-only.",
	},
	{
		Name: "enforce_writable_master", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "Make the primary writable.",
	},
	{
		Name: "enforce_simple_topology", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "Accept only one primary with replicas directly below it.",
	},
	{
		Name: "assume_unique_hostnames", Type: module.Bool, Default: "true", Modifiable: true, NotImplemented: true,
		Description: "Know the source of a replica by its address, before its server id.",
	},
	{
		Name: "cooperative_monitoring_locks", Type: module.Enum, Default: "none", Enum: []string{"none", "majority_of_running", "majority_of_all"}, Modifiable: true,
		Description: "Which of several monitors may change the servers.",
	},
	{
		Name: "master_conditions", Type: module.EnumMask, Default: "primary_monitor_master,disk_space_ok", Enum: []string{"none", "connecting_slave", "connected_slave", "running_slave", "primary_monitor_master", "disk_space_ok"}, Modifiable: true,
		Description: "What a server needs to be the primary.",
	},
	{
		Name: "slave_conditions", Type: module.EnumMask, Enum: []string{"none", "linked_master", "running_master", "writable_master", "primary_monitor_master", "disk_space_ok"}, Modifiable: true,
		Description: "What a server needs to be a replica.",
	},
	{
		Name: "script_max_replication_lag", Type: module.Int, Default: "-1", Min: -1, Modifiable: true,
		Description: "Seconds of lag at which script is run; -1 means never.",
	},
	{
		Name: "maintenance_on_low_disk_space", Type: module.Bool, Default: "true", Modifiable: true,
		Description: "Put a server into maintenance when its disk is full.",
	},
	{
		Name: "switchover_on_low_disk_space", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "Move the primary when its disk is full.",
	},
	{
		Name: "replication_user", Type: module.String, Modifiable: true,
		Description: "User that replicas replicate as.",
	},
	{
		Name: "replication_password", Type: module.Password, Modifiable: true,
		Description: "Password of replication_user.",
	},
	{
		Name: "replication_master_ssl", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "Replicate through TLS.",
	},
	{
		Name: "replication_custom_options", Type: module.String, Modifiable: true,
		Description: "More options for CHANGE MASTER TO.",
	},
	{
		Name: "backup_storage_address", Type: module.String, Modifiable: true, NotImplemented: true,
		Description: "Host that backups are kept on.",
	},
	{
		Name: "backup_storage_path", Type: module.String, Modifiable: true, NotImplemented: true,
		Description: "Directory that backups are kept in.",
	},
	{
		Name: "mariabackup_parallel", Type: module.Int, Default: "1", Modifiable: true, NotImplemented: true,
		Description: "Threads of mariadb-backup.",
	},
	{
		Name: "mariabackup_use_memory", Type: module.String, Default: "1G", Modifiable: true, NotImplemented: true,
		Description: "Memory of mariadb-backup.",
	},
	{
		Name: "rebuild_port", Type: module.Count, Default: "4444", Max: 65535, Modifiable: true, NotImplemented: true,
		Description: "Port that a backup is sent to.",
	},
	{
		Name: "ssh_user", Type: module.String, NotImplemented: true,
		Description: "User that runs commands on the hosts of the servers.",
	},
	{
		Name: "ssh_keyfile", Type: module.Path, NotImplemented: true,
		Description: "File with the private key of ssh_user.",
	},
	{
		Name: "ssh_port", Type: module.Count, Default: "22", Max: 65535, Modifiable: true, NotImplemented: true,
		Description: "Port of ssh.",
	},
	{
		Name: "ssh_timeout", Type: module.Duration, Default: "10s", Modifiable: true, NotImplemented: true,
		Description: "How long a command may take.",
	},
	{
		Name: "ssh_check_host_key", Type: module.Bool, Default: "true", Modifiable: true, NotImplemented: true,
		Description: "Run commands only on hosts whose keys are known.",
	},
	{
		Name: "cs_admin_api_key", Type: module.String, NotImplemented: true,
		Description: "Key of the ColumnStore administration.",
	},
	{
		Name: "cs_admin_base_path", Type: module.String, Default: "/cmapi/0.4.0", NotImplemented: true,
		Description: "Path of the ColumnStore administration.",
	},
	{
		Name: "cs_admin_port", Type: module.Count, Default: "8640", Max: 65535, NotImplemented: true,
		Description: "Port of the ColumnStore administration.",
	},
}
