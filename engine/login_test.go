package engine_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// accounts gives both servers the accounts beside those that they have.
func (p *proxy) accounts(list ...auth.Account) {
	p.primary.SetAccounts(append(slices.Clone(p.primary.Accounts[:1]), list...))
	p.replica.SetAccounts(append(slices.Clone(p.replica.Accounts[:1]), list...))
}

// login logs in and runs a statement.
func (p *proxy) login(address, user, password string) error {
	c, err := enginetest.Connect(p.t.Context(), p.net, address, enginetest.ClientOptions{User: user, Password: password})
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Query("SELECT 1")
	return err
}

func code(err error) uint16 {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Code
	}
	return 0
}

// listener is the text of a listener's section to put parameters behind.
const (
	splitListener = "service=Split\naddress="
	connListener  = "service=Conn\naddress="
)

// Ensure that each way to log in works at the beginning of a session and by
// COM_CHANGE_USER, also with what servers want to be logged in to by, and that
// no secret is logged.
func TestLoginMethods(t *testing.T) {
	const salt = "0123456789abcdefghij"
	account := func(user, plugin string) auth.Account {
		a := auth.Account{User: user, Host: "%", Plugin: plugin}
		switch password := user + "-secret"; plugin {
		case "ed25519":
			a.Hash = auth.Ed25519Hash(password)
		case auth.CachingSHA2:
			a.Hash = auth.SHA2Hash(password, salt)
		default:
			a.Hash = auth.HashOf(password).String()
		}
		return a
	}
	list := []auth.Account{account("nat", auth.NativePassword), account("ed", "ed25519"), account("sha", auth.CachingSHA2)}
	tests := []struct {
		name, parameters string
		address          string
		users            string // that can log in
		refused          string // what others are told
	}{
		{"native", "", splitAddress, "nat", "not allowed by the listener"},
		{"sha2", "authenticator=caching_sha2_password\n", splitAddress, "nat,ed,sha", ""},
		{"both", "authenticator=MariaDBAuth,caching_sha2_password\n", splitAddress, "nat,ed,sha", ""},
		{"ed-sha", "authenticator=ed25519\nauthenticator_options=ed_mode=sha256\n", splitAddress, "ed", "not allowed by the listener"},
		{"ed", "authenticator=ed25519,mysql_native_password\n", splitAddress, "nat", "account 'ed'@'%' at listener Split-Listener: the password is right, |not allowed by the listener"},
		{"relay", "authenticator=passthrough\n", connAddress, "nat,ed,sha", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				section := splitListener
				if tt.address == connAddress {
					section = connListener
				}
				p := start(t, section, tt.parameters+section)
				defer p.stop()
				p.accounts(list...)
				time.Sleep(time.Minute) // so that accounts may be read again
				for _, a := range list {
					good := strings.Contains(","+tt.users+",", ","+a.User+",")
					for range 2 { // the second time caches know
						err := p.login(tt.address, a.User, a.User+"-secret")
						if good != (err == nil) || err != nil && !slices.ContainsFunc(strings.Split(tt.refused, "|"), func(s string) bool { return strings.Contains(err.Error(), s) }) {
							t.Errorf("%s: got %v", a.User, err)
						}
					}
					if !good {
						continue
					}
					if err := p.login(tt.address, a.User, "wrong-secret"); code(err) != 1045 {
						t.Errorf("%s with a wrong password: got %v", a.User, err)
					}
					c, err := enginetest.Connect(t.Context(), p.net, tt.address, enginetest.ClientOptions{User: a.User, Password: a.User + "-secret"})
					if err != nil {
						t.Fatal(err)
					}
					for _, user := range strings.Split(tt.users, ",") {
						if err := c.ChangeUser(enginetest.ClientOptions{User: user, Password: user + "-secret"}); err != nil {
							t.Errorf("%s changes to %s: %v", a.User, user, err)
							break
						}
						if _, err := c.Query("SELECT 1"); err != nil {
							t.Errorf("%s as %s: %v", a.User, user, err)
						}
					}
					if err := c.ChangeUser(enginetest.ClientOptions{User: a.User, Password: "wrong-secret"}); code(err) != 1045 {
						t.Errorf("%s changes with a wrong password: got %v", a.User, err)
					}
					_ = c.Close()
				}
				log := p.log.String()
				for _, a := range list {
					for _, secret := range []string{"-secret", a.Hash, fmt.Sprintf("%x", a.User+"-secret"), fmt.Sprint([]byte(a.User + "-secret"))} {
						if strings.Contains(log, secret) {
							t.Errorf("the log has %q", secret)
						}
					}
				}
			})
		})
	}
}

// Ensure that who logs in by ed25519, where the proxy could not log in to servers
// then, is told at once what, where and what to do, whatever the router; that this
// is no failed login, and that a wrong password is not told so.
func TestEd25519RevealsNothing(t *testing.T) {
	for listener, address := range map[string]string{splitListener: splitAddress, connListener: connAddress} {
		bubble(t, func(t *testing.T, p *proxy) {
			p.accounts(auth.Account{User: "ed", Host: "10.%", Plugin: "ed25519"}, auth.Account{User: "ed", Host: "%", Plugin: "ed25519", Hash: auth.Ed25519Hash("right")})
			time.Sleep(time.Minute)
			for range 3 {
				err := p.login(address, "ed", "right")
				if code(err) != 1524 {
					t.Errorf("got %v, want error 1524", err)
				}
				for _, part := range []string{"(HY000): account 'ed'@'%' at listener ", "-Listener: the password is right", "ed25519", "ed_mode=sha256", "user_mapping_file"} {
					if !strings.Contains(fmt.Sprint(err), part) {
						t.Errorf("%v: does not say %q", err, part)
					}
				}
			}
			if err := p.login(address, "ed", "wrong"); code(err) != 1045 {
				t.Errorf("got %v, want error 1045", err)
			}
			if strings.Contains(p.log.String(), "log in as 'ed'") {
				t.Error("a server was asked")
			}
		}, listener, "authenticator=ed25519,mysql_native_password\n"+listener, "[maxscale]", "[maxscale]\nmax_auth_errors_until_block=2")
	}
}

// Ensure that a session whose client the server alone has proved goes on, and
// says why it cannot be restarted.
func TestRelayRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, connListener, "authenticator=passthrough\n"+connListener)
		defer p.stop()
		c := p.connect(connAddress)
		defer c.Close()
		s, err := p.Session(uint64(c.ID))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Restart("test"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := s.Info().RestartErr; !strings.Contains(got, "user_mapping_file") {
			t.Errorf("got %q", got)
		}
		if _, err := c.Query("SELECT 1"); err != nil {
			t.Error(err)
		}
		// Nobody could log in as the client to stop its statement.
		done := make(chan error, 1)
		go func() {
			_, err := c.Query("SLEEP 60")
			done <- err
		}()
		synctest.Wait()
		if err := s.CancelStatement("test"); err != nil {
			t.Error(err)
		}
		if err := <-done; code(err) != 1317 {
			t.Errorf("got %v, want error 1317", err)
		}
		if got := p.primary.Statements(); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "service: KILL QUERY") }) {
			t.Errorf("nobody has stopped the statement: %q", got)
		}
	})
}

// Ensure that accounts are read again for a client that cannot log in, at most
// once in users_refresh_time unless that helps.
func TestAccountsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, "[maxscale]", "[maxscale]\nmax_auth_errors_until_block=0")
		defer p.stop()
		reads := func() (n int) {
			for _, s := range p.primary.Statements() {
				if strings.Contains(s, "mysql.user") {
					n++
				}
			}
			return n
		}
		before := reads()
		for i := range 3 { // each of them is let in at once
			user := fmt.Sprint("new", i)
			p.accounts(auth.Account{User: user, Host: "%", Hash: auth.HashOf("pw").String()})
			if err := p.login(splitAddress, user, "pw"); err != nil {
				t.Errorf("%s: %v", user, err)
			}
		}
		if got := reads() - before; got != 3 {
			t.Errorf("accounts were read %d times, want 3", got)
		}
		before = reads()
		for range 10 {
			if err := p.login(splitAddress, "nobody", "pw"); code(err) != 1045 {
				t.Errorf("got %v", err)
			}
		}
		if got := reads() - before; got != 1 {
			t.Errorf("ten refused logins read the accounts %d times, want once", got)
		}
		time.Sleep(30 * time.Second)
		p.accounts(auth.Account{User: "new2", Host: "%", Hash: auth.HashOf("other").String()})
		if err := p.login(splitAddress, "new2", "other"); err != nil {
			t.Errorf("a changed password: %v", err)
		}
	})
}

// Ensure that locked and expired accounts are refused, after their proof only,
// and that unlocking helps at once.
func TestAccountStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, "retain_last_statements=5", "users_refresh_time=0s")
		defer p.stop()
		locked := auth.Account{User: "locked", Host: "%", Hash: auth.HashOf("pw").String(), Locked: true}
		expired := auth.Account{User: "expired", Host: "%", Hash: auth.HashOf("pw").String(), Expired: true}
		p.accounts(locked, expired)
		for _, tt := range []struct {
			user, password string
			want           uint16
		}{{"locked", "pw", 4151}, {"locked", "wrong", 1045}, {"expired", "pw", 1862}, {"expired", "wrong", 1045}} {
			if err := p.login(splitAddress, tt.user, tt.password); code(err) != tt.want {
				t.Errorf("%s: got %v, want error %d", tt.user, err, tt.want)
			}
		}
		locked.Locked = false
		p.accounts(locked)
		if err := p.login(splitAddress, "locked", "pw"); err != nil {
			t.Errorf("unlocked: %v", err)
		}
	})
}

func TestAccountsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "accounts.json")
	text := fmt.Sprintf(`{"user":[
		{"user":"app","host":"127.0.0.%%","password":%q,"plugin":"mysql_native_password","default_role":"r"},
		{"user":"other","host":"10.0.0.1","password":%q,"global_db_priv":true},
		{"user":"r","is_role":true}],
		"db":[{"user":"app","host":"%%","db":"sh%%"},{"user":"r","host":"","db":"by_role"}],
		"roles_mapping":[{"user":"app","host":"%%","role":"r"}]}`, auth.HashOf("app"), auth.HashOf("other"))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		only := "router=readwritesplit\nuser_accounts_file=" + file + "\nuser_accounts_file_usage=file_only_always\nlog_auth_warnings=false"
		p := start(t, "router=readwritesplit", only)
		defer p.stop()
		for _, tt := range []struct {
			user, database string
			want           uint16
		}{{"app", "", 0}, {"app", "shop", 0}, {"app", "by_role", 0}, {"app", "mysql", 1044}, {"other", "", 1045}, {"service", "", 1045}} {
			c, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{User: tt.user, Password: tt.user, Database: tt.database})
			if code(err) != tt.want || (err == nil) != (tt.want == 0) {
				t.Errorf("%s in %q: got %v, want error %d", tt.user, tt.database, err, tt.want)
			}
			if err == nil {
				_ = c.Close()
			}
		}
		if log := p.log.String(); strings.Contains(log, "is refused") {
			t.Errorf("log_auth_warnings is off: %s", log)
		}
	})
}

// Ensure that a client on this host does not pass for any host when it must
// not, and that the accounts of all servers count when they are to.
func TestAccountOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, "router=readwritesplit", "router=readwritesplit\nlocalhost_match_wildcard_host=false",
			"router=readconnroute", "router=readconnroute\nauth_all_servers=true", "retain_last_statements=5", "users_refresh_time=0s")
		defer p.stop()
		there := auth.Account{User: "there", Host: "%", Hash: auth.HashOf("pw").String()}
		p.replica.SetAccounts(append(slices.Clone(p.replica.Accounts), there))
		if err := p.login(splitAddress, "app", "app"); code(err) != 1045 {
			t.Errorf("app@%% from this host: got %v", err)
		}
		if err := p.login(connAddress, "app", "app"); err != nil {
			t.Error(err)
		}
		err := p.login(connAddress, "there", "pw")
		if code(err) != 1045 || strings.Contains(err.Error(), "@") {
			t.Errorf("got %v, want the primary's refusal", err)
		}
	})
}

// Ensure that an account whose plugin only servers can judge is proved by a
// server, and that credentials of a file do not stand in for that.
func TestUnjudgedAccount(t *testing.T) {
	dir := t.TempDir()
	accounts, mapping := filepath.Join(dir, "accounts.json"), filepath.Join(dir, "mapping.json")
	for file, text := range map[string]string{
		accounts: `{"user":[{"user":"app","host":"%","plugin":"pam","global_db_priv":true},{"user":"other","host":"%","plugin":"pam"}]}`,
		mapping:  `{"user_map":[{"original_user":"other","mapped_user":"app"}],"server_credentials":[{"mapped_user":"app","password":"app"}]}`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		p := start(t, "router=readwritesplit", "router=readwritesplit\nuser_accounts_file="+accounts+"\nuser_accounts_file_usage=file_only_always",
			splitListener, "authenticator=caching_sha2_password\nuser_mapping_file="+mapping+"\n"+splitListener)
		defer p.stop()
		for i, password := range []string{"app", "app", "wrong", "app"} {
			if err := p.login(splitAddress, "app", password); (err == nil) != (password == "app") || err != nil && code(err) != 1045 {
				t.Errorf("login %d: got %v", i, err)
			}
		}
		for _, password := range []string{"other", "app", "wrong"} {
			if err := p.login(splitAddress, "other", password); code(err) != 1045 {
				t.Errorf("mapped without a proof, password %s: got %v", password, err)
			}
		}
		// A password that servers do not take any more is not remembered.
		p.accounts(auth.Account{User: "app", Host: "%", Hash: auth.HashOf("new").String()})
		for _, tt := range []struct {
			password string
			good     bool
		}{{"app", false}, {"new", true}, {"new", true}, {"app", false}} {
			if err := p.login(splitAddress, "app", tt.password); (err == nil) != tt.good {
				t.Errorf("after the change, %s: got %v", tt.password, err)
			}
		}
	})
}

// Ensure that a client that sends a header slowly, or half of one, costs
// nothing but its own session, and that other bytes are refused.
func TestProxyHeaderHostile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, splitListener, "proxy_protocol_networks=*\n"+splitListener)
		defer p.stop()
		good := p.connect(splitAddress)
		defer good.Close()
		for _, header := range []string{"PROXY TCP4 1.2", "\r\n\r\n\x00\r\nQUIT\n\x21", "PROXZ", strings.Repeat("PROXY ", 100)} {
			nc, err := p.net.Dial(t.Context(), "tcp", splitAddress)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := nc.Write([]byte(header)); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			time.Sleep(15 * time.Second)
			synctest.Wait()
			if n := len(p.Sessions()); n != 1 {
				t.Errorf("%q: %d sessions are left, want 1", header, n)
			}
			_ = nc.Close()
		}
		if _, err := good.Query("SELECT 1"); err != nil {
			t.Error(err)
		}
		c, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{
			User: "app", Password: "app", Header: "PROXY TCP6 2001:db8::7 ::1 1234 4006\r\n",
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		synctest.Wait()
		s, err := p.Session(uint64(c.ID))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Info().Remote.String(); got != "[2001:db8::7]:1234" {
			t.Errorf("the session is from %s", got)
		}
	})
}

// Ensure that a client that stops in the middle of COM_CHANGE_USER loses its
// session as one that does so at the beginning.
func TestChangeUserStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		defer p.stop()
		c := p.connect(splitAddress)
		defer c.Conn.Close()
		change := wire.ChangeUser{User: "other", Collation: 45}
		if err := c.Send(change.Append(nil, wire.ClientProtocol41|wire.ClientSecureConnection|wire.ClientPluginAuth|wire.ClientConnectAttrs)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if n := len(p.Sessions()); n != 1 {
			t.Errorf("%d sessions after 9 s, want 1", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := len(p.Sessions()); n != 0 {
			t.Errorf("%d sessions after 11 s, want none", n)
		}
	})
}
