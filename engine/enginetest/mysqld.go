package enginetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mysqlEnv names the program of a MySQL server, which Debian's stable releases
// have no package of.
const mysqlEnv = "SIGNALBOX_MYSQLD"

// StartMySQL starts a server of MySQL 8 or later as StartMariaDB does one of
// MariaDB, and skips the test when SIGNALBOX_MYSQLD names no program. The accounts
// are the same, but that all of them use caching_sha2_password.
func StartMySQL(t testing.TB, options ...string) *MariaDB {
	t.Helper()
	program := os.Getenv(mysqlEnv)
	if program == "" {
		t.Skip("no real MySQL: " + mysqlEnv + " names no program")
	}
	m := &MariaDB{Host: "127.0.0.1", id: 1, mysqld: program, options: options}
	m.settle(t)
	script := filepath.Join(m.dir, "accounts.sql")
	if err := os.WriteFile(script, []byte(mysqlAccounts()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, append(mysqlArguments(m.dir), "--initialize-insecure", "--init-file="+script)...).CombinedOutput(); err != nil {
		t.Fatalf("%s --initialize-insecure: %v: %s", program, err, out)
	}
	m.Start(t)
	return m
}

// mysqlAccounts makes the accounts, one statement a line.
func mysqlAccounts() string {
	var b strings.Builder
	b.WriteString("CREATE DATABASE app;\nRENAME USER root@localhost TO root@'%';\n")
	fmt.Fprintf(&b, "ALTER USER root@'%%' IDENTIFIED WITH caching_sha2_password BY '%s';\n", rootPassword)
	for _, a := range []struct{ user, password, rights string }{
		{ServiceUser, ServicePassword, "SELECT ON mysql.*"},
		{ServiceUser, "", "SHOW DATABASES, CONNECTION_ADMIN ON *.*"},
		{MonitorUser, MonitorPassword, "REPLICATION CLIENT, RELOAD, PROCESS ON *.*"},
		{AppUser, AppPassword, "ALL ON app.*"},
	} {
		if a.password != "" {
			fmt.Fprintf(&b, "CREATE USER '%s'@'%%' IDENTIFIED WITH caching_sha2_password BY '%s';\n", a.user, a.password)
		}
		fmt.Fprintf(&b, "GRANT %s TO '%s'@'%%';\n", a.rights, a.user)
	}
	return b.String()
}

// mysqlArguments are commonArguments for MySQL.
func mysqlArguments(dir string) []string {
	arguments := []string{
		"--no-defaults", "--datadir=" + filepath.Join(dir, "data"), "--mysqlx=OFF", "--secure-file-priv=",
		"--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=16M", "--innodb-redo-log-capacity=16M",
	}
	if os.Geteuid() == 0 {
		arguments = append(arguments, "--user=root")
	}
	return arguments
}
