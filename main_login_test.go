//go:build !js

package main

import (
	"context"
	"crypto/tls"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// This file logs in to the whole program in front of a real MariaDB, by Go's
// driver and by the mariadb client.

// loginSite writes a configuration for one server, whose parameters come from
// server, with the given listeners: "name service" and further parameters.
func loginSite(t *testing.T, m *enginetest.MariaDB, server string, listeners map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	var b strings.Builder
	fmt.Fprintf(&b, "[maxscale]\nadmin_host=127.0.0.1\nadmin_port=8989\ndatadir=%s\nlogdir=%s\nmax_auth_errors_until_block=0\n", dir, dir)
	fmt.Fprintf(&b, "[server1]\ntype=server\naddress=%s\nport=%d\n%s\n", m.Host, m.Port, server)
	fmt.Fprintf(&b, "[Monitor]\ntype=monitor\nmodule=mariadbmon\nservers=server1\nuser=%s\npassword='%s'\nmonitor_interval=200ms\n", enginetest.MonitorUser, enginetest.MonitorPassword)
	for name, router := range map[string]string{"RW": "readwritesplit", "Read": "readconnroute"} {
		fmt.Fprintf(&b, "[%s]\ntype=service\nrouter=%s\nservers=server1\nuser=%s\npassword=%s\n", name, router, enginetest.ServiceUser, enginetest.ServicePassword)
	}
	for name, text := range listeners {
		service, parameters, _ := strings.Cut(text, "\n")
		fmt.Fprintf(&b, "[%s]\ntype=listener\nservice=%s\n%s\n", name, service, parameters)
		if !strings.Contains(parameters, "socket=") {
			fmt.Fprintf(&b, "address=127.0.0.1\nport=%s\n", free(t))
		}
	}
	file := filepath.Join(dir, "signalbox.cnf")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// loginAs logs in by Go's driver and asks who it is.
func loginAs(t *testing.T, address string, c mysql.Config) (who string, err error) {
	t.Helper()
	m := mysql.NewConfig()
	m.User, m.Passwd, m.DBName, m.TLS = c.User, c.Passwd, c.DBName, c.TLS
	m.Net, m.Addr, m.Logger, m.AllowCleartextPasswords = "tcp", address, &mysql.NopLogger{}, true
	connector, err := mysql.NewConnector(m)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err = db.QueryRowContext(ctx, "SELECT CURRENT_USER()").Scan(&who)
	return who, err
}

// clientAs is loginAs by the mariadb client.
func clientAs(t *testing.T, address string, c mysql.Config, ca string) (string, error) {
	t.Helper()
	host, port, _ := net.SplitHostPort(address)
	arguments := []string{
		"--no-defaults", "--protocol=tcp", "--host=" + host, "--port=" + port, "--user=" + c.User, "--password=" + c.Passwd,
		"--skip-column-names", "--batch", "--connect-timeout=20", "--execute=SELECT CURRENT_USER()",
	}
	if c.TLS != nil {
		arguments = append(arguments, "--ssl-ca="+ca, "--ssl-verify-server-cert")
	} else {
		arguments = append(arguments, "--skip-ssl")
	}
	if c.DBName != "" {
		arguments = append(arguments, c.DBName)
	}
	out, err := exec.CommandContext(t.Context(), "mariadb", arguments...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// Ensure that every way to log in works, and says what is wrong when it cannot.
func TestRealLogins(t *testing.T) {
	m := enginetest.StartMariaDB(t)
	root(t, m,
		"INSTALL SONAME 'auth_ed25519'",
		"CREATE DATABASE other",
		"CREATE USER nat@'%' IDENTIFIED BY 'nat-pw'", "GRANT ALL ON app.* TO nat@'%'",
		"CREATE USER ed@'%' IDENTIFIED VIA ed25519 USING PASSWORD('ed-pw')", "GRANT ALL ON app.* TO ed@'%'",
		"CREATE USER backend@'%' IDENTIFIED BY 'backend-pw'", "GRANT ALL ON app.* TO backend@'%'",
		"CREATE USER locked@'%' IDENTIFIED BY 'locked-pw' ACCOUNT LOCK",
		"CREATE USER expired@'%' IDENTIFIED BY 'expired-pw' PASSWORD EXPIRE",
		"CREATE USER tlsonly@'%' IDENTIFIED BY 'tlsonly-pw' REQUIRE SSL",
		"CREATE USER nodb@'%' IDENTIFIED BY 'nodb-pw'",
		"CREATE ROLE reader", "GRANT SELECT ON app.* TO reader", "CREATE ROLE outer_role", "GRANT reader TO outer_role",
		"CREATE USER roled@'%' IDENTIFIED BY 'roled-pw'", "GRANT outer_role TO roled@'%'", "SET DEFAULT ROLE outer_role FOR roled@'%'",
		"CREATE USER ''@'%' IDENTIFIED BY 'anonymous-pw'", "GRANT ALL ON app.* TO ''@'%'",
		"SET GLOBAL disconnect_on_expired_password=1",
	)
	authority := enginetest.NewAuthority(t)
	cert, key := authority.Issue(t, "proxy")
	secured := "\nssl=true\nssl_cert=" + cert + "\nssl_key=" + key
	mapping := filepath.Join(t.TempDir(), "mapping.json")
	if err := os.WriteFile(mapping, []byte(`{"user_map":[{"original_user":"ed","mapped_user":"backend"}],
		"server_credentials":[{"mapped_user":"backend","password":"backend-pw","plugin":"mysql_native_password"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "-config", loginSite(t, m, "", map[string]string{
		"Native":     "RW",
		"Native-TLS": "RW" + secured,
		"Ed":         "RW\nauthenticator=Ed25519Auth",
		"Ed-SHA":     "RW\nauthenticator=ed25519,mysql_native_password\nauthenticator_options=ed_mode=sha256" + secured,
		"Ed-RSA":     "RW\nauthenticator=ed25519\nauthenticator_options=ed_mode=sha256",
		"Ed-Map":     "RW\nauthenticator=ed25519,MariaDBAuth\nuser_mapping_file=" + mapping,
		"SHA":        "RW\nauthenticator=caching_sha2_password" + secured,
		"SHA-RSA":    "RW\nauthenticator=caching_sha2_password",
		"Clear":      "RW\nauthenticator=mysql_clear_password" + secured,
		"Relay":      "Read\nauthenticator=passthrough",
		"Pass":       "RW\nauthenticator=passthrough" + secured,
		"Pass-Clear": "Read\nauthenticator_options=clear_pw_passthrough=true" + secured,
	}))
	pool := &tls.Config{RootCAs: authority.Pool(t), ServerName: "127.0.0.1"}
	tests := []struct {
		listener, user string
		password       string // "" for user-pw
		database       string
		tls            bool
		want           string // CURRENT_USER(), or part of the error
	}{
		{"Native", "nat", "", "app", false, "nat@%"},
		{"Native", "nat", "wrong", "", false, "1045"},
		{"Native", "ed", "", "", false, "not allowed by the listener"},
		{"Native", "locked", "", "", false, "4151"},
		{"Native", "locked", "wrong", "", false, "1045"},
		{"Native", "expired", "", "", false, "1862"},
		{"Native", "nodb", "", "", false, "nodb@%"},
		{"Native", "nodb", "", "other", false, "Access denied for user 'nodb'@'%' to database 'other'"},
		{"Native", "nodb", "", "app", false, "nodb@%"}, // the anonymous user's rights are everybody's
		{"Native", "roled", "", "other", false, "1044"},
		{"Native", "roled", "", "app", false, "roled@%"},
		{"Native", "whoever", "anonymous-pw", "app", false, "@%"},
		{"Native", "root", "root-pw", "", false, "1045"},
		{"Native", "tlsonly", "", "", false, "1045"},
		{"Native", "nat", "", "", true, "TLS"},
		{"Native-TLS", "nat", "", "app", true, "nat@%"},
		{"Native-TLS", "nat", "", "", false, "connect with TLS"},
		{"Ed", "ed", "", "", false, "user_mapping_file"},
		{"Ed-SHA", "ed", "", "app", true, "ed@%"},
		{"Ed-SHA", "ed", "", "app", true, "ed@%"},
		{"Ed-SHA", "ed", "wrong", "", true, "1045"},
		{"Ed-SHA", "nat", "", "", true, "nat@%"},
		{"Ed-RSA", "ed", "", "app", false, "ed@%"},
		{"Ed-RSA", "ed", "", "app", false, "ed@%"},
		{"Ed-RSA", "ed", "wrong", "", false, "1045"},
		{"Ed-Map", "ed", "", "app", false, "backend@%"},
		{"Ed-Map", "ed", "wrong", "", false, "1045"},
		{"Ed-Map", "nat", "", "", false, "nat@%"},
		{"SHA", "ed", "", "", true, "ed@%"},
		{"SHA", "nat", "", "", true, "nat@%"},
		{"SHA", "nat", "", "", true, "nat@%"},
		{"SHA", "nat", "wrong", "", true, "1045"},
		{"SHA", "nobody", "x", "", true, "1045"},
		{"SHA-RSA", "nat", "", "", false, "nat@%"},
		{"SHA-RSA", "ed", "", "", false, "ed@%"},
		{"Clear", "nat", "", "", true, "nat@%"},
		{"Clear", "ed", "", "", true, "ed@%"},
		{"Clear", "ed", "wrong", "", true, "1045"},
		{"Clear", "ed", "", "", false, "connect with TLS"},
		{"Relay", "nat", "", "app", false, "nat@%"},
		{"Relay", "ed", "", "app", false, "ed@%"},
		{"Relay", "ed", "wrong", "", false, "1045"},
		{"Relay", "nodb", "", "other", false, "1044"},
		{"Relay", "root", "root-pw", "", false, "1045"},
		{"Pass", "nat", "", "app", true, "nat@%"},
		{"Pass", "ed", "", "", true, "ed@%"},
		{"Pass", "ed", "wrong", "", true, "1045"},
		{"Pass", "locked", "", "", true, "4151"},
		{"Pass-Clear", "ed", "", "", true, "ed@%"},
		{"Pass-Clear", "ed", "wrong", "", true, "1045"},
	}
	for _, tt := range tests {
		c := mysql.Config{User: tt.user, Passwd: tt.password, DBName: tt.database}
		if c.Passwd == "" {
			c.Passwd = tt.user + "-pw"
		}
		if tt.tls {
			c.TLS = pool
		}
		address := listenerAddress(p.engine, tt.listener)
		byDriver, driverErr := loginAs(t, address, c)
		byClient, clientErr := clientAs(t, address, c, authority.File())
		for by, got := range map[string]string{
			"driver": outcome(byDriver, driverErr), "mariadb": outcome(byClient, clientErr),
		} {
			if strings.Contains(tt.want, "@") && !strings.Contains(tt.want, " ") && got != tt.want || !strings.Contains(got, tt.want) {
				t.Errorf("%s as %s (password %s, tls %t) by %s: got %s, want %s", tt.listener, tt.user, c.Passwd, tt.tls, by, got, tt.want)
			}
		}
	}
}

// Ensure that passwords travel in the clear over a UNIX socket, by which nobody
// can listen.
func TestRealSocket(t *testing.T) {
	m := enginetest.StartMariaDB(t)
	dir, err := os.MkdirTemp("", "sbx") // a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	listeners := map[string]string{}
	for name, parameters := range map[string]string{
		"native": "", "sha": "authenticator=caching_sha2_password", "clear": "authenticator=mysql_clear_password", "pass": "authenticator=passthrough",
	} {
		listeners[name] = "RW\nsocket=" + filepath.Join(dir, name) + "\n" + parameters
	}
	start(t, "-config", loginSite(t, m, "", listeners))
	for name := range listeners {
		socket := filepath.Join(dir, name)
		for password, want := range map[string]string{enginetest.AppPassword: "app@%", "wrong": "1045"} {
			out, clientErr := exec.CommandContext(t.Context(), "mariadb", "--no-defaults", "--socket="+socket, "--user=app", "--password="+password,
				"--skip-column-names", "--batch", "--execute=SELECT CURRENT_USER()").CombinedOutput()
			if !strings.Contains(string(out), want) {
				t.Errorf("%s by mariadb: got %s, %v; want %s", name, out, clientErr, want)
			}
			db, err := sql.Open("mysql", "app:"+password+"@unix("+socket+")/?allowCleartextPasswords=true")
			if err != nil {
				t.Fatal(err)
			}
			var who string
			err = db.QueryRowContext(t.Context(), "SELECT CURRENT_USER()").Scan(&who)
			_ = db.Close()
			if got := outcome(who, err); !strings.Contains(got, want) {
				t.Errorf("%s by driver: got %s, want %s", name, got, want)
			}
		}
	}
}

// Ensure that the C client changes the user by every method.
func TestRealChangeUser(t *testing.T) {
	program, err := exec.LookPath("mariadb-test")
	if err != nil {
		t.Skipf("no mariadb-test: %v", err)
	}
	m := enginetest.StartMariaDB(t)
	root(t, m,
		"INSTALL SONAME 'auth_ed25519'",
		"CREATE USER nat@'%' IDENTIFIED BY 'nat-pw'", "GRANT ALL ON app.* TO nat@'%'",
		"CREATE USER ed@'%' IDENTIFIED VIA ed25519 USING PASSWORD('ed-pw')", "GRANT ALL ON app.* TO ed@'%'",
		"CREATE USER backend@'%' IDENTIFIED BY 'backend-pw'", "GRANT ALL ON app.* TO backend@'%'",
	)
	authority := enginetest.NewAuthority(t)
	cert, key := authority.Issue(t, "proxy")
	secured := "\nssl=true\nssl_cert=" + cert + "\nssl_key=" + key
	mapping := filepath.Join(t.TempDir(), "mapping.json")
	if err := os.WriteFile(mapping, []byte(`{"user_map":[{"original_user":"ed","mapped_user":"backend"}],
		"server_credentials":[{"mapped_user":"backend","password":"backend-pw"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "-config", loginSite(t, m, "", map[string]string{
		"Native": "RW", "Ed-SHA": "RW\nauthenticator=ed25519\nauthenticator_options=ed_mode=sha256" + secured,
		"Ed-Map": "RW\nauthenticator=ed25519,MariaDBAuth\nuser_mapping_file=" + mapping,
		"SHA":    "RW\nauthenticator=caching_sha2_password" + secured,
		"Clear":  "RW\nauthenticator=mysql_clear_password" + secured,
		"Pass":   "RW\nauthenticator=passthrough" + secured,
		"Relay":  "Read\nauthenticator=passthrough",
	}))
	for _, tt := range []struct{ listener, first, second, want string }{
		{"Native", "nat", "backend", "nat@% backend@%"},
		{"Native", "backend", "nat", "backend@% nat@%"},
		{"Ed-SHA", "ed", "ed", "ed@% ed@%"},
		{"Ed-Map", "nat", "ed", "nat@% backend@%"},
		{"Ed-Map", "ed", "nat", "backend@% nat@%"},
		{"SHA", "nat", "ed", "nat@% ed@%"},
		{"Clear", "nat", "ed", "nat@% ed@%"},
		{"Pass", "ed", "nat", "ed@% nat@%"},
		{"Relay", "nat", "ed", "nat@% ed@%"},
	} {
		host, port, _ := net.SplitHostPort(listenerAddress(p.engine, tt.listener))
		command := exec.CommandContext(t.Context(), program, "--no-defaults", "--silent", "--protocol=tcp", "--host="+host, "--port="+port,
			"--user="+tt.first, "--password="+tt.first+"-pw", "--database=app", "--tmpdir="+t.TempDir(), "--logdir="+t.TempDir())
		command.Dir = t.TempDir()
		if strings.Contains("Ed-SHA,SHA,Clear,Pass", tt.listener) {
			command.Args = append(command.Args, "--ssl-ca="+authority.File())
		}
		command.Stdin = strings.NewReader(fmt.Sprintf("--disable_query_log\n--disable_column_names\nSELECT CURRENT_USER();\nchange_user %s,%s-pw,app;\nSELECT CURRENT_USER();\n", tt.second, tt.second))
		out, err := command.CombinedOutput()
		if got := strings.Join(strings.Fields(string(out)), " "); err != nil || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s to %s: got %s, %v; want %s", tt.listener, tt.first, tt.second, got, err, tt.want)
		}
	}
}

func outcome(who string, err error) string {
	if err != nil {
		return err.Error()
	}
	return who
}
