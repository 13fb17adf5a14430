package readwritesplit

import "github.com/signalbox/signalbox/engine/module"

// parameters are MaxScale 24.02's, with its defaults.
var parameters = []module.Parameter{
	{
		Name: "max_slave_connections", Type: module.Count, Default: "255", Modifiable: true,
		Description: "Most replicas that a session is connected to; with 0 everything goes to the primary.",
	},
	{
		Name: "slave_connections", Type: module.Count, Default: "255", Modifiable: true,
		Description: "How many replicas a session is connected to when it begins; more follow when they are needed.",
	},
	{
		Name: "slave_selection_criteria", Type: module.Enum, Default: "least_current_operations", Modifiable: true,
		Enum:        []string{"least_current_operations", "adaptive_routing", "least_router_connections", "least_global_connections", "least_behind_master"},
		Description: "How the replica for a read is chosen.",
	},
	{
		Name: "max_replication_lag", Type: module.Duration, Default: "0s", Modifiable: true, Alias: []string{"max_slave_replication_lag"},
		Description: "Replicas that are this far behind the primary get no reads; 0s means no limit.",
	},
	{
		Name: "master_accept_reads", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "Let the primary take part in reads.",
	},
	{
		Name: "master_failure_mode", Type: module.Enum, Default: "fail_on_write", Modifiable: true,
		Enum:        []string{"fail_instantly", "fail_on_write", "error_on_write"},
		Description: "What happens to a session without a primary: it ends at once, it ends with the first write, or writes get an error.",
	},
	{
		Name: "master_reconnection", Type: module.Bool, Default: "true", Modifiable: true,
		Description: "Let a session that has lost its primary connect to the primary again.",
	},
	{
		Name: "retry_failed_reads", Type: module.Bool, Default: "true", Modifiable: true,
		Description: "Send a read whose server has failed to another one.",
	},
	{
		Name: "use_sql_variables_in", Type: module.Enum, Default: "all", Modifiable: true,
		Enum:        []string{"all", "master"},
		Description: "Whether user variables are set on all servers or only on the primary, to which statements that read them go then.",
	},
	{
		Name: "strict_multi_stmt", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "After several statements in one, send everything to the primary.",
	},
	{
		Name: "strict_sp_calls", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "After the call of a stored procedure, send everything to the primary.",
	},
	{
		Name: "lazy_connect", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "Connect to servers only when they are needed.",
	},
	{
		Name: "strict_tmp_tables", Type: module.Bool, Default: "true", Modifiable: true,
		Description: "Do not connect to the primary again if the session had temporary tables there.",
	},
	{
		Name: "causal_reads", Type: module.Enum, Default: "none", Modifiable: true,
		Enum:        []string{"none", "local", "global", "fast", "fast_global", "universal", "fast_universal", "false", "off", "0", "true", "on", "1"},
		Description: "Whose writes a read on a replica is sure to see.",
	},
	{
		Name: "causal_reads_timeout", Type: module.Duration, Default: "10s", Modifiable: true,
		Description: "How long a read waits for its replica to have those writes.",
	},
	{
		Name: "delayed_retry", Type: module.Bool, Default: "false", Modifiable: true,
		Description: "Wait for a primary with a statement outside of a transaction that could not be sent to one.",
	},
	{
		Name: "delayed_retry_timeout", Type: module.Duration, Default: "10s", Modifiable: true,
		Description: "How long delayed_retry waits.",
	},
	{
		Name: "optimistic_trx", Type: module.Bool, Default: "false", Modifiable: true, NotImplemented: true,
		Description: "Begin transactions on a replica and move them to the primary with their first write.",
	},
	{
		Name: "reuse_prepared_statements", Type: module.Bool, Default: "false", Modifiable: true, NotImplemented: true,
		Description: "Prepare equal statements of a session once.",
	},
	{
		Name: "transaction_replay", Type: module.Bool, Default: "false", Modifiable: true, NotImplemented: true,
		Description: "Repeat a transaction whose server has failed on another one.",
	},
	{
		Name: "transaction_replay_attempts", Type: module.Count, Default: "5", Modifiable: true, NotImplemented: true,
		Description: "How often a transaction is repeated.",
	},
	{
		Name: "transaction_replay_checksum", Type: module.Enum, Default: "full", Modifiable: true, NotImplemented: true,
		Enum:        []string{"full", "result_only", "no_insert_id"},
		Description: "What must be equal when a transaction is repeated.",
	},
	{
		Name: "transaction_replay_max_size", Type: module.Size, Default: "1Mi", Modifiable: true, NotImplemented: true,
		Description: "Longest transaction that is remembered to be repeated.",
	},
	{
		Name: "transaction_replay_retry_on_deadlock", Type: module.Bool, Default: "false", Modifiable: true, NotImplemented: true,
		Description: "Repeat a transaction that was rolled back because of a deadlock.",
	},
	{
		Name: "transaction_replay_retry_on_mismatch", Type: module.Bool, Default: "false", Modifiable: true, NotImplemented: true,
		Description: "Repeat a transaction once more when its results were not equal.",
	},
	{
		Name: "transaction_replay_safe_commit", Type: module.Bool, Default: "true", Modifiable: true, NotImplemented: true,
		Description: "Do not repeat a transaction that may have been committed.",
	},
	{
		Name: "transaction_replay_timeout", Type: module.Duration, Default: "30s", Modifiable: true, NotImplemented: true,
		Description: "How long a transaction is tried to be repeated.",
	},
}
