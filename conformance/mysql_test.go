package conformance

import (
	"os"
	"slices"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// mysqlSuites are those of clients that also speak with MySQL.
var mysqlSuites = []string{"mysql2", "php", "go-sql-driver"}

// Ensure that clients see of a MySQL through each router what they see without a
// proxy. SIGNALBOX_MYSQLD names the program of the server.
func TestMySQL(t *testing.T) {
	program := os.Getenv("SIGNALBOX")
	if program == "" {
		t.Skip("SIGNALBOX names no program; .ci/conformance.sh does")
	}
	_ = mysql.SetLogger(&mysql.NopLogger{})
	m := enginetest.StartMySQL(t, "--tls-version=") // which the listeners do not have either
	b := &bench{
		results: resultsFolder(t),
		direct:  way{name: "direct", addr: m.Addr(), server: m},
		conn:    way{name: "readconnroute", service: "Conn", addr: free(t), server: m},
		split:   way{name: "readwritesplit", service: "Split", addr: free(t), server: m},
	}
	dir := t.TempDir()
	c := newSetup(t, dir)
	c.listener = "authenticator=caching_sha2_password\n"
	servers := c.twice("mysql", m)
	c.service(b.conn, "readconnroute\nrouter_options=master", servers)
	c.service(b.split, "readwritesplit", servers)
	startProxy(t, b, program, c.write(t, dir), []way{b.conn, b.split})
	b.compare(t, slices.DeleteFunc(slices.Clone(suites), func(s suite) bool { return !slices.Contains(mysqlSuites, s.name) }))
}
