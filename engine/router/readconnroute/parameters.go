package readconnroute

import "github.com/signalbox/signalbox/engine/module"

// parameters are MaxScale 24.02's, with its defaults.
var parameters = []module.Parameter{
	{
		Name: "router_options", Type: module.EnumMask, Default: "running", Modifiable: true,
		Enum:        []string{"master", "slave", "synced", "running"},
		Description: "What a server must be to be used; one of the roles suffices. Without any replica, slave means the primary.",
	},
	{
		Name: "master_accept_reads", Type: module.Bool, Default: "true", Modifiable: true,
		Description: "Let the primary take part when router_options is slave or running.",
	},
	{
		Name: "max_replication_lag", Type: module.Duration, Default: "0s", Modifiable: true,
		Description: "Replicas that are this far behind the primary are not used; 0s means no limit.",
	},
}
