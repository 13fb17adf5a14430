package engine_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure that a client that is refused another user gets its error after a second
// and goes on as who it was, in the database that it was in and as if it had just
// logged in; and that it is refused without a look from the fourth time on.
func TestChangeUserRefused(t *testing.T) {
	for _, address := range []string{splitAddress, connAddress} {
		bubble(t, func(t *testing.T, p *proxy) {
			c := p.connect(address)
			s := p.session(c)
			for _, sql := range []string{"USE shop", "SET @a = 1", "CREATE TEMPORARY TABLE x (a INT)", "BEGIN"} {
				p.query(c, sql)
			}
			prepared, err := c.Prepare("SELECT 1")
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			change := func(o enginetest.ClientOptions, want uint16) {
				t.Helper()
				if err := c.ChangeUser(o); code(err) != want {
					t.Errorf("%s: %s: got %v, want error %d", address, o.User, err, want)
				}
				synctest.Wait()
			}
			change(enginetest.ClientOptions{User: "other", Password: "wrong", Database: "store"}, 1045)
			if took := time.Since(began); took != time.Second {
				t.Errorf("%s: refused after %v, want 1s", address, took)
			}
			if got := last(p.primary); !strings.HasPrefix(got, "app: COM_RESET_CONNECTION") {
				t.Errorf("%s: the server has done %q last, want COM_RESET_CONNECTION", address, got)
			}
			info := s.Info()
			if info.User != "app" || info.Database != "shop" || info.Activity.Trx || len(info.Pins) > 0 || info.History.Commands > 0 {
				t.Errorf("%s: got user %s, database %q, transaction %v, pins %v, %d commands in the history", address, info.User, info.Database, info.Activity.Trx, info.Pins, info.History.Commands)
			}
			if _, err := c.Execute(prepared.ID); code(err) != 1243 {
				t.Errorf("%s: a prepared statement is still there: %v", address, err)
			}
			p.query(c, "DELETE FROM t")
			if got := last(p.primary); got != "app: DELETE FROM t" {
				t.Errorf("%s: got %q", address, got)
			}
			change(enginetest.ClientOptions{User: "other", Password: "other"}, 0)
			change(enginetest.ClientOptions{User: "nobody", Password: "x"}, 1045)
			change(enginetest.ClientOptions{User: "app", Password: "wrong"}, 1045)
			for range 2 {
				began = time.Now()
				change(enginetest.ClientOptions{User: "app", Password: "app"}, 1047)
				if took := time.Since(began); took != time.Second {
					t.Errorf("%s: refused after %v, want 1s", address, took)
				}
			}
			p.query(c, "DELETE FROM t WHERE a = 1")
			if got := last(p.primary); got != "other: DELETE FROM t WHERE a = 1" {
				t.Errorf("%s: got %q", address, got)
			}
		})
	}
}

// Ensure that it is the same when it is a server that refuses, though the proxy
// would not.
func TestChangeUserRefusedByServer(t *testing.T) {
	for _, tt := range []struct {
		address string
		changes []string
	}{
		{splitAddress, nil},
		{connAddress, nil},
		{connAddress, []string{connListener, "authenticator=passthrough\n" + connListener}},
	} {
		bubble(t, func(t *testing.T, p *proxy) {
			c := p.connect(tt.address)
			list := slices.Clone(p.primary.Accounts)
			for i := range list {
				if list[i].User == "other" { // the proxy has not heard of it
					list[i].Hash = auth.HashOf("changed").String()
				}
			}
			p.primary.SetAccounts(list)
			p.replica.SetAccounts(list)
			if err := c.ChangeUser(enginetest.ClientOptions{User: "other", Password: "other"}); code(err) != 1045 {
				t.Errorf("%v: got %v, want error 1045", tt, err)
			}
			synctest.Wait()
			if user := p.session(c).Info().User; user != "app" {
				t.Errorf("%v: the session is %s's, want app's", tt, user)
			}
			p.query(c, "DELETE FROM t")
			if got := p.primary.Statements(); !slices.Equal(got[len(got)-2:], []string{"app: COM_RESET_CONNECTION", "app: DELETE FROM t"}) {
				t.Errorf("%v: got %q", tt, got)
			}
		}, tt.changes...)
	}
}

// Ensure that it is the same when a server is asked only after the former ones have
// been left.
func TestChangeUserRefusedLate(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		list := append(slices.Clone(p.primary.Accounts), auth.Account{User: "strange", Host: "%", Plugin: "pam"}) // whom only a server can judge
		p.primary.SetAccounts(list)
		p.replica.SetAccounts(list)
		time.Sleep(time.Minute) // so that accounts may be read again
		c := p.connect(splitAddress)
		p.query(c, "SET @a = 1")
		if err := c.ChangeUser(enginetest.ClientOptions{User: "strange", Password: "other"}); code(err) != 1045 {
			t.Errorf("got %v, want error 1045", err)
		}
		synctest.Wait()
		if info := p.session(c).Info(); info.User != "app" || info.History.Commands > 0 {
			t.Errorf("got user %s, %d commands in the history", info.User, info.History.Commands)
		}
		p.query(c, "DELETE FROM t")
		if got := last(p.primary); got != "app: DELETE FROM t" {
			t.Errorf("got %q", got)
		}
	}, append(split("lazy_connect=true"), splitListener, "authenticator=mysql_native_password,caching_sha2_password\n"+splitListener)...)
}

// Ensure that a session that is killed while a refusal is on its way ends at once.
func TestChangeUserKilled(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		s := p.session(c)
		began, done := time.Now(), make(chan error)
		go func() { done <- c.ChangeUser(enginetest.ClientOptions{User: "other", Password: "wrong"}) }()
		time.Sleep(300 * time.Millisecond)
		if err := s.Kill(engine.KillOptions{Reason: "test"}); err != nil {
			t.Fatal(err)
		}
		if err := <-done; code(err) != 1927 {
			t.Errorf("got %v, want error 1927", err)
		}
		if took := time.Since(began); took > 500*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}
