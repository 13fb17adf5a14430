package conformance

import (
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// mainOptions make a server what MariaDB's test driver makes it
// (mysql-test/include/default_mysqld.cnf).
var mainOptions = []string{
	"--skip-log-bin", "--skip-log-slave-updates", "--skip-name-resolve=0", "--character-set-server=latin1", "--default-storage-engine=myisam", "--use-stat-tables=preferably",
	"--histogram-type=json_hb", "--sort-buffer-size=256K", "--max-heap-table-size=1M", "--log-bin-trust-function-creators=1", "--log-basename=mysqld",
	"--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=2", "--max-connections=151", "--back-log=80", "--max-allowed-packet=16M",
	"--slave-net-timeout=120", "--plugin-maturity=unknown", "--connect-timeout=60", "--secure-file-priv=",
}

// startMain starts the servers of the main suite: each way has its own, and all
// have the same past.
func startMain(t *testing.T) []way {
	t.Helper()
	ways := []way{{name: "direct"}, {name: "readconnroute", service: "MainConn"}, {name: "readwritesplit", service: "MainSplit"}}
	t.Setenv("TZ", "GMT-3") // as MariaDB's test driver does
	defer os.Setenv("TMPDIR", os.TempDir())
	for i := range ways {
		w := &ways[i]
		w.dir = t.TempDir()
		t.Setenv("TMPDIR", w.dir) // where the server's folder is made: many tests know it by ../..
		w.server = enginetest.StartMariaDB(t, mainOptions...)
		w.addr = w.server.Addr()
		if w.service != "" {
			w.addr = free(t)
		}
	}
	return ways
}

// mainServer is a server that MariaDB's tests run on. What a test leaves behind
// is cleared away, because many tests expect a fresh server.
type mainServer struct {
	db         *sql.DB
	dir        string            // the folder of the server
	variables  map[string]string // as they were
	rightsSums map[string]string // checksums of the tables of rights as they were
}

// rightsTables are the tables of accounts and rights, which are copied at the
// beginning and brought back after each test.
var rightsTables = []string{"global_priv", "db", "tables_priv", "columns_priv", "procs_priv", "roles_mapping", "proxies_priv"}

// timeZones are the time zones that MariaDB's test driver knows.
const timeZones = "/usr/share/mysql/mysql_test_data_timezone.sql"

// newMainServer makes a server ready: root needs no password from its machine,
// as the tests expect.
func newMainServer(t *testing.T, m *enginetest.MariaDB) *mainServer {
	t.Helper()
	s := &mainServer{db: m.Open(t, root, ""), dir: filepath.Dir(m.Socket())}
	s.db.SetMaxOpenConns(1) // which stays, though the password does not
	s.do(t, "DROP USER app, replica", "CREATE USER root@localhost", "GRANT ALL ON *.* TO root@localhost WITH GRANT OPTION", "GRANT PROXY ON ''@'%' TO root@localhost WITH GRANT OPTION", "DROP DATABASE app",
		// Or a test's anonymous user of localhost would be taken for them.
		"GRANT ALL ON *.* TO "+enginetest.ServiceUser+"@localhost IDENTIFIED BY '"+enginetest.ServicePassword+"'",
		"GRANT ALL ON *.* TO "+enginetest.MonitorUser+"@localhost IDENTIFIED BY '"+enginetest.MonitorPassword+"'",
		"CREATE DATABASE mtr", "CREATE PROCEDURE mtr.add_suppression(pattern TEXT) BEGIN END")
	if out := command(t, "", nil, "mariadb", "--no-defaults", "--socket="+m.Socket(), "--user=root", "mysql", "--execute=source "+timeZones); len(out) > 0 {
		t.Fatalf("%s: %s", timeZones, out)
	}
	for _, table := range rightsTables {
		s.do(t, "CREATE TABLE mtr."+table+" AS SELECT * FROM mysql."+table)
	}
	s.do(t, "FLUSH PRIVILEGES")
	s.variables, s.rightsSums = s.globals(t), s.rights(t)
	s.restore(t)
	return s
}

func (s *mainServer) do(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := s.db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// pairs returns what a query of two columns returns.
func (s *mainServer) pairs(t *testing.T, query string) map[string]string {
	t.Helper()
	rows, err := s.db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	pairs := map[string]string{}
	for rows.Next() {
		var name string
		var value sql.NullString
		if err := rows.Scan(&name, &value); err != nil {
			t.Fatal(err)
		}
		pairs[name] = value.String
	}
	return pairs
}

func (s *mainServer) globals(t *testing.T) map[string]string {
	return s.pairs(t, "SELECT VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES")
}

// sessionsWait is how long a session may take to end after its client has gone.
const sessionsWait = 5 * time.Second

// restore brings back databases, accounts, rights and variables.
func (s *mainServer) restore(t *testing.T) {
	t.Helper()
	const others = "SELECT ID, USER FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER NOT IN ('system user', 'event_scheduler', '" + enginetest.MonitorUser + "', '" + enginetest.ServiceUser + "')"
	for end := time.Now().Add(sessionsWait); ; time.Sleep(2 * time.Millisecond) {
		sessions := s.pairs(t, others)
		if len(sessions) == 0 {
			break
		}
		if time.Now().After(end) {
			for id := range sessions {
				_, _ = s.db.Exec("KILL HARD " + id) // it may have ended since
			}
		}
	}
	for name, value := range s.globals(t) {
		if was, ok := s.variables[name]; ok && was != value {
			if _, err := strconv.ParseFloat(was, 64); err != nil {
				was = "'" + was + "'"
			}
			_, _ = s.db.Exec("SET GLOBAL " + name + " = " + was) // some are not for us to set
		}
	}
	s.do(t, "SET foreign_key_checks = 0")
	for name := range s.pairs(t, "SELECT SCHEMA_NAME, '' FROM information_schema.SCHEMATA") {
		if !slices.Contains([]string{"information_schema", "mysql", "performance_schema", "sys", "mtr", schema}, name) {
			s.do(t, fmt.Sprintf("DROP DATABASE `%s`", name))
		}
	}
	if left := s.pairs(t, leftInSchema); left["objects"] != "0" || left["charset"] != "latin1_swedish_ci" {
		s.clear(t)
	}
	if rights := s.rights(t); !maps.Equal(rights, s.rightsSums) {
		for _, table := range rightsTables {
			s.do(t, "DELETE FROM mysql."+table, "INSERT INTO mysql."+table+" SELECT * FROM mtr."+table)
		}
		s.do(t, "FLUSH PRIVILEGES")
		s.rightsSums = s.rights(t)
	}
}

// clear makes the schema of the tests anew, though there may be files in it that
// a test has had written and the server does not know.
func (s *mainServer) clear(t *testing.T) {
	t.Helper()
	const create = "CREATE OR REPLACE DATABASE " + schema + " CHARACTER SET latin1 COLLATE latin1_swedish_ci"
	if _, err := s.db.Exec(create); err == nil {
		return
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "data", schema)); err != nil {
		t.Fatal(err)
	}
	s.do(t, create)
}

// leftInSchema asks what a test has left in its schema.
const leftInSchema = "SELECT 'objects', (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '" + schema + "')" +
	" + (SELECT COUNT(*) FROM mysql.proc WHERE db = '" + schema + "') + (SELECT COUNT(*) FROM mysql.event WHERE db = '" + schema + "')" +
	" UNION ALL SELECT 'charset', MAX(DEFAULT_COLLATION_NAME) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '" + schema + "'"

// rights returns the checksums of the tables of rights.
func (s *mainServer) rights(t *testing.T) map[string]string {
	return s.pairs(t, "CHECKSUM TABLE mysql."+strings.Join(rightsTables, ", mysql."))
}
