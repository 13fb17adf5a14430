package module

import "time"

// events are the values of a monitor's events.
const events = "all,master_down,master_up,slave_down,slave_up,server_down,server_up,synced_down,synced_up,donor_down,donor_up,lost_master,lost_slave,lost_synced,lost_donor,new_master,new_slave,new_synced,new_donor"

// MonitorModule declares the parameters that all monitors have. Those of its
// module come to them in the same section.
var MonitorModule = Module{
	Name:        string(Monitor),
	Kind:        Monitor,
	Description: "Watches servers and decides what each of them is.",
	Parameters: []Parameter{
		{
			Name: "user", Type: String, Mandatory: true, Modifiable: true,
			Description: "User that monitors the servers.",
		},
		{
			Name: "password", Type: Password, Mandatory: true, Modifiable: true,
			Description: "Password of user.",
		},
		{
			Name: "servers", Type: ServerList, Modifiable: true,
			Description: "Servers to monitor.",
		},
		{
			Name: "monitor_interval", Type: Duration, Default: "2s", Min: 100, Unit: time.Millisecond, Modifiable: true,
			Description: "How often the servers are looked at.",
		},
		{
			Name: "backend_connect_timeout", Type: Duration, Default: "3s", Min: 1, Modifiable: true,
			Description: "How long a connection to a server may take.",
		},
		{
			Name: "backend_read_timeout", Type: Duration, Default: "3s", Min: 1, Modifiable: true,
			Description: "How long a server may take to answer.",
		},
		{
			Name: "backend_write_timeout", Type: Duration, Default: "3s", Min: 1, Modifiable: true,
			Description: "How long a server may take to accept a statement.",
		},
		{
			Name: "backend_connect_attempts", Type: Count, Default: "1", Min: 1, Modifiable: true,
			Description: "How often a connection to a server is tried before the server is down.",
		},
		{
			Name: "script", Type: String, Modifiable: true,
			Description: "Program to run when a server's state changes.",
		},
		{
			Name: "script_timeout", Type: Duration, Default: "90s", Modifiable: true,
			Description: "How long script may take.",
		},
		{
			Name: "events", Type: EnumMask, Default: events, Enum: SplitList(events, ","), Modifiable: true,
			Description: "Changes that script is run for.",
		},
		{
			Name: "journal_max_age", Type: Duration, Default: "28800s", Modifiable: true, NotImplemented: true,
			Description: "How old saved server states may be to be used at start.",
		},
		{
			Name: "disk_space_threshold", Type: String, Modifiable: true,
			Description: "How full the disks of the servers may be.",
		},
		{
			Name: "disk_space_check_interval", Type: Duration, Default: "0s", Modifiable: true,
			Description: "How often the disks are looked at.",
		},
	},
}
