//go:build !js

package main

import (
	"crypto/tls"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// This file runs the whole program in front of a real MySQL.

// mysqlListeners are listeners of both routers, by how they let in the accounts of
// a MySQL.
func mysqlListeners(secured string) map[string]string {
	return map[string]string{
		"SHA": "RW\nauthenticator=caching_sha2_password", "SHA-TLS": "RW\nauthenticator=caching_sha2_password" + secured,
		"Clear": "RW\nauthenticator=mysql_clear_password" + secured, "Read-SHA": "Read\nauthenticator=caching_sha2_password",
		"Read-TLS": "Read\nauthenticator=caching_sha2_password" + secured, "Pass": "RW\nauthenticator=passthrough" + secured,
	}
}

// Ensure that accounts of MySQL log in at each way, the first time with the whole
// exchange of caching_sha2_password and then with its short one, towards a server
// with TLS and without.
func TestMySQLLogins(t *testing.T) {
	m := enginetest.StartMySQL(t)
	root(t, m,
		"CREATE USER `locked`@'%' IDENTIFIED BY 'locked-pw' ACCOUNT LOCK",
		"CREATE USER `none`@'%' IDENTIFIED BY 'none-pw'",
		"CREATE USER sha@'%' IDENTIFIED WITH sha256_password BY 'sha-pw'", "GRANT ALL ON app.* TO sha@'%'",
		"CREATE ROLE reader, everywhere, outer_role", "GRANT SELECT ON app.* TO reader", "GRANT reader TO outer_role", "GRANT SELECT ON *.* TO everywhere",
		"CREATE USER roled@'%' IDENTIFIED BY 'roled-pw' DEFAULT ROLE outer_role",
		"CREATE USER roles@'%' IDENTIFIED BY 'roles-pw' DEFAULT ROLE everywhere, outer_role",
		"CREATE USER app2@'%' IDENTIFIED BY 'app2-pw'", "GRANT ALL ON app.* TO app2@'%'",
	)
	authority := enginetest.NewAuthority(t)
	cert, key := authority.Issue(t, "proxy")
	pool := &tls.Config{RootCAs: authority.Pool(t), ServerName: "127.0.0.1"}
	for _, server := range []string{"", "ssl=true"} {
		listeners := mysqlListeners("\nssl=true\nssl_cert=" + cert + "\nssl_key=" + key)
		listeners["Relay"] = "Read\nauthenticator=passthrough"
		if server != "" { // nothing is relayed from one that is secret to one that is not
			listeners["Relay"] += "\nssl=true\nssl_cert=" + cert + "\nssl_key=" + key
		}
		p := start(t, "-config", loginSite(t, m, server, listeners))
		for listener, parameters := range listeners {
			root(t, m, "FLUSH PRIVILEGES") // the server forgets who has logged in
			for _, tt := range []struct{ user, password, database, want string }{
				{"app2", "app2-pw", "app", "app2@%"},
				{"app2", "app2-pw", "app", "app2@%"},
				{"app2", "wrong", "app", "1045"},
				{"nobody", "wrong", "app", "1045"},
				{"locked", "locked-pw", "", "locked"},
				{"sha", "sha-pw", "app", "sha@%"},
				{"sha", "wrong", "app", "1045"},
				{"none", "none-pw", "", "none@%"},
				{"none", "none-pw", "app", "1044"},
				{"roled", "roled-pw", "app", "roled@%"},
				{"roles", "roles-pw", "mysql", "roles@%"},
			} {
				c := mysql.Config{User: tt.user, Passwd: tt.password, DBName: tt.database}
				if strings.Contains(parameters, "ssl=true") {
					c.TLS = pool
				}
				who, err := loginAs(t, listenerAddress(p.engine, listener), c)
				if got := outcome(who, err); !strings.Contains(got, tt.want) {
					t.Errorf("server with %q, %s as %s to %q: got %s, want %s", server, listener, tt.user, tt.database, got, tt.want)
				}
			}
		}
	}
}

// Ensure that the mysql client compresses by zstd and gets what it sent.
func TestMySQLZstd(t *testing.T) {
	client := os.Getenv("SIGNALBOX_MYSQL")
	if client == "" {
		t.Skip("no client of MySQL: SIGNALBOX_MYSQL names no program")
	}
	m := enginetest.StartMySQL(t)
	p := start(t, "-config", loginSite(t, m, "", map[string]string{
		"SHA": "RW\nauthenticator=caching_sha2_password", "Read-SHA": "Read\nauthenticator=caching_sha2_password", "Pass": "Read\nauthenticator=passthrough",
	}))
	for _, listener := range []string{"SHA", "Read-SHA", "Pass"} {
		host, port, _ := net.SplitHostPort(listenerAddress(p.engine, listener))
		command := exec.CommandContext(t.Context(), client, "--no-defaults", "--protocol=tcp", "--host="+host, "--port="+port,
			"--user="+enginetest.AppUser, "--password="+enginetest.AppPassword, "--get-server-public-key", "--compression-algorithms=zstd", "-NB", "app")
		command.Stdin = strings.NewReader("SELECT REPEAT('signal', 100000) = '" + strings.Repeat("signal", 100_000) + "', LENGTH(REPEAT('box', 1000000)), REPEAT('x', 1000000)")
		out, err := command.Output()
		if got, want := strings.TrimSpace(string(out)), "1\t3000000\t"+strings.Repeat("x", 1_000_000); err != nil || got != want {
			t.Errorf("%s: got %.200q, %v", listener, got, err)
		}
	}
}
