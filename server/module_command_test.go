package server

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

const commandPath = "/v1/maxscale/modules/roles/"

func TestModuleCommand(t *testing.T) {
	const errors = `"detail": `
	tests := []struct {
		name, who, method, path string
		status                  int
		contains                []string
	}{
		{"done", adminUser, "POST", "switchover?Monitor&server2", 204, nil},
		{"failed", adminUser, "POST", "switchover?Monitor&server1", 400, []string{errors + `"no switchover"`, errors + `"undone: everything"`}},
		{"not_for_basic", basicUser, "POST", "switchover?Monitor&server2", 403, nil},
		{"wrong_method", adminUser, "GET", "switchover?Monitor", 404, []string{"has a command named 'switchover', but it cannot be used with GET."}},
		{"unknown", adminUser, "POST", "dance?Monitor", 404, []string{"Module 'roles' has no command named 'dance'."}},
		{"no_monitor", adminUser, "POST", "switchover?Nobody", 400, []string{"Argument 1, Nobody: monitor of module roles not found"}},
		{"no_server", adminUser, "POST", "switchover?Monitor&nobody", 400, []string{"Argument 2, nobody: server not found"}},
		{"no_arguments", adminUser, "POST", "switchover", 400, []string{"Expected between 1 and 2 arguments, got 0."}},
		{"many_arguments", adminUser, "POST", "cancel-cmd?Monitor&server1", 400, []string{"Expected 1 arguments, got 2."}},
		{"no_result", basicUser, "GET", "fetch-cmd-result?Monitor", 200, []string{"No manual command results are available."}},
		{"nothing_to_cancel", adminUser, "POST", "cancel-cmd?Monitor", 400, []string{"No manual command is scheduled or running."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inSite(t, nil, func(s *site) {
				s.wants(s.ask(tt.who, tt.method, commandPath+tt.path, ""), tt.status, tt.contains...)
			})
		})
	}
}

func TestModuleCommandLater(t *testing.T) {
	inSite(t, nil, func(s *site) {
		result := func(contains string) {
			t.Helper()
			s.wants(s.ask(adminUser, "GET", commandPath+"fetch-cmd-result?Monitor", ""), 200, contains)
		}
		s.wants(s.ask(adminUser, "POST", commandPath+"async-switchover?Monitor&server2", ""), 204)
		result("No manual command results are available, switchover is still running.")
		s.wants(s.ask(adminUser, "POST", commandPath+"switchover?Monitor", ""), 400, "Cannot run manual switchover, previous switchover is still running.")
		time.Sleep(2 * time.Minute)
		result(`"meta": "switchover completed successfully."`)

		s.wants(s.ask(adminUser, "POST", commandPath+"async-switchover?Monitor&server2", ""), 204)
		s.wants(s.ask(adminUser, "POST", commandPath+"cancel-cmd?Monitor", ""), 204)
		synctest.Wait()
		result("context canceled")
	})
}

// Ensure that the console and MaxCtrl can see which commands there are.
func TestModuleCommands(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.wants(s.ask(basicUser, "GET", "/v1/maxscale/modules/roles", ""), 200,
			`"id": "switchover"`, `"arg_min": 1`, `"arg_max": 2`, `"type": "[SERVER]"`, `"type": "module_command"`, `"method": "GET"`)
	})
}

func TestServerState(t *testing.T) {
	const set, cleared = "/v1/servers/server2/set?", "/v1/servers/server2/clear?"
	state := func(s *site) string {
		info, err := s.engine.Server("server2")
		if err != nil {
			s.t.Fatal(err)
		}
		return info.State
	}
	tests := []struct {
		name   string
		calls  []string
		status int // of the last one
		says   string
		want   string
	}{
		{"maintenance", []string{set + "state=maintenance"}, 204, "", "Maintenance, Running"},
		{"maintenance_forced", []string{set + "state=maintenance&force=yes"}, 204, "", "Maintenance, Running"},
		{"maintenance_over", []string{set + "state=maintenance", cleared + "state=maintenance"}, 204, "", "Slave, Running"},
		{"maintenance_twice", []string{set + "state=maintenance", set + "state=maintenance"}, 204, "", "Maintenance, Running"},
		{"drain", []string{set + "state=drain"}, 204, "", "Drained, Slave, Running"},
		{"drain_over", []string{set + "state=drain", cleared + "state=drain"}, 204, "", "Slave, Running"},
		{"of_the_monitor", []string{set + "state=master"}, 400, "only maintenance and drain can be set", "Slave, Running"},
		{"unknown", []string{set + "state=happy"}, 400, "'happy' is not a state of a server", "Slave, Running"},
		{"none", []string{set}, 400, "Invalid or missing value for the `state` parameter", "Slave, Running"},
		{"force_of_drain", []string{set + "state=drain&force=yes"}, 400, "force is for setting maintenance only", "Slave, Running"},
		{"bad_force", []string{set + "state=maintenance&force=perhaps"}, 400, "force", "Slave, Running"},
		{"no_server", []string{"/v1/servers/nobody/set?state=drain"}, 404, "nobody is not a server", "Slave, Running"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inSite(t, nil, func(s *site) {
				var r *http.Response
				for _, path := range tt.calls {
					r = s.ask(adminUser, "PUT", path, "")
				}
				s.wants(r, tt.status, tt.says)
				if got := state(s); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				time.Sleep(3 * time.Second) // the monitor does not take it back
				if got := state(s); got != tt.want {
					t.Errorf("after a look: got %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// Ensure that a session that is idle leaves a server in maintenance at once, one
// in a transaction when that is over, and that force does not wait.
func TestServerMaintenance(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		_, _ = c.Query("BEGIN")
		connections := func() int64 { info, _ := s.engine.Server("server1"); return info.Connections }
		s.wants(s.ask(adminUser, "PUT", "/v1/servers/server1/set?state=drain", ""), 204)
		if n := connections(); n != 1 {
			t.Errorf("drained: got %d connections, want 1", n)
		}
		s.wants(s.ask(adminUser, "PUT", "/v1/servers/server1/set?state=maintenance", ""), 204)
		if n := connections(); n != 1 {
			t.Errorf("in a transaction: got %d connections, want 1", n)
		}
		if _, err := c.Query("COMMIT"); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if n := connections(); n != 0 {
			t.Errorf("after the transaction: got %d connections, want none", n)
		}
		if _, err := c.Query("SELECT 1"); err != nil {
			t.Errorf("a read goes to the replica, but got %v", err)
		}
		s.wants(s.ask(adminUser, "PUT", "/v1/servers/server2/set?state=maintenance", ""), 204)
		if n := len(s.engine.Sessions()); n != 0 {
			t.Errorf("no server is left: got %d sessions, want none", n)
		}
		s.wants(s.ask(adminUser, "PUT", "/v1/servers/server2/clear?state=maintenance", ""), 204)
		s.wants(s.ask(adminUser, "PUT", "/v1/servers/server1/clear?state=maintenance", ""), 204)
		s.wants(s.ask(adminUser, "PUT", "/v1/servers/server1/clear?state=drain", ""), 204)
		c = s.connect()
		_, _ = c.Query("BEGIN")
		s.wants(s.ask(adminUser, "PUT", "/v1/servers/server1/set?state=maintenance&force=yes", ""), 204)
		if n := connections(); n != 0 {
			t.Errorf("by force: got %d connections, want none", n)
		}
	})
}
