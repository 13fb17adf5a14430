//go:build !js

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure that the privileges of a real server's accounts say who may end what others
// do, and that it understands how it is told to.
func TestRealKillRights(t *testing.T) {
	m := enginetest.StartMariaDB(t)
	root(t, m, "CREATE ROLE killers", "GRANT CONNECTION ADMIN ON *.* TO killers", "CREATE ROLE ops", "GRANT killers TO ops")
	for user, rights := range map[string]string{
		"nobody": "", "admin": "CONNECTION ADMIN ON *.*", "super": "SUPER ON *.*", "reader": "PROCESS, RELOAD, READ_ONLY ADMIN ON *.*", "member": "ops",
	} {
		root(t, m, fmt.Sprintf("CREATE USER %s IDENTIFIED BY 'x'", user))
		if rights != "" {
			root(t, m, fmt.Sprintf("GRANT %s TO %s", rights, user))
		}
	}
	root(t, m, "SET DEFAULT ROLE ops FOR member")
	p := start(t, "-config", configuration(t, m))
	address := listenerAddress(p.engine, "RW-Listener")
	for user, may := range map[string]bool{"nobody": false, "admin": true, "super": true, "reader": false, "member": true} {
		t.Run(user, func(t *testing.T) {
			c := dial(t, address, enginetest.ClientOptions{User: user, Password: "x"})
			for _, kill := range []string{"KILL QUERY %d", "KILL SOFT QUERY %d", "KILL %d", "KILL SOFT %d"} {
				victim := dial(t, address, enginetest.ClientOptions{User: enginetest.AppUser, Password: enginetest.AppPassword})
				if err := victim.Send([]byte("\x03SELECT SLEEP(2)")); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				time.Sleep(100 * time.Millisecond) // until the server is at it
				if _, err := c.Query(fmt.Sprintf(kill, victim.ID)); may != (err == nil) || !may && !strings.HasPrefix(err.Error(), "1095") {
					t.Errorf("%s: got %v", kill, err)
				}
				if !may {
					if _, err := dial(t, address, enginetest.ClientOptions{User: "admin", Password: "x"}).Query(fmt.Sprintf("KILL %d", victim.ID)); err != nil {
						t.Error(err)
					}
				}
				r, err := victim.Receive(3)
				if took := time.Since(began); took > 1500*time.Millisecond {
					t.Errorf("%s: ended after %v with %+v, %v", kill, took, r, err)
				}
			}
		})
	}
}
