package mariadbmon

import (
	"context"
	"testing"

	"github.com/signalbox/signalbox/engine"
)

// What a look has told of a lock is read while the next look goes on.
func TestLockHeldIsOfItsLook(t *testing.T) {
	target := startServer(t, &server{answers: map[string]answer{
		"SHOW GLOBAL VARIABLES":  variables("version", "11.4.2-MariaDB", "server_id", "7", "read_only", "OFF"),
		"SHOW GLOBAL STATUS":     variables("Uptime", "90"),
		"SHOW ALL SLAVES STATUS": {rows: [][]string{{"Connection_name"}}},
		"SELECT CONNECTION_ID()": {rows: [][]string{{"self", "one", "two"}, {"5", "5", "5"}}},
	}})
	target.Name = "a"
	monitor := newMonitor(t, map[string]string{"servers": "a", "cooperative_monitoring_locks": "majority_of_all"})
	held := monitor.Tick(t.Context(), []engine.MonitorTarget{target})[0].Seen.LockHeld
	if held == nil || !*held {
		t.Fatalf("a lock of the monitor's own is told as %v", held)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	monitor.Tick(ended, []engine.MonitorTarget{target})
	if !*held {
		t.Error("the next look changed what the one before has told")
	}
}
