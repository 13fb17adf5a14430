package conformance

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mariadbTest runs tests of MariaDB's own main suite, those of mariadb-test.txt.
// A test is recorded, not compared with the result that came with it: what
// counts is that each of its lines is the same as without the proxy.
var mariadbTest = suite{name: "mariadb-test", run: runMariaDBTest, least: 500}

// mariadbTests is where Debian's package mariadb-test has the suite.
const mariadbTests = "/usr/share/mysql/mysql-test"

// rootLogin is where a test connects as root, who has no password there.
var rootLogin = regexp.MustCompile(`(?mi)^((?:--)?\s*connect\s*\(?\s*[a-z0-9_$]+\s*,\s*(?:localhost|127\.0\.0\.1)\s*,\s*root\s*),\s*(,|\)|;)`)

func runMariaDBTest(t *testing.T, b *bench, w way) []byte {
	t.Helper()
	list, err := os.ReadFile("mariadb-test.txt")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"tmp", "log"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(mariadbTests, "std_data"), filepath.Join(dir, "std_data")); err != nil {
		t.Fatal(err)
	}
	env := []string{
		"MYSQL_TEST_DIR=" + mariadbTests, "MYSQLTEST_VARDIR=" + dir, "MYSQL_TMP_DIR=" + filepath.Join(dir, "tmp"), "MYSQL_SHAREDIR=/usr/share/mysql",
		"MYSQL=mariadb --no-defaults -h" + w.host() + " -P" + w.port() + " -u" + root + " -p" + password, "MASTER_MYPORT=" + w.port(), "USE_RUNNING_SERVER=1",
	}
	db := w.server.Open(t, root, "")
	var out bytes.Buffer
	for line := range strings.Lines(string(list)) {
		name := strings.TrimSpace(line)
		if name == "" || name[0] == '#' {
			continue
		}
		for _, statement := range mariadbTestSetup {
			if _, err := db.Exec(statement); err != nil {
				t.Fatalf("before %s: %s: %v", name, statement, err)
			}
		}
		source, err := os.ReadFile(filepath.Join(mariadbTests, "main", name+".test"))
		if err != nil {
			t.Fatal(err)
		}
		test, result := filepath.Join(dir, name+".test"), filepath.Join(dir, name+".result")
		if err := os.WriteFile(test, rootLogin.ReplaceAll(source, []byte("${1},"+password+"${2}")), 0o644); err != nil {
			t.Fatal(err)
		}
		said := command(t, mariadbTests, env, "mariadb-test", "--no-defaults", "--host="+w.host(), "--port="+w.port(), "--protocol=tcp",
			"--user="+root, "--password="+password, "--database="+schema, "--basedir=./", "--tmpdir="+filepath.Join(dir, "tmp"), "--logdir="+filepath.Join(dir, "log"),
			"--character-sets-dir=/usr/share/mysql/charsets", "--silent", "--record", "--result-file="+result, "--test-file="+test)
		recorded, _ := os.ReadFile(result) // there is none when the test stops
		for line := range strings.Lines(string(recorded) + strings.ReplaceAll(string(said), dir, "")) {
			fmt.Fprintf(&out, "%s: %s\n", name, strings.ReplaceAll(strings.TrimRight(line, "\n"), w.port(), "PORT"))
		}
	}
	return out.Bytes()
}

// mariadbTestSetup makes the server what the tests expect: the defaults of
// MariaDB's own test driver, and nothing that another test has left.
var mariadbTestSetup = []string{
	"CREATE OR REPLACE DATABASE " + schema + " CHARACTER SET latin1",
	"DROP DATABASE IF EXISTS mysqltest", "DROP DATABASE IF EXISTS mysqltest1",
	"CREATE DATABASE IF NOT EXISTS mtr", "CREATE OR REPLACE PROCEDURE mtr.add_suppression(pattern TEXT) BEGIN END",
	"SET GLOBAL default_storage_engine=MyISAM", "SET GLOBAL use_stat_tables=preferably", "SET GLOBAL histogram_type=json_hb",
	"SET GLOBAL log_bin_trust_function_creators=1", "SET GLOBAL max_allowed_packet=268435456", "SET GLOBAL sql_mode=DEFAULT", "SET GLOBAL net_buffer_length=DEFAULT",
	"SET GLOBAL max_heap_table_size=1048576", "SET GLOBAL sort_buffer_size=262144", "SET GLOBAL lock_wait_timeout=5", "SET GLOBAL innodb_lock_wait_timeout=5",
}
