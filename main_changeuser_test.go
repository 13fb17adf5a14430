//go:build !js

package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// logIn logs in at address as the application's user.
func logIn(t *testing.T, address string) *enginetest.Client {
	t.Helper()
	return dial(t, address, enginetest.ClientOptions{User: enginetest.AppUser, Password: enginetest.AppPassword, Database: "app"})
}

// dial logs in at address.
func dial(t *testing.T, address string, o enginetest.ClientOptions) *enginetest.Client {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	c, err := enginetest.ConnectOver(nc, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Ensure that what a refused COM_CHANGE_USER leaves of a session is the same through
// both routers as on the server itself.
func TestRealChangeUserRefused(t *testing.T) {
	m := enginetest.StartMariaDB(t)
	root(t, m, "CREATE USER locked IDENTIFIED BY 'x' ACCOUNT LOCK", "CREATE USER boss IDENTIFIED BY 'x'", "GRANT ALL ON *.* TO boss",
		"CREATE DATABASE other", "GRANT ALL ON other.* TO app", "CREATE TABLE t (a INT)")
	file := configuration(t, m)
	edit(t, file, "[maxscale]\n", "[maxscale]\nmax_auth_errors_until_block=0\n")
	p := start(t, "-config", file)
	talk := func(t *testing.T, address string, o enginetest.ClientOptions, times int) (said []string) {
		c := logIn(t, address)
		defer c.Close()
		lock := fmt.Sprintf("SELECT GET_LOCK('%s', 5)", t.Name())
		note := func(sql string) {
			r, err := c.Query(sql)
			said = append(said, fmt.Sprintf("%s: %q, %x, %v", sql, r.Value, r.Status, err))
		}
		for _, sql := range []string{
			"USE other", "SET NAMES latin1", "CREATE TEMPORARY TABLE tt (a INT)", lock, "SET @a = 7, autocommit=0", "INSERT INTO app.t VALUES (1)",
		} {
			note(sql)
		}
		prepared, err := c.Prepare("SELECT 1")
		if err != nil {
			t.Fatal(err)
		}
		for range times {
			began := time.Now()
			err := c.ChangeUser(o)
			said = append(said, fmt.Sprintf("refused: %v, within a second: %v", err, time.Since(began) < time.Second))
		}
		for _, sql := range []string{
			"SELECT CONCAT(CURRENT_USER(), DATABASE(), @@autocommit, @@character_set_client, @@character_set_results, @@collation_connection, IFNULL(@a, ' unset'))", "SELECT * FROM tt", "SELECT COUNT(*) FROM app.t",
			lock,
		} {
			note(sql)
		}
		_, err = c.Execute(prepared.ID)
		return append(said, strings.Replace(fmt.Sprint(err), fmt.Sprintf("(%d)", prepared.ID), "(id)", 1))
	}
	for name, o := range map[string]enginetest.ClientOptions{
		"password":  {User: enginetest.AppUser, Password: "wrong"},
		"nobody":    {User: "nobody", Password: "wrong"},
		"forbidden": {User: enginetest.AppUser, Password: enginetest.AppPassword, Database: "mysql"},
		"unknown":   {User: "boss", Password: "x", Database: "missing"},
		"locked":    {User: "locked", Password: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // a refusal takes a second
			times := 1
			if name == "password" {
				times = 4
			}
			want := talk(t, m.Addr(), o, times)
			for _, listener := range []string{"RW-Listener", "Read-Listener"} {
				if diff := cmp.Diff(want, talk(t, listenerAddress(p.engine, listener), o, times)); diff != "" {
					t.Errorf("%s is unlike the server (-server +proxy):\n%s", listener, diff)
				}
			}
		})
	}
}

// Ensure that a session sees what it has written after COM_CHANGE_USER too, refused or
// not, and after a restart: the servers have new connections then.
func TestRealCausalReadsChangeUser(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	root(t, primary, "CREATE TABLE t (a INT)")
	primary.WaitReplicated(t, replica)
	root(t, replica, "STOP SLAVE", "CHANGE MASTER TO master_delay=2", "START SLAVE")
	p := start(t, "-config", splitting(t, map[string]string{"local": "causal_reads=local"}, primary, replica))
	address := listenerAddress(p.engine, "local-Listener")
	for i, tt := range []struct {
		name string
		then func(c *enginetest.Client) error
	}{
		{"changed", func(c *enginetest.Client) error {
			return c.ChangeUser(enginetest.ClientOptions{User: enginetest.AppUser, Password: enginetest.AppPassword, Database: "app"})
		}},
		{"refused", func(c *enginetest.Client) error {
			err := c.ChangeUser(enginetest.ClientOptions{User: enginetest.AppUser, Password: "wrong"})
			if err == nil || !strings.Contains(err.Error(), "1045") {
				return fmt.Errorf("got %v, want error 1045", err)
			}
			return nil
		}},
		{"restarted", func(c *enginetest.Client) error {
			s, err := p.engine.Session(uint64(c.ID))
			if err != nil {
				return err
			}
			if err := s.Restart("test"); err != nil {
				return err
			}
			for s.Info().Pending.Restart {
				time.Sleep(time.Millisecond)
			}
			return nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := logIn(t, address)
			if _, err := c.Query(fmt.Sprintf("INSERT INTO t VALUES (%d)", i)); err != nil {
				t.Fatal(err)
			}
			if err := tt.then(c); err != nil {
				t.Fatal(err)
			}
			if r, err := c.Query(fmt.Sprintf("SELECT CONCAT(COUNT(*), ' of ', @@server_id) FROM t WHERE a = %d", i)); err != nil || r.Value != "1 of 2" {
				t.Errorf("got %q, %v, want 1 of 2", r.Value, err)
			}
		})
	}
}
