//go:build !js

package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// This file has several monitors look at the same real MariaDB servers, and looks
// at their disks.

// Ensure that of two monitors the one with the locks changes servers and the other
// one believes it, and that the locks can be given from one to the other.
func TestRealCooperation(t *testing.T) {
	var servers [3]*enginetest.MariaDB
	servers[0], servers[1], servers[2] = enginetest.StartTrio(t)
	parameters := []string{"cooperative_monitoring_locks=majority_of_all", "auto_failover=true", "failcount=2"}
	p1 := start(t, "-config", monitored(t, servers[:], parameters...))
	owns := func(p *program) bool { o := p.engine.Monitors()[0].Owns; return o != nil && *o }
	waitFor(t, "the locks", func() bool { return owns(p1) })
	p1.waitStates(t, healthyTrio)
	p2 := start(t, "-config", monitored(t, servers[:], parameters...))
	admin1, admin2 := p1.firstAdmin(t), p2.firstAdmin(t)
	p2.waitStates(t, healthyTrio)
	for _, tt := range []struct {
		p    *program
		l    login
		want bool
	}{{p1, admin1, true}, {p2, admin2, false}} {
		_, body := tt.p.call(t, tt.l, http.MethodGet, "/v1/monitors/Monitor", "")
		var answer struct {
			Data struct {
				Attributes struct {
					D struct {
						Primary *bool
						Info    []struct {
							Held *bool `json:"lock_held"`
						} `json:"server_info"`
					} `json:"monitor_diagnostics"`
				}
			}
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatal(err)
		}
		d := answer.Data.Attributes.D
		if d.Primary == nil || *d.Primary != tt.want || len(d.Info) != 3 || d.Info[0].Held == nil || *d.Info[0].Held != tt.want {
			t.Errorf("got %+v, want %v", d, tt.want)
		}
	}
	if status, body := p2.order(t, admin2, http.MethodPost, "switchover", "Monitor"); status != http.StatusBadRequest || !strings.Contains(body, "does not hold the locks") {
		t.Errorf("a switchover by the other one: got %d %s", status, body)
	}
	p1.orderDone(t, admin1, "switchover", "Monitor", "server2")
	const second = "Slave, Running | Master, Running | Slave, Running"
	p1.waitStates(t, second)
	p2.waitStates(t, second)

	p1.orderDone(t, admin1, "release-locks", "Monitor")
	waitFor(t, "the other one to have the locks", func() bool { return owns(p2) && !owns(p1) })
	p1.waitStates(t, second)
	p2.waitStates(t, second)
	servers[1].Stop(t)
	waitFor(t, "the failover", func() bool { return strings.Contains(p2.states(t), "Master, Running") })
	waitFor(t, "both to agree", func() bool { return p1.states(t) == p2.states(t) })
	if log := p1.out.(*output).String(); strings.Contains(log, "failover:") {
		t.Error("the one without the locks has begun a failover")
	}
}

// Ensure that a replica whose disk is too full goes into maintenance, and that a
// primary gives way.
func TestRealDisks(t *testing.T) {
	var servers [3]*enginetest.MariaDB
	servers[0], servers[1], servers[2] = enginetest.StartTrio(t)
	must(t, servers[0], "GRANT FILE ON *.* TO 'monitor'@'%'")
	for _, m := range servers {
		must(t, m, "INSTALL SONAME 'disks'")
	}
	path := ask(t, servers[0], "SELECT Path FROM information_schema.DISKS LIMIT 1")[0]
	full := func(name string, more ...string) *program {
		file := monitored(t, servers[:], append([]string{"disk_space_check_interval=100ms", "disk_space_threshold=*:100"}, more...)...)
		edit(t, file, "["+name+"]\n", "["+name+"]\ndisk_space_threshold="+path+":0\n")
		return start(t, "-config", file)
	}
	p := full("server2")
	p.waitStates(t, "Master, Running | Maintenance, Running | Slave, Running")
	if log := p.out.(*output).String(); !strings.Contains(log, "server2 goes into maintenance: the disk of "+path) {
		t.Error("the log does not say why server2 is in maintenance")
	}
	p = full("server1", "switchover_on_low_disk_space=true", "servers_no_promotion=server2", "maintenance_on_low_disk_space=false")
	p.waitStates(t, "Slave, Running | Slave, Running | Master, Running")
	waitFor(t, "replication", func() bool {
		return slices.ContainsFunc(sources(t, servers[0]), func(s string) bool { return strings.Contains(s, "io=Yes sql=Yes") })
	})
}
