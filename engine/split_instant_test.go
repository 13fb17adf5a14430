package engine_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// Ensure that with master_failure_mode=fail_instantly a session ends when its primary
// is found to be down, whether it is idle or reads from a replica, and with no other
// mode.
func TestFailInstantly(t *testing.T) {
	for mode, ends := range map[string]bool{"fail_instantly": true, "fail_on_write": false, "error_on_write": false} {
		bubble(t, func(t *testing.T, p *proxy) {
			idle, reading := p.connect(splitAddress), p.connect(splitAddress)
			if err := reading.Send([]byte("\x03SELECT SLEEP(100)")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			ids := []uint64{uint64(idle.ID), uint64(reading.ID)}
			p.set(0, slave)
			time.Sleep(time.Second)
			synctest.Wait()
			for _, id := range ids {
				if _, err := p.Session(id); ends != (err != nil) {
					t.Errorf("%s: session %d: %v", mode, id, err)
				}
			}
			if !ends {
				return
			}
			if _, err := reading.Receive(wire.ComQuery); code(err) != 1927 || !strings.Contains(err.Error(), "fail_instantly") {
				t.Errorf("%s: the read got %v, want error 1927", mode, err)
			}
			if info, ok := p.Ended(ids[0]); !ok || !strings.Contains(info.Reason, "server1") {
				t.Errorf("%s: ended for %q", mode, info.Reason)
			}
		}, split("master_failure_mode="+mode)...)
	}
}

// Ensure that it follows a primary that takes over without a loss, and that a session
// whose connection was lost does not go on with another one, though there is one.
func TestFailInstantlyReplaced(t *testing.T) {
	for mode, want := range map[string]uint16{"fail_instantly": 1927, "fail_on_write": 0} {
		for _, sql := range []string{"SELECT 1 -- maxscale route to server server2", "SET NAMES utf8mb4"} {
			bubble(t, func(t *testing.T, p *proxy) {
				c := p.connect(splitAddress)
				p.set(slave, master)
				p.query(c, "INSERT INTO t VALUES (2)")
				p.replica.Disconnect()
				if _, err := c.Query(sql); code(err) != want || (err == nil) != (want == 0) {
					t.Errorf("%s: %s: got %v, want error %d", mode, sql, err, want)
				}
			}, split("filters=Hint\nmaster_failure_mode="+mode)...)
		}
	}
}
