//go:build !js

package main

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

// Ensure that monitors, listeners and services are stopped and started as MaxCtrl
// asks for it, by administrators only, and that sessions go on unless they are
// meant to end.
func TestSwitches(t *testing.T) {
	p := start(t)
	c := p.connect(t, "RW-Split-Listener", demoUser("app"))
	put := func(path string, want int) string {
		t.Helper()
		status, body := p.call(t, adminLogin, http.MethodPut, "/v1/"+path, "")
		if status != want {
			t.Fatalf("%s: got %d %s, want %d", path, status, body, want)
		}
		return body
	}
	takes := func() bool {
		conn, err := net.Dial("tcp", listenerAddress(p.engine, "RW-Split-Listener"))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}

	put("listeners/RW-Split-Listener/stop", http.StatusNoContent)
	put("listeners/RW-Split-Listener/stop", http.StatusNoContent)
	if l, _ := p.engine.Listener("RW-Split-Listener"); l.State != "Stopped" || takes() {
		t.Errorf("a listener that was stopped is %s and takes clients: %v", l.State, takes())
	}
	run(t, c, "SELECT 1")
	put("listeners/RW-Split-Listener/start", http.StatusNoContent)
	other := p.connect(t, "RW-Split-Listener", demoUser("other"))
	run(t, other, "SELECT 1")

	put("services/RW-Split-Router/stop", http.StatusNoContent)
	if s, _ := p.engine.Service("RW-Split-Router"); s.State != "Stopped" || takes() {
		t.Errorf("a service that was stopped is %s and takes clients: %v", s.State, takes())
	}
	run(t, c, "SELECT 1")
	put("services/RW-Split-Router/stop?force=yes", http.StatusNoContent)
	if _, err := c.ExecContext(t.Context(), "SELECT 1"); err == nil {
		t.Error("a session goes on in spite of force")
	}
	put("services/RW-Split-Router/start", http.StatusNoContent)
	if s, _ := p.engine.Service("RW-Split-Router"); s.State != "Started" {
		t.Errorf("a service that was started is %s", s.State)
	}
	run(t, p.connect(t, "RW-Split-Listener", demoUser("app")), "SELECT 1")

	put("monitors/MariaDB-Monitor/stop", http.StatusNoContent)
	before := p.engine.Monitors()[0]
	if before.State != "Stopped" {
		t.Errorf("a monitor that was stopped is %s", before.State)
	}
	if status, body := p.order(t, adminLogin, http.MethodPost, "switchover", "MariaDB-Monitor"); status != 400 || !strings.Contains(body, "The monitor is not running") {
		t.Errorf("a command of a monitor that is stopped: got %d %s", status, body)
	}
	// Its servers are the operators' now.
	put("servers/server1/clear?state=master", http.StatusNoContent)
	put("servers/server2/set?state=master", http.StatusNoContent)
	if got := p.states(t); got != "Running | Master, Running" {
		t.Errorf("got %s", got)
	}
	put("monitors/MariaDB-Monitor/start", http.StatusNoContent)
	p.waitStates(t, "Master, Running | Slave, Running")
	if got := put("servers/server2/set?state=master", http.StatusBadRequest); !strings.Contains(got, "is monitored") {
		t.Errorf("got %s", got)
	}

	for path, want := range map[string]string{
		"listeners/nobody/stop": "nobody is not a listener", "services/nobody/start": "nobody is not a service", "monitors/nobody/stop": "nobody is not a monitor",
	} {
		if got := put(path, http.StatusNotFound); !strings.Contains(got, want) {
			t.Errorf("%s: got %s", path, got)
		}
	}
	if status, _ := p.call(t, viewerLogin, http.MethodPut, "/v1/monitors/MariaDB-Monitor/stop", ""); status != http.StatusForbidden {
		t.Errorf("a user who may only read: got %d", status)
	}
	if _, body := p.call(t, adminLogin, http.MethodGet, "/v1/audit?q=action:monitor.stop", ""); !strings.Contains(body, "monitor.stop") {
		t.Errorf("the audit log does not have it: %s", body)
	}
}
